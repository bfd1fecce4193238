"""A canister that does not end a message loses the message, not the replica."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from kybra_replica.driver import CallRejected, CanisterHandle, Replica
from kybra_replica.node.watchdog import Watchdog

LIMIT_S = 0.3


@pytest.fixture
def canister(replica: Replica) -> CanisterHandle:
    return replica.install(Path(__file__).with_name("endless_canister.py"))


@pytest.fixture(autouse=True)
def watchdog(replica: Replica) -> Iterator[None]:
    watchdog = Watchdog(LIMIT_S)
    replica.subnet.observers.append(watchdog.message_ended)
    watchdog.start()
    yield
    watchdog.stop()


@pytest.mark.parametrize("method", ["add_and_spin", "refuse_to_end"])
def test_an_endless_update_traps_and_changes_nothing(canister: CanisterHandle, method: str) -> None:
    canister.call("add", 5)
    with pytest.raises(CallRejected) as refused:
        canister.call(method, *([7] if method == "add_and_spin" else []))
    assert refused.value.error_code == "IC0522"
    assert "exceeded the time limit of 0.3 s for single message execution" in refused.value.message
    assert canister.query("total") == 5
    assert canister.call("add", 1) == 6


def test_an_endless_query_traps(canister: CanisterHandle) -> None:
    with pytest.raises(CallRejected) as refused:
        canister.query("spin")
    assert refused.value.error_code == "IC0522"
    assert canister.query("total") == 0


def test_each_message_has_all_its_time(canister: CanisterHandle) -> None:
    ends = monotonic() + 3 * LIMIT_S
    expected = 0
    while monotonic() < ends:
        expected += 1
        assert canister.call("add", 1) == expected
