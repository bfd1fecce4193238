"""@icp-sdk/core at the address of the subnet, which no other client uses yet."""

from __future__ import annotations

from typing import Any

import pytest
from counting_target import Target
from node_clients_runner import NodeClients
from raw_client import leaf, tree_of

from kybra_replica.principal import Principal

pytestmark = pytest.mark.slow


def run(target: Target, node_clients: NodeClients, action: dict[str, Any]) -> dict[str, Any]:
    subnet = str(Principal.self_authenticating(target.host.root_key))
    asked = {"url": target.host.url, "canister": str(target.id), "identity": {"kind": "ed25519"}}
    (result,) = node_clients.run("icp_sdk_core", asked | {"actions": [{"subnet": subnet} | action]})
    return result


def test_subnet_state_is_certified(target: Target, node_clients: NodeClients) -> None:
    paths = ["time", "publicKey", "canisterRanges", "nodeKeys"]
    status = run(target, node_clients, {"do": "subnet_status", "paths": paths})["ok"]
    assert status["publicKey"] == target.host.root_key.hex()
    assert status["canisterRanges"] == [[str(Principal.canister(0)), str(Principal.canister(2**64 - 1))]]
    assert len(status["nodeKeys"]) == 1
    assert status["time"] is not None


def test_canister_is_created_and_listed_at_the_subnet(target: Target, node_clients: NodeClients) -> None:
    created = Principal.from_text(run(target, node_clients, {"do": "create_canister"})["ok"])
    path = [b"canister", created.raw, b"controllers"]
    assert leaf(tree_of(target.client.read_state(created, [path], target.owner)), *path) is not None
    ranges = run(target, node_clients, {"do": "list_canisters"})["ok"]
    held = [(Principal.from_text(entry["start"]).raw, Principal.from_text(entry["end"]).raw) for entry in ranges]
    assert any(start <= created.raw <= end for start, end in held)


def test_another_subnet_is_refused(target: Target, node_clients: NodeClients) -> None:
    refused = run(target, node_clients, {"do": "create_canister", "subnet": str(target.id)})["error"]
    assert refused["http_status"] == 400
