"""Claims whose calls go wrong: whatever happens, a balance is paid once, or not at all and claimable again."""

from __future__ import annotations

import pytest
from splitter_bench import FIRST, LEDGER_FEE, SECOND, STREAM, Bench

from kybra_replica.driver import CallRejected

METHOD = "icrc1_transfer"
DAY = 24 * 60 * 60
PENDING = {"Err": {"Pending": {"payout": 1}}}
WISH = {"streams": [STREAM], "ledger": 0, "to": None, "created_at_time": None}


@pytest.fixture
def sold(bench: Bench) -> Bench:
    """A bench with one sale of 1,000 units, of which two contributors have 441 each."""
    bench.open_stream({FIRST: 1, SECOND: 1})
    bench.sell(1, 1_000)
    return bench


def _check_paid_once(bench: Bench) -> None:
    assert bench.money(FIRST) == 431
    balance = bench.balance(FIRST, STREAM)
    assert (balance["claimable"], balance["in_flight"], balance["paid"], balance["ledger_fees"]) == (0, 0, 431, LEDGER_FEE)
    assert bench.splitter.query("payout_state", 1)["status"] == {"Paid": 1}
    audit = bench.check_solvency()
    assert (audit["in_flight"], audit["paid"], audit["ledger_fees_paid"]) == (0, 431, LEDGER_FEE)
    assert bench.open_payments()["payouts"] == []


def test_a_trap_at_the_await_is_made_good_by_the_timer(sold: Bench) -> None:
    sold.replica.faults.trap_at_await(canister=sold.splitter.id, method=METHOD)
    with pytest.raises(CallRejected, match="trap injected"):
        sold.claim(FIRST)
    assert sold.money(FIRST) == 431
    assert sold.balance(FIRST, STREAM)["in_flight"] == 441
    assert sold.splitter.query("payout_state", 1)["status"] == {"Open": None}
    sold.later()
    _check_paid_once(sold)


def test_a_lost_reply_is_made_good_by_the_timer(sold: Bench) -> None:
    now = sold.replica.get_time()
    sold.replica.faults.drop_reply(callee=sold.ledger.id, method=METHOD)
    assert sold.claim(FIRST, created_at_time=now) == PENDING
    assert sold.claim(FIRST, created_at_time=now) == PENDING
    sold.later()
    _check_paid_once(sold)
    assert sold.claim(FIRST, created_at_time=now) == {"Ok": {"payout": 1, "amount": 431, "fee": 10, "block_index": 1}}


def test_a_request_that_never_arrives_is_sent_again(sold: Bench) -> None:
    sold.replica.faults.fail_request(callee=sold.ledger.id, method=METHOD)
    assert sold.claim(FIRST) == PENDING
    assert sold.money(FIRST) == 0
    sold.later()
    _check_paid_once(sold)
    assert sold.splitter.query("payout_state", 1)["attempts"] == 2


def test_an_upgrade_in_flight_loses_nothing(sold: Bench) -> None:
    sold.replica.faults.delay_reply(callee=sold.ledger.id, method=METHOD)
    sold.submit("claim", WISH, FIRST)
    sold.splitter.upgrade()
    assert sold.replica.faults.deliver_delayed() == 1
    sold.replica.tick(2)
    assert sold.balance(FIRST, STREAM)["in_flight"] == 441
    sold.later()
    _check_paid_once(sold)


def test_a_reply_that_comes_after_the_retry_changes_nothing(sold: Bench) -> None:
    sold.replica.faults.delay_reply(callee=sold.ledger.id, method=METHOD)
    call = sold.submit("claim", WISH, FIRST)
    sold.later()
    _check_paid_once(sold)
    sold.replica.faults.deliver_delayed()
    assert sold.splitter.wait("claim", call)["Ok"]["amount"] == 431
    _check_paid_once(sold)


def test_a_refusal_is_not_believed_while_a_later_attempt_is_on_its_way(sold: Bench) -> None:
    sold.fail_next("TemporarilyUnavailable")
    sold.replica.faults.delay_reply(nth=1, callee=sold.ledger.id, method=METHOD)
    sold.replica.faults.delay_reply(nth=2, callee=sold.ledger.id, method=METHOD)
    call = sold.submit("claim", WISH, FIRST)
    sold.later()
    assert (sold.replica.faults.held, sold.money(FIRST)) == (2, 431)
    sold.replica.faults.deliver_delayed()
    assert sold.splitter.wait("claim", call) == PENDING
    _check_paid_once(sold)


def test_a_fee_that_changes_before_a_retry_is_not_taken_for_a_refusal(sold: Bench) -> None:
    # Deployed ledgers look at the fee before they look for duplicates: what they call BadFee may have been carried out.
    sold.ledger.call("set_order", True)
    sold.replica.faults.drop_reply(callee=sold.ledger.id, method=METHOD)
    assert sold.claim(FIRST) == PENDING
    sold.ledger.call("set_fee", 25)
    sold.later()
    assert sold.balance(FIRST, STREAM)["in_flight"] == 441
    assert sold.splitter.query("parameters")["ledgers"][0]["fee"] == 25
    assert sold.claim(SECOND)["Ok"]["fee"] == 25
    sold.ledger.call("set_fee", 10)
    sold.later(120)
    assert sold.money(FIRST) == 431
    assert sold.balance(FIRST)["paid"] == 431
    sold.check_solvency()


def test_a_lost_reply_to_a_payout_with_a_new_fee_is_made_good(sold: Bench) -> None:
    sold.ledger.call("set_fee", 25)
    sold.replica.faults.drop_reply(nth=2, callee=sold.ledger.id, method=METHOD)
    assert sold.claim(FIRST) == PENDING
    sold.later()
    assert sold.money(FIRST) == 416
    assert sold.balance(FIRST) == {
        "credited": 441, "claimable": 0, "in_flight": 0, "paid": 416, "ledger_fees": 25, "spent": 0, "ledger_fee": 25
    }  # fmt: skip
    sold.check_solvency()


def test_a_trap_between_two_fees_is_made_good(sold: Bench) -> None:
    sold.ledger.call("set_fee", 25)
    sold.replica.faults.trap_at_await(canister=sold.splitter.id, method=METHOD)
    with pytest.raises(CallRejected, match="trap injected"):
        sold.claim(FIRST)
    # The splitter never learned of the new fee; that the retry is told BadFee proves nothing. The fee comes back, or governance decides.
    sold.later(rounds=2)
    assert sold.balance(FIRST, STREAM)["in_flight"] == 441
    sold.ledger.call("set_fee", 10)
    sold.later(120)
    _check_paid_once(sold)


def test_funds_that_are_missing_at_a_retry_prove_that_nothing_happened(sold: Bench) -> None:
    sold.replica.faults.fail_request(callee=sold.ledger.id, method=METHOD)
    assert sold.claim(FIRST) == PENDING
    sold.fail_next("InsufficientFunds")
    sold.later()
    assert sold.splitter.query("payout_state", 1)["status"] == {"Refused": "InsufficientFunds"}
    assert sold.claimable(FIRST) == 441
    assert sold.claim(FIRST)["Ok"]["payout"] == 2
    sold.check_solvency()


def test_other_refusals_of_a_retry_leave_it_open(sold: Bench) -> None:
    sold.replica.faults.fail_request(callee=sold.ledger.id, method=METHOD)
    assert sold.claim(FIRST) == PENDING
    sold.fail_next("GenericError")
    sold.later()
    assert sold.balance(FIRST)["in_flight"] == 441
    sold.later(120)
    assert sold.splitter.query("payout_state", 1)["attempts"] == 3
    _check_paid_once(sold)


def _leave_unresolved(bench: Bench, *, paid: bool) -> None:
    """A payout whose outcome the splitter did not learn within the ledger's window."""
    if paid:
        bench.replica.faults.drop_reply(callee=bench.ledger.id, method=METHOD)
    else:
        bench.replica.faults.fail_request(callee=bench.ledger.id, method=METHOD)
    assert bench.claim(FIRST) == PENDING
    bench.replica.advance_time(DAY + 6 * 60)
    bench.replica.tick(3)
    assert bench.open_payments()["unresolved_payouts"] == [1]
    assert bench.splitter.query("payout_state", 1)["status"] == {"Unresolved": None}
    assert bench.balance(FIRST, STREAM)["in_flight"] == 441
    bench.check_solvency()


def _resolve(bench: Bench, outcome: dict[str, int | None]) -> str:
    """Let governance enter an outcome; what it was shown before."""
    resolution = {"payment": {"Payout": 1}, "outcome": outcome}
    shown = bench.splitter.query("validate_resolve", resolution)
    bench.govern("resolve", resolution)
    words: str = shown["Ok"]
    return words


def test_governance_enters_what_the_ledgers_log_shows(sold: Bench) -> None:
    _leave_unresolved(sold, paid=True)
    assert _resolve(sold, {"CarriedOut": 1}) == f"payout 1 of 431 units to {FIRST} for {FIRST}: unresolved -> carried out as block 1"
    _check_paid_once(sold)


def test_governance_enters_that_the_ledgers_log_shows_nothing(sold: Bench) -> None:
    _leave_unresolved(sold, paid=False)
    assert _resolve(sold, {"NotCarriedOut": None}).endswith(": unresolved -> not carried out")
    assert sold.claimable(FIRST) == 441
    assert sold.claim(FIRST)["Ok"] == {"payout": 2, "amount": 431, "fee": 10, "block_index": 1}
    resolution = {"payment": {"Payout": 1}, "outcome": {"NotCarriedOut": None}}
    assert sold.splitter.query("validate_resolve", resolution) == {"Err": "NotUnresolved"}
    with pytest.raises(CallRejected, match="NotUnresolved"):
        sold.govern("resolve", resolution)
    assert sold.check_solvency()["paid"] == 431


def test_a_ledgers_payout_is_resolved_with_its_block(sold: Bench) -> None:
    _leave_unresolved(sold, paid=True)
    resolution = {"payment": {"Payout": 1}, "outcome": {"CarriedOut": None}}
    assert sold.splitter.query("validate_resolve", resolution) == {"Err": "BlockNeeded"}
    with pytest.raises(CallRejected, match="BlockNeeded"):
        sold.govern("resolve", resolution)
    assert sold.open_payments()["unresolved_payouts"] == [1]


def test_an_unresolved_payout_holds_up_no_later_claim(sold: Bench) -> None:
    _leave_unresolved(sold, paid=True)
    sold.sell(2, 1_000)
    assert sold.claim(FIRST)["Ok"]["payout"] == 2
    balance = sold.balance(FIRST, STREAM)
    assert (balance["in_flight"], balance["paid"]) == (441, 431)


def test_a_reply_is_believed_however_late(sold: Bench) -> None:
    sold.replica.faults.delay_reply(callee=sold.ledger.id, method=METHOD)
    call = sold.submit("claim", WISH, FIRST)
    sold.replica.advance_time(DAY + 6 * 60)
    sold.replica.tick(3)
    assert sold.open_payments()["unresolved_payouts"] == [1]
    sold.replica.faults.deliver_delayed()
    assert sold.splitter.wait("claim", call)["Ok"]["amount"] == 431
    _check_paid_once(sold)


def test_a_ledger_that_says_too_old_ends_the_attempts(sold: Bench) -> None:
    sold.replica.faults.drop_reply(callee=sold.ledger.id, method=METHOD)
    sold.claim(FIRST)
    sold.replica.advance_time(DAY + 61)
    sold.replica.tick(3)
    assert sold.open_payments()["unresolved_payouts"] == [1]


def test_one_that_keeps_failing_holds_up_no_other(sold: Bench) -> None:
    sold.replica.faults.fail_request(callee=sold.ledger.id, method=METHOD)
    assert sold.claim(FIRST) == PENDING
    sold.fail_to(FIRST, "Trap")
    sold.replica.faults.fail_request(callee=sold.ledger.id, method=METHOD)
    assert sold.claim(SECOND) == {"Err": {"Pending": {"payout": 2}}}
    sold.later()
    assert sold.money(SECOND) == 431
    assert sold.open_payments()["payouts"] == [1]
    sold.later(3_600)
    assert sold.open_payments()["payouts"] == [1]
    sold.fail_to(FIRST, "")
    sold.later(3_600)
    assert sold.money(FIRST) == 431
    sold.check_solvency()
