"""What a provider gives back of its own."""

from __future__ import annotations

import pytest
from splitter_bench import ANONYMOUS, FIRST, LEDGER_FEE, PAYER, PAYER_FUNDS, PROVIDER, STREAM, Bench

from kybra_replica.driver import CallRejected


@pytest.fixture
def sold(bench: Bench) -> Bench:
    """A bench with a stream whose provider takes half, and a sale of 1,000."""
    bench.open_stream({FIRST: 1}, provider_share_ppm=500_000)
    bench.sell(1, 1_000)
    return bench


def test_a_refund_comes_out_of_the_providers_shares_and_goes_to_the_payer(sold: Bench) -> None:
    assert sold.refund(1, 200) == {"Ok": {"refunded": 200}}
    sold.later()
    assert sold.money(PAYER) == PAYER_FUNDS - 1_000 - LEDGER_FEE + 200 - LEDGER_FEE
    assert (sold.claimable(PROVIDER, STREAM), sold.claimable(FIRST, STREAM)) == (290, 490)
    assert sold.check_solvency()["refunded"] == 200
    assert sold.purse()["refunded"] == 200


def test_a_refund_that_is_repeated_gives_nothing_back_twice(sold: Bench) -> None:
    sold.refund(1, 200)
    assert sold.refund(1, 200) == {"Err": {"AlreadyRefunded": {"refunded": 200}}}
    assert sold.refund(1, 50, refunded_before=200) == {"Ok": {"refunded": 250}}
    assert sold.check_solvency()["refunded"] == 250


def test_no_more_than_the_price_is_given_back(sold: Bench) -> None:
    sold.sell(2, 5_000)
    assert sold.refund(1, 1_001) == {"Err": {"TooMuch": {"most": 1_000}}}
    assert sold.refund(1, 0) == {"Err": {"TooMuch": {"most": 1_000}}}
    assert sold.refund(1, 1_000) == {"Ok": {"refunded": 1_000}}
    assert sold.refund(1, 1, refunded_before=1_000) == {"Err": {"TooMuch": {"most": 0}}}
    sold.check_solvency()


def test_no_more_than_the_provider_has_is_given_back(sold: Bench) -> None:
    assert sold.refund(1, 491) == {"Err": {"TooMuch": {"most": 490}}}
    assert sold.refund(1, 490) == {"Ok": {"refunded": 490}}
    assert sold.claimable(PROVIDER, STREAM) == 0


def test_what_is_not_earned_comes_back_when_the_order_ends_and_not_before(sold: Bench) -> None:
    sold.sell(2, 1_000, earning={"ByRecord": 10})
    assert sold.refund(2, 1) == {"Err": {"TooMuch": {"most": 0}}}
    sold.record(sold.batch(2, {FIRST: 3}, size=4))
    assert sold.refund(2, 301) == {"Err": {"TooMuch": {"most": 300}}}
    assert sold.refund(2, 300) == {"Ok": {"refunded": 300}}
    assert sold.end(2) == {"Ok": {"refunded": 700}}
    assert sold.check_solvency()["refunded"] == 1_000


def test_only_the_provider_gives_back(sold: Bench) -> None:
    assert sold.refund(1, 10, sender=FIRST) == {"Err": {"NotTheProvider": None}}
    with pytest.raises(CallRejected, match="rejected the message"):
        sold.refund(1, 10, sender=ANONYMOUS)


def test_an_order_that_was_not_collected_is_not_given_back(sold: Bench) -> None:
    assert sold.refund(2, 10) == {"Err": {"UnknownOrder": None}}
    sold.approve(PAYER, 0)
    sold.collect(2, 1_000)
    assert sold.refund(2, 10) == {"Err": {"NotCollected": None}}
    sold.approve(PAYER, 10**6)
    sold.replica.faults.drop_reply(callee=sold.ledger.id, method="icrc2_transfer_from")
    sold.collect(3, 1_000)
    assert sold.refund(3, 10) == {"Err": {"Pending": None}}


def test_a_pause_stops_refunds_until_it_ends(sold: Bench) -> None:
    sold.govern("set_paused", True)
    assert sold.refund(1, 10) == {"Err": {"Paused": None}}
    sold.govern("set_paused", False)
    assert sold.refund(1, 10) == {"Ok": {"refunded": 10}}


def test_a_refund_that_the_ledger_refuses_stays_the_payers_balance(sold: Bench) -> None:
    sold.fail_to(PAYER, "GenericError")
    sold.refund(1, 200)
    sold.later()
    assert sold.claimable(PAYER) == 200
    sold.fail_to(PAYER, "")
    assert "Ok" in sold.claim(PAYER, ())
    assert sold.check_solvency()["paid"] == 190
