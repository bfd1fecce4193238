"""Books kept as their stored texts, as the splitter keeps them in its maps: what tests of the core work on."""

from __future__ import annotations

from ddsx_core.cascade import Shelf
from ddsx_core.fee_schedule import first_fee
from ddsx_core.flows import Flow, check_flow, decode_flow, encode_flow
from ddsx_core.memberships import Membership, decode_membership, encode_membership
from ddsx_core.payout_totals import Totals, audit_totals, decode_totals, encode_totals
from ddsx_core.plans import Step, encode_steps
from ddsx_core.stream_accounts import Accounts
from ddsx_core.stream_books import Book, decode_book, encode_book

SECOND = 1_000_000_000
PROVIDER = "provider-of-"


class KeptBooks:
    """Every book, membership, flow and total as stored text; each piece of work begins with what is stored and ends by storing it."""

    def __init__(self, fee_ppm: int = 0) -> None:
        self.now = SECOND
        self.fees = first_fee(fee_ppm)
        self.books: dict[int, str] = {}
        self.flows: dict[tuple[int, int, str], str] = {}
        self.members: dict[tuple[int, str], tuple[str, str]] = {}
        self.stored_totals: list[str] = []
        self.balances: dict[tuple[int, str], int] = {}

    def open(self, stream: int, *steps: Step) -> None:
        """The book of a new stream, provided by somebody of its own."""
        self.books[stream] = encode_book(Book("registry", f"{PROVIDER}{stream}", encode_steps(steps)))

    def begin(self) -> Accounts:
        """What a message works on."""
        return Accounts(Shelf(self._book, self._flow, self._member), self.stored_totals, self.fees, self.now)

    def keep(self, accounts: Accounts) -> None:
        """Store what a message changed."""
        for stream, book in accounts.changed_books.items():
            self.books[stream] = encode_book(book)
        for key, flow in accounts.flows.items():
            check_flow(flow)
            if flow.held_units:
                self.flows[key] = encode_flow(flow)
            else:
                self.flows.pop(key, None)
        for key, member in accounts.changed_members.items():
            self.members[key] = encode_membership(member)
        for ledger, payee, units in accounts.moved:
            self.balances[ledger, payee] = self.balances.get((ledger, payee), 0) + units
        for ledger, totals in accounts.changed_totals.items():
            self.stored_totals += [""] * (ledger + 1 - len(self.stored_totals))
            self.stored_totals[ledger] = encode_totals(totals)

    def book(self, stream: int) -> Book:
        return decode_book(self.books[stream])

    def totals(self, ledger: int = 0) -> Totals:
        """The totals of a ledger, which must add up."""
        totals = decode_totals(self.stored_totals[ledger] if ledger < len(self.stored_totals) else "")
        assert audit_totals(totals).balanced
        return totals

    def _book(self, stream: int) -> Book | None:
        return decode_book(self.books[stream]) if stream in self.books else None

    def _flow(self, stream: int, ledger: int, slot: str) -> Flow | None:
        key = stream, ledger, slot
        return decode_flow(self.flows[key]) if key in self.flows else None

    def _member(self, stream: int, name: str) -> Membership | None:
        key = stream, name
        return decode_membership(*self.members[key]) if key in self.members else None


def step(payee: str, share_ppm: int, *, cap: int = 0, vest: int = 0, name: str = "") -> Step:
    return Step(payee, name or payee[:20].replace(":", " "), share_ppm, cap, vest)
