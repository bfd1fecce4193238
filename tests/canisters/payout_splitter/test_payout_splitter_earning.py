"""Money that is earned by the second or by the delivered record, and orders that end before it is."""

from __future__ import annotations

import pytest
from splitter_bench import FIRST, LEDGER_FEE, LICENCE_LEDGER, PAYER, PAYER_FUNDS, PROVIDER, SECOND, STRANGER, STREAM, TREASURY, Bench

from kybra_replica.driver import CallRejected

BY_SECOND = {"earning": {"BySecond": 1_000}}
BY_RECORD = {"earning": {"ByRecord": 10}}


@pytest.fixture
def listed(bench: Bench) -> Bench:
    """A bench with a stream of two contributors."""
    bench.open_stream({FIRST: 3, SECOND: 1})
    return bench


def test_a_price_is_in_escrow_until_it_is_earned_by_the_second(listed: Bench) -> None:
    sale = listed.sell(1, 100_000, **BY_SECOND)
    assert (sale["escrowed"], sale["protocol_fee"], sale["provider_share"], sale["contributors_share"]) == (100_000, 0, 0, 0)
    assert (listed.claimable(FIRST, STREAM), listed.check_solvency()["escrowed"]) == (0, 100_000)
    listed.replica.advance_time(500)
    # Half of 1,000 seconds: 50,000 less a fee of 2 %, of which the provider has a tenth, of the rest the first three quarters.
    assert listed.claimable(PROVIDER, STREAM) == 4_900
    assert listed.claimable(FIRST, STREAM) == 33_075
    listed.replica.advance_time(600)
    assert [listed.claimable(payee, STREAM) for payee in (PROVIDER, FIRST, SECOND)] == [9_800, 66_150, 22_050]
    # The protocol's part is booked when somebody touches the stream.
    assert listed.claimable(TREASURY) == 0
    assert "Ok" in listed.claim(PROVIDER)
    assert listed.claimable(TREASURY) == 2_000
    assert listed.check_solvency()["escrowed"] == 0


def test_a_price_is_earned_by_the_record(listed: Bench) -> None:
    listed.sell(1, 10_000, **BY_RECORD)
    listed.replica.advance_time(10**6)
    assert listed.claimable(FIRST, STREAM) == 0
    # One of ten records: 1,000 less 20 less 98, shared by those who have now delivered 4 + 1.
    listed.record(listed.batch(2, {FIRST: 1}, size=5))
    assert (listed.claimable(FIRST, STREAM), listed.claimable(PROVIDER, STREAM)) == (705, 98)
    listed.record(listed.batch(3, size=14))
    assert listed.check_solvency()["escrowed"] == 0
    assert (listed.claimable(FIRST, STREAM), listed.claimable(PROVIDER, STREAM)) == (7_056, 980)


def test_an_order_that_ends_early_gives_back_what_was_not_delivered(listed: Bench) -> None:
    listed.sell(1, 10_000, **BY_RECORD)
    listed.record(listed.batch(2, {FIRST: 3}, size=7))
    assert listed.end(1) == {"Ok": {"refunded": 7_000}}
    assert listed.end(1) == {"Ok": {"refunded": 7_000}}
    listed.later()
    assert listed.money(PAYER) == PAYER_FUNDS - 10_000 - LEDGER_FEE + 7_000 - LEDGER_FEE
    audit = listed.check_solvency()
    assert (audit["escrowed"], audit["refunded"], audit["credited"] + audit["remainder"]) == (0, 7_000, 3_000)
    # A collection that is asked for again answers what happened, whatever came back.
    assert listed.collect(1, 10_000, **BY_RECORD)["Ok"]["escrowed"] == 10_000


def test_a_refund_that_is_not_worth_its_fee_stays_the_payers_balance(listed: Bench) -> None:
    listed.sell(1, LEDGER_FEE, **BY_RECORD)
    assert listed.end(1) == {"Ok": {"refunded": LEDGER_FEE}}
    listed.later()
    assert listed.claimable(PAYER) == LEDGER_FEE
    listed.sell(2, LEDGER_FEE + 1, **BY_RECORD)
    listed.end(2)
    listed.later()
    # The new refund brings the balance of both above the fee: what is sent is the refund alone.
    assert listed.claimable(PAYER) == LEDGER_FEE
    assert listed.check_solvency()["paid"] == 1


def test_an_order_that_ended_in_time_gives_nothing_back(listed: Bench) -> None:
    listed.sell(1, 10_000, **BY_SECOND)
    listed.replica.advance_time(1_001)
    assert listed.end(1) == {"Ok": {"refunded": 0}}
    assert listed.check_solvency()["refunded"] == 0


def test_an_order_that_was_earned_at_once_ends_without_a_refund(listed: Bench) -> None:
    listed.sell(1, 1_000)
    assert listed.end(1) == {"Ok": {"refunded": 0}}


def test_ending_one_order_takes_nothing_from_another(listed: Bench) -> None:
    listed.sell(1, 10_000, **BY_RECORD)
    listed.sell(2, 500, **BY_RECORD)
    listed.record(listed.batch(2, {FIRST: 5}, size=9))
    assert listed.end(1) == {"Ok": {"refunded": 5_000}}
    assert listed.end(2) == {"Ok": {"refunded": 250}}
    assert listed.check_solvency()["escrowed"] == 0


def test_only_the_licence_ledger_ends_orders(listed: Bench) -> None:
    listed.sell(1, 10_000, **BY_RECORD)
    assert listed.from_inside("end_order", {"order": 1}, sender=PROVIDER) == {"Err": {"NotTheLicenceLedger": None}}
    with pytest.raises(CallRejected, match="rejected the message"):
        listed.end(1, sender=STRANGER)
    assert "Ok" in listed.end(1)


def test_an_order_that_was_not_collected_does_not_end(listed: Bench) -> None:
    assert listed.end(1) == {"Err": {"UnknownOrder": None}}
    listed.approve(PAYER, 0)
    listed.collect(1, 10_000, **BY_RECORD)
    assert listed.end(1) == {"Err": {"NotCollected": None}}
    listed.approve(PAYER, 10**6)
    listed.replica.faults.drop_reply(callee=listed.ledger.id, method="icrc2_transfer_from")
    listed.collect(2, 10_000, **BY_RECORD)
    assert listed.end(2) == {"Err": {"Pending": None}}
    listed.later()
    assert listed.end(2) == {"Ok": {"refunded": 10_000}}


def test_a_pause_does_not_stop_orders_from_ending(listed: Bench) -> None:
    listed.sell(1, 10_000, **BY_RECORD)
    listed.govern("set_paused", True)
    assert listed.end(1) == {"Ok": {"refunded": 10_000}}


def test_what_was_claimed_stays_claimed_when_the_order_ends(listed: Bench) -> None:
    """Stuck escrow, and refunds from what others have drawn: neither."""
    listed.sell(1, 100_000, **BY_SECOND)
    listed.replica.advance_time(300)
    assert "Ok" in listed.claim(FIRST)
    before = listed.money(FIRST)
    refunded = listed.end(1)["Ok"]["refunded"]
    assert 69_000 < refunded <= 70_000
    listed.later()
    assert listed.money(FIRST) == before
    assert listed.claimable(FIRST, STREAM) < 100
    listed.check_solvency()


def test_a_subscription_outlives_upgrades(listed: Bench) -> None:
    listed.sell(1, 100_000, **BY_SECOND)
    listed.replica.advance_time(400)
    listed.splitter.upgrade()
    listed.replica.advance_time(100)
    assert listed.claimable(PROVIDER, STREAM) == 4_900
    assert listed.splitter.call("end_order", {"order": 1}, sender=LICENCE_LEDGER)["Ok"]["refunded"] in (49_900, 50_000)
    listed.check_solvency()
