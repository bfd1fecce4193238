"""admit_contributor, remove_contributor, contributor, contributors."""

from __future__ import annotations

import pytest
from registry_world import (
    ANONYMOUS,
    CONTRIBUTOR,
    CURATOR,
    GOVERNANCE,
    LICENCE_LEDGER,
    OTHER_CONTRIBUTOR,
    PROVIDER,
    STRANGER,
    UNKNOWN,
    UNKNOWN_STREAM,
    World,
)

from ddsx_core.limits import MAX_CONTRIBUTORS
from kybra_replica.driver import user
from kybra_replica.principal import Principal

NOT_PERMITTED = {"Err": {"NotPermitted": None}}
NOT_A_CONTRIBUTOR = {"Err": {"NotAContributor": None}}


def admit(world: World, stream: int, contributor: Principal, sender: Principal = PROVIDER) -> object:
    return world.registry.call("admit_contributor", stream, contributor, sender=sender)


def remove(world: World, stream: int, contributor: Principal, sender: Principal = PROVIDER) -> object:
    return world.registry.call("remove_contributor", stream, contributor, sender=sender)


@pytest.mark.parametrize("sender", [PROVIDER, CURATOR])
def test_provider_and_curators_admit_and_remove(world: World, sender: Principal) -> None:
    stream = world.stream_with()
    assert admit(world, stream, CONTRIBUTOR, sender) == {"Ok": 0}
    assert admit(world, stream, OTHER_CONTRIBUTOR, sender) == {"Ok": 1}
    assert remove(world, stream, CONTRIBUTOR, sender) == {"Ok": None}
    assert world.registry.query("contributors", stream, 0, 10)["Ok"] == {
        "total": 2,
        "contributors": [
            {"contributor": str(CONTRIBUTOR), "admitted": False, "next_batch": 0},
            {"contributor": str(OTHER_CONTRIBUTOR), "admitted": True, "next_batch": 0},
        ],
    }


@pytest.mark.parametrize("sender", [STRANGER, CONTRIBUTOR, GOVERNANCE, LICENCE_LEDGER])
def test_nobody_else_does(world: World, sender: Principal) -> None:
    stream = world.stream_with(CONTRIBUTOR)
    assert admit(world, stream, OTHER_CONTRIBUTOR, sender) == NOT_PERMITTED
    assert remove(world, stream, CONTRIBUTOR, sender) == NOT_PERMITTED
    assert world.registry.query("contributor", stream, CONTRIBUTOR)["Ok"]["admitted"] is True


def test_the_curator_of_one_stream_is_none_of_another(world: World) -> None:
    world.stream_with()
    other: int = world.create(curators=[])["Ok"]
    assert admit(world, other, CONTRIBUTOR, CURATOR) == NOT_PERMITTED


def test_the_provider_contributes_only_when_admitted(world: World) -> None:
    stream = world.stream_with()
    assert world.append(stream, 0, ["a"], PROVIDER) == NOT_A_CONTRIBUTOR
    admit(world, stream, PROVIDER)
    assert world.append(stream, 0, ["a"], PROVIDER)["Ok"]["size"] == 1


def test_admitting_again_changes_nothing(world: World) -> None:
    stream = world.stream_with(CONTRIBUTOR, OTHER_CONTRIBUTOR)
    world.append(stream, 0, ["a"])
    assert admit(world, stream, CONTRIBUTOR) == {"Ok": 0}
    assert world.registry.query("contributors", stream, 0, 10)["Ok"]["total"] == 2
    assert world.registry.query("contributor", stream, CONTRIBUTOR)["Ok"]["next_batch"] == 1


def test_one_who_was_removed_appends_no_more_and_comes_back_where_it_left(world: World) -> None:
    stream = world.stream_with(CONTRIBUTOR)
    world.append(stream, 0, ["a"])
    remove(world, stream, CONTRIBUTOR)
    assert world.append(stream, 1, ["b"]) == NOT_A_CONTRIBUTOR
    assert remove(world, stream, CONTRIBUTOR) == NOT_A_CONTRIBUTOR
    assert admit(world, stream, CONTRIBUTOR) == {"Ok": 0}
    assert world.append(stream, 1, ["b"])["Ok"]["size"] == 2


def test_contributors_of_one_stream_are_none_of_another(world: World) -> None:
    world.stream_with(CONTRIBUTOR)
    other = world.stream_with()
    assert world.append(other, 0, ["a"]) == NOT_A_CONTRIBUTOR
    assert remove(world, other, CONTRIBUTOR) == NOT_A_CONTRIBUTOR
    assert world.registry.query("contributor", other, CONTRIBUTOR) == NOT_A_CONTRIBUTOR


def test_nobody_is_admitted_whom_anybody_could_be(world: World) -> None:
    assert admit(world, world.stream_with(), ANONYMOUS) == {"Err": {"AnonymousContributor": None}}


def test_a_stream_that_has_had_as_many_as_it_may(world: World) -> None:
    stream = world.stream_with(CONTRIBUTOR)
    refused = {"Err": {"TooManyContributors": {"most": MAX_CONTRIBUTORS}}}
    answers: list[tuple[int, object]] = [(MAX_CONTRIBUTORS - 1, {"Ok": MAX_CONTRIBUTORS - 1}), (MAX_CONTRIBUTORS, refused)]
    for contributors, answer in answers:
        with world.bench() as bench:
            bench.call("set_contributors", stream, contributors)
        newcomer = user(f"contributor after {contributors}")
        assert admit(world, stream, newcomer) == answer
    assert admit(world, stream, CONTRIBUTOR) == {"Ok": 0}


def test_contributors_are_listed_in_pages(world: World) -> None:
    people = [user(f"contributor {number}") for number in range(5)]
    stream = world.stream_with(*people)
    bounds = [(0, 2), (2, 2), (4, 2), (5, 2), (1 << 63, 9), (0, 0)]
    pages = [world.registry.query("contributors", stream, start, take)["Ok"] for start, take in bounds]
    listed = [[item["contributor"] for item in page["contributors"]] for page in pages]
    names = [str(person) for person in people]
    assert listed == [names[:2], names[2:4], names[4:], [], [], []]
    assert {page["total"] for page in pages} == {5}


def test_a_page_has_at_most_200_contributors(world: World) -> None:
    stream = world.stream_with(*[user(f"contributor {number}") for number in range(201)])
    page = world.registry.query("contributors", stream, 0, 1_000)["Ok"]
    assert (len(page["contributors"]), page["total"]) == (200, 201)


def test_an_unknown_stream_has_no_contributors(world: World) -> None:
    assert admit(world, UNKNOWN_STREAM, CONTRIBUTOR) == UNKNOWN
    assert remove(world, UNKNOWN_STREAM, CONTRIBUTOR) == UNKNOWN
    assert world.registry.query("contributor", UNKNOWN_STREAM, CONTRIBUTOR) == UNKNOWN
    assert world.registry.query("contributors", UNKNOWN_STREAM, 0, 1) == UNKNOWN
