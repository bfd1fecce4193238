"""Who governs, and when decisions about it come into force."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.accounts import ANONYMOUS
from ddsx_core.governance_rules import (
    MAX_PENDING_LENGTH,
    Office,
    announced_changes,
    delay_change,
    governance_change,
    office_at,
    with_decision,
)
from ddsx_core.governed import MAX_DELAY_SECONDS
from model.expect import refuses

NOW = 1_700_000_000 * 10**9
NS = 10**9
OFFICE = Office("dao", 60)
DELAYS = st.integers(0, MAX_DELAY_SECONDS)


def test_decision_holds_from_its_moment_on_and_not_before():
    decided = with_decision(OFFICE, governance_change(OFFICE, "successor"), NOW)
    moment = NOW + 60 * NS
    assert office_at(decided, moment - 1).governance == "dao"
    assert office_at(decided, moment) == Office("successor", 60)
    assert [change.effective_at for change in announced_changes(decided, moment - 1)] == [moment]
    assert announced_changes(decided, moment) == []


def test_decision_without_delay_holds_at_once_and_ends_a_pending_one():
    waiting = with_decision(OFFICE, governance_change(OFFICE, "successor"), NOW)
    hurried = waiting._replace(change_delay_seconds=0)
    assert with_decision(hurried, governance_change(hurried, "other"), NOW) == Office("other", 0)


@given(DELAYS, DELAYS, st.integers(0, 3 * MAX_DELAY_SECONDS))
def test_each_setting_changes_by_itself(before, after, later):
    office = Office("dao", before)
    for decision in (governance_change(office, "successor"), delay_change(office, after)):
        office = with_decision(office, decision, NOW)
    held = office_at(office, NOW + later * NS)
    if before == 0 or later >= before:
        assert held[:2] == ("successor", after)
    else:
        assert held[:2] == ("dao", before)


def test_second_decision_takes_the_place_of_the_first():
    first = with_decision(OFFICE, governance_change(OFFICE, "successor"), NOW)
    decision = governance_change(first, "other")
    assert decision.words == (
        "governance: dao -> other; in force 60 s (1 min) after execution; takes the place of the pending change to successor"
    )
    assert [change.value for change in announced_changes(with_decision(first, decision, NOW), NOW)] == ["other"]


def test_words_name_both_values():
    assert governance_change(Office("dao"), "successor").words == "governance: dao -> successor; in force at execution"
    assert delay_change(OFFICE, 3_600).words == (
        "delay of changes: 60 s (1 min) -> 3600 s (1 h); in force 60 s (1 min) after execution"
    )


def test_bounds():
    with refuses("AnonymousGovernance"):
        governance_change(OFFICE, ANONYMOUS)
    assert delay_change(OFFICE, MAX_DELAY_SECONDS).value == str(MAX_DELAY_SECONDS)
    with refuses("OutOfBounds", least=0, most=MAX_DELAY_SECONDS):
        delay_change(OFFICE, MAX_DELAY_SECONDS + 1)


def test_longest_text_of_what_is_pending():
    office = Office("dao", MAX_DELAY_SECONDS)
    for decision in (governance_change(office, "x" * 63), delay_change(office, MAX_DELAY_SECONDS)):
        office = with_decision(office, decision, (1 << 64) - 1 - MAX_DELAY_SECONDS * NS)
    assert len(office.pending) == MAX_PENDING_LENGTH
