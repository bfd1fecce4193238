"""settle_work and the flush queue: every unit of work reaches the splitter once, whatever happens on the way."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from registry_world import (
    ANONYMOUS,
    CONTRIBUTOR,
    CURATOR,
    GOVERNANCE,
    LICENCE_LEDGER,
    OTHER_CONTRIBUTOR,
    PROVIDER,
    SHARE_PPM,
    STRANGER,
    UNKNOWN,
    UNKNOWN_STREAM,
    World,
    numbered,
)

from ddsx_core.work_outbox import MAX_OPEN_CONTRIBUTORS
from kybra_replica.driver import CallRejected, user

FIRST, SECOND = str(CONTRIBUTOR), str(OTHER_CONTRIBUTOR)
NOT_PERMITTED = {"Err": {"NotPermitted": None}}


def unavailable(reason: str) -> dict[str, Any]:
    return {"Err": {"TemporarilyUnavailable": {"reason": reason}}}


def total(world: World, stream: int) -> dict[str, int]:
    """All work that the splitter took, by contributor."""
    added: Counter[str] = Counter()
    for work in world.taken(stream):
        added.update(work)
    return dict(added)


# -- Settling -----------------------------------------------------------------------------------------------------------------


def test_settling_opens_the_book_and_delivers_what_was_recorded(world: World) -> None:
    stream = world.stream_with(CONTRIBUTOR, OTHER_CONTRIBUTOR)
    world.append(stream, 0, numbered(3))
    world.append(stream, 0, numbered(5), OTHER_CONTRIBUTOR)
    receipt = world.append(stream, 1, numbered(2))["Ok"]
    assert world.settle(stream) == {"Ok": {"size": 10, "root": receipt["root"], "remaining_batches": 0}}
    assert world.splitter.query("taken", stream) == [
        {"batch": 0, "provider": str(PROVIDER), "provider_share_ppm": SHARE_PPM, "size": 0, "work": []},
        {
            "batch": 1,
            "provider": str(PROVIDER),
            "provider_share_ppm": SHARE_PPM,
            "size": 10,
            "work": [{"contributor": FIRST, "weight": 5}, {"contributor": SECOND, "weight": 5}],
        },
    ]


def test_settling_again_delivers_only_what_is_new(world: World) -> None:
    stream = world.stream_with(CONTRIBUTOR)
    world.append(stream, 0, ["a"])
    world.settle(stream)
    assert world.settle(stream)["Ok"]["remaining_batches"] == 0
    assert world.taken(stream) == [{}, {FIRST: 1}]
    world.append(stream, 1, ["b", "c"])
    world.settle(stream)
    assert world.taken(stream) == [{}, {FIRST: 1}, {FIRST: 2}]


def test_a_stream_without_records_is_settled_too(world: World) -> None:
    stream = world.stream_with()
    root = world.registry.query("head", stream)["Ok"]["root"]
    assert world.settle(stream) == {"Ok": {"size": 0, "root": root, "remaining_batches": 0}}
    assert world.taken(stream) == [{}]


@pytest.mark.parametrize("sender", [LICENCE_LEDGER, PROVIDER, GOVERNANCE])
def test_licence_ledger_provider_and_governance_settle(world: World, sender: Any) -> None:
    assert "Ok" in world.settle(world.stream_with(), sender)


@pytest.mark.parametrize("sender", [STRANGER, CURATOR, CONTRIBUTOR, ANONYMOUS])
def test_nobody_else_does(world: World, sender: Any) -> None:
    stream = world.stream_with(CONTRIBUTOR)
    world.append(stream, 0, ["a"])
    assert world.past_inspect("settle_work", stream, sender=sender) == NOT_PERMITTED
    assert world.taken(stream) == []


def test_an_unknown_stream_is_not_settled(world: World) -> None:
    assert world.settle(UNKNOWN_STREAM) == UNKNOWN
    assert world.settle(UNKNOWN_STREAM, STRANGER) == UNKNOWN


def test_at_most_four_batches_are_delivered_in_one_call(world: World) -> None:
    stream = world.stream_with(CONTRIBUTOR)
    world.splitter.call("set_mood", "InvalidBatch")
    for batch in range(6):
        world.append(stream, batch, numbered(batch + 1))
        assert world.settle(stream) == unavailable("the splitter refused: InvalidBatch")
    world.splitter.call("set_mood", "")
    assert [world.settle(stream)["Ok"]["remaining_batches"] for _ in range(3)] == [3, 0, 0]
    assert world.taken(stream) == [{}, *[{FIRST: batch + 1} for batch in range(6)]]


def test_work_of_as_many_contributors_as_fit_is_sealed_at_once(world: World) -> None:
    people = [user(f"contributor {number}") for number in range(MAX_OPEN_CONTRIBUTORS + 1)]
    stream = world.stream_with(*people)
    for place, person in enumerate(people[:-1]):
        world.append(stream, 0, numbered(place + 1), person)
    world.append(stream, 1, ["a"], people[0])
    world.append(stream, 0, ["b"], people[-1])
    world.settle(stream)
    sealed = {str(person): place + 1 for place, person in enumerate(people[:-1])}
    assert world.taken(stream) == [{}, sealed, {str(people[0]): 1, str(people[-1]): 1}]


def test_nothing_is_kept_of_work_that_was_acknowledged(world: World) -> None:
    streams = [world.stream_with(CONTRIBUTOR) for _ in range(2)]
    for batch in range(3):
        for stream in streams:
            world.append(stream, batch, ["a"])
            world.settle(stream)
    world.append(streams[0], 3, ["b"])
    world.splitter.call("set_mood", "InvalidBatch")
    world.settle(streams[0])
    with world.bench() as bench:
        assert (bench.query("batches_kept"), bench.query("places_kept")) == (1, 2)
    world.splitter.call("set_mood", "")
    for _ in range(2):
        world.let_timer_fire()
    with world.bench() as bench:
        assert (bench.query("batches_kept"), bench.query("places_kept")) == (0, 0)


# -- What may go wrong --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mood", "reason"),
    [
        ("InvalidBatch", "the splitter refused: InvalidBatch"),
        ("NotARegistry", "the splitter refused: NotARegistry"),
        ("Gap", "the splitter refused: Gap"),
        ("ahead", "the splitter took batch 0 of 2 and expects batch 101"),
    ],
)
def test_what_the_splitter_does_not_take_is_sent_again(world: World, mood: str, reason: str) -> None:
    stream = world.stream_with(CONTRIBUTOR)
    world.append(stream, 0, ["a"])
    world.splitter.call("set_mood", mood)
    assert world.settle(stream) == unavailable(reason)
    world.append(stream, 1, ["b", "c"])
    world.splitter.call("set_mood", "")
    settled = world.settle(stream)["Ok"]
    assert (settled["size"], settled["remaining_batches"]) == (3, 0)
    assert world.taken(stream) == [{}, {FIRST: 1}, {FIRST: 2}]


@pytest.mark.parametrize("nth", [1, 2])
def test_a_request_that_is_lost_is_sent_again(world: World, nth: int) -> None:
    stream = world.stream_with(CONTRIBUTOR)
    world.append(stream, 0, ["a"])
    world.replica.faults.fail_request(nth, callee=world.splitter.id, method="record_work")
    reason = world.settle(stream)["Err"]["TemporarilyUnavailable"]["reason"]
    assert reason.startswith("the splitter did not answer: Rejection code 2")
    assert len(world.taken(stream)) == nth - 1
    assert world.settle(stream)["Ok"]["remaining_batches"] == 0
    assert world.taken(stream) == [{}, {FIRST: 1}]


@pytest.mark.parametrize("nth", [1, 2])
def test_an_answer_that_is_lost_does_not_count_work_twice(world: World, nth: int) -> None:
    stream = world.stream_with(CONTRIBUTOR)
    world.append(stream, 0, ["a"])
    world.replica.faults.drop_reply(nth, callee=world.splitter.id, method="record_work")
    assert "TemporarilyUnavailable" in world.settle(stream)["Err"]
    world.append(stream, 1, ["b", "c"])
    assert world.settle(stream)["Ok"]["remaining_batches"] == 0
    assert world.taken(stream) == [{}, {FIRST: 1}, {FIRST: 2}]


@pytest.mark.parametrize("nth", [1, 2])
def test_a_trap_in_the_answer_does_not_count_work_twice(world: World, nth: int) -> None:
    stream = world.stream_with(CONTRIBUTOR)
    world.append(stream, 0, ["a"])
    world.replica.faults.trap_at_await(nth, canister=world.registry.id, method="record_work")
    with pytest.raises(CallRejected):
        world.settle(stream)
    world.append(stream, 1, ["b", "c"])
    assert world.settle(stream)["Ok"]["remaining_batches"] == 0
    assert world.taken(stream) == [{}, {FIRST: 1}, {FIRST: 2}]


def test_a_splitter_that_is_gone_is_waited_for(world: World) -> None:
    stream = world.stream_with(CONTRIBUTOR)
    world.append(stream, 0, ["a"])
    with world.replica.isolated():
        world.replica.subnet.canisters.pop(world.splitter.id)
        assert world.settle(stream)["Err"]["TemporarilyUnavailable"]["reason"].startswith("the splitter did not answer: Rejection code 3")
    assert world.settle(stream)["Ok"]["remaining_batches"] == 0


def test_settlements_that_overlap_and_appends_between_count_everything_once(world: World) -> None:
    """The first settlement waits for the answer to batch 0 while records arrive and others settle."""
    stream = world.stream_with(CONTRIBUTOR)
    world.append(stream, 0, ["a"])
    world.replica.faults.delay_reply(callee=world.splitter.id, method="record_work")
    waiting = world.registry.submit("settle_work", stream, sender=LICENCE_LEDGER)
    world.replica.tick()
    assert world.replica.faults.held == 1
    root = world.registry.query("head", stream)["Ok"]["root"]
    world.append(stream, 1, ["b", "c"])
    assert world.settle(stream, PROVIDER)["Ok"]["size"] == 3
    world.append(stream, 2, ["d"])
    world.replica.faults.deliver_delayed()
    assert world.registry.wait("settle_work", waiting) == {"Ok": {"size": 1, "root": root, "remaining_batches": 0}}
    assert world.taken(stream) == [{}, {FIRST: 1}, {FIRST: 2}]
    world.settle(stream)
    assert world.taken(stream) == [{}, {FIRST: 1}, {FIRST: 2}, {FIRST: 1}]


# -- The timer ----------------------------------------------------------------------------------------------------------------


def test_the_timer_delivers_what_nobody_settles(world: World) -> None:
    stream = world.stream_with(CONTRIBUTOR)
    world.append(stream, 0, ["a"])
    world.let_timer_fire()
    assert world.taken(stream) == [{}, {FIRST: 1}]
    world.append(stream, 1, ["b"])
    world.let_timer_fire()
    assert world.taken(stream) == [{}, {FIRST: 1}, {FIRST: 1}]


def test_a_stream_leaves_the_queue_when_nothing_is_left_and_comes_back_with_new_work(world: World) -> None:
    stream = world.stream_with(CONTRIBUTOR)
    waiting = []
    for batch in [None, None, 0, None, None]:
        if batch is not None:
            world.append(stream, batch, ["a"])
        waiting.append(world.status()["waiting_streams"])
        world.let_timer_fire()
    assert waiting == [1, 1, 1, 1, 0]
    assert world.taken(stream) == [{}, {FIRST: 1}]


def test_one_firing_takes_at_most_ten_streams(world: World) -> None:
    streams = [world.stream_with() for _ in range(12)]
    world.let_timer_fire()
    assert [len(world.taken(stream)) for stream in streams] == [1] * 10 + [0] * 2
    world.let_timer_fire()
    assert [len(world.taken(stream)) for stream in streams] == [1] * 12
    world.let_timer_fire()
    assert world.status()["waiting_streams"] == 0


def test_a_stream_that_cannot_be_delivered_does_not_hold_up_others(world: World) -> None:
    stuck, other = world.stream_with(CONTRIBUTOR), world.stream_with(CONTRIBUTOR)
    world.append(stuck, 0, ["a"])
    world.append(other, 0, ["b"])
    world.replica.faults.fail_request(callee=world.splitter.id, method="record_work")
    world.let_timer_fire()
    assert (world.taken(stuck), world.taken(other)) == ([], [{}, {FIRST: 1}])
    world.let_timer_fire()
    assert world.taken(stuck) == [{}, {FIRST: 1}]


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_firing_that_is_cut_off_is_made_up_for_by_the_next(world: World, nth: int) -> None:
    streams = [world.stream_with(CONTRIBUTOR) for _ in range(2)]
    for stream in streams:
        world.append(stream, 0, ["a"])
    world.replica.faults.trap_at_await(nth, canister=world.registry.id, method="record_work")
    world.let_timer_fire()
    world.let_timer_fire()
    assert [world.taken(stream) for stream in streams] == [[{}, {FIRST: 1}]] * 2
    world.let_timer_fire()
    assert world.status()["waiting_streams"] == 0


def test_a_firing_that_was_held_up_finds_the_queue_empty(world: World) -> None:
    """It waits for its first answer while the next ones deliver everything and clear the queue."""
    streams = [world.stream_with() for _ in range(2)]
    world.replica.faults.delay_reply(callee=world.splitter.id, method="record_work")
    waiting = []
    for _ in range(3):
        world.let_timer_fire()
        waiting.append((world.replica.faults.held, world.status()["waiting_streams"]))
    assert waiting == [(1, 2), (1, 2), (1, 0)]
    world.replica.faults.deliver_delayed()
    world.let_timer_fire()
    assert [world.taken(stream) for stream in streams] == [[{}], [{}]]
    assert (world.status()["waiting_streams"], world.replica.subnet.prints) == (0, [])


def test_work_that_waits_is_delivered_after_an_upgrade(world: World) -> None:
    stream = world.stream_with(CONTRIBUTOR)
    world.append(stream, 0, ["a"])
    world.replica.faults.drop_reply(callee=world.splitter.id, method="record_work")
    world.settle(stream)
    world.registry.upgrade()
    world.let_timer_fire()
    assert world.taken(stream) == [{}, {FIRST: 1}]


FAULTS = ["fail_request", "drop_reply", "trap_at_await"]
ACTIONS = st.one_of(
    st.tuples(st.just("append"), st.integers(0, 1), st.integers(1, 3)),
    st.tuples(st.just("settle"), st.integers(0, 1), st.just(0)),
    st.tuples(st.sampled_from(FAULTS), st.integers(1, 3), st.just(0)),
    st.tuples(st.sampled_from(["timer", "upgrade"]), st.just(0), st.just(0)),
)


@given(st.lists(ACTIONS, max_size=15))
def test_whatever_happens_every_record_counts_once(fresh_world: World, actions: list[tuple[str, int, int]]) -> None:
    """OUTBOX-1, OUTBOX-2: with requests and answers lost, traps and upgrades in between, the splitter ends up with each record once."""
    world, people = fresh_world, [CONTRIBUTOR, OTHER_CONTRIBUTOR]
    with world.replica.isolated():
        streams = [world.stream_with(*people), world.stream_with(*people)]
        appended: Counter[tuple[int, str]] = Counter()
        batches: Counter[tuple[int, str]] = Counter()
        for action, number, count in actions:
            stream, person = streams[number % 2], people[count % 2]
            if action == "append":
                assert "Ok" in world.append(stream, batches[stream, str(person)], numbered(count), person)
                batches[stream, str(person)] += 1
                appended[stream, str(person)] += count
            elif action == "settle":
                world.registry.submit("settle_work", stream, sender=PROVIDER)
                world.replica.tick()
            elif action == "timer":
                world.let_timer_fire()
            elif action == "upgrade":
                world.registry.upgrade()
            else:
                narrow = {"canister": world.registry.id} if action == "trap_at_await" else {"callee": world.splitter.id}
                getattr(world.replica.faults, action)(number, method="record_work", **narrow)
        world.replica.faults.clear()
        while world.status()["waiting_streams"]:
            world.let_timer_fire()
        for stream in streams:
            assert total(world, stream) == {who: records for (where, who), records in appended.items() if where == stream}
