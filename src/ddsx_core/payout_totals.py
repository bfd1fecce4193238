"""Sums over all streams and payees, kept as they change, so that solvency is one look at one small value.

Every event has a change: a `Totals` of differences, zero where nothing moves. `add_changes` adds them up.

    sale        received = protocol fee + provider's share + contributors' share
    pool        what a stream's pool holds: pending, settled, owed, carried (see `accrual`)
    withdrawal  a balance becomes a payment on its way
    payment     what was on its way has arrived, less the ledger's fee
    return      what was on its way is a balance again

Identities, for any number of streams and payees (`audit_totals`):

    received                              = protocol fees + provider shares + contributors' shares
    contributors' shares * 2^128          = (settled + pending) * 2^128 + owed + carried
    protocol + provider shares + settled  = balances + in flight + paid + ledger fees

and with them: received = credited + pending + remainder, and credited = claimable + in flight + paid + ledger fees. `owed` and `carried`
come from the pools' indexes, the rest from units moved; the two are kept by different steps, so that they agree says something.

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
from ddsx_core.units import Units

AUDIT_LABEL = b"audit"

_VERSION = "1"
_FIELDS = 13


class Totals(NamedTuple):
    """Sums, or differences of them; the stored and certified value has the fields in this order."""

    received_units: int = 0
    protocol_fee_units: int = 0
    provider_units: int = 0
    contributor_units: int = 0
    pending_units: int = 0
    settled_units: int = 0
    owed_scaled: int = 0
    carried_scaled: int = 0
    balance_units: int = 0
    in_flight_units: int = 0
    paid_units: int = 0
    ledger_fee_units: int = 0
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


def add_changes(totals: Totals, *changes: Totals) -> Totals:
    """The totals after the changes."""
    return Totals(*[sum(column) for column in zip(totals, *changes)])


def sale_change(protocol_fee: Units, provider_share: Units, contributors_share: Units) -> Totals:
    """A price has arrived; the contributors' share itself shows in the change of its pool."""
    return Totals(
        received_units=protocol_fee + provider_share + contributors_share,
        protocol_fee_units=protocol_fee,
        provider_units=provider_share,
        balance_units=protocol_fee + provider_share,
        treasury_units=protocol_fee,
    )


def pool_change(before: Pool, after: Pool) -> Totals:
    """A pool was credited, got work recorded or was drawn from; what was drawn is in a balance now."""
    settled = after.claimed_units - before.claimed_units
    return Totals(
        contributor_units=after.received_units - before.received_units,
        pending_units=after.pending_units - before.pending_units,
        settled_units=settled,
        owed_scaled=_owed_scaled(after) - _owed_scaled(before),
        carried_scaled=after.remainder_scaled - before.remainder_scaled,
        balance_units=settled,
    )


def withdrawal_change(gross: Units, from_treasury: Units) -> Totals:
    """Amount and fee of a payment leave a balance; so much of it were protocol fees that nobody had drawn before."""
    return Totals(balance_units=-gross, in_flight_units=gross, treasury_units=-from_treasury)


def payment_change(amount: Units, fee: Units) -> Totals:
    """A payment has arrived and the ledger has its fee."""
    return Totals(in_flight_units=-(amount + fee), paid_units=amount, ledger_fee_units=fee)


def return_change(gross: Units) -> Totals:
    """Amount and fee of a payment that did not happen are a balance again."""
    return Totals(balance_units=gross, in_flight_units=-gross)


def audit_totals(totals: Totals) -> TotalsAudit:
    """Where every unit received is, in O(1)."""
    owed_units = totals.owed_scaled >> ACCRUAL_SHIFT_BITS
    fraction = totals.owed_scaled & (ACCRUAL_SCALE - 1)
    outstanding = totals.contributor_units - totals.settled_units - totals.pending_units
    lost_scaled = (outstanding << ACCRUAL_SHIFT_BITS) - totals.owed_scaled - totals.carried_scaled
    in_balances = totals.protocol_fee_units + totals.provider_units + totals.settled_units
    left_balances = totals.in_flight_units + totals.paid_units + totals.ledger_fee_units
    shares = totals.protocol_fee_units + totals.provider_units + totals.contributor_units
    return TotalsAudit(
        credited_units=in_balances + owed_units,
        claimable_units=totals.balance_units + owed_units,
        claimable_fraction_scaled=fraction,
        carried_scaled=totals.carried_scaled,
        remainder_units=(fraction + totals.carried_scaled) >> ACCRUAL_SHIFT_BITS,
        lost_scaled=lost_scaled,
        balanced=lost_scaled == 0 and totals.received_units == shares and in_balances == totals.balance_units + left_balances,
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
    # CBOR spells a length as shortly as can be; totals take 27 to 720 bytes.
    head = b"\x58" + bytes([size]) if size < 256 else b"\x59" + size.to_bytes(2, "big")
    return SELF_DESCRIBED + b"\x83\x02\x45" + AUDIT_LABEL + b"\x82\x03" + head + value


def _owed_scaled(pool: Pool) -> int:
    return pool.total_weight * pool.index_scaled - pool.tally_sum_scaled
