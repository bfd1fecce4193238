"""Damaged requests by the thousand: none crashes the replica, none is answered with 500, none is carried out."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from counting_target import Target
from raw_client import Client
from request_mutations import Mutations

EXPECTED = frozenset({200, 202, 400, 403, 404, 413})
CONNECTIONS = 8
RENEWED_AFTER = 2_000
"""Sound requests are good for four minutes."""


def fuzz(target: Target, seed: int, count: int, within_s: float) -> Counter[int]:
    """Send `count` damaged requests, fewer when time is up, on connections that are kept open; how often each status came back.

    Fails on a status that no client should see, with the request that brought it.
    """
    mutations = Mutations(target, seed)
    clients = [Client("127.0.0.1", target.host.port) for _ in range(CONNECTIONS)]
    statuses: Counter[int] = Counter()
    deadline = time.monotonic() + within_s
    before = target.total()
    renewals = 0
    for start in range(0, count, CONNECTIONS):
        if time.monotonic() > deadline:
            break
        if start % RENEWED_AFTER == 0:
            base = mutations.renew()
            target.client.call_sealed(target.id, base.content, base.body)
            renewals += 1
        requests = [mutations.next() for _ in clients]
        for client, (path, body) in zip(clients, requests, strict=True):
            client.begin(f"/api/{path}", body)
        for client, (path, body) in zip(clients, requests, strict=True):
            answer = client.finish()
            assert answer.status in EXPECTED, f"{answer.status} {answer.text} for /api/{path} of seed {seed} with body {body.hex()}"
            statuses[answer.status] += 1
    for client in clients:
        client.close()
    assert target.total() == before + renewals
    assert target.canister.call("add", 1) == before + renewals + 1
    return statuses


@pytest.mark.slow
def test_damaged_requests_harm_nobody(target: Target) -> None:
    statuses = fuzz(target, seed=4, count=8_000, within_s=20)
    # Every way to damage a request got through to where it is noticed.
    assert statuses[400] > 0
    assert statuses[200] > 0


@pytest.mark.soak
def test_a_hundred_thousand_damaged_requests_harm_nobody(target: Target) -> None:
    statuses = fuzz(target, seed=int(time.time()), count=100_000, within_s=3_600)
    print(f"answers by status: {dict(sorted(statuses.items()))}")  # noqa: T201 - the figures are what a person looks for
    assert sum(statuses.values()) == 100_000
