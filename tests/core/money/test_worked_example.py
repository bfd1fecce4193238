"""The figures of docs/money.md."""

from __future__ import annotations

from ddsx_core.accrual import Member, Pool, audit, claim, credit, owed, record_batch, remove_member
from ddsx_core.flows import Flow, advance, close_flow, open_flow, rounded_end
from ddsx_core.plans import Step, share_of

FEE = [Step("treasury", "protocol", 20_000, 0, 0)]
PLAN = [Step("provider", "provider", 300_000, 0, 0), Step("s:2a", "upstream", 50_000, 0, 0)]
DAY = 24 * 60 * 60


def test_one_sale_and_a_small_one_after_it():
    assert share_of(FEE, 0, 1_000_000_001) == ([20_000_001], 980_000_000)
    assert share_of(PLAN, 0, 980_000_000) == ([294_000_000, 34_300_000], 651_700_000)
    assert share_of(FEE, 1_000_000_001, 10) == ([0], 10)
    assert share_of(PLAN, 980_000_000, 10) == ([3, 1], 6)


def test_the_contributors_pool():
    pool, (first, second, third) = record_batch(Pool(), [(Member(), 500), (Member(), 300), (Member(), 7)])
    pool = credit(pool, 651_700_000)
    assert [owed(pool, member) for member in (first, second, third)] == [403_779_429, 242_267_657, 5_652_912]
    assert audit(pool)[:6] == (651_700_000, 651_699_999, 0, 651_699_999, 0, 1)
    pool, first, paid = claim(pool, first)
    pool, third = remove_member(pool, third)
    pool = credit(pool, 6)
    assert paid == 403_779_429
    assert [owed(pool, member) for member in (first, second, third)] == [4, 242_267_660, 5_652_912]
    assert audit(pool)[:6] == (651_700_006, 651_700_005, 403_779_429, 247_920_576, 0, 1)
    assert audit(pool).lost_scaled == 0


def test_a_licence_of_ninety_days():
    flow, earned = advance(open_flow(Flow(), 900_000_000, 0, 90 * DAY), 30 * DAY + 1)
    assert (earned, flow.held_units) == (300_000_115, 599_999_885)
    assert close_flow(flow, 900_000_000, 0, 90 * DAY)[1:] == (599_999_884, 1)
    assert rounded_end(0, 90 * DAY) == 89 * DAY + 12 * 3_600 + 7 * 60 + 28
    flow, earned = advance(flow, rounded_end(0, 90 * DAY))
    assert (earned, flow.held_units) == (599_999_885, 0)
