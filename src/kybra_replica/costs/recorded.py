"""Recorded steps of the real Wasm beside what the estimator says of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from math import log
from pathlib import Path
from typing import Any

from kybra_replica.candid import encode
from kybra_replica.candid.types import TEXT
from kybra_replica.conformance import Part, RecordedCase
from kybra_replica.costs.estimate import estimating
from kybra_replica.costs.executions import Execution, total
from kybra_replica.costs.meter import CostMeter
from kybra_replica.driver import CallRejected, Replica

LIFE_CYCLE = frozenset({"install", "upgrade", "reinstall"})


@dataclass(frozen=True, slots=True)
class Comparison:
    """One step: `case` and `index` name it, `recorded` are the real instructions."""

    case: str
    index: int
    what: str
    recorded: int
    executions: tuple[Execution, ...]

    @property
    def estimated(self) -> int:
        """The estimate in instructions."""
        return total(self.executions)

    @property
    def factor(self) -> float:
        """How far off the estimate is, as a factor of at least 1."""
        return max(self.estimated, 1) / self.recorded if self.estimated > self.recorded else self.recorded / max(self.estimated, 1)

    @property
    def is_held_out(self) -> bool:
        """Whether the weights were fitted without it: every other step."""
        return self.index % 2 == 1

    def __str__(self) -> str:
        return f"{self.case} {self.index:3} {self.what}: recorded {self.recorded:,}, estimated {self.estimated:,} ({self.factor:.2f})"


def share_within(comparisons: list[Comparison], factor: float) -> float:
    """The part of the comparisons whose estimate is within a factor."""
    return sum(1 for comparison in comparisons if comparison.factor <= factor) / len(comparisons)


def mean_error(comparisons: list[Comparison]) -> float:
    """The root of the mean square of the logarithm of the factors."""
    return float((sum(log(comparison.factor) ** 2 for comparison in comparisons) / len(comparisons)) ** 0.5)


def compare_run(folder: Path) -> Iterator[Comparison]:
    """Every recorded call of the run cases in `folder`, without installs and upgrades."""
    for case_file in sorted(folder.glob("*.json")):
        steps = json.loads(case_file.read_text())
        if isinstance(steps, list):
            yield from _compare_case(case_file.stem, folder, steps)


def _compare_case(name: str, folder: Path, steps: list[dict[str, Any]]) -> Iterator[Comparison]:
    case = RecordedCase(name, folder, Part())
    with estimating(case.replica) as meter:
        for index, step in enumerate(steps):
            meter.executions.clear()
            case.difference(step)
            recorded = step["outcome"].get("instructions")
            if recorded is None or step["verb"] in LIFE_CYCLE:
                continue
            called = case.ids[step["canister"]]
            executions = tuple(execution for execution in meter.executions if execution.canister == called)
            yield Comparison(name, index, f"{step['method']}{step.get('args', '')}"[:60], recorded, executions)
    case.replica.close()


def compare_library(folder: Path) -> Iterator[Comparison]:
    """Every recorded snippet of the standard library."""
    recorded = json.loads((folder / "library.json").read_text())["snippets"]
    replica = Replica(lenient=True, refuse_module_state=False)
    canister = replica.create_canister()
    replica.install_code(canister, folder / "library_canister.py")
    with estimating(replica) as meter:
        for index, (name, snippet) in enumerate(recorded.items()):
            meter.executions.clear()
            _call(replica, meter, canister, name)
            yield Comparison("library", index, name, snippet["instructions"], tuple(meter.executions))
    replica.close()


def _call(replica: Replica, meter: CostMeter, canister: Any, name: str) -> None:
    try:
        replica.query_call(canister, "run", encode((TEXT,), (name,)))
    except CallRejected:
        meter.executions.clear()
