"""Drawing what a payee has in a stream, the short way: for streams where nothing is to be brought up to now.

Most claims draw from streams without flows, without an announced plan, and without undrawn shares that the plan owes the payee by name.
There the contribution is the payee's weight at the pool's index and the rest is, at most, what is due to the provider: two or three of the
numbers that a book and its totals have, found in the stored texts without making a book of them. `Accounts.draw` does the same for every
stream, at three times the cost; both give the same figures (tests/core/payouts/test_plain_draws.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ddsx_core.limits import ACCRUAL_SHIFT_BITS
from ddsx_core.memberships import Membership
from ddsx_core.payout_totals import BALANCE, DRAWN, FEES, OWED, SETTLED, TREASURY, VALIDATORS
from ddsx_core.stream_books import HAS_FLOWS, INDEX, PROVIDER_DUE
from ddsx_core.units import PrincipalText, Units

_PROVIDER_FIELD = 2
_FIRST_PURSE = 3


class PlainDraw(NamedTuple):
    """What is drawn from a stream: contribution in whole units, provider's shares.

    membership: the payee's, after that, None where nothing of it was drawn; book: the stored book after that, empty where it stays.
    """

    contribution: Units
    due: Units
    membership: Membership | None
    book: str


def plain_draw(book: str, ledger: int, name: PrincipalText, find: Callable[[], Membership | None]) -> PlainDraw | None:
    """What a payee draws on a ledger of a stored book; None where it takes more than this to know.

    find: finds the payee's membership in the stream, None for one that never recorded work there.
    """
    lines = book.split("\n")
    if lines[2]:
        return None
    prefix, place = f"{ledger:x}|", _FIRST_PURSE
    while place < len(lines) and not lines[place].startswith(prefix):
        place += 1
    if place == len(lines):
        return PlainDraw(Units(0), Units(0), None, "")
    purse = lines[place].split("|")
    dues = purse[-2]
    if purse[HAS_FLOWS + 1] != "0" or purse[-1] or (dues and f"{name}:" in dues):
        return None
    membership, contribution = find(), Units(0)
    if membership is not None:
        contribution = membership.draw_at(ledger, int(purse[INDEX + 1], 16))
    due, changed = 0, ""
    if lines[0].split("|", _PROVIDER_FIELD + 1)[_PROVIDER_FIELD] == name:
        due = int(purse[PROVIDER_DUE + 1], 16)
        if due:
            purse[PROVIDER_DUE + 1] = "0"
            lines[place] = "|".join(purse)
            changed = "\n".join(lines)
    return PlainDraw(contribution, Units(due), membership if contribution else None, changed)


def office_units(totals: str, *, is_treasury: bool, is_validators: bool) -> Units:
    """Of stored totals what the holder of these offices can draw."""
    fields = totals.split("|")
    units = int(fields[TREASURY + 1], 16) if is_treasury else 0
    return Units(units + int(fields[VALIDATORS + 1], 16) if is_validators else units)


def totals_after(totals: str, settled: Units, amount: Units, fee: Units) -> str:
    """The stored totals after a payout of amount and fee was opened, for which its payee drew `settled` units from pools."""
    fields = totals.split("|")
    gross = amount + fee
    if settled:
        fields[SETTLED + 1] = f"{int(fields[SETTLED + 1], 16) + settled:x}"
        fields[OWED + 1] = f"{int(fields[OWED + 1], 16) - (settled << ACCRUAL_SHIFT_BITS):x}"
    fields[BALANCE + 1] = f"{int(fields[BALANCE + 1], 16) + settled - gross:x}"
    fields[DRAWN + 1] = f"{int(fields[DRAWN + 1], 16) + gross:x}"
    fields[FEES + 1] = f"{int(fields[FEES + 1], 16) + fee:x}"
    return "|".join(fields)


def without_offices(totals: str, *, is_treasury: bool, is_validators: bool) -> str:
    """The stored totals after the holder of these offices drew what was theirs."""
    fields = totals.split("|")
    if is_treasury:
        fields[TREASURY + 1] = "0"
    if is_validators:
        fields[VALIDATORS + 1] = "0"
    return "|".join(fields)
