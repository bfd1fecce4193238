"""Principals: their two forms, equality and order."""

from __future__ import annotations

import pytest
from candid_strategies import PRINCIPALS
from hypothesis import given
from hypothesis import strategies as st

from kybra_replica.principal import ANONYMOUS, MANAGEMENT, Principal


@given(PRINCIPALS)
def test_the_text_of_a_principal_is_read_again(principal: Principal) -> None:
    assert Principal.from_text(principal.text) == principal
    assert all(len(group) <= 5 for group in principal.text.split("-"))


def test_well_known_principals() -> None:
    assert MANAGEMENT.text == "aaaaa-aa"
    assert ANONYMOUS.text == "2vxsx-fae"
    assert ANONYMOUS.is_anonymous
    assert not MANAGEMENT.is_anonymous
    assert Principal.canister(0).text == "rwlgt-iiaaa-aaaaa-aaaaa-cai"
    assert Principal.from_text("w7x7r-cok77-xa").raw == b"\xca\xff\xee"


@given(PRINCIPALS, PRINCIPALS)
def test_principals_are_equal_and_ordered_by_length_and_bytes(one: Principal, other: Principal) -> None:
    assert (one == other) == (one.raw == other.raw)
    assert (one < other) == ((len(one.raw), one.raw) < (len(other.raw), other.raw))
    assert hash(one) == hash(Principal(bytes(one.raw)))
    assert one != one.raw


@pytest.mark.parametrize(
    "text",
    ["", "aaaaa", "AAAAA-AA", "aaaaaaa", "aaaaa-ab", "2vxsx-fa", "rrkah-fqaaa-aaaaa-aaaaq-cai ", "é", "1"],
)
def test_only_the_canonical_text_is_read(text: str) -> None:
    with pytest.raises(ValueError, match="principal"):
        Principal.from_text(text)


@given(st.binary(min_size=30, max_size=40))
def test_a_principal_has_at_most_29_bytes(raw: bytes) -> None:
    assert len(Principal(raw[:29]).raw) == 29
    with pytest.raises(ValueError, match="at most 29 bytes"):
        Principal(raw)
