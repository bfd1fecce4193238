"""append: receipts, repetition, and every refusal in its order."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from registry_world import (
    ANONYMOUS,
    CONTRIBUTOR,
    OTHER_CONTRIBUTOR,
    PROVIDER,
    STRANGER,
    UNKNOWN,
    UNKNOWN_STREAM,
    World,
    certified_head,
    checked_records,
    numbered,
)

NOT_A_CONTRIBUTOR = {"Err": {"NotAContributor": None}}


def outside(world: World, stream: int) -> tuple[Any, ...]:
    """What anyone sees of a stream, and the contributors' counters."""
    return (
        world.certified_data(),
        world.registry.query("head", stream)["Ok"]["root"],
        world.registry.query("contributors", stream, 0, 9),
        world.status(),
    )


def test_a_receipt_tells_where_the_batch_lies_and_what_the_log_has_become(world: World) -> None:
    stream = world.stream_with(CONTRIBUTOR)
    receipts = [world.append(stream, batch, numbered(count))["Ok"] for batch, count in enumerate([3, 1, 300])]
    assert [(item["stream"], item["batch"], item["first_sequence"], item["count"], item["size"]) for item in receipts] == [
        (stream, 0, 0, 3, 3),
        (stream, 1, 3, 1, 4),
        (stream, 2, 4, 300, 304),
    ]
    head = world.registry.query("head", stream)["Ok"]
    assert (head["size"], head["root"], head["time"]) == (304, receipts[2]["root"], receipts[2]["time"])
    assert receipts[0]["time"] < receipts[1]["time"] < receipts[2]["time"] <= world.replica.get_time()
    certified = certified_head(stream, head["witness"], world.certified_data())
    assert (certified.size, certified.root.hex(), certified.time_ns) == (304, receipts[2]["root"], receipts[2]["time"])


def test_contributors_count_their_batches_apart_and_stream_by_stream(world: World) -> None:
    stream, other = world.stream_with(CONTRIBUTOR, OTHER_CONTRIBUTOR), world.stream_with(CONTRIBUTOR)
    assert world.append(stream, 0, ["a"])["Ok"]["first_sequence"] == 0
    assert world.append(stream, 0, ["b"], OTHER_CONTRIBUTOR)["Ok"]["first_sequence"] == 1
    assert world.append(other, 0, ["c"])["Ok"]["first_sequence"] == 0
    assert world.append(stream, 1, ["d"])["Ok"]["first_sequence"] == 2
    assert world.registry.query("contributor", stream, CONTRIBUTOR)["Ok"]["next_batch"] == 2
    assert world.registry.query("contributor", stream, OTHER_CONTRIBUTOR)["Ok"]["next_batch"] == 1


@pytest.mark.parametrize("records", [[""], ["a\tb", "\u00fc\U0001f326", "\u2028"], ["x" * 4_096] * 256, ["x"] * 1_000])
def test_what_is_within_the_limits_is_appended_and_read_back(world: World, records: list[str]) -> None:
    stream = world.stream_with(CONTRIBUTOR)
    assert world.append(stream, 0, records)["Ok"]["count"] == len(records)
    read: list[str] = []
    while len(read) < len(records):
        read += checked_records(world.read(stream, len(read), 1_000)["Ok"], world.certified_data())
    assert read == records


# -- Repetition ---------------------------------------------------------------------------------------------------------------


def test_a_batch_sent_again_is_answered_with_its_first_receipt(world: World) -> None:
    """Also long after, when its place has left with a full page, and others have appended since."""
    stream = world.stream_with(CONTRIBUTOR, OTHER_CONTRIBUTOR)
    batches = [numbered(1 + number % 3, first=10 * number) for number in range(70)]
    batches[5] = numbered(400, first=7_000, size=300)
    receipts = []
    for number, records in enumerate(batches):
        receipts.append(world.append(stream, number, records))
        world.append(stream, number, ["between"], OTHER_CONTRIBUTOR)
    before = outside(world, stream)
    assert [world.append(stream, number, records) for number, records in enumerate(batches)] == receipts
    assert outside(world, stream) == before


@pytest.mark.parametrize("number", [0, 31, 32, 34])
def test_a_used_number_with_other_records_is_refused(world: World, number: int) -> None:
    stream = world.stream_with(CONTRIBUTOR)
    for batch in range(35):
        world.append(stream, batch, [f"{batch} a", f"{batch} b"])
    before = outside(world, stream)
    conflict = {"Err": {"BatchConflict": {"expected": 35}}}
    right = [f"{number} a", f"{number} b"]
    assert world.append(stream, number, [*right, "c"]) == conflict
    assert world.append(stream, number, right[:1]) == conflict
    assert world.append(stream, number, right[::-1]) == conflict
    assert outside(world, stream) == before
    assert world.append(stream, number, right)["Ok"]["batch"] == number


@pytest.mark.parametrize("ahead", [1, 2, (1 << 64) - 2])
def test_a_number_too_high_is_refused(world: World, ahead: int) -> None:
    stream = world.stream_with(CONTRIBUTOR)
    world.append(stream, 0, ["a"])
    before = outside(world, stream)
    assert world.append(stream, 1 + ahead, ["b"]) == {"Err": {"BatchGap": {"expected": 1}}}
    assert outside(world, stream) == before
    assert world.append(stream, 1, ["b"])["Ok"]["batch"] == 1


@given(st.lists(st.tuples(st.sampled_from([CONTRIBUTOR, OTHER_CONTRIBUTOR]), st.integers(0, 4), st.integers(1, 3)), max_size=25))
def test_whatever_is_sent_each_batch_counts_once(fresh_world: World, sent: list[tuple[Any, int, int]]) -> None:
    """Against a plain list: numbers in order append, used ones repeat or conflict, others leave a gap."""
    with fresh_world.replica.isolated():
        stream = fresh_world.stream_with(CONTRIBUTOR, OTHER_CONTRIBUTOR)
        appended: dict[Any, list[list[str]]] = {CONTRIBUTOR: [], OTHER_CONTRIBUTOR: []}
        log: list[str] = []
        for sender, number, count in sent:
            records = [f"{number}.{place}" for place in range(count)]
            answer = fresh_world.append(stream, number, records, sender)
            known = appended[sender]
            if number == len(known):
                assert answer["Ok"]["first_sequence"] == len(log)
                known.append(records)
                log += records
            elif number > len(known):
                assert answer == {"Err": {"BatchGap": {"expected": len(known)}}}
            elif known[number] != records:
                assert answer == {"Err": {"BatchConflict": {"expected": len(known)}}}
            else:
                assert (answer["Ok"]["batch"], answer["Ok"]["count"]) == (number, count)
        if log:
            assert checked_records(fresh_world.read(stream, 0, 1_000)["Ok"], fresh_world.certified_data()) == log


# -- Refusals -----------------------------------------------------------------------------------------------------------------

OVERSIZED = {"Err": {"OversizedBatch": {"most_records": 1_000, "most_bytes": 1_048_576}}}


@pytest.mark.parametrize(
    ("records", "answer"),
    [
        ([], {"Err": {"EmptyBatch": None}}),
        (["x"] * 1_001, OVERSIZED),
        (["x" * 4_096] * 256 + ["x"], OVERSIZED),
        (["a", "b\nc"], {"Err": {"MalformedRecord": {"index": 1, "reason": "line break"}}}),
        (["a", "b", "c\r"], {"Err": {"MalformedRecord": {"index": 2, "reason": "line break"}}}),
        (["x" * 4_097], {"Err": {"MalformedRecord": {"index": 0, "reason": "too long"}}}),
    ],
)
def test_a_batch_outside_the_limits_is_refused_and_changes_nothing(world: World, records: list[str], answer: object) -> None:
    stream = world.stream_with(CONTRIBUTOR)
    before = outside(world, stream)
    assert world.append(stream, 0, records) == answer
    assert outside(world, stream) == before


@pytest.mark.parametrize("sender", [STRANGER, PROVIDER, OTHER_CONTRIBUTOR])
def test_only_contributors_append(world: World, sender: Any) -> None:
    stream = world.stream_with(CONTRIBUTOR)
    assert world.append(stream, 0, ["a"], sender) == NOT_A_CONTRIBUTOR
    assert world.append(stream, 0, ["a"])["Ok"]["size"] == 1


def test_refusals_come_in_the_order_they_are_documented_in(world: World) -> None:
    """Each call mends the first thing that is wrong, and nothing else."""
    world.registry = world.install_registry()
    world.replica.faults.fail_request(method="raw_rand")
    call = {"stream": UNKNOWN_STREAM, "batch": 9, "records": []}
    stream = world.stream_with(CONTRIBUTOR)
    assert world.past_inspect("append", call, sender=ANONYMOUS) == {"Err": {"AnonymousCaller": None}}
    assert world.past_inspect("append", call, sender=STRANGER) == {"Err": {"NotReady": None}}
    world.let_timer_fire()
    assert world.past_inspect("append", call, sender=STRANGER) == UNKNOWN
    call["stream"] = stream
    assert world.past_inspect("append", call, sender=STRANGER) == NOT_A_CONTRIBUTOR
    assert world.past_inspect("append", call, sender=CONTRIBUTOR) == {"Err": {"EmptyBatch": None}}
    call["records"] = ["\n"] * 1_001
    assert world.past_inspect("append", call, sender=CONTRIBUTOR) == OVERSIZED
    call["records"] = ["\n"]
    assert world.past_inspect("append", call, sender=CONTRIBUTOR) == {"Err": {"MalformedRecord": {"index": 0, "reason": "line break"}}}
    call["records"] = ["a"]
    assert world.past_inspect("append", call, sender=CONTRIBUTOR) == {"Err": {"BatchGap": {"expected": 0}}}
    call["batch"] = 0
    assert world.past_inspect("append", call, sender=CONTRIBUTOR)["Ok"]["size"] == 1
