"""Bugs in the token ledger's rules: balances, allowances, fees, and the recognition of repeated calls."""

from __future__ import annotations

from mutations.mutation import Mutation

_RULES = "src/ddsx_core/token_rules.py"
_DEDUPLICATION = "src/ddsx_core/deduplication.py"
_CALLS = "src/ddsx_core/remembered_calls.py"
_TRANSFER = "tests/core/money/test_token_transfer.py"
_APPROVAL = "tests/core/money/test_token_approval.py"
_MACHINE = "tests/core/money/test_token_rules_machine.py::TestLedger::runTest"

MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        name="ledger-fee-taken-twice",
        loss="A transfer costs the sender two fees, and one of them is nowhere.",
        file=_RULES,
        old="paid = (source, Units(source_balance - amount - fee_due))",
        new="paid = (source, Units(source_balance - amount - 2 * fee_due))",
        tests=(f"{_TRANSFER}::test_the_source_pays_amount_and_fee_and_the_fee_is_burned", _MACHINE),
    ),
    Mutation(
        name="ledger-fee-not-taken",
        loss="The fee is burned out of nothing: the supply no longer is what accounts hold.",
        file=_RULES,
        old="paid = (source, Units(source_balance - amount - fee_due))",
        new="paid = (source, Units(source_balance - amount))",
        tests=(f"{_TRANSFER}::test_the_source_pays_amount_and_fee_and_the_fee_is_burned", _MACHINE),
    ),
    Mutation(
        name="ledger-total-not-updated",
        loss="The supply that is told does not fall by the fees that were burned.",
        file=_RULES,
        old="    return [paid, received], -fee_due\n",
        new="    return [paid, received], 0\n",
        tests=(f"{_TRANSFER}::test_the_source_pays_amount_and_fee_and_the_fee_is_burned", _MACHINE),
    ),
    Mutation(
        name="ledger-self-transfer-mints",
        loss="Whoever sends tokens to itself has them twice.",
        file=_RULES,
        old="return [(source, Units(source_balance - fee_due))], -fee_due",
        new="return [(source, Units(source_balance + amount - fee_due))], -fee_due",
        tests=(f"{_TRANSFER}::test_a_transfer_to_oneself_costs_the_fee_alone", _MACHINE),
    ),
    Mutation(
        name="ledger-last-unit-not-spendable",
        loss="The last units of a balance can never be moved.",
        file=_RULES,
        old="    if btype != MINT and source_balance < debit:\n",
        new="    if btype != MINT and source_balance <= debit:\n",
        tests=(f"{_TRANSFER}::test_everything_can_be_spent_but_not_one_unit_more",),
    ),
    Mutation(
        name="ledger-fee-not-in-funds",
        loss="An account that holds the amount but not the fee falls below zero.",
        file=_RULES,
        old="    if btype != MINT and source_balance < debit:\n",
        new="    if btype != MINT and source_balance < amount:\n",
        tests=(f"{_TRANSFER}::test_everything_can_be_spent_but_not_one_unit_more", _MACHINE),
    ),
    Mutation(
        name="ledger-wrong-fee-accepted",
        loss="A sender that agreed to a lower fee is charged the higher one.",
        file=_RULES,
        old="else Units(0)\n    if fee is not None and fee != fee_due:\n",
        new="else Units(0)\n    if fee is not None and fee > fee_due:\n",
        tests=(f"{_TRANSFER}::test_the_fee_named_must_be_the_fee",),
    ),
    Mutation(
        name="allowance-not-reduced",
        loss="A spender that was allowed one payment takes any number of them.",
        file=_RULES,
        old="return NO_ALLOWANCE if amount == debit else Allowance(Units(amount - debit), expires_at)",
        new="return Allowance(amount, expires_at)",
        tests=(f"{_TRANSFER}::test_a_spender_uses_up_amount_and_fee_and_the_expiry_stays", _MACHINE),
    ),
    Mutation(
        name="allowance-reduced-without-fee",
        loss="Spenders take the fees on top of what their holders allowed.",
        file=_RULES,
        old="allowance = _spend(live_allowance(allowed, now), debit)",
        new="allowance = _spend(live_allowance(allowed, now), amount)",
        tests=(f"{_TRANSFER}::test_a_spender_uses_up_amount_and_fee_and_the_expiry_stays", _MACHINE),
    ),
    Mutation(
        name="allowance-exact-refused",
        loss="A buyer that approved exactly the price and the fee cannot buy.",
        file=_RULES,
        old="    if amount < max(debit, 1):\n",
        new="    if amount <= debit:\n",
        tests=(f"{_TRANSFER}::test_an_allowance_can_be_spent_to_the_last_unit_but_not_beyond",),
    ),
    Mutation(
        name="allowance-outlives-expiry",
        loss="A spender takes money after the day until which it was allowed to.",
        file=_RULES,
        old="allowance = _spend(live_allowance(allowed, now), debit)",
        new="allowance = _spend(live_allowance(allowed, Nanoseconds(now - 1)), debit)",
        tests=(f"{_TRANSFER}::test_an_allowance_ends_with_its_last_nanosecond",),
    ),
    Mutation(
        name="allowance-expiry-lost-when-spent",
        loss="The first payment makes an allowance for a day one for ever.",
        file=_RULES,
        old="else Allowance(Units(amount - debit), expires_at)",
        new="else Allowance(Units(amount - debit), None)",
        tests=(f"{_TRANSFER}::test_a_spender_uses_up_amount_and_fee_and_the_expiry_stays", _MACHINE),
    ),
    Mutation(
        name="approval-adds-up",
        loss="Approving again, after a lost answer, lets the spender take twice as much.",
        file=_RULES,
        old="Units(min(amount, MAX_AMOUNT))",
        new="Units(min(amount + current, MAX_AMOUNT))",
        tests=(f"{_APPROVAL}::test_it_replaces_amount_and_expiry_of_what_stood", _MACHINE),
    ),
    Mutation(
        name="approval-expectation-ignored",
        loss="A holder that lowers an allowance while it is being spent grants the sum of both.",
        file=_RULES,
        old="    if expected_allowance is not None and expected_allowance != current:\n",
        new="    if expected_allowance is not None and expected_allowance < current:\n",
        tests=(f"{_APPROVAL}::test_what_was_expected_must_stand", f"{_APPROVAL}::test_an_expired_allowance_counts_as_none"),
    ),
    Mutation(
        name="anonymous-account-allowed",
        loss="Tokens sent to the anonymous principal belong to whoever takes them first.",
        file=_RULES,
        old="_check_form(amount, memo, (source, target, spender))",
        new="_check_form(amount, memo, (source, spender))",
        tests=(f"{_TRANSFER}::test_the_anonymous_principal_neither_pays_nor_receives_nor_spends",),
    ),
    Mutation(
        name="duplicate-not-recognised",
        loss="A client that repeats a transfer after a lost answer pays twice.",
        file=_DEDUPLICATION,
        old="    if duplicate_of is not None:\n        raise duplicate(duplicate_of)\n",
        new="",
        tests=(
            "tests/core/money/test_deduplication.py::test_inside_the_window_only_a_remembered_call_is_refused",
            f"{_TRANSFER}::test_a_repetition_is_recognised_before_the_fee",
        ),
    ),
    Mutation(
        name="duplicate-of-another-caller",
        loss="Two holders who make the same transfer at the same time: the second is told that it paid, and did not.",
        file=_DEDUPLICATION,
        old='for a transfer.\n    """\n',
        new='for a transfer.\n    """\n    caller = PrincipalText("")\n',
        tests=("tests/core/money/test_deduplication.py::test_the_form_is_fixed",),
    ),
    Mutation(
        name="duplicate-forgotten-early",
        loss="In the last minutes of a ledger's window a repeated transfer is carried out again.",
        file=_DEDUPLICATION,
        old="return Nanoseconds(created_at_time + window_ns + drift_ns)",
        new="return Nanoseconds(created_at_time + window_ns)",
        tests=("tests/core/money/test_deduplication.py::test_a_call_is_remembered_as_long_as_it_could_be_repeated",),
    ),
    Mutation(
        name="duplicate-checked-after-the-fee",
        loss="A client that repeats a transfer after the fee changed is told BadFee, and pays again with the new one.",
        file=_RULES,
        old=(
            "    check_repetition(created_at_time, duplicate_of, now, tx_window_ns, permitted_drift_ns)\n"
            "    btype = _block_type(minting_account, request)\n"
            "    fee_due = transfer_fee if btype in (TRANSFER, TRANSFER_FROM) else Units(0)\n"
            "    if fee is not None and fee != fee_due:\n"
            "        raise bad_fee(fee_due)\n"
        ),
        new=(
            "    btype = _block_type(minting_account, request)\n"
            "    fee_due = transfer_fee if btype in (TRANSFER, TRANSFER_FROM) else Units(0)\n"
            "    if fee is not None and fee != fee_due:\n"
            "        raise bad_fee(fee_due)\n"
            "    check_repetition(created_at_time, duplicate_of, now, tx_window_ns, permitted_drift_ns)\n"
        ),
        tests=(f"{_TRANSFER}::test_a_repetition_is_recognised_before_the_fee",),
    ),
    Mutation(
        name="remembered-call-dropped",
        loss="A ledger forgets calls of today to make room: a repeated one is carried out again.",
        file=_CALLS,
        old="and calls[start + _SECONDS : start + _BLOCK] < second:",
        new="and calls[start + _SECONDS : start + _BLOCK] > second:",
        tests=("tests/core/money/test_remembered_calls.py::test_a_call_is_found_until_it_may_be_forgotten_and_a_page_never_overflows",),
    ),
)
