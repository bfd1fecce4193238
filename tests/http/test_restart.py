"""A replica that was killed and started again on its directory is the one it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from counting_target import TARGET_INTERFACE, Target, install_target
from raw_client import Client, Rejected, certified_reply, content, leaf, pack, request_id, tree_of
from remote_canister import create, management
from replica_host import HOST, ReplicaHost

WAYS = ("kill", "stop")


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Target]:
    host = ReplicaHost(tmp_path / "replica.log", tmp_path / "state")
    host.start()
    target = install_target(host)
    yield target
    target.client.close()
    host.stop()


def restart(target: Target, way: str) -> None:
    target.client.close()
    getattr(target.host, way)()
    target.host.start()
    target.client.port = target.host.port


@pytest.mark.parametrize("way", WAYS)
def test_keys_ids_and_state_are_as_before(way: str, kept: Target) -> None:
    root_key, total = kept.host.root_key, kept.canister.call("add", 7)
    paths = [[b"canister", kept.id.raw, b"module_hash"], [b"canister", kept.id.raw, b"controllers"], [b"subnet"]]
    before = tree_of(kept.client.read_state(kept.id, paths, kept.owner))

    restart(kept, way)

    assert kept.host.root_key == root_key
    assert kept.total() == total
    after = tree_of(kept.client.read_state(kept.id, paths, kept.owner))
    assert [leaf(after, *path) for path in paths[:2]] == [leaf(before, *path) for path in paths[:2]]
    metadata = [b"canister", kept.id.raw, b"metadata", b"candid:service"]
    shown = leaf(tree_of(kept.client.read_state(kept.id, [metadata], kept.owner)), *metadata)
    assert shown == TARGET_INTERFACE.read_bytes().rstrip()
    assert create(kept.client, kept.owner) != kept.id
    assert kept.canister.call("add", 1) == total + 1


@pytest.mark.parametrize("way", WAYS)
def test_request_from_before_is_answered_alike_and_not_carried_out_again(way: str, kept: Target) -> None:
    request = content("call", kept.id, "add", kept.canister.encode("add", 3), kept.owner.principal)
    body = pack(kept.owner.seal(request))
    reply = kept.client.call_sealed(kept.id, request, body)
    total = kept.total()

    restart(kept, way)

    assert kept.client.call_sealed(kept.id, request, body) == reply
    polled = kept.client.read_state(kept.id, [[b"request_status", request_id(request)]], kept.owner)
    assert certified_reply(polled, request_id(request)) == reply
    assert kept.total() == total


@pytest.mark.parametrize("way", WAYS)
def test_refused_request_from_before_is_refused_alike(way: str, kept: Target) -> None:
    request = content("call", kept.id, "uninvited", b"DIDL\0\0", kept.owner.principal)
    body = pack(kept.owner.seal(request))
    with pytest.raises(Rejected) as before:
        kept.client.call_sealed(kept.id, request, body)

    restart(kept, way)

    with pytest.raises(Rejected) as after:
        kept.client.call_sealed(kept.id, request, body)
    assert str(after.value) == str(before.value)


@pytest.mark.parametrize("way", WAYS)
def test_stopped_and_empty_canisters_stay_so(way: str, kept: Target) -> None:
    empty = create(kept.client, kept.owner)
    management(kept.client, kept.owner, kept.id).call("stop_canister", {"canister_id": kept.id})

    restart(kept, way)

    with pytest.raises(Rejected) as stopped:
        kept.canister.call("add", 1)
    assert stopped.value.error_code == "IC0508"
    with pytest.raises(Rejected) as without_code:
        kept.client.call(empty, "add", b"DIDL\0\0", kept.owner)
    assert without_code.value.error_code == "IC0537"
    management(kept.client, kept.owner, kept.id).call("start_canister", {"canister_id": kept.id})
    assert kept.canister.call("add", 1) == 1


def test_calls_accepted_just_before_a_kill_are_carried_out_once(kept: Target) -> None:
    requests = [content("call", kept.id, "add_around_call", kept.canister.encode("add", 1), kept.owner.principal) for _ in range(40)]
    clients = [Client(HOST, kept.host.port) for _ in requests]
    for client, request in zip(clients, requests, strict=True):
        client.begin(f"/api/v2/canister/{kept.id}/call", pack(kept.owner.seal(request)))
    accepted = [client.finish().status for client in clients]
    for client in clients:
        client.close()
    restart(kept, "kill")

    assert accepted == [202] * 40
    for request in requests:
        with pytest.raises(Rejected) as trap:
            kept.client.call_sealed(kept.id, request, pack(kept.owner.seal(request)))
        assert "after the call" in trap.value.message
    assert kept.total() == 40
