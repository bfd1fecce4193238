"""A canister that does not end a message loses the message, not the replica."""

from __future__ import annotations

from pathlib import Path

import pytest

from kybra_replica.driver import CallRejected, CanisterHandle, Replica
from kybra_replica.node.watchdog import Watchdog

LIMIT_S = 0.3


@pytest.fixture
def canister(replica: Replica) -> CanisterHandle:
    return replica.install(Path(__file__).with_name("endless_canister.py"))


@pytest.fixture
def watchdog(replica: Replica) -> Watchdog:
    watchdog = Watchdog(LIMIT_S)
    replica.subnet.observers.append(lambda outcome: watchdog.restart())
    return watchdog


@pytest.mark.parametrize("method", ["add_and_spin", "refuse_to_end"])
def test_an_endless_update_traps_and_changes_nothing(canister: CanisterHandle, watchdog: Watchdog, method: str) -> None:
    canister.call("add", 5)
    with watchdog.watching(), pytest.raises(CallRejected) as refused:
        canister.call(method, *([7] if method == "add_and_spin" else []))
    assert refused.value.error_code == "IC0522"
    assert "exceeded the time limit of 0.3 s for single message execution" in refused.value.message
    assert canister.query("total") == 5
    assert canister.call("add", 1) == 6


def test_an_endless_query_traps(canister: CanisterHandle, watchdog: Watchdog) -> None:
    with watchdog.watching(), pytest.raises(CallRejected) as refused:
        canister.query("spin")
    assert refused.value.error_code == "IC0522"
    assert canister.query("total") == 0


def test_each_message_has_all_its_time(canister: CanisterHandle, replica: Replica, watchdog: Watchdog) -> None:
    with watchdog.watching():
        for expected in range(1, 2_000):
            assert canister.call("add", 1) == expected
