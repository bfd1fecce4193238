"""The estimator against what the real Wasm was recorded to take, on the half of the steps that its weights were not fitted to."""

from __future__ import annotations

import sys

from kybra_replica.costs.recorded import Comparison, share_within


def held_out(steps: list[Comparison]) -> list[Comparison]:
    chosen = [step for step in steps if step.is_held_out]
    worst = sorted(chosen, key=lambda step: -step.factor)[:15]
    sys.stdout.write(f"{len(chosen)} held out: {share_within(chosen, 1.5):.1%} within 1.5, {share_within(chosen, 2.5):.1%} within 2.5\n")
    sys.stdout.write("\n".join(map(str, worst)))
    return chosen


def test_calls_are_estimated_within_a_factor_of_one_and_a_half(run_steps):
    steps = held_out(run_steps)
    assert len(steps) == 125
    assert share_within(steps, 1.5) >= 0.85
    assert share_within(steps, 2.5) >= 0.97


def test_the_standard_library_is_estimated_nearly_as_well(library_steps):
    steps = held_out(library_steps)
    assert len(steps) == 42
    assert share_within(steps, 1.5) >= 0.85
    assert share_within(steps, 2.5) >= 0.9


def test_the_fitted_half_is_no_better_than_the_other_by_much(run_steps):
    fitted = [step for step in run_steps if not step.is_held_out]
    assert abs(share_within(fitted, 1.5) - share_within([step for step in run_steps if step.is_held_out], 1.5)) < 0.08
