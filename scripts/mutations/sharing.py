"""Bugs in sharing: explicit lists (`split`) and the contributors' pool (`accrual`)."""

from __future__ import annotations

from mutations.mutation import Mutation

_SPLIT = "src/ddsx_core/split.py"
_ACCRUAL = "src/ddsx_core/accrual.py"
_SPLIT_LAWS = "tests/core/money/test_split_laws.py"
_CASES = "tests/core/money/test_accrual_cases.py"
_LAWS = "tests/core/money/test_accrual_laws.py"
_MACHINE = "tests/core/money/test_accrual_machine.py::TestPool::runTest"

MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        name="split-factor-rounded-down",
        loss="A payee whose share is a whole number is paid one unit less, and the parts do not add up to the amount.",
        file=_SPLIT,
        old="factor = -((-amount << shift) // total)",
        new="factor = (amount << shift) // total",
        tests=(f"{_SPLIT_LAWS}::test_parts_add_up_to_the_amount", f"{_SPLIT_LAWS}::test_equals_the_naive_model"),
    ),
    Mutation(
        name="split-too-few-digits",
        loss="With large weights a payee is paid a unit that belongs to its neighbour.",
        file=_SPLIT,
        old="shift = 2 * total.bit_length()",
        new="shift = total.bit_length()",
        tests=(f"{_SPLIT_LAWS}::test_every_small_amount_over_every_small_total_is_cut_at_the_same_places",),
    ),
    Mutation(
        name="split-carry-dropped",
        loss="Fractions between payees are thrown away: the parts add up to less than was to be shared.",
        file=_SPLIT,
        old="(carry := (carry & below) + weight * factor) >> shift",
        new="(weight * factor) >> shift",
        tests=(f"{_SPLIT_LAWS}::test_parts_add_up_to_the_amount",),
    ),
    Mutation(
        name="split-block-starts-from-nothing",
        loss="In long lists the first payee of every block is paid for all before it once more.",
        file=_SPLIT,
        old="        paid = sums[-1] * factor >> shift\n",
        new="        paid = 0\n",
        tests=(f"{_SPLIT_LAWS}::test_a_million_weights",),
    ),
    Mutation(
        name="accrual-remainder-lost",
        loss="What a division leaves at each sale is lost: with many contributors, whole sales are.",
        file=_ACCRUAL,
        old="return index + step, undivided - step * total",
        new="return index + step, 0",
        tests=(f"{_CASES}::test_revenue_below_the_number_of_members_reaches_them_in_time", _MACHINE),
    ),
    Mutation(
        name="accrual-remainder-counted-twice",
        loss="Contributors are owed more than was received; the last to claim finds the account empty.",
        file=_ACCRUAL,
        old="return index + step, undivided - step * total",
        new="return index + step, undivided - step * total + remainder",
        tests=(_MACHINE,),
    ),
    Mutation(
        name="accrual-index-rounded-up",
        loss="Each sale owes contributors a little more than it brought.",
        file=_ACCRUAL,
        old="    step = undivided // total\n    return index + step, undivided - step * total\n",
        new="    step = -(-undivided // total)\n    return index + step, max(undivided - step * total, 0)\n",
        tests=(_MACHINE,),
    ),
    Mutation(
        name="accrual-weight-change-unsettled",
        loss="Work recorded today is paid for all sales of the past, out of what others earned.",
        file=_ACCRUAL,
        old="overstated = change * index",
        new="overstated = 0",
        tests=(f"{_CASES}::test_weight_raised_before_a_claim_earns_nothing_for_the_past", _MACHINE),
    ),
    Mutation(
        name="accrual-pool-forgets-weight-change",
        loss="A member's claim on the past is corrected, the pool's sum is not: the audit no longer says what is owed.",
        file=_ACCRUAL,
        old="        tally_sum += overstated\n",
        new="        tally_sum += 0\n",
        tests=(f"{_CASES}::test_an_audit_says_where_every_unit_is", _MACHINE),
    ),
    Mutation(
        name="accrual-total-weight-not-raised",
        loss="New contributors are paid on top of the others: more is owed than was received.",
        file=_ACCRUAL,
        old="        total += change\n",
        new="        total += max(change, 0) if total == 0 else 0\n",
        tests=(_MACHINE,),
    ),
    Mutation(
        name="accrual-pending-to-first-joiner",
        loss="Revenue that waits for work goes to whoever is named first in a batch, not to all of it.",
        file=_ACCRUAL,
        old="    if pending and total:\n        index, remainder = _advance(index, remainder, total, pending)\n",
        new="    if pending and total:\n        index, remainder = _advance(index, remainder, members[0].weight or total, pending)\n",
        tests=(f"{_LAWS}::test_order_within_a_batch_does_not_matter", _MACHINE),
    ),
    Mutation(
        name="accrual-pending-kept",
        loss="Revenue that waited is released again with every batch of work: more is owed than was received.",
        file=_ACCRUAL,
        old="        index, remainder = _advance(index, remainder, total, pending)\n        pending = 0\n",
        new="        index, remainder = _advance(index, remainder, total, pending)\n",
        tests=(f"{_CASES}::test_revenue_without_supply_waits_and_is_not_lost", _MACHINE),
    ),
    Mutation(
        name="accrual-pending-never-released",
        loss="What was paid before the first work was recorded stays out of everybody's reach.",
        file=_ACCRUAL,
        old="    if pending and total:\n",
        new="    if pending and not total:\n",
        tests=(f"{_CASES}::test_revenue_without_supply_waits_and_is_not_lost",),
    ),
    Mutation(
        name="accrual-claim-rounded-up",
        loss="A claim takes a unit that the member has not fully earned; the last to claim misses it.",
        file=_ACCRUAL,
        old="return Units(owed_scaled(pool, member) >> ACCRUAL_SHIFT_BITS)",
        new="return Units(-(-owed_scaled(pool, member) >> ACCRUAL_SHIFT_BITS))",
        tests=(f"{_CASES}::test_a_claim_takes_whole_units_once", _MACHINE),
    ),
    Mutation(
        name="accrual-claim-not-taken-off",
        loss="The same earnings can be claimed again and again, until the account is empty.",
        file=_ACCRUAL,
        old="Member(weight, tally + moved, claimed_by_member + amount)",
        new="Member(weight, tally, claimed_by_member + amount)",
        tests=(f"{_CASES}::test_a_claim_takes_whole_units_once", _MACHINE),
    ),
    Mutation(
        name="accrual-claim-takes-the-fraction",
        loss="Each claim throws away the fraction of a unit that the member had earned: frequent claimers lose.",
        file=_ACCRUAL,
        old="    moved = amount << ACCRUAL_SHIFT_BITS\n",
        new="    moved = owed_scaled(pool, member) if amount > 0 else amount << ACCRUAL_SHIFT_BITS\n",
        tests=(f"{_LAWS}::test_when_a_member_claims_does_not_matter", _MACHINE),
    ),
)
