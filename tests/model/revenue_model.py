"""Revenue in motion, naively: along clocks, through plans, and from stream to stream.

Money that is earned along a clock moves when its stream is touched on that ledger: by a sale, the end or refund of one, recorded work, or
a draw. What was earned before a fee or a plan changed goes by the old one.

Each credit of a stream that is touched is a cascade of its own: parts for other streams go through those streams' plans, three plans deep
and through eight books at most; deeper, or where the cascade has been already, straight to that stream's contributors; and to the paying
stream's provider where there is no book, or no room for one more. A stream on the way is touched before it is paid, and what its clocks
earn by that travels with the cascade.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from model.money_state import Books, Payout, Sale, Stream
from model.purse_model import MILLION, SECOND, Escrow, Purse, cuts_of

DEEPEST = 3
MOST_BOOKS = 8


class Part(NamedTuple):
    """Units that one stream's plan gives to another stream."""

    payer: int
    target: int
    ledger: int
    units: int


Forward = Callable[[list[Part]], None]
"""What becomes of parts for other streams."""


class RevenueModel:
    """Streams, the books of every ledger, and how money gets from prices to payees."""

    def __init__(self, fee_ppm: int) -> None:
        self.fees: list[tuple[int, int]] = [(0, fee_ppm)]
        self.streams: dict[int, Stream] = {}
        self.sales: dict[int, Sale] = {}
        self.books: dict[int, Books] = {}
        self.payouts: dict[int, Payout] = {}

    def fee_at(self, now: int) -> int:
        """The protocol's fee, in ppm."""
        return [ppm for since, ppm in self.fees if since <= now][-1]

    def purse(self, stream: int, ledger: int) -> Purse:
        """What a stream has on a ledger."""
        return self.streams[stream].purses.setdefault(ledger, Purse())

    def book(self, ledger: int) -> Books:
        """The books of a ledger."""
        return self.books.setdefault(ledger, Books())

    # -- Along clocks ---------------------------------------------------------------------------------------------------------

    def touch(self, now: int, stream: int, ledger: int) -> Purse:
        """Let a stream's clocks earn on one ledger what they owe by now."""
        self._bring_up(now, stream, ledger, lambda parts: self._cascade(now, stream, parts))
        return self.purse(stream, ledger)

    def touch_all(self, now: int, stream: int) -> None:
        """The same on all ledgers on which the stream ever had money; a plan whose time has come takes over though there is none."""
        book = self.streams[stream]
        if book.announced is not None and book.announced[0] <= now and not book.purses:
            book.steps, book.announced = book.announced[1], None
        for ledger in sorted(self.streams[stream].purses):
            self.touch(now, stream, ledger)

    def credit(self, now: int, stream: int, ledger: int, units: int) -> None:
        """Share revenue of a sale that is earned now, in a stream that was touched."""
        self._cascade(now, stream, self._earn(now, stream, ledger, units))

    def _bring_up(self, now: int, stream: int, ledger: int, forward: Forward) -> None:
        """Put an announced plan in force when its time has come, with everything earned before by the old one; then earn until now."""
        book = self.streams[stream]
        if book.announced is not None and book.announced[0] <= now:
            moment, steps = book.announced
            for each in sorted(book.purses):
                self._run_clocks(moment, stream, each, forward)
            for each, purse in book.purses.items():
                purse.net = 0
                for payee in [payee for payee in purse.dues if payee.startswith("p:")]:
                    self.book(each).add(payee[2:], purse.dues.pop(payee))
            book.steps, book.announced = steps, None
        self._run_clocks(now, stream, ledger, forward)

    def _run_clocks(self, until: int, stream: int, ledger: int, forward: Forward) -> None:
        """Earn what is owed at a moment, stopping wherever the fee changed."""
        purse, book = self.purse(stream, ledger), self.streams[stream]
        changes = [since for since, _ in self.fees if book.fees_seen.get(ledger, 0) < since <= until]
        for moment in [*changes, until]:
            for payee, escrow in purse.vesting.items():
                self._give(stream, ledger, payee, escrow.take(moment // SECOND))
            if purse.seconds.held():
                forward(self._earn(moment, stream, ledger, purse.seconds.take(moment // SECOND)))
            if moment in changes:
                book.fees_seen[ledger], purse.fee_base = moment, 0

    # -- Through plans --------------------------------------------------------------------------------------------------------

    def shares_of(self, stream: int, ledger: int, units: int) -> tuple[int, list[int], int]:
        """What of a sale's revenue is the protocol's fee, each step's part and the contributors' rest."""
        purse = self.purse(stream, ledger)
        ppm = self.fee_at(self.streams[stream].fees_seen.get(ledger, 0))
        fee = -(-(purse.fee_base + units) * ppm // MILLION) - -(-purse.fee_base * ppm // MILLION)
        return fee, *self._parts_of(stream, ledger, units - fee)

    def _parts_of(self, stream: int, ledger: int, units: int) -> tuple[list[int], int]:
        steps, net = self.streams[stream].steps, self.purse(stream, ledger).net
        parts = [has - had for had, has in zip(cuts_of(steps, net), cuts_of(steps, net + units), strict=True)]
        return parts, units - sum(parts)

    def _earn(self, moment: int, stream: int, ledger: int, units: int) -> list[Part]:
        """Take the protocol's fee of revenue that was earned at a moment, and share the rest."""
        purse, books = self.purse(stream, ledger), self.book(ledger)
        fee, _, _ = self.shares_of(stream, ledger, units)
        purse.fee_base += units
        books.fees += fee
        books.treasury += fee
        return self._share(moment, stream, ledger, units - fee)

    def _share(self, moment: int, stream: int, ledger: int, units: int) -> list[Part]:
        """Let a plan's payees have their parts, and contributors the rest; what goes on to other streams."""
        purse, book = self.purse(stream, ledger), self.streams[stream]
        parts, rest = self._parts_of(stream, ledger, units)
        purse.net += units
        onward = []
        for step, part in zip(book.steps, parts, strict=True):
            if part and step.payee.startswith("s:"):
                onward.append(Part(stream, int(step.payee.removeprefix("s:"), 16), ledger, part))
            elif part and step.vest_seconds:
                escrow = purse.vesting.setdefault(step.payee, Escrow())
                escrow.tick = moment // SECOND
                escrow.open(part, step.vest_seconds)
            else:
                self._give(stream, ledger, step.payee, part)
        purse.pool.credit(rest, book.weights)
        return onward

    def _give(self, stream: int, ledger: int, payee: str, units: int) -> None:
        """Let a payee of a plan have its part."""
        purse = self.purse(stream, ledger)
        purse.given += units
        if payee == "validators":
            self.book(ledger).validators += units
        elif units:
            purse.dues[payee] = purse.dues.get(payee, 0) + units

    # -- From stream to stream ------------------------------------------------------------------------------------------------

    def _cascade(self, now: int, first: int, onward: list[Part]) -> None:
        """Let parts for other streams arrive, in the order in which they were given."""
        depths = {first: 0}
        while onward:
            payer, target, ledger, units = onward.pop(0)
            visited = target in depths
            if target not in self.streams or (not visited and len(depths) == MOST_BOOKS):
                self._give(payer, ledger, "provider", units)
                continue
            depth = depths.setdefault(target, depths[payer] + 1)
            if visited or depth > DEEPEST:
                self.purse(target, ledger).pool.credit(units, self.streams[target].weights)
                continue
            self._bring_up(now, target, ledger, onward.extend)
            onward += self._share(now, target, ledger, units)
