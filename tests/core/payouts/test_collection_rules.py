from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.accounts import ANONYMOUS
from ddsx_core.collection_rules import (
    MAX_REFUSAL_LENGTH,
    Collection,
    check_collected,
    collected,
    contributors_share,
    decode_collection,
    encode_collection,
    is_same_request,
    memo_of,
    refusal_text,
    refused,
    start_collection,
    tried,
    unresolved,
)
from ddsx_core.limits import MAX_AMOUNT
from ddsx_core.payment_rules import OPEN, PAID, REFUSED, UNRESOLVED
from ddsx_core.refused import Refused
from ddsx_core.stream_books import Sale

OWN = "splitter"
PAYER = "payer.01"
STARTED = start_collection(5, PAYER, 1_000, OWN, 77)


def _refusal_of(collection: Collection) -> tuple[str, dict]:
    with pytest.raises(Refused) as refusal:
        check_collected(collection)
    return refusal.value.kind, refusal.value.data


def test_a_collection_starts_open_and_tried_once() -> None:
    assert (STARTED.state, STARTED.attempts, STARTED.created_at, STARTED.tried_at) == (OPEN, 1, 77, 77)
    again = tried(STARTED, 99)
    assert (again.attempts, again.created_at, again.tried_at) == (2, 77, 99)
    assert _refusal_of(again) == ("Pending", {})


@pytest.mark.parametrize("price", [1, MAX_AMOUNT])
def test_a_price_within_bounds_is_collected(price: int) -> None:
    assert start_collection(5, PAYER, price, OWN, 77).price == price


@pytest.mark.parametrize(
    ("payer", "price", "reason"),
    [
        (PAYER, 0, "a price is"),
        (PAYER, MAX_AMOUNT + 1, "a price is"),
        (ANONYMOUS, 1, "anonymous"),
        (f"{ANONYMOUS}.01", 1, "anonymous"),
        (OWN, 1, "the splitter"),
        (f"{OWN}.01", 1, "the splitter"),
    ],
)
def test_what_no_ledger_need_be_asked_is_refused(payer: str, price: int, reason: str) -> None:
    with pytest.raises(Refused, match=reason) as refusal:
        start_collection(5, payer, price, OWN, 77)
    assert refusal.value.kind == "PaymentRefused"


def test_a_request_is_the_same_in_all_its_words() -> None:
    assert is_same_request(tried(STARTED, 80), 5, PAYER, 1_000)
    assert not is_same_request(STARTED, 6, PAYER, 1_000)
    assert not is_same_request(STARTED, 5, "payer.02", 1_000)
    assert not is_same_request(STARTED, 5, PAYER, 1_001)


def test_a_collection_that_happened_tells_how_it_was_shared() -> None:
    done = collected(STARTED, 12, Sale(20, 98, 882))
    assert done.state == PAID
    assert (done.block_index, done.protocol_fee, done.provider_share, contributors_share(done)) == (12, 20, 98, 882)
    check_collected(done)


@pytest.mark.parametrize(
    ("kind", "data", "outcome"),
    [
        ("InsufficientAllowance", {"allowance": 9}, ("InsufficientAllowance", {"allowance": 9, "needed": 1_010})),
        ("InsufficientFunds", {"balance": 8}, ("InsufficientFunds", {"balance": 8, "needed": 1_010})),
        ("InsufficientFunds", {"balance": MAX_AMOUNT + 5}, ("InsufficientFunds", {"balance": MAX_AMOUNT, "needed": 1_010})),
        ("TooOld", {}, ("PaymentRefused", {"reason": "TooOld"})),
        ("GenericError", {"error_code": 3, "message": "closed"}, ("PaymentRefused", {"reason": "GenericError: closed"})),
    ],
)
def test_a_refusal_is_told_with_what_a_retry_needs(kind: str, data: dict, outcome: tuple[str, dict]) -> None:
    ended = refused(STARTED, kind, data, 10)
    assert ended.state == REFUSED
    assert _refusal_of(ended) == outcome


def test_an_unresolved_collection_is_pending() -> None:
    assert unresolved(STARTED).state == UNRESOLVED
    assert _refusal_of(unresolved(STARTED)) == ("Pending", {})


@given(st.text(max_size=200))
def test_a_ledgers_words_are_stored_as_printable_ascii(message: str) -> None:
    words = refusal_text("GenericError", {"error_code": 1, "message": message})
    assert len(words) <= MAX_REFUSAL_LENGTH
    assert "|" not in words
    assert words.isascii()
    assert words.isprintable()
    ended = refused(STARTED, "GenericError", {"error_code": 1, "message": message}, 0)
    assert decode_collection(encode_collection(ended)).refusal == words


def test_a_memo_is_the_number() -> None:
    assert memo_of(258) == b"\0\0\0\0\0\0\1\2"
    assert memo_of((1 << 64) - 1) == b"\xff" * 8


@given(
    st.builds(
        Collection,
        payer=st.just(PAYER),
        state=st.sampled_from([OPEN, PAID, REFUSED, UNRESOLVED]),
        refusal=st.sampled_from(["", "BadFee"]),
        **dict.fromkeys(Collection._fields[3:], st.integers(0, 1 << 128)),
    )
)
def test_a_stored_collection_comes_back(collection: Collection) -> None:
    assert decode_collection(encode_collection(collection)) == collection
