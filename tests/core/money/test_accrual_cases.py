"""Pools that went wrong elsewhere, and the boundaries of what a pool accepts."""

from __future__ import annotations

import pytest

from ddsx_core import accrual
from ddsx_core.accrual import Audit, Member, Pool
from ddsx_core.limits import ACCRUAL_SCALE, MAX_TOTAL_WEIGHT
from ddsx_core.refused import Broken
from ddsx_core.units import Units, Weight
from model.expect import refuses


def credited(pool: Pool, *amounts: int) -> Pool:
    for amount in amounts:
        pool = accrual.credit(pool, Units(amount))
    return pool


def working(pool: Pool, *weights: int) -> tuple[Pool, list[Member]]:
    return accrual.record_batch(pool, [(Member(), Weight(weight)) for weight in weights])


def owed(pool: Pool, members: list[Member]) -> list[int]:
    return [accrual.owed(pool, member) for member in members]


# -- What went wrong elsewhere ----------------------------------------------------------------------------------------------


def test_revenue_without_supply_waits_and_is_not_lost() -> None:
    pool = credited(Pool(), 70, 30)
    assert accrual.audit(pool).pending_units == 100
    pool, members = working(pool, 3, 1)
    assert owed(pool, members) == [75, 25]
    assert accrual.audit(pool).pending_units == 0


def test_joining_an_empty_pool_without_work_takes_nothing() -> None:
    pool, members = working(credited(Pool(), 100), 0)
    assert owed(pool, members) == [0]
    assert accrual.audit(pool).pending_units == 100
    pool, worker = accrual.record_work(pool, Member(), Weight(1))
    assert owed(pool, [*members, worker]) == [0, 100]


def test_a_first_joiner_with_one_unit_does_not_inflate_the_index() -> None:
    pool, first = accrual.record_work(credited(Pool(), 1), Member(), Weight(1))
    pool, second = accrual.record_work(pool, Member(), Weight(10**12 - 1))
    pool = credited(pool, 10**12)
    assert owed(pool, [first, second]) == [1 + 1, 10**12 - 1]


def test_weight_raised_before_a_claim_earns_nothing_for_the_past() -> None:
    pool, (member, other) = working(Pool(), 1, 1)
    pool = credited(pool, 1_000)
    pool, member = accrual.set_weight(pool, member, Weight(1_000_000))
    pool, member, paid = accrual.claim(pool, member)
    assert paid == 500
    assert owed(pool, [member, other]) == [0, 500]


def test_weight_given_up_before_a_claim_loses_nothing_of_the_past() -> None:
    pool, (member, other) = working(Pool(), 1, 1)
    pool, member = accrual.set_weight(credited(pool, 1_000), member, Weight(0))
    pool = credited(pool, 1_000)
    assert owed(pool, [member, other]) == [500, 1_500]
    pool, member = accrual.set_weight(pool, member, Weight(3))
    assert owed(credited(pool, 1_000), [member, other]) == [1_250, 1_750]


def test_a_member_that_was_away_earned_before_and_after_but_not_between() -> None:
    pool, (member, other) = working(Pool(), 3, 1)
    pool, member = accrual.remove_member(credited(pool, 101), member)
    pool = credited(pool, 1_000)
    assert accrual.remove_member(pool, member) == (pool, member)
    assert owed(pool, [member, other]) == [75, 1_025]
    pool, member = accrual.return_member(pool, member, Weight(1))
    assert owed(credited(pool, 10), [member, other]) == [80, 1_030]
    with pytest.raises(Broken, match="was not away"):
        accrual.return_member(pool, member, Weight(2))


def test_a_member_that_returns_is_held_to_the_limits() -> None:
    pool, (member, _) = working(Pool(), 1, 1)
    pool, member = accrual.remove_member(pool, member)
    with refuses("NegativeWeight", position=0, weight=-1):
        accrual.return_member(pool, member, Weight(-1))
    with refuses("TooMuchWeight", total_weight=MAX_TOTAL_WEIGHT + 1, limit=MAX_TOTAL_WEIGHT):
        accrual.return_member(pool, member, Weight(MAX_TOTAL_WEIGHT))
    assert accrual.return_member(pool, member, Weight(MAX_TOTAL_WEIGHT - 1))[0].total_weight == MAX_TOTAL_WEIGHT


def test_rounding_never_stops_a_claim_or_overdraws() -> None:
    """Thirds of a unit, claimed after every credit: zero is paid when nothing is due, and never a unit too many."""
    pool, members = working(Pool(), 1, 1, 1)
    drawn = 0
    for received in range(1, 100):
        pool = credited(pool, 1)
        for place, member in enumerate(members):
            pool, members[place], paid = accrual.claim(pool, member)
            drawn += paid
        assert received - 3 < drawn <= received
        accrual.reconcile(pool, members)
    assert drawn == 99


def test_dust_members_and_dust_payments_take_nothing_from_others() -> None:
    pool, (worker, *dust) = working(Pool(), 10**9, *[1] * 1_000)
    for _ in range(1_000):
        pool = credited(pool, 1)
    pool = credited(pool, 10**9)
    assert owed(pool, [worker]) == [10**9]
    assert owed(pool, dust) == [1] * 1_000


def test_revenue_below_the_number_of_members_reaches_them_in_time() -> None:
    pool, members = working(Pool(), *[1] * 1_000)
    pool = credited(pool, *[1] * 999)
    assert set(owed(pool, members)) == {0}
    assert accrual.audit(pool).credited_units + accrual.audit(pool).remainder_units == 999
    pool = credited(pool, 1)
    assert set(owed(pool, members)) == {1}


def test_the_smallest_credit_over_the_largest_weight_is_kept() -> None:
    pool, (worker, small) = working(Pool(), MAX_TOTAL_WEIGHT - 1, 1)
    pool = credited(pool, 1, 1, 1)
    assert owed(pool, [worker, small]) == [2, 0]
    assert accrual.audit(pool).lost_scaled == 0
    assert owed(credited(pool, MAX_TOTAL_WEIGHT - 3), [worker, small]) == [MAX_TOTAL_WEIGHT - 1, 1]


def test_what_is_left_when_everyone_leaves_is_shared_later() -> None:
    pool, members = working(Pool(), 1, 1, 1)
    pool = credited(pool, 1)
    for place, member in enumerate(members):
        pool, members[place] = accrual.set_weight(pool, member, Weight(0))
    assert pool.remainder_scaled == 1
    pool = credited(pool, 5)
    assert accrual.audit(pool).pending_units == 5
    pool, late = accrual.record_work(pool, Member(), Weight(1))
    assert accrual.owed_scaled(pool, late) == 5 * ACCRUAL_SCALE + 1
    accrual.reconcile(pool, [*members, late])


def test_a_member_may_be_owed_more_than_its_share_by_a_remainder() -> None:
    """Not a law: never more than the exact share. What three could not share went to one who came later: 2^-128 of a unit."""
    pool, (first,) = working(Pool(), 3)
    pool, _ = accrual.set_weight(credited(pool, 1), first, Weight(0))
    pool, second = accrual.record_work(pool, Member(), Weight(1))
    assert accrual.owed_scaled(credited(pool, 1), second) == ACCRUAL_SCALE + 1


# -- Claims -----------------------------------------------------------------------------------------------------------------


def test_a_claim_takes_whole_units_once() -> None:
    pool, (member, _) = working(Pool(), 1, 1)
    pool, member, paid = accrual.claim(credited(pool, 7), member)
    assert paid == 3
    assert accrual.claim(pool, member) == (pool, member, 0)
    assert accrual.claim(credited(pool, 1), member)[2] == 1


def test_a_claim_that_did_not_arrive_is_owed_again() -> None:
    pool, (member,) = working(Pool(), 1)
    pool, member, _ = accrual.claim(credited(pool, 7), member)
    assert accrual.owed(*accrual.return_claim(pool, member, Units(7))) == 7
    assert accrual.return_claim(pool, member, Units(0)) == (pool, member)
    with pytest.raises(Broken, match="more is returned"):
        accrual.return_claim(pool, member, Units(8))
    with refuses("NegativeAmount", amount=-1):
        accrual.return_claim(pool, member, Units(-1))


# -- What is refused --------------------------------------------------------------------------------------------------------


def test_a_negative_credit_is_refused_and_nothing_is_one() -> None:
    pool, _ = working(Pool(), 1)
    with refuses("NegativeAmount", amount=-1):
        accrual.credit(pool, Units(-1))
    assert accrual.credit(pool, Units(0)) == pool


def test_negative_work_is_refused_before_too_much() -> None:
    with refuses("NegativeWeight", position=1, weight=-1):
        working(Pool(), MAX_TOTAL_WEIGHT + 1, -1)
    with refuses("NegativeWeight", position=0, weight=-1):
        accrual.set_weight(Pool(), Member(), Weight(-1))
    assert working(Pool(), 0) == (Pool(), [Member()])


def test_weight_has_a_limit_in_all() -> None:
    pool, (member,) = working(Pool(), MAX_TOTAL_WEIGHT)
    assert pool.total_weight == MAX_TOTAL_WEIGHT
    with refuses("TooMuchWeight", total_weight=MAX_TOTAL_WEIGHT + 1, limit=MAX_TOTAL_WEIGHT):
        accrual.record_work(pool, Member(), Weight(1))
    with refuses("TooMuchWeight", total_weight=MAX_TOTAL_WEIGHT + 1, limit=MAX_TOTAL_WEIGHT):
        accrual.set_weight(pool, member, Weight(MAX_TOTAL_WEIGHT + 1))


# -- Audits and stored values -----------------------------------------------------------------------------------------------


def test_an_audit_says_where_every_unit_is() -> None:
    pool, (member, _, _) = working(credited(Pool(), 10), 1, 1, 1)
    pool, member, _ = accrual.claim(credited(pool, 90), member)
    assert accrual.audit(pool) == Audit(
        received_units=100,
        credited_units=99,
        claimed_units=33,
        claimable_units=66,
        pending_units=0,
        remainder_units=1,
        claimable_fraction_scaled=ACCRUAL_SCALE - 1,
        index_remainder_scaled=1,
        lost_scaled=0,
    )


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("received_units", "lost or made"),
        ("claimed_units", "lost or made"),
        ("pending_units", "lost or made"),
        ("remainder_scaled", "lost or made"),
        ("total_weight", "lost or made"),
        ("tally_sum_scaled", "lost or made"),
        ("index_scaled", "lost or made"),
    ],
)
def test_one_unit_too_many_anywhere_in_a_pool_is_found(field: str, message: str) -> None:
    pool, members = working(Pool(), 1, 2)
    pool = credited(pool, 100)
    accrual.reconcile(pool, members)
    with pytest.raises(Broken, match=message):
        accrual.reconcile(pool._replace(**{field: getattr(pool, field) + 1}), members)


@pytest.mark.parametrize("field", ["weight", "tally_scaled", "claimed_units"])
def test_one_unit_too_many_anywhere_in_a_member_is_found(field: str) -> None:
    pool, (member, other) = working(Pool(), 1, 2)
    pool = credited(pool, 100)
    with pytest.raises(Broken, match="do not add up"):
        accrual.reconcile(pool, [member._replace(**{field: getattr(member, field) + 1}), other])


def test_a_member_missing_or_overdrawn_is_found() -> None:
    pool, (member, other) = working(Pool(), 1, 2)
    pool = credited(pool, 100)
    with pytest.raises(Broken, match="do not add up"):
        accrual.reconcile(pool, [member])
    with pytest.raises(Broken, match="less than nothing"):
        accrual.reconcile(pool, [member._replace(tally_scaled=pool.index_scaled + 1), other])


def test_stored_values_keep_their_form() -> None:
    pool, (member, _) = working(Pool(), 10, 6)
    pool, member = accrual.set_weight(credited(pool, 16), member, Weight(0))
    assert accrual.encode_pool(pool) == f"1|1{'0' * 32}|0|6|-a{'0' * 32}|0|10|0"
    assert accrual.encode_member(member) == f"1|0|-a{'0' * 32}|0"
    assert accrual.decode_pool(accrual.encode_pool(pool)) == pool
    assert accrual.decode_member(accrual.encode_member(member)) == member


def test_a_member_is_no_pool() -> None:
    with pytest.raises(Broken, match="3 fields, expected 7"):
        accrual.decode_pool(accrual.encode_member(Member()))
