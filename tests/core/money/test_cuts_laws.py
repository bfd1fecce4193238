"""Laws of ordered cuts, and what a list of cuts may not be."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.cuts import Cut, check_cuts, take_cuts
from ddsx_core.units import Ppm, Units
from model.expect import refuses

AMOUNTS = st.integers(0, 10**30).map(Units)
SHARES = st.one_of(st.sampled_from([0, 1, 999_999, 1_000_000]), st.integers(0, 1_000_000)).map(Ppm)
CUTS = st.lists(SHARES, max_size=16).map(lambda shares: [Cut(f"taker {place}", share) for place, share in enumerate(shares)])


def cut(name: str, share_ppm: int) -> Cut:
    return Cut(name, Ppm(share_ppm))


@given(AMOUNTS, CUTS)
def test_cuts_and_rest_add_up_and_none_is_negative(amount: Units, cuts: list[Cut]) -> None:
    taken = take_cuts(amount, cuts)
    assert sum(taken.cuts) + taken.rest == amount
    assert min([*taken.cuts, taken.rest]) >= 0
    assert len(taken.cuts) == len(cuts)


@given(AMOUNTS, CUTS)
def test_every_cut_is_its_share_of_what_is_left_rounded_up(amount: Units, cuts: list[Cut]) -> None:
    left: int = amount
    for (_, share_ppm), taken in zip(cuts, take_cuts(amount, cuts).cuts, strict=True):
        assert taken == ceil(Fraction(left * share_ppm, 1_000_000))
        left -= taken


@given(AMOUNTS, AMOUNTS, CUTS)
def test_a_larger_amount_makes_nothing_smaller(amount: Units, more: Units, cuts: list[Cut]) -> None:
    less, larger = take_cuts(amount, cuts), take_cuts(Units(amount + more), cuts)
    assert all(before <= after for before, after in zip(less.cuts, larger.cuts, strict=True))
    assert less.rest <= larger.rest


@given(AMOUNTS, AMOUNTS, CUTS)
def test_paying_in_pieces_escapes_no_fee(first: Units, second: Units, cuts: list[Cut]) -> None:
    whole = take_cuts(Units(first + second), cuts).rest
    in_pieces = take_cuts(first, cuts).rest + take_cuts(second, cuts).rest
    assert whole - len(cuts) <= in_pieces <= whole


def test_order_decides() -> None:
    """Not a law: exchanging two cuts changes nothing."""
    assert take_cuts(Units(100), [cut("half", 500_000), cut("tenth", 100_000)]) == ([50, 5], 45)
    assert take_cuts(Units(100), [cut("tenth", 100_000), cut("half", 500_000)]) == ([10, 45], 45)


def test_one_unit_goes_whole_to_the_first_that_takes_anything() -> None:
    cuts = [cut("nothing", 0), cut("a millionth", 1), cut("half", 500_000)]
    assert take_cuts(Units(1), cuts) == ([0, 1, 0], 0)


def test_without_cuts_all_is_rest() -> None:
    assert take_cuts(Units(5), []) == ([], 5)


def test_refuses_a_negative_amount_before_a_wrong_share() -> None:
    with refuses("NegativeAmount", amount=-1):
        take_cuts(Units(-1), [cut("all and more", 1_000_001)])
    assert take_cuts(Units(0), [cut("all", 1_000_000)]) == ([0], 0)


@pytest.mark.parametrize("share_ppm", [-1, 1_000_001])
def test_refuses_a_share_that_is_none(share_ppm: int) -> None:
    with refuses("InvalidCuts", position=1, reason="the share of fee is not 0 to 1000000 ppm"):
        take_cuts(Units(10), [cut("royalty", 1), cut("fee", share_ppm)])
    with refuses("InvalidCuts", position=1, reason="a share is 0 to 1000000 ppm"):
        check_cuts([cut("royalty", 1), cut("fee", share_ppm)])


def test_a_plan_may_have_any_shares_and_sixteen_cuts() -> None:
    check_cuts([])
    check_cuts([cut("n" * 32, 0), cut("n", 1_000_000)])
    sixteen = [cut(f"taker {place}", 1) for place in range(16)]
    check_cuts(sixteen)
    with refuses("InvalidCuts", position=16, reason="a plan has at most 16 cuts"):
        check_cuts([*sixteen, cut("", -1)])


@pytest.mark.parametrize("name", ["", "n" * 33])
def test_a_plan_names_every_cut(name: str) -> None:
    with refuses("InvalidCuts", position=0, reason="a name has 1 to 32 characters"):
        check_cuts([cut(name, -1)])


def test_a_plan_names_every_cut_differently() -> None:
    with refuses("InvalidCuts", position=1, reason="the name is taken by an earlier cut"):
        check_cuts([cut("royalty", 1), cut("royalty", -1)])
