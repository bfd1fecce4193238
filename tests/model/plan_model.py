"""A plan as fractions: what is left after each step, rounded against the one behind it, with what a tier may still take."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple


class Taker(NamedTuple):
    share: Fraction
    cap: int | None = None


def due(takers: list[Taker], total: int) -> list[int]:
    """What every taker has of all revenue so far, and last what remains."""
    amounts: list[int] = []
    for taker in takers:
        remaining = total - sum(amounts)
        wanted = -(-(remaining * taker.share.numerator) // taker.share.denominator)
        amounts.append(wanted if taker.cap is None or wanted < taker.cap else taker.cap)
    return [*amounts, total - sum(amounts)]


class Payments:
    """Revenue as it comes in: everybody is paid what is due and was not paid yet."""

    def __init__(self, takers: list[Taker]) -> None:
        self.takers = takers
        self.total = 0
        self.paid = [0] * (len(takers) + 1)

    def receive(self, amount: int) -> list[int]:
        """What each is paid now."""
        self.total += amount
        now = due(self.takers, self.total)
        paid_now = [amount_due - paid for amount_due, paid in zip(now, self.paid, strict=True)]
        self.paid = now
        return paid_now
