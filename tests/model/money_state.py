"""What the naive model of money remembers: streams, sales, payouts, and the books of each ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from model.purse_model import Cut, Payment, Purse


@dataclass
class Stream:
    """Who provides a stream, what was recorded, and its plans: the one in force and the one announced for later."""

    provider: str
    steps: list[Cut]
    weights: dict[str, int] = field(default_factory=dict)
    size: int = 0
    batches: int = 1
    announced: tuple[int, list[Cut]] | None = None
    purses: dict[int, Purse] = field(default_factory=dict)
    fees_seen: dict[int, int] = field(default_factory=dict)
    """Ledger -> up to when prices there were counted under the fee of their time."""


class Sale(NamedTuple):
    """An order that was paid. payment: what is earned along a clock, None when it was earned at once; spent: paid out of a balance."""

    stream: int
    ledger: int
    payer: str
    price: int
    spent: bool
    payment: Payment | None = None
    by_record: bool = False


class Draw(NamedTuple):
    """What a payee took out of one stream: its contribution, and its dues by the plan."""

    contribution: int
    due: int


class Payout(NamedTuple):
    payee: str
    ledger: int
    amount: int
    fee: int


@dataclass
class Books:
    """Sums of one ledger. Balances hold what payees drew out of streams or were refunded, until it is paid out or spent."""

    received: int = 0
    fees: int = 0
    refunded: int = 0
    topped_up: int = 0
    spent: int = 0
    treasury: int = 0
    """Fees that nobody has drawn."""
    validators: int = 0
    """Validators' shares that nobody has drawn."""
    balances: dict[str, int] = field(default_factory=dict)
    in_flight: dict[int, Payout] = field(default_factory=dict)
    paid: int = 0
    paid_fees: int = 0
    paid_to: dict[str, int] = field(default_factory=dict)

    def add(self, payee: str, units: int) -> None:
        """Credit a balance."""
        self.balances[payee] = self.balances.get(payee, 0) + units


class Totals(NamedTuple):
    """Where every unit of a ledger is; the fields are those of the splitter's audit."""

    received: int
    protocol_fees: int
    shares: int
    contributors: int
    credited: int
    claimable: int
    in_flight: int
    paid: int
    ledger_fees_paid: int
    pending: int
    remainder: int
    escrowed: int
    refunded: int
    topped_up: int
    spent: int
