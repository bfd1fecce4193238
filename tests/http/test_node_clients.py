"""@dfinity/agent and @icp-sdk/core under Node: everything they verify holds, and what is tampered with they refuse."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import Any

import dishonest_answers as dishonest
import pytest
from counting_target import TARGET_INTERFACE, Target
from node_clients_runner import CLIENTS, NodeClients
from tampering_proxy import Change, tampering

from kybra_replica.principal import ANONYMOUS, Principal

IDENTITIES: dict[str, dict[str, Any]] = {
    "anonymous": {"kind": "anonymous"},
    "ed25519": {"kind": "ed25519"},
    "secp256k1": {"kind": "secp256k1"},
    "p256": {"kind": "p256"},
    "ed25519 through webcrypto": {"kind": "delegated", "from": {"kind": "ed25519"}, "to": {"kind": "p256"}},
    "three keys": {"kind": "delegated", "from": {"kind": "secp256k1"}, "through": [{"kind": "p256"}], "to": {"kind": "ed25519"}},
}
SEED = "2a" * 32

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("client", CLIENTS)]


def plan(target: Target, actions: list[dict[str, Any]], identity: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    asked = {"url": target.host.url, "canister": str(target.id), "identity": identity or {"kind": "ed25519"}, "actions": actions}
    return {**asked, **more}


def invoke(method: str, *values: Any) -> dict[str, Any]:
    return {"do": "invoke", "method": method, "args": list(values)}


def oks(results: list[dict[str, Any]]) -> list[Any]:
    """Results of actions that all have to succeed."""
    assert [result["error"] for result in results if "error" in result] == []
    return [result["ok"] for result in results]


def error(results: list[dict[str, Any]]) -> dict[str, Any]:
    """The error of the only action."""
    (result,) = results
    found: dict[str, Any] = result["error"]
    return found


@pytest.mark.parametrize("identity", IDENTITIES)
def test_updates_and_queries_come_from_the_identity(client: str, identity: str, target: Target, node_clients: NodeClients) -> None:
    before = target.total()
    actions = [{"do": "principal"}, invoke("who"), invoke("who_asks"), invoke("add", 3), invoke("total")]

    principal, caller, asker, added, total = oks(node_clients.run(client, plan(target, actions, IDENTITIES[identity])))

    assert caller == asker == principal
    assert (principal == str(ANONYMOUS)) is (identity == "anonymous")
    assert added == total == str(before + 3)


def test_accepted_call_is_polled_for(client: str, target: Target, node_clients: NodeClients) -> None:
    before = target.total()
    call = {"do": "poll", "method": "add", "arg": target.canister.encode("add", 5).hex()}

    (answer,) = oks(node_clients.run(client, plan(target, [call])))

    assert (answer["http_status"], answer["body"]) == (202, None)
    assert target.canister.decode("add", bytes.fromhex(answer["reply"])) == before + 5


def test_blob_larger_than_a_read_comes_back_whole(client: str, target: Target, node_clients: NodeClients) -> None:
    data = os.urandom(300_000).hex()
    assert oks(node_clients.run(client, plan(target, [invoke("echo", {"hex": data})]))) == [data]


REJECTS = {
    "trap in an update": (invoke("fail", "no bread"), 5, "IC0503", "ValueError: no bread"),
    "trap in a query": (invoke("fail_query", "no wine"), 5, "IC0503", "ValueError: no wine"),
    "reject by the canister": (invoke("refuse", "not today"), 4, "IC0406", "not today"),
    "no such update method": (invoke("missing"), 5, "IC0536", "missing"),
    "no such query method": (invoke("missing_query"), 5, "IC0536", "missing_query"),
    "not let in by inspect_message": (invoke("uninvited"), 4, "IC0406", "rejected the message"),
}


@pytest.mark.parametrize("case", REJECTS)
def test_rejects_carry_code_text_and_error_code(client: str, case: str, target: Target, node_clients: NodeClients) -> None:
    action, code, error_code, words = REJECTS[case]
    found = error(node_clients.run(client, plan(target, [action])))
    assert (found["name"], found["reject_code"], found["error_code"]) == ("RejectError", code, error_code)
    assert words in found["reject_message"]


def test_canister_state_is_certified(client: str, target: Target, node_clients: NodeClients) -> None:
    asked = {"do": "status", "paths": ["module_hash", "controllers", "candid", "time", "subnet"]}
    (status,) = oks(node_clients.run(client, plan(target, [asked])))
    assert status["module_hash"] == sha256(target.module).hexdigest()
    assert status["controllers"] == [str(target.owner.principal)]
    assert status["candid"] == TARGET_INTERFACE.read_text(encoding="utf-8").rstrip()
    assert status["subnet"]["subnetId"] == str(Principal.self_authenticating(target.host.root_key))
    assert len(status["subnet"]["nodeKeys"]) == 1


ABSENT: dict[str, list[Any]] = {
    "a metadata section that the module lacks": ["canister", None, "metadata", "candid:servicf"],
    "a node that the subnet lacks": ["subnet", {"hex": "01"}, "node", {"hex": "02"}, "public_key"],
}


@pytest.mark.parametrize("case", ABSENT)
def test_what_is_not_there_is_proved_absent(client: str, case: str, target: Target, node_clients: NodeClients) -> None:
    path = [{"hex": target.id.raw.hex()} if label is None else label for label in ABSENT[case]]
    (found,) = oks(node_clients.run(client, plan(target, [{"do": "lookup", "path": path}])))
    assert found["status"] == "Absent"


def test_clock_is_synchronised_by_an_id_without_canister(client: str, target: Target, node_clients: NodeClients) -> None:
    (drift_ms,) = oks(node_clients.run(client, plan(target, [{"do": "sync_time"}])))
    assert abs(drift_ms) < 5_000


def test_management_canister_creates_a_canister(client: str, target: Target, node_clients: NodeClients) -> None:
    plans = [{"do": "principal"}, {"do": "create_canister"}]
    owner, created = oks(node_clients.run(client, plan(target, plans)))
    asked = plan(target, [{"do": "status", "paths": ["controllers"]}]) | {"canister": created}
    assert oks(node_clients.run(client, asked)) == [{"controllers": [owner]}]


# delegations -------------------------------------------------------------------------------------------------------------


def delegated(**restrictions: Any) -> dict[str, Any]:
    return {"kind": "delegated", "from": {"kind": "ed25519", "seed": SEED}, "to": {"kind": "ed25519"}, **restrictions}


def test_delegation_holds_for_its_targets(client: str, target: Target, node_clients: NodeClients) -> None:
    before = target.total()
    identity = delegated(targets=[str(target.id)])
    assert oks(node_clients.run(client, plan(target, [invoke("add", 1), invoke("total")], identity))) == [str(before + 1)] * 2


def test_delegation_holds_for_nothing_but_its_targets(client: str, target: Target, node_clients: NodeClients) -> None:
    before = target.total()
    identity = delegated(targets=[str(Principal.canister(7))])
    for action in (invoke("add", 1), invoke("total")):
        found = error(node_clients.run(client, plan(target, [action], identity)))
        assert found["http_status"] == 400
        assert found["http_body"].endswith(f"Canister '{target.id}' is not one of the delegation targets.")
    assert target.total() == before


def test_delegation_for_queries_makes_no_updates(client: str, target: Target, node_clients: NodeClients) -> None:
    before = target.total()
    identity = delegated(permissions="queries")
    asked, refused = node_clients.run(client, plan(target, [invoke("total"), invoke("add", 1)], identity))
    if client == "dfinity_agent":
        # It knows no permissions, and leaves the field out: the delegation is for everything.
        assert oks([asked, refused]) == [str(before), str(before + 1)]
        return
    assert asked == {"ok": str(before)}
    assert refused["error"]["http_status"] == 400
    assert target.total() == before


def test_expired_delegation_is_refused(client: str, target: Target, node_clients: NodeClients) -> None:
    found = error(node_clients.run(client, plan(target, [invoke("total")], delegated(lasts_ms=-60_000))))
    assert found["http_status"] == 400
    assert found["http_body"].startswith("Invalid delegation expiry: ")


# dishonest answers -------------------------------------------------------------------------------------------------------

UPDATE = invoke("add", 1)
QUERY = invoke("total")
POLL = {"do": "poll", "method": "add", "arg": ("4449444c000178" + (1).to_bytes(8, "little").hex())}
STATUS = {"do": "status", "paths": ["module_hash"]}
FORGED = "Certificate verification error"
UNSIGNED = "Query signature verification failed"

TAMPERED: dict[str, tuple[Change, dict[str, Any], str]] = {
    "reply of an update": (dishonest.on_certificates(dishonest.reply_flipped), UPDATE, FORGED),
    "reply that is polled for": (dishonest.on_certificates(dishonest.reply_flipped), POLL, FORGED),
    "module hash": (dishonest.on_certificates(dishonest.reply_flipped), STATUS, FORGED),
    "hash in the tree": (dishonest.on_certificates(dishonest.hash_flipped), UPDATE, FORGED),
    "bit of the signature": (dishonest.on_certificates(dishonest.signature_flipped), UPDATE, FORGED),
    "signature by another key": (dishonest.on_certificates(dishonest.signed_by_another), UPDATE, FORGED),
    "root key": (dishonest.another_root_key, UPDATE, FORGED),
    "time of the certificate": (dishonest.answers_signed_by_forger(stale_calls=True), UPDATE, "more than 5 minutes in the past"),
    "reply of a query": (dishonest.on_queries(dishonest.query_reply_flipped), QUERY, UNSIGNED),
    "reject of a query": (dishonest.on_queries(dishonest.query_reject_reworded), invoke("fail_query", "x"), UNSIGNED),
    "signature of a query": (dishonest.on_queries(dishonest.query_signature_flipped), QUERY, UNSIGNED),
    "signatures stripped": (dishonest.on_queries(dishonest.query_signatures_stripped), QUERY, "Timestamp not found in query response"),
    "node that signed": (dishonest.on_queries(dishonest.query_signed_by_stranger), QUERY, "malformed public key"),
    "time of a query": (dishonest.on_queries(dishonest.query_time_old), QUERY, "Certificate is stale (over 5 minutes)"),
    "certificate of the node keys": (dishonest.on_certificates(dishonest.signature_flipped, of=("read_state",)), QUERY, FORGED),
}


@pytest.mark.parametrize("case", TAMPERED)
def test_tampered_answer_is_refused(client: str, case: str, target: Target, node_clients: NodeClients) -> None:
    change, action, words = TAMPERED[case]
    with tampering("127.0.0.1", target.host.port, change) as url:
        found = error(node_clients.run(client, plan(target, [action]) | {"url": url}))
    assert words in found["message"]


def test_untampered_answers_pass_the_same_proxy(client: str, target: Target, node_clients: NodeClients) -> None:
    with tampering("127.0.0.1", target.host.port, lambda endpoint, answer: answer) as url:
        oks(node_clients.run(client, plan(target, [UPDATE, QUERY, POLL, STATUS]) | {"url": url}))


def test_forger_with_a_root_key_of_its_own_and_fresh_times_is_believed(client: str, target: Target, node_clients: NodeClients) -> None:
    # The twin of the stale case: nothing but the time is wrong there. Trust in a root key is the client's to decide.
    with tampering("127.0.0.1", target.host.port, dishonest.answers_signed_by_forger(stale_calls=False)) as url:
        oks(node_clients.run(client, plan(target, [UPDATE]) | {"url": url}))


def test_mainnet_root_key_does_not_verify_this_replica(client: str, target: Target, node_clients: NodeClients) -> None:
    found = error(node_clients.run(client, plan(target, [UPDATE], fetch_root_key=False)))
    assert FORGED in found["message"]


def test_root_key_given_by_hand_verifies(client: str, target: Target, node_clients: NodeClients) -> None:
    given = plan(target, [UPDATE, QUERY], fetch_root_key=False, root_key=target.host.root_key.hex())
    oks(node_clients.run(client, given))
