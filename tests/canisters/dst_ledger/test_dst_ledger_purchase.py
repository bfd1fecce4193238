"""purchase: what it answers at once, and the order it leaves."""

from __future__ import annotations

import pytest
from dst_ledger_exchange import (
    ANONYMOUS,
    BUYER,
    DAY_SECONDS,
    NS,
    OTHER_BUYER,
    OTHER_STREAM,
    PRICE,
    PROVIDER,
    ROOT,
    STREAM,
    account,
)
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.limits import PERMITTED_DRIFT_NS, TX_WINDOW_NS
from kybra_replica.driver import CallRejected

SUBACCOUNT = bytes(range(32))


def test_purchase_is_paid_and_brings_a_licence_that_the_registry_knows(offered):
    time = offered.replica.get_time()
    receipt = offered.purchase()["Ok"]
    valid_from = receipt["valid_from"]
    assert time < valid_from < offered.replica.get_time()
    assert receipt == {
        "order": 1,
        "licence": 1,
        "stream": STREAM,
        "price": 2 * PRICE,
        "valid_from": valid_from,
        "valid_until": valid_from + 2 * DAY_SECONDS * NS,
        "stream_size": 7,
        "stream_root": ROOT,
        "block_index": 1_001,
    }
    assert offered.splitter.query("request", 1) == {
        "order": 1,
        "stream": STREAM,
        "payer": str(BUYER),
        "price": 2 * PRICE,
        "ledger": 0,
        "source": {"Allowance": None},
        "earning": {"AtOnce": None},
    }
    assert offered.ledger.query("icrc7_owner_of", [1]) == [account(BUYER)]
    assert offered.registry.query("entitlements") == [
        {"licence": 1, "stream": STREAM, "holder": str(BUYER), "valid_from": valid_from, "valid_until": receipt["valid_until"]}
    ]
    assert offered.registry.query("caller_of", "settle_work") == str(offered.ledger.id)


def test_completed_order_shows_request_and_receipt(offered):
    request = offered.request(payer_subaccount=SUBACCOUNT, max_price=5_000)
    receipt = offered.ledger.call("purchase", request, sender=BUYER)["Ok"]
    order = offered.ledger.query("order", 1)
    accepted_at = order.pop("accepted_at")
    assert request["created_at_time"] <= accepted_at < receipt["valid_from"]
    assert order == {
        "order": 1,
        "buyer": BUYER,
        **request,
        "stream": STREAM,
        "price": 2 * PRICE,
        "ledger": 0,
        "state": {
            "Completed": {
                "licence": 1,
                "valid_from": receipt["valid_from"],
                "valid_until": receipt["valid_until"],
                "stream_size": 7,
                "stream_root": ROOT,
                "block_index": 1_001,
                "protocol_fee": 200,
                "provider_share": 400,
                "others_share": 3,
                "contributors_share": 1_397,
                "escrowed": 0,
                "ended_at": None,
                "refunded": None,
            }
        },
    }


def test_subaccount_pays_and_the_default_account_gets_the_licence(offered):
    offered.purchase(payer_subaccount=SUBACCOUNT)
    assert offered.splitter.query("request", 1)["payer"] == f"{BUYER}.{SUBACCOUNT.hex()}"
    assert offered.ledger.query("licence", 1)["holder"] == account(BUYER)


def test_licence_query_says_what_it_allows(offered):
    receipt = offered.purchase()["Ok"]
    assert offered.ledger.query("licence", 1) == {
        "licence": 1,
        "stream": STREAM,
        "offer": 1,
        "order": 1,
        "holder": account(BUYER),
        "valid_from": receipt["valid_from"],
        "valid_until": receipt["valid_until"],
    }
    assert offered.ledger.query("licence", 2) is None
    assert offered.ledger.query("order", 2) is None


def test_orders_are_listed_under_their_buyer(offered):
    offered.create_offer(stream=OTHER_STREAM)
    for sender in (BUYER, OTHER_BUYER, BUYER):
        offered.buy(sender)
    numbers = [order["order"] for order in offered.ledger.query("orders_of", BUYER, 0, 10)]
    assert numbers == [1, 3]
    assert [order["order"] for order in offered.ledger.query("orders_of", BUYER, 2, 1)] == [3]
    assert [order["order"] for order in offered.ledger.query("orders_of", OTHER_BUYER, 0, 10)] == [2]
    assert offered.ledger.query("orders_of", PROVIDER, 0, 10) == []


# -- refused before there is an order -------------------------------------------------------------------------------------------


def test_refused_request_leaves_no_order(offered):
    assert offered.purchase(max_price=1) == {"Err": {"PriceAboveLimit": {"price": 2 * PRICE}}}
    assert offered.status()["orders"] == 0
    assert offered.splitter.query("calls") == 0


def test_price_at_the_limit_is_paid_and_one_unit_above_is_refused(offered):
    assert offered.purchase(max_price=2 * PRICE - 1) == {"Err": {"PriceAboveLimit": {"price": 2 * PRICE}}}
    assert "Ok" in offered.purchase(max_price=2 * PRICE)


def test_periods_within_the_terms_are_sold_and_others_refused(offered):
    assert offered.purchase(periods=0) == {"Err": {"PeriodsOutOfRange": {"most": 12}}}
    assert offered.purchase(periods=13, max_price=13 * PRICE) == {"Err": {"PeriodsOutOfRange": {"most": 12}}}
    assert offered.purchase(periods=12, max_price=12 * PRICE)["Ok"]["price"] == 12 * PRICE


def test_unknown_offer_is_refused(offered):
    assert offered.purchase(offer=2) == {"Err": {"UnknownOffer": None}}


def test_closed_offer_is_refused(offered):
    offered.ledger.call("close_offer", 1, sender=PROVIDER)
    assert offered.purchase() == {"Err": {"OfferClosed": None}}


def test_subaccount_of_another_length_is_refused(offered):
    refused = offered.purchase(payer_subaccount=bytes(31))
    assert refused == {"Err": {"InvalidAccount": {"reason": "a subaccount has 32 bytes, not 31"}}}


def test_oldest_time_in_the_window_is_accepted_and_one_before_refused(offered):
    reach = TX_WINDOW_NS + PERMITTED_DRIFT_NS
    now = offered.replica.get_time()
    assert "Ok" in offered.purchase(created_at_time=now - reach)
    now = offered.replica.get_time()
    assert offered.purchase(created_at_time=now - reach - 1) == {"Err": {"TooOld": None}}


def test_latest_time_within_the_drift_is_accepted_and_one_after_refused(offered):
    now = offered.replica.get_time()
    assert "Ok" in offered.purchase(created_at_time=now + PERMITTED_DRIFT_NS)
    now = offered.replica.get_time()
    refused = offered.purchase(created_at_time=now + PERMITTED_DRIFT_NS + 1)
    assert refused == {"Err": {"CreatedInFuture": {"ledger_time": now}}}


def test_time_is_checked_before_the_offer_and_the_offer_before_the_price(offered):
    assert offered.purchase(created_at_time=0, offer=2) == {"Err": {"TooOld": None}}
    assert offered.purchase(offer=2, max_price=0) == {"Err": {"UnknownOffer": None}}
    assert offered.purchase(periods=0, max_price=0) == {"Err": {"PeriodsOutOfRange": {"most": 12}}}


def test_anonymous_caller_is_refused_by_inspect_and_by_the_method(offered):
    with pytest.raises(CallRejected, match="rejected"):
        offered.purchase(ANONYMOUS)
    refused = offered.past_inspect("purchase", offered.request(), sender=ANONYMOUS)
    assert refused == {"Err": {"AnonymousCaller": None}}


# -- the same request again -----------------------------------------------------------------------------------------------------


def test_repeated_request_answers_the_first_outcome_and_is_paid_once(offered):
    request = offered.request()
    first = offered.ledger.call("purchase", request, sender=BUYER)
    again = offered.ledger.call("purchase", request, sender=BUYER)
    assert again == first
    assert offered.status()["orders"] == offered.status()["licences"] == 1
    assert offered.splitter.query("calls") == 1


def test_repeated_request_answers_the_same_when_the_offer_has_closed(offered):
    request = offered.request()
    first = offered.ledger.call("purchase", request, sender=BUYER)
    offered.ledger.call("close_offer", 1, sender=PROVIDER)
    assert offered.ledger.call("purchase", request, sender=BUYER) == first


def test_absent_and_zero_subaccount_are_the_same_purchase(offered):
    request = offered.request()
    first = offered.ledger.call("purchase", request, sender=BUYER)
    assert offered.ledger.call("purchase", {**request, "payer_subaccount": bytes(32)}, sender=BUYER) == first
    assert offered.status()["orders"] == 1


@pytest.mark.parametrize(
    "change",
    [
        {"periods": 1},
        {"max_price": 2 * PRICE + 1},
        {"payer_subaccount": SUBACCOUNT},
        {"offer": 2},
        {"created_at_time": 1},
        {"source": {"Deposit": None}},
    ],
)
def test_request_that_differs_in_anything_is_another_order(offered, change):
    offered.create_offer()
    request = offered.request()
    change = {name: request[name] - value if name == "created_at_time" else value for name, value in change.items()}
    offered.ledger.call("purchase", request, sender=BUYER)
    assert offered.ledger.call("purchase", {**request, **change}, sender=BUYER)["Ok"]["order"] == 2


def test_same_request_of_another_buyer_is_another_order(offered):
    request = offered.request()
    orders = [offered.ledger.call("purchase", request, sender=sender)["Ok"]["order"] for sender in (BUYER, OTHER_BUYER)]
    assert orders == [1, 2]


def test_request_is_remembered_to_the_end_of_the_window_and_refused_after(offered):
    created_at_time = offered.replica.get_time() + PERMITTED_DRIFT_NS
    first = offered.purchase(created_at_time=created_at_time)
    offered.replica.advance_time((created_at_time - offered.replica.get_time()) // NS + 86_400 + 60)
    offered.replica.tick(5)
    assert offered.purchase(created_at_time=created_at_time) == first
    offered.replica.advance_time(1)
    assert offered.purchase(created_at_time=created_at_time) == {"Err": {"TooOld": None}}


@given(
    changes=st.lists(
        st.tuples(st.integers(1, 3), st.integers(0, 1), st.sampled_from([None, SUBACCOUNT]), st.sampled_from([BUYER, OTHER_BUYER])),
        min_size=1,
        max_size=8,
    )
)
def test_equal_requests_make_one_order_and_others_their_own(installed, changes):
    with installed.replica.isolated():
        installed.create_offer()
        time = installed.replica.get_time()
        answers = {}
        for periods, later, subaccount, sender in changes:
            fields = {"periods": periods, "created_at_time": time + later, "payer_subaccount": subaccount, "max_price": 9 * PRICE}
            answer = installed.purchase(sender, **fields)["Ok"]
            assert answers.setdefault((periods, later, subaccount, sender), answer) == answer
        assert installed.status()["orders"] == installed.status()["licences"] == len(answers)
