from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.fee_schedule import MAX_CHANGES, changes_between, changes_of, fee_at, fee_in_force, first_fee, with_fee
from ddsx_core.refused import Broken


def test_a_fee_holds_from_the_beginning_and_the_next_from_its_moment():
    schedule = with_fee(first_fee(20_000), 10_000, effective_at=100, now=90)
    assert [fee_at(schedule, now) for now in (0, 99, 100, 10**19)] == [20_000, 20_000, 10_000, 10_000]
    assert fee_in_force(schedule, 150) == (100, 10_000)


def test_what_was_announced_and_is_not_in_force_is_replaced():
    schedule = with_fee(with_fee(first_fee(20_000), 10_000, effective_at=100, now=90), 5, effective_at=120, now=99)
    assert changes_of(schedule) == [(0, 20_000), (120, 5)]
    assert changes_of(with_fee(schedule, 7, effective_at=120, now=120)) == [(0, 20_000), (120, 7)]
    assert changes_of(with_fee(schedule, 7, effective_at=121, now=120)) == [(0, 20_000), (120, 5), (121, 7)]


def test_changes_between_two_moments_are_those_after_the_first_up_to_the_second():
    schedule = with_fee(with_fee(first_fee(1), 2, effective_at=10, now=10), 3, effective_at=20, now=20)
    assert changes_between(schedule, 0, 20) == [(10, 2), (20, 3)]
    assert changes_between(schedule, 10, 19) == []
    assert changes_between(schedule, 9, 10) == [(10, 2)]


def test_the_latest_changes_are_kept_and_the_oldest_of_them_stands_for_what_was_before():
    schedule = first_fee(999)
    for moment in range(1, MAX_CHANGES + 2):
        schedule = with_fee(schedule, moment, effective_at=moment, now=moment)
    assert changes_of(schedule) == [(moment, moment) for moment in range(2, MAX_CHANGES + 2)]
    assert fee_at(schedule, 1) == 2


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 100_000)), max_size=15))
def test_what_was_in_force_never_changes(changes):
    """FEE-1."""
    now, schedule, seen = 0, first_fee(7), {}
    for passed, notice, ppm in changes:
        for _ in range(passed):
            seen[now] = fee_at(schedule, now)
            now += 1
        schedule = with_fee(schedule, ppm, now + notice, now)
    assert {moment: fee_at(schedule, moment) for moment in seen} == seen


@pytest.mark.parametrize("text", ["", "0", "0:1,"])
def test_anything_else_is_broken(text):
    with pytest.raises(Broken):
        changes_of(text)
