"""Orders: requests, states, and what is written of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.accounts import ANONYMOUS, account_key
from ddsx_core.deduplication import check_repetition
from ddsx_core.limits import MAX_AMOUNT, PERMITTED_DRIFT_NS, TX_WINDOW_NS
from ddsx_core.orders import (
    ALLOWANCE,
    BALANCE,
    DEPOSIT,
    DEPOSIT_PATIENCE_NS,
    DEPOSIT_PAUSE_NS,
    SETTLE_PATIENCE_NS,
    Collecting,
    Completed,
    Declined,
    Ended,
    Ending,
    Order,
    Payment,
    Request,
    Settling,
    accept,
    after_collecting_refused,
    after_deposit_missed,
    after_settling,
    after_settling_refused,
    asking,
    check_request,
    complete,
    ended,
    ending,
    forgettable_from,
    is_due,
    must_settle_to_end,
    out_of_patience,
    plain_reason,
    request_fingerprint,
    with_state,
)
from ddsx_core.refused import Broken, Refused
from ddsx_core.stored_orders import decode_order, encode_order
from ddsx_core.terms import AT_ONCE, BY_RECORD, BY_SECOND, Offer, Subscription
from model.expect import refuses

NOW = 1_700_000_000 * 10**9
BUYER = "buyer"
ROOT = "ab" * 32
REQUEST = Request(BUYER, 1, 2, 20, NOW)
OFFER = Offer(1, 9, "provider", None, Subscription(60, 10, 5), 3, is_open=True)
ORDER = Order(7, REQUEST, 9, 20, 120, NOW, Settling())
RECEIPT = Completed(1, 2, 3, 4, "ab", 5, 6, 7, 8, 9, 10)
SUBACCOUNT = bytes(range(32))

NAT64 = st.integers(0, (1 << 64) - 1)
AMOUNT = st.integers(0, MAX_AMOUNT)
REASON = st.text(max_size=200).map(plain_reason)
ROOTS = st.sampled_from(["", ROOT, "0" * 64])
DECLINED = st.one_of(
    st.builds(lambda a, b, at: Declined("InsufficientAllowance", {"allowance": a, "needed": b}, at), AMOUNT, AMOUNT, NAT64),
    st.builds(lambda a, b, at: Declined("InsufficientFunds", {"balance": a, "needed": b}, at), AMOUNT, AMOUNT, NAT64),
    st.builds(lambda reason, at: Declined("PaymentRefused", {"reason": reason}, at), REASON, NAT64),
    st.builds(lambda reason, at: Declined("StreamUnavailable", {"reason": reason}, at), REASON, NAT64),
)
RECEIPTS = st.builds(Completed, NAT64, NAT64, NAT64, NAT64, ROOTS, *[AMOUNT] * 6)
STATES = st.one_of(
    st.just(Settling()),
    st.builds(Collecting, st.integers(0, 1 << 32), NAT64, ROOTS, NAT64, AMOUNT),
    RECEIPTS,
    st.builds(Ending, RECEIPTS, NAT64),
    st.builds(Ended, RECEIPTS, NAT64, AMOUNT),
    DECLINED,
)
PAYERS = st.sampled_from([BUYER, account_key(BUYER, SUBACCOUNT)])
REQUESTS = st.builds(Request, PAYERS, NAT64, st.integers(0, (1 << 32) - 1), AMOUNT, NAT64, st.sampled_from([ALLOWANCE, DEPOSIT, BALANCE]))
CLOCKS = st.sampled_from([AT_ONCE, BY_SECOND, BY_RECORD])
ORDERS = st.builds(Order, NAT64, REQUESTS, NAT64, AMOUNT, NAT64, NAT64, STATES, st.integers(0, 7), CLOCKS, st.integers(0, 1 << 32))


@given(ORDERS)
def test_order_is_read_back_as_written(order):
    assert decode_order(encode_order(order)) == order


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (Settling(), "2s|{head}|buyer"),
        (Collecting(3, 5, "ab", 6, 18), "2c|{head}|3|5|6|12|buyer|ab"),
        (RECEIPT, "2d|{head}|{receipt}|buyer|ab"),
        (Ending(RECEIPT, 11), "2e|{head}|{receipt}|b|buyer|ab"),
        (Ended(RECEIPT, 11, 12), "2f|{head}|{receipt}|b|c|buyer|ab"),
        (Declined("InsufficientFunds", {"balance": 16, "needed": 17}, 5), "2r|{head}|5|buyer|InsufficientFunds|10~11"),
        (Declined("PaymentRefused", {"reason": "a~b"}, 5), "2r|{head}|5|buyer|PaymentRefused|a~b"),
        (Declined("PaymentRefunded", {"reason": "a~b"}, 5), "2r|{head}|5|buyer|PaymentRefunded|a~b"),
    ],
)
def test_stored_form_is_fixed(state, text):
    order = with_state(ORDER._replace(ledger=3, clock=BY_RECORD, ticks=40), state)
    head = f"7|9|14|78|{NOW:x}|1|2|14|{NOW:x}|0|3|2|28"
    assert encode_order(order) == text.format(head=head, receipt="1|2|3|4|5|6|7|8|9|a")


def test_order_of_another_version_is_broken():
    with pytest.raises(Broken, match="version '1s'"):
        decode_order("1s|7")


# -- requests -------------------------------------------------------------------------------------------------------------------


@given(REQUESTS, REQUESTS)
def test_fingerprints_are_equal_exactly_when_requests_are(some, other):
    assert (request_fingerprint(some) == request_fingerprint(other)) == (some == other)


def test_buyer_is_the_owner_of_the_paying_account():
    assert REQUEST._replace(payer=account_key(BUYER, SUBACCOUNT)).buyer == BUYER


def test_anonymous_request_is_refused_before_its_time_is_looked_at():
    check_request(REQUEST, NOW)
    with refuses("AnonymousCaller"):
        check_request(REQUEST._replace(payer=account_key(ANONYMOUS, SUBACCOUNT), created_at_time=0), NOW)


@given(NAT64, NAT64)
def test_request_can_be_forgotten_exactly_when_it_is_certain_to_be_too_old(accepted_at, later):
    """Whatever time within the drift the request carried, its repetition is refused from then on, and not before."""
    moment = forgettable_from(ORDER._replace(accepted_at=accepted_at))
    latest = accepted_at + PERMITTED_DRIFT_NS
    with refuses("TooOld"):
        check_repetition(latest, None, moment + later)
    check_repetition(latest, None, moment - 1)
    assert moment == accepted_at + TX_WINDOW_NS + 2 * PERMITTED_DRIFT_NS + 1


def test_price_is_checked_after_the_terms():
    cheap = REQUEST._replace(max_price=19)
    assert accept(7, REQUEST, OFFER, NOW) == ORDER
    with refuses("PriceAboveLimit", price=20):
        accept(7, cheap, OFFER, NOW)
    with refuses("PeriodsOutOfRange", most=5):
        accept(7, cheap._replace(periods=6), OFFER, NOW)
    with refuses("OfferClosed"):
        accept(7, cheap._replace(periods=6), OFFER._replace(is_open=False), NOW)


# -- moving on ------------------------------------------------------------------------------------------------------------------


def test_patience_ends_after_ten_minutes():
    assert out_of_patience(ORDER, NOW + SETTLE_PATIENCE_NS - 1) is None
    assert out_of_patience(ORDER, NOW + SETTLE_PATIENCE_NS) == Declined(
        "StreamUnavailable", {"reason": "the stream's recorded work could not be settled in time"}, NOW + SETTLE_PATIENCE_NS
    )


def test_settling_leads_to_collecting_when_nothing_remains():
    assert after_settling(5, ROOT, 1, NOW) is None
    assert after_settling(5, ROOT, 0, NOW) == Collecting(0, 5, ROOT)
    assert asking(Collecting(0, 5, ROOT, 0, 20), NOW) == Collecting(1, 5, ROOT, NOW, 20)


def test_registry_that_refuses_for_good_ends_the_order_and_another_does_not():
    assert after_settling_refused("UnknownStream", NOW) == Declined("StreamUnavailable", {"reason": "UnknownStream"}, NOW)
    assert after_settling_refused("NotPermitted", NOW) == Declined("StreamUnavailable", {"reason": "NotPermitted"}, NOW)
    assert after_settling_refused("TemporarilyUnavailable", NOW) is None


@given(st.integers(1, 5), st.integers(1, 5), st.sampled_from(["Pending", "Paused", "NotTheLicenceLedger"]))
def test_undecided_answer_ends_an_order_only_where_nothing_else_was_tried(attempts, attempt, kind):
    declined = after_collecting_refused(Collecting(attempts, 5, ROOT), attempt, kind, {}, NOW)
    assert (declined is not None) == (attempts == attempt == 1 and kind != "Pending")


@given(st.integers(1, 5), st.integers(1, 5))
def test_refused_payment_ends_an_order_only_as_the_last_attempts_answer(attempts, attempt):
    state = Collecting(attempts, 5, ROOT)
    data = {"balance": 3, "needed": 30}
    declined = after_collecting_refused(state, attempt, "InsufficientFunds", data, NOW)
    assert declined == (Declined("InsufficientFunds", data, NOW) if attempt == attempts else None)


def test_payment_brings_the_receipt_and_time_counts_from_it():
    state = Collecting(2, 5, ROOT)
    done = complete(with_state(ORDER, state), state, Payment(31, 2, 3, 10, 5, 0), 4, NOW + 5)
    assert done == with_state(ORDER, Completed(4, NOW + 5, NOW + 5 + 120 * 10**9, 5, ROOT, 31, 2, 3, 10, 5, 0))
    assert done.is_finished
    assert not with_state(ORDER, state).is_finished


@given(st.text(max_size=300))
def test_reason_is_short_printable_and_free_of_bars(text):
    reason = plain_reason(text)
    assert len(reason) == min(len(text), 160)
    assert "|" not in reason
    assert all(" " <= letter <= "~" for letter in reason)
    kept = [letter for letter in text[:160] if " " <= letter <= "~" and letter != "|"]
    assert [letter for letter in reason if letter != "?"] == [letter for letter in kept if letter != "?"]


def test_root_that_is_none_ends_the_order():
    for root in ("0" * 65, "a|b"):
        assert after_settling(5, root, 0, NOW) == Declined("StreamUnavailable", {"reason": "the registry's root is no root"}, NOW)
    assert after_settling(0, "", 0, NOW) == Collecting(0, 0, "")


@pytest.mark.parametrize(
    ("kind", "data", "declined"),
    [
        ("PaymentRefused", {"reason": "no|more"}, ("PaymentRefused", {"reason": "no?more"})),
        ("UnknownStream", {}, ("StreamUnavailable", {"reason": "UnknownStream"})),
        ("ConflictingOrder", {}, ("PaymentRefused", {"reason": "ConflictingOrder"})),
        ("PaymentRefunded", {"reason": "no|more"}, ("PaymentRefunded", {"reason": "no?more"})),
        ("UnknownLedger", {"ledger": 3}, ("PaymentRefused", {"reason": "UnknownLedger"})),
        ("Paused", {}, ("PaymentRefused", {"reason": "Paused"})),
        ("NotTheLicenceLedger", {}, ("PaymentRefused", {"reason": "NotTheLicenceLedger"})),
    ],
)
def test_splitters_refusal_is_told_in_the_buyers_words(kind, data, declined):
    assert after_collecting_refused(Collecting(1, 5, ROOT), 1, kind, data, NOW) == Declined(*declined, NOW)


@pytest.mark.parametrize(("clock", "ticks"), [(AT_ONCE, 0), (BY_SECOND, 120), (BY_RECORD, 80)])
def test_order_knows_ledger_and_ticks_of_its_terms(clock, ticks):
    terms = Subscription(60, 10, 5, 3, clock, 40)
    order = accept(7, REQUEST, OFFER._replace(terms=terms), NOW)
    assert (order.ledger, order.clock, order.ticks) == (3, clock, ticks)


# -- deposits -------------------------------------------------------------------------------------------------------------------

WAITING = Collecting(2, 5, ROOT, NOW + 10, 30)
MISSED = {"balance": 0, "needed": 30}


def test_missed_deposit_is_awaited_until_patience_ends():
    last = NOW + DEPOSIT_PATIENCE_NS
    assert after_deposit_missed(ORDER, WAITING._replace(awaited=0), 2, MISSED, last - 1) == WAITING
    assert after_deposit_missed(ORDER, WAITING, 2, MISSED, last) == Declined("InsufficientFunds", MISSED, last)
    assert after_deposit_missed(ORDER, WAITING, 2, {"balance": 0, "needed": 19}, NOW) == WAITING._replace(awaited=20)


def test_missed_deposit_decides_nothing_when_a_later_attempt_is_under_way():
    assert after_deposit_missed(ORDER, WAITING, 1, MISSED, NOW + DEPOSIT_PATIENCE_NS) is None


@given(st.integers(0, DEPOSIT_PATIENCE_NS))
def test_deposit_is_looked_for_after_a_minute_and_then_after_a_quarter_of_the_orders_age(age):
    order = with_state(ORDER, WAITING._replace(asked_at=NOW + age))
    pause = max(DEPOSIT_PAUSE_NS, age // 4)
    assert not is_due(order, NOW + age + pause - 1)
    assert is_due(order, NOW + age + pause)


def test_order_that_awaits_no_deposit_is_always_due():
    for state in (Settling(), WAITING._replace(awaited=0), Ending(RECEIPT, NOW)):
        assert is_due(with_state(ORDER, state), NOW)


# -- the end --------------------------------------------------------------------------------------------------------------------


def test_completed_order_ends_in_two_steps_and_keeps_its_receipt():
    done = with_state(ORDER, RECEIPT)
    on_its_way = ending(done, NOW)
    assert on_its_way.state == Ending(RECEIPT, NOW)
    assert not on_its_way.is_finished
    over = ended(on_its_way, 5)
    assert over.state == Ended(RECEIPT, NOW, 5)
    assert over.is_finished
    assert done.receipt == on_its_way.receipt == over.receipt == RECEIPT
    assert ORDER.receipt is None


def test_order_ends_only_once_and_only_after_it_was_completed():
    for state in (Settling(), Ending(RECEIPT, NOW), Ended(RECEIPT, NOW, 5)):
        with pytest.raises(Broken, match="order 7 has no licence that could end"):
            ending(with_state(ORDER, state), NOW)
    with pytest.raises(Broken, match="order 7 is not ending"):
        ended(with_state(ORDER, RECEIPT), 5)


def test_work_is_settled_for_ends_that_count_records_and_not_for_ever():
    order = with_state(ORDER, Ending(RECEIPT, NOW))._replace(clock=BY_RECORD)
    assert must_settle_to_end(order, NOW + SETTLE_PATIENCE_NS - 1)
    assert not must_settle_to_end(order, NOW + SETTLE_PATIENCE_NS)
    assert not must_settle_to_end(order._replace(clock=BY_SECOND), NOW)


def test_states_without_fields_are_equal_and_true():
    assert Settling() == Settling()
    assert hash(Settling()) == hash(Settling())
    assert Settling() != Collecting(0, 0, "")
    assert Settling()


def test_refusal_of_the_core_names_its_kind():
    with pytest.raises(Refused, match="PriceAboveLimit: price = 20"):
        accept(7, REQUEST._replace(max_price=0), OFFER, NOW)
