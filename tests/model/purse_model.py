"""One stream's money on one ledger: payments that are earned along a clock, cuts in their order, and a pool dealt out member by member.

Nothing here is lazy or shared: every payment is summed up anew at every look, and a credit visits every member. Three roundings are part
of the rules and so of the model, the rest is exact: a payment's rate is floored to 2^-128 of a unit a tick, its end is floored to a grid,
and what a unit of weight gets of a credit is floored to 2^-128 of a unit with the rest carried to the next credit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

ONE = 2**128
"""A unit, in the fractions that the rules know."""

MILLION = 1_000_000
SECOND = 1_000_000_000


class Cut(NamedTuple):
    """A step of a plan: who, under which name, which share of what is left, at most how much (0: no limit), vesting for how long."""

    payee: str
    name: str
    share_ppm: int
    cap: int = 0
    vest_seconds: int = 0


def cuts_of(steps: Iterable[Cut], total: int) -> list[int]:
    """What each step has had of all revenue since its plan began: a share of what is left, rounded up, and no more than its cap."""
    parts = []
    for step in steps:
        part = -(-total * step.share_ppm // MILLION)
        if step.cap:
            part = min(part, step.cap)
        parts.append(part)
        total -= part
    return parts


def grid_end(start: int, end: int) -> int:
    """The tick at which a payment is earned in full: its end, floored to the largest power of two within a 64th of its length."""
    grid = 1
    while grid * 2 * 64 <= end - start:
        grid *= 2
    return end - end % grid


@dataclass
class Payment:
    """Money that is earned from one tick to another; closing it earns at once what is not refunded."""

    amount: int
    start: int
    end: int
    refunded: int = 0
    closed: bool = False

    def earned(self, tick: int) -> int:
        """What is earned by that tick, in 2^-128 of a unit."""
        if self.closed:
            return (self.amount - self.refunded) * ONE
        if tick >= grid_end(self.start, self.end):
            return self.amount * ONE
        return self.amount * ONE // (self.end - self.start) * max(tick - self.start, 0)

    def close(self, tick: int) -> int:
        """End it: what goes back, pro rata and rounded down, or nothing when it was earned in full."""
        if not self.closed and tick < grid_end(self.start, self.end):
            self.refunded = self.amount * (self.end - tick) // (self.end - self.start)
        self.closed = True
        return self.refunded


@dataclass
class Escrow:
    """All payments ever made on one clock. `taken`: whole units that were earned and have been passed on; the clock never runs back."""

    payments: list[Payment] = field(default_factory=list)
    taken: int = 0
    tick: int = 0

    def take(self, tick: int) -> int:
        """Whole units earned by that tick that were not taken before."""
        self.tick = max(self.tick, tick)
        units = sum(payment.earned(self.tick) for payment in self.payments) // ONE - self.taken
        self.taken += units
        return units

    def open(self, amount: int, ticks: int) -> Payment:
        """A new payment from where the clock stands."""
        payment = Payment(amount, self.tick, self.tick + ticks)
        self.payments.append(payment)
        return payment

    def held(self) -> int:
        """Whole units that are neither taken nor refunded."""
        return sum(payment.amount - payment.refunded for payment in self.payments) - self.taken


@dataclass
class Pool:
    """What contributors have earned, one by one, in 2^-128 of a unit, and what they drew of it, in units."""

    earned: dict[str, int] = field(default_factory=dict)
    drawn: dict[str, int] = field(default_factory=dict)
    received: int = 0
    pending: int = 0
    carried: int = 0

    def credit(self, units: int, weights: dict[str, int]) -> None:
        """Deal out revenue by weight; it waits while nobody has any."""
        self.received += units
        self.pending += units
        self.release(weights)

    def release(self, weights: dict[str, int]) -> None:
        """Deal out what waits."""
        total = sum(weights.values())
        if not self.pending or not total:
            return
        share, self.carried = divmod(self.pending * ONE + self.carried, total)
        self.pending = 0
        for name, weight in weights.items():
            self.earned[name] = self.earned.get(name, 0) + weight * share

    def owed(self, name: str) -> int:
        """Whole units that one contributor can draw."""
        return (self.earned.get(name, 0) - self.drawn.get(name, 0) * ONE) // ONE

    def draw(self, name: str) -> int:
        """Draw them."""
        units = self.owed(name)
        self.drawn[name] = self.drawn.get(name, 0) + units
        return units


@dataclass
class Purse:
    """One stream on one ledger."""

    fee_base: int = 0
    """Prices under the fee that holds."""
    net: int = 0
    """Revenue that the plan in force has shared."""
    pool: Pool = field(default_factory=Pool)
    seconds: Escrow = field(default_factory=Escrow)
    records: Escrow = field(default_factory=Escrow)
    vesting: dict[str, Escrow] = field(default_factory=dict)
    dues: dict[str, int] = field(default_factory=dict)
    """What payees of the plan have earned and not drawn, the provider under `provider`."""
    given: int = 0
    """All that payees of the plan ever earned here."""

    def held(self) -> int:
        """In escrow, payers' and payees'."""
        return self.seconds.held() + self.records.held() + sum(escrow.held() for escrow in self.vesting.values())

    def give(self, payee: str, units: int) -> None:
        """Let a payee have its part."""
        self.given += units
        self.dues[payee] = self.dues.get(payee, 0) + units
