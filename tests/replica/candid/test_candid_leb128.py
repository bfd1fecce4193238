"""LEB128 against its definition, for numbers of any length."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kybra_replica.candid import CandidError
from kybra_replica.candid.leb128 import encode_signed, encode_unsigned, read_signed, read_unsigned

SIZES = st.sampled_from([6, 7, 8, 13, 14, 15, 55, 56, 57, 62, 63, 64, 112, 1_000, 5_000])
NATURALS = st.one_of(st.integers(0, 2**70), SIZES.flatmap(lambda bits: st.integers(2**bits - 2, 2**bits + 2)))
INTEGERS = st.one_of(NATURALS, NATURALS.map(lambda number: -number))


def spelled_unsigned(value: int) -> bytes:
    """The definition: groups of seven bits, the lowest first."""
    head = bytearray()
    while value > 0x7F:
        head.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*head, value))


def spelled_signed(value: int) -> bytes:
    """The definition: groups until only the sign is left, and the last one shows it."""
    head = bytearray()
    while not -0x40 <= value < 0x40:
        head.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*head, value & 0x7F))


@given(NATURALS)
def test_unsigned_numbers(value: int) -> None:
    encoded = encode_unsigned(value)
    assert encoded == spelled_unsigned(value)
    assert read_unsigned(b"?" + encoded + b"?", 1) == (value, 1 + len(encoded))


@given(INTEGERS)
def test_signed_numbers(value: int) -> None:
    encoded = encode_signed(value)
    assert encoded == spelled_signed(value)
    assert read_signed(b"?" + encoded + b"?", 1) == (value, 1 + len(encoded))


@given(NATURALS, st.integers(1, 20))
def test_a_number_may_be_longer_than_it_need_be(value: int, surplus: int) -> None:
    encoded = encode_unsigned(value)
    padded = encoded[:-1] + bytes((encoded[-1] | 0x80,)) + b"\x80" * (surplus - 1) + b"\x00"
    assert read_unsigned(padded, 0) == (value, len(padded))
    assert read_signed(padded, 0) == (value, len(padded))


@given(INTEGERS)
def test_no_prefix_of_a_number_is_a_number(value: int) -> None:
    encoded = encode_signed(value)
    for end in range(len(encoded)):
        for read in (read_unsigned, read_signed):
            with pytest.raises(CandidError, match=r"^byte 0: the message ends in the middle of what begins here$"):
                read(encoded[:end], 0)


def test_minus_one_is_an_int_and_no_nat() -> None:
    assert encode_signed(-1) == b"\x7f"
    with pytest.raises(CandidError, match="nat takes integers from 0 on, not -0x1"):
        encode_unsigned(-1)
