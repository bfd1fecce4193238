"""Sums over all streams and payees of one ledger, kept as they change, so that solvency is one look at one small value.

    received      prices that were credited, held in escrow or given back     escrowed      held by flows, not earned yet
    protocol      the protocol's fees                                         refunded      given back to payers, to their balances
    shares        what plans gave their payees                                topped up     balances that were paid in
    contributors  what reached the streams' pools                             spent         prices that were paid out of balances
    pending       contributors' money that waits for the first work of its stream
    owed          what contributors have in the pools, scaled; carried: what the pools' indexes carry to their next credit, scaled
    settled       what contributors drew from the pools, in whole units
    balance       all that payees hold outside the pools: fees, shares, settled units, refunds and top-ups that were not drawn or spent
    drawn         amounts and ledger fees of payouts, on their way or paid; refused ones are balance again; fees: the ledger's fees in drawn
    treasury, validators    the parts of balance that are fees and validators' shares nobody has drawn

Identities, for any number of streams and payees (`audit_totals`):

    received                                        = protocol + shares + contributors + escrowed + refunded
    contributors * 2^128                            = (settled + pending) * 2^128 + owed + carried
    protocol + shares + settled + refunded + topped up = balance + drawn + spent

and so with credited = protocol + shares + settled + owed (whole units):

    received = credited + pending + remainder + escrowed + refunded
    credited + refunded + topped up = claimable + drawn + spent

`owed` and `carried` come from the pools' indexes, the rest from units moved; the two are kept by different steps, so that they agree says
something. Totals are a list that the functions here change in place: one value for each of the names below, in this order.

Invariants (tests/core/payouts/test_payout_totals.py):
- TOTALS-1: after any events the identities hold exactly.
- TOTALS-2: totals are the sums over the pools, whatever the order of events.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ddsx_core.codec import decode_ints, encode_ints
from ddsx_core.limits import ACCRUAL_SCALE, ACCRUAL_SHIFT_BITS
from ddsx_core.units import Units

RECEIVED = 0
PROTOCOL = 1
SHARES = 2
CONTRIBUTORS = 3
ESCROWED = 4
REFUNDED = 5
TOPPED_UP = 6
SPENT = 7
PENDING = 8
OWED = 9
CARRIED = 10
SETTLED = 11
BALANCE = 12
DRAWN = 13
FEES = 14
TREASURY = 15
VALIDATORS = 16

Totals = list[int]
"""One number for each of the names above."""

_VERSION = "2"
_FIELDS = 17


class TotalsAudit(NamedTuple):
    """Where every unit received is.

    credited_units: what payees were ever given of sales, settled or not.
    claimable_units: balances, and what contributors are owed together, rounded down; each draws its own whole units, so together they can
        draw up to one unit for each contributor less, until later sales complete their fractions.
    claimable_fraction_scaled: what that rounding left, in 2^-128 of a unit.
    carried_scaled: what the indexes carry to their next credit, in 2^-128 of a unit.
    remainder_units: the two together, always a whole number.
    lost_scaled: received less everything else, in 2^-128 of a unit; anything but 0 is a bug.
    holdings_units: what the ledger's accounts of the splitter hold, but for payouts whose outcome is not known.
    """

    credited_units: int
    claimable_units: int
    claimable_fraction_scaled: int
    carried_scaled: int
    remainder_units: int
    lost_scaled: int
    holdings_units: int
    balanced: bool


def no_totals() -> Totals:
    """The totals of a ledger where nothing happened yet."""
    return [0] * _FIELDS


def book_draw(totals: Totals, amount: Units, fee: Units) -> None:
    """A payout drew its amount and fee from a balance; what was settled for it was booked before, by `book_settled`."""
    totals[BALANCE] -= amount + fee
    totals[DRAWN] += amount + fee
    totals[FEES] += fee


def book_settled(totals: Totals, units: Units) -> None:
    """A contributor drew whole units from a pool into its balance."""
    totals[SETTLED] += units
    totals[OWED] -= units << ACCRUAL_SHIFT_BITS
    totals[BALANCE] += units


def book_return(totals: Totals, amount: Units, fee: Units) -> None:
    """A payout did not happen: amount and fee are its payee's balance again."""
    totals[BALANCE] += amount + fee
    totals[DRAWN] -= amount + fee
    totals[FEES] -= fee


def book_requote(totals: Totals, before: Units, after: Units) -> None:
    """A payout was started over with another fee, out of what it had drawn."""
    totals[FEES] += after - before


def book_top_up(totals: Totals, amount: Units) -> None:
    """A payee paid money into its balance."""
    totals[TOPPED_UP] += amount
    totals[BALANCE] += amount


def book_spent(totals: Totals, amount: Units) -> None:
    """A price was paid out of a balance."""
    totals[SPENT] += amount
    totals[BALANCE] -= amount


def book_given_back(totals: Totals, amount: Units) -> None:
    """A price that arrived cannot be credited: it is its payer's balance."""
    totals[RECEIVED] += amount
    totals[REFUNDED] += amount
    totals[BALANCE] += amount


def book_unescrowed(totals: Totals, amount: Units) -> None:
    """Money in escrow will not be earned: it is its payer's balance."""
    totals[ESCROWED] -= amount
    totals[REFUNDED] += amount
    totals[BALANCE] += amount


def book_refund(totals: Totals, amount: Units) -> None:
    """A provider gave undrawn shares of its own back to a payer."""
    totals[SHARES] -= amount
    totals[REFUNDED] += amount


def audit_totals(totals: Totals) -> TotalsAudit:
    """Where every unit received is, in O(1)."""
    owed_units = totals[OWED] >> ACCRUAL_SHIFT_BITS
    fraction = totals[OWED] & (ACCRUAL_SCALE - 1)
    outstanding = totals[CONTRIBUTORS] - totals[SETTLED] - totals[PENDING]
    lost_scaled = (outstanding << ACCRUAL_SHIFT_BITS) - totals[OWED] - totals[CARRIED]
    parts = totals[PROTOCOL] + totals[SHARES] + totals[CONTRIBUTORS] + totals[ESCROWED] + totals[REFUNDED]
    in_balances = totals[PROTOCOL] + totals[SHARES] + totals[SETTLED] + totals[REFUNDED] + totals[TOPPED_UP]
    out_of_balances = totals[BALANCE] + totals[DRAWN] + totals[SPENT]
    return TotalsAudit(
        credited_units=totals[PROTOCOL] + totals[SHARES] + totals[SETTLED] + owed_units,
        claimable_units=totals[BALANCE] + owed_units,
        claimable_fraction_scaled=fraction,
        carried_scaled=totals[CARRIED],
        remainder_units=(fraction + totals[CARRIED]) >> ACCRUAL_SHIFT_BITS,
        lost_scaled=lost_scaled,
        holdings_units=totals[RECEIVED] + totals[TOPPED_UP] - totals[SPENT] - totals[DRAWN],
        balanced=lost_scaled == 0 and totals[RECEIVED] == parts and in_balances == out_of_balances,
    )


def encode_totals(totals: Sequence[int]) -> str:
    """The stored value of the totals; also what is certified."""
    return encode_ints(_VERSION, totals)


def decode_totals(text: str) -> Totals:
    """What `encode_totals` wrote; anything else is Broken. A ledger without any text has no totals yet."""
    return decode_ints(_VERSION, _FIELDS, text) if text else no_totals()
