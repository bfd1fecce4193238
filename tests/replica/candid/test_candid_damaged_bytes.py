"""Whatever bytes arrive, decoding ends, and with a CandidError or a value."""

from __future__ import annotations

from candid_strategies import TYPES, typed_values
from hypothesis import given
from hypothesis import strategies as st

from kybra_replica.candid import CandidError, Limits, decode, decode_any, encode
from kybra_replica.candid.types import Type
from kybra_replica.candid.values import Value

SMALL = Limits(decoding=100_000, skipping=10_000)


@given(typed_values())
def test_no_prefix_of_a_message_is_a_message(typed: tuple[list[Type], list[Value]]) -> None:
    types, given_values = typed
    message = encode(types, given_values)
    for end in range(len(message)):
        assert not is_accepted(message[:end], types)


@given(typed_values(), st.data())
def test_damaged_bytes_are_refused_or_are_another_message(typed: tuple[list[Type], list[Value]], data: st.DataObject) -> None:
    types, given_values = typed
    damaged = bytearray(encode(types, given_values))
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    if is_accepted(bytes(damaged), types):
        decoded = decode(bytes(damaged), types, limits=SMALL)
        assert decode(encode(types, decoded), types) == decoded or has_nan(decoded)


@given(st.binary(max_size=60), st.lists(TYPES, max_size=2))
def test_any_bytes_are_refused_or_decoded(tail: bytes, types: list[Type]) -> None:
    is_accepted(b"DIDL" + tail, types)


def is_accepted(payload: bytes, types: list[Type]) -> bool:
    """Whether `payload` decodes; whatever else than a CandidError comes out of it fails the test."""
    decodes_without_types(payload)
    try:
        decode(payload, types, limits=SMALL)
    except CandidError:
        return False
    return True


def decodes_without_types(payload: bytes) -> bool:
    try:
        decode_any(payload, limits=SMALL)
    except CandidError:
        return False
    return True


def has_nan(value: Value) -> bool:
    return "nan" in repr(value)
