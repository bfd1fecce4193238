"""Offers: what can be asked, and what it comes to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.accounts import ANONYMOUS
from ddsx_core.limits import MAX_AMOUNT, MAX_FLOW_TICKS
from ddsx_core.refused import Broken, Refused
from ddsx_core.terms import (
    AT_ONCE,
    BY_RECORD,
    BY_SECOND,
    MAX_LEDGER,
    MAX_LICENCE_SECONDS,
    MAX_STREAM_OFFERS,
    Offer,
    Subscription,
    check_new_offer,
    check_provider,
    check_room,
    closed,
    decode_offer,
    encode_offer,
    price_of,
    seconds_of,
    ticks_of,
)
from model.expect import refuses

PROVIDER = "provider"
TERMS = Subscription(60, 10, 5)
OFFER = Offer(1, 2, PROVIDER, None, TERMS, 3, is_open=True)

NUMBERS = st.integers(0, 1 << 64)
TITLES = st.none() | st.text(max_size=120)
SUBSCRIPTIONS = st.builds(
    Subscription,
    st.integers(1, 1 << 64),
    st.integers(1, MAX_AMOUNT),
    st.integers(1, (1 << 32) - 1),
    st.integers(0, 9),
    st.sampled_from([AT_ONCE, BY_SECOND, BY_RECORD]),
    st.integers(0, 1 << 64),
    st.booleans(),
)
OFFERS = st.builds(
    Offer, NUMBERS, NUMBERS, st.just(PROVIDER), TITLES, SUBSCRIPTIONS, NUMBERS, is_open=st.booleans()
)


@given(OFFERS)
def test_offer_is_read_back_as_written(offer):
    assert decode_offer(encode_offer(offer)) == offer


def test_stored_form_is_fixed():
    assert encode_offer(OFFER._replace(title="a|b%")) == "2s|1|2|3|3c|a|5|1|0|0|0|0|provider|ta%7Cb%25"


def test_offer_of_another_version_is_broken():
    with pytest.raises(Broken, match="version"):
        decode_offer(encode_offer(OFFER).replace("2s", "1s", 1))


@given(SUBSCRIPTIONS)
def test_whatever_can_be_offered_can_be_priced_and_dated(terms):
    try:
        check_new_offer(PROVIDER, None, terms)
    except Refused:
        return
    offer = OFFER._replace(terms=terms)
    assert price_of(offer, terms.max_periods) <= MAX_AMOUNT
    assert seconds_of(terms, terms.max_periods) <= MAX_LICENCE_SECONDS
    assert (terms.clock != AT_ONCE) <= ticks_of(terms, terms.max_periods) <= MAX_FLOW_TICKS


@given(SUBSCRIPTIONS, st.integers(1, 1 << 31), st.integers(1, 1 << 31))
def test_price_and_length_of_two_purchases_are_those_of_one(terms, some, more):
    terms = terms._replace(max_periods=1 << 32)
    offer = OFFER._replace(terms=terms)
    assert price_of(offer, some) + price_of(offer, more) == price_of(offer, some + more)
    assert seconds_of(terms, some) + seconds_of(terms, more) == seconds_of(terms, some + more)


def test_checks_come_in_their_documented_order():
    bad = Subscription(0, 10, 5)
    with refuses("AnonymousCaller"):
        check_new_offer(ANONYMOUS, "x" * 121, bad)
    with refuses("TitleTooLong", most=120):
        check_new_offer(PROVIDER, "x" * 121, bad)
    with refuses("InvalidTerms", reason="the length of a period, its price and the number of periods are at least 1"):
        check_new_offer(PROVIDER, "x" * 120, bad)


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        (Subscription(MAX_LICENCE_SECONDS, 1, 1), None),
        (Subscription(MAX_LICENCE_SECONDS, 1, 2), "all periods together last at most 3153600000 seconds"),
        (Subscription(1, MAX_AMOUNT, 1), None),
        (Subscription(1, MAX_AMOUNT, 2), "the price of all periods together is above the largest amount"),
        (Subscription(1, 0, 1), "the length of a period, its price and the number of periods are at least 1"),
        (Subscription(1, 1, 0), "the length of a period, its price and the number of periods are at least 1"),
        (Subscription(1, 1, 1, MAX_LEDGER), None),
        (Subscription(1, 1, 1, MAX_LEDGER + 1), "a ledger's number is 0 to 7"),
        (Subscription(1, 1, 1, 0, BY_RECORD, MAX_FLOW_TICKS), None),
        (Subscription(1, 1, 1, 0, BY_RECORD, MAX_FLOW_TICKS + 1), "all periods together are earned by 1 to 4294967295 records"),
        (Subscription(1, 1, 1, 0, BY_RECORD, 0), "all periods together are earned by 1 to 4294967295 records"),
        (Subscription(1, 1, 1, 0, BY_SECOND, 0, cancellable=True), None),
        (Subscription(1, 1, 1, cancellable=True), "what is earned at once cannot come back, so nothing can be cancelled"),
    ],
)
def test_terms_end_where_the_limits_are(terms, reason):
    if reason is None:
        check_new_offer(PROVIDER, None, terms)
    else:
        with refuses("InvalidTerms", reason=reason):
            check_new_offer(PROVIDER, None, terms)


@pytest.mark.parametrize(("clock", "ticks"), [(AT_ONCE, 0), (BY_SECOND, 180), (BY_RECORD, 21)])
def test_ticks_are_those_of_the_clock_for_all_periods(clock, ticks):
    assert ticks_of(TERMS._replace(clock=clock, records=7), 3) == ticks


def test_room_ends_with_the_last_offer():
    check_room(MAX_STREAM_OFFERS - 1)
    with refuses("TooManyOffers", most=MAX_STREAM_OFFERS):
        check_room(MAX_STREAM_OFFERS)


def test_only_the_provider_is_the_provider():
    check_provider(PROVIDER, PROVIDER)
    with refuses("NotTheProvider"):
        check_provider("somebody else", PROVIDER)


def test_closed_offer_differs_in_nothing_else_and_sells_nothing():
    assert closed(OFFER) == OFFER._replace(is_open=False)
    assert price_of(OFFER, 5) == 50
    with refuses("OfferClosed"):
        price_of(closed(OFFER), 6)
    with refuses("PeriodsOutOfRange", most=5):
        price_of(OFFER, 6)
