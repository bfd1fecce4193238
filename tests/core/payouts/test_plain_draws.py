"""The short way of drawing gives what the long way gives, and is not taken where it would not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kept_books import KeptBooks, step

from ddsx_core.memberships import Membership, decode_membership
from ddsx_core.payout_totals import book_draw
from ddsx_core.plain_draws import PlainDraw, office_units, plain_draw, totals_after, without_offices
from ddsx_core.stream_books import BY_SECOND

PRICES = st.lists(st.one_of(st.integers(1, 30), st.integers(1, 1 << 100)), min_size=1, max_size=5)
WEIGHTS = st.one_of(st.integers(1, 9), st.integers(1, (1 << 62) - 1))
NAMES = st.sampled_from(["first", "second", "nobody", "provider-of-1"])
FEE = 10


def _kept(*steps: Any, weights: tuple[int, ...] = (3, 2)) -> KeptBooks:
    kept = KeptBooks(20_000)
    kept.open(1, *steps)
    accounts = kept.begin()
    names = ("first", "second", "provider-of-1")
    accounts.record(1, dict(zip(names, weights, strict=False)), 5)
    kept.keep(accounts)
    return kept


def _sell(kept: KeptBooks, price: int, ledger: int = 1) -> None:
    accounts = kept.begin()
    accounts.sell(1, ledger, price)
    kept.keep(accounts)


def _plain(kept: KeptBooks, name: str, ledger: int = 1) -> PlainDraw | None:
    def find() -> Membership | None:
        return decode_membership(*kept.members[1, name]) if (1, name) in kept.members else None

    return plain_draw(kept.books[1], ledger, name, find)


@given(PRICES, st.tuples(WEIGHTS, WEIGHTS, WEIGHTS), st.integers(0, 1_000_000), st.lists(NAMES, min_size=1, max_size=6))
def test_the_short_way_is_the_long_way(prices: list[int], weights: tuple[int, ...], share: int, names: list[str]) -> None:
    kept = _kept(step("provider", share), weights=weights)
    for price in prices:
        _sell(kept, price)
    for name in names:
        plain, totals = _plain(kept, name), kept.stored_totals[1]
        assert plain is not None
        accounts = kept.begin()
        contribution, due = accounts.draw(1, 1, name)
        assert (plain.contribution, plain.due) == (contribution, due)
        gross = contribution + due
        if gross > FEE:
            book_draw(accounts.totals(1), gross - FEE, FEE)
            kept.keep(accounts)
            assert totals_after(totals, contribution, gross - FEE, FEE) == kept.stored_totals[1]
            assert (plain.book or kept.books[1]) == kept.books[1]
            if plain.membership is not None:
                assert plain.membership.numbers == decode_membership(*kept.members[1, name]).numbers
    kept.totals(1)


def test_a_ledger_on_which_nothing_was_sold_has_nothing() -> None:
    kept = _kept(step("provider", 5))
    _sell(kept, 100, ledger=2)
    assert _plain(kept, "first") == PlainDraw(0, 0, None, "")


def test_what_has_to_be_brought_up_to_now_is_not_plain() -> None:
    kept = _kept(step("provider", 5))
    _sell(kept, 1_000)
    assert _plain(kept, "first") is not None
    accounts = kept.begin()
    accounts.hold(1, 1, 500, BY_SECOND, 9)
    kept.keep(accounts)
    assert _plain(kept, "first") is None
    # Another ledger's flow does not matter.
    _sell(kept, 1_000, ledger=2)
    assert _plain(kept, "first", ledger=2) is not None


def test_an_announced_plan_is_not_plain() -> None:
    kept = _kept(step("provider", 5))
    _sell(kept, 1_000)
    book = kept.begin().book(1)
    book.announced, book.announced_at = book.plan, kept.now + 1
    accounts = kept.begin()
    accounts.changed_books[1] = book
    kept.keep(accounts)
    assert _plain(kept, "first") is None


def test_vesting_is_not_plain() -> None:
    kept = _kept(step("p:aaa", 500_000, vest=60))
    _sell(kept, 1_000)
    assert _plain(kept, "first") is None


def test_undrawn_shares_are_drawn_the_long_way_by_whom_they_are_due_to() -> None:
    kept = _kept(step("p:first", 500_000))
    _sell(kept, 1_000)
    assert _plain(kept, "first") is None
    assert _plain(kept, "second") is not None


@pytest.mark.parametrize("offices", [{"is_treasury": True, "is_validators": False}, {"is_treasury": True, "is_validators": True}])
def test_offices_are_drawn_as_the_long_way_does(offices: dict[str, bool]) -> None:
    kept = _kept(step("validators", 300_000))
    _sell(kept, 10_000)
    stored = kept.stored_totals[1]
    accounts = kept.begin()
    units = accounts.draw_offices(1, **offices)
    assert office_units(stored, **offices) == units == (200 if not offices["is_validators"] else 200 + 2_940)
    book_draw(accounts.totals(1), units - FEE, FEE)
    kept.keep(accounts)
    assert without_offices(totals_after(stored, 0, units - FEE, FEE), **offices) == kept.stored_totals[1]


def test_validators_alone_leave_the_treasury_its_part() -> None:
    kept = _kept(step("validators", 300_000))
    _sell(kept, 10_000)
    offices = {"is_treasury": False, "is_validators": True}
    assert office_units(kept.stored_totals[1], **offices) == 2_940
    assert office_units(without_offices(kept.stored_totals[1], **offices), is_treasury=True, is_validators=True) == 200
