"""Changes that governance has announced: in force from their moment on, and never before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.governed import (
    MAX_DELAY_SECONDS,
    Change,
    change_words,
    check_bounds,
    check_delay,
    due_changes,
    duration_words,
    effective_after,
    pending_changes,
    ppm_words,
    with_change,
)
from ddsx_core.refused import Broken, Refused
from ddsx_core.units import Nanoseconds

NAMES = st.sampled_from(["treasury", "registries", "ledger 3", "plan_notice_seconds"])
VALUES = st.text(alphabet="abc-.,:=0123456789", max_size=20)
MOMENTS = st.integers(0, 1_000)
DECISIONS = st.lists(st.tuples(MOMENTS, NAMES, VALUES), max_size=12)


def _decided(decisions: list[tuple[int, str, str]]) -> str:
    pending = ""
    for moment, name, value in decisions:
        pending = with_change(pending, Change(Nanoseconds(moment), name, value))
    return pending


@given(DECISIONS, MOMENTS)
def test_a_change_is_in_force_from_its_moment_on_and_not_before(decisions: list[tuple[int, str, str]], now: int) -> None:
    latest = {name: (moment, value) for moment, name, value in decisions}
    due, rest = due_changes(_decided(decisions), Nanoseconds(now))
    assert dict(due) == {name: value for name, (moment, value) in latest.items() if moment <= now}
    assert {change.name: (change.effective_at, change.value) for change in pending_changes(rest)} == {
        name: entry for name, entry in latest.items() if entry[0] > now
    }


@given(DECISIONS)
def test_one_change_of_a_setting_is_pending_at_a_time(decisions: list[tuple[int, str, str]]) -> None:
    changes = pending_changes(_decided(decisions))
    names = [change.name for change in changes]
    assert len(names) == len(set(names))
    assert [change.effective_at for change in changes] == sorted(change.effective_at for change in changes)


@given(DECISIONS, st.lists(MOMENTS, max_size=4), MOMENTS)
def test_what_holds_does_not_depend_on_when_somebody_looked(decisions: list[tuple[int, str, str]], looks: list[int], now: int) -> None:
    applied, rest = [], _decided(decisions)
    for moment in sorted([look for look in looks if look <= now] + [now]):
        due, rest = due_changes(rest, Nanoseconds(moment))
        applied += due
    assert (applied, rest) == due_changes(_decided(decisions), Nanoseconds(now))


def test_the_boundary_of_a_moment() -> None:
    pending = with_change("", Change(Nanoseconds(100), "treasury", "x"))
    assert due_changes(pending, Nanoseconds(99)) == ([], pending)
    assert due_changes(pending, Nanoseconds(100)) == ([("treasury", "x")], "")


@pytest.mark.parametrize("value", ["a;b", "a|b", "a\nb", "a\tb"])
def test_a_value_with_a_separator_is_a_bug(value: str) -> None:
    with pytest.raises(Broken):
        with_change("", Change(Nanoseconds(1), "treasury", value))
    with pytest.raises(Broken):
        with_change("", Change(Nanoseconds(1), "a=b", "x"))


def test_a_text_that_is_none_is_a_bug() -> None:
    with pytest.raises(Broken):
        pending_changes("5=treasury")


def test_bounds_hold_at_equality() -> None:
    assert (check_bounds(3, 3, 5), check_bounds(5, 3, 5)) == (3, 5)
    for value in (2, 6):
        with pytest.raises(Refused) as refusal:
            check_bounds(value, 3, 5)
        assert refusal.value.as_case() == {"OutOfBounds": {"least": 3, "most": 5}}


def test_a_delay_is_a_month_at_most() -> None:
    assert check_delay(MAX_DELAY_SECONDS) == 30 * 86_400
    with pytest.raises(Refused, match="most = 2592000"):
        check_delay(MAX_DELAY_SECONDS + 1)
    assert effective_after(Nanoseconds(7), 2) == 2_000_000_007


@pytest.mark.parametrize(
    ("ppm", "words"),
    [
        (0, "0 ppm (0 %)"),
        (1, "1 ppm (0.0001 %)"),
        (20_000, "20000 ppm (2 %)"),
        (12_500, "12500 ppm (1.25 %)"),
        (1_000_000, "1000000 ppm (100 %)"),
    ],
)
def test_shares_are_told_exactly(ppm: int, words: str) -> None:
    assert ppm_words(ppm) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59, "59 s"), (60, "60 s (1 min)"), (90_061, "90061 s (1 d 1 h 1 min 1 s)"), (172_800, "172800 s (2 d)")],
)
def test_lengths_of_time_are_told_in_full(seconds: int, words: str) -> None:
    assert duration_words(seconds) == words


def test_a_change_is_told_with_both_values_and_its_moment() -> None:
    assert change_words("treasury", "a", "b", 0) == "treasury: a -> b; in force at execution"
    assert change_words("treasury", "a", "b", 3_600) == "treasury: a -> b; in force 3600 s (1 h) after execution"
