"""The naive model against examples worked by hand, and against fractions that are never rounded."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.money_events import apply, cuts_in, draws_in
from model.money_model import MoneyModel
from model.purse_model import ONE, SECOND, Cut, Escrow, Pool, cuts_of, grid_end

PROVIDER = Cut("provider", "provider", 300_000)
ROYALTY = Cut("p:author", "royalty", 100_000)
FIRST, SECOND_STREAM, THIRD, FOURTH, FIFTH = 1, 2, 3, 4, 5


def second(number: int) -> int:
    """A moment, in ns."""
    return number * SECOND


def opened(*steps: Cut, fee_ppm: int = 20_000, work: dict[str, int] | None = None) -> MoneyModel:
    """One stream with that plan and one batch of work."""
    model = MoneyModel(fee_ppm, "treasury", "validators")
    model.open(FIRST, "owner", steps)
    model.work(0, FIRST, 0, work or {})
    return model


def test_one_sale_of_the_documentation() -> None:
    model = opened(PROVIDER, Cut("s:2", "upstream", 50_000), work={"first": 500, "second": 300, "third": 7})
    model.open(SECOND_STREAM, "other owner", [])
    model.sale(1, 1, FIRST, 0, "buyer", 1_000_000_001)
    purse = model.purse(FIRST, 0)
    assert (model.book(0).treasury, purse.dues) == (20_000_001, {"provider": 294_000_000})
    assert [purse.pool.owed(name) for name in ("first", "second", "third")] == [403_779_429, 242_267_657, 5_652_912]
    assert model.purse(SECOND_STREAM, 0).pool.pending == 34_300_000
    totals = model.totals(0)
    assert (totals.received, totals.credited, totals.pending, totals.remainder) == (1_000_000_001, 965_700_000, 34_300_000, 1)


def test_rounding_up_happens_once_and_not_once_a_sale() -> None:
    model = opened(Cut("provider", "provider", 100_000), fee_ppm=0)
    shares = []
    for order in range(11):
        model.sale(1, order, FIRST, 0, "buyer", 1)
        shares.append(model.purse(FIRST, 0).dues["provider"])
    assert shares == [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2]


def test_a_tier_is_filled_before_anybody_behind_it_has_anything() -> None:
    assert cuts_of([Cut("p:a", "recoup", 1_000_000, 70), Cut("provider", "share", 500_000)], 70) == [70, 0]
    assert cuts_of([Cut("p:a", "recoup", 1_000_000, 70), Cut("provider", "share", 500_000)], 75) == [70, 3]


@pytest.mark.parametrize(("start", "end", "expected"), [(0, 1, 1), (0, 127, 127), (1, 128, 128), (1, 129, 128), (1003, 1643, 1640)])
def test_ends_stand_on_a_grid(start: int, end: int, expected: int) -> None:
    assert grid_end(start, end) == expected


def test_escrow_is_earned_by_the_second_and_the_rest_goes_back() -> None:
    model = opened(fee_ppm=0, work={"worker": 1})
    model.hold(second(100), 1, FIRST, 0, "buyer", 100, 7, by_record=False)
    assert model.totals(0).escrowed == 100
    earned = []
    for now in (101, 102, 105):
        model.touch(second(now) + 999_999_999, FIRST, 0)
        earned.append(model.purse(FIRST, 0).pool.received)
    assert earned == [14, 28, 71]
    assert model.end(second(105), 1) == 28
    assert model.purse(FIRST, 0).pool.received == 72
    assert model.book(0).balances == {"buyer": 28}
    assert model.end(second(106), 1) == 0


def test_escrow_is_earned_by_the_record_by_all_whose_work_is_recorded() -> None:
    model = opened(fee_ppm=0)
    model.hold(5, 1, FIRST, 0, "buyer", 1000, 4, by_record=True)
    model.work(6, FIRST, 1, {"first": 1})
    model.work(7, FIRST, 3, {"second": 1})
    pool = model.purse(FIRST, 0).pool
    assert (pool.owed("first"), pool.owed("second")) == (500, 250)
    assert model.end(8, 1) == 250
    assert model.totals(0).escrowed == 0


def test_what_was_earned_before_a_fee_changed_goes_by_the_old_one() -> None:
    model = opened(fee_ppm=100_000, work={"worker": 1})
    model.hold(0, 1, FIRST, 0, "buyer", 1000, 10, by_record=False)
    model.fee(second(1), 50_000, second(4))
    model.touch(second(10), FIRST, 0)
    assert model.book(0).fees == 40 + 30


def test_a_fee_that_is_replaced_before_its_time_never_holds() -> None:
    model = opened(fee_ppm=0)
    model.fee(second(1), 50_000, second(9))
    model.fee(second(2), 10_000, second(9))
    assert [model.fee_at(second(8)), model.fee_at(second(9))] == [0, 10_000]


def test_a_plan_takes_over_at_its_moment_and_undrawn_royalties_become_balances() -> None:
    model = opened(ROYALTY, fee_ppm=0, work={"worker": 1})
    model.hold(0, 1, FIRST, 0, "buyer", 1000, 10, by_record=False)
    model.plan(second(1), FIRST, second(5), [Cut("provider", "provider", 500_000)])
    model.touch(second(10), FIRST, 0)
    assert model.book(0).balances == {"author": 50}
    assert model.purse(FIRST, 0).dues == {"provider": 250}
    assert model.purse(FIRST, 0).pool.received == 700


def test_vesting_is_due_as_time_passes() -> None:
    model = opened(Cut("p:author", "royalty", 1_000_000, 0, 10), fee_ppm=0)
    model.sale(second(0), 1, FIRST, 0, "buyer", 100)
    assert model.totals(0).escrowed == 100
    assert model.draw(second(3), "author", 0, [FIRST])[0][0].due == 30
    assert model.draw(second(11), "author", 0, [FIRST])[0][0].due == 70


def test_deeper_than_three_plans_it_goes_to_the_contributors() -> None:
    model = opened(Cut("s:2", "up", 1_000_000), fee_ppm=0)
    for stream in (SECOND_STREAM, THIRD, FOURTH):
        model.open(stream, "owner", [Cut(f"s:{stream + 1}", "up", 1_000_000)])
    model.open(FIFTH, "owner", [Cut("provider", "provider", 1_000_000)])
    model.sale(1, 1, FIRST, 0, "buyer", 9)
    assert (model.purse(FIFTH, 0).pool.pending, model.purse(FIFTH, 0).dues) == (9, {})


def test_a_circle_ends_with_the_contributors_of_the_stream_that_sold() -> None:
    model = opened(Cut("s:2", "up", 500_000), fee_ppm=0)
    model.open(SECOND_STREAM, "owner", [Cut("s:1", "back", 500_000)])
    model.sale(1, 1, FIRST, 0, "buyer", 8)
    assert (model.purse(FIRST, 0).pool.pending, model.purse(SECOND_STREAM, 0).pool.pending) == (6, 2)


def test_a_stream_without_a_book_leaves_its_part_with_the_provider() -> None:
    model = opened(Cut("s:9", "up", 500_000), fee_ppm=0)
    model.sale(1, 1, FIRST, 0, "buyer", 8)
    assert model.purse(FIRST, 0).dues == {"provider": 4}


def test_a_payout_is_in_one_place_at_a_time() -> None:
    model = opened(PROVIDER, fee_ppm=0)
    model.sale(1, 1, FIRST, 0, "buyer", 100)
    model.draw(2, "owner", 0, [FIRST])
    model.payout(1, "owner", 0, 20, 10)
    places = [(model.book(0).balances["owner"], model.totals(0).in_flight, model.totals(0).paid)]
    model.requote(1, 25, 5)
    model.unpaid(1)
    places.append((model.book(0).balances["owner"], model.totals(0).in_flight, model.totals(0).paid))
    model.payout(2, "owner", 0, 20, 10)
    model.paid(2)
    places.append((model.book(0).balances["owner"], model.totals(0).in_flight, model.totals(0).paid))
    assert places == [(0, 30, 0), (30, 0, 0), (0, 0, 20)]
    with pytest.raises(AssertionError, match="paid more than it has"):
        model.payout(3, "owner", 0, 1, 0)


def test_a_provider_gives_back_no_more_than_it_has_and_was_paid() -> None:
    model = opened(PROVIDER, fee_ppm=0)
    model.sale(1, 1, FIRST, 0, "buyer", 100)
    model.refund(2, 1, 30)
    assert model.book(0).balances == {"buyer": 30}
    with pytest.raises(AssertionError, match="did not have"):
        model.refund(3, 1, 1)


def test_a_block_that_says_more_than_follows_is_found() -> None:
    model = opened(PROVIDER)
    sale = {"btype": "ddsx:sale", "ts": 1, "order": 1, "stream": 1, "ledger": 0, "payer": "buyer.00", "price": 100}
    sale |= {"terms": "allowance now", "shares": "2,1e,44"}
    apply(model, sale)
    with pytest.raises(AssertionError, match="credited twice"):
        apply(model, sale)
    drawn = {"btype": "ddsx:payout", "ts": 2, "payout": 1, "payee": "owner", "ledger": 0, "draws": "1:0:1f", "amount": 20, "fee": 10}
    with pytest.raises(AssertionError, match="another draw"):
        apply(model, drawn)


def test_texts_of_the_log_are_read() -> None:
    assert cuts_in("1;provider,a,4e20,0,0;s:2,b,1,ff,3c") == [Cut("provider", "a", 20_000), Cut("s:2", "b", 1, 255, 60)]
    assert draws_in("a:1:2,-:0:10") == ({10: (1, 2)}, 16)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.dictionaries(st.sampled_from("abc"), st.integers(0, 10**6))), max_size=20))
def test_pools_keep_to_fractions(events: list[tuple[int, dict[str, int]]]) -> None:
    """Each member's earnings are the exact ones, but for what a carried remainder moves: less than 2^-64 of a unit."""
    pool, weights, exact, pending = Pool(), dict[str, int](), dict[str, Fraction](), 0
    for units, added in events:
        for name, weight in added.items():
            weights[name] = weights.get(name, 0) + weight
        pool.credit(units, weights)
        pending += units
        total = sum(weights.values())
        if total:
            for name, weight in weights.items():
                exact[name] = exact.get(name, Fraction(0)) + Fraction(pending * weight, total)
            pending = 0
    assert pool.pending == pending
    assert all(abs(Fraction(pool.earned.get(name, 0), ONE) - share) < Fraction(1, 2**64) for name, share in exact.items())
    assert sum(pool.earned.values()) + pool.pending * ONE + pool.carried == pool.received * ONE


@given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(1, 300), st.integers(0, 40)), max_size=12))
def test_escrow_keeps_to_fractions(payments: list[tuple[int, int, int]]) -> None:
    """What was taken is all that time has earned exactly, rounded down, but for 2^-64 of a unit."""
    escrow, now, exact = Escrow(), 0, list[tuple[int, int, int]]()
    for amount, ticks, later in payments:
        escrow.take(now)
        escrow.open(amount, ticks)
        exact.append((amount, now, now + ticks))
        now += later
    escrow.take(now)
    due = sum((Fraction(amount * min(now - start, end - start), end - start) if now < grid_end(start, end) else Fraction(amount))
              for amount, start, end in exact)  # fmt: skip
    assert due - 1 - Fraction(1, 2**64) < escrow.taken <= due
    assert escrow.taken + escrow.held() == sum(amount for amount, _, _ in exact)
