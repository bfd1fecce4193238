"""Prices the calls in both states and lays them out as `docs/costs.md`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from cost_table.calls import Call, all_calls
from cost_table.world import BUSY, TYPICAL, State, World
from kybra_replica.costs.estimate import Cost, CostEstimator, estimating
from kybra_replica.costs.executions import shares
from kybra_replica.costs.prices import dollars

NAMES = ("stream_registry", "dst_ledger", "token_ledger", "payout_splitter")

HEADER = """# What calls cost

Written by `scripts/costs`, compared by the tests; do not edit. Estimates of the replica (`kybra_replica.costs`), not measurements: their
weights agree with what was measured on the real Wasm within a factor of 1.5 for nine calls in ten. `kybra-replica cost` prices other calls.

- *Instructions* of all canisters that take part, in millions, in two states. *Typical*: {typical}.
  *Busy*: {busy}.
- *Why* names the largest causes in the busy state: the interpreter, native functions of the library, Principals that cross between Rust
  and Python, bytes of text and blobs that cross or are hashed, records and rows, operations on stable maps, calls to other canisters, the
  System API, Candid's type tables, and what a message costs by itself.
- *Cycles*, in millions, busy: instructions, 5.0 M an execution, 1.2 M and 2,000 a byte for the message from outside, 0.26 M and 1,000 a
  byte for each call between canisters, on a subnet of 13 nodes (the Internet Computer's published price list). Queries are free.
- *Dollars* for a million such calls, or a million records, busy, at 1.35 dollars a trillion cycles (one XDR in May 2025).

Not in the table: `top_up`, which only canisters can call, stable memory by the month, and timers:
{timers}
"""


_COLUMNS = """| call | typical | busy | why | cycles | $ a million calls | $ a million records |
|---|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Priced:
    """A call with what it costs in both states."""

    call: Call
    typical: Cost
    busy: Cost


def price_all() -> tuple[list[Priced], dict[str, Cost]]:
    """Every call in both states, and what the timers of each canister cost in a busy hour when nothing is left to do."""
    typical, busy = World(TYPICAL), World(BUSY)
    priced = [Priced(call, *costs) for call, *costs in zip(all_calls(), _price(typical), _price(busy), strict=True)]
    return priced, _hour_of_timers(busy)


OF_CANISTERS = {("payout_splitter", "top_up")}
"""Methods that only a canister can call, since it has to send cycles along."""


def missing_methods(priced: list[Priced]) -> set[tuple[str, str]]:
    """Methods of the canisters that no call prices."""
    world = World(TYPICAL)
    known = {(row.call.canister, row.call.method) for row in priced}
    return {
        (name, method)
        for name in NAMES
        for method, _ in world.replica.program(getattr(world.exchange, name).id).interface.methods
        if (name, method) not in known and (name, method) not in OF_CANISTERS
    }


def _price(world: World) -> Iterator[Cost]:
    handles = {name: getattr(world.exchange, name) for name in NAMES}
    with estimating(world.replica) as meter:
        world.assume(meter)
        estimate = CostEstimator(meter)
        for call in all_calls():
            cost = estimate(lambda call=call: call.make(world))  # type: ignore[misc]
            world.rest()
            yield _from_method(cost, handles[call.canister].id, call.method)


def _from_method(cost: Cost, canister: object, method: str) -> Cost:
    """The executions from the last message that calls the method on: what comes before only prepares it."""
    starts = [
        number
        for number, execution in enumerate(cost.executions)
        if execution.canister == canister and execution.method == method and not execution.is_callback
    ]
    return Cost(cost.executions[starts[-1] :])


def _hour_of_timers(world: World) -> dict[str, Cost]:
    with estimating(world.replica) as meter:
        world.assume(meter)
        for _ in range(60):
            world.replica.advance_time(60)
            world.replica.tick()
        executions = tuple(meter.executions)
    ids = {name: getattr(world.exchange, name).id for name in NAMES}
    return {name: Cost(tuple(execution for execution in executions if execution.canister == ids[name])) for name in NAMES}


def render(priced: list[Priced], timers: dict[str, Cost]) -> str:
    """The document."""
    hours = "; ".join(f"`{name}` {cost.cycles / 1e6:,.0f} M cycles" for name, cost in timers.items())
    text = HEADER.format(typical=_describe(TYPICAL), busy=_describe(BUSY), timers=f"with nothing to do, an hour takes {hours}.")
    for name in NAMES:
        rows = [row for row in priced if row.call.canister == name]
        text += f"\n## {name}\n\n{_COLUMNS}"
        text += "".join(map(_row, rows))
    return text


def _describe(state: State) -> str:
    records = state.batches * 500
    return f"{records:,} records in the stream, {state.streams:,} other streams, {state.rows:,} entries in each map that grows with use"


def _row(row: Priced) -> str:
    typical, busy = row.typical.instructions / 1e6, row.busy.instructions / 1e6
    cycles = row.busy.cycles
    calls, records = "free", ""
    if cycles:
        calls = f"{dollars(cycles) * 1e6:,.0f}"
        records = f"{dollars(cycles) * 1e6 / row.call.records:,.1f}" if row.call.records else ""
    spent = f"{cycles / 1e6:,.1f}" if cycles else "0"
    return f"| {row.call.title} | {typical:,.2f} | {busy:,.2f} | {shares(row.busy.executions, 0.15)} | {spent} | {calls} | {records} |\n"


