"""What went wrong elsewhere when money was paid out, and does not here: one test each, named after the failure."""

from __future__ import annotations

import pytest
from splitter_bench import FIRST, GOVERNANCE, OTHER_STREAM, PROVIDER, SECOND, STREAM, THIRD, TREASURY, Bench

from kybra_replica.driver import CallRejected, user
from kybra_replica.principal import Principal

METHOD = "icrc1_transfer"
DAY = 24 * 60 * 60


def _push(bench: Bench, payee: Principal) -> None:
    wish = {"enabled": True, "ledger": 0, "threshold": 1, "to": None, "streams": [STREAM]}
    assert bench.splitter.call("set_push", wish, sender=payee) == {"Ok": None}


@pytest.fixture
def sold(bench: Bench) -> Bench:
    """A bench with one sale of 1,000 units, of which three contributors have 294 each."""
    bench.open_stream({FIRST: 1, SECOND: 1, THIRD: 1})
    bench.sell(1, 1_000)
    return bench


def test_claim_twice(sold: Bench) -> None:
    # Rewards were paid again to who asked again (mission-control-indexer).
    now = sold.replica.get_time()
    first = sold.claim(FIRST, created_at_time=now)
    for _ in range(3):
        assert sold.claim(FIRST, created_at_time=now) == first
        assert sold.claim(FIRST) == {"Err": {"NothingToClaim": {"claimable": 0, "ledger_fee": 10}}}
    assert sold.claim(FIRST, (STREAM, STREAM))["Err"]["NothingToClaim"]["claimable"] == 0
    assert sold.money(FIRST) == 284
    assert sold.check_solvency()["paid"] == 284


def test_two_claims_at_once(sold: Bench) -> None:
    # An entry that is zeroed only after the transfer is paid to everyone who comes in between.
    wish = {"streams": [STREAM], "ledger": 0, "to": None, "created_at_time": None}
    calls = [sold.splitter.submit("claim", wish, sender=FIRST) for _ in range(3)]
    answers = [sold.splitter.wait("claim", call) for call in calls]
    assert sorted("Ok" in answer for answer in answers) == [False, False, True]
    assert sold.money(FIRST) == 284
    sold.check_solvency()


def test_a_failing_transfer_reverts_all(sold: Bench) -> None:
    # One recipient that cannot be paid made the whole distribution fail (0xSplits, push).
    sold.fail_to(FIRST, "Trap")
    for payee in (FIRST, SECOND, THIRD, PROVIDER, TREASURY):
        _push(sold, payee)
    sold.later(rounds=2)
    assert [sold.money(payee) for payee in (SECOND, THIRD, PROVIDER, TREASURY)] == [284, 284, 88, 10]
    assert sold.balance(FIRST, STREAM)["in_flight"] == 294
    sold.check_solvency()


def test_silent_underpayment(sold: Bench) -> None:
    # What is there was paid and the debt was forgotten (MasterChef's safe transfer). Here the ledger's refusal gives all of it back.
    held = sold.money(sold.splitter.id)
    sold.fail_next("InsufficientFunds")
    assert sold.claim(FIRST) == {"Err": {"PaymentRefused": {"reason": "InsufficientFunds"}}}
    assert (sold.claimable(FIRST), sold.money(sold.splitter.id)) == (294, held)
    assert sold.claim(FIRST)["Ok"]["amount"] == 284


def test_a_poisoned_job_is_looked_at_for_ever(sold: Bench) -> None:
    # A job that fails was taken up again at once, before all others (ocean-node).
    sold.fail_to(FIRST, "Trap")
    _push(sold, FIRST)
    with sold.counting(METHOD) as attempts:
        for number in range(2, 30):
            sold.sell(number, 1_000)
            sold.later(600)
        # Ten minutes apart for nearly five hours: the first attempt, and pauses of half a minute doubled up to an hour.
        assert len(attempts) <= 12
    _push(sold, SECOND)
    sold.later(rounds=2)
    assert sold.money(SECOND) == 29 * 294 - 10
    sold.check_solvency()


def test_a_service_that_is_down_freezes_all_rewards(sold: Bench) -> None:
    # Nobody was rewarded while one service did not answer (data-universe). Here only what that ledger holds has to wait.
    other = sold.add_ledger()
    sold.fund(user("payer"), 10_000, other)
    sold.sell(2, 1_000, ledger=other)
    sold.fail_next("Trap", 1)
    assert sold.claim(FIRST) == {"Err": {"Pending": {"payout": 1}}}
    assert sold.claim(FIRST, ledger=other)["Ok"]["amount"] == 284
    assert "Ok" in sold.collect(3, 1_000, ledger=other)
    sold.fail_next("", 0)
    sold.later(rounds=2)
    assert sold.money(FIRST) == 284
    for ledger in (0, other):
        sold.check_solvency(ledger=ledger)


def test_stuck_escrow_after_the_job_is_lost(sold: Bench) -> None:
    # Money stayed locked when the process that should have released it was gone (ocean-node).
    sold.replica.faults.trap_at_await(canister=sold.splitter.id, method=METHOD)
    with pytest.raises(CallRejected, match="trap injected"):
        sold.claim(FIRST)
    sold.splitter.upgrade()
    sold.later()
    assert sold.money(FIRST) == 284
    assert sold.check_solvency()["in_flight"] == 0


def test_an_outcome_nobody_learned_is_stuck(sold: Bench) -> None:
    sold.replica.faults.fail_request(callee=sold.ledger.id, method=METHOD)
    assert sold.claim(FIRST) == {"Err": {"Pending": {"payout": 1}}}
    sold.replica.advance_time(DAY + 6 * 60)
    sold.replica.tick(3)
    assert sold.open_payments()["unresolved_payouts"] == [1]
    sold.govern("resolve", {"payment": {"Payout": 1}, "outcome": {"NotCarriedOut": None}}, sender=GOVERNANCE)
    assert sold.claim(FIRST)["Ok"]["amount"] == 284
    sold.check_solvency()


def test_rewards_are_lost_for_a_missing_attempt(sold: Bench) -> None:
    # What was not claimed in its time was forfeited (indexer). Here nothing expires.
    sold.later(400 * DAY)
    assert sold.claim(FIRST)["Ok"]["amount"] == 284


def test_dust_is_pushed_at_a_loss(sold: Bench) -> None:
    # Tiny amounts forced payments that cost more than they brought (cosmos-sdk).
    sold.open_stream({FIRST: 1}, stream=OTHER_STREAM)
    wish = {"enabled": True, "ledger": 0, "threshold": 0, "to": None, "streams": [OTHER_STREAM]}
    sold.splitter.call("set_push", wish, sender=FIRST)
    with sold.counting(METHOD) as attempts:
        for number in range(2, 6):
            sold.sell(number, 2, stream=OTHER_STREAM)
            sold.later()
    assert attempts == []
    sold.check_solvency((STREAM, OTHER_STREAM))
