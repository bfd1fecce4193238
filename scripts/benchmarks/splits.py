"""`split_exact` beside the plain floor, which loses units, and beside others that lose none: largest remainders, and fractions.

The plain floor has the sum of the weights given to it; `split_exact` adds them up, and checks them, itself. Ratios are of times.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from apportionment.methods import compute

from benchmarks.result import Result, times_beside
from ddsx_core.split import split_exact

MEMBERS = 1_000_000
AMOUNT = 1_000_000_000_039
MOST_WORK = 10_007
HAMILTON_MEMBERS = 50_000
"""The package adds all parts up again for each member: ten times the members take a hundred times as long."""

_NANOSECOND = 1e-9


def against_floor() -> Iterator[Result]:
    """Nanoseconds a weight: the sale of a large stream; then one unit a member, where CPython has all of the floor's results ready made."""
    weights = _weights(MEMBERS)
    yield _beside_floor("split_exact_floor_ratio", AMOUNT, weights)
    yield _beside_floor("split_exact_small_parts_ratio", MEMBERS, weights)
    total = sum(weights)
    lost = AMOUNT - sum(split_exact(AMOUNT, weights))
    yield Result("split_exact_units_lost", lost, "units", AMOUNT - sum(_floor(AMOUNT, weights, total)), 0)


def against_hamilton() -> Iterator[Result]:
    """Nanoseconds a weight, beside the largest remainders of the package `apportionment`, in floating point as it comes."""
    weights = _weights(HAMILTON_MEMBERS)
    names = [""] * HAMILTON_MEMBERS
    yield times_beside(
        "split_exact_hamilton_ratio",
        "ns/weight",
        HAMILTON_MEMBERS * _NANOSECOND,
        lambda: split_exact(AMOUNT, weights),
        lambda: compute("hamilton", weights, AMOUNT, parties=names),
        rounds=3,
    )


def against_fractions() -> Iterator[Result]:
    """Nanoseconds a weight, beside the same telescope in fractions."""
    weights = _weights(MEMBERS // 10)
    assert split_exact(AMOUNT, weights) == _fractions(AMOUNT, weights)
    yield times_beside(
        "split_exact_fraction_ratio",
        "ns/weight",
        len(weights) * _NANOSECOND,
        lambda: split_exact(AMOUNT, weights),
        lambda: _fractions(AMOUNT, weights),
        rounds=3,
    )


def _beside_floor(name: str, amount: int, weights: list[int]) -> Result:
    total = sum(weights)
    each = len(weights) * _NANOSECOND
    return times_beside(name, "ns/weight", each, lambda: split_exact(amount, weights), lambda: _floor(amount, weights, total), rounds=9)


def _weights(count: int) -> list[int]:
    return [1 + place * 7_919 % MOST_WORK for place in range(count)]


def _floor(amount: int, weights: list[int], total: int) -> list[int]:
    return [amount * weight // total for weight in weights]


def _fractions(amount: int, weights: list[int]) -> list[int]:
    total = sum(weights)
    due, paid = Fraction(0), 0
    parts: list[int] = []
    for weight in weights:
        due += Fraction(amount * weight, total)
        parts.append(int(due) - paid)
        paid += parts[-1]
    return parts
