"""That plain sales equal all others is checked by the machine over the accounts too, at every sale; here with numbers of any size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kept_books import KeptBooks, step

from ddsx_core.fee_schedule import first_fee, with_fee
from ddsx_core.limits import MAX_AMOUNT
from ddsx_core.plain_sales import sell_plainly
from ddsx_core.stream_books import BY_SECOND, GROSS, HAS_FLOWS, encode_book

PRICES = st.one_of(st.integers(1, 30), st.integers(1, 1 << 100))


def opened(*steps, fee_ppm=20_000, work=3):
    """A stream that has sold once on ledger 2."""
    kept = KeptBooks(fee_ppm)
    kept.open(1, *steps)
    accounts = kept.begin()
    accounts.record(1, {"worker": work} if work else {}, work)
    accounts.sell(1, 2, 1_000)
    accounts.sell(1, 0, 77)
    kept.keep(accounts)
    return kept


@given(
    fee_ppm=st.integers(0, 100_000),
    share_ppm=st.integers(0, 1_000_000),
    work=st.sampled_from([0, 1, 7, (1 << 64) - 1]),
    prices=st.lists(PRICES, min_size=1, max_size=6),
)
def test_a_plain_sale_is_the_sale(fee_ppm, share_ppm, work, prices):
    """PLAIN-1."""
    kept = opened(step("provider", share_ppm), fee_ppm=fee_ppm, work=work)
    for price in prices:
        plain = sell_plainly(kept.books[1], kept.stored_totals[2], kept.fees, 2, price)
        accounts = kept.begin()
        fee, to_provider, others, rest = accounts.sell(1, 2, price)
        kept.keep(accounts)
        assert plain == (kept.books[1], kept.stored_totals[2], fee, to_provider, rest)
        assert others == 0


@pytest.mark.parametrize(
    "steps",
    [
        (),
        (step("provider", 1, cap=5),),
        (step("provider", 1, vest=5),),
        (step("provider", 1, name="other"),),
        (step("validators", 1),),
        (step("provider", 1), step("s:2", 1)),
    ],
)
def test_another_plan_is_not_plain(steps):
    kept = opened(*steps)
    assert sell_plainly(kept.books[1], kept.stored_totals[2], kept.fees, 2, 5) is None


def test_whatever_is_special_is_not_plain():
    kept = opened(step("provider", 150_000))
    book, totals = kept.books[1], kept.stored_totals[2]
    assert sell_plainly(book, totals, kept.fees, 2, 5) is not None
    assert sell_plainly(book, totals, kept.fees, 1, 5) is None
    assert sell_plainly(book, "", kept.fees, 2, 5) is None
    assert sell_plainly(book, totals, with_fee(kept.fees, 5, 9, 8), 2, 5) is None
    assert sell_plainly(book, totals, first_fee(5).replace("0:", "1:"), 2, 5) is None
    changed = kept.book(1)
    changed.announced = "1;"
    assert sell_plainly(encode_book(changed), totals, kept.fees, 2, 5) is None


@pytest.mark.parametrize("change", ["flows", "vesting"])
def test_a_purse_that_earns_along_a_clock_is_not_plain(change):
    kept = opened(step("provider", 150_000))
    book = kept.book(1)
    if change == "flows":
        book.purse(2).numbers[HAS_FLOWS] = BY_SECOND
    else:
        book.purse(2).vesting = "provider"
    assert sell_plainly(encode_book(book), kept.stored_totals[2], kept.fees, 2, 5) is None
    assert sell_plainly(encode_book(book), kept.stored_totals[0], kept.fees, 0, 5) is not None


def test_a_price_that_just_fits_is_plain_and_one_more_is_not():
    kept = opened(step("provider", 150_000))
    book = kept.book(1)
    book.purse(2).numbers[GROSS] = MAX_AMOUNT - 5
    assert sell_plainly(encode_book(book), kept.stored_totals[2], kept.fees, 2, 5) is not None
    assert sell_plainly(encode_book(book), kept.stored_totals[2], kept.fees, 2, 6) is None
