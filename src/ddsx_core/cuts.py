"""Ordered cuts of a sale: each taker in turn takes its share of what is left, rounded up; the last takes the rest.

    cut = rest - rest * (10^6 - ppm) // 10^6;  rest -= cut

The order is part of the plan: with 2 % first and 10 % second, the second is 10 % of 98 %. Nothing is lost, because the rest is what
was not taken, never computed on its own.

Laws (tests/core/money/test_cuts_laws.py):
- CUTS-1: the cuts and the rest add up to the amount; none is negative.
- CUTS-2: a cut is its share of the rest before it, rounded up: less than one unit above it, never below.
- CUTS-3: a larger amount never makes a cut or the rest smaller.
- CUTS-4: a payment made in two leaves the last taker at most one unit a cut less than the payment in one, and never more: no one
  escapes a fee by paying in small pieces.
Not a law: the order of two cuts does not matter. Of 100 units, 50 % then 10 % takes 50 and 5; 10 % then 50 % takes 10 and 45.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ddsx_core.limits import MAX_CUT_NAME_LENGTH, MAX_CUTS, PPM
from ddsx_core.refused import invalid_cuts, negative_amount
from ddsx_core.units import Ppm, Units


class Cut(NamedTuple):
    """One taker before the last: a name that stands in receipts, and its share of what those before it left."""

    name: str
    share_ppm: Ppm


class Taken(NamedTuple):
    """What the cuts of one amount took: units in the order of the cuts, and the rest for the last taker."""

    cuts: list[Units]
    rest: Units


def check_cuts(cuts: Sequence[Cut]) -> None:
    """Whether the cuts may stand in a plan.

    Refuses (in order, at the first cut that fails): InvalidCuts for more than `MAX_CUTS`, then for each cut a name that is empty, longer
        than `MAX_CUT_NAME_LENGTH` or taken by an earlier cut, and a share outside 0 to 1_000_000 ppm.
    """
    if len(cuts) > MAX_CUTS:
        raise invalid_cuts(MAX_CUTS, f"a plan has at most {MAX_CUTS} cuts")
    names: set[str] = set()
    for position, cut in enumerate(cuts):
        if not 0 < len(cut.name) <= MAX_CUT_NAME_LENGTH:
            raise invalid_cuts(position, f"a name has 1 to {MAX_CUT_NAME_LENGTH} characters")
        if cut.name in names:
            raise invalid_cuts(position, "the name is taken by an earlier cut")
        if not 0 <= cut.share_ppm <= PPM:
            raise invalid_cuts(position, f"a share is 0 to {PPM} ppm")
        names.add(cut.name)


def take_cuts(amount: Units, cuts: Sequence[Cut]) -> Taken:
    """What each cut takes of `amount`, and the rest.

    Units: as the amount's; shares in ppm of what is left at that point.
    Rounding: every cut up, so that the rest is rounded down; the sum is exact.
    Refuses (in order): NegativeAmount, then InvalidCuts at the first share outside 0 to 1_000_000 ppm.
    Cost: some 40 k instructions a cut in a canister.
    """
    if amount < 0:
        raise negative_amount(amount)
    taken: list[Units] = []
    rest = amount
    for name, share_ppm in cuts:
        if not 0 <= share_ppm <= PPM:
            raise invalid_cuts(len(taken), f"the share of {name} is not 0 to {PPM} ppm")
        left = Units(rest * (PPM - share_ppm) // PPM)
        taken.append(Units(rest - left))
        rest = left
    return Taken(taken, rest)
