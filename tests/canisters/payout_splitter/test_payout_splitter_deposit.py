"""Prices that are sent to an account of the order's own, by wallets that cannot approve."""

from __future__ import annotations

from typing import Any

import pytest
from splitter_bench import FIRST, LEDGER_FEE, LICENCE_LEDGER, PAYER, PAYER_FUNDS, PROVIDER, STRANGER, Bench

from kybra_replica.driver import CallRejected

DEPOSIT = {"source": {"Deposit": None}}


@pytest.fixture
def listed(bench: Bench) -> Bench:
    """A bench with a stream of one contributor."""
    bench.open_stream({FIRST: 1})
    return bench


def give_back(bench: Bench, order: int, ledger: int = 0, sender: Any = STRANGER) -> Any:
    return bench.splitter.call("return_deposit", {"order": order, "ledger": ledger}, sender=sender)


def lying(bench: Bench, order: int) -> int:
    """What lies in an order's account."""
    return bench.ledger.query("icrc1_balance_of", bench.splitter.query("deposit_account", order))


def test_every_order_has_an_account_of_its_own(listed: Bench) -> None:
    accounts = [listed.splitter.query("deposit_account", order) for order in (1, 2, 258)]
    assert {account["owner"] for account in accounts} == {listed.splitter.id}
    assert len({account["subaccount"] for account in accounts}) == 3
    assert all(len(account["subaccount"]) == 32 for account in accounts)


def test_a_deposit_of_price_and_fee_is_collected(listed: Bench) -> None:
    listed.deposit(1, 1_000 + LEDGER_FEE)
    assert listed.sell(1, 1_000, **DEPOSIT)["contributors_share"] == 882
    assert (lying(listed, 1), listed.money(PAYER)) == (0, PAYER_FUNDS)
    assert listed.collect(1, 1_000, **DEPOSIT)["Ok"]["provider_share"] == 98
    assert listed.ledger.query("last_memo") == "0000000000000001"
    assert listed.check_solvency()["received"] == 1_000


def test_a_deposit_that_is_not_there_may_still_come(listed: Bench) -> None:
    listed.deposit(1, 1_000 + LEDGER_FEE - 1)
    refusal = {"Err": {"InsufficientFunds": {"balance": 1_009, "needed": 1_010}}}
    assert listed.collect(1, 1_000, **DEPOSIT) == refusal
    assert listed.open_payments()["collections"] == []
    assert listed.collect(1, 1_000, **DEPOSIT) == refusal
    assert listed.collect(1, 1_001, **DEPOSIT) == {"Err": {"ConflictingOrder": None}}
    listed.deposit(1, 1)
    assert "Ok" in listed.collect(1, 1_000, **DEPOSIT)
    assert "Ok" in listed.collect(1, 1_000, **DEPOSIT)
    assert listed.check_solvency()["received"] == 1_000


def test_a_deposit_is_collected_once_whatever_reply_is_lost(listed: Bench) -> None:
    listed.deposit(1, 3 * 1_010)
    listed.replica.faults.drop_reply(callee=listed.ledger.id, method="icrc1_transfer")
    assert listed.collect(1, 1_000, **DEPOSIT) == {"Err": {"Pending": None}}
    assert give_back(listed, 1) == {"Err": {"Pending": None}}
    listed.later()
    assert "Ok" in listed.collect(1, 1_000, **DEPOSIT)
    assert (lying(listed, 1), listed.check_solvency()["received"]) == (2 * 1_010, 1_000)


def test_what_lies_in_an_orders_account_goes_back_to_its_payer(listed: Bench) -> None:
    listed.deposit(1, 1_500)
    listed.sell(1, 1_000, **DEPOSIT)
    assert give_back(listed, 1) == {"Ok": {"amount": 480, "block_index": 1}}
    assert (lying(listed, 1), listed.money(PAYER)) == (0, PAYER_FUNDS + 480)
    assert listed.check_solvency()["received"] == 1_000
    listed.deposit(1, LEDGER_FEE)
    assert give_back(listed, 1) == {"Err": {"NothingToReturn": {"balance": 10, "fee": 10}}}
    listed.deposit(1, 1)
    assert give_back(listed, 1)["Ok"]["amount"] == 1


def test_money_of_another_ledger_goes_back_too(listed: Bench) -> None:
    other = listed.add_ledger()
    listed.sell(1, 1_000)
    listed.deposit(1, 70, other)
    assert give_back(listed, 1, other)["Ok"]["amount"] == 60
    assert listed.money(PAYER, ledger=other) == 60
    assert give_back(listed, 1, 2) == {"Err": {"UnknownLedger": {"ledger": 2}}}


def test_only_its_payer_and_the_licence_ledger_take_a_deposit_back_that_an_order_waits_for(listed: Bench) -> None:
    """Anybody else could keep an order from ever being paid, at the payer's cost."""
    listed.deposit(1, 500)
    listed.collect(1, 1_000, **DEPOSIT)
    assert give_back(listed, 1) == {"Err": {"NotPermitted": None}}
    assert give_back(listed, 1, sender=PROVIDER) == {"Err": {"NotPermitted": None}}
    assert give_back(listed, 1, sender=PAYER)["Ok"]["amount"] == 490
    listed.deposit(1, 500)
    assert listed.from_inside("return_deposit", {"order": 1, "ledger": 0}, sender=LICENCE_LEDGER)["Ok"]["amount"] == 490


def test_an_order_that_nobody_knows_has_no_payer(listed: Bench) -> None:
    listed.deposit(7, 500)
    assert give_back(listed, 7) == {"Err": {"UnknownOrder": None}}


def test_a_deposit_that_the_ledger_does_not_return_stays_where_it_is(listed: Bench) -> None:
    listed.sell(1, 1_000)
    listed.deposit(1, 500)
    listed.fail_to(PAYER, "GenericError")
    assert give_back(listed, 1) == {"Err": {"PaymentRefused": {"reason": "GenericError: closed?for repairs ?"}}}
    listed.fail_to(PAYER, "Trap")
    assert "TemporarilyUnavailable" in give_back(listed, 1)["Err"]
    listed.fail_to(PAYER, "")
    assert give_back(listed, 1)["Ok"]["amount"] == 490


@pytest.mark.parametrize("method", ["icrc1_fee", "icrc1_balance_of"])
def test_a_ledger_that_does_not_answer_is_asked_again_later(listed: Bench, method: str) -> None:
    listed.sell(1, 1_000)
    listed.deposit(1, 500)
    listed.replica.faults.fail_request(callee=listed.ledger.id, method=method)
    assert "TemporarilyUnavailable" in give_back(listed, 1)["Err"]
    assert give_back(listed, 1)["Ok"]["amount"] == 490


def test_a_pause_stops_deposits_from_being_collected_and_not_from_going_back(listed: Bench) -> None:
    listed.deposit(1, 500)
    listed.collect(1, 1_000, **DEPOSIT)
    listed.govern("set_paused", True)
    assert listed.collect(1, 1_000, **DEPOSIT) == {"Err": {"Paused": None}}
    assert give_back(listed, 1, sender=PAYER)["Ok"]["amount"] == 490


def test_a_return_whose_reply_is_lost_happened_once(listed: Bench) -> None:
    listed.sell(1, 1_000)
    listed.deposit(1, 500)
    listed.replica.faults.drop_reply(callee=listed.ledger.id, method="icrc1_transfer")
    assert "TemporarilyUnavailable" in give_back(listed, 1)["Err"]
    assert listed.money(PAYER) == PAYER_FUNDS - 1_010 + 490
    assert give_back(listed, 1) == {"Err": {"NothingToReturn": {"balance": 0, "fee": 10}}}
    listed.check_solvency()


@pytest.mark.parametrize("method", ["icrc1_fee", "icrc1_balance_of", "icrc1_transfer"])
def test_a_return_that_traps_while_it_waits_changes_no_books(listed: Bench, method: str) -> None:
    listed.sell(1, 1_000)
    listed.deposit(1, 500)
    listed.replica.faults.trap_at_await(canister=listed.splitter.id, method=method)
    with pytest.raises(CallRejected, match="trap injected"):
        give_back(listed, 1)
    give_back(listed, 1)
    assert listed.money(PAYER) == PAYER_FUNDS - 1_010 + 490
    listed.check_solvency()
