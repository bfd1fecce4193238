"""A token ledger of the test's own: what the test does to it is undone."""

from __future__ import annotations

import pytest
from token_ledger_driver import Ledger, install

from kybra_replica.driver import Replica


@pytest.fixture(scope="module")
def _installed(module_replica: Replica) -> Ledger:
    return install(module_replica)


@pytest.fixture
def ledger(_installed: Ledger, shared_replica: Replica) -> Ledger:
    """A ledger on which nobody has anything."""
    assert _installed.replica is shared_replica
    return _installed
