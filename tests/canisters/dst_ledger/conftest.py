"""Fixtures of the licence ledger's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dst_ledger_exchange import FEE, GOVERNANCE, OTHER_STREAM, PROVIDER, SHARD, STREAM, Exchange

from kybra_replica.driver import CanisterHandle, Replica

HERE = Path(__file__).parent


class Fresh:
    """A registry and a splitter, for a licence ledger that a test installs itself."""

    def __init__(self, root: Path, canisters: Path) -> None:
        self.replica = Replica(search_path=[root / "src"])
        self.registry_entry = HERE / "scripted_registry_canister.py"
        self.registry = self.replica.install(self.registry_entry)
        self.splitter = self.replica.install(HERE / "scripted_splitter_canister.py")
        self.entry = canisters / "dst_ledger" / "dst_ledger_canister.py"
        for stream in (STREAM, OTHER_STREAM):
            self.registry.call("set_provider", stream, str(PROVIDER))
        self.splitter.call("set_fee", FEE)

    def install_ledger(self, **changes: Any) -> CanisterHandle:
        """A licence ledger between the two."""
        settings = {
            "governance": GOVERNANCE,
            "payout_splitter": self.splitter.id,
            "payment_ledger": self.splitter.id,
            "change_delay_seconds": 0,
            "registries": [{"shard": SHARD, "registry": self.registry.id}],
        }
        ledger = self.replica.install(self.entry, {**settings, **changes})
        self.replica.tick(3)
        return ledger

    def exchange(self, ledger: CanisterHandle) -> Exchange:
        """All three."""
        return Exchange(self.replica, ledger, self.registry, self.splitter)


@pytest.fixture
def fresh(project_root: Path, canisters_folder: Path) -> Iterator[Fresh]:
    """Without a licence ledger yet."""
    prepared = Fresh(project_root, canisters_folder)
    yield prepared
    prepared.replica.close()


@pytest.fixture(scope="module")
def installed(project_root: Path, canisters_folder: Path) -> Iterator[Exchange]:
    """One exchange for a module's tests."""
    prepared = Fresh(project_root, canisters_folder)
    yield prepared.exchange(prepared.install_ledger())
    prepared.replica.close()


@pytest.fixture
def exchange(installed: Exchange) -> Iterator[Exchange]:
    """The module's exchange; what a test does to it is undone."""
    with installed.replica.isolated():
        yield installed
        installed.replica.faults.clear()
        installed.replica.tick(20)


@pytest.fixture
def offered(exchange: Exchange) -> Exchange:
    """An exchange with offer 1 of the stream."""
    assert exchange.create_offer() == 1
    return exchange
