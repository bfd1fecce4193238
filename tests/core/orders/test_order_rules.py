"""Orders: requests, states, and what is written of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.accounts import ANONYMOUS, account_key
from ddsx_core.deduplication import check_repetition
from ddsx_core.limits import MAX_AMOUNT, PERMITTED_DRIFT_NS, TX_WINDOW_NS
from ddsx_core.orders import (
    SETTLE_PATIENCE_NS,
    Collecting,
    Completed,
    Declined,
    Order,
    Payment,
    Request,
    Settling,
    accept,
    after_collecting_refused,
    after_settling,
    after_settling_refused,
    asking,
    check_request,
    complete,
    decode_order,
    encode_order,
    forgettable_from,
    out_of_patience,
    plain_reason,
    request_fingerprint,
    with_state,
)
from ddsx_core.refused import Broken, Refused
from ddsx_core.terms import Offer, Subscription
from model.expect import refuses

NOW = 1_700_000_000 * 10**9
BUYER = "buyer"
ROOT = "ab" * 32
REQUEST = Request(BUYER, 1, 2, 20, NOW)
OFFER = Offer(1, 9, "provider", None, Subscription(60, 10, 5), 3, is_open=True)
ORDER = Order(7, REQUEST, 9, 20, 120, NOW, Settling())
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
STATES = st.one_of(
    st.just(Settling()),
    st.builds(Collecting, st.integers(0, 1 << 32), NAT64, ROOTS),
    st.builds(Completed, NAT64, NAT64, NAT64, NAT64, ROOTS, AMOUNT, AMOUNT, AMOUNT, AMOUNT),
    DECLINED,
)
PAYERS = st.sampled_from([BUYER, account_key(BUYER, SUBACCOUNT)])
REQUESTS = st.builds(Request, PAYERS, NAT64, st.integers(0, (1 << 32) - 1), AMOUNT, NAT64)
ORDERS = st.builds(Order, NAT64, REQUESTS, NAT64, AMOUNT, NAT64, NAT64, STATES)


@given(ORDERS)
def test_order_is_read_back_as_written(order):
    assert decode_order(encode_order(order)) == order


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (Settling(), "1s|7|9|14|78|{now}|1|2|14|{now}|buyer"),
        (Collecting(3, 5, "ab"), "1c|7|9|14|78|{now}|1|2|14|{now}|3|5|buyer|ab"),
        (Completed(1, 2, 3, 4, "ab", 5, 6, 7, 8), "1d|7|9|14|78|{now}|1|2|14|{now}|1|2|3|4|5|6|7|8|buyer|ab"),
        (
            Declined("InsufficientFunds", {"balance": 16, "needed": 17}, 5),
            "1r|7|9|14|78|{now}|1|2|14|{now}|5|buyer|InsufficientFunds|10~11",
        ),
        (Declined("PaymentRefused", {"reason": "a~b"}, 5), "1r|7|9|14|78|{now}|1|2|14|{now}|5|buyer|PaymentRefused|a~b"),
    ],
)
def test_stored_form_is_fixed(state, text):
    assert encode_order(with_state(ORDER, state)) == text.format(now=f"{NOW:x}")


def test_order_of_another_version_is_broken():
    with pytest.raises(Broken, match="version '2s'"):
        decode_order("2s|7")


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
    assert asking(Collecting(0, 5, ROOT)) == Collecting(1, 5, ROOT)


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
    done = complete(with_state(ORDER, state), state, Payment(31, 2, 3, 15), 4, NOW + 5)
    assert done == with_state(ORDER, Completed(4, NOW + 5, NOW + 5 + 120 * 10**9, 5, ROOT, 31, 2, 3, 15))
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
        ("Paused", {}, ("PaymentRefused", {"reason": "Paused"})),
        ("NotTheLicenceLedger", {}, ("PaymentRefused", {"reason": "NotTheLicenceLedger"})),
    ],
)
def test_splitters_refusal_is_told_in_the_buyers_words(kind, data, declined):
    assert after_collecting_refused(Collecting(1, 5, ROOT), 1, kind, data, NOW) == Declined(*declined, NOW)


def test_states_without_fields_are_equal_and_true():
    assert Settling() == Settling()
    assert hash(Settling()) == hash(Settling())
    assert Settling() != Collecting(0, 0, "")
    assert Settling()


def test_refusal_of_the_core_names_its_kind():
    with pytest.raises(Refused, match="PriceAboveLimit: price = 20"):
        accept(7, REQUEST._replace(max_price=0), OFFER, NOW)
