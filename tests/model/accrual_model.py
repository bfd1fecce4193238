"""A pool of contributors as a log of what happened, and everyone's earnings by folding over all of it, in exact fractions."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple


class Credited(NamedTuple):
    units: int


class Weighed(NamedTuple):
    """New weights of the members named, all at the same moment."""

    weights: dict[str, int]


class Outcome(NamedTuple):
    earned: dict[str, Fraction]
    weights: dict[str, int]
    pending: int
    changes: int
    largest_total: int


def replay(log: list[Credited | Weighed]) -> Outcome:
    """What every member has earned from the beginning, and the revenue that waits for a first work."""
    earned: dict[str, Fraction] = {}
    weights: dict[str, int] = {}
    pending = changes = largest_total = 0
    for event in log:
        if isinstance(event, Credited):
            pending += event.units
        else:
            weights = weights | event.weights
            changes += 1
        total = sum(weights.values())
        largest_total = max(largest_total, total)
        if total:
            for name, weight in weights.items():
                earned[name] = earned.get(name, Fraction(0)) + Fraction(pending * weight, total)
            pending = 0
    return Outcome(earned, weights, pending, changes, largest_total)
