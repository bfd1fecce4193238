"""The world of the registry's tests: made once a module, and put back after each test."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy

import pytest
from registry_world import World


@pytest.fixture(scope="module")
def fresh_world() -> Iterator[World]:
    """A world for the whole module; tests use `world`."""
    made = World()
    yield made
    made.replica.close()


@pytest.fixture
def world(fresh_world: World) -> Iterator[World]:
    """A world that is as new."""
    with fresh_world.replica.isolated():
        yield copy(fresh_world)
