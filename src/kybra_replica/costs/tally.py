"""Counts of kinds of work."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping


class Tally(defaultdict[str, float]):
    """How much of each kind of work: keys are names in the table of weights."""

    def __init__(self, start: Mapping[str, float] | None = None) -> None:
        super().__init__(float, start or {})

    def add(self, other: Mapping[str, float], times: float = 1) -> None:
        """Add `other`, that many times."""
        for kind, each in other.items():
            self[kind] += each * times
