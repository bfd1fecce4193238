"""A sale's credit and a claim through the payout splitter, with a million contributors beside ten: times, and estimated costs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

from benchmarks.result import Result, times_beside
from benchmarks.splitter_world import SplitterWorld
from kybra_replica.costs.estimate import CostEstimator, estimating
from kybra_replica.costs.executions import total

FEW, MANY = 10, 1_000_000
CALLS = 200
LOGGED = 16
"""Sales whose costs are averaged: as many as blocks of the log on one page, which grows from sale to sale."""

MEMBER_UNITS = 10**9
"""Units of a sale for each contributor, so that everybody has more than the ledger's fee to claim."""

PUSHED = 256
CREDIT_AIM, CLAIM_AIM = 12_000_000, 20_000_000
_MILLISECOND = 1e-3
_PATIENCE_SECONDS = 3_600


def credits_beside() -> Iterator[Result]:
    """Milliseconds a sale, ledger included; then the splitter's own instructions."""
    few, many = _worlds()
    each = CALLS * _MILLISECOND
    yield times_beside("credit_members_ratio", "ms/sale", each, lambda: _sell(many), lambda: _sell(few))
    own = [_instructions(world, lambda world=world: _sell(world, LOGGED), only_own=True) / LOGGED for world in (many, few)]  # type: ignore[misc]
    for world in (few, many):
        world.check()
    yield Result("credit_instructions", own[0], "instructions", CREDIT_AIM, own[0] / CREDIT_AIM)
    yield Result("credit_instructions_members_ratio", own[0], "instructions", own[1], own[0] / own[1])


def claims_beside() -> Iterator[Result]:
    """Milliseconds a claim, ledger included; then the instructions of all canisters."""
    few, many = _worlds()
    each = FEW * _MILLISECOND
    yield times_beside("claim_members_ratio", "ms/claim", each, lambda: _claim(many), lambda: _claim(few), rounds=15)
    for world in (few, many):
        world.sell(world.members * MEMBER_UNITS)
    both = [_instructions(world, lambda world=world: _claim_each(world), only_own=False) / FEW for world in (many, few)]  # type: ignore[misc]
    for world in (few, many):
        world.check()
    yield Result("claim_instructions", both[0], "instructions", CLAIM_AIM, both[0] / CLAIM_AIM)
    yield Result("claim_instructions_members_ratio", both[0], "instructions", both[1], both[0] / both[1])


def pushes() -> Iterator[Result]:
    """Contributors paid by timers after one sale: instructions of all canisters, messages and their bytes for each; and units lost."""
    world = SplitterWorld(PUSHED)
    for place in range(PUSHED):
        world.push(place)
    world.sell()
    with estimating(world.replica) as meter:
        for _ in range(_PATIENCE_SECONDS):
            world.let_time_pass()
            executions = [execution for execution in meter.executions if execution.is_charged]
            if sum(1 for execution in executions if execution.canister == world.ledger.id) == PUSHED:
                break
        else:
            raise RuntimeError(f"not all of {PUSHED} contributors were paid within {_PATIENCE_SECONDS} seconds")
    moved = sum(execution.traffic.argument + execution.traffic.reply for execution in executions)
    world.check()
    audit = world.audit()
    accounted = audit["credited"] + audit["pending"] + audit["remainder"] + audit["escrowed"] + audit["refunded"]
    yield Result("push_instructions", total(executions) / PUSHED, "instructions", CLAIM_AIM, total(executions) / PUSHED / CLAIM_AIM)
    yield Result("push_messages", len(executions) / PUSHED, "executions", 0, 0)
    yield Result("push_bytes", moved / PUSHED, "bytes", 0, 0)
    yield Result("push_units_lost", audit["received"] - accounted, "units", 0, 0)


@cache
def _worlds() -> tuple[SplitterWorld, SplitterWorld]:
    return SplitterWorld(FEW), SplitterWorld(MANY)


def _sell(world: SplitterWorld, calls: int = CALLS) -> None:
    for _ in range(calls):
        world.sell()


def _claim(world: SplitterWorld) -> None:
    """Ten contributors claim what one more sale brought them."""
    world.sell(world.members * MEMBER_UNITS)
    _claim_each(world)


def _claim_each(world: SplitterWorld) -> None:
    for place in range(FEW):
        world.claim(world.members // FEW * place)


def _instructions(world: SplitterWorld, work: Callable[[], object], *, only_own: bool) -> int:
    with estimating(world.replica) as meter:
        cost = CostEstimator(meter)(work)
        return (cost.of(world.splitter.id) if only_own else cost).instructions
