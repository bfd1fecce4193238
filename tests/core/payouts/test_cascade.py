"""Revenue from stream to stream: how deep, through how many books, and where it ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kept_books import SECOND, KeptBooks, step

from ddsx_core.cascade import MAX_BOOKS, MAX_DEPTH
from ddsx_core.limits import MAX_AMOUNT
from ddsx_core.payout_totals import RECEIVED, decode_totals
from ddsx_core.refused import Refused
from ddsx_core.stream_books import BY_SECOND, GIVEN, GROSS, HELD, PASSED_ON, PROVIDER_DUE, encode_book


def chain(length, *, share=500_000):
    """Streams 1 to `length`, each passing half of its revenue to the next, a tenth of the rest to its provider."""
    kept = KeptBooks()
    for stream in range(1, length + 1):
        kept.open(stream, step(f"s:{stream + 1:x}", share), step("provider", 100_000))
    return kept


def sell(kept, price, stream=1, ledger=0):
    accounts = kept.begin()
    shared = accounts.sell(stream, ledger, price)
    kept.keep(accounts)
    return accounts, shared


def gross(kept, stream):
    return kept.book(stream).purse(0).numbers[GROSS]


def test_a_sale_goes_through_three_plans_beyond_its_own_and_then_to_contributors():
    kept = chain(6)
    _, shared = sell(kept, 16_000)
    assert shared == (0, 800, 8_000, 7_200)
    assert [gross(kept, stream) for stream in range(1, 7)] == [16_000, 8_000, 4_000, 2_000, 1_000, 0]
    deepest = kept.book(MAX_DEPTH + 2).purse(0)
    assert deepest.numbers[PROVIDER_DUE] == 0
    assert deepest.pool(0).pending_units == 1_000
    assert kept.totals()[RECEIVED] == 16_000


def test_a_stream_that_was_paid_already_is_paid_straight_to_its_contributors():
    kept = KeptBooks()
    kept.open(1, step("s:2", 1_000_000))
    kept.open(2, step("s:1", 500_000), step("provider", 1_000_000))
    sell(kept, 100)
    assert kept.book(1).purse(0).pool(0).pending_units == 50
    assert (gross(kept, 1), kept.book(2).purse(0).numbers[PROVIDER_DUE]) == (150, 50)


def test_what_goes_to_a_stream_without_a_book_stays_with_the_provider():
    kept = KeptBooks()
    kept.open(1, step("s:99", 500_000))
    sell(kept, 100)
    numbers = kept.book(1).purse(0).numbers
    assert (numbers[PROVIDER_DUE], numbers[GIVEN], numbers[PASSED_ON]) == (50, 50, 0)


def test_no_more_than_eight_books_and_the_ninth_part_stays_with_the_provider():
    kept = KeptBooks()
    kept.open(1, *[step(f"s:{stream:x}", 1_000_000, cap=10) for stream in range(2, 12)])
    for stream in range(2, 12):
        kept.open(stream)
    accounts, _ = sell(kept, 100)
    assert sorted(accounts.changed_books) == list(range(1, MAX_BOOKS + 1))
    assert [gross(kept, stream) for stream in range(2, 12)] == [10] * 7 + [0] * 3
    assert kept.book(1).purse(0).numbers[PROVIDER_DUE] == 30


def test_a_stream_without_room_leaves_its_part_with_the_provider():
    kept = KeptBooks()
    kept.open(1, step("s:2", 500_000))
    kept.open(2)
    sell(kept, MAX_AMOUNT - 10, stream=2)
    sell(kept, 20)
    assert gross(kept, 2) == MAX_AMOUNT
    sell(kept, 20)
    assert (gross(kept, 2), kept.book(1).purse(0).numbers[PROVIDER_DUE]) == (MAX_AMOUNT, 10)


def test_the_protocol_takes_its_fee_once():
    kept = KeptBooks(100_000)
    kept.open(1, step("s:2", 1_000_000))
    kept.open(2, step("provider", 1_000_000))
    _, shared = sell(kept, 1_000)
    assert shared.protocol_fee == 100
    assert kept.book(2).purse(0).numbers[PROVIDER_DUE] == 900


def test_each_credit_is_a_cascade_of_its_own():
    """A stream that earns by touch and sells in one message pays the plan of the stream upstream for both."""
    kept = KeptBooks()
    kept.open(1, step("s:2", 1_000_000))
    kept.open(2, step("provider", 1_000_000))
    accounts = kept.begin()
    accounts.hold(1, 0, 100, BY_SECOND, 10)
    kept.keep(accounts)
    kept.now += 5 * SECOND
    sell(kept, 7)
    assert kept.book(2).purse(0).numbers[PROVIDER_DUE] == 57


def test_what_a_stream_upstream_earns_travels_with_the_cascade_that_reaches_it():
    kept = KeptBooks()
    kept.open(1, step("s:2", 1_000_000))
    kept.open(2, step("s:3", 1_000_000))
    kept.open(3, step("provider", 1_000_000))
    accounts = kept.begin()
    accounts.hold(2, 0, 100, BY_SECOND, 10)
    kept.keep(accounts)
    kept.now += 5 * SECOND
    sell(kept, 7)
    # Stream 3 was seen when the part of the sale arrives behind the 50 that stream 2 earned.
    assert (kept.book(3).purse(0).numbers[PROVIDER_DUE], kept.book(3).purse(0).pool(0).pending_units) == (50, 7)
    assert (gross(kept, 3), kept.book(2).purse(0).numbers[HELD]) == (57, 50)


@given(
    plans=st.lists(st.lists(st.tuples(st.integers(1, 14), st.integers(0, 1_000_000)), max_size=5), min_size=12, max_size=12),
    price=st.integers(1, 10**9),
)
def test_no_sale_touches_more_than_eight_books_or_loses_a_unit(plans, price):
    """CASCADE-1, CASCADE-3."""
    kept = KeptBooks(20_000)
    for number, parts in enumerate(plans, 1):
        steps = [step(f"s:{target:x}", share, name=f"step {place}") for place, (target, share) in enumerate(parts) if target != number]
        kept.open(number, *steps)
    accounts, shared = sell(kept, price)
    assert len(accounts.changed_books) <= MAX_BOOKS
    assert sum(shared) == price
    assert kept.totals()[RECEIVED] == price


@given(st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=20))
def test_touching_changes_nothing_for_those_who_pass_nothing_on(moments):
    """CASCADE-2, with a fee and a plan that change on the way."""

    def run(touches):
        kept = KeptBooks(20_000)
        kept.fees = f"0:4e20,{30 * SECOND:x}:2710"
        kept.open(1, step("provider", 333_333), step("validators", 77_777, cap=50))
        book = kept.book(1)
        book.announced, book.announced_at, book.versions = "1;validators,validators,7a120,0,0", 45 * SECOND, 2
        kept.books[1] = encode_book(book)
        accounts = kept.begin()
        accounts.record(1, {"worker": 3}, 3)
        accounts.hold(1, 0, 1_000_003, BY_SECOND, 77)
        kept.keep(accounts)
        for moment, is_touched in [*sorted(touches), (90, True)]:
            if is_touched:
                kept.now = (moment + 1) * SECOND
                accounts = kept.begin()
                accounts.touch(1, 0)
                kept.keep(accounts)
        return kept.books, kept.stored_totals, kept.flows

    assert run(moments) == run([])


def test_a_stream_without_a_book_is_not_touched():
    with pytest.raises(Refused) as refused:
        KeptBooks().begin().touch(5, 0)
    assert (refused.value.kind, refused.value.data) == ("UnknownStream", {"stream": 5})
    with pytest.raises(Refused):
        KeptBooks().begin().touch_all(5)


def test_nothing_that_was_refused_is_kept():
    kept = chain(2)
    before = dict(kept.books)
    kept.begin().sell(1, 0, 500)
    assert kept.books == before
    assert kept.totals() == decode_totals("")
