"""Laws of the exact split, over lists short and long enough to take every way of computing it."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import assume, example, given
from hypothesis import strategies as st

from ddsx_core.split import split_exact
from model import split_model

AMOUNTS = st.one_of(st.integers(0, 1_000), st.integers(0, 10**15), st.integers(2**64 - 2, 2**64 + 2), st.integers(0, 10**40))
WEIGHT = st.one_of(st.integers(0, 3), st.integers(0, 10**6), st.integers(0, 2**64), st.integers(0, 10**30))
SHORT = st.lists(WEIGHT, min_size=1, max_size=12)
LONG = st.builds(lambda pattern, times: pattern * times, SHORT, st.integers(6, 60))
WEIGHTS = st.one_of(SHORT, LONG).filter(any)


@given(AMOUNTS, WEIGHTS)
@example(2**64 - 1, [1] * 64)
@example(2**64 - 1, [2**57] * 127)
@example(2**64 - 1, [2**64 - 64] + [1] * 63)
@example(0, [0] * 63 + [1])
@example(1, [2**40] * 64)
@example(2**64, [0] * 63 + [1])
@example(5, [2**58] * 64)
@example(10**12, [3, 1, 4] * 700)
def test_equals_the_naive_model(amount: int, weights: list[int]) -> None:
    assert split_exact(amount, weights) == split_model.parts(amount, weights)


def test_every_small_amount_over_every_small_total_is_cut_at_the_same_places() -> None:
    """All quotients of small numbers: the division by multiplying must never be off by one."""
    for total in range(1, 48):
        for amount in range(2 * total):
            places = [amount * so_far // total for so_far in range(total + 1)]
            expected = [here - before for before, here in pairwise(places)]
            assert split_exact(amount, [1] * total) == expected


@given(AMOUNTS, WEIGHTS)
def test_parts_add_up_to_the_amount(amount: int, weights: list[int]) -> None:
    assert sum(split_exact(amount, weights)) == amount


@given(AMOUNTS, WEIGHTS)
def test_every_part_is_within_one_unit_of_its_quota_and_equal_to_a_whole_one(amount: int, weights: list[int]) -> None:
    for part, weight in zip(split_exact(amount, weights), weights, strict=True):
        quota = split_model.quota(amount, weight, weights)
        assert abs(part - quota) < 1
        assert part >= 0


@given(AMOUNTS, WEIGHTS, st.data())
def test_first_parts_depend_on_nothing_behind_them_but_the_total(amount: int, weights: list[int], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(weights)))
    behind = sum(weights[cut:])
    parts = split_exact(amount, weights)
    assert split_exact(amount, [*weights[:cut], behind])[:cut] == parts[:cut]
    assert sum(parts[:cut]) == amount * sum(weights[:cut]) // sum(weights)


@given(AMOUNTS, WEIGHTS, st.data())
def test_splitting_a_member_into_neighbours_changes_nothing(amount: int, weights: list[int], data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(weights) - 1))
    first = data.draw(st.integers(0, weights[position]))
    parts = split_exact(amount, weights)
    divided = split_exact(amount, [*weights[:position], first, weights[position] - first, *weights[position + 1 :]])
    assert divided[position] + divided[position + 1] == parts[position]
    assert divided[:position] + divided[position + 2 :] == parts[:position] + parts[position + 1 :]


@given(AMOUNTS, SHORT.filter(any), st.data())
@example(2, [1, 2], None)
def test_splitting_a_member_anywhere_moves_at_most_one_unit(amount: int, weights: list[int], data: st.DataObject | None) -> None:
    position, first, moved_to = 1, 1, 0
    if data is not None:
        position = data.draw(st.integers(0, len(weights) - 1))
        first = data.draw(st.integers(0, weights[position]))
        moved_to = data.draw(st.integers(0, len(weights)))
    kept = [*weights[:position], first, *weights[position + 1 :]]
    parts = split_exact(amount, [*kept[:moved_to], weights[position] - first, *kept[moved_to:]])
    together = parts[moved_to] + parts[position + 1 if moved_to <= position else position]
    assert abs(together - split_exact(amount, weights)[position]) <= 1


def test_splitting_a_member_elsewhere_can_move_one_unit() -> None:
    assert split_exact(2, [1, 2]) == [0, 2]
    assert split_exact(2, [1, 1, 1]) == [0, 1, 1]


@given(AMOUNTS, WEIGHTS)
def test_zero_weight_gets_zero_and_changes_nobody(amount: int, weights: list[int]) -> None:
    parts = split_exact(amount, weights)
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)
    assert split_exact(amount, [0, *weights, 0]) == [0, *parts, 0]


@given(AMOUNTS, WEIGHTS, st.integers(1, 10**9))
def test_only_proportions_count(amount: int, weights: list[int], factor: int) -> None:
    assert split_exact(amount, [weight * factor for weight in weights]) == split_exact(amount, weights)


@given(AMOUNTS, WEIGHTS)
def test_one_unit_more_changes_every_part_by_at_most_one(amount: int, weights: list[int]) -> None:
    changes = [more - less for more, less in zip(split_exact(amount + 1, weights), split_exact(amount, weights), strict=True)]
    assert set(changes) <= {-1, 0, 1}
    assert sum(changes) == 1


def test_a_part_is_not_monotone_in_the_amount() -> None:
    """Not a law: of two units the second member gets one, of three none."""
    assert split_exact(2, [2, 1, 2]) == [0, 1, 1]
    assert split_exact(3, [2, 1, 2]) == [1, 0, 2]


@given(AMOUNTS, st.lists(WEIGHT, min_size=2, max_size=12).filter(any))
def test_a_part_is_monotone_in_its_own_weight_up_to_rounding(amount: int, weights: list[int]) -> None:
    assume(sum(weights[1:]))
    heavier = [weights[0] + 1, *weights[1:]]
    assert split_exact(amount, heavier)[0] >= split_exact(amount, weights)[0]


def test_a_million_weights() -> None:
    """Exact to the unit where plain flooring loses hundreds of thousands of units."""
    random = Random(20_240_229)
    weights = [random.randrange(4_097) for _ in range(1_000_000)]
    amount, total = 123_456_789_012, sum(weights)
    parts = split_exact(amount, weights)
    assert len(parts) == len(weights)
    assert sum(parts) == amount
    assert amount - sum([amount * weight // total for weight in weights]) > 400_000
    so_far = paid = 0
    for weight, part in zip(weights, parts, strict=True):
        so_far += weight
        expected = amount * so_far // total
        assert part == expected - paid
        paid = expected
