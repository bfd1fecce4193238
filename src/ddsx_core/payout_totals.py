"""Sums over all streams and payees, kept as they change, so that solvency is one look at one small value.

    received    prices that arrived          = protocol fees + provider shares + contributors' shares
    pending     contributors' shares that wait for the first work of their stream
    owed        what contributors have in the pools, scaled; carried: what the pools' indexes carry to their next credit, scaled
    settled     what contributors drew from the pools, in whole units
    balance     what payees hold outside the pools: protocol fees, provider shares and settled units that were not drawn for a payout
    drawn       amounts and ledger fees of payouts, on their way or paid; refused ones are balance again
    fees        the ledger's fees in drawn
    treasury    the part of balance that is protocol fees nobody has drawn

Identities, for any number of streams and payees (`audit_totals`):

    received                              = protocol fees + provider shares + contributors' shares
    contributors' shares * 2^128          = (settled + pending) * 2^128 + owed + carried
    protocol + provider shares + settled  = balance + drawn

and with them received = credited + pending + remainder, credited = claimable + drawn. `owed` and `carried` come from the pools' indexes,
the rest from units moved; the two are kept by different steps, so that they agree says something.

Invariants (tests/core/payouts/test_payout_totals.py):
- TOTALS-1: after any events the identities hold exactly.
- TOTALS-2: totals are the sums over the pools, whatever the order of events.
"""

from __future__ import annotations

from typing import NamedTuple

from ddsx_core.accrual import Pool
from ddsx_core.codec import decode_ints, encode_ints
from ddsx_core.hash_tree import SELF_DESCRIBED, labeled_hash, leaf_hash
from ddsx_core.limits import ACCRUAL_SCALE, ACCRUAL_SHIFT_BITS
from ddsx_core.stream_books import Sale
from ddsx_core.units import Units

AUDIT_LABEL = b"audit"

_VERSION = "1"
_FIELDS = 12


class Totals(NamedTuple):
    """The sums; the stored and certified value has them in this order."""

    received_units: int = 0
    protocol_fee_units: int = 0
    provider_units: int = 0
    contributor_units: int = 0
    pending_units: int = 0
    settled_units: int = 0
    owed_scaled: int = 0
    carried_scaled: int = 0
    balance_units: int = 0
    drawn_units: int = 0
    fee_units: int = 0
    treasury_units: int = 0


class TotalsAudit(NamedTuple):
    """Where every unit received is.

    credited_units: what payees were ever given, settled or not.
    claimable_units: balances, and what contributors are owed together, rounded down; each draws its own whole units, so together they can
        draw up to one unit for each contributor less, until later sales complete their fractions.
    claimable_fraction_scaled: what that rounding left, in 2^-128 of a unit.
    carried_scaled: what the indexes carry to their next credit, in 2^-128 of a unit.
    remainder_units: the two together, always a whole number.
    lost_scaled: received less everything else, in 2^-128 of a unit; anything but 0 is a bug.
    """

    credited_units: int
    claimable_units: int
    claimable_fraction_scaled: int
    carried_scaled: int
    remainder_units: int
    lost_scaled: int
    balanced: bool


def after_sale(totals: Totals, sale: Sale, before: Pool, after: Pool) -> Totals:
    """The totals after a price arrived, was shared like that, and changed a stream's pool."""
    received, protocol, provider, contributor, pending, settled, owed, carried, balance, drawn, fees, treasury = totals
    fee, share, rest = sale
    return Totals(
        received + fee + share + rest,
        protocol + fee,
        provider + share,
        contributor + rest,
        pending + after.pending_units - before.pending_units,
        settled,
        owed + _owed_scaled(after) - _owed_scaled(before),
        carried + after.remainder_scaled - before.remainder_scaled,
        balance + fee + share,
        drawn,
        fees,
        treasury + fee,
    )


def after_release(totals: Totals, before: Pool, after: Pool) -> Totals:
    """The totals after the first work of a stream took what was pending in its pool."""
    return totals._replace(
        pending_units=totals.pending_units + after.pending_units - before.pending_units,
        owed_scaled=totals.owed_scaled + _owed_scaled(after) - _owed_scaled(before),
        carried_scaled=totals.carried_scaled + after.remainder_scaled - before.remainder_scaled,
    )


def after_draw(totals: Totals, settled_units: Units, from_treasury: Units, amount: Units, fee: Units) -> Totals:
    """The totals after a payout drew its amount and fee.

    settled_units: what its payee drew from pools for it; from_treasury: what it drew of the protocol's fees.
    """
    received, protocol, provider, contributor, pending, settled, owed, carried, balance, drawn, fees, treasury = totals
    return Totals(
        received,
        protocol,
        provider,
        contributor,
        pending,
        settled + settled_units,
        owed - (settled_units << ACCRUAL_SHIFT_BITS),
        carried,
        balance + settled_units - amount - fee,
        drawn + amount + fee,
        fees + fee,
        treasury - from_treasury,
    )


def after_return(totals: Totals, amount: Units, fee: Units) -> Totals:
    """The totals after a payout did not happen: amount and fee are its payee's balance again."""
    return totals._replace(
        balance_units=totals.balance_units + amount + fee,
        drawn_units=totals.drawn_units - amount - fee,
        fee_units=totals.fee_units - fee,
    )


def after_requote(totals: Totals, before: Units, after: Units) -> Totals:
    """The totals after a payout was started over with another fee, out of what it had drawn."""
    return totals._replace(fee_units=totals.fee_units - before + after)


def audit_totals(totals: Totals) -> TotalsAudit:
    """Where every unit received is, in O(1)."""
    owed_units = totals.owed_scaled >> ACCRUAL_SHIFT_BITS
    fraction = totals.owed_scaled & (ACCRUAL_SCALE - 1)
    outstanding = totals.contributor_units - totals.settled_units - totals.pending_units
    lost_scaled = (outstanding << ACCRUAL_SHIFT_BITS) - totals.owed_scaled - totals.carried_scaled
    in_balances = totals.protocol_fee_units + totals.provider_units + totals.settled_units
    shares = totals.protocol_fee_units + totals.provider_units + totals.contributor_units
    return TotalsAudit(
        credited_units=in_balances + owed_units,
        claimable_units=totals.balance_units + owed_units,
        claimable_fraction_scaled=fraction,
        carried_scaled=totals.carried_scaled,
        remainder_units=(fraction + totals.carried_scaled) >> ACCRUAL_SHIFT_BITS,
        lost_scaled=lost_scaled,
        balanced=lost_scaled == 0 and totals.received_units == shares and in_balances == totals.balance_units + totals.drawn_units,
    )


def encode_totals(totals: Totals) -> str:
    """The stored value of the totals; also what is certified."""
    return encode_ints(_VERSION, totals)


def decode_totals(text: str) -> Totals:
    """What `encode_totals` wrote; anything else is Broken."""
    return Totals(*decode_ints(_VERSION, _FIELDS, text))


def totals_root(text: str) -> bytes:
    """The 32 bytes to certify for stored totals: the root hash of a tree with their text at the path `audit`. Cost: two hashes."""
    return labeled_hash(AUDIT_LABEL, leaf_hash(text.encode()))


def totals_witness(text: str) -> bytes:
    """That tree in CBOR, with tag 55799; `hash_tree.parse_hash_tree` reads it."""
    value = text.encode()
    size = len(value)
    # CBOR spells a length as shortly as it can be, and a byte string below 24 bytes shorter still.
    head = bytes([0x40 + size]) if size < 24 else b"\x58" + bytes([size]) if size < 256 else b"\x59" + size.to_bytes(2, "big")
    return SELF_DESCRIBED + b"\x83\x02\x45" + AUDIT_LABEL + b"\x82\x03" + head + value


def _owed_scaled(pool: Pool) -> int:
    return pool.total_weight * pool.index_scaled - pool.tally_sum_scaled
