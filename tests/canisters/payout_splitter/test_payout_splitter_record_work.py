from __future__ import annotations

from typing import Any

import pytest
from splitter_bench import (
    FIRST,
    OTHER_REGISTRY,
    OTHER_STREAM,
    PROVIDER,
    REGISTRY,
    SECOND,
    STRANGER,
    STREAM,
    Bench,
)

from ddsx_core.limits import MAX_BATCH_WORK, MAX_TOTAL_WEIGHT, PPM
from kybra_replica.driver import CallRejected


def test_batch_0_opens_the_book(bench: Bench) -> None:
    assert bench.splitter.query("audit_of", STREAM) is None
    assert bench.record(bench.batch(0)) == {"Ok": 1}
    book = bench.splitter.query("audit_of", STREAM)
    assert (book["provider"], book["plan_version"], book["next_batch"], book["total_weight"]) == (str(PROVIDER), 1, 1, 0)
    (step,) = bench.splitter.query("plan_of", STREAM)["in_force"]["steps"]
    assert step == {"payee": "provider", "name": "provider", "share_ppm": 100_000, "cap_units": 0, "vest_seconds": 0}


def test_work_counts_for_revenue_that_comes_later(bench: Bench) -> None:
    bench.open_stream({FIRST: 1})
    bench.sell(1, 1_000)
    bench.record(bench.batch(2, {SECOND: 2}, size=3))
    bench.sell(2, 1_000)
    bench.record(bench.batch(3, {FIRST: 1}, size=4))
    bench.sell(3, 1_000)
    # 882 alone, a third of 882, half of 882; and two thirds, half.
    assert bench.claimable(FIRST, STREAM) == 882 + 294 + 441
    assert bench.claimable(SECOND, STREAM) == 588 + 441
    assert bench.splitter.query("audit_of", STREAM)["total_weight"] == 4
    bench.check_solvency()


def test_a_batch_that_was_taken_changes_nothing(bench: Bench) -> None:
    bench.open_stream({FIRST: 1})
    for number in (0, 1):
        assert bench.record(bench.batch(number, {SECOND: 5})) == {"Ok": 2}
    assert bench.splitter.query("audit_of", STREAM)["total_weight"] == 1


def test_a_gap_is_refused_with_the_number_expected(bench: Bench) -> None:
    assert bench.record(bench.batch(1, {FIRST: 1})) == {"Err": {"Gap": {"expected": 0}}}
    bench.open_stream({FIRST: 1})
    assert bench.record(bench.batch(3, {FIRST: 1})) == {"Err": {"Gap": {"expected": 2}}}
    assert bench.record(bench.batch(2, {FIRST: 1})) == {"Ok": 3}


def test_only_registries_record_work(bench: Bench) -> None:
    assert bench.from_inside("record_work", bench.batch(0), sender=STRANGER) == {"Err": {"NotARegistry": None}}
    with pytest.raises(CallRejected, match="rejected the message"):
        bench.record(bench.batch(0), sender=STRANGER)


def test_only_the_registry_that_opened_a_book_records_work_in_it(bench: Bench) -> None:
    bench.open_stream()
    assert bench.record(bench.batch(1, {FIRST: 1}), sender=OTHER_REGISTRY) == {"Err": {"NotARegistry": None}}
    assert bench.record(bench.batch(0, stream=OTHER_STREAM), sender=OTHER_REGISTRY) == {"Ok": 1}


def test_a_registry_that_governance_removed_records_no_more(bench: Bench) -> None:
    bench.open_stream()
    bench.govern("set_registries", [OTHER_REGISTRY])
    assert bench.from_inside("record_work", bench.batch(1, {FIRST: 1}), sender=REGISTRY) == {"Err": {"NotARegistry": None}}


def test_a_pause_does_not_stop_recording(bench: Bench) -> None:
    bench.govern("set_paused", True)
    bench.open_stream({FIRST: 1})
    assert bench.splitter.query("audit_of", STREAM)["total_weight"] == 1


def test_records_are_counted_and_never_fewer(bench: Bench) -> None:
    bench.open_stream()
    assert bench.record(bench.batch(1, size=7)) == {"Ok": 2}
    assert bench.record(bench.batch(2, size=6)) == {"Err": {"InvalidBatch": {"reason": "the stream had 7 records before"}}}
    assert bench.record(bench.batch(2, size=7)) == {"Ok": 3}
    assert bench.splitter.query("audit_of", STREAM)["size"] == 7


def test_a_batch_has_so_many_contributors_at_most(bench: Bench) -> None:
    bench.open_stream()
    many = [{"contributor": f"contributor-{number}", "weight": 1} for number in range(MAX_BATCH_WORK)]
    one_more = [*many, {"contributor": str(FIRST), "weight": 1}]
    assert bench.record(bench.batch(1) | {"work": one_more}) == {"Err": {"OversizedBatch": {"most": MAX_BATCH_WORK}}}
    assert bench.record(bench.batch(1) | {"work": many}) == {"Ok": 2}
    assert bench.splitter.query("audit_of", STREAM)["total_weight"] == MAX_BATCH_WORK


@pytest.mark.parametrize(
    ("batch", "reason"),
    [
        ({"batch": 0, "work": [{"contributor": str(FIRST), "weight": 1}]}, "batch 0 opens the book and carries no work"),
        ({"batch": 0, "provider_share_ppm": PPM + 1}, "a share is 0 to 1000000 ppm"),
        ({"batch": 0, "provider": ""}, "the provider is not a principal"),
    ],
)
def test_a_book_is_not_opened_by_nonsense(bench: Bench, batch: dict[str, Any], reason: str) -> None:
    assert bench.record(bench.batch(0) | batch) == {"Err": {"InvalidBatch": {"reason": reason}}}
    assert bench.splitter.query("audit_of", STREAM) is None
    assert bench.record(bench.batch(0, provider_share_ppm=PPM)) == {"Ok": 1}


def test_weights_of_one_contributor_in_a_batch_add_up(bench: Bench) -> None:
    bench.open_stream()
    twice = [{"contributor": str(FIRST), "weight": weight} for weight in (1, 2)] + [{"contributor": str(SECOND), "weight": 0}]
    assert bench.record(bench.batch(1) | {"work": twice}) == {"Ok": 2}
    bench.sell(1, 1_000)
    assert (bench.claimable(FIRST, STREAM), bench.claimable(SECOND, STREAM)) == (882, 0)


def test_a_stream_has_a_most_of_recorded_work(bench: Bench) -> None:
    bench.open_stream({FIRST: MAX_TOTAL_WEIGHT})
    answer = bench.record(bench.batch(2, {SECOND: 1}, size=MAX_TOTAL_WEIGHT))
    assert answer["Err"]["InvalidBatch"]["reason"].startswith("TooMuchWeight")
    assert bench.splitter.query("audit_of", STREAM)["total_weight"] == MAX_TOTAL_WEIGHT
    assert bench.record(bench.batch(2, size=MAX_TOTAL_WEIGHT)) == {"Ok": 3}


def test_later_batches_leave_the_plan_as_it_is(bench: Bench) -> None:
    bench.open_stream()
    bench.record(bench.batch(1, {FIRST: 1}, provider=str(STRANGER), provider_share_ppm=PPM))
    book = bench.splitter.query("audit_of", STREAM)
    assert (book["provider"], book["plan_version"]) == (str(PROVIDER), 1)
    assert bench.sell(1, 1_000)["provider_share"] == 98
