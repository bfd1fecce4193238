"""Collections whose calls go wrong: whatever happens, the price is taken once and credited once, or not at all."""

from __future__ import annotations

import pytest
from splitter_bench import (
    FIRST,
    LEDGER_FEE,
    LICENCE_LEDGER,
    PAYER,
    PAYER_FUNDS,
    STREAM,
    Bench,
)

from kybra_replica.driver import CallRejected

METHOD = "icrc2_transfer_from"
DAY = 24 * 60 * 60
PENDING = {"Err": {"Pending": None}}


@pytest.fixture
def listed(bench: Bench) -> Bench:
    """A bench with a stream of one contributor."""
    bench.open_stream({FIRST: 1})
    return bench


def _check_collected_once(bench: Bench) -> None:
    answer = bench.collect(1, 1_000)
    assert answer["Ok"]["contributors_share"] == 882
    assert bench.claimable(FIRST, STREAM) == 882
    assert bench.money(PAYER) == PAYER_FUNDS - 1_000 - LEDGER_FEE
    assert bench.ledger.query("block_count") == 1
    audit = bench.check_solvency()
    assert (audit["received"], audit["collecting"]) == (1_000, 0)
    assert bench.open_payments()["collections"] == []


def _check_never_collected(bench: Bench) -> None:
    assert bench.money(PAYER) == PAYER_FUNDS
    audit = bench.check_solvency()
    assert (audit["received"], audit["collecting"]) == (0, 0)
    assert bench.open_payments()["collections"] == []


def test_a_trap_at_the_await_is_made_good_by_the_timer(listed: Bench) -> None:
    listed.replica.faults.trap_at_await(canister=listed.splitter.id, method=METHOD)
    with pytest.raises(CallRejected, match="trap injected"):
        listed.collect(1, 1_000)
    assert listed.audit()["collecting"] == 1_000
    assert listed.collect(1, 1_000) == PENDING
    listed.later()
    _check_collected_once(listed)


def test_a_lost_reply_is_made_good_by_the_timer(listed: Bench) -> None:
    listed.replica.faults.drop_reply(callee=listed.ledger.id, method=METHOD)
    assert listed.collect(1, 1_000) == PENDING
    assert listed.money(listed.splitter.id) == 1_000
    assert listed.open_payments()["collections"] == [1]
    listed.later()
    _check_collected_once(listed)


def test_a_request_that_never_arrives_is_sent_again(listed: Bench) -> None:
    listed.replica.faults.fail_request(callee=listed.ledger.id, method=METHOD)
    assert listed.collect(1, 1_000) == PENDING
    assert listed.money(listed.splitter.id) == 0
    listed.later()
    _check_collected_once(listed)


def test_an_upgrade_in_flight_loses_nothing(listed: Bench) -> None:
    listed.replica.faults.delay_reply(callee=listed.ledger.id, method=METHOD)
    listed.submit("collect", listed.order(1, 1_000), LICENCE_LEDGER)
    listed.splitter.upgrade()
    assert listed.replica.faults.deliver_delayed() == 1
    listed.replica.tick(2)
    assert listed.collect(1, 1_000) == PENDING
    listed.later()
    _check_collected_once(listed)


def test_a_reply_that_comes_after_the_retry_changes_nothing(listed: Bench) -> None:
    listed.replica.faults.delay_reply(callee=listed.ledger.id, method=METHOD)
    call = listed.submit("collect", listed.order(1, 1_000), LICENCE_LEDGER)
    listed.later()
    _check_collected_once(listed)
    listed.replica.faults.deliver_delayed()
    assert listed.splitter.wait("collect", call)["Ok"]["price"] == 1_000
    _check_collected_once(listed)


def test_a_refusal_is_not_believed_while_a_later_attempt_is_on_its_way(listed: Bench) -> None:
    # The first attempt finds no allowance, the second one does; the refusal is delivered before the second answer.
    listed.approve(PAYER, 0)
    listed.replica.faults.delay_reply(nth=1, callee=listed.ledger.id, method=METHOD)
    listed.replica.faults.delay_reply(nth=2, callee=listed.ledger.id, method=METHOD)
    call = listed.submit("collect", listed.order(1, 1_000), LICENCE_LEDGER)
    listed.approve(PAYER, PAYER_FUNDS)
    listed.later()
    assert listed.replica.faults.held == 2
    assert listed.money(listed.splitter.id) == 1_000
    listed.replica.faults.deliver_delayed()
    assert listed.splitter.wait("collect", call) == PENDING
    _check_collected_once(listed)


def test_the_refusal_of_a_retry_without_allowance_ends_the_order(listed: Bench) -> None:
    listed.replica.faults.fail_request(callee=listed.ledger.id, method=METHOD)
    assert listed.collect(1, 1_000) == PENDING
    listed.approve(PAYER, 1_009)
    listed.later()
    assert listed.collect(1, 1_000) == {"Err": {"InsufficientAllowance": {"allowance": 1_009, "needed": 1_010}}}
    _check_never_collected(listed)


def test_other_refusals_of_a_retry_leave_it_open(listed: Bench) -> None:
    listed.replica.faults.fail_request(callee=listed.ledger.id, method=METHOD)
    assert listed.collect(1, 1_000) == PENDING
    listed.fail_next("TemporarilyUnavailable")
    listed.later()
    assert listed.collect(1, 1_000) == PENDING
    listed.later(2 * 31)
    _check_collected_once(listed)


def test_retries_keep_their_distance(listed: Bench) -> None:
    listed.fail_next("Trap")
    with listed.counting("icrc2_transfer_from") as attempts:
        assert listed.collect(1, 1_000) == PENDING
        listed.later(rounds=120)
    # In 62 minutes: at once, and then after pauses of 30 s, 1, 2, 4, 8, 16 and 32 minutes, less than a round of the timer each more.
    assert len(attempts) == 7
    listed.fail_next("Trap", 0)
    listed.later(3_600)
    _check_collected_once(listed)


def _leave_unresolved(bench: Bench, *, taken: bool) -> None:
    """An order whose outcome the splitter did not learn within the ledger's window."""
    if taken:
        bench.replica.faults.drop_reply(callee=bench.ledger.id, method=METHOD)
    else:
        bench.replica.faults.fail_request(callee=bench.ledger.id, method=METHOD)
    assert bench.collect(1, 1_000) == PENDING
    bench.replica.advance_time(DAY + 6 * 60)
    bench.replica.tick(3)
    assert bench.open_payments() == {
        "collections": [],
        "payouts": [],
        "unresolved_collections": [1],
        "unresolved_payouts": [],
    }
    assert bench.collect(1, 1_000) == PENDING


def test_governance_enters_what_the_ledgers_log_shows(listed: Bench) -> None:
    _leave_unresolved(listed, taken=True)
    with pytest.raises(CallRejected, match="BlockNeeded"):
        listed.govern("resolve", {"payment": {"Collection": 1}, "outcome": {"CarriedOut": None}})
    resolution = {"payment": {"Collection": 1}, "outcome": {"CarriedOut": 0}}
    listed.govern("resolve", resolution)
    assert listed.open_payments()["unresolved_collections"] == []
    _check_collected_once(listed)
    with pytest.raises(CallRejected, match="NotUnresolved"):
        listed.govern("resolve", resolution)


def test_governance_enters_that_the_ledgers_log_shows_nothing(listed: Bench) -> None:
    _leave_unresolved(listed, taken=False)
    listed.govern("resolve", {"payment": {"Collection": 1}, "outcome": {"NotCarriedOut": None}})
    reason = "resolved by governance: it did not happen"
    assert listed.collect(1, 1_000) == {"Err": {"PaymentRefused": {"reason": reason}}}
    _check_never_collected(listed)


def test_a_ledger_that_says_too_old_ends_the_attempts(listed: Bench) -> None:
    listed.replica.faults.drop_reply(callee=listed.ledger.id, method=METHOD)
    listed.collect(1, 1_000)
    # Behind the ledger's window and drift, before the splitter's margin.
    listed.replica.advance_time(DAY + 61)
    listed.replica.tick(3)
    assert listed.open_payments()["unresolved_collections"] == [1]


def test_a_reply_is_believed_however_late(listed: Bench) -> None:
    listed.replica.faults.delay_reply(callee=listed.ledger.id, method=METHOD)
    call = listed.submit("collect", listed.order(1, 1_000), LICENCE_LEDGER)
    listed.replica.advance_time(DAY + 6 * 60)
    listed.replica.tick(3)
    assert listed.open_payments()["unresolved_collections"] == [1]
    listed.replica.faults.deliver_delayed()
    assert listed.splitter.wait("collect", call)["Ok"]["price"] == 1_000
    assert listed.open_payments()["unresolved_collections"] == []
    _check_collected_once(listed)


def test_one_that_never_gets_an_answer_holds_up_no_other(listed: Bench) -> None:
    listed.replica.faults.delay_reply(callee=listed.ledger.id, method=METHOD)
    call = listed.submit("collect", listed.order(1, 1_000), LICENCE_LEDGER)
    for number in range(2, 24):
        listed.replica.faults.fail_request(callee=listed.ledger.id, method=METHOD)
        assert listed.collect(number, 1_000) == PENDING
    # One of the twenty that are looked at gets no answer now either.
    listed.replica.faults.delay_reply(callee=listed.ledger.id, method=METHOD)
    listed.later()
    assert listed.replica.faults.held == 2
    assert listed.open_payments()["collections"][:3] == [21, 22, 23]
    listed.later()
    assert len(listed.open_payments()["collections"]) == 1
    listed.replica.faults.deliver_delayed()
    listed.replica.tick()
    assert listed.open_payments()["collections"] == []
    assert listed.splitter.wait("collect", call)["Ok"]["price"] == 1_000
    assert listed.check_solvency()["received"] == 23_000


def test_a_ledger_that_was_down_is_asked_again_for_everything(listed: Bench) -> None:
    listed.fail_next("Trap")
    for number in range(1, 13):
        assert listed.collect(number, 1_000) == PENDING
    listed.later(rounds=2)
    assert len(listed.open_payments()["collections"]) == 12
    assert listed.check_solvency()["collecting"] == 12_000
    listed.fail_next("Trap", 0)
    listed.later(120, rounds=2)
    assert listed.open_payments()["collections"] == []
    assert listed.check_solvency()["received"] == 12_000
