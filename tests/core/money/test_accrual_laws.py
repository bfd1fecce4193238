"""Laws of the accrual index: what may be done in another order, in pieces, or twice, without anyone noticing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ddsx_core import accrual
from ddsx_core.accrual import Member, Pool
from ddsx_core.units import Units, Weight

AMOUNTS = st.integers(0, 10**18).map(Units)
WEIGHTS = st.integers(0, 10**12).map(Weight)
WORK = st.lists(WEIGHTS, min_size=1, max_size=6)


def pool_of(weights: list[Weight], revenue: int = 0) -> tuple[Pool, list[Member]]:
    """A pool in use: the revenue came before the work."""
    return accrual.record_batch(accrual.credit(Pool(), Units(revenue)), [(Member(), weight) for weight in weights])


@given(WORK, AMOUNTS, AMOUNTS, AMOUNTS)
def test_credit_in_two_is_credit_in_one(work: list[Weight], before: Units, first: Units, second: Units) -> None:
    """Exactly, not but for a unit: the remainder is carried."""
    pool, _ = pool_of(work, before)
    assert accrual.credit(accrual.credit(pool, first), second) == accrual.credit(pool, Units(first + second))


@given(WORK, AMOUNTS, AMOUNTS)
def test_order_of_credits_does_not_matter(work: list[Weight], first: Units, second: Units) -> None:
    pool, _ = pool_of(work)
    assert accrual.credit(accrual.credit(pool, first), second) == accrual.credit(accrual.credit(pool, second), first)


@given(WORK, AMOUNTS, AMOUNTS, WEIGHTS, WEIGHTS)
def test_work_in_two_is_work_in_one(work: list[Weight], before: Units, revenue: Units, first: Weight, second: Weight) -> None:
    pool, _ = pool_of([*work, Weight(1)], before)
    pool = accrual.credit(pool, revenue)
    in_two = accrual.record_work(*accrual.record_work(pool, Member(), first), second)
    assert in_two == accrual.record_work(pool, Member(), Weight(first + second))


@given(AMOUNTS, WORK, st.randoms(use_true_random=False))
def test_order_within_a_batch_does_not_matter(pending: Units, work: list[Weight], random: st.DataObject) -> None:
    places = list(range(len(work)))
    random.shuffle(places)  # type: ignore[attr-defined]
    pool, members = pool_of(work, pending)
    other_pool, other_members = pool_of([work[place] for place in places], pending)
    assert other_pool == pool
    assert other_members == [members[place] for place in places]


@given(WORK, AMOUNTS, AMOUNTS)
def test_when_a_member_claims_does_not_matter(work: list[Weight], first: Units, second: Units) -> None:
    pool, (member, *_) = pool_of(work)
    often, member_often, paid_early = accrual.claim(accrual.credit(pool, first), member)
    often, member_often, paid_late = accrual.claim(accrual.credit(often, second), member_often)
    once, member_once, paid_once = accrual.claim(accrual.credit(accrual.credit(pool, first), second), member)
    assert paid_early + paid_late == paid_once
    assert (often, member_often) == (once, member_once)


@given(WORK, AMOUNTS, WEIGHTS)
def test_changing_a_weight_changes_nothing_owed(work: list[Weight], revenue: Units, weight: Weight) -> None:
    pool, (member, *others) = pool_of(work)
    pool = accrual.credit(pool, revenue)
    changed, changed_member = accrual.set_weight(pool, member, weight)
    if not pool.pending_units:
        assert accrual.owed_scaled(changed, changed_member) == accrual.owed_scaled(pool, member)
        assert [accrual.owed_scaled(changed, other) for other in others] == [accrual.owed_scaled(pool, other) for other in others]


@given(WORK, WEIGHTS, WEIGHTS, AMOUNTS, AMOUNTS)
def test_two_members_earn_what_one_of_their_weight_earns(
    work: list[Weight], first: Weight, second: Weight, before: Units, revenue: Units
) -> None:
    """Splitting up gains nothing; rounding two claims down instead of one costs at most a unit."""
    apart, (one, other, *_) = pool_of([first, second, *work], before)
    together, (both, *_) = pool_of([Weight(first + second), *work], before)
    apart, together = accrual.credit(apart, revenue), accrual.credit(together, revenue)
    assert apart == together
    assert accrual.owed_scaled(apart, one) + accrual.owed_scaled(apart, other) == accrual.owed_scaled(together, both)
    assert accrual.owed(together, both) - 1 <= accrual.owed(apart, one) + accrual.owed(apart, other) <= accrual.owed(together, both)
