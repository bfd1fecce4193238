"""What the calls cost for which the exchange has aims."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cost_table.world import BATCH, OPERATORS, PROVIDER, State, World
from kybra_replica.costs.estimate import Cost, CostEstimator, estimating

CLAIM, PROVIDERS_CLAIM = "claim, all canisters", "claim by a provider, all canisters"

AIMS = {
    "append of 500 records of 200 bytes": 150,
    "append of one record": 10,
    "read of 500 records with proof": 25,
    "purchase, all canisters": 60,
    CLAIM: 20,
    "one sale's credit": 12,
}
"""In millions of instructions."""


def price_aims(state: State) -> dict[str, Cost]:
    """What each call costs in a state; a purchase that finds recorded work open too, and a read that is cut at both ends too."""
    return dict(_price(World(state)))


def _price(world: World) -> Iterator[tuple[str, Cost]]:
    splitter = world.exchange.payout_splitter.id
    with estimating(world.replica) as meter:
        world.assume(meter)
        estimate = CostEstimator(meter)

        def call(make: Callable[[], object]) -> Cost:
            world.rest()
            return estimate(make)

        yield "append of 500 records of 200 bytes", call(lambda: world.append(BATCH))
        yield "append of one record", call(lambda: world.append(1))
        yield "read of 500 records with proof", call(lambda: world.read(0, BATCH))
        yield "read of 500 records, cut at both ends", call(lambda: world.read(world.middle, BATCH))
        world.append(BATCH)
        yield "purchase with open work, all canisters", estimate(world.purchase)
        purchase = call(world.purchase)
        yield "purchase, all canisters", purchase
        collect = [execution for execution in purchase.of(splitter).executions if execution.method == "collect"]
        yield "one sale's credit", Cost(tuple(collect))
        yield CLAIM, call(lambda: world.claim(OPERATORS[1]))
        yield PROVIDERS_CLAIM, call(lambda: world.claim(PROVIDER))
