"""What the replica remembers does not grow with what it has done."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from counting_target import Target, install_target
from raw_client import Client, content, pack
from replica_host import HOST, running

CONNECTIONS = 64
CALLS = 100_000
REMEMBERED_S = 360
"""Answers are kept for five minutes and requests until they expire, so after that time memory has reached its level."""
GROWTH_BYTES = 16 * 1024 * 1024


@pytest.fixture
def fresh_target(tmp_path: Path) -> Iterator[Target]:
    with running(tmp_path / "replica.log", tmp_path / "state") as host:
        target = install_target(host)
        yield target
        target.client.close()


def call_many(target: Target, clients: list[Client], rounds: int) -> None:
    argument = target.canister.encode("add", 1)
    path = f"/api/v4/canister/{target.id}/call"
    for _ in range(rounds):
        for client in clients:
            request = content("call", target.id, "add", argument, target.owner.principal)
            client.begin(path, pack(target.owner.seal(request)))
        for client in clients:
            assert client.finish().status == 200


@pytest.mark.soak
def test_resident_memory_is_flat_over_a_hundred_thousand_calls(fresh_target: Target) -> None:
    clients = [Client(HOST, fresh_target.host.port) for _ in range(CONNECTIONS)]
    start, done = time.monotonic(), 0
    figures: list[tuple[int, int, int]] = []
    level: int | None = None
    # First until memory has reached its level, then as many calls again.
    wanted = CALLS
    while done < wanted:
        call_many(fresh_target, clients, rounds=50)
        done += 50 * CONNECTIONS
        seconds = int(time.monotonic() - start)
        figures.append((done, seconds, fresh_target.host.resident_bytes() // 2**20))
        if level is None and seconds > REMEMBERED_S:
            level, wanted = figures[-1][2], done + CALLS
        elif level is None:
            wanted = done + CALLS
    print("calls, seconds, MiB:", *figures[:: max(1, len(figures) // 30)], figures[-1])  # noqa: T201 - the figures are what a person looks for
    for client in clients:
        client.close()
    assert level is not None
    assert fresh_target.total() == done
    assert (max(mib for _, _, mib in figures) - level) * 2**20 <= GROWTH_BYTES
