"""Switching estimates on for a replica, and asking what calls cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from kybra_replica.costs.executions import Execution, causes, shares, total
from kybra_replica.costs.meter import CostMeter
from kybra_replica.costs.prices import cycles
from kybra_replica.driver import Replica
from kybra_replica.principal import Principal
from kybra_replica.python_engine.engine import PythonEngine


@dataclass(frozen=True, slots=True)
class Cost:
    """What some calls cost together; inspect_message is left out, as canisters do not pay for it."""

    executions: tuple[Execution, ...]

    @property
    def instructions(self) -> int:
        """The estimate, over all canisters."""
        return total(self.executions)

    @property
    def cycles(self) -> int:
        """Cycles over all canisters, the first message coming from outside."""
        return cycles(self.executions)

    @property
    def causes(self) -> dict[str, int]:
        """Instructions by cause."""
        return causes(self.executions)

    def of(self, *canisters: Principal) -> Cost:
        """The part that fell to some of the canisters."""
        return Cost(tuple(execution for execution in self.executions if execution.canister in canisters))

    def __str__(self) -> str:
        return f"{self.instructions:,} instructions: {shares(self.executions)}"


@dataclass(frozen=True, slots=True)
class CostEstimator:
    """Answers what a function's calls cost."""

    meter: CostMeter

    def __call__(self, calls: Callable[[], object]) -> Cost:
        """Run `calls`; what all executions in it cost. Raises what it raises."""
        before = len(self.meter.executions)
        calls()
        found = self.meter.executions[before:]
        return Cost(tuple(execution for execution in found if execution.label != "canister_inspect_message"))


@contextmanager
def estimating(replica: Replica) -> Iterator[CostMeter]:
    """Count within the block what the canisters of `replica` do, those that are installed in it too."""
    meter = CostMeter()
    before, replica.meter = replica.meter, meter
    for engine in _engines(replica):
        meter.attach(engine)
    try:
        yield meter
    finally:
        replica.meter = before
        meter.detach_all(_engines(replica))


def _engines(replica: Replica) -> list[PythonEngine]:
    found = [canister.engine for canister in replica.subnet.canisters.values()]
    return [engine for engine in found if isinstance(engine, PythonEngine)]

