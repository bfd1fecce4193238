"""What the exact split refuses, in which order, each beside the nearest list it accepts."""

from __future__ import annotations

import pytest

from ddsx_core.split import split_exact
from model.expect import refuses


def test_an_empty_list_is_refused_before_anything_else() -> None:
    with refuses("NoWeights"):
        split_exact(-1, [])
    with refuses("NoWeights"):
        split_exact(0, [])
    assert split_exact(7, [3]) == [7]


def test_a_negative_amount_is_refused_before_negative_weights() -> None:
    with refuses("NegativeAmount", amount=-1):
        split_exact(-1, [-1])
    assert split_exact(0, [1]) == [0]


@pytest.mark.parametrize("length", [3, 63, 64, 3_000])
def test_the_first_negative_weight_is_named(length: int) -> None:
    weights = [1] * length
    weights[1] = -5
    weights[2] = -7
    with refuses("NegativeWeight", position=1, weight=-5):
        split_exact(10, weights)
    weights[1] = weights[2] = 0
    assert sum(split_exact(10, weights)) == 10


def test_a_negative_weight_is_refused_before_a_total_of_zero() -> None:
    with refuses("NegativeWeight", position=1, weight=-1):
        split_exact(10, [1, -1])


@pytest.mark.parametrize("length", [1, 64])
def test_an_amount_over_no_weight_is_refused_but_nothing_is_split_over_it(length: int) -> None:
    with refuses("NoTotalWeight", amount=1):
        split_exact(1, [0] * length)
    assert split_exact(0, [0] * length) == [0] * length


def test_weights_are_left_as_they_were() -> None:
    weights = list(range(1, 200))
    split_exact(1_000, weights)
    assert weights == list(range(1, 200))
