"""Mistakes that cost others money, each tried on the distribution core: splits, plans, flows and the accrual index.

The first line of each group names what went wrong; the tests say what happens here. Those of single pools stand in `test_accrual_cases`.
"""

from __future__ import annotations

from random import Random

import pytest

from ddsx_core import accrual
from ddsx_core.accrual import Member, Pool
from ddsx_core.flows import Flow, advance, check_flow, close_flow, open_flow
from ddsx_core.plans import Step, rebased, share_of
from ddsx_core.refused import Broken
from ddsx_core.split import split_exact
from ddsx_core.units import Ppm, Units, Weight
from model.expect import refuses

ROYALTY = [Step("provider", "royalty", Ppm(30_000), Units(0), 0)]


def flowing(amount: int, length: int) -> Flow:
    return open_flow(Flow(), Units(amount), 0, length)


# -- Zero supply: revenue lost, or the first one to join gets all of it --------------------------------------------------------


def test_zero_supply_an_amount_over_no_weight_is_refused_not_lost() -> None:
    with refuses("NoTotalWeight", amount=5):
        split_exact(5, [0, 0])


def test_zero_supply_between_two_memberships_waits_for_work() -> None:
    pool, member = accrual.record_work(Pool(), Member(), Weight(5))
    pool, member = accrual.remove_member(accrual.credit(pool, Units(10)), member)
    pool, newcomer = accrual.record_work(accrual.credit(pool, Units(90)), Member(), Weight(0))
    assert [accrual.owed(pool, member), accrual.owed(pool, newcomer), pool.pending_units] == [10, 0, 90]
    pool, member = accrual.return_member(pool, member, Weight(1))
    assert [accrual.owed(pool, member), accrual.owed(pool, newcomer), pool.pending_units] == [100, 0, 0]


# -- A first joiner with one unit, and a donation: later members are rounded down to nothing -----------------------------------


def test_one_unit_first_joiner_with_a_donation_does_not_round_others_down() -> None:
    pool, first = accrual.record_work(Pool(), Member(), Weight(1))
    pool = accrual.credit(pool, Units(10**30))
    pool, second = accrual.record_work(pool, Member(), Weight(10**6))
    assert accrual.owed(pool, second) == 0
    pool = accrual.credit(pool, Units(10**6 + 1))
    assert [accrual.owed(pool, first), accrual.owed(pool, second)] == [10**30 + 1, 10**6]


def test_donation_to_a_balance_is_no_revenue() -> None:
    """A pool knows what was credited to it and nothing else: there is no balance that it could read."""
    pool, member = accrual.record_work(Pool(), Member(), Weight(1))
    pool = accrual.credit(pool, Units(7))
    assert accrual.audit(pool).received_units == accrual.owed(pool, member) == 7


# -- A weight change before settling: the past is paid by the new weight --------------------------------------------------------


def test_weight_change_before_settle_pays_the_past_by_the_old_weight() -> None:
    pool, (member, other) = accrual.record_batch(Pool(), [(Member(), Weight(1)), (Member(), Weight(9))])
    pool = accrual.credit(pool, Units(100))
    pool, member = accrual.record_work(pool, member, Weight(990))
    assert [accrual.owed(pool, member), accrual.owed(pool, other)] == [10, 90]


# -- A panic on rounding stops everybody: nothing is ever owed less than zero, whatever the order -------------------------------


def test_rounding_panic_does_not_exist_over_random_changes() -> None:
    random = Random(22_733)
    pool, members = accrual.record_batch(Pool(), [(Member(), Weight(random.randrange(1, 10**9))) for _ in range(20)])
    for _ in range(2_000):
        place = random.randrange(20)
        pool = accrual.credit(pool, Units(random.randrange(3)))
        pool, members[place] = accrual.set_weight(pool, members[place], Weight(random.randrange(10**9)))
        pool, members[place], _ = accrual.claim(pool, members[place])
        assert accrual.owed_scaled(pool, members[place]) >= 0
    accrual.reconcile(pool, members)


def test_rounding_panic_does_not_exist_when_payments_are_closed() -> None:
    """A payment's share of a shared rate is rounded down; closing one must never take from another, at whatever tick."""
    for tick in range(7):
        flow = open_flow(open_flow(Flow(), Units(1), 0, 7), Units(10**24 + 1), 0, 7)
        flow, earned = advance(flow, tick)
        flow, refund, fraction = close_flow(flow, Units(10**24 + 1), 0, 7)
        check_flow(flow)
        assert refund == (10**24 + 1) * (7 - tick) // 7
        rest = advance(flow, 7)[1]
        assert earned + refund + fraction + rest == 10**24 + 2


# -- Dust: tiny payments round somebody's share to nothing, or everything to a fee ----------------------------------------------


def test_dust_payments_do_not_raise_a_royalty() -> None:
    """A hundred payments of one unit give a royalty of 3 % what one payment of a hundred gives: 3, not 100."""
    assert sum([share_of(ROYALTY, Units(before), Units(1))[0][0] for before in range(100)]) == 3
    assert share_of(ROYALTY, Units(0), Units(100)) == ([3], 97)


def test_dust_flows_are_earned_in_full() -> None:
    flow = Flow()
    for _ in range(1_000):
        flow = open_flow(flow, Units(1), 0, 1_000_003)
    flow, half = advance(flow, 500_002)
    assert half == 500
    assert advance(flow, 1_000_003)[1] == 500


# -- A flow below the number of its receivers pays nobody ------------------------------------------------------------------------


def test_flow_below_unit_count_pays_everybody_in_time() -> None:
    """One unit in ten thousand seconds, to a thousand members: each has one unit when a thousand of them are earned."""
    pool, members = accrual.record_batch(Pool(), [(Member(), Weight(1))] * 1_000)
    flow = flowing(1_000, 10_000_000)
    for tick in range(0, 10_000_001, 50_000):
        flow, earned = advance(flow, tick)
        pool = accrual.credit(pool, earned)
    assert {accrual.owed(pool, member) for member in members} == {1}
    assert flow == Flow(10_000_000)


def test_amount_below_member_count_is_split_whole() -> None:
    assert sum(split_exact(7, [1] * 1_000)) == 7


# -- An entry that is not zeroed is redeemed again -------------------------------------------------------------------------------


def test_entry_not_zeroed_a_claim_is_paid_once() -> None:
    pool, member = accrual.record_work(Pool(), Member(), Weight(1))
    pool, member, first = accrual.claim(accrual.credit(pool, Units(9)), member)
    pool, member, second = accrual.claim(pool, member)
    assert (first, second) == (9, 0)


def test_entry_not_zeroed_a_payment_is_refunded_once() -> None:
    flow, _ = advance(flowing(10, 10), 4)
    flow, refund, _ = close_flow(flow, Units(10), 0, 10)
    assert (refund, flow.ends) == (6, "")
    with pytest.raises(Broken):
        close_flow(flow, Units(10), 0, 10)


def test_entry_not_zeroed_a_cap_is_taken_once() -> None:
    tier = [Step("provider", "costs", Ppm(1_000_000), Units(100), 0)]
    assert share_of(tier, Units(100), Units(100)) == ([0], 100)
    assert share_of(rebased(tier, Units(100)), Units(0), Units(100)) == ([0], 100)
    assert share_of(rebased(rebased(tier, Units(60)), Units(60)), Units(0), Units(100)) == ([0], 100)


# -- Escrow that is stuck when the work stops -------------------------------------------------------------------------------------


def test_escrow_of_a_stream_that_stopped_goes_back() -> None:
    flow, earned = advance(flowing(1_000, 500), 100)
    standing_still, nothing = advance(flow, 100)
    assert (earned, nothing) == (200, 0)
    closed, refund, fraction = close_flow(standing_still, Units(1_000), 0, 500)
    assert (refund, fraction, closed) == (800, 0, Flow(100))


# -- Equal timestamps, the last record, the edge of a period ------------------------------------------------------------------------


def test_two_moments_with_one_timestamp_earn_once() -> None:
    flow, first = advance(flowing(10, 10), 3)
    flow, again = advance(flow, 3)
    assert (first, again) == (3, 0)


def test_last_record_is_paid_and_none_behind_it() -> None:
    flow, before = advance(flowing(10, 10), 9)
    flow, last = advance(flow, 10)
    flow, behind = advance(flow, 11)
    assert (before, last, behind) == (9, 1, 0)


def test_resuming_at_or_across_an_end_loses_nothing() -> None:
    both = open_flow(flowing(10, 10), Units(20), 0, 20)
    for stops in ([10], [9, 10], [10, 11], [9, 11]):
        flow, total = both, 0
        for stop in [*stops, 20]:
            flow, earned = advance(flow, stop)
            total += earned
        assert (flow, total) == (Flow(20), 30)


# -- Amounts too large for a machine's words ------------------------------------------------------------------------------------


def test_huge_amounts_do_not_overflow() -> None:
    huge = Units(10**60)
    assert split_exact(huge, [1, 2]) == [10**60 // 3, 10**60 - 10**60 // 3]
    assert share_of(ROYALTY, Units(0), huge) == ([3 * 10**58], 97 * 10**58)
    assert advance(flowing(huge, 3), 2)[1] == 2 * 10**60 // 3
    pool, (first, _) = accrual.record_batch(Pool(), [(Member(), Weight(1)), (Member(), Weight(2))])
    assert accrual.owed(accrual.credit(pool, huge), first) == 10**60 // 3
