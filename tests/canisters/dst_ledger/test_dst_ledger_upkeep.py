"""What the timers tidy up."""

from __future__ import annotations

from dst_ledger_exchange import BUYER, NS, OTHER_BUYER, transfer_arg

from kybra_replica.costs.estimate import estimating

WINDOW_SECONDS = 86_400 + 2 * 60


def remembered(exchange) -> int:
    return exchange.status()["remembered_requests"]


def wait(exchange, seconds: int) -> None:
    exchange.replica.advance_time(seconds)
    exchange.replica.tick(3)


def test_orders_are_forgotten_once_nobody_can_repeat_them(offered):
    offered.buy()
    wait(offered, WINDOW_SECONDS - 30)
    offered.buy()
    assert remembered(offered) == 2
    wait(offered, 60)
    assert remembered(offered) == 1
    wait(offered, WINDOW_SECONDS)
    assert remembered(offered) == 0


def test_transfers_are_forgotten_once_nobody_can_repeat_them(offered):
    offered.buy()
    time = offered.replica.get_time()
    offered.ledger.call("icrc7_transfer", [transfer_arg(1, OTHER_BUYER, created_at_time=time)], sender=BUYER)
    offered.ledger.call("icrc7_transfer", [transfer_arg(1, BUYER)], sender=OTHER_BUYER)
    assert remembered(offered) == 2
    wait(offered, WINDOW_SECONDS + 30)
    assert remembered(offered) == 0


def test_a_firing_forgets_a_hundred(offered):
    for _ in range(150):
        offered.buy()
    wait(offered, WINDOW_SECONDS + 30)
    assert remembered(offered) == 50
    wait(offered, 30)
    assert remembered(offered) == 0


def test_request_of_an_order_that_never_ended_is_forgotten_too_and_the_order_goes_on(offered):
    offered.splitter.call("refuse_everybody", {"Pending": None})
    assert "Pending" in offered.purchase()["Err"]
    wait(offered, WINDOW_SECONDS + 30)
    wait(offered, 30)
    assert remembered(offered) == 0
    offered.splitter.call("refuse_everybody", None)
    offered.pass_time(60)
    assert offered.state(1)["Completed"]["licence"] == 1


def test_more_orders_than_one_firing_takes_all_end(offered):
    offered.splitter.call("script_collect", [{"Pending": None}] * 25)
    for _ in range(25):
        assert "Pending" in offered.purchase()["Err"]
    offered.pass_time(60)
    assert offered.status()["unfinished_orders"] == 15
    offered.pass_time(60)
    assert offered.status()["unfinished_orders"] == 0
    assert offered.status()["licences"] == 25


def test_timers_go_on_after_an_upgrade(offered):
    offered.splitter.call("script_collect", [{"Pending": None}])
    offered.purchase()
    offered.ledger.upgrade()
    offered.pass_time(90)
    assert offered.state(1)["Completed"]["licence"] == 1


A_QUESTION_FOR_THE_FEE = 8
"""Executions of two timers, of which one asks: each of them, its own call to itself, and the callbacks."""


def executions(exchange, seconds: int) -> list[str]:
    """What the ledger executes while so much time passes."""
    with estimating(exchange.replica) as meter:
        exchange.pass_time(seconds)
        return [execution.method for execution in meter.executions if execution.canister == exchange.ledger.id]


def test_timer_fires_only_while_there_is_work(offered):
    offered.pass_time(60)
    idle = executions(offered, 3_600)
    assert len(idle) <= A_QUESTION_FOR_THE_FEE
    offered.splitter.call("refuse_everybody", {"Pending": None})
    offered.purchase()
    assert len(executions(offered, 3_600)) > 3_600 // 30
    offered.splitter.call("refuse_everybody", None)
    offered.pass_time(120)
    assert len(executions(offered, 3_600)) <= A_QUESTION_FOR_THE_FEE


def test_upgrade_begins_with_looking_for_work(offered):
    offered.registry.call("script_apply", [{"Err": {"NotTheLicenceLedger": None}}])
    offered.buy()
    offered.ledger.upgrade()
    offered.pass_time(30)
    assert offered.status()["registries"][0]["delivered"] == 1


def test_idle_firings_trap_nothing_and_change_nothing(offered):
    offered.buy()
    before = offered.status()
    offered.pass_time(600)
    assert offered.status() == before
    assert offered.replica.subnet.system_traps == []
    assert offered.replica.get_time() > 600 * NS
