"""Revenue shared among any number of contributors by their recorded work, for the same cost as among one.

A pool keeps one growing number, the index: what a single unit of weight has earned since the beginning, in 2^-128 of a money unit.

    credit of r units     n = r * 2^128 + remainder;  index += n // total_weight;  remainder = n % total_weight
    a member is owed      weight * index - tally      (scaled; its claim is the whole units of it)

A member's tally is what its weight times the index overstates: what the weight would have earned before it was recorded, and what was
claimed already. Recording work adds `added * index` to it, giving work up subtracts as much, a claim adds what it pays. So a change of
weight never changes what is owed, and "settle before the weight changes" is not a step that could be forgotten: touching a member, or
not, or twice, is the same.

What nobody can be paid yet is kept apart and exactly: `remainder` (below one 2^-128 for each unit of weight) joins the next credit;
`pending` is revenue that arrived while no work was recorded, and goes to the first work recorded, in proportion within its batch. Being
listed as a contributor gives no weight and so no part of it.

Conservation. With every sum kept as it changes, an audit needs the pool alone, not its members:

    received * 2^128  =  (claimed + pending) * 2^128 + remainder + total_weight * index - tally_sum

Proof. Let D be right minus left; D = 0 in an empty pool. A credit with T = total_weight > 0 adds r * 2^128 on the left; on the right
T * index grows by T * (n // T) and remainder changes by n % T - remainder, together n - remainder = r * 2^128. With T = 0 pending grows
by r. Releasing pending is a credit whose r leaves pending instead of entering received. A weight change by d adds d * index to
T * index and to tally_sum. A claim of u adds u to claimed and u * 2^128 to tally_sum. So D stays 0. And since tally_sum and
total_weight are the sums over the members, total_weight * index - tally_sum is the sum of what each member is owed (`reconcile`).

Invariants (tests/core/money/test_accrual_machine.py):
- ACCRUAL-1: the identity above holds after every operation; no unit is ever lost or made.
- ACCRUAL-2: what a member has been owed in all is its exact share of every credit, but for at most one remainder for each change of any
  weight: with the largest total weight and 2^32 changes, less than 2^-32 of a unit. A claim pays the whole units of it, so what it leaves
  is less than one unit more.
- ACCRUAL-3: no member is owed less than nothing, so members together are never paid more than was received.
- ACCRUAL-4: what one member claims, and when, changes nothing for another.
- ACCRUAL-5: revenue is pending only while the total weight is zero.
- ACCRUAL-6: a member that is removed keeps what it was owed and earns nothing while it is away, whenever it comes back.
Not a law: a member is never owed more than its exact share. A remainder may be shared after it arose by members who joined in between.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ddsx_core.codec import decode_ints, encode_ints
from ddsx_core.limits import ACCRUAL_SCALE, ACCRUAL_SHIFT_BITS, MAX_TOTAL_WEIGHT
from ddsx_core.refused import Broken, negative_amount, negative_weight, too_much_weight
from ddsx_core.units import Scaled, Units, Weight

_VERSION = "1"
_POOL_FIELDS = 7
_MEMBER_FIELDS = 3


class Pool(NamedTuple):
    """The shared state of one stream's contributors; the stored value has the fields in this order."""

    index_scaled: int = 0
    remainder_scaled: int = 0
    total_weight: int = 0
    tally_sum_scaled: int = 0
    pending_units: int = 0
    received_units: int = 0
    claimed_units: int = 0


class Member(NamedTuple):
    """One contributor's state in one pool; the tally may be negative."""

    weight: int = 0
    tally_scaled: int = 0
    claimed_units: int = 0


class Audit(NamedTuple):
    """Where every unit received is: received = claimed + claimable + pending + remainder, and lost_scaled is 0.

    credited_units: claimed and claimable, what members were ever given.
    claimable_units: what all members are owed together, rounded down. Each claims its own whole units, so together they can draw this
        or up to one unit a member less; the rest is fractions of theirs that later credits complete.
    remainder_units: the unit, if any, made up by claimable_fraction_scaled and index_remainder_scaled.
    lost_scaled: received less everything else, in 2^-128 units; anything but 0 is a bug.
    """

    received_units: int
    credited_units: int
    claimed_units: int
    claimable_units: int
    pending_units: int
    remainder_units: int
    claimable_fraction_scaled: int
    index_remainder_scaled: int
    lost_scaled: int


def credit(pool: Pool, amount: Units) -> Pool:
    """The pool after receiving `amount`: shared by weight, or pending while no work is recorded.

    Units: smallest units of the pool's ledger. Zero changes nothing.
    Rounding: each member's figure down to 2^-128 of a unit; what that leaves joins the next credit.
    Refuses: NegativeAmount.
    """
    if amount < 0:
        raise negative_amount(amount)
    index, remainder, total, tally_sum, pending, received, claimed = pool
    received += amount
    if total == 0:
        return Pool(index, remainder, total, tally_sum, pending + amount, received, claimed)
    index, remainder = _advance(index, remainder, total, amount)
    return Pool(index, remainder, total, tally_sum, pending, received, claimed)


def record_work(pool: Pool, member: Member, added_weight: Weight) -> tuple[Pool, Member]:
    """Pool and member after recording work of one member; see `record_batch` for the effect and what is refused."""
    pool, members = record_batch(pool, [(member, added_weight)])
    return pool, members[0]


def record_batch(pool: Pool, work: Sequence[tuple[Member, Weight]]) -> tuple[Pool, list[Member]]:
    """Pool and members after recording work of several members at once, each named once.

    The work counts for revenue that comes later, and for pending revenue when these are the first works recorded: it is shared by all
    of the batch, so that the order within a batch decides nothing.

    Refuses (in order): NegativeWeight at the first negative work, TooMuchWeight when the total would pass `MAX_TOTAL_WEIGHT`.
    """
    for position, (_, added_weight) in enumerate(work):
        if added_weight < 0:
            raise negative_weight(position, added_weight)
    return _change_weights(pool, work)


def set_weight(pool: Pool, member: Member, weight: Weight) -> tuple[Pool, Member]:
    """Pool and member after the member's weight is set: 0 removes it from future revenue, what it is owed stays its own.

    A weight set while no other is recorded takes pending revenue, as recorded work does.

    Refuses (in order): NegativeWeight, TooMuchWeight when the total would pass `MAX_TOTAL_WEIGHT`.
    """
    if weight < 0:
        raise negative_weight(0, weight)
    pool, members = _change_weights(pool, [(member, weight - member.weight)])
    return pool, members[0]


def remove_member(pool: Pool, member: Member) -> tuple[Pool, Member]:
    """Pool and member after it left: it earns nothing from now on, and what it was owed stays its own, to be claimed at any time.

    Removing a member that has no weight changes nothing.
    """
    return set_weight(pool, member, Weight(0))


def return_member(pool: Pool, member: Member, weight: Weight) -> tuple[Pool, Member]:
    """Pool and member after one that was removed came back with `weight`: it earns from now on, nothing for the time it was away.

    Refuses (in order): NegativeWeight, TooMuchWeight when the total would pass `MAX_TOTAL_WEIGHT`.
    Breaks: when the member has weight, since that would be forgotten.
    """
    if member.weight:
        raise Broken("a member that returns was not away")
    return set_weight(pool, member, weight)


def owed_scaled(pool: Pool, member: Member) -> Scaled:
    """What the member is owed now, in 2^-128 of a unit; never negative."""
    return Scaled(member.weight * pool.index_scaled - member.tally_scaled)


def owed(pool: Pool, member: Member) -> Units:
    """What the member can claim now, in units, rounded down."""
    return Units(owed_scaled(pool, member) >> ACCRUAL_SHIFT_BITS)


def claim(pool: Pool, member: Member) -> tuple[Pool, Member, Units]:
    """Pool and member after paying out the whole units that the member is owed, and how many; the fraction stays its own.

    Nothing is refused: with less than one unit owed, zero is paid and nothing changes.
    """
    paid = owed(pool, member)
    return (*_move_claim(pool, member, paid), paid)


def return_claim(pool: Pool, member: Member, amount: Units) -> tuple[Pool, Member]:
    """Pool and member after `amount` of earlier claims is owed again, because it did not reach the member.

    Refuses: NegativeAmount. Breaks: on more than the member has claimed.
    """
    if amount < 0:
        raise negative_amount(amount)
    if amount > member.claimed_units:
        raise Broken("more is returned to a member than it claimed")
    return _move_claim(pool, member, -amount)


def audit(pool: Pool) -> Audit:
    """Where every unit received is, from the pool alone, in O(1)."""
    index, remainder, total, tally_sum, pending, received, claimed = pool
    outstanding = total * index - tally_sum
    claimable = outstanding >> ACCRUAL_SHIFT_BITS
    fraction = outstanding & (ACCRUAL_SCALE - 1)
    return Audit(
        received_units=received,
        credited_units=claimed + claimable,
        claimed_units=claimed,
        claimable_units=claimable,
        pending_units=pending,
        remainder_units=(fraction + remainder) >> ACCRUAL_SHIFT_BITS,
        claimable_fraction_scaled=fraction,
        index_remainder_scaled=remainder,
        lost_scaled=((received - claimed - pending) << ACCRUAL_SHIFT_BITS) - outstanding - remainder,
    )


def reconcile(pool: Pool, members: Iterable[Member]) -> None:
    """Check the pool's sums against all of its members, in O(members): for auditors and tests, never inside a message.

    Breaks: when a unit was lost, a member is owed less than nothing, or weights, tallies or claims do not add up to the pool's.
    """
    if audit(pool).lost_scaled:
        raise Broken("a unit was lost or made")
    weight = tally = claimed = 0
    for member in members:
        if owed_scaled(pool, member) < 0:
            raise Broken("a member is owed less than nothing")
        weight += member.weight
        tally += member.tally_scaled
        claimed += member.claimed_units
    if (weight, tally, claimed) != (pool.total_weight, pool.tally_sum_scaled, pool.claimed_units):
        raise Broken("the members do not add up to their pool")


def encode_pool(pool: Pool) -> str:
    """The stored value of a pool."""
    return encode_ints(_VERSION, pool)


def decode_pool(text: str) -> Pool:
    """What `encode_pool` wrote; anything else is Broken."""
    return Pool(*decode_ints(_VERSION, _POOL_FIELDS, text))


def encode_member(member: Member) -> str:
    """The stored value of a member."""
    return encode_ints(_VERSION, member)


def decode_member(text: str) -> Member:
    """What `encode_member` wrote; anything else is Broken."""
    return Member(*decode_ints(_VERSION, _MEMBER_FIELDS, text))


def _advance(index: int, remainder: int, total: int, amount: int) -> tuple[int, int]:
    """Index and remainder after sharing `amount` over `total`."""
    undivided = (amount << ACCRUAL_SHIFT_BITS) + remainder
    step = undivided // total
    return index + step, undivided - step * total


def _change_weights(pool: Pool, changes: Sequence[tuple[Member, int]]) -> tuple[Pool, list[Member]]:
    """Pool and members after the changes; pending revenue is released over the new weights, once all of them stand."""
    index, remainder, total, tally_sum, pending, received, claimed = pool
    members: list[Member] = []
    for (weight, tally, claimed_by_member), change in changes:
        overstated = change * index
        total += change
        tally_sum += overstated
        members.append(Member(weight + change, tally + overstated, claimed_by_member))
    if total > MAX_TOTAL_WEIGHT:
        raise too_much_weight(total, MAX_TOTAL_WEIGHT)
    if pending and total:
        index, remainder = _advance(index, remainder, total, pending)
        pending = 0
    return Pool(index, remainder, total, tally_sum, pending, received, claimed), members


def _move_claim(pool: Pool, member: Member, amount: int) -> tuple[Pool, Member]:
    """Pool and member after `amount` moves from owed to claimed, or back when it is negative."""
    index, remainder, total, tally_sum, pending, received, claimed = pool
    weight, tally, claimed_by_member = member
    moved = amount << ACCRUAL_SHIFT_BITS
    return (
        Pool(index, remainder, total, tally_sum + moved, pending, received, claimed + amount),
        Member(weight, tally + moved, claimed_by_member + amount),
    )
