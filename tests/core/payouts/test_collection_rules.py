from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.accounts import ANONYMOUS
from ddsx_core.collection_rules import (
    ALLOWANCE,
    ASTRAY,
    AT_ONCE,
    BALANCE,
    DEPOSIT,
    MAX_REFUSAL_LENGTH,
    WAITING,
    Collection,
    astray,
    check_collected,
    check_refund,
    clock_of,
    collection_in_block,
    decode_collection,
    encode_collection,
    end_refund,
    ended,
    held,
    memo_of,
    refusal_text,
    refused,
    shares_text,
    sold,
    source_of,
    start_collection,
    terms_of,
    terms_text,
    tried,
    tried_anew,
    unearned,
    unresolved,
)
from ddsx_core.limits import MAX_AMOUNT, MAX_FLOW_TICKS
from ddsx_core.payment_rules import OPEN, PAID, REFUSED, UNRESOLVED
from ddsx_core.refused import Broken, Refused
from ddsx_core.stream_books import BY_RECORD, BY_SECOND

OWN = "splitter"
PAYER = f"payer.{'01' * 32}"
TERMS = (5, PAYER, 1_000, 2, ALLOWANCE, AT_ONCE, 0)
STARTED = start_collection(TERMS, OWN, 77)
BY_100_SECONDS = held(start_collection((5, PAYER, 1_000, 2, ALLOWANCE, BY_SECOND, 100), OWN, 77), 3, 1_000, 9)


def _terms(**changes):
    names = ("stream", "payer", "price", "ledger", "source", "clock", "ticks")
    return tuple((dict(zip(names, TERMS, strict=True)) | changes).values())


def _refusal_of(collection: Collection) -> tuple[str, dict]:
    with pytest.raises(Refused) as refusal:
        check_collected(collection)
    return refusal.value.kind, refusal.value.data


def test_a_collection_starts_open_and_tried_once() -> None:
    assert (STARTED.state, STARTED.attempts, STARTED.created_at, STARTED.tried_at) == (OPEN, 1, 77, 77)
    again = tried(STARTED, 99)
    assert (again.attempts, again.created_at, again.tried_at) == (2, 77, 99)
    assert _refusal_of(again) == ("Pending", {})


@pytest.mark.parametrize(
    "terms",
    [
        _terms(price=1),
        _terms(price=MAX_AMOUNT),
        _terms(payer="payer"),
        _terms(clock=BY_RECORD, ticks=MAX_FLOW_TICKS),
        _terms(clock=BY_SECOND, ticks=1),
    ],
)
def test_terms_within_bounds_are_taken(terms) -> None:
    assert terms_of(start_collection(terms, OWN, 77)) == terms


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"price": 0}, "a price is"),
        ({"price": MAX_AMOUNT + 1}, "a price is"),
        ({"payer": ""}, "no account"),
        ({"payer": "a" * 64}, "no account"),
        ({"payer": "payer.01"}, "no account"),
        ({"payer": "a|b"}, "no account"),
        ({"payer": ANONYMOUS}, "anonymous"),
        ({"payer": f"{ANONYMOUS}.{'01' * 32}"}, "anonymous"),
        ({"payer": OWN}, "the splitter"),
        ({"payer": f"{OWN}.{'01' * 32}"}, "the splitter"),
        ({"clock": BY_SECOND}, "seconds or records"),
        ({"clock": BY_RECORD, "ticks": MAX_FLOW_TICKS + 1}, "seconds or records"),
    ],
)
def test_what_no_ledger_need_be_asked_is_refused(changes, reason: str) -> None:
    with pytest.raises(Refused, match=reason) as refusal:
        start_collection(_terms(**changes), OWN, 77)
    assert refusal.value.kind == "PaymentRefused"


@pytest.mark.parametrize(
    ("source", "earning", "ticks", "text"),
    [
        ("Allowance", "AtOnce", 0, "allowance now"),
        ("Deposit", "BySecond", 256, "deposit seconds:100"),
        ("Balance", "ByRecord", 10, "balance records:a"),
    ],
)
def test_terms_in_words(source, earning, ticks, text) -> None:
    assert terms_text(start_collection(_terms(source=source_of(source), clock=clock_of(earning), ticks=ticks), OWN, 77)) == text


@pytest.mark.parametrize("source", ["Allowance", "Deposit", "Balance"])
def test_a_sale_is_known_again_from_its_block(source) -> None:
    done = sold(start_collection(_terms(source=source_of(source)), OWN, 77), 12, (20, 98, 882), 40)
    assert (done.state, done.block_index, done.protocol_fee, done.provider_share, done.contributors_share) == (PAID, 12, 20, 98, 882)
    check_collected(done)
    fields = [7, 5, 2, PAYER, 1_000, terms_text(done), 12, shares_text(20, 98, 882)]
    assert collection_in_block(("ddsx:sale", 77, fields, ""), 40) == done


@pytest.mark.parametrize(("btype", "shares"), [("ddsx:sale", ""), ("ddsx:astray", "1,2,3")])
def test_another_block_tells_of_no_sale(btype, shares) -> None:
    with pytest.raises(Broken):
        collection_in_block((btype, 77, [7, 5, 2, PAYER, 1_000, "allowance now", 12, shares], ""), 40)


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
    refused_for_good = refused(STARTED, kind, data, 10)
    assert refused_for_good.state == REFUSED
    assert _refusal_of(refused_for_good) == outcome


def test_a_deposit_that_is_not_there_waits_and_is_asked_for_anew() -> None:
    started = start_collection(_terms(source=DEPOSIT), OWN, 77)
    waiting = refused(started, "InsufficientFunds", {"balance": 8}, 10)
    assert waiting.state == WAITING
    assert _refusal_of(waiting) == ("InsufficientFunds", {"balance": 8, "needed": 1_010})
    assert tried_anew(waiting, 99) == start_collection(_terms(source=DEPOSIT), OWN, 99)
    assert refused(started, "TooOld", {}, 10).state == REFUSED
    assert refused(start_collection(_terms(source=BALANCE), OWN, 77), "InsufficientFunds", {"balance": 8}, 10).state == REFUSED


def test_an_unresolved_collection_is_pending() -> None:
    assert unresolved(STARTED).state == UNRESOLVED
    assert _refusal_of(unresolved(STARTED)) == ("Pending", {})


def test_a_price_that_went_astray_is_given_back_whole() -> None:
    lost = astray(STARTED, 12, "no room", 40)
    assert (lost.state, lost.refunded, lost.block) == (ASTRAY, 1_000, 40)
    assert _refusal_of(lost) == ("PaymentRefunded", {"reason": "no room"})


# -- Given back ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("tick", "units"), [(1_000, 1_000), (1_001, 990), (1_033, 670), (1_098, 20), (1_099, 10), (1_100, 0), (2_000, 0)])
def test_what_is_not_earned_is_the_share_of_the_ticks_to_come(tick, units) -> None:
    assert unearned(BY_100_SECONDS, tick) == units
    assert unearned(ended(BY_100_SECONDS, 5), tick) == 0
    assert unearned(sold(STARTED, 1, (0, 0, 1_000), 2), tick) == 0


def test_an_order_that_was_ended_says_what_came_back() -> None:
    assert end_refund(BY_100_SECONDS) is None
    assert end_refund(ended(BY_100_SECONDS, 0)) == 0
    assert end_refund(ended(BY_100_SECONDS, 990)) == 990
    assert ended(BY_100_SECONDS, 990).refunded == 990
    assert end_refund(STARTED) == 0


def _refund(collection, amount, before, tick):
    with pytest.raises(Refused) as refusal:
        check_refund(collection, amount, before, tick)
    return refusal.value.kind, refusal.value.data


def test_a_provider_gives_back_what_was_earned_and_no_more() -> None:
    check_refund(BY_100_SECONDS, 330, 0, 1_033)
    assert _refund(BY_100_SECONDS, 331, 0, 1_033) == ("TooMuch", {"most": 330})
    assert _refund(BY_100_SECONDS, 0, 0, 1_033) == ("TooMuch", {"most": 330})
    part = BY_100_SECONDS._replace(refunded=300)
    check_refund(part, 30, 300, 1_033)
    assert _refund(part, 31, 300, 1_033) == ("TooMuch", {"most": 30})
    assert _refund(part, 30, 0, 1_033) == ("AlreadyRefunded", {"refunded": 300})


@given(first=st.integers(0, 1_000), tick=st.integers(1_000, 1_200), later=st.integers(0, 100))
def test_no_order_gives_back_more_than_its_price(first, tick, later) -> None:
    """COLLECT-3: refunds by the provider and the end of the order together."""
    order = BY_100_SECONDS
    try:
        check_refund(order, first, 0, tick)
        order = order._replace(refunded=first)
    except Refused:
        pass
    order = ended(order, unearned(order, tick + later))
    assert 0 <= order.refunded <= order.price


# -- Stored -------------------------------------------------------------------------------------------------------------------


@given(st.text(max_size=200))
def test_a_ledgers_words_are_stored_as_printable_ascii(message: str) -> None:
    words = refusal_text("GenericError", {"error_code": 1, "message": message})
    assert len(words) <= MAX_REFUSAL_LENGTH
    assert "|" not in words
    assert words.isascii()
    assert words.isprintable()
    refused_for_good = refused(STARTED, "GenericError", {"error_code": 1, "message": message}, 0)
    assert decode_collection(encode_collection(refused_for_good)).refusal == words


def test_a_memo_is_the_number() -> None:
    assert memo_of(258) == b"\0\0\0\0\0\0\1\2"
    assert memo_of((1 << 64) - 1) == b"\xff" * 8


@given(
    st.builds(
        Collection,
        payer=st.just(PAYER),
        state=st.sampled_from([OPEN, PAID, REFUSED, UNRESOLVED, WAITING, ASTRAY]),
        source=st.sampled_from([ALLOWANCE, DEPOSIT, BALANCE]),
        refusal=st.sampled_from(["", "BadFee"]),
        **dict.fromkeys(Collection._fields[4:], st.integers(0, 1 << 128)),
    )
)
def test_a_stored_collection_comes_back(collection: Collection) -> None:
    assert decode_collection(encode_collection(collection)) == collection
