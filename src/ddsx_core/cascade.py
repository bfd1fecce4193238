"""Revenue on its way through plans, from stream to stream, in the books that one message works on.

**Touching a stream** earns on one ledger what its flows owe up to now. What was earned before the fee or the plan changed goes by the old
one: the flows stop at that moment on the way. What vests is due to its payee; what sales earned is shared as a sale's price is.

**Sharing** takes the protocol's fee, if it is a sale's money, then the steps of the plan, and the contributors' pool has the rest. Fee and
steps are cumulative: of all revenue since they began, rounded up once, so that it does not matter how revenue is cut in time (`plans`).

**Cascade.** A step `s:<stream>` is revenue of that stream, without fee, shared by its plan in the same message, and so on: depth 3 at most,
8 books at most. Deeper, or for a stream seen before in the cascade, the amount goes straight into that stream's pool of contributors; with
no book for it, no room in it, or 8 books open, it stays with the provider of the stream that would have passed it on. Every credit is a
cascade of its own: a sale, and what one touch earns under one fee and plan. What streams upstream earn themselves when a cascade reaches
them is part of it. Money that a stream earns along a clock reaches the streams upstream when that stream is touched.

What is done with that (sales, work, drawing) is in `stream_accounts`.

Invariants (tests/core/payouts/test_cascade.py):
- CASCADE-1: after any operation BOOK-2 holds in every purse, and the totals are the sums over all purses.
- CASCADE-2: where nothing is passed on and no share vests, what everybody has does not depend on when, and how often, a stream is touched.
  What is passed on arrives, and what vests begins to, when a touch has earned it.
- CASCADE-3: no operation touches more than 8 books, however plans name each other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ddsx_core.accrual import Pool, credit
from ddsx_core.fee_schedule import changes_between, fee_at
from ddsx_core.flows import Flow, advance, open_flow
from ddsx_core.limits import MAX_AMOUNT, PPM
from ddsx_core.memberships import Membership
from ddsx_core.payout_rules import unknown_stream
from ddsx_core.payout_totals import (
    BALANCE,
    CARRIED,
    CONTRIBUTORS,
    ESCROWED,
    OWED,
    PENDING,
    PROTOCOL,
    SHARES,
    TREASURY,
    VALIDATORS,
    Totals,
    decode_totals,
)
from ddsx_core.plans import PROVIDER, STREAM_PREFIX, share_of
from ddsx_core.plans import VALIDATORS as TO_VALIDATORS
from ddsx_core.refused import Broken
from ddsx_core.stream_books import (
    BY_SECOND,
    FEE_BASE,
    FEE_SINCE,
    FEES_TAKEN,
    GIVEN,
    GROSS,
    HAS_FLOWS,
    HELD,
    NET,
    PASSED_ON,
    PROVIDER_DUE,
    Book,
    Purse,
    decode_dues,
    encode_dues,
)
from ddsx_core.units import Units

SECOND_NS = 1_000_000_000
MAX_DEPTH = 3
"""Plans that revenue goes through beyond the first. Royalties of royalties of royalties: further up everybody has dust."""

MAX_BOOKS = 8
"""Books that one credit may change: at 2 M instructions each to read and write, a third of a sale's cost at most seven times over."""

FlowKey = tuple[int, int, str]
"""Stream, ledger and slot of a flow."""


class Shared(NamedTuple):
    """How an amount was shared; the four add up to it. others: all payees of the plan but the provider."""

    protocol_fee: Units
    provider_share: Units
    others_share: Units
    contributors_share: Units


class Shelf(NamedTuple):
    """Where books, flows and memberships are found; None for what does not exist."""

    book: Callable[[int], Book | None]
    flow: Callable[[int, int, str], Flow | None]
    membership: Callable[[int, str], Membership | None]


class Cascade:
    """Everything that one message reads and changes of the books, and how revenue moves in them.

    now: the message's time in ns. fees: the schedule of the protocol's fee. stored_totals: the stored text of each ledger's totals.
    changed_books, flows, changed_members: what is to be written; a flow that is empty is to be removed.
    moved: what became the balance of a payee of an earlier plan: ledger, principal, units.
    """

    def __init__(self, shelf: Shelf, stored_totals: list[str], fees: str, now: int) -> None:
        self.now = now
        self.fees = fees
        self.stored_totals = stored_totals
        self.flows: dict[FlowKey, Flow] = {}
        self.changed_books: dict[int, Book] = {}
        self.changed_members: dict[tuple[int, str], Membership] = {}
        self.moved: list[tuple[int, str, int]] = []
        self.changed_totals: dict[int, Totals] = {}
        self._shelf = shelf
        self._books: dict[int, Book | None] = {}
        self._depths: dict[int, int] = {}
        self._passing: list[tuple[int, int, str, int]] = []
        self._is_passing = False

    # -- What is read ---------------------------------------------------------------------------------------------------------

    def book(self, stream: int) -> Book:
        """The book of a stream. Refuses: UnknownStream."""
        book = self.find_book(stream)
        if book is None:
            raise unknown_stream(stream)
        return book

    def find_book(self, stream: int) -> Book | None:
        """The book of a stream, None before its batch 0."""
        if stream not in self._books:
            self._books[stream] = self._shelf.book(stream)
        return self._books[stream]

    def add_book(self, stream: int, book: Book) -> None:
        """Put the book of a new stream among the others."""
        self._books[stream] = self.changed_books[stream] = book

    def totals(self, ledger: int) -> Totals:
        """The totals of a ledger, to be changed in place."""
        totals = self.changed_totals.get(ledger)
        if totals is None:
            totals = decode_totals(self.stored_totals[ledger] if ledger < len(self.stored_totals) else "")
            self.changed_totals[ledger] = totals
        return totals

    def _flow(self, stream: int, ledger: int, slot: str) -> Flow:
        key = (stream, ledger, slot)
        flow = self.flows.get(key) or self._shelf.flow(stream, ledger, slot)
        if flow is None:
            raise Broken(f"the flow {slot} of stream {stream} is not there")
        return flow

    # -- Touching -------------------------------------------------------------------------------------------------------------

    def touch(self, stream: int, ledger: int) -> Book:
        """The book of a stream, after everything was earned that one of its ledgers owes until now. Refuses: UnknownStream."""
        book = self.book(stream)
        self._bring_up(stream, book, ledger)
        return book

    def touch_all(self, stream: int) -> Book:
        """The book of a stream, after everything was earned that it owes until now. Refuses: UnknownStream."""
        book = self.book(stream)
        if book.announced and book.announced_at <= self.now:
            self._change_plan(stream, book)
        for ledger in book.ledgers():
            self.touch(stream, ledger)
        return book

    def _bring_up(self, stream: int, book: Book, ledger: int) -> None:
        if book.announced and book.announced_at <= self.now:
            self._change_plan(stream, book)
        self._earn_until(stream, book, book.purse(ledger), self.now)

    def _change_plan(self, stream: int, book: Book) -> None:
        """Put the announced plan in force, with everything earned before under the old one; undrawn shares become balances."""
        for ledger in book.ledgers():
            purse = book.purse(ledger)
            self._earn_until(stream, book, purse, book.announced_at)
            self.moved += [(ledger, payee, units) for payee, units in decode_dues(purse.dues).items()]
            purse.dues = ""
            purse.numbers[NET] = 0
        book.plan, book.announced = book.announced, ""
        book.version = book.versions
        self.changed_books[stream] = book

    def _earn_until(self, stream: int, book: Book, purse: Purse, moment: int) -> None:
        """Earn on one ledger what flows owe at a moment, each part under the fee of its time."""
        numbers = purse.numbers
        if "," in self.fees:
            for since, _ in changes_between(self.fees, numbers[FEE_SINCE], moment):
                self._earn(stream, book, purse, since)
                numbers[FEE_SINCE] = since
                numbers[FEE_BASE] = 0
        self._earn(stream, book, purse, moment)

    def _earn(self, stream: int, book: Book, purse: Purse, moment: int) -> None:
        """Earn on one ledger what flows owe at a moment, by the fee and plan that the purse counts under."""
        seconds = moment // SECOND_NS
        if purse.vesting:
            self._vest_until(stream, book, purse, seconds)
        if purse.numbers[HAS_FLOWS] & BY_SECOND:
            self._earn_flow(stream, book, purse, BY_SECOND, seconds, moment)

    def _earn_flow(self, stream: int, book: Book, purse: Purse, clock: int, tick: int, moment: int) -> None:
        """Earn what the sales of one clock owe at a tick, and share it."""
        flow, earned = advance(self._flow(stream, purse.ledger, slot_of(clock)), tick)
        self._keep_flow(stream, purse, clock, flow)
        self._release(stream, book, purse, earned)
        self._credit_sale(stream, book, purse, earned, moment)

    def _keep_flow(self, stream: int, purse: Purse, clock: int, flow: Flow) -> None:
        self.flows[(stream, purse.ledger, slot_of(clock))] = flow
        if flow.held_units:
            purse.numbers[HAS_FLOWS] |= clock
        else:
            purse.numbers[HAS_FLOWS] &= ~clock

    def _release(self, stream: int, book: Book, purse: Purse, units: Units) -> None:
        """Take units out of escrow."""
        if units:
            purse.numbers[HELD] -= units
            self.totals(purse.ledger)[ESCROWED] -= units
            self.changed_books[stream] = book

    # -- Sharing --------------------------------------------------------------------------------------------------------------

    def _credit_sale(self, stream: int, book: Book, purse: Purse, amount: Units, moment: int) -> Shared:
        """Share what was earned by sales, and pass on what goes to other streams, unless that is being done already."""
        if self._is_passing:
            return self._share(stream, book, purse, amount, moment, is_sale=True)
        self._depths = {stream: 0}
        shared = self._share(stream, book, purse, amount, moment, is_sale=True)
        self._is_passing = True
        while self._passing:
            self._pass_on(*self._passing.pop(0))
        self._is_passing = False
        return shared

    def _share(self, stream: int, book: Book, purse: Purse, amount: Units, moment: int, *, is_sale: bool) -> Shared:
        """Share revenue that the purse has received."""
        if not amount:
            return Shared(Units(0), Units(0), Units(0), Units(0))
        self.changed_books[stream] = book
        numbers = purse.numbers
        fee = self._take_fee(purse, amount) if is_sale else 0
        net = Units(amount - fee)
        steps = book.steps()
        parts, rest = share_of(steps, Units(numbers[NET]), net)
        numbers[NET] += net
        to_provider = 0
        for place, part in enumerate(parts):
            payee, _, _, _, vest_seconds = steps[place]
            if payee == PROVIDER:
                to_provider += part
            if not part:
                continue
            if payee.startswith(STREAM_PREFIX):
                self._passing.append((stream, purse.ledger, payee, part))
            elif vest_seconds:
                self._vest(stream, purse, payee, part, moment // SECOND_NS, vest_seconds)
            else:
                self._give(purse, payee, part)
        self._pool(book, purse, rest)
        return Shared(Units(fee), Units(to_provider), Units(net - to_provider - rest), rest)

    def _take_fee(self, purse: Purse, amount: int) -> int:
        """The protocol's part of a sale's revenue: of all since the fee began, rounded up once."""
        numbers, totals = purse.numbers, self.totals(purse.ledger)
        kept_ppm = PPM - fee_at(self.fees, numbers[FEE_SINCE])
        before = numbers[FEE_BASE]
        fee = amount - (before + amount) * kept_ppm // PPM + before * kept_ppm // PPM
        numbers[FEE_BASE] = before + amount
        numbers[FEES_TAKEN] += fee
        totals[PROTOCOL] += fee
        totals[TREASURY] += fee
        totals[BALANCE] += fee
        return fee

    def _give(self, purse: Purse, payee: str, units: int) -> None:
        """Make units due to a payee of the plan."""
        totals = self.totals(purse.ledger)
        purse.numbers[GIVEN] += units
        totals[SHARES] += units
        totals[BALANCE] += units
        if payee == PROVIDER:
            purse.numbers[PROVIDER_DUE] += units
        elif payee == TO_VALIDATORS:
            totals[VALIDATORS] += units
        else:
            dues = decode_dues(purse.dues)
            principal = payee[2:]
            dues[principal] = dues.get(principal, 0) + units
            purse.dues = encode_dues(dues)

    def _pool(self, book: Book, purse: Purse, units: Units) -> None:
        """Credit the contributors' pool."""
        self._set_pool(purse, purse.pool(book.weight), credit(purse.pool(book.weight), units))
        self.totals(purse.ledger)[CONTRIBUTORS] += units

    def _set_pool(self, purse: Purse, before: Pool, after: Pool) -> None:
        totals = self.totals(purse.ledger)
        index_before, remainder_before, total_before, tally_before, pending_before, _, _ = before
        index, remainder, total, tally, pending, _, _ = after
        totals[PENDING] += pending - pending_before
        totals[OWED] += total * index - tally - total_before * index_before + tally_before
        totals[CARRIED] += remainder - remainder_before
        purse.set_pool(after)

    def _pass_on(self, stream: int, ledger: int, payee: str, units: int) -> None:
        """Hand on what a step of a stream's plan gave to another stream."""
        target = int(payee[len(STREAM_PREFIX) :], 16)
        depth = self._depths[stream] + 1
        was_seen = target in self._depths
        payer = self.book(stream).purse(ledger)
        book = self.find_book(target) if was_seen or len(self._depths) < MAX_BOOKS else None
        if book is None or book.purse(ledger).numbers[GROSS] + units > MAX_AMOUNT:
            self._give(payer, PROVIDER, units)
            return
        if not was_seen:
            self._depths[target] = depth
        goes_on = not was_seen and depth <= MAX_DEPTH
        if goes_on:
            self._bring_up(target, book, ledger)
        payer.numbers[PASSED_ON] += units
        purse = book.purse(ledger)
        purse.numbers[GROSS] += units
        self.changed_books[target] = book
        if goes_on:
            self._share(target, book, purse, Units(units), self.now, is_sale=False)
        else:
            self._pool(book, purse, Units(units))

    # -- Vesting --------------------------------------------------------------------------------------------------------------

    def _vest(self, stream: int, purse: Purse, payee: str, units: Units, start: int, seconds: int) -> None:
        """Let units vest for a payee; its flow was brought up to `start` before."""
        slots = purse.vesting.split(",") if purse.vesting else []
        if payee not in slots:
            if "" in slots:
                slots[slots.index("")] = payee
            else:
                slots.append(payee)
            purse.vesting = ",".join(slots)
            flow = Flow()
        else:
            flow = self._flow(stream, purse.ledger, f"v{slots.index(payee)}")
        self.flows[(stream, purse.ledger, f"v{slots.index(payee)}")] = open_flow(flow, units, start, start + seconds)
        purse.numbers[HELD] += units
        self.totals(purse.ledger)[ESCROWED] += units

    def _vest_until(self, stream: int, book: Book, purse: Purse, seconds: int) -> None:
        """Make due what has vested; who has nothing vesting any more leaves its slot free."""
        slots = purse.vesting.split(",")
        for place, payee in enumerate(slots):
            if not payee:
                continue
            flow, earned = advance(self._flow(stream, purse.ledger, f"v{place}"), seconds)
            self.flows[(stream, purse.ledger, f"v{place}")] = flow
            if earned:
                self._release(stream, book, purse, earned)
                self._give(purse, payee, earned)
            if not flow.held_units:
                slots[place] = ""
                self.changed_books[stream] = book
        while slots and not slots[-1]:
            slots.pop()
        purse.vesting = ",".join(slots)


def slot_of(clock: int) -> str:
    """The slot of the flow of sales that are earned on a clock."""
    return "s" if clock == BY_SECOND else "r"
