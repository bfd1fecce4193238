"""Bugs in what proves that a payment happened, in payouts, and in the totals of a ledger."""

from __future__ import annotations

from mutations.mutation import Mutation

_PAYMENTS = "src/ddsx_core/payment_rules.py"
_PAYMENT_TESTS = "tests/core/payouts/test_payment_rules.py"
_CYCLES = "src/ddsx_core/cycles_rules.py"
_CYCLES_TESTS = "tests/core/payouts/test_cycles_rules.py"
_STAYS = "tests/core/payouts/test_what_stays.py"
_PAYOUTS = "src/ddsx_core/payout_rules.py"
_PAYOUT_TESTS = "tests/core/payouts/test_payout_rules.py"

MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        name="duplicate-answer-refused",
        loss="A payment that the ledger calls a duplicate, so carried out, is booked as one that never was.",
        file=_PAYMENTS,
        old='PAYING_ANSWERS = ("Ok", "Duplicate")',
        new='PAYING_ANSWERS = ("Ok",)',
        tests=(f"{_PAYMENT_TESTS}::test_what_was_carried_out_is_paid_whenever_it_is_learned",),
    ),
    Mutation(
        name="late-refusal-believed",
        loss="The refusal of an earlier attempt ends a payment that the later attempt carries out: paid, and given back too.",
        file=_PAYMENTS,
        old="    if kind == NO_ANSWER or not is_latest:\n",
        new="    if kind == NO_ANSWER:\n",
        tests=(f"{_PAYMENT_TESTS}::test_a_refusal_proves_nothing_while_a_later_attempt_is_on_its_way",),
    ),
    Mutation(
        name="no-answer-is-a-refusal",
        loss="A payment whose reply was lost is given back although it was carried out.",
        file=_PAYMENTS,
        old="    if kind == NO_ANSWER or not is_latest:\n",
        new="    if not is_latest:\n",
        tests=(f"{_PAYMENT_TESTS}::test_no_answer_proves_nothing",),
    ),
    Mutation(
        name="unresolved-is-refused",
        loss="A payment that nobody can ask about any more is given back although the ledger may have carried it out.",
        file=_PAYMENTS,
        old='return UNRESOLVED if kind == "TooOld" else OPEN',
        new='return REFUSED if kind == "TooOld" else OPEN',
        tests=(f"{_PAYMENT_TESTS}::test_a_refusal_of_a_later_attempt_is_final_only_behind_the_look_for_duplicates",),
    ),
    Mutation(
        name="bad-fee-on-retry-believed",
        loss="A fee that changed between two attempts ends a payment that the first attempt had made: it is made twice.",
        file=_PAYMENTS,
        old='_PAST_DEDUPLICATION = ("InsufficientFunds", "InsufficientAllowance")',
        new='_PAST_DEDUPLICATION = ("InsufficientFunds", "InsufficientAllowance", "BadFee")',
        tests=(f"{_PAYMENT_TESTS}::test_a_refusal_of_a_later_attempt_is_final_only_behind_the_look_for_duplicates",),
    ),
    Mutation(
        name="window-closed-too-early",
        loss="Attempts stop while the ledger would still answer, and payments wait for governance without need.",
        file=_PAYMENTS,
        old="return now_ns > created_at_ns + TX_WINDOW_NS + CLOSING_MARGIN_NS",
        new="return now_ns > created_at_ns + TX_WINDOW_NS - CLOSING_MARGIN_NS",
        tests=(f"{_PAYMENT_TESTS}::test_the_window_closes_a_margin_after_the_ledgers",),
    ),
    Mutation(
        name="payout-fee-not-drawn",
        loss="A claim pays the whole balance and the ledger's fee on top, out of what is owed to others.",
        file=_PAYOUTS,
        old="ledger, Units(gross - fee), fee, now,",
        new="ledger, Units(gross), fee, now,",
        tests=(f"{_PAYOUT_TESTS}::test_a_payout_draws_the_whole_balance", f"{_PAYOUT_TESTS}::test_payout_1_a_unit_is_in_one_place"),
    ),
    Mutation(
        name="payout-not-drawn",
        loss="A second claim, while the first is on its way, pays the same balance again.",
        file=_PAYOUTS,
        old="fees, drawn = Units(fees + fee), Units(drawn + gross)",
        new="fees = Units(fees + fee)",
        tests=(f"{_PAYOUT_TESTS}::test_a_payout_draws_the_whole_balance", f"{_PAYOUT_TESTS}::test_payout_1_a_unit_is_in_one_place"),
    ),
    Mutation(
        name="refused-payout-keeps-the-fee",
        loss="Each payout that the ledger refuses costs the payee a fee that no ledger took.",
        file=_PAYOUTS,
        old="drawn_units=Units(payee.drawn_units - payout.amount - payout.fee),",
        new="drawn_units=Units(payee.drawn_units - payout.amount),",
        tests=(f"{_PAYOUT_TESTS}::test_a_refused_payout_leaves_the_payee_as_it_was",),
    ),
    Mutation(
        name="refused-payout-stays-open",
        loss="Payouts that were refused use up the payee's places, until it cannot claim any more.",
        file=_PAYOUTS,
        old="        open_payouts=remove_number(payee.open_payouts, number),\n",
        new="",
        tests=(f"{_PAYOUT_TESTS}::test_a_refused_payout_leaves_the_payee_as_it_was",),
    ),
    Mutation(
        name="payout-of-nothing-but-the-fee",
        loss="A balance of exactly the fee is burned in a transfer of zero.",
        file=_PAYOUTS,
        old="    if gross <= fee or gross < least:\n",
        new="    if gross < fee or gross < least:\n",
        tests=(f"{_PAYOUT_TESTS}::test_a_balance_that_pays_nothing_stays",),
    ),
    Mutation(
        name="payout-retried-with-a-new-time",
        loss="Each attempt is a new transfer to the ledger: a payout whose answer was lost is paid again.",
        file=_PAYOUTS,
        old="return payout._replace(attempts=payout.attempts + 1,",
        new="return payout._replace(attempts=payout.attempts + 1, created_at=now,",
        tests=(f"{_STAYS}::test_a_further_attempt_repeats_the_very_same_call",),
    ),
    Mutation(
        name="requote-without-a-new-time",
        loss="A payout started over with another fee repeats one that was refused, with a window that runs out.",
        file=_PAYOUTS,
        old="fee=fee, created_at=now, attempts=1,",
        new="fee=fee, attempts=1,",
        tests=(f"{_PAYOUT_TESTS}::test_another_fee_is_paid_out_of_what_was_drawn",),
    ),
    Mutation(
        name="requote-on-top",
        loss="A fee that rises is paid out of what belongs to others instead of what the payout drew.",
        file=_PAYOUTS,
        old="amount=Units(gross - fee), fee=fee, created_at=now,",
        new="fee=fee, created_at=now,",
        tests=(f"{_PAYOUT_TESTS}::test_another_fee_is_paid_out_of_what_was_drawn",),
    ),
    Mutation(
        name="requote-without-end",
        loss="A ledger that asks for the fee it was given is asked again and again, for ever.",
        file=_PAYOUTS,
        old="    if gross <= fee or fee == payout.fee:\n",
        new="    if gross <= fee:\n",
        tests=(f"{_PAYOUT_TESTS}::test_a_fee_that_leaves_nothing_or_is_the_same_starts_nothing_over",),
    ),
    Mutation(
        name="claim-not-idempotent",
        loss="A claim that is repeated after a lost answer starts a second payout.",
        file=_PAYOUTS,
        old="    if created_at == payee.claimed_at and payee.claimed_as:\n",
        new="    if created_at == payee.claimed_at and not payee.claimed_as:\n",
        tests=(f"{_PAYOUT_TESTS}::test_payout_2_a_claims_time_names_it",),
    ),
    Mutation(
        name="claim-of-the-past-accepted",
        loss="An old claim that was delayed on its way pays out once more, to an account that the payee may have left.",
        file=_PAYOUTS,
        old="    if created_at < payee.claimed_at:\n",
        new="    if created_at < 0:\n",
        tests=(f"{_PAYOUT_TESTS}::test_payout_2_a_claims_time_names_it",),
    ),
    Mutation(
        name="claim-without-time-forgets",
        loss="A claim without a time makes the splitter forget the named one before it, which can then be repeated.",
        file=_PAYOUTS,
        old="    if request_time is not None:\n        claimed_at, claimed_as = request_time, number\n",
        new="    claimed_at, claimed_as = request_time or Nanoseconds(0), number\n",
        tests=(f"{_STAYS}::test_a_claim_without_a_time_leaves_the_named_one_named",),
    ),
    Mutation(
        name="money-goes-to-everyone",
        loss="A claim to an account of the anonymous principal is paid, and anyone takes it.",
        file=_CYCLES,
        old="    if is_anonymous(to):\n",
        new="    if not to:\n",
        tests=(f"{_CYCLES_TESTS}::test_money_does_not_go_where_it_is_lost",),
    ),
    Mutation(
        name="cycles-returned-are-paid",
        loss="Cycles that a receiver did not take count as paid to it.",
        file=_CYCLES,
        old="    if returned >= sent:\n",
        new="    if returned > sent:\n",
        tests=(f"{_CYCLES_TESTS}::test_what_was_kept_was_paid",),
    ),
    Mutation(
        name="cycles-paid-to-the-last",
        loss="Payouts use up the cycles that the canister lives on: it freezes with everyone's money in it.",
        file=_CYCLES,
        old="    if balance < gross + RESERVE:\n",
        new="    if balance < gross:\n",
        tests=(f"{_CYCLES_TESTS}::test_limits_hold_at_equality",),
    ),
)
