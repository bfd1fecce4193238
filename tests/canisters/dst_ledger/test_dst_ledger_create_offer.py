"""create_offer, close_offer and the listings of offers."""

from __future__ import annotations

import pytest
from dst_ledger_exchange import ANONYMOUS, BUYER, OTHER_STREAM, PROVIDER, SHARD, STREAM, TERMS, Exchange

from ddsx_core.terms import MAX_LICENCE_SECONDS, MAX_STREAM_OFFERS
from kybra_replica.driver import CallRejected

RECORDS = "all periods together are earned by 1 to 4294967295 records"


def created(exchange: Exchange, **changes):
    args = {"stream": STREAM, "title": None, "terms": TERMS, **changes}
    return exchange.ledger.call("create_offer", args, sender=PROVIDER)


def subscription(**changes):
    return {"Subscription": {**TERMS["Subscription"], **changes}}


def test_offer_of_the_provider_is_stored_as_given(exchange):
    before = exchange.replica.get_time()
    assert created(exchange, title="Hourly | temperatures, 100%") == {"Ok": 1}
    offer = exchange.ledger.query("offer", 1)
    assert before <= offer.pop("created_at") <= exchange.replica.get_time()
    assert offer == {
        "offer": 1,
        "stream": STREAM,
        "provider": PROVIDER,
        "title": "Hourly | temperatures, 100%",
        "terms": TERMS,
        "open": True,
    }


def test_offers_are_numbered_densely_and_listed_in_pages(exchange):
    numbers = [exchange.create_offer(stream=stream) for stream in (STREAM, OTHER_STREAM, STREAM, STREAM)]
    assert numbers == [1, 2, 3, 4]
    query = exchange.ledger.query
    assert [offer["offer"] for offer in query("offers", 0, 10)] == [1, 2, 3, 4]
    assert [offer["offer"] for offer in query("offers", 2, 2)] == [2, 3]
    assert query("offers", 5, 10) == []
    assert query("offers", 1, 0) == []
    assert [offer["offer"] for offer in query("offers_of", STREAM, 0, 10)] == [1, 3, 4]
    assert [offer["offer"] for offer in query("offers_of", STREAM, 2, 1)] == [3]
    assert [offer["offer"] for offer in query("offers_of", OTHER_STREAM, 0, 10)] == [2]
    assert query("offers_of", STREAM + 7, 0, 10) == []


def test_unknown_offer_is_null(exchange):
    assert exchange.ledger.query("offer", 1) is None


def test_title_of_the_longest_length_is_kept_whatever_its_letters(exchange):
    for title in ("a" * 120, "%" * 120, "|" * 120, "\N{SAUROPOD}" * 120, ""):
        number = exchange.create_offer(title=title)
        assert exchange.ledger.query("offer", number)["title"] == title


def test_title_one_letter_too_long_is_refused(exchange):
    assert created(exchange, title="a" * 121) == {"Err": {"TitleTooLong": {"most": 120}}}


def test_anonymous_caller_is_refused_by_inspect_and_by_the_method(exchange):
    args = {"stream": STREAM, "title": None, "terms": TERMS}
    with pytest.raises(CallRejected, match="rejected"):
        exchange.ledger.call("create_offer", args, sender=ANONYMOUS)
    assert exchange.past_inspect("create_offer", args, sender=ANONYMOUS) == {"Err": {"AnonymousCaller": None}}


@pytest.mark.parametrize(
    "terms",
    [
        subscription(period_seconds=1, max_periods=1, price=1),
        subscription(period_seconds=MAX_LICENCE_SECONDS, max_periods=1),
        subscription(period_seconds=1, max_periods=MAX_LICENCE_SECONDS, price=1),
        subscription(max_periods=1, price=(1 << 128) - 1),
        subscription(ledger=7),
        subscription(earning={"BySecond": None}, cancellable=True),
        subscription(earning={"ByRecord": ((1 << 32) - 1) // 12}, cancellable=True),
    ],
)
def test_terms_at_the_limits_are_accepted(exchange, terms):
    assert created(exchange, terms=terms) == {"Ok": 1}
    assert exchange.ledger.query("offer", 1)["terms"] == terms


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        (subscription(period_seconds=0), "the length of a period, its price and the number of periods are at least 1"),
        (subscription(price=0), "the length of a period, its price and the number of periods are at least 1"),
        (subscription(max_periods=0), "the length of a period, its price and the number of periods are at least 1"),
        (subscription(period_seconds=MAX_LICENCE_SECONDS + 1, max_periods=1), "all periods together last at most 3153600000 seconds"),
        (subscription(max_periods=1, price=1 << 128), "the price of all periods together is above the largest amount"),
        (subscription(ledger=8), "a ledger's number is 0 to 7"),
        (subscription(earning={"ByRecord": 0}), RECORDS),
        (subscription(earning={"ByRecord": ((1 << 32) - 1) // 12 + 1}), RECORDS),
        (subscription(cancellable=True), "what is earned at once cannot come back, so nothing can be cancelled"),
    ],
)
def test_terms_beyond_the_limits_are_refused(exchange, terms, reason):
    assert created(exchange, terms=terms) == {"Err": {"InvalidTerms": {"reason": reason}}}


def test_stream_of_a_shard_without_registry_is_unknown(exchange):
    assert created(exchange, stream=(SHARD + 1) << 48 | 1) == {"Err": {"UnknownStream": None}}


def test_stream_that_its_registry_does_not_know_is_unknown(exchange):
    assert created(exchange, stream=STREAM + 7) == {"Err": {"UnknownStream": None}}


def test_somebody_else_is_not_the_provider(exchange):
    args = {"stream": STREAM, "title": None, "terms": TERMS}
    assert exchange.ledger.call("create_offer", args, sender=BUYER) == {"Err": {"NotTheProvider": None}}


def test_registry_that_gives_no_answer_is_unavailable(exchange):
    exchange.replica.faults.fail_request(method="stream_party")
    refused = created(exchange)["Err"]["StreamUnavailable"]["reason"]
    assert refused.startswith("Rejection code 2, ")
    assert created(exchange) == {"Ok": 1}


def test_registry_whose_answer_gets_lost_leaves_no_offer(exchange):
    exchange.replica.faults.drop_reply(method="stream_party")
    assert list(created(exchange)["Err"]) == ["StreamUnavailable"]
    assert exchange.status()["offers"] == 0


def test_trap_after_the_registry_answered_leaves_no_offer(exchange):
    exchange.replica.faults.trap_at_await(method="stream_party")
    with pytest.raises(CallRejected, match="trap injected"):
        created(exchange)
    assert exchange.status()["offers"] == 0


@pytest.mark.slow
def test_stream_takes_a_thousand_offers_and_not_one_more(exchange):
    for _ in range(MAX_STREAM_OFFERS - 1):
        exchange.create_offer()
    exchange.replica.faults.delay_reply(method="stream_party")
    args = {"stream": STREAM, "title": None, "terms": TERMS}
    overtaken = exchange.ledger.submit("create_offer", args, sender=PROVIDER)
    exchange.replica.tick(3)
    assert created(exchange) == {"Ok": MAX_STREAM_OFFERS}
    full = {"Err": {"TooManyOffers": {"most": MAX_STREAM_OFFERS}}}
    assert created(exchange) == full
    exchange.replica.faults.deliver_delayed()
    assert exchange.ledger.wait("create_offer", overtaken) == full
    assert created(exchange, stream=OTHER_STREAM) == {"Ok": MAX_STREAM_OFFERS + 1}
    assert [offer["offer"] for offer in exchange.ledger.query("offers_of", STREAM, 900, 200)] == list(range(900, 1_001))


def test_closed_offer_stays_readable_and_closing_twice_is_the_same(offered):
    for _ in range(2):
        assert offered.ledger.call("close_offer", 1, sender=PROVIDER) == {"Ok": None}
        assert offered.ledger.query("offer", 1)["open"] is False


def test_only_the_provider_closes_an_offer(offered):
    assert offered.ledger.call("close_offer", 1, sender=BUYER) == {"Err": {"NotTheProvider": None}}
    assert offered.ledger.query("offer", 1)["open"] is True


def test_unknown_offer_cannot_be_closed(offered):
    assert offered.ledger.call("close_offer", 2, sender=PROVIDER) == {"Err": {"UnknownOffer": None}}
