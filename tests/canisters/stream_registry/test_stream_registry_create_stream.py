"""create_stream: ids, limits, repetition; and what is seen of a stream afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from registry_world import (
    ANONYMOUS,
    CURATOR,
    DAY,
    FIRST_STREAM,
    PROVIDER,
    READER,
    SCHEMA,
    SECOND_STREAM,
    SECONDS,
    SHARE_PPM,
    STRANGER,
    UNKNOWN,
    UNKNOWN_STREAM,
    World,
    certified_head,
    stream_request,
)

EMPTY_ROOT = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_streams_get_ids_of_their_shard_in_turn(world: World) -> None:
    assert [world.create(), world.create(sender=STRANGER)] == [{"Ok": FIRST_STREAM}, {"Ok": SECOND_STREAM}]
    assert world.status()["streams"] == 2


def test_a_stream_is_seen_as_it_was_described(world: World) -> None:
    before = world.replica.get_time()
    stream = world.create(description="One\nper hour. |%" * 200, curators=[CURATOR, READER])["Ok"]
    view = world.registry.query("stream", stream)["Ok"]
    created_at = view["summary"]["created_at"]
    assert before <= created_at <= world.replica.get_time()
    assert view == {
        "summary": {
            "stream": stream,
            "provider": str(PROVIDER),
            "provider_share_ppm": SHARE_PPM,
            "created_at": created_at,
            "title": "Weather of the station",
            "media_type": "application/json",
            "tags": ["weather", "hourly"],
            "size": 0,
            "time": created_at,
        },
        "description": "One\nper hour. |%" * 200,
        "schema": SCHEMA,
        "curators": [str(CURATOR), str(READER)],
        "contributors": 0,
    }


@pytest.mark.parametrize(
    ("description", "schema_length"),
    [("", len(SCHEMA)), ("d" * (1_000 - 4 - len(SCHEMA)), len(SCHEMA)), ("\U0001f326" * 4_000, 16_384)],
)
def test_long_texts_are_seen_whole(world: World, description: str, schema_length: int) -> None:
    """Among them one that fills its page to the last character."""
    schema = SCHEMA + " " * (schema_length - len(SCHEMA))
    stream = world.create(description=description, schema=schema)["Ok"]
    view = world.registry.query("stream", stream)["Ok"]
    assert (view["description"], view["schema"]) == (description, schema)


def test_a_stream_without_tags_and_curators(world: World) -> None:
    view = world.registry.query("stream", world.create(tags=[], curators=[])["Ok"])["Ok"]
    assert (view["summary"]["tags"], view["curators"]) == ([], [])


def test_a_new_stream_has_an_empty_certified_log(world: World) -> None:
    streams = [world.create()["Ok"] for _ in range(3)]
    for stream in streams:
        head = world.registry.query("head", stream)["Ok"]
        assert (head["size"], head["root"]) == (0, EMPTY_ROOT)
        certified = certified_head(stream, head["witness"], world.certified_data())
        assert (certified.size, certified.root.hex(), certified.time_ns) == (0, EMPTY_ROOT, head["time"])


def test_its_account_book_is_opened_by_the_timer(world: World) -> None:
    stream = world.create()["Ok"]
    assert world.status()["waiting_streams"] == 1
    world.let_timer_fire()
    opening = {"batch": 0, "provider": str(PROVIDER), "provider_share_ppm": SHARE_PPM, "size": 0, "work": []}
    assert world.splitter.query("taken", stream) == [opening]
    world.let_timer_fire()
    assert world.status()["waiting_streams"] == 0


@pytest.mark.parametrize(
    ("changes", "case"),
    [
        ({"title": "t" * 121}, {"TooLong": {"field": "title", "most": 120}}),
        ({"tags": [str(number) for number in range(17)]}, {"TooMany": {"field": "tags", "most": 16}}),
        ({"title": ""}, {"Malformed": {"field": "title", "reason": "empty"}}),
        ({"schema": "{"}, {"MalformedSchema": {"reason": "expected a text in quotes", "position": 1}}),
        ({"provider_share_ppm": 1_000_001}, {"ShareOutOfRange": {"most": 1_000_000}}),
        ({"curators": [ANONYMOUS]}, {"Malformed": {"field": "curators", "reason": "the anonymous principal is anyone"}}),
    ],
)
def test_a_request_outside_the_limits_is_refused_and_changes_nothing(world: World, changes: dict[str, Any], case: object) -> None:
    before = world.certified_data()
    assert world.create(**changes) == {"Err": case}
    assert (world.status()["streams"], world.status()["waiting_streams"], world.certified_data()) == (0, 0, before)


def test_nobody_creates_a_stream_without_a_signature(world: World) -> None:
    assert world.past_inspect("create_stream", stream_request(), sender=ANONYMOUS) == {"Err": {"AnonymousCaller": None}}


# -- Repetition ---------------------------------------------------------------------------------------------------------------


def test_a_request_repeated_within_the_window_is_one_stream(world: World) -> None:
    now = world.replica.get_time()
    first = world.create(created_at_time=now)
    world.replica.advance_time(DAY)
    assert world.create(created_at_time=now) == first == {"Ok": FIRST_STREAM}
    assert world.status()["streams"] == 1


@pytest.mark.parametrize("changes", [{"title": "Another"}, {"created_at_time": -1}, {"tags": ["hourly", "weather"]}])
def test_another_request_is_another_stream(world: World, changes: dict[str, Any]) -> None:
    now = world.replica.get_time()
    world.create(created_at_time=now)
    if "created_at_time" in changes:
        changes = {"created_at_time": now + changes["created_at_time"]}
    assert world.create(**({"created_at_time": now} | changes)) == {"Ok": SECOND_STREAM}


def test_another_provider_and_a_request_without_a_time_are_other_streams(world: World) -> None:
    now = world.replica.get_time()
    world.create(created_at_time=now)
    assert world.create(created_at_time=now, sender=STRANGER) == {"Ok": SECOND_STREAM}
    assert world.create() == {"Ok": SECOND_STREAM + 1}
    assert world.create() == {"Ok": SECOND_STREAM + 2}


def refused_time(world: World) -> int:
    """The registry's time in the answer to a request that is far ahead."""
    return int(world.create(created_at_time=(1 << 64) - 1)["Err"]["CreatedInFuture"]["ledger_time"])


def test_times_at_the_edges_of_the_window_are_accepted_and_beyond_them_refused(world: World) -> None:
    """Each call is a message of its own, a nanosecond or so later: the bounds are met within a microsecond."""
    drift, window = 60 * SECONDS, DAY * SECONDS
    now = refused_time(world)
    assert world.replica.get_time() - 1_000 < now <= world.replica.get_time()
    assert "Ok" in world.create(created_at_time=now + drift)
    assert "CreatedInFuture" in world.create(created_at_time=now + drift + 1_000)["Err"]
    assert "Ok" in world.create(created_at_time=now - window - drift + 1_000)
    assert world.create(created_at_time=now - window - drift - 1) == {"Err": {"TooOld": None}}


# -- Listing ------------------------------------------------------------------------------------------------------------------


def test_streams_are_listed_in_pages(world: World) -> None:
    streams = [world.create(title=f"Number {number}")["Ok"] for number in range(5)]
    bounds = [(0, 2), (2, 2), (4, 2), (5, 2), (1 << 63, 9), (0, 0)]
    pages = {(start, take): world.registry.query("streams", start, take) for start, take in bounds}
    listed = {place: [item["stream"] for item in page["streams"]] for place, page in pages.items()}
    assert listed == {
        (0, 2): streams[:2],
        (2, 2): streams[2:4],
        (4, 2): streams[4:],
        (5, 2): [],
        (1 << 63, 9): [],
        (0, 0): [],
    }
    assert {page["total"] for page in pages.values()} == {5}
    assert pages[0, 2]["streams"][1] == world.registry.query("stream", streams[1])["Ok"]["summary"]


def test_a_page_has_at_most_200_streams(world: World) -> None:
    for number in range(201):
        world.create(title=f"{number}", sender=STRANGER)
    page = world.registry.query("streams", 0, 1_000)
    assert [item["title"] for item in page["streams"]] == [f"{number}" for number in range(200)]
    assert page["total"] == 201


def test_the_party_of_a_stream(world: World) -> None:
    stream = world.create(title="A | title")["Ok"]
    assert world.registry.query("stream_party", stream) == {"Ok": {"provider": str(PROVIDER), "title": "A | title"}}
    assert world.registry.query("stream_party", UNKNOWN_STREAM) == {"Err": None}


@pytest.mark.parametrize("unknown", [0, 1, UNKNOWN_STREAM, FIRST_STREAM + (1 << 48), FIRST_STREAM + (1 << 24)])
def test_no_other_stream_is_known(world: World, unknown: int) -> None:
    world.create()
    assert world.registry.query("stream", unknown) == UNKNOWN
    assert world.registry.query("head", unknown) == UNKNOWN
    assert world.read(unknown, 0, 1) == UNKNOWN
