from __future__ import annotations

import pytest
from splitter_bench import (
    ANONYMOUS,
    FIRST,
    LEDGER_FEE,
    LICENCE_LEDGER,
    OTHER_STREAM,
    PAYER,
    PAYER_FUNDS,
    PROVIDER,
    SECOND,
    STRANGER,
    STREAM,
    TREASURY,
    Bench,
)

from ddsx_core.limits import MAX_AMOUNT, MAX_FLOW_TICKS
from ddsx_core.splitter_desk import MAX_OPEN_PAYMENTS
from kybra_replica.driver import CallRejected

SHARED = {
    "block_index": 0,
    "price": 1_000,
    "protocol_fee": 20,
    "provider_share": 98,
    "others_share": 0,
    "contributors_share": 882,
    "escrowed": 0,
}
OTHER_ACCOUNT = f"{PAYER}.{'01' * 32}"


@pytest.fixture
def listed(bench: Bench) -> Bench:
    """A bench with a stream of two contributors."""
    bench.open_stream({FIRST: 3, SECOND: 1})
    return bench


def test_a_sale_credits_protocol_provider_and_contributors(listed: Bench) -> None:
    # 2 % of 1,000 are 20; 10 % of the 980 left are 98; 882 are left for 3 + 1 units of work.
    assert listed.collect(1, 1_000) == {"Ok": SHARED}
    assert listed.claimable(TREASURY) == 20
    assert listed.claimable(PROVIDER, STREAM) == 98
    assert listed.claimable(FIRST, STREAM) == 661
    assert listed.claimable(SECOND, STREAM) == 220
    assert listed.money(PAYER) == PAYER_FUNDS - 1_000 - LEDGER_FEE
    assert listed.check_solvency()["received"] == 1_000


def test_the_memo_in_the_ledgers_log_is_the_order(listed: Bench) -> None:
    listed.sell(0x0102, 1_000)
    assert listed.ledger.query("last_memo") == "0000000000000102"


def test_an_order_asked_for_again_answers_what_happened(listed: Bench) -> None:
    first = listed.collect(1, 1_000)
    assert listed.collect(1, 1_000) == first
    assert listed.ledger.query("block_count") == 1
    assert listed.check_solvency()["received"] == 1_000


@pytest.mark.parametrize(
    "changes",
    [
        {"price": 1_001},
        {"stream": OTHER_STREAM},
        {"payer": str(STRANGER)},
        {"payer": OTHER_ACCOUNT},
        {"ledger": 1},
        {"source": {"Deposit": None}},
        {"earning": {"BySecond": 1}},
    ],
)
def test_an_order_asked_for_in_other_words_is_refused(listed: Bench, changes: dict) -> None:
    listed.open_stream(stream=OTHER_STREAM)
    listed.sell(1, 1_000)
    request = listed.order(1, 1_000) | changes
    assert listed.splitter.call("collect", request, sender=LICENCE_LEDGER) == {"Err": {"ConflictingOrder": None}}
    assert listed.check_solvency()["received"] == 1_000


def test_a_stream_without_a_book_is_unknown_until_it_is_opened(bench: Bench) -> None:
    assert bench.collect(1, 1_000) == {"Err": {"UnknownStream": None}}
    bench.open_stream()
    assert "Ok" in bench.collect(1, 1_000)


def test_only_the_licence_ledger_collects(listed: Bench) -> None:
    request = listed.order(1, 1_000)
    assert listed.from_inside("collect", request, sender=STRANGER) == {"Err": {"NotTheLicenceLedger": None}}
    with pytest.raises(CallRejected, match="rejected the message"):
        listed.splitter.call("collect", request, sender=STRANGER)
    assert listed.money(PAYER) == PAYER_FUNDS


@pytest.mark.parametrize("price", [1, MAX_AMOUNT])
def test_a_price_at_the_bounds_is_collected(listed: Bench, price: int) -> None:
    listed.fund(PAYER, MAX_AMOUNT + LEDGER_FEE)
    listed.sell(1, price)
    assert listed.check_solvency()["received"] == price


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"price": 0}, "a price is 1 to 2^128 - 1 units"),
        ({"price": MAX_AMOUNT + 1}, "a price is 1 to 2^128 - 1 units"),
        ({"payer": str(ANONYMOUS)}, "the payer is anonymous"),
        ({"payer": f"{PAYER}.01"}, "the payer is no account"),
        ({"earning": {"BySecond": 0}}, f"money is earned in 1 to {MAX_FLOW_TICKS} seconds or records"),
        ({"earning": {"ByRecord": MAX_FLOW_TICKS + 1}}, f"money is earned in 1 to {MAX_FLOW_TICKS} seconds or records"),
    ],
)
def test_what_no_ledger_need_be_asked_is_refused(listed: Bench, changes: dict, reason: str) -> None:
    request = listed.order(1, 1_000) | changes
    assert listed.splitter.call("collect", request, sender=LICENCE_LEDGER) == {"Err": {"PaymentRefused": {"reason": reason}}}
    assert "Ok" in listed.collect(1, 1_000)


def test_the_splitters_own_money_is_no_revenue(listed: Bench) -> None:
    # A transfer from an account to itself needs no allowance: without the check anybody's balance could be sold to nobody.
    listed.sell(1, 1_000)
    answer = listed.collect(2, 500, payer=str(listed.splitter.id))
    assert answer == {"Err": {"PaymentRefused": {"reason": "the payer is the splitter"}}}
    assert listed.check_solvency()["received"] == 1_000


def test_an_allowance_of_price_and_fee_is_enough(listed: Bench) -> None:
    listed.approve(PAYER, 1_000 + LEDGER_FEE)
    assert listed.collect(1, 1_000) == {"Ok": SHARED}


def test_an_allowance_below_price_and_fee_is_refused_for_good(listed: Bench) -> None:
    listed.approve(PAYER, 1_000 + LEDGER_FEE - 1)
    refusal = {"Err": {"InsufficientAllowance": {"allowance": 1_009, "needed": 1_010}}}
    assert listed.collect(1, 1_000) == refusal
    listed.approve(PAYER, 5_000)
    assert listed.collect(1, 1_000) == refusal
    assert "Ok" in listed.collect(2, 1_000)


def test_funds_below_price_and_fee_are_refused(listed: Bench) -> None:
    listed.fund(STRANGER, 1_000 + LEDGER_FEE - 1)
    listed.approve(STRANGER, 5_000)
    answer = listed.collect(1, 1_000, payer=str(STRANGER))
    assert answer == {"Err": {"InsufficientFunds": {"balance": 1_009, "needed": 1_010}}}
    assert listed.check_solvency()["collecting"] == 0


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("TooOld", "TooOld"),
        ("CreatedInFuture", "CreatedInFuture"),
        ("TemporarilyUnavailable", "TemporarilyUnavailable"),
        ("BadFee", "BadFee"),
        ("BadBurn", "BadBurn"),
        ("GenericError", "GenericError: closed?for repairs ?"),
    ],
)
def test_any_refusal_of_the_first_attempt_ends_the_order(listed: Bench, kind: str, reason: str) -> None:
    listed.fail_next(kind)
    refusal = {"Err": {"PaymentRefused": {"reason": reason}}}
    assert listed.collect(1, 1_000) == refusal
    listed.later()
    assert listed.collect(1, 1_000) == refusal
    assert listed.money(PAYER) == PAYER_FUNDS
    assert listed.check_solvency()["collecting"] == 0


def test_revenue_before_any_work_waits_for_the_first_work(bench: Bench) -> None:
    bench.open_stream()
    bench.sell(1, 1_000)
    audit = bench.check_solvency()
    assert (audit["pending"], audit["claimable"]) == (882, 118)
    bench.record(bench.batch(1, {FIRST: 1, SECOND: 1}))
    assert (bench.claimable(FIRST, STREAM), bench.claimable(SECOND, STREAM)) == (441, 441)
    assert bench.check_solvency()["pending"] == 0


def test_a_pause_stops_new_orders_and_answers_old_ones(listed: Bench) -> None:
    first = listed.collect(1, 1_000)
    listed.govern("set_paused", True)
    assert listed.collect(1, 1_000) == first
    assert listed.collect(2, 1_000) == {"Err": {"Paused": None}}
    listed.govern("set_paused", False)
    assert "Ok" in listed.collect(2, 1_000)


def test_a_fee_that_changes_does_not_disturb_a_collection(listed: Bench) -> None:
    listed.ledger.call("set_fee", 25)
    assert listed.collect(1, 1_000) == {"Ok": SHARED}
    assert listed.money(PAYER) == PAYER_FUNDS - 1_025
    listed.check_solvency()


def test_another_ledger_has_books_of_its_own(listed: Bench) -> None:
    other = listed.add_ledger()
    listed.fund(PAYER, 50_000, other)
    listed.sell(1, 1_000)
    listed.sell(2, 2_000, ledger=other)
    assert (listed.claimable(FIRST, STREAM), listed.claimable(FIRST, STREAM, ledger=other)) == (661, 1_323)
    listed.record(listed.batch(2, {SECOND: 4}))
    listed.sell(3, 2_000, ledger=other)
    assert (listed.claimable(FIRST, STREAM), listed.claimable(FIRST, STREAM, ledger=other)) == (661, 1_323 + 661)
    assert listed.check_solvency()["received"] == 1_000
    assert listed.check_solvency(ledger=other)["received"] == 4_000
    assert "Ok" in listed.claim(FIRST, ledger=other)
    assert (listed.claimable(FIRST, STREAM), listed.claimable(FIRST, STREAM, ledger=other)) == (661, 0)


def test_a_ledger_that_is_not_admitted_or_takes_no_sales_is_unknown(listed: Bench) -> None:
    assert listed.collect(1, 1_000, ledger=1) == {"Err": {"UnknownLedger": {"ledger": 1}}}
    first = listed.collect(2, 1_000)
    listed.govern("switch_ledger", {"ledger": 0, "sells": False})
    assert listed.collect(3, 1_000) == {"Err": {"UnknownLedger": {"ledger": 0}}}
    assert listed.collect(2, 1_000) == first
    assert "Ok" in listed.claim(FIRST)
    listed.govern("switch_ledger", {"ledger": 0, "sells": True})
    assert "Ok" in listed.collect(3, 1_000)


def test_an_order_is_found_however_many_came_after_it(listed: Bench) -> None:
    first = listed.collect(5, 1_000)
    listed.sell(300, 2)
    for order in range(6, 80):
        listed.sell(order, 2)
    assert listed.collect(5, 1_000) == first
    assert listed.collect(300, 2)["Ok"]["block_index"] == 1
    assert listed.collect(4, 7)["Ok"]["block_index"] == 76
    assert listed.check_solvency()["received"] == 1_000 + 75 * 2 + 7


def test_a_price_that_no_book_can_take_is_sent_back(listed: Bench) -> None:
    listed.fund(PAYER, MAX_AMOUNT + LEDGER_FEE)
    listed.sell(1, MAX_AMOUNT - 5)
    listed.fund(PAYER, 10_000)
    before = listed.money(PAYER)
    answer = listed.collect(2, 1_000)
    assert answer == {"Err": {"PaymentRefunded": {"reason": "the stream's book does not take this price"}}}
    listed.later()
    assert listed.collect(2, 1_000) == answer
    assert listed.money(PAYER) == before - 2 * LEDGER_FEE
    assert listed.check_solvency()["refunded"] == 1_000
    assert "Ok" in listed.collect(3, 5)


# -- Balances -------------------------------------------------------------------------------------------------------------------


def test_a_price_is_paid_out_of_a_balance(listed: Bench) -> None:
    # The payer's balance here: what a price that was given back left below the ledger's fee.
    listed.sell(1, 1_000)
    assert listed.refund(1, LEDGER_FEE) == {"Ok": {"refunded": LEDGER_FEE}}
    assert listed.claimable(PAYER) == LEDGER_FEE
    spend = {"source": {"Balance": None}}
    assert listed.collect(2, 11, **spend) == {"Err": {"InsufficientFunds": {"balance": 10, "needed": 11}}}
    assert listed.sell(3, 10, **spend)["protocol_fee"] == 1
    assert listed.collect(3, 10, **spend)["Ok"]["contributors_share"] == 9 - 1
    assert listed.collect(2, 11, **spend) == {"Err": {"InsufficientFunds": {"balance": 0, "needed": 11}}}
    audit = listed.check_solvency()
    assert (audit["received"], audit["spent"], audit["refunded"], listed.claimable(PAYER)) == (1_010, 10, 10, 0)
    assert listed.balance(PAYER)["spent"] == 10


def test_raw_cycles_are_paid_out_of_a_balance_alone(listed: Bench) -> None:
    listed.govern("add_ledger", {"kind": {"Cycles": None}, "ledger": listed.ledger.id})
    refusal = {"Err": {"PaymentRefused": {"reason": "raw cycles are paid out of a balance"}}}
    assert listed.collect(1, 1_000, ledger=1) == refusal
    assert listed.collect(1, 1_000, ledger=1, source={"Deposit": None}) == refusal
    assert "InsufficientFunds" in listed.collect(1, 1_000, ledger=1, source={"Balance": None})["Err"]


def test_so_many_collections_are_open_at_once_and_no_more(listed: Bench) -> None:
    listed.fail_next("Trap")
    for order in range(1, MAX_OPEN_PAYMENTS + 1):
        assert listed.collect(order, 10) == {"Err": {"Pending": None}}
    refusal = {"Err": {"PaymentRefused": {"reason": "too many collections are open: the ledger does not answer"}}}
    assert listed.collect(500, 10) == refusal
    listed.fail_next("Trap", 0)
    listed.later(120)
    assert "Ok" in listed.collect(500, 10)
