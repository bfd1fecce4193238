"""What goes wrong around each await of a purchase: the order ends all the same, paid once, with one licence."""

from __future__ import annotations

from typing import Any

import pytest
from dst_ledger_exchange import BUYER, PRICE, Exchange

from kybra_replica.driver import CallRejected

AWAITS = ("settle_work", "collect", "apply_entitlements")


def attempt(exchange: Exchange, request: dict[str, Any]) -> dict[str, Any] | None:
    """What the buyer hears, None when the call was rejected."""
    try:
        return exchange.ledger.call("purchase", request, sender=BUYER)
    except CallRejected:
        return None


def ended_well(exchange: Exchange, request: dict[str, Any]) -> None:
    """Order 1 was paid once and brought one licence, which the registry knows; asked again, it says so."""
    exchange.pass_time(180)
    answer = exchange.ledger.call("purchase", request, sender=BUYER)["Ok"]
    assert (answer["order"], answer["licence"], answer["price"]) == (1, 1, 2 * PRICE)
    status = exchange.status()
    assert (status["orders"], status["unfinished_orders"], status["licences"], status["blocks"]) == (1, 0, 1, 1)
    assert status["registries"][0]["entitlements"] == status["registries"][0]["delivered"] == 1
    assert [item["licence"] for item in exchange.registry.query("entitlements")] == [1]
    assert list(exchange.splitter.query("decision", 1)) == ["Ok"]
    assert exchange.ledger.query("icrc7_tokens_of", {"owner": BUYER, "subaccount": None}, None, None) == [1]
    assert exchange.replica.subnet.system_traps == []


@pytest.mark.parametrize("method", AWAITS)
def test_lost_request_is_made_up_for(offered, method):
    offered.replica.faults.fail_request(method=method)
    request = offered.request()
    heard = attempt(offered, request)
    assert list(heard) == (["Ok"] if method == "apply_entitlements" else ["Err"])
    ended_well(offered, request)


@pytest.mark.parametrize("method", AWAITS)
def test_lost_answer_is_made_up_for(offered, method):
    offered.replica.faults.drop_reply(method=method)
    request = offered.request()
    heard = attempt(offered, request)
    assert list(heard) == (["Ok"] if method == "apply_entitlements" else ["Err"])
    ended_well(offered, request)


@pytest.mark.parametrize("method", AWAITS)
def test_trap_after_the_answer_is_made_up_for(offered, method):
    offered.replica.faults.trap_at_await(method=method)
    request = offered.request()
    assert attempt(offered, request) is None
    ended_well(offered, request)


@pytest.mark.parametrize("method", AWAITS)
def test_upgrade_while_an_answer_is_on_its_way_is_made_up_for(offered, method):
    offered.replica.faults.delay_reply(method=method)
    request = offered.request()
    offered.ledger.submit("purchase", request, sender=BUYER)
    offered.replica.tick(3)
    offered.ledger.upgrade()
    offered.replica.faults.deliver_delayed()
    offered.replica.tick(3)
    ended_well(offered, request)


@pytest.mark.parametrize("method", AWAITS)
def test_answer_that_comes_after_the_timer_has_acted_changes_nothing(offered, method):
    offered.replica.faults.delay_reply(method=method)
    request = offered.request()
    call = offered.ledger.submit("purchase", request, sender=BUYER)
    offered.replica.tick(3)
    offered.pass_time(180)
    offered.replica.faults.deliver_delayed()
    assert offered.ledger.wait("purchase", call)["Ok"]["licence"] == 1
    ended_well(offered, request)


@pytest.mark.parametrize("first", AWAITS)
@pytest.mark.parametrize("second", AWAITS)
def test_fault_while_the_timer_makes_up_for_a_fault_is_made_up_for_too(offered, first, second):
    faults = offered.replica.faults
    faults.drop_reply(1, method=first)
    faults.trap_at_await(2, method=second)
    faults.fail_request(3, method=second)
    request = offered.request()
    attempt(offered, request)
    ended_well(offered, request)


def test_order_is_pending_while_its_purchase_runs(offered):
    offered.replica.faults.delay_reply(method="settle_work")
    request = offered.request()
    call = offered.ledger.submit("purchase", request, sender=BUYER)
    offered.replica.tick(3)
    assert offered.ledger.call("purchase", request, sender=BUYER) == {"Err": {"Pending": {"order": 1}}}
    offered.replica.faults.deliver_delayed()
    assert offered.ledger.wait("purchase", call)["Ok"]["order"] == 1
    ended_well(offered, request)


def test_order_is_listed_once_while_it_is_under_way_when_it_is_taken_up_and_when_it_has_ended(offered):
    def listed() -> list[int]:
        return [order["order"] for order in offered.ledger.query("orders_of", BUYER, 0, 10)]

    offered.splitter.call("refuse_everybody", {"Pending": None})
    assert offered.purchase() == {"Err": {"Pending": {"order": 1}}}
    assert listed() == [1]
    assert offered.ledger.query("orders_of", BUYER, 2, 10) == []
    offered.pass_time(120)
    assert listed() == [1]
    offered.splitter.call("refuse_everybody", None)
    offered.pass_time(60)
    assert "Completed" in offered.state(1)
    assert listed() == [1]


def test_everything_survives_an_upgrade(offered):
    offered.splitter.call("script_collect", [{"InsufficientFunds": {"balance": 1, "needed": 2}}])
    answers = [offered.purchase() for _ in range(3)]
    offers = offered.ledger.query("offers", 0, 10)
    orders = offered.ledger.query("orders_of", BUYER, 0, 10)
    status = offered.status()
    offered.ledger.upgrade()
    assert list(answers[0]) == ["Err"]
    assert offered.ledger.query("offers", 0, 10) == offers
    assert offered.ledger.query("orders_of", BUYER, 0, 10) == orders
    assert offered.status() == status
    assert offered.ledger.query("icrc7_tokens", None, None) == [1, 2]
    assert offered.purchase()["Ok"]["order"] == 4


def test_request_is_still_recognised_after_an_upgrade(offered):
    request = offered.request()
    first = offered.ledger.call("purchase", request, sender=BUYER)
    offered.ledger.upgrade()
    assert offered.ledger.call("purchase", request, sender=BUYER) == first


def test_purchases_that_overlap_end_each_with_a_licence(offered):
    now = offered.replica.get_time()
    requests = [offered.request(created_at_time=now - earlier) for earlier in range(25)]
    calls = [offered.ledger.submit("purchase", request, sender=BUYER) for request in requests]
    answers = [offered.ledger.wait("purchase", call)["Ok"] for call in calls]
    assert sorted(answer["licence"] for answer in answers) == list(range(1, 26))
    assert sorted(answer["order"] for answer in answers) == list(range(1, 26))
    offered.pass_time(60)
    assert sorted(item["licence"] for item in offered.registry.query("entitlements")) == list(range(1, 26))
