"""Purchases among faults, upgrades and waits of any kind and order: each order ends, and what was paid is what was sold."""

from __future__ import annotations

import pytest
from dst_ledger_exchange import BUYER, PRICE, account
from hypothesis import given
from hypothesis import strategies as st

from kybra_replica.driver import CallRejected

METHODS = st.sampled_from(["settle_work", "collect", "apply_entitlements"])
FAULTS = st.sampled_from(["trap_at_await", "drop_reply", "delay_reply", "fail_request"])
ERRORS = st.sampled_from(
    [
        {"Pending": None},
        {"Paused": None},
        {"NotTheLicenceLedger": None},
        {"InsufficientFunds": {"balance": 1, "needed": 2}},
        {"PaymentRefused": {"reason": "no"}},
    ]
)
STEPS = st.one_of(
    st.tuples(st.just("buy"), st.integers(1, 3)),
    st.tuples(st.just("buy"), st.integers(1, 3)),
    st.tuples(st.just("repeat"), st.integers(0, 5)),
    st.tuples(st.just("fault"), st.tuples(FAULTS, METHODS, st.integers(1, 3))),
    st.tuples(st.just("refuse"), ERRORS),
    st.tuples(st.just("turn away"), st.sampled_from([None, {"Paused": None}, {"PaymentRefused": {"reason": "too many"}}])),
    st.tuples(st.just("unsettled"), st.sampled_from(["UnknownStream", "NotPermitted"])),
    st.tuples(st.just("wait"), st.sampled_from([30, 90])),
    st.tuples(st.just("upgrade"), st.none()),
    st.tuples(st.just("deliver"), st.none()),
)


def play(exchange, step, requests) -> None:
    kind, value = step
    if kind == "buy":
        requests.append(exchange.request(periods=value, max_price=3 * PRICE))
        exchange.ledger.submit("purchase", requests[-1], sender=BUYER)
        exchange.replica.tick(2)
    elif kind == "repeat" and requests:
        exchange.ledger.submit("purchase", requests[value % len(requests)], sender=BUYER)
        exchange.replica.tick(2)
    elif kind == "fault":
        fault, method, nth = value
        getattr(exchange.replica.faults, fault)(nth, method=method)
    elif kind == "refuse":
        exchange.splitter.call("script_collect", [value])
    elif kind == "turn away":
        exchange.splitter.call("refuse_everybody", value)
    elif kind == "unsettled":
        exchange.registry.call("script_settle", [{"Err": {value: None}}])
    elif kind == "wait":
        exchange.pass_time(value)
    elif kind == "upgrade":
        exchange.ledger.upgrade()
    elif kind == "deliver":
        exchange.replica.faults.deliver_delayed()


def outcome(exchange, request):
    try:
        return exchange.ledger.call("purchase", request, sender=BUYER)
    except CallRejected as rejected:
        raise AssertionError("nothing is wrong any more") from rejected


@pytest.mark.slow
@given(steps=st.lists(STEPS, min_size=1, max_size=12))
def test_every_order_ends_and_what_was_paid_was_sold(installed, steps):
    exchange = installed
    with exchange.replica.isolated():
        exchange.create_offer()
        requests = []
        for step in steps:
            play(exchange, step, requests)
        exchange.replica.faults.clear()
        exchange.splitter.call("refuse_everybody", None)
        exchange.pass_time(300)
        status = exchange.status()
        assert (status["orders"], status["unfinished_orders"]) == (len(requests), 0)
        sold, paid = {}, set()
        for order in exchange.ledger.query("orders_of", BUYER, 0, 200):
            answer = outcome(exchange, requests[order["order"] - 1])
            if "Completed" in order["state"]:
                assert answer["Ok"]["licence"] == order["state"]["Completed"]["licence"]
                sold[answer["Ok"]["licence"]] = order["order"]
            else:
                assert answer == {"Err": order["state"]["Refused"]["reason"]}
            if "Ok" in (exchange.splitter.query("decision", order["order"]) or {}):
                paid.add(order["order"])
        assert set(sold.values()) == paid
        assert sorted(sold) == list(range(1, status["licences"] + 1))
        assert sorted(sold) == exchange.ledger.query("icrc7_tokens_of", account(BUYER), None, None)
        assert sorted(item["licence"] for item in exchange.registry.query("entitlements")) == sorted(sold)
        assert exchange.replica.subnet.system_traps == []
