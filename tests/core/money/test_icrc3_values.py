"""Values of ICRC-3 and their hashes, against the standard's vectors and a plain spelling of the rules."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ddsx_core.accounts import account_key, principal_text
from ddsx_core.icrc3_values import account_value, hash_account, hash_map, hash_value, leb128, sleb128
from ddsx_core.refused import Broken
from model.block_log import hash_of

KEYS = st.builds(account_key, st.binary(max_size=29).map(principal_text), st.none() | st.binary(min_size=32, max_size=32))
NATURALS = st.integers(0, 1 << 200)
PLAIN = st.one_of(
    st.builds(lambda number: {"Nat": number}, NATURALS),
    st.builds(lambda content: {"Blob": content}, st.binary(max_size=40)),
    st.builds(lambda content: {"Text": content}, st.text(max_size=10)),
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.builds(lambda items: {"Array": items}, st.lists(inner, max_size=4)),
        st.builds(lambda entries: {"Map": list(entries.items())}, st.dictionaries(st.text(max_size=4), inner, max_size=4)),
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("value", "digest"),
    [
        ({"Nat": 42}, "684888c0ebb17f374298b65ee2807526c066094c701bcc7ebbe1c1095f494fc1"),
        ({"Int": -42}, "de5a6f78116eca62d7fc5ce159d23ae6b889b365a1739ad2cf36f925a140d0cc"),
        ({"Text": "Hello, World!"}, "dffd6021bb2bd5b0af676290809ec3a53191dd81c7f70a4b28688a362182986f"),
        ({"Blob": b"\x01\x02\x03\x04"}, "9f64a747e1b97f131fabb6b447296c9b6f0201e79fb3c5356e6c77e89b6a806a"),
        (
            {"Array": [{"Nat": 3}, {"Text": "foo"}, {"Blob": b"\x05\x06"}]},
            "514a04011caa503990d446b7dec5d79e19c221ae607fb08b2848c67734d468d6",
        ),
    ],
)
def test_vectors_of_the_standard(value: dict[str, Any], digest: str) -> None:
    assert hash_value(value).hex() == digest


@given(VALUES)
def test_a_value_has_the_hash_that_the_plain_rules_give(value: dict[str, Any]) -> None:
    assert hash_value(value) == hash_of(value)


@given(st.dictionaries(st.text(max_size=4), NATURALS, max_size=6), st.randoms(use_true_random=False))
def test_a_map_has_no_order_and_an_array_has_one(entries: dict[str, int], random: Any) -> None:
    pairs = [(name, hash_value({"Nat": number})) for name, number in entries.items()]
    shuffled = random.sample(pairs, len(pairs))
    assert hash_map(pairs) == hash_map(shuffled)
    assert hash_value({"Array": [{"Nat": 1}, {"Nat": 2}]}) != hash_value({"Array": [{"Nat": 2}, {"Nat": 1}]})


@given(st.integers(0, 1 << 300))
@example(127)
@example(128)
@example((1 << 56) - 1)
@example(1 << 56)
@example((1 << 63) - 1)
@example(1 << 63)
@example(1 << 112)
def test_leb128_reads_back_and_is_as_short_as_can_be(number: int) -> None:
    written = leb128(number)
    assert sum((octet & 127) << 7 * place for place, octet in enumerate(written)) == number
    assert [octet >> 7 for octet in written] == [1] * (len(written) - 1) + [0]
    assert len(written) == max(1, -(-number.bit_length() // 7))


@pytest.mark.parametrize(
    ("number", "written"),
    [(0, "00"), (-1, "7f"), (63, "3f"), (64, "c000"), (-64, "40"), (-65, "bf7f"), (8191, "ff3f"), (8192, "80c000"), (-8193, "ffbf7f")],
)
def test_signed_leb128(number: int, written: str) -> None:
    assert sleb128(number).hex() == written


@given(KEYS)
def test_an_account_has_the_hash_of_its_value(key: Any) -> None:
    assert hash_account(key) == hash_of(account_value(key))


def test_an_account_shows_its_subaccount_unless_it_is_the_default_one() -> None:
    owner, other = principal_text(b"\x01\x02"), bytes(31) + b"\x01"
    assert account_value(account_key(owner)) == account_value(account_key(owner, bytes(32))) == {"Array": [{"Blob": b"\x01\x02"}]}
    assert account_value(account_key(owner, other)) == {"Array": [{"Blob": b"\x01\x02"}, {"Blob": other}]}


def test_there_is_no_other_kind_of_value() -> None:
    with pytest.raises(Broken, match="no value of kind 'Bool'"):
        hash_value({"Bool": True})
