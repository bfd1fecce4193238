"""What the registry and the splitter answer, and where it leads an order."""

from __future__ import annotations

import pytest
from dst_ledger_exchange import BUYER, PRICE, Exchange

STILL = {"Err": {"Pending": {"order": 1}}}


def refused_once_and_for_all(exchange: Exchange, reason, request) -> None:
    """The order has ended, answers the same again, was not paid, and brought nothing."""
    calls = exchange.splitter.query("calls")
    assert exchange.ledger.call("purchase", request, sender=BUYER) == {"Err": reason}
    exchange.pass_time(180)
    assert exchange.state(1)["Refused"]["reason"] == reason
    assert exchange.status()["licences"] == exchange.status()["unfinished_orders"] == 0
    assert exchange.splitter.query("calls") == calls
    assert "Ok" not in (exchange.splitter.query("decision", 1) or {})


def buy(exchange: Exchange):
    request = exchange.request()
    return request, exchange.ledger.call("purchase", request, sender=BUYER)


# -- the splitter ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"InsufficientAllowance": {"allowance": 5, "needed": 2_010}}, {"InsufficientAllowance": {"allowance": 5, "needed": 2_010}}),
        ({"InsufficientFunds": {"balance": 0, "needed": 2_010}}, {"InsufficientFunds": {"balance": 0, "needed": 2_010}}),
        ({"PaymentRefused": {"reason": "the ledger is on holiday"}}, {"PaymentRefused": {"reason": "the ledger is on holiday"}}),
        ({"PaymentRefused": {"reason": "a|b~c\n\u00e9"}}, {"PaymentRefused": {"reason": "a?b~c??"}}),
        ({"PaymentRefused": {"reason": "x" * 161}}, {"PaymentRefused": {"reason": "x" * 160}}),
        ({"PaymentRefunded": {"reason": "the book is gone"}}, {"PaymentRefunded": {"reason": "the book is gone"}}),
        ({"UnknownLedger": {"ledger": 0}}, {"PaymentRefused": {"reason": "UnknownLedger"}}),
        ({"UnknownStream": None}, {"StreamUnavailable": {"reason": "UnknownStream"}}),
        ({"ConflictingOrder": None}, {"PaymentRefused": {"reason": "ConflictingOrder"}}),
        ({"Paused": None}, {"PaymentRefused": {"reason": "Paused"}}),
        ({"NotTheLicenceLedger": None}, {"PaymentRefused": {"reason": "NotTheLicenceLedger"}}),
    ],
)
def test_splitters_first_refusal_ends_the_order(offered, answer, reason):
    offered.splitter.call("script_collect", [answer])
    request, outcome = buy(offered)
    assert outcome == {"Err": reason}
    refused_once_and_for_all(offered, reason, request)


def test_new_time_makes_a_new_order_after_a_refusal(offered):
    offered.splitter.call("script_collect", [{"InsufficientFunds": {"balance": 0, "needed": 2_010}}])
    assert "Err" in offered.purchase()
    assert offered.purchase()["Ok"]["order"] == 2


def test_amounts_of_a_refusal_are_kept_to_the_last_digit(offered):
    huge = (1 << 128) - 1
    offered.splitter.call("script_collect", [{"InsufficientAllowance": {"allowance": huge, "needed": huge - 1}}])
    assert offered.purchase() == {"Err": {"InsufficientAllowance": {"allowance": huge, "needed": huge - 1}}}


def test_pending_payment_is_asked_about_until_it_is_decided(offered):
    offered.splitter.call("script_collect", [{"Pending": None}, {"Pending": None}])
    request, outcome = buy(offered)
    assert outcome == STILL
    assert offered.ledger.call("purchase", request, sender=BUYER) == STILL
    collecting = offered.state(1)["Collecting"]
    assert collecting == {"attempts": 1, "stream_size": 7, "stream_root": "5a" * 32, "awaited": None}
    offered.pass_time(180)
    receipt = offered.state(1)["Completed"]
    assert receipt["licence"] == 1
    assert receipt["valid_from"] > request["created_at_time"] + 60_000_000_000
    assert offered.ledger.call("purchase", request, sender=BUYER)["Ok"]["licence"] == 1
    assert [item["licence"] for item in offered.registry.query("entitlements")] == [1]


def test_pending_payment_that_is_refused_later_ends_the_order(offered):
    reason = {"InsufficientFunds": {"balance": 3, "needed": 2_010}}
    offered.splitter.call("script_collect", [{"Pending": None}, reason])
    request, outcome = buy(offered)
    assert outcome == STILL
    offered.pass_time(120)
    refused_once_and_for_all(offered, reason, request)


@pytest.mark.parametrize("kind", ["Paused", "NotTheLicenceLedger"])
def test_later_attempt_that_is_turned_away_decides_nothing(offered, kind):
    offered.replica.faults.drop_reply(method="collect")
    _, outcome = buy(offered)
    assert outcome == STILL
    offered.splitter.call("refuse_everybody", {kind: None})
    offered.pass_time(300)
    assert offered.state(1)["Collecting"]["attempts"] > 2
    offered.splitter.call("refuse_everybody", None)
    offered.pass_time(60)
    assert offered.state(1)["Completed"]["licence"] == 1


def test_refusal_of_an_earlier_attempt_decides_nothing_once_there_is_a_later_one(offered):
    offered.splitter.call("refuse_everybody", {"PaymentRefused": {"reason": "too many collections are open"}})
    offered.replica.faults.delay_reply(1, method="collect")
    offered.replica.faults.delay_reply(2, method="collect")
    call = offered.submit_purchase()
    offered.splitter.call("refuse_everybody", None)
    offered.pass_time(60)
    assert offered.state(1)["Collecting"]["attempts"] == 2
    offered.replica.faults.deliver_delayed()
    offered.replica.tick(3)
    assert offered.state(1)["Completed"]["licence"] == 1
    assert offered.ledger.wait("purchase", call) == STILL


def test_order_is_paid_once_when_two_attempts_answer_at_once(offered):
    offered.replica.faults.delay_reply(1, method="collect")
    offered.replica.faults.delay_reply(2, method="collect")
    call = offered.submit_purchase()
    offered.pass_time(60)
    assert offered.splitter.query("calls") == 2
    offered.replica.faults.deliver_delayed()
    assert offered.ledger.wait("purchase", call)["Ok"]["licence"] == 1
    offered.pass_time(60)
    assert offered.status()["licences"] == offered.status()["blocks"] == 1
    assert len(offered.registry.query("entitlements")) == 1


# -- the registry ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["UnknownStream", "NotPermitted"])
def test_registry_that_will_never_settle_ends_the_order(offered, kind):
    offered.registry.call("script_settle", [{"Err": {kind: None}}])
    request, outcome = buy(offered)
    reason = {"StreamUnavailable": {"reason": kind}}
    assert outcome == {"Err": reason}
    refused_once_and_for_all(offered, reason, request)


def test_registry_that_is_unavailable_for_a_while_is_asked_again(offered):
    away = {"Err": {"TemporarilyUnavailable": {"reason": "the splitter does not answer"}}}
    offered.registry.call("script_settle", [away, away])
    request, outcome = buy(offered)
    assert outcome == STILL
    assert offered.state(1) == {"Settling": None}
    offered.pass_time(150)
    assert offered.state(1)["Completed"]["licence"] == 1
    assert offered.ledger.call("purchase", request, sender=BUYER)["Ok"]["order"] == 1


def test_registry_that_stays_unavailable_ends_the_order_after_ten_minutes(offered):
    away = {"Err": {"TemporarilyUnavailable": {"reason": "the splitter does not answer"}}}
    offered.registry.call("script_settle", [away] * 60)
    request, outcome = buy(offered)
    assert outcome == STILL
    offered.pass_time(570)
    assert offered.state(1) == {"Settling": None}
    offered.pass_time(60)
    reason = {"StreamUnavailable": {"reason": "the stream's recorded work could not be settled in time"}}
    refused_once_and_for_all(offered, reason, request)
    assert offered.splitter.query("calls") == 0


def test_settling_goes_on_while_batches_remain(offered):
    rest = [{"Ok": {"size": size, "root": "", "remaining_batches": 1}} for size in range(7)]
    offered.registry.call("script_settle", [*rest, {"Ok": {"size": 9, "root": "cd" * 32, "remaining_batches": 0}}])
    receipt = offered.purchase()["Ok"]
    assert (receipt["stream_size"], receipt["stream_root"]) == (9, "cd" * 32)
    assert offered.registry.query("calls", "settled") == 8


def test_after_eight_calls_the_timer_settles_what_remains(offered):
    rest = {"Ok": {"size": 1, "root": "", "remaining_batches": 1}}
    offered.registry.call("script_settle", [rest] * 9)
    _, outcome = buy(offered)
    assert outcome == STILL
    assert offered.registry.query("calls", "settled") == 8
    offered.pass_time(90)
    assert offered.registry.query("calls", "settled") == 10
    assert offered.state(1)["Completed"]["licence"] == 1


def test_empty_root_of_an_empty_stream_is_kept(offered):
    offered.registry.call("script_settle", [{"Ok": {"size": 0, "root": "", "remaining_batches": 0}}])
    assert offered.purchase()["Ok"]["stream_root"] == ""


@pytest.mark.parametrize("root", ["0" * 65, "a|b"])
def test_root_that_is_none_ends_the_order(offered, root):
    offered.registry.call("script_settle", [{"Ok": {"size": 0, "root": root, "remaining_batches": 0}}])
    request, outcome = buy(offered)
    reason = {"StreamUnavailable": {"reason": "the registry's root is no root"}}
    assert outcome == {"Err": reason}
    refused_once_and_for_all(offered, reason, request)


def test_timer_leaves_a_purchase_alone_that_is_younger_than_a_minute(offered):
    offered.replica.faults.delay_reply(method="settle_work")
    call = offered.submit_purchase()
    offered.pass_time(30)
    assert offered.registry.query("calls", "settled") == 1
    offered.replica.faults.deliver_delayed()
    assert offered.ledger.wait("purchase", call)["Ok"]["price"] == 2 * PRICE


def test_order_that_hangs_stops_no_other(offered):
    offered.splitter.call("script_collect", [{"Pending": None}] * 2)
    for _ in range(2):
        assert "Pending" in offered.purchase()["Err"]
    offered.replica.faults.delay_reply(method="collect")
    offered.pass_time(60)
    assert [offered.state(order)["Collecting"]["attempts"] for order in (1, 2)] == [2, 1]
    offered.pass_time(30)
    assert [offered.state(order)["Completed"]["licence"] for order in (2, 1)] == [1, 2]
    offered.replica.faults.deliver_delayed()
    offered.replica.tick(3)
    assert offered.status()["licences"] == 2
