"""What was counted of one execution, in instructions and by cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kybra_replica.costs.weights import CAUSES, PRINCIPALS, WEIGHTS
from kybra_replica.principal import Principal


@dataclass(frozen=True, slots=True)
class Traffic:
    """Bytes that an execution moved between canisters or from outside: its argument, its reply, the arguments of calls it made."""

    argument: int
    reply: int
    calls: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution of a canister.

    `label` is its export (`canister_update append`), for a callback that of the method that made the call. `work` is how much of each
    kind of work it did; `principal_work` is the part of it that is Python run on behalf of Principals.
    """

    canister: Principal
    label: str
    is_callback: bool
    trapped: bool
    work: Mapping[str, float]
    principal_work: Mapping[str, float]
    traffic: Traffic

    @property
    def method(self) -> str:
        """The method, or the kind of entry point that has none."""
        kind, _, name = self.label.partition(" ")
        return name or kind

    @property
    def is_query(self) -> bool:
        """Whether it is a query, which costs its canister nothing."""
        return self.label.startswith(("canister_query", "canister_composite_query"))

    @property
    def is_charged(self) -> bool:
        """Whether the canister pays for it: neither for queries nor for looking at a message before it is let in."""
        return not self.is_query and self.label != "canister_inspect_message"

    @property
    def instructions(self) -> int:
        """The estimate."""
        return round(sum(WEIGHTS[kind].instructions * times for kind, times in self.work.items()))

    def by_cause(self) -> Counter[str]:
        """Instructions by cause; the sum may differ from `instructions` by rounding."""
        found = Counter[str]()
        for kind, times in self.work.items():
            weight = WEIGHTS[kind]
            on_principals = self.principal_work.get(kind, 0)
            found[weight.cause] += round(weight.instructions * (times - on_principals))
            found[PRINCIPALS] += round(weight.instructions * on_principals)
        return +found


def total(executions: Iterable[Execution]) -> int:
    """Instructions of several executions together."""
    return sum(execution.instructions for execution in executions)


def causes(executions: Iterable[Execution]) -> dict[str, int]:
    """Instructions of several executions together by cause, in the order of the table of weights."""
    found = Counter[str]()
    for execution in executions:
        found.update(execution.by_cause())
    return {cause: found[cause] for cause in CAUSES if found[cause]}


def shares(executions: Iterable[Execution], least: float = 0.05) -> str:
    """The causes with their shares, largest first: `62% principals, 20% maps`; what has less than `least` is left out."""
    found = causes(executions)
    whole = sum(found.values()) or 1
    ordered = sorted(found.items(), key=lambda item: -item[1])
    return ", ".join(f"{part / whole:.0%} {cause}" for cause, part in ordered if part / whole >= least)
