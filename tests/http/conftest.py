"""Replicas in processes of their own, and the clients that talk to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from counting_target import Target, install_target
from node_clients_runner import NodeClients, installed_node_clients
from replica_host import running


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """One for all tests that only read, or count. Whatever was asked of it, it never failed to answer."""
    folder = tmp_path_factory.mktemp("target")
    with running(folder / "replica.log", folder / "state") as host:
        found = install_target(host)
        yield found
        found.client.close()
        assert "Traceback" not in host.words()


@pytest.fixture
def unharmed(target: Target) -> Iterator[Target]:
    """The replica, for requests that must not be carried out: afterwards nothing has changed, and the next good call works."""
    before = target.total()
    yield target
    assert target.total() == before
    assert target.canister.call("add", 1) == before + 1


@pytest.fixture(scope="session")
def node_clients(project_root: Path) -> Iterator[NodeClients]:
    """The JavaScript clients, installed once for each set of versions."""
    clients = installed_node_clients(project_root / "build")
    yield clients
    clients.close()
