"""Purchases that are paid by a deposit or out of a balance."""

from __future__ import annotations

import pytest
from dst_ledger_exchange import BUYER, FEE, PRICE, Exchange, terms

from ddsx_core.deposits import deposit_subaccount

NEEDED = 2 * PRICE + FEE
MISSING = {"InsufficientFunds": {"balance": 0, "needed": NEEDED}}
DEPOSIT = {"Deposit": None}


def buy(exchange: Exchange, source):
    request = exchange.request(source=source)
    return request, exchange.ledger.call("purchase", request, sender=BUYER)


def again(exchange: Exchange, request):
    return exchange.ledger.call("purchase", request, sender=BUYER)


def awaiting(exchange: Exchange, order: int = 1, amount: int = NEEDED):
    account = {"owner": exchange.splitter.id, "subaccount": deposit_subaccount(order)}
    return {"Err": {"AwaitingDeposit": {"account": account, "amount": amount}}}


def test_deposit_that_lies_there_buys_at_once(offered):
    _, outcome = buy(offered, DEPOSIT)
    assert outcome["Ok"]["licence"] == 1
    assert offered.splitter.query("request", 1)["source"] == DEPOSIT
    assert offered.ledger.query("order", 1)["source"] == DEPOSIT


def test_missing_deposit_is_told_with_account_and_amount_and_bought_when_it_came(offered):
    offered.splitter.call("script_collect", [MISSING, MISSING])
    request, outcome = buy(offered, DEPOSIT)
    assert outcome == awaiting(offered)
    assert offered.state(1)["Collecting"]["awaited"] == NEEDED
    assert again(offered, request) == awaiting(offered)
    assert again(offered, request)["Ok"]["licence"] == 1
    assert again(offered, request)["Ok"]["order"] == 1
    assert offered.splitter.query("calls") == 3


def test_amount_is_never_below_the_price_whatever_the_splitter_knows_of_the_fee(offered):
    offered.splitter.call("script_collect", [{"InsufficientFunds": {"balance": 0, "needed": 5}}])
    assert buy(offered, DEPOSIT)[1] == awaiting(offered, amount=2 * PRICE)


def test_timer_finds_a_deposit_that_came(offered):
    offered.splitter.call("script_collect", [MISSING])
    buy(offered, DEPOSIT)
    offered.pass_time(180)
    assert offered.state(1)["Completed"]["licence"] == 1


def test_timer_looks_less_and_less_often(offered):
    offered.splitter.call("script_collect", [MISSING] * 100)
    buy(offered, DEPOSIT)
    offered.pass_time(3_600)
    looks = offered.splitter.query("calls")
    assert 10 < looks < 22
    offered.pass_time(3_600)
    assert looks + 2 <= offered.splitter.query("calls") <= looks + 4


def test_deposit_is_awaited_for_a_day_and_refused_then(offered):
    offered.splitter.call("script_collect", [MISSING] * 200)
    request, _ = buy(offered, DEPOSIT)
    offered.replica.advance_time(86_000)
    assert again(offered, request) == awaiting(offered)
    offered.replica.advance_time(400)
    assert again(offered, request) == {"Err": MISSING}
    calls = offered.splitter.query("calls")
    offered.pass_time(300)
    assert offered.state(1)["Refused"]["reason"] == MISSING
    assert (offered.splitter.query("calls"), offered.status()["unfinished_orders"]) == (calls, 0)


def test_timer_ends_the_wait_by_itself(offered):
    offered.splitter.call("script_collect", [MISSING] * 200)
    buy(offered, DEPOSIT)
    offered.pass_time(120)
    offered.replica.advance_time(2 * 86_400)
    offered.pass_time(120)
    assert offered.state(1)["Refused"]["reason"] == MISSING


def test_price_that_could_not_be_credited_ends_as_a_refund(offered):
    refunded = {"PaymentRefunded": {"reason": "the book is gone"}}
    offered.splitter.call("script_collect", [MISSING, refunded])
    request, _ = buy(offered, DEPOSIT)
    assert again(offered, request) == {"Err": refunded}
    assert again(offered, request) == {"Err": refunded}
    assert offered.status()["licences"] == 0


def test_pause_while_a_deposit_is_awaited_ends_nothing(offered):
    offered.splitter.call("script_collect", [MISSING])
    request, _ = buy(offered, DEPOSIT)
    offered.splitter.call("refuse_everybody", {"Paused": None})
    assert again(offered, request) == awaiting(offered)
    offered.splitter.call("refuse_everybody", None)
    assert again(offered, request)["Ok"]["licence"] == 1


@pytest.mark.parametrize("fault", ["drop_reply", "trap_at_await", "fail_request"])
@pytest.mark.parametrize("nth", [1, 2])
def test_deposit_order_survives_every_fault_of_a_collection(offered, fault, nth):
    offered.splitter.call("script_collect", [MISSING])
    getattr(offered.replica.faults, fault)(nth, method="collect")
    offered.ledger.submit("purchase", offered.request(source=DEPOSIT), sender=BUYER)
    offered.replica.tick(3)
    offered.pass_time(600)
    assert offered.state(1)["Completed"]["licence"] == 1
    assert offered.status()["licences"] == len(offered.registry.query("entitlements")) == 1


def test_order_that_awaits_its_deposit_survives_an_upgrade(offered):
    offered.splitter.call("script_collect", [MISSING])
    request, _ = buy(offered, DEPOSIT)
    offered.ledger.upgrade()
    assert offered.state(1)["Collecting"]["awaited"] == NEEDED
    assert again(offered, request)["Ok"]["licence"] == 1


def test_balance_that_is_too_low_ends_the_order(offered):
    offered.splitter.call("script_collect", [MISSING])
    request, outcome = buy(offered, {"Balance": None})
    assert outcome == again(offered, request) == {"Err": MISSING}
    _, outcome = buy(offered, {"Balance": None})
    assert outcome["Ok"]["order"] == 2
    assert offered.splitter.query("request", 2)["source"] == {"Balance": None}


@pytest.mark.parametrize(
    ("earning", "asked"),
    [({"AtOnce": None}, {"AtOnce": None}), ({"BySecond": None}, {"BySecond": 2 * 86_400}), ({"ByRecord": 50}, {"ByRecord": 100})],
)
def test_splitter_is_told_ledger_and_earning_of_the_terms(exchange, earning, asked):
    exchange.create_offer(terms=terms(ledger=3, earning=earning))
    assert "Ok" in exchange.purchase()
    request = exchange.splitter.query("request", 1)
    assert (request["ledger"], request["earning"]) == (3, asked)
    receipt = exchange.state(1)["Completed"]
    shares = sum(receipt[name] for name in ("protocol_fee", "provider_share", "others_share", "contributors_share", "escrowed"))
    assert shares == exchange.ledger.query("order", 1)["price"] == 2 * PRICE
    assert (receipt["escrowed"] == 0) == ("AtOnce" in earning)
    assert (receipt["ended_at"], receipt["refunded"]) == (None, None)
