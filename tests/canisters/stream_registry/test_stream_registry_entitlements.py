"""apply_entitlements: from the licence ledger alone, in order, once."""

from __future__ import annotations

from typing import Any

import pytest
from registry_world import CONTRIBUTOR, GOVERNANCE, LICENCE_LEDGER, PROVIDER, READER, STRANGER, World, entitlement

LATEST = (1 << 64) - 1


def readable(world: World, stream: int, licences: int) -> list[bool]:
    """Which of the first licences let the reader in."""
    return ["Ok" in world.read(stream, 0, 1, sender=READER, licence=licence) for licence in range(licences)]


def some(stream: int, first: int, count: int) -> list[dict[str, Any]]:
    return [entitlement(number, stream, READER, 0, LATEST) for number in range(first, first + count)]


def stream_of_one(world: World) -> int:
    stream = world.stream_with(CONTRIBUTOR)
    world.append(stream, 0, ["a"])
    return stream


def test_entitlements_are_taken_in_their_order(world: World) -> None:
    stream = stream_of_one(world)
    assert world.entitle(0, *some(stream, 0, 2)) == {"Ok": 2}
    assert world.entitle(2, *some(stream, 2, 1)) == {"Ok": 3}
    assert readable(world, stream, 4) == [True, True, True, False]
    assert world.status()["next_entitlement"] == 3


def test_a_batch_sent_again_changes_nothing_and_is_answered_alike(world: World) -> None:
    stream = stream_of_one(world)
    world.entitle(0, *some(stream, 0, 1))
    world.entitle(1, entitlement(0, stream, STRANGER, 0, LATEST))
    assert world.entitle(0, *some(stream, 0, 1)) == {"Ok": 2}
    assert readable(world, stream, 1) == [False]


def test_what_is_new_in_a_batch_sent_again_is_taken(world: World) -> None:
    stream = stream_of_one(world)
    world.entitle(0, *some(stream, 0, 2))
    assert world.entitle(1, *some(stream, 1, 3)) == {"Ok": 4}
    assert readable(world, stream, 5) == [True, True, True, True, False]


def test_a_gap_is_refused_and_nothing_is_taken(world: World) -> None:
    stream = stream_of_one(world)
    world.entitle(0, *some(stream, 0, 1))
    assert world.entitle(2, *some(stream, 1, 1)) == {"Err": {"Gap": {"expected": 1}}}
    assert readable(world, stream, 2) == [True, False]
    assert world.entitle(1, *some(stream, 1, 1)) == {"Ok": 2}


def test_an_empty_batch_tells_what_is_expected(world: World) -> None:
    assert world.entitle(0) == {"Ok": 0}
    assert world.entitle(1) == {"Err": {"Gap": {"expected": 0}}}


def test_as_many_as_fit_and_one_more(world: World) -> None:
    stream = stream_of_one(world)
    assert world.entitle(0, *some(stream, 0, 501)) == {"Err": {"OversizedBatch": {"most": 500}}}
    assert world.status()["next_entitlement"] == 0
    assert world.entitle(0, *some(stream, 0, 500)) == {"Ok": 500}


@pytest.mark.parametrize("sender", [STRANGER, PROVIDER, GOVERNANCE])
def test_nobody_else_entitles(world: World, sender: Any) -> None:
    stream = stream_of_one(world)
    batch = {"first": 0, "entitlements": some(stream, 0, 1)}
    assert world.past_inspect("apply_entitlements", batch, sender=sender) == {"Err": {"NotTheLicenceLedger": None}}
    assert world.past_inspect("apply_entitlements", batch, sender=LICENCE_LEDGER) == {"Ok": 1}
