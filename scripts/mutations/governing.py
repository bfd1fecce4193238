"""Bugs in how parameters change: bounds, delay, and what a change leaves alone."""

from __future__ import annotations

from mutations.mutation import Mutation

_GOVERNED = "src/ddsx_core/governed.py"
_GOVERNED_TESTS = "tests/core/payouts/test_governed.py"
_CHANGES = "src/ddsx_core/splitter_changes.py"
_CHANGE_TESTS = "tests/core/payouts/test_splitter_changes.py"

MUTATIONS: tuple[Mutation, ...] = (
    Mutation(
        name="delay-ignored",
        loss="What governance decides holds at once: nobody has time to leave.",
        file=_GOVERNED,
        old="return Nanoseconds(now + delay_seconds * NS_PER_SECOND)",
        new="return now",
        tests=(f"{_CHANGE_TESTS}::test_a_change_is_shown_before_and_holds_after_its_delay",),
    ),
    Mutation(
        name="delay-in-the-wrong-unit",
        loss="A delay of two days is over in 0.2 milliseconds.",
        file=_GOVERNED,
        old="return Nanoseconds(now + delay_seconds * NS_PER_SECOND)",
        new="return Nanoseconds(now + delay_seconds)",
        tests=(f"{_GOVERNED_TESTS}::test_a_delay_is_a_month_at_most",),
    ),
    Mutation(
        name="change-in-force-early",
        loss="A change holds a moment before the one that was announced.",
        file=_GOVERNED,
        old="        if int(moment, 16) > now:\n",
        new="        if int(moment, 16) > now + 1:\n",
        tests=(f"{_GOVERNED_TESTS}::test_the_boundary_of_a_moment",),
    ),
    Mutation(
        name="change-never-in-force",
        loss="A change is announced, and the old value holds for ever.",
        file=_GOVERNED,
        old="        due.append((name, value))\n",
        new="",
        tests=(f"{_GOVERNED_TESTS}::test_a_change_is_in_force_from_its_moment_on_and_not_before",),
    ),
    Mutation(
        name="withdrawn-change-comes-back",
        loss="A change that governance replaced comes into force all the same, after the one that replaced it.",
        file=_GOVERNED,
        old="kept = [entry for entry in pending_changes(pending) if entry.name != name]",
        new="kept = pending_changes(pending)",
        tests=(f"{_GOVERNED_TESTS}::test_one_change_of_a_setting_is_pending_at_a_time",),
    ),
    Mutation(
        name="change-drops-the-others",
        loss="Changing one parameter takes back all others that are pending.",
        file=_GOVERNED,
        old="kept = [entry for entry in pending_changes(pending) if entry.name != name]",
        new="kept: list[Change] = []",
        tests=(f"{_GOVERNED_TESTS}::test_a_change_is_in_force_from_its_moment_on_and_not_before",),
    ),
    Mutation(
        name="bounds-ignored",
        loss="Governance takes the whole of a sale, or freezes itself for years.",
        file=_GOVERNED,
        old="    if not least <= value <= most:\n",
        new="    if value < least:\n",
        tests=(f"{_CHANGE_TESTS}::test_bounds_hold_at_equality",),
    ),
    Mutation(
        name="pause-waits",
        loss="A pause in an emergency holds only when the delay is over.",
        file=_CHANGES,
        old="    if name == PAUSE_NAME:\n        return with_setting(settings, name, value), now\n",
        new="",
        tests=(f"{_CHANGE_TESTS}::test_a_pause_holds_at_once",),
    ),
    Mutation(
        name="ledger-sells-before-its-delay",
        loss="A ledger that was just proposed can be paid in before anyone could look at it.",
        file=_CHANGES,
        old="ledger_entry(value[0], PrincipalText(value[3:]), sells=False)",
        new="ledger_entry(value[0], PrincipalText(value[3:]), sells=True)",
        tests=(
            f"{_CHANGE_TESTS}::test_ledgers_are_numbered_when_they_are_listed",
            f"{_CHANGE_TESTS}::test_a_change_is_shown_before_and_holds_after_its_delay",
        ),
    ),
    Mutation(
        name="wrong-ledger-number",
        loss="Switching a ledger off switches another one, and claims read the wrong ledger's canister.",
        file=_CHANGES,
        old='return _decided(settings, now, f"{LEDGER_NAME}{number}", after, f"ledger {number}", words)',
        new='return _decided(settings, now, f"{LEDGER_NAME}{number - 1}", after, f"ledger {number}", words)',
        tests=("tests/core/payouts/test_what_stays.py::test_switching_a_ledger_leaves_the_others_and_all_numbers",),
    ),
    Mutation(
        name="ledger-listed-twice",
        loss="One ledger has two books: what is paid into one cannot be claimed from the other.",
        file=_CHANGES,
        old="        if before[0] == kind and (kind == CYCLES or before[3:] == principal):\n",
        new="        if before[0] == kind == CYCLES:\n",
        tests=(f"{_CHANGE_TESTS}::test_eight_ledgers_each_once",),
    ),
    Mutation(
        name="anonymous-treasury",
        loss="The protocol's fees go to an account that anyone can empty.",
        file="src/ddsx_core/splitter_settings.py",
        old="    if is_anonymous(treasury):\n",
        new="    if not treasury:\n",
        tests=(f"{_CHANGE_TESTS}::test_nobody_is_anonymous",),
    ),
)
