"""What payouts, top-ups and refunds do to totals; what sales, work and draws do is checked by the machine over the accounts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.limits import ACCRUAL_SCALE
from ddsx_core.payout_totals import (
    BALANCE,
    CARRIED,
    CONTRIBUTORS,
    DRAWN,
    ESCROWED,
    FEES,
    OWED,
    PENDING,
    PROTOCOL,
    RECEIVED,
    REFUNDED,
    SETTLED,
    SHARES,
    SPENT,
    TOPPED_UP,
    audit_totals,
    book_draw,
    book_given_back,
    book_refund,
    book_requote,
    book_return,
    book_settled,
    book_spent,
    book_top_up,
    book_unescrowed,
    decode_totals,
    encode_totals,
    no_totals,
)
from ddsx_core.refused import Broken


def some_totals():
    """1,000 received: 20 to the protocol, 100 shares, 700 to contributors (12 pending, 3 of them fractions), 180 in escrow."""
    totals = no_totals()
    totals[RECEIVED], totals[PROTOCOL], totals[SHARES], totals[CONTRIBUTORS], totals[ESCROWED] = 1_000, 20, 100, 700, 180
    totals[PENDING], totals[CARRIED], totals[OWED] = 12, ACCRUAL_SCALE // 2, 687 * ACCRUAL_SCALE + ACCRUAL_SCALE // 2
    totals[BALANCE] = 120
    return totals


def test_everything_has_its_place():
    audit = audit_totals(some_totals())
    assert audit.balanced
    assert (audit.credited_units, audit.claimable_units, audit.remainder_units, audit.lost_scaled) == (807, 807, 1, 0)
    assert (audit.claimable_fraction_scaled, audit.carried_scaled) == (ACCRUAL_SCALE // 2, ACCRUAL_SCALE // 2)
    assert audit.holdings_units == 1_000


@pytest.mark.parametrize(
    "place",
    [RECEIVED, PROTOCOL, SHARES, CONTRIBUTORS, ESCROWED, REFUNDED, TOPPED_UP, SPENT, PENDING, OWED, CARRIED, SETTLED, BALANCE, DRAWN],
)
def test_a_unit_that_is_nowhere_or_twice_is_found(place):
    totals = some_totals()
    totals[place] += 1
    assert not audit_totals(totals).balanced


def test_a_payout_leaves_the_balance_and_comes_back_when_it_is_refused():
    totals = some_totals()
    book_settled(totals, 80)
    assert (totals[SETTLED], totals[BALANCE], audit_totals(totals).claimable_units) == (80, 200, 807)
    book_draw(totals, 150, 10)
    assert (totals[BALANCE], totals[DRAWN], totals[FEES]) == (40, 160, 10)
    book_requote(totals, 10, 15)
    book_return(totals, 145, 15)
    assert (totals[BALANCE], totals[DRAWN], totals[FEES]) == (200, 0, 0)
    assert audit_totals(totals).balanced


def test_refunds_are_balances_of_payers():
    totals = some_totals()
    book_unescrowed(totals, 30)
    book_refund(totals, 40)
    book_given_back(totals, 500)
    assert (totals[REFUNDED], totals[ESCROWED], totals[SHARES], totals[RECEIVED], totals[BALANCE]) == (570, 150, 60, 1_500, 650)
    assert audit_totals(totals).balanced
    assert audit_totals(totals).holdings_units == 1_500


def test_money_paid_in_is_held_until_it_is_spent_or_paid_out():
    totals = some_totals()
    book_top_up(totals, 90)
    assert audit_totals(totals).holdings_units == 1_090
    book_spent(totals, 50)
    totals[RECEIVED] += 50
    totals[ESCROWED] += 50
    assert audit_totals(totals).balanced
    assert audit_totals(totals).holdings_units == 1_090


@given(st.lists(st.integers(-(1 << 200), 1 << 200), min_size=17, max_size=17))
def test_totals_come_back_as_they_were_stored(totals):
    assert decode_totals(encode_totals(totals)) == totals


def test_a_ledger_without_a_text_has_no_totals_yet():
    assert decode_totals("") == no_totals()
    assert audit_totals(no_totals()).balanced


@pytest.mark.parametrize("text", ["1|0", "2|0", "2" + "|x" * 17])
def test_anything_else_is_broken(text):
    with pytest.raises(Broken):
        decode_totals(text)
