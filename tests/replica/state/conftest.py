"""Module packages made once, and a replica that can be restarted."""

from __future__ import annotations

import pytest
from state_world import Modules, World


@pytest.fixture(scope="session")
def modules(tmp_path_factory) -> Modules:
    """Makes the modules of sources that stand in a test."""
    return Modules(tmp_path_factory.mktemp("sources"))


@pytest.fixture
def world(modules) -> World:
    """A replica that can be restarted between any two messages."""
    return World(modules, restarts=True)
