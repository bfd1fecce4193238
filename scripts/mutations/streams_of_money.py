"""Bugs in money that flows by a plan: cuts and caps (`plans`), escrow that is earned along a clock (`flows`), fees over time."""

from __future__ import annotations

from mutations.mutation import Mutation

_PLANS = "src/ddsx_core/plans.py"
_PLAN_LAWS = "tests/core/money/test_plan_laws.py"
_PLAN_STEPS = "tests/core/money/test_plan_steps.py"
_MISTAKES = "tests/core/money/test_mistakes_made_elsewhere.py"
_FLOWS = "src/ddsx_core/flows.py"
_FLOW_CASES = "tests/core/money/test_flow_cases.py"
_FLOW_LAWS = "tests/core/money/test_flow_laws.py"
_FLOW_MACHINE = f"{_FLOW_LAWS}::TestFlow::runTest"

MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        name="cut-rounded-down",
        loss="Whoever sells in small pieces pays no fee and no royalty.",
        file=_PLANS,
        old="        left = rest * kept_ppm // PPM\n",
        new="        left = -(-rest * kept_ppm // PPM)\n",
        tests=(f"{_PLAN_LAWS}::test_a_part_is_the_share_of_what_is_left_rounded_up_or_its_cap",),
    ),
    Mutation(
        name="cut-of-each-sale-alone",
        loss="Each sale is rounded up by itself: many small settlements take more from contributors than one large.",
        file=_PLANS,
        old="    rest_before: int = before\n    rest: int = before + amount\n",
        new="    rest_before: int = 0\n    rest: int = amount\n",
        tests=(f"{_PLAN_LAWS}::test_a_credit_in_two_is_a_credit_in_one",),
    ),
    Mutation(
        name="cap-ignored",
        loss="A royalty or an advance that should end goes on for ever, out of what contributors earn.",
        file=_PLANS,
        old="            left = max(left, rest - cap)\n",
        new="            left = max(left, left - cap)\n",
        tests=(f"{_PLAN_LAWS}::test_a_royalty_ends_at_its_cap", f"{_PLAN_LAWS}::test_parts_and_rest_add_up_and_no_cap_is_passed"),
    ),
    Mutation(
        name="cap-starts-anew-with-each-sale",
        loss="What a capped step took before is forgotten: it takes its cap again.",
        file=_PLANS,
        old="            left_before = max(left_before, rest_before - cap)\n",
        new="",
        tests=(f"{_PLAN_LAWS}::test_a_royalty_ends_at_its_cap", f"{_PLAN_LAWS}::test_nobody_has_less_of_more"),
    ),
    Mutation(
        name="order-of-cuts-lost",
        loss="Each step takes its share of the whole instead of what the steps before it left: together more than was paid.",
        file=_PLANS,
        old="        rest_before = left_before\n        rest = left\n",
        new="",
        tests=(f"{_PLAN_LAWS}::test_order_decides", f"{_PLAN_LAWS}::test_parts_and_rest_add_up_and_no_cap_is_passed"),
    ),
    Mutation(
        name="plan-change-without-rebase",
        loss="A plan that goes on after a change of the fee gives every capped payee its cap once more.",
        file=_PLANS,
        old="going_on.append(Step(payee, name, share_ppm, Units(cap - taken), vest_seconds))",
        new="going_on.append(step)",
        tests=(f"{_PLAN_LAWS}::test_caps_hold_across_rebasing", f"{_MISTAKES}::test_entry_not_zeroed_a_cap_is_taken_once"),
    ),
    Mutation(
        name="full-cap-becomes-no-cap",
        loss="A payee whose cap is full when the fee changes takes without limit from then on: a cap of 0 means none.",
        file=_PLANS,
        old="going_on.append(Step(payee, name, Ppm(0), Units(0), vest_seconds))",
        new="going_on.append(Step(payee, name, share_ppm, Units(cap - taken), vest_seconds))",
        tests=(f"{_PLAN_LAWS}::test_caps_hold_across_rebasing", f"{_PLAN_LAWS}::test_rebasing_keeps_steps_and_uses_up_caps"),
    ),
    Mutation(
        name="plan-pays-anyone",
        loss="A plan may name the anonymous principal: anyone draws what is due to it.",
        file=_PLANS,
        old="    if principal == ANONYMOUS:\n",
        new="    if not principal:\n",
        tests=(f"{_PLAN_STEPS}::test_a_principal_is_one_that_somebody_is",),
    ),
    Mutation(
        name="share-above-all",
        loss="A step of more than 100 % makes the contributors' part negative.",
        file=_PLANS,
        old="        if not 0 <= share_ppm <= PPM:\n",
        new="        if not 0 <= share_ppm:\n",
        tests=(f"{_PLAN_STEPS}::test_a_share_is_part_of_a_whole",),
    ),
    Mutation(
        name="flow-end-forgotten",
        loss="Payments go on earning after their end, out of the escrow of others.",
        file=_FLOWS,
        old="        rate -= falls_by\n        position = at\n",
        new="        position = at\n",
        tests=(f"{_FLOW_CASES}::test_a_payment_is_earned_evenly_and_in_full", _FLOW_MACHINE),
    ),
    Mutation(
        name="flow-rest-of-a-payment-lost",
        loss="What the division into ticks leaves is never earned: it stays in escrow for ever.",
        file=_FLOWS,
        old="        carry += rate * (at - position) + rest\n",
        new="        carry += rate * (at - position)\n",
        tests=(f"{_FLOW_CASES}::test_what_the_rate_leaves_is_earned_at_the_end",),
    ),
    Mutation(
        name="flow-position-not-moved",
        loss="What was earned is earned again at every look, until the escrow of all others is used up.",
        file=_FLOWS,
        old="return Flow(to, rate, carry & _FRACTION, Units(held - earned), ends[place:]), Units(earned)",
        new="return Flow(position, rate, carry & _FRACTION, Units(held - earned), ends[place:]), Units(earned)",
        tests=(f"{_FLOW_LAWS}::test_advancing_in_steps_is_advancing_at_once",),
    ),
    Mutation(
        name="flow-carry-lost",
        loss="Fractions of a unit are lost at every look: a stream that is looked at often earns less.",
        file=_FLOWS,
        old="return Flow(to, rate, carry & _FRACTION, Units(held - earned), ends[place:]), Units(earned)",
        new="return Flow(to, rate, 0, Units(held - earned), ends[place:]), Units(earned)",
        tests=(f"{_FLOW_LAWS}::test_advancing_in_steps_is_advancing_at_once",),
    ),
    Mutation(
        name="flow-earns-before-it-is-brought-up",
        loss="A payment opened on a flow that stands at an earlier tick earns for time before it was paid.",
        file=_FLOWS,
        old="    if held and position != start:\n",
        new="    if held and position > start:\n",
        tests=(f"{_FLOW_CASES}::test_a_flow_that_holds_money_is_advanced_before_more_is_opened",),
    ),
    Mutation(
        name="flow-runs-back",
        loss="A clock that runs back takes away what was earned.",
        file=_FLOWS,
        old="    if to <= position:\n        return flow, Units(0)\n",
        new="    if to == position:\n        return flow, Units(0)\n",
        tests=(f"{_FLOW_CASES}::test_a_clock_that_stands_or_runs_back_moves_nothing",),
    ),
    Mutation(
        name="end-reached-one-tick-late",
        loss="A payment is earned in full a second, or a record, after it should be.",
        file=_FLOWS,
        old="ends[place : place + _AT_DIGITS] <= last:",
        new="ends[place : place + _AT_DIGITS] < last:",
        tests=(f"{_FLOW_CASES}::test_the_last_ticks_are_earned_when_the_rounded_end_is_reached", _FLOW_MACHINE),
    ),
    Mutation(
        name="refund-rounded-up",
        loss="Closing a payment gives back a unit that was earned.",
        file=_FLOWS,
        old="return Units(paid * max(total - delivered, 0) // total)",
        new="return Units(-(-paid * max(total - delivered, 0) // total))",
        tests=(f"{_FLOW_CASES}::test_a_refund_is_the_part_that_was_not_delivered_rounded_down",),
    ),
    Mutation(
        name="refund-beyond-escrow",
        loss="A payment that is over is refunded for ticks that its rounded end already earned: paid to both.",
        file=_FLOWS,
        old="    if position >= at:\n",
        new="    if position >= end:\n",
        tests=(f"{_FLOW_CASES}::test_a_payment_that_is_earned_has_no_refund", _FLOW_MACHINE),
    ),
    Mutation(
        name="refund-of-everything",
        loss="Ending a subscription early gives back what was delivered too.",
        file=_FLOWS,
        old="    refund = pro_rata_refund(amount, position - start, end - start)\n",
        new="    refund = amount\n",
        tests=(f"{_FLOW_CASES}::test_a_payment_closed_half_way_is_half_refunded",),
    ),
    Mutation(
        name="refund-twice",
        loss="A payment that was closed can be closed again, out of the escrow of others.",
        file=_FLOWS,
        old="_change_end(ends, at, -added_rate, -rest)),\n        refund,",
        new="ends),\n        refund,",
        tests=(f"{_FLOW_CASES}::test_a_payment_cannot_be_closed_twice",),
    ),
    Mutation(
        name="fee-change-reaches-back",
        loss="A fee that is announced for later holds at once.",
        file="src/ddsx_core/fee_schedule.py",
        old="return [change for change in changes if change[0] <= now][-1] if changes[0][0] <= now else changes[0]",
        new="return changes[-1]",
        tests=("tests/core/payouts/test_splitter_changes.py::test_a_change_is_shown_before_and_holds_after_its_delay",),
    ),
)
