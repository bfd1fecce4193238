"""What a payee draws for a payout: from streams, and as the holder of an office; in memory until the payout is sure to be opened.

Streams in which nothing is to be brought up to now are drawn from the short way (`ddsx_core.plain_draws`); if one of those named is not
such a stream, all are drawn from with `Accounts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from payout_splitter_books import accounts_of, write_accounts
from payout_splitter_store import State, find_book_text, find_membership, write_book_text, write_membership

from ddsx_core.payout_rules import unknown_stream
from ddsx_core.payout_totals import book_draw
from ddsx_core.plain_draws import PlainDraw, office_units, plain_draw, totals_after, without_offices
from ddsx_core.splitter_settings import Settings
from ddsx_core.stream_accounts import Accounts
from ddsx_core.units import Nanoseconds, PrincipalText, Units


class Draws:
    """What was drawn: `gained` units in all, and `text` as the log tells it. Nothing is written before `write`."""

    def __init__(self, name: PrincipalText, ledger: int) -> None:
        self.name = name
        self.ledger = ledger
        self.gained = 0
        self.text = ""
        self._settled = 0
        self._plain: list[tuple[int, PlainDraw]] = []
        self._offices: tuple[bool, bool] | None = None
        self._accounts: Accounts | None = None

    def from_streams(self, state: State, settings: Settings, streams: Sequence[int], now: Nanoseconds) -> None:
        """Draw from streams. Refuses: UnknownStream."""
        if not self._from_plain(streams):
            self._from_accounts(state, settings, streams, now)

    def from_offices(self, state: State, *, is_treasury: bool, is_validators: bool) -> Units:
        """Draw as the treasury, as the validators, or both; after streams. How much."""
        if self._accounts is None:
            totals = state.totals[self.ledger] if self.ledger < len(state.totals) else ""
            units = office_units(totals, is_treasury=is_treasury, is_validators=is_validators) if totals else Units(0)
            self._offices = (is_treasury, is_validators)
        else:
            units = self._accounts.draw_offices(self.ledger, is_treasury=is_treasury, is_validators=is_validators)
        self.gained += units
        self.text = f"{self.text},-::{units:x}" if self.text else f"-::{units:x}"
        return units

    def write(self, state: State, amount: Units, fee: Units) -> None:
        """Write what was drawn, for a payout of amount and fee; totals into the state, which the caller writes."""
        if self._accounts is not None:
            book_draw(self._accounts.totals(self.ledger), amount, fee)
            write_accounts(self._accounts, state)
            return
        for stream, drawn in self._plain:
            if drawn.membership is not None:
                write_membership(stream, self.name, drawn.membership)
            if drawn.book:
                write_book_text(stream, drawn.book)
        totals = totals_after(state.totals[self.ledger], Units(self._settled), amount, fee)
        if self._offices is not None:
            is_treasury, is_validators = self._offices
            totals = without_offices(totals, is_treasury=is_treasury, is_validators=is_validators)
        state.totals[self.ledger] = totals

    def _from_plain(self, streams: Sequence[int]) -> bool:
        """Draw from streams the short way, if all of them allow that."""
        texts, gained, settled = [], 0, 0
        for stream in streams:
            book = find_book_text(stream)
            if book is None:
                raise unknown_stream(stream)
            drawn = plain_draw(book, self.ledger, self.name, partial(find_membership, stream, self.name))
            if drawn is None:
                self._plain.clear()
                return False
            contribution, due, _, _ = drawn
            self._plain.append((stream, drawn))
            texts.append(f"{stream:x}:{contribution:x}:{due:x}")
            settled += contribution
            gained += contribution + due
        self.text, self.gained, self._settled = ",".join(texts), gained, settled
        return True

    def _from_accounts(self, state: State, settings: Settings, streams: Sequence[int], now: Nanoseconds) -> None:
        accounts = self._accounts = accounts_of(state, settings.fees, now)
        texts = []
        # What one stream passes on to another must be there whichever is named first.
        for stream in streams:
            accounts.touch(stream, self.ledger)
        for stream in streams:
            contribution, due = accounts.draw(self.ledger, stream, self.name)
            texts.append(f"{stream:x}:{contribution:x}:{due:x}")
            self.gained += contribution + due
        self.text = ",".join(texts)
