"""Read rights: for one stream, one holder, from one moment on and until just before another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.read_rights import (
    MAX_ENTITLEMENTS,
    ReadRight,
    check_reader,
    decode_read_right,
    encode_read_right,
    fresh_entitlements,
)
from ddsx_core.refused import Refused
from ddsx_core.units import Nanoseconds, PrincipalText

HOLDER = PrincipalText("2vxsx-fae")
OTHER = PrincipalText("aaaaa-aa")
RIGHT = ReadRight(5, HOLDER, Nanoseconds(100), Nanoseconds(200))
NAT64 = st.integers(0, (1 << 64) - 1)


@pytest.mark.parametrize("now", [100, 101, 199])
def test_the_holder_may_read_within_the_time(now: int) -> None:
    check_reader(5, HOLDER, RIGHT, Nanoseconds(now))


@pytest.mark.parametrize(
    ("stream", "caller", "right", "now", "case"),
    [
        (5, HOLDER, None, 150, {"UnknownLicence": None}),
        (6, HOLDER, RIGHT, 150, {"LicenceForeign": None}),
        (5, OTHER, RIGHT, 150, {"LicenceForeign": None}),
        (5, OTHER, RIGHT, 99, {"LicenceForeign": None}),
        (5, HOLDER, RIGHT, 99, {"LicenceNotYetValid": {"valid_from": 100}}),
        (5, HOLDER, RIGHT, 200, {"LicenceExpired": {"valid_until": 200}}),
    ],
)
def test_nobody_else_and_at_no_other_time(stream: int, caller: PrincipalText, right: ReadRight | None, now: int, case: object) -> None:
    with pytest.raises(Refused) as caught:
        check_reader(stream, caller, right, Nanoseconds(now))
    assert caught.value.as_case() == case


@given(st.integers(0, 1_000), st.integers(0, 1_000), st.integers(0, MAX_ENTITLEMENTS))
def test_entitlements_are_taken_once_and_without_gaps(expected: int, first: int, count: int) -> None:
    if first > expected:
        with pytest.raises(Refused) as caught:
            fresh_entitlements(expected, first, count)
        assert caught.value.as_case() == {"Gap": {"expected": expected}}
        return
    known = fresh_entitlements(expected, first, count)
    assert list(range(first, first + count))[known:] == [number for number in range(first, first + count) if number >= expected]


def test_as_many_entitlements_as_allowed_and_one_more() -> None:
    assert fresh_entitlements(0, 0, MAX_ENTITLEMENTS) == 0
    with pytest.raises(Refused) as caught:
        fresh_entitlements(0, 1, MAX_ENTITLEMENTS + 1)
    assert caught.value.as_case() == {"OversizedBatch": {"most": MAX_ENTITLEMENTS}}


@given(NAT64, st.sampled_from([HOLDER, OTHER]), NAT64, NAT64)
def test_a_read_right_is_read_back_as_stored(stream: int, holder: PrincipalText, valid_from: int, valid_until: int) -> None:
    right = ReadRight(stream, holder, Nanoseconds(valid_from), Nanoseconds(valid_until))
    assert decode_read_right(encode_read_right(right)) == right
