from __future__ import annotations

from typing import Any

import pytest
from splitter_bench import (
    ANONYMOUS,
    FIRST,
    OTHER_STREAM,
    PAYER,
    PROVIDER,
    SECOND,
    STRANGER,
    STREAM,
    THIRD,
    TREASURY,
    Bench,
    account,
)

from ddsx_core.limits import MAX_AMOUNT
from kybra_replica.driver import CallRejected, user
from kybra_replica.principal import Principal

METHOD = "icrc1_transfer"
DAY = 24 * 60 * 60


def _wish(threshold: int = 100, streams: tuple[int, ...] = (STREAM,), **changes: Any) -> dict[str, Any]:
    return {"enabled": True, "ledger": 0, "threshold": threshold, "to": None, "streams": list(streams)} | changes


def _set(bench: Bench, payee: Principal, **changes: Any) -> Any:
    return bench.splitter.call("set_push", _wish(**changes), sender=payee)


@pytest.fixture
def listed(bench: Bench) -> Bench:
    """A bench with a stream of two contributors, who have 441 units each for every 1,000 sold."""
    bench.open_stream({FIRST: 1, SECOND: 1})
    return bench


def test_who_asked_for_it_is_paid_without_asking(listed: Bench) -> None:
    assert _set(listed, FIRST) == {"Ok": None}
    listed.sell(1, 1_000)
    listed.later()
    assert (listed.money(FIRST), listed.money(SECOND)) == (431, 0)
    assert listed.check_solvency()["paid"] == 431


@pytest.mark.parametrize(("threshold", "paid"), [(441, 431), (442, 0)])
def test_a_payee_waits_for_its_threshold(listed: Bench, threshold: int, paid: int) -> None:
    _set(listed, FIRST, threshold=threshold)
    listed.sell(1, 1_000)
    listed.later(rounds=3)
    assert listed.money(FIRST) == paid


def test_a_threshold_below_the_fee_pays_no_empty_payouts(listed: Bench) -> None:
    _set(listed, FIRST, threshold=0)
    with listed.counting(METHOD) as attempts:
        listed.later(rounds=3)
    assert attempts == []


def test_a_push_pays_again_and_again(listed: Bench) -> None:
    _set(listed, FIRST)
    for number in range(1, 4):
        listed.sell(number, 1_000)
        listed.later()
    assert listed.money(FIRST) == 3 * 431
    listed.check_solvency()


def test_a_push_goes_where_the_payee_wants_it(listed: Bench) -> None:
    _set(listed, FIRST, to={"Account": account(STRANGER, b"\5" * 32)})
    listed.sell(1, 1_000)
    listed.later()
    assert listed.money(STRANGER, b"\5" * 32) == 431


def test_a_push_draws_from_the_streams_named(listed: Bench) -> None:
    listed.open_stream({FIRST: 1}, stream=OTHER_STREAM)
    _set(listed, FIRST, streams=(OTHER_STREAM,))
    listed.sell(1, 1_000)
    listed.sell(2, 1_000, stream=OTHER_STREAM)
    listed.later()
    assert listed.money(FIRST) == 872
    assert listed.claimable(FIRST, STREAM) == 441


def test_settings_are_changed_by_setting_them_again(listed: Bench) -> None:
    _set(listed, FIRST, threshold=442)
    _set(listed, FIRST, threshold=441)
    listed.sell(1, 1_000)
    listed.later()
    assert listed.money(FIRST) == 431


@pytest.mark.parametrize("payee", [PROVIDER, TREASURY])
def test_provider_and_treasury_may_be_pushed_to(listed: Bench, payee: Principal) -> None:
    assert _set(listed, payee, threshold=1) == {"Ok": None}
    listed.sell(1, 1_000)
    listed.later()
    assert listed.money(payee) == {PROVIDER: 88, TREASURY: 10}[payee]


def test_who_has_no_part_in_the_streams_named_is_no_payee(listed: Bench) -> None:
    assert _set(listed, STRANGER) == {"Err": {"NotAPayee": None}}
    assert _set(listed, FIRST, streams=()) == {"Err": {"NotAPayee": None}}
    listed.sell(1, 1_000)
    listed.claim(FIRST)
    assert _set(listed, FIRST, streams=()) == {"Ok": None}


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"streams": tuple(range(11))}, {"TooManyStreams": {"most": 10}}),
        ({"to": {"Account": account(FIRST, b"\1" * 33)}}, {"InvalidAccount": {"reason": "a subaccount has 32 bytes, not 33"}}),
        ({"to": {"Account": account(ANONYMOUS)}}, {"InvalidAccount": {"reason": "an account of the anonymous principal"}}),
        ({"ledger": 1}, {"UnknownLedger": {"ledger": 1}}),
        ({"threshold": MAX_AMOUNT + 1}, {"InvalidThreshold": {"most": MAX_AMOUNT}}),
        ({"streams": (STREAM, OTHER_STREAM)}, {"UnknownStream": {"stream": OTHER_STREAM}}),
    ],
)
def test_wishes_that_cannot_be_granted_are_refused(listed: Bench, changes: dict, refusal: dict) -> None:
    assert _set(listed, FIRST, **changes) == {"Err": refusal}
    assert _set(listed, FIRST, threshold=MAX_AMOUNT) == {"Ok": None}


def test_the_anonymous_caller_is_not_pushed_to(listed: Bench) -> None:
    assert listed.from_inside("set_push", _wish(), sender=ANONYMOUS) == {"Err": {"AnonymousCaller": None}}
    with pytest.raises(CallRejected, match="rejected the message"):
        _set(listed, ANONYMOUS)


@pytest.mark.parametrize("leaver", [FIRST, SECOND, THIRD])
def test_leaving_takes_nobody_else_off_the_list(listed: Bench, leaver: Principal) -> None:
    assert listed.record(listed.batch(2, {THIRD: 1}, size=3)) == {"Ok": 3}
    everyone = (FIRST, SECOND, THIRD)
    for payee in everyone:
        _set(listed, payee)
    for _ in range(2):
        # Stopping twice is stopping once.
        assert _set(listed, leaver, enabled=False) == {"Ok": None}
    listed.sell(1, 1_000)
    listed.later()
    assert [payee for payee in everyone if not listed.money(payee)] == [leaver]
    assert _set(listed, leaver) == {"Ok": None}
    listed.later()
    assert [listed.money(payee) for payee in everyone] == [284, 284, 284]
    for payee in everyone:
        _set(listed, payee, enabled=False)
    listed.sell(2, 1_000)
    listed.later(rounds=2)
    assert [listed.money(payee) for payee in everyone] == [284, 284, 284]


def test_a_long_list_is_gone_round_in_rounds_that_follow_each_other_soon(listed: Bench) -> None:
    workers = [user(f"contributor {number}") for number in range(50)]
    listed.record(listed.batch(2, dict.fromkeys(workers, 1)))
    for worker in workers:
        assert _set(listed, worker, threshold=1) == {"Ok": None}
    listed.later()
    listed.sell(1, 100_000)
    paid = []
    for seconds in (31, 31, 2):
        listed.later(seconds)
        paid.append(sum(1 for worker in workers if listed.money(worker)))
    # The first round of twenty finds someone to pay, so the third does not wait half a minute.
    assert paid == [20, 40, 50]
    listed.check_solvency()


def test_a_round_survives_an_upgrade(listed: Bench) -> None:
    workers = [user(f"contributor {number}") for number in range(30)]
    listed.record(listed.batch(2, dict.fromkeys(workers, 1)))
    for worker in workers:
        _set(listed, worker, threshold=1)
    listed.later(rounds=3)
    listed.sell(1, 100_000)
    listed.later()
    assert sum(1 for worker in workers if listed.money(worker)) == 20
    listed.splitter.upgrade()
    listed.later(rounds=2)
    assert all(listed.money(worker) for worker in workers)
    listed.check_solvency()


def test_each_ledger_has_thresholds_of_its_own(listed: Bench) -> None:
    other = listed.add_ledger()
    listed.fund(PAYER, 10_000, other)
    _set(listed, FIRST, threshold=442)
    _set(listed, FIRST, ledger=other, threshold=441)
    listed.sell(1, 1_000)
    listed.sell(2, 1_000, ledger=other)
    listed.later(rounds=2)
    assert (listed.money(FIRST), listed.money(FIRST, ledger=other)) == (0, 431)
    _set(listed, FIRST, threshold=1, enabled=False, ledger=other)
    _set(listed, FIRST, threshold=441)
    listed.later()
    assert listed.money(FIRST) == 431


def test_a_pause_stops_no_push(listed: Bench) -> None:
    _set(listed, FIRST)
    listed.sell(1, 1_000)
    listed.govern("set_paused", True)
    listed.later()
    assert listed.money(FIRST) == 431


def test_nothing_runs_while_nothing_happens(listed: Bench) -> None:
    _set(listed, FIRST)
    listed.sell(1, 1_000)
    listed.later(rounds=5)
    assert listed.money(FIRST) == 431
    executed: list[str] = []
    listed.replica.subnet.observers.append(note := lambda outcome: executed.append(outcome.entry.export))
    listed.later(3_600, rounds=23)
    listed.replica.subnet.observers.remove(note)
    assert executed == []


def test_what_is_earned_by_the_second_is_pushed_once_a_day(listed: Bench) -> None:
    _set(listed, FIRST)
    listed.later()
    listed.sell(1, 10_000, earning={"BySecond": 10 * DAY})
    listed.later()
    assert listed.money(FIRST) == 0
    listed.later(DAY)
    listed.later(rounds=2)
    # A tenth of 4,410, which is earned up to a few seconds after the day.
    assert listed.money(FIRST) == 431
    listed.check_solvency()


def test_a_refused_push_is_in_the_balance_again_and_tried_later(listed: Bench) -> None:
    _set(listed, FIRST)
    listed.sell(1, 1_000)
    listed.fail_next("TemporarilyUnavailable")
    listed.later()
    assert listed.claimable(FIRST) == 441
    listed.later(120)
    listed.sell(2, 1_000)
    listed.later()
    assert listed.money(FIRST) == 2 * 441 - 10
    listed.check_solvency()


def test_a_frozen_account_is_tried_less_and_less_often(listed: Bench) -> None:
    listed.fail_to(FIRST, "GenericError")
    _set(listed, FIRST)
    with listed.counting(METHOD) as attempts:
        for number in range(1, 41):
            listed.sell(number, 1_000)
            listed.later()
    # Forty sales in twenty minutes: the first at once, then after 2, 4, 8 minutes and not yet after 16.
    assert len(attempts) == 4
    listed.fail_to(FIRST, "")
    # The payee itself need not wait.
    assert listed.claim(FIRST)["Ok"]["amount"] == 40 * 441 - 10
    listed.check_solvency()


@pytest.mark.parametrize("kind", ["BadBurn", "Trap"])
def test_a_payee_whose_transfers_always_fail_holds_up_no_other(listed: Bench, kind: str) -> None:
    listed.fail_to(FIRST, kind)
    for payee in (FIRST, SECOND):
        _set(listed, payee)
    for number in range(1, 4):
        listed.sell(number, 1_000)
        listed.later(rounds=2)
    assert listed.money(SECOND) == 3 * 431
    assert listed.money(FIRST) == 0
    balance = listed.balance(FIRST, STREAM)
    assert balance["claimable"] + balance["in_flight"] == 3 * 441
    listed.fail_to(FIRST, "")
    listed.later(7_200, rounds=4)
    assert listed.balance(FIRST, STREAM)["in_flight"] == 0
    assert listed.balance(FIRST, STREAM)["paid"] == listed.money(FIRST)
    listed.check_solvency()


def test_a_payee_with_an_open_payout_waits_for_it(listed: Bench) -> None:
    _set(listed, FIRST)
    listed.sell(1, 1_000)
    listed.fail_to(FIRST, "Trap")
    listed.later()
    listed.sell(2, 1_000)
    listed.later(rounds=3)
    assert listed.open_payments()["payouts"] == [1]
    assert listed.claimable(FIRST, STREAM) == 441


@pytest.mark.parametrize("fault", ["trap", "lost reply", "lost request", "upgrade"])
def test_a_push_whose_call_goes_wrong_pays_once(listed: Bench, fault: str) -> None:
    _set(listed, FIRST)
    listed.sell(1, 1_000)
    faults = listed.replica.faults
    if fault == "trap":
        faults.trap_at_await(canister=listed.splitter.id, method=METHOD)
    elif fault == "lost reply":
        faults.drop_reply(callee=listed.ledger.id, method=METHOD)
    elif fault == "lost request":
        faults.fail_request(callee=listed.ledger.id, method=METHOD)
    else:
        faults.delay_reply(callee=listed.ledger.id, method=METHOD)
    listed.later()
    assert listed.balance(FIRST, STREAM)["in_flight"] == 441
    if fault == "upgrade":
        listed.splitter.upgrade()
        assert faults.deliver_delayed() == 1
    listed.later()
    assert listed.money(FIRST) == 431
    listed.later(rounds=3)
    assert listed.money(FIRST) == 431
    assert listed.check_solvency()["paid"] == 431
