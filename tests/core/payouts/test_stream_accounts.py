"""What one message does with the books; any sequence of it is checked by the machine over the accounts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kept_books import SECOND, KeptBooks, step

from ddsx_core.flows import Flow
from ddsx_core.limits import MAX_AMOUNT, MAX_TOTAL_WEIGHT
from ddsx_core.payout_totals import BALANCE, ESCROWED, RECEIVED, REFUNDED, TREASURY, VALIDATORS, book_draw
from ddsx_core.plan_history import announce
from ddsx_core.refused import Broken, Refused
from ddsx_core.stream_books import BY_RECORD, BY_SECOND, HAS_FLOWS, HELD

AUTHOR = "aaaaa-aa"
PROVIDER = "provider-of-1"


def opened(*steps, fee_ppm=0):
    kept = KeptBooks(fee_ppm)
    kept.open(1, *steps)
    return kept


def act(kept, work):
    accounts = kept.begin()
    result = work(accounts)
    kept.keep(accounts)
    return result


def test_drawing_twice_draws_once():
    """ACCOUNTS-1: contribution, provider's share and a listed payee's."""
    kept = opened(step("provider", 500_000), step(f"p:{AUTHOR}", 500_000))
    act(kept, lambda accounts: accounts.record(1, {"worker": 1}, 1))
    act(kept, lambda accounts: accounts.sell(1, 0, 1_000))
    expected = {PROVIDER: (0, 500), AUTHOR: (0, 250), "worker": (250, 0)}
    for name, drawn in expected.items():
        assert act(kept, lambda accounts, name=name: accounts.draw(0, 1, name)) == drawn
        assert act(kept, lambda accounts, name=name: accounts.draw(0, 1, name)) == (0, 0)
    totals = kept.totals()
    book_draw(totals, 990, 10)
    assert totals[BALANCE] == 0


def test_a_provider_that_is_named_in_its_plan_draws_both():
    kept = opened(step("provider", 500_000), step(f"p:{PROVIDER}", 500_000))
    act(kept, lambda accounts: accounts.sell(1, 0, 1_000))
    assert act(kept, lambda accounts: accounts.draw(0, 1, PROVIDER)) == (0, 750)


def test_offices_draw_what_they_have_not_drawn():
    kept = opened(step("validators", 500_000), fee_ppm=100_000)
    act(kept, lambda accounts: accounts.sell(1, 0, 1_000))
    assert (kept.totals()[TREASURY], kept.totals()[VALIDATORS]) == (100, 450)
    assert act(kept, lambda accounts: accounts.draw_offices(0, is_treasury=False, is_validators=False)) == 0
    assert act(kept, lambda accounts: accounts.draw_offices(0, is_treasury=True, is_validators=False)) == 100
    assert act(kept, lambda accounts: accounts.draw_offices(0, is_treasury=True, is_validators=True)) == 450
    assert act(kept, lambda accounts: accounts.draw_offices(0, is_treasury=True, is_validators=True)) == 0


def test_shares_of_a_plan_that_ended_are_balances_or_drawn_by_the_touch_that_ends_it():
    kept = opened(step(f"p:{AUTHOR}", 500_000), step("p:w7x7r-cok77-xa", 500_000))
    act(kept, lambda accounts: accounts.sell(1, 0, 1_000))
    accounts = kept.begin()
    announce(accounts.touch_all(1), [step("provider", 1)], kept.now + SECOND)
    accounts.changed_books[1] = accounts.book(1)
    kept.keep(accounts)
    kept.now += SECOND
    assert act(kept, lambda accounts: accounts.draw(0, 1, AUTHOR)) == (0, 500)
    assert kept.balances == {(0, "w7x7r-cok77-xa"): 250}
    assert act(kept, lambda accounts: accounts.draw(0, 1, "w7x7r-cok77-xa")) == (0, 0)


@given(price=st.integers(1, 10**9), length=st.integers(1, 500), passed=st.integers(0, 600))
def test_a_sale_closed_early_gives_back_what_was_not_delivered(price, length, passed):
    """ACCOUNTS-2: paid - ceil(paid * delivered / total), and nothing once the end that was rounded down is reached."""
    kept = opened(step("provider", 1_000_000))
    start = act(kept, lambda accounts: accounts.hold(1, 0, price, BY_SECOND, length))
    kept.now += passed * SECOND
    tick, refund = act(kept, lambda accounts: accounts.release_rest(1, 0, price, BY_SECOND, start, length))
    assert tick == start + passed
    grid = 1 << max(length.bit_length() - 7, 0)
    end = (start + length) // grid * grid
    delivered = -(-price * passed // length)
    assert refund == (0 if tick >= end else price - delivered)
    assert act(kept, lambda accounts: accounts.draw(0, 1, PROVIDER)) == (0, price - refund)
    totals = kept.totals()
    assert (totals[RECEIVED], totals[ESCROWED], totals[REFUNDED]) == (price, 0, refund)
    assert not kept.flows


def test_closing_one_sale_leaves_the_others_what_is_theirs():
    kept = opened(step("provider", 1_000_000))
    first = act(kept, lambda accounts: accounts.hold(1, 0, 100, BY_SECOND, 100))
    act(kept, lambda accounts: accounts.hold(1, 0, 900, BY_SECOND, 10))
    kept.now += 20 * SECOND
    assert act(kept, lambda accounts: accounts.release_rest(1, 0, 100, BY_SECOND, first, 100))[1] == 80
    assert act(kept, lambda accounts: accounts.release_rest(1, 0, 900, BY_SECOND, first, 10))[1] == 0
    assert kept.book(1).purse(0).numbers[HELD] == 0


def test_what_is_earned_by_the_record_goes_to_those_who_delivered_it_too():
    kept = opened()
    act(kept, lambda accounts: accounts.record(1, {"early": 1}, 1))
    act(kept, lambda accounts: accounts.hold(1, 0, 300, BY_RECORD, 3))
    act(kept, lambda accounts: accounts.record(1, {"late": 2}, 3))
    assert act(kept, lambda accounts: accounts.draw(0, 1, "early")) == (66, 0)
    assert act(kept, lambda accounts: accounts.draw(0, 1, "late")) == (133, 0)
    act(kept, lambda accounts: accounts.record(1, {}, 4))
    assert kept.book(1).purse(0).numbers[HELD] == 0
    assert act(kept, lambda accounts: accounts.draw(0, 1, "late")) == (67, 0)


def test_time_earns_nothing_that_is_sold_by_the_record():
    kept = opened(step("provider", 1_000_000))
    start = act(kept, lambda accounts: accounts.hold(1, 0, 300, BY_RECORD, 3))
    kept.now += 10**6 * SECOND
    assert act(kept, lambda accounts: accounts.provider_due(1, 0)) == 0
    assert act(kept, lambda accounts: accounts.release_rest(1, 0, 300, BY_RECORD, start, 3)) == (0, 300)


def test_money_that_waited_for_the_first_work_is_shared_by_its_batch():
    kept = opened()
    act(kept, lambda accounts: accounts.sell(1, 0, 100))
    act(kept, lambda accounts: accounts.record(1, {"one": 3, "other": 1}, 4))
    assert act(kept, lambda accounts: accounts.draw(0, 1, "one")) == (75, 0)
    act(kept, lambda accounts: accounts.record(1, {"late": 100}, 104))
    assert act(kept, lambda accounts: accounts.draw(0, 1, "late")) == (0, 0)
    assert act(kept, lambda accounts: accounts.draw(0, 1, "other")) == (25, 0)


def test_what_vests_is_due_as_time_passes_and_its_slot_is_used_again():
    kept = opened(step("provider", 500_000, vest=100), step(f"p:{AUTHOR}", 1_000_000, vest=10))
    act(kept, lambda accounts: accounts.sell(1, 0, 2_000))
    kept.now += 10 * SECOND
    assert act(kept, lambda accounts: accounts.provider_due(1, 0)) == 100
    assert act(kept, lambda accounts: accounts.draw(0, 1, AUTHOR)) == (0, 1_000)
    assert kept.book(1).purse(0).vesting == "provider"
    act(kept, lambda accounts: accounts.sell(1, 0, 2_000))
    assert kept.book(1).purse(0).vesting == f"provider,p:{AUTHOR}"
    kept.now += 200 * SECOND
    assert act(kept, lambda accounts: accounts.provider_due(1, 0)) == 2_000
    assert kept.book(1).purse(0).vesting == ""
    assert not kept.flows


def test_a_freed_slot_before_a_used_one_is_taken_first():
    kept = opened(step("provider", 500_000, vest=2), step(f"p:{AUTHOR}", 1_000_000, vest=1_000))
    act(kept, lambda accounts: accounts.sell(1, 0, 2_000))
    kept.now += 5 * SECOND
    act(kept, lambda accounts: accounts.provider_due(1, 0))
    assert kept.book(1).purse(0).vesting == f",p:{AUTHOR}"
    act(kept, lambda accounts: accounts.sell(1, 0, 2_000))
    assert kept.book(1).purse(0).vesting == f"provider,p:{AUTHOR}"


def test_work_up_to_the_most_weight_is_recorded_and_no_more():
    kept = opened()
    with pytest.raises(Refused) as refused:
        kept.begin().record(1, {"one": MAX_TOTAL_WEIGHT, "other": 1}, 1)
    assert refused.value.kind == "TooMuchWeight"
    act(kept, lambda accounts: accounts.record(1, {"one": MAX_TOTAL_WEIGHT}, 1))
    act(kept, lambda accounts: accounts.sell(1, 0, MAX_AMOUNT))
    assert act(kept, lambda accounts: accounts.draw(0, 1, "one")) == (MAX_AMOUNT, 0)


def test_a_book_has_room_for_a_price_that_just_fits():
    kept = opened()
    act(kept, lambda accounts: accounts.sell(1, 0, MAX_AMOUNT - 5))
    assert kept.begin().has_room(1, 0, 5)
    assert not kept.begin().has_room(1, 0, 6)
    assert kept.begin().has_room(1, 3, 6)
    assert not kept.begin().has_room(2, 0, 1)


def test_a_flow_that_should_be_there_and_is_not_is_a_bug():
    kept = opened()
    book = kept.book(1)
    book.purse(0).numbers[HAS_FLOWS] = BY_SECOND
    accounts = kept.begin()
    accounts.add_book(1, book)
    with pytest.raises(Broken):
        accounts.touch(1, 0)
    assert Flow().held_units == 0


def test_a_refund_comes_out_of_what_is_due_to_the_provider():
    kept = opened(step("provider", 500_000))
    act(kept, lambda accounts: accounts.sell(1, 0, 1_000))
    act(kept, lambda accounts: accounts.give_back(1, 0, 200))
    assert act(kept, lambda accounts: accounts.draw(0, 1, PROVIDER)) == (0, 300)
    assert kept.totals()[REFUNDED] == 200
