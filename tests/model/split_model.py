"""The exact split, written as its definition: whole units of what was due so far, less what was paid so far."""

from __future__ import annotations

from fractions import Fraction


def parts(amount: int, weights: list[int]) -> list[int]:
    """Each member's part, one after the other."""
    due = Fraction(0)
    paid: list[int] = []
    for weight in weights:
        due += quota(amount, weight, weights)
        paid.append(due.numerator // due.denominator - sum(paid))
    return paid


def quota(amount: int, weight: int, weights: list[int]) -> Fraction:
    """What a member would get if money could be cut finely enough."""
    return Fraction(amount * weight, sum(weights))
