"""Laws of plans, over plans with shares and caps, and the laws that do not hold with what breaks them."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from hypothesis import example, given
from hypothesis import strategies as st

from ddsx_core.plans import Step, parts_of, rebased, share_of
from ddsx_core.units import Ppm, Units
from model.expect import refuses
from model.plan_model import Payments, Taker, due

AMOUNTS = st.one_of(st.integers(0, 50), st.integers(0, 10**9), st.integers(0, 10**38)).map(Units)
SHARES = st.one_of(st.sampled_from([0, 1, 100_000, 500_000, 999_999, 1_000_000]), st.integers(0, 1_000_000))
CAPS = st.one_of(st.just(0), st.integers(1, 50), st.integers(1, 10**9), st.just(2**128 - 1))


def step(share_ppm: int, cap_units: int = 0, name: str = "step") -> Step:
    return Step("provider", name, Ppm(share_ppm), Units(cap_units), 0)


STEPS = st.lists(st.builds(step, SHARES, CAPS), max_size=16)


def takers(steps: list[Step]) -> list[Taker]:
    return [Taker(Fraction(taker.share_ppm, 1_000_000), taker.cap_units or None) for taker in steps]


@given(STEPS, st.lists(AMOUNTS, max_size=6))
@example([step(1_000_000, 3), step(100_000)], [Units(2), Units(2), Units(0), Units(7)])
def test_every_credit_pays_what_the_model_pays(steps: list[Step], revenue: list[Units]) -> None:
    model = Payments(takers(steps))
    for amount in revenue:
        before = Units(model.total)
        parts, rest = share_of(steps, before, amount)
        assert [*parts, rest] == model.receive(amount)


@given(STEPS, AMOUNTS)
def test_parts_and_rest_add_up_and_no_cap_is_passed(steps: list[Step], total: Units) -> None:
    parts, rest = parts_of(steps, total)
    assert [*parts, rest] == due(takers(steps), total)
    assert sum(parts) + rest == total
    assert all(part <= taker.cap_units for part, taker in zip(parts, steps, strict=True) if taker.cap_units)


@given(STEPS, AMOUNTS)
def test_a_part_is_the_share_of_what_is_left_rounded_up_or_its_cap(steps: list[Step], total: Units) -> None:
    left: int = total
    for taker, part in zip(steps, parts_of(steps, total)[0], strict=True):
        share = ceil(Fraction(left * taker.share_ppm, 1_000_000))
        assert part == (min(share, taker.cap_units) if taker.cap_units else share)
        left -= part


@given(STEPS, AMOUNTS, AMOUNTS)
def test_nobody_has_less_of_more(steps: list[Step], before: Units, amount: Units) -> None:
    parts, rest = share_of(steps, before, amount)
    assert min([*parts, rest]) >= 0
    assert sum(parts) + rest == amount


@given(STEPS, AMOUNTS, AMOUNTS, AMOUNTS)
def test_a_credit_in_two_is_a_credit_in_one(steps: list[Step], before: Units, first: Units, second: Units) -> None:
    early, early_rest = share_of(steps, before, first)
    late, late_rest = share_of(steps, Units(before + first), second)
    whole, rest = share_of(steps, before, Units(first + second))
    assert [one + other for one, other in zip(early, late, strict=True)] == whole
    assert early_rest + late_rest == rest


@given(STEPS, STEPS, AMOUNTS, AMOUNTS)
def test_parts_depend_on_the_steps_before_alone(steps: list[Step], more: list[Step], before: Units, amount: Units) -> None:
    assert share_of(steps + more, before, amount)[0][: len(steps)] == share_of(steps, before, amount)[0]


@given(st.integers(0, 1_000), st.integers(0, 1_000), STEPS, AMOUNTS)
@example(900, 900, [], Units(5))
def test_a_payee_that_stands_twice_gains_at_most_one_unit(first_kept: int, second_kept: int, behind: list[Step], total: Units) -> None:
    """900 thousandths left twice leave 810 thousandths: of five units two steps take two, one takes one."""
    together = step(1_000_000 - first_kept * second_kept)
    divided = [step(1_000_000 - first_kept * 1_000), step(1_000_000 - second_kept * 1_000)]
    (once, *_), _ = parts_of([together, *behind], total)
    (first, second, *_), _ = parts_of([*divided, *behind], total)
    assert 0 <= first + second - once <= 1


@given(st.integers(1, 10**9), st.integers(1, 10**9), STEPS, AMOUNTS, AMOUNTS)
def test_a_tier_in_two_is_a_tier_in_one(first_cap: int, second_cap: int, behind: list[Step], before: Units, amount: Units) -> None:
    (once, *rest), left = share_of([step(1_000_000, first_cap + second_cap), *behind], before, amount)
    (first, second, *same_rest), same_left = share_of([step(1_000_000, first_cap), step(1_000_000, second_cap), *behind], before, amount)
    assert first + second == once
    assert (same_rest, same_left) == (rest, left)


@given(STEPS, AMOUNTS, AMOUNTS)
def test_a_rebased_plan_leaves_at_most_a_unit_a_step_less(steps: list[Step], before: Units, amount: Units) -> None:
    going_on, _ = share_of(steps, before, amount)
    anew, _ = parts_of(rebased(steps, before), amount)
    for count in range(len(steps) + 1):
        assert 0 <= sum(anew[:count]) - sum(going_on[:count]) <= count


@given(STEPS, AMOUNTS, AMOUNTS)
def test_caps_hold_across_rebasing(steps: list[Step], before: Units, amount: Units) -> None:
    taken = parts_of(steps, before)[0]
    more = parts_of(rebased(steps, before), amount)[0]
    for taker, early, late in zip(steps, taken, more, strict=True):
        assert not taker.cap_units or early + late <= taker.cap_units


def test_rebasing_keeps_steps_and_uses_up_caps() -> None:
    steps = [step(1_000_000, 100, "tier"), step(100_000, 0, "royalty"), step(500_000, 60, "grant")]
    assert parts_of(steps, Units(200)) == ([100, 10, 45], 45)
    assert rebased(steps, Units(200)) == [step(0, 0, "tier"), step(100_000, 0, "royalty"), step(500_000, 15, "grant")]
    assert rebased(steps, Units(99)) == [step(1_000_000, 1, "tier"), step(100_000, 0, "royalty"), step(500_000, 60, "grant")]
    assert rebased(steps, Units(0)) == steps


def test_order_decides() -> None:
    """Not a law: exchanging two steps changes nothing."""
    assert parts_of([step(500_000), step(100_000)], Units(100)) == ([50, 5], 45)
    assert parts_of([step(100_000), step(500_000)], Units(100)) == ([10, 45], 45)


def test_rebasing_can_take_a_unit_again() -> None:
    """Not a law: rebasing changes nothing."""
    tenth = [step(100_000)]
    assert share_of(tenth, Units(0), Units(1)) == ([1], 0)
    assert share_of(tenth, Units(1), Units(1)) == ([0], 1)
    assert parts_of(rebased(tenth, Units(1)), Units(1)) == ([1], 0)


def test_the_same_credit_may_be_shared_otherwise_later() -> None:
    """Not a law: a credit's parts depend on its amount alone. A tenth takes one of every ten, the first."""
    tenth = [step(100_000)]
    assert [share_of(tenth, Units(before), Units(1))[0][0] for before in range(20)] == [1, *[0] * 9, 1, *[0] * 9]


def test_one_unit_goes_whole_to_the_first_that_takes_anything() -> None:
    assert parts_of([step(0), step(1), step(500_000)], Units(1)) == ([0, 1, 0], 0)


def test_without_steps_all_is_rest() -> None:
    assert share_of([], Units(3), Units(5)) == ([], 5)


def test_a_negative_credit_is_refused_before_what_came_before() -> None:
    with refuses("NegativeAmount", amount=-1):
        share_of([], Units(-2), Units(-1))
    with refuses("NegativeAmount", amount=-2):
        share_of([], Units(-2), Units(2))
    with refuses("NegativeAmount", amount=-1):
        parts_of([], Units(-1))
    assert share_of([], Units(0), Units(0)) == ([], 0)


# -- Waterfalls and recoupment ----------------------------------------------------------------------------------------------


def test_a_waterfall_fills_one_tier_after_the_other() -> None:
    steps = [step(1_000_000, 100), step(1_000_000, 50), step(1_000_000, 25)]
    model, shared = Payments(takers(steps)), []
    for amount in (60, 60, 60, 60):
        parts, rest = share_of(steps, Units(model.total), Units(amount))
        shared.append([*parts, rest])
        assert model.receive(amount) == shared[-1]
    assert shared == [[60, 0, 0, 0], [40, 20, 0, 0], [0, 30, 25, 5], [0, 0, 0, 60]]


def test_costs_are_recouped_before_anything_is_shared() -> None:
    steps = [step(1_000_000, 1_000), step(300_000)]
    assert share_of(steps, Units(0), Units(999)) == ([999, 0], 0)
    assert share_of(steps, Units(999), Units(2)) == ([1, 1], 0)
    assert share_of(steps, Units(1_001), Units(1_000)) == ([0, 300], 700)


def test_a_royalty_ends_at_its_cap() -> None:
    steps = [step(100_000, 5)]
    assert share_of(steps, Units(0), Units(50)) == ([5], 45)
    assert share_of(steps, Units(50), Units(50)) == ([0], 50)
    assert share_of(steps, Units(0), Units(49)) == ([5], 44)
    assert share_of(steps, Units(0), Units(40)) == ([4], 36)
