"""What a split would cost on the real Wasm, a recipient, beside the plain floor: estimates of the replica (`kybra_replica.costs`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.result import Result
from kybra_replica.costs.estimate import CostEstimator, estimating
from kybra_replica.driver import Replica

AMOUNT = 1_000_000_000_039
SIZES = {"split_exact_wasm_ratio": 100_000, "split_exact_wasm_listed_ratio": 500, "split_exact_wasm_short_ratio": 16}
"""A large list, the longest list of payees in one message, and a short one, where setting up counts."""


def instructions() -> Iterator[Result]:
    """Instructions a recipient; what making the weights costs is taken off both."""
    replica = Replica(search_path=[Path(__file__).resolve().parents[2] / "src"])
    canister = replica.install(Path(__file__).with_name("split_canister.py"))
    with estimating(replica) as meter:
        estimate = CostEstimator(meter)

        def cost(method: str, count: int) -> int:
            return estimate(lambda: canister.call(method, AMOUNT, count)).instructions

        for name, count in SIZES.items():
            around = cost("nothing", count)
            exact, floor = (cost(method, count) - around for method in ("exact", "floor"))
            yield Result(name, exact / count, "instructions", floor / count, exact / floor)
    replica.close()
