from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.accrual import Pool, credit, owed_scaled
from ddsx_core.limits import ACCRUAL_SCALE
from ddsx_core.memberships import Membership, decode_membership, encode_membership
from ddsx_core.refused import Broken

ONE = ACCRUAL_SCALE


@given(st.lists(st.integers(-(1 << 200), 1 << 200), min_size=1, max_size=17).filter(lambda numbers: len(numbers) % 2))
def test_memberships_come_back_as_they_were_stored(numbers):
    text, more = encode_membership(Membership(list(numbers)))
    assert decode_membership(text, more).numbers == numbers
    assert bool(more) == (len(numbers) > 5)


def test_a_membership_of_two_ledgers_is_one_value_and_of_three_two():
    assert encode_membership(Membership([1, 2, 3, 4, 5])) == ("2|1|2|3|4|5", "")
    assert encode_membership(Membership([1, 2, 3, 4, 5, 6, 7])) == ("2|1|2|3|4|5|+", "2|6|7")


@pytest.mark.parametrize(("text", "more"), [("1|1", ""), ("2|x", ""), ("2|1|2|3|4|5|+", ""), ("2|1", "2|6|7"), ("", "")])
def test_anything_else_is_broken(text, more):
    with pytest.raises(Broken):
        decode_membership(text, more)


@given(
    added=st.integers(0, 1 << 40),
    earned=st.lists(st.integers(0, 10**9), min_size=3, max_size=3),
    later=st.lists(st.integers(0, 10**9), min_size=3, max_size=3),
)
def test_work_changes_on_no_ledger_what_is_owed(added, earned, later):
    """MEMBER-1, and what comes later is earned with the new weight."""
    member = Membership([4])
    pools = [credit(Pool(total_weight=4), units) for units in earned]
    before = [owed_scaled(pool, member.member(ledger)) for ledger, pool in enumerate(pools)]
    member.add_weight(added, [(ledger, pool.index_scaled) for ledger, pool in enumerate(pools)])
    assert member.weight == 4 + added
    assert [owed_scaled(pool, member.member(ledger)) for ledger, pool in enumerate(pools)] == before
    for ledger, pool in enumerate(pools):
        index = pool.index_scaled + later[ledger]
        assert owed_scaled(pool._replace(index_scaled=index), member.member(ledger)) - before[ledger] == later[ledger] * (4 + added)


@given(st.integers(0, 10 * ONE), st.integers(0, 7))
def test_drawing_takes_whole_units_once_on_one_ledger(index, ledger):
    """MEMBER-2."""
    member, pool = Membership([3]), Pool(index_scaled=index, total_weight=3)
    drawn = member.draw(ledger, pool)
    assert drawn == 3 * index // ONE
    assert owed_scaled(pool, member.member(ledger)) == 3 * index - drawn * ONE
    assert member.draw(ledger, pool) == 0
    assert member.member(ledger).claimed_units == drawn
    assert all(owed_scaled(pool, member.member(other)) == 3 * index for other in range(8) if other != ledger)


def test_a_ledger_that_began_later_owes_from_its_beginning_on():
    member = Membership([2])
    member.add_weight(3, [(0, 7 * ONE), (5, 0)])
    assert member.numbers == [5, 21 * ONE, 0]
    assert member.draw(5, Pool(index_scaled=ONE, total_weight=5)) == 5
