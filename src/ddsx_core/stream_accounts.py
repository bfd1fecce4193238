"""The books that one message works on: selling, recording work, drawing what is due.

`Accounts` reads a book, flow or membership when it is first asked for, changes it in memory, and knows what has to be written; whoever
refuses something simply does not write. How revenue moves is in `cascade`.

**Recorded work.** Before weights change, every purse of the stream is touched. Money earned by delivered records is earned by the batch
that delivers them, and shared after its work is recorded: those who delivered are among those who are paid.

Invariants (tests/core/payouts/test_stream_accounts.py, against tests/model/money_model.py):
- ACCOUNTS-1: what a payee draws it was owed; drawing twice draws once.
- ACCOUNTS-2: a sale closed early gives back what was not delivered, rounded down, and never more than is in escrow.
"""

from __future__ import annotations

from ddsx_core.accrual import Member, record_batch
from ddsx_core.cascade import SECOND_NS, Cascade, Shared, slot_of
from ddsx_core.flows import Flow, close_flow, open_flow
from ddsx_core.limits import MAX_AMOUNT, MAX_TOTAL_WEIGHT
from ddsx_core.memberships import Membership
from ddsx_core.payout_totals import ESCROWED, RECEIVED, TREASURY, VALIDATORS, book_refund, book_settled, book_unescrowed
from ddsx_core.refused import too_much_weight
from ddsx_core.stream_books import (
    BY_RECORD,
    BY_SECOND,
    GIVEN,
    GROSS,
    HAS_FLOWS,
    HELD,
    PAID_BACK,
    PROVIDER_DUE,
    Book,
    Purse,
    decode_dues,
    encode_dues,
)
from ddsx_core.units import PrincipalText, Units, Weight


class Accounts(Cascade):
    """What a message does with the books: see `Cascade` for what it holds."""

    # -- Sales ----------------------------------------------------------------------------------------------------------------

    def has_room(self, stream: int, ledger: int, price: int) -> bool:
        """Whether a stream has a book, and a price still fits into it."""
        book = self.find_book(stream)
        return book is not None and book.purse(ledger).numbers[GROSS] + price <= MAX_AMOUNT

    def sell(self, stream: int, ledger: int, price: Units) -> Shared:
        """Credit a sale that is earned at once.

        Rounding: fee and steps up, all revenue since they began together; contributors have the rest. Refuses: UnknownStream.
        """
        book = self.touch(stream, ledger)
        purse = book.purse(ledger)
        purse.numbers[GROSS] += price
        self.totals(ledger)[RECEIVED] += price
        return self._credit_sale(stream, book, purse, price, self.now)

    def hold(self, stream: int, ledger: int, price: Units, clock: int, length: int) -> int:
        """Put a price in escrow, earned in the next `length` ticks of a clock; the tick at which that begins.

        clock: BY_SECOND or BY_RECORD. Refuses: UnknownStream, then as `open_flow`.
        """
        book = self.touch(stream, ledger)
        purse = book.purse(ledger)
        start = self.now // SECOND_NS if clock == BY_SECOND else book.size
        has_flow = purse.numbers[HAS_FLOWS] & clock
        flow = self._flow(stream, ledger, slot_of(clock)) if has_flow else Flow()
        self._keep_flow(stream, purse, clock, open_flow(flow, price, start, start + length))
        totals = self.totals(ledger)
        totals[RECEIVED] += price
        totals[ESCROWED] += price
        purse.numbers[GROSS] += price
        purse.numbers[HELD] += price
        self.changed_books[stream] = book
        return start

    def release_rest(self, stream: int, ledger: int, price: Units, clock: int, start: int, length: int) -> tuple[int, Units]:
        """Close a sale that is earned along a clock, now; the tick of that, and what its payer has back.

        Rounding: what was not delivered, down. Refuses: UnknownStream.
        """
        book = self.touch(stream, ledger)
        purse = book.purse(ledger)
        tick = self.now // SECOND_NS if clock == BY_SECOND else book.size
        if not purse.numbers[HAS_FLOWS] & clock:
            return tick, Units(0)
        flow, refund, earned = close_flow(self._flow(stream, ledger, slot_of(clock)), price, start, start + length)
        self._keep_flow(stream, purse, clock, flow)
        self._release(stream, book, purse, earned)
        purse.numbers[HELD] -= refund
        purse.numbers[PAID_BACK] += refund
        book_unescrowed(self.totals(ledger), refund)
        self.changed_books[stream] = book
        self._credit_sale(stream, book, purse, earned, self.now)
        return tick, refund

    def give_back(self, stream: int, ledger: int, units: Units) -> None:
        """Take units out of what is due to the provider: they are a payer's balance. The caller has looked at `provider_due`."""
        book = self.book(stream)
        numbers = book.purse(ledger).numbers
        numbers[PROVIDER_DUE] -= units
        numbers[GIVEN] -= units
        numbers[PAID_BACK] += units
        book_refund(self.totals(ledger), units)
        self.changed_books[stream] = book

    def provider_due(self, stream: int, ledger: int) -> Units:
        """What the provider can draw now. Refuses: UnknownStream."""
        return Units(self.touch(stream, ledger).purse(ledger).numbers[PROVIDER_DUE])

    # -- Work -----------------------------------------------------------------------------------------------------------------

    def record(self, stream: int, weights: dict[str, Weight], size: int) -> None:
        """Record a batch of work, after which the stream has `size` records.

        Refuses: UnknownStream, TooMuchWeight when the stream would have more recorded work than 2^64 - 1. Nothing is changed before.
        """
        book, added = self.book(stream), sum(weights.values())
        if book.weight + added > MAX_TOTAL_WEIGHT:
            raise too_much_weight(book.weight + added, MAX_TOTAL_WEIGHT)
        self.touch_all(stream)
        purses = [book.purse(ledger) for ledger in book.ledgers()]
        if added:
            self._add_weights(stream, book, purses, weights, added)
        book.size = size
        book.next_batch += 1
        self.changed_books[stream] = book
        for purse in purses:
            if purse.numbers[HAS_FLOWS] & BY_RECORD:
                self._earn_flow(stream, book, purse, BY_RECORD, size, self.now)

    def _add_weights(self, stream: int, book: Book, purses: list[Purse], weights: dict[str, Weight], added: int) -> None:
        indexes = [(purse.ledger, purse.numbers[0]) for purse in purses]
        for contributor, weight in weights.items():
            membership = self._shelf.membership(stream, contributor) or Membership([0])
            membership.add_weight(weight, indexes)
            self.changed_members[(stream, contributor)] = membership
        for purse in purses:
            before = purse.pool(book.weight)
            # Tallies add up, so one member with all of the batch's work changes the pool as its contributors do.
            after, _ = record_batch(before, [(Member(), Weight(added))])
            self._set_pool(purse, before, after)
        book.weight += added

    # -- Drawing --------------------------------------------------------------------------------------------------------------

    def draw(self, ledger: int, stream: int, name: PrincipalText) -> tuple[Units, Units]:
        """Draw what a payee has in a stream into its balance: its contribution in whole units, and its shares. Refuses: UnknownStream."""
        book = self.touch(stream, ledger)
        purse = book.purse(ledger)
        contribution = self._draw_contribution(book, purse, stream, name)
        due = 0
        if name == book.provider:
            due = purse.numbers[PROVIDER_DUE]
            purse.numbers[PROVIDER_DUE] = 0
        if purse.dues:
            dues = decode_dues(purse.dues)
            due += dues.pop(name, 0)
            purse.dues = encode_dues(dues)
        due += self._take_moved(ledger, name)
        if due:
            self.changed_books[stream] = book
        return contribution, Units(due)

    def _take_moved(self, ledger: int, name: str) -> int:
        """What became a payee's balance while this message brought streams up to now, if it is the one who draws."""
        mine = [entry for entry in self.moved if entry[:2] == (ledger, name)]
        self.moved = [entry for entry in self.moved if entry[:2] != (ledger, name)]
        return sum([units for _, _, units in mine])

    def _draw_contribution(self, book: Book, purse: Purse, stream: int, name: str) -> Units:
        membership = self.changed_members.get((stream, name)) or self._shelf.membership(stream, name)
        if membership is None:
            return Units(0)
        drawn = membership.draw(purse.ledger, purse.pool(book.weight))
        if drawn:
            self.changed_members[(stream, name)] = membership
            book_settled(self.totals(purse.ledger), drawn)
        return drawn

    def draw_offices(self, ledger: int, *, is_treasury: bool, is_validators: bool) -> Units:
        """Draw the protocol's fees, the validators' shares, or both, into the balance of who holds these offices."""
        totals = self.totals(ledger)
        drawn = 0
        if is_treasury:
            drawn += totals[TREASURY]
            totals[TREASURY] = 0
        if is_validators:
            drawn += totals[VALIDATORS]
            totals[VALIDATORS] = 0
        return Units(drawn)
