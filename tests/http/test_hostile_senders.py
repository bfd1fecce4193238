"""Requests that are not their sender's, or not for now: refused with 400 and the documented text, and never carried out."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import pytest
from counting_target import Target
from cryptography.hazmat.primitives.asymmetric import ec
from raw_client import (
    REQUEST_DOMAIN,
    SECOND_NS,
    Answer,
    Client,
    Content,
    EcdsaKey,
    Ed25519Key,
    Identity,
    Refused,
    certified_reply,
    content,
    ed25519,
    pack,
    read_state_content,
    request_id,
    unpack,
)

from kybra_replica.principal import ANONYMOUS, MANAGEMENT, Principal

KEYS: dict[str, Callable[[], Any]] = {
    "Ed25519": Ed25519Key,
    "secp256k1": lambda: EcdsaKey(ec.SECP256K1()),
    "P-256": lambda: EcdsaKey(ec.SECP256R1()),
}
CALL_PATHS = ("v2", "v3", "v4")


def add_of(target: Target, identity: Identity, **changes: Any) -> Content:
    return content("call", target.id, "add", target.canister.encode("add", 1), identity.principal) | changes


def post_call(target: Target, envelope: Content, version: str = "v4") -> Answer:
    return target.client.post(f"/api/{version}/canister/{target.id}/call", pack(envelope))


def assert_refused(target: Target, envelope: Content, beginning: str) -> None:
    """On every endpoint for calls."""
    for version in CALL_PATHS:
        answer = post_call(target, envelope, version)
        assert (answer.status, answer.headers["content-type"]) == (400, "text/plain; charset=utf-8")
        assert answer.text.startswith(beginning)


# signatures --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KEYS)
def test_call_signed_with_each_kind_of_key_is_carried_out(kind: str, target: Target) -> None:
    before = target.total()
    identity = Identity(KEYS[kind]())
    assert target.canister.acting_as(identity).call("add", 1) == before + 1
    assert target.canister.acting_as(identity).call("who") == identity.principal


@pytest.mark.parametrize("kind", KEYS)
def test_every_changed_byte_of_a_signature_is_noticed(kind: str, unharmed: Target) -> None:
    identity = Identity(KEYS[kind]())
    envelope = identity.seal(add_of(unharmed, identity))
    signature = envelope["sender_sig"]
    for position in range(0, len(signature), 7):
        changed = bytearray(signature)
        changed[position] ^= 1
        assert post_call(unharmed, envelope | {"sender_sig": bytes(changed)}).text.startswith("Invalid signature: ")
    for damaged in (b"", signature[:-1], signature + b"\0", bytes(64), b"\xff" * 64, signature[32:] + signature[:32]):
        assert_refused(unharmed, envelope | {"sender_sig": damaged}, "Invalid signature: ")


@pytest.mark.parametrize("field", ["arg", "method_name", "canister_id", "ingress_expiry", "nonce"])
def test_signature_covers_every_field(field: str, unharmed: Target) -> None:
    identity = unharmed.owner
    signed = add_of(unharmed, identity)
    other = {
        "arg": unharmed.canister.encode("add", 2),
        "method_name": "uninvited",
        "canister_id": MANAGEMENT.raw,
        "ingress_expiry": signed["ingress_expiry"] + 1,
        "nonce": os.urandom(16),
    }
    assert_refused(unharmed, identity.seal(signed) | {"content": signed | {field: other[field]}}, "Invalid signature: ")


def test_signature_of_another_key_is_noticed(unharmed: Target) -> None:
    envelope = unharmed.owner.seal(add_of(unharmed, unharmed.owner))
    stranger = Ed25519Key()
    forged = stranger.sign(REQUEST_DOMAIN + request_id(envelope["content"]))
    assert_refused(unharmed, envelope | {"sender_sig": forged}, "Invalid signature: ")
    assert_refused(
        unharmed,
        envelope | {"sender_sig": forged, "sender_pubkey": stranger.der},
        f"The user id '{unharmed.owner.principal}' does not match the public key '{stranger.der.hex()}'",
    )


def test_signature_without_the_domain_is_noticed(unharmed: Target) -> None:
    envelope = unharmed.owner.seal(add_of(unharmed, unharmed.owner))
    assert unharmed.owner.key is not None
    bare = unharmed.owner.key.sign(request_id(envelope["content"]))
    assert_refused(unharmed, envelope | {"sender_sig": bare}, "Invalid signature: ")


def test_missing_signature_is_noticed(unharmed: Target) -> None:
    content_of_owner = add_of(unharmed, unharmed.owner)
    assert_refused(unharmed, {"content": content_of_owner}, f"Missing signature from user: {unharmed.owner.principal}")
    sealed = unharmed.owner.seal(content_of_owner)
    for left_out in ("sender_pubkey", "sender_sig"):
        assert_refused(unharmed, {name: value for name, value in sealed.items() if name != left_out}, "Malformed request: ")


def test_anonymous_sender_signs_nothing(unharmed: Target) -> None:
    sealed = unharmed.owner.seal(add_of(unharmed, Identity()))
    assert_refused(unharmed, sealed, "Signature is not allowed for the anonymous user.")


def test_anonymous_call_without_signature_is_carried_out(target: Target) -> None:
    before = target.total()
    assert target.canister.acting_as(Identity()).call("add", 1) == before + 1
    assert target.canister.acting_as(Identity()).query("who_asks") == ANONYMOUS


@pytest.mark.parametrize("sender", [b"", b"\x04\x04", b"\x01", bytes(29), b"\xff" * 29])
def test_nobody_else_can_be_the_sender(sender: bytes, unharmed: Target) -> None:
    sealed = unharmed.owner.seal(add_of(unharmed, unharmed.owner, sender=sender))
    assert_refused(unharmed, sealed, f"The user id '{Principal(sender)}' does not match the public key")


@pytest.mark.parametrize("der", [b"", b"\x30", bytes(44), b"\x30\x2a" + bytes(42), b"\x30\x84\xff\xff\xff\xff", b"\x30" * 5_000])
def test_key_that_is_none_is_refused(der: bytes, unharmed: Target) -> None:
    sender = Principal.self_authenticating(der)
    envelope = {"content": add_of(unharmed, unharmed.owner, sender=sender.raw), "sender_pubkey": der, "sender_sig": bytes(64)}
    answer = post_call(unharmed, envelope)
    assert answer.status == 400
    assert answer.text.startswith(("Invalid signature: ", "Invalid public key: "))


# expiry ------------------------------------------------------------------------------------------------------------------

EXPIRED = "Invalid request expiry: Specified ingress_expiry not within expected range:\n"
OUT_OF_RANGE = {"a second ago": -1, "five and a half minutes and two seconds ahead": 332, "a year ahead": 31_536_000}


def seconds_from_now(seconds: int) -> int:
    return time.time_ns() + seconds * SECOND_NS


@pytest.mark.parametrize("case", OUT_OF_RANGE)
def test_expiry_out_of_range_is_refused(case: str, unharmed: Target) -> None:
    expiry = seconds_from_now(OUT_OF_RANGE[case])
    assert_refused(unharmed, unharmed.owner.seal(add_of(unharmed, unharmed.owner, ingress_expiry=expiry)), EXPIRED)
    assert_refused(unharmed, {"content": add_of(unharmed, Identity(), ingress_expiry=expiry)}, EXPIRED)


@pytest.mark.parametrize("expiry", [0, 1, 2**63, 2**64 - 1])
def test_expiry_no_calendar_knows_is_refused(expiry: int, unharmed: Target) -> None:
    answer = post_call(unharmed, unharmed.owner.seal(add_of(unharmed, unharmed.owner, ingress_expiry=expiry)))
    lines = answer.text.splitlines()
    assert (answer.status, lines[0] + "\n") == (400, EXPIRED)
    assert [line.partition(":")[0] for line in lines[1:]] == ["Minimum allowed expiry", "Maximum allowed expiry", "Provided expiry"]


def test_expiry_five_minutes_and_a_half_ahead_is_accepted(target: Target) -> None:
    before = target.total()
    envelope = target.owner.seal(add_of(target, target.owner, ingress_expiry=seconds_from_now(330)))
    assert post_call(target, envelope).status == 200
    assert target.total() == before + 1


@pytest.mark.parametrize("seconds", [-1, 332])
def test_queries_and_reads_expire_for_those_who_sign(seconds: int, unharmed: Target) -> None:
    expiry = seconds_from_now(seconds)
    with pytest.raises(Refused) as query:
        unharmed.client.query(unharmed.id, "total", b"DIDL\0\0", unharmed.owner, ingress_expiry=expiry)
    with pytest.raises(Refused) as read:
        unharmed.client.read_state(unharmed.id, [[b"time"]], unharmed.owner, ingress_expiry=expiry)
    assert [refusal.value.text.startswith(EXPIRED) for refusal in (query, read)] == [True, True]
    assert unharmed.client.query(unharmed.id, "total", b"DIDL\0\0", Identity(), ingress_expiry=expiry)
    assert unharmed.client.read_state(unharmed.id, [[b"time"]], Identity(), ingress_expiry=expiry)


# replay ------------------------------------------------------------------------------------------------------------------


def test_request_sent_again_is_carried_out_once_and_answered_alike(target: Target) -> None:
    before = target.total()
    request = add_of(target, target.owner)
    body = pack(target.owner.seal(request))
    other = Client("127.0.0.1", target.host.port)
    replies = [client.call_sealed(target.id, request, body) for client in (target.client, other, target.client)]
    assert replies == [replies[0]] * 3
    assert target.client.post(f"/api/v2/canister/{target.id}/call", body).status == 202
    assert target.total() == before + 1
    other.close()


def test_request_sent_on_many_connections_at_once_is_carried_out_once(target: Target) -> None:
    before = target.total()
    request = add_of(target, target.owner)
    body = pack(target.owner.seal(request))
    clients = [Client("127.0.0.1", target.host.port) for _ in range(8)]
    # All are sent before any answer is read.
    for client in clients:
        client.begin(f"/api/v4/canister/{target.id}/call", body)
    answers = [client.finish() for client in clients]
    assert [answer.status for answer in answers] == [200] * 8
    replies = {certified_reply(unpack(answer.body)["certificate"], request_id(request)) for answer in answers}
    assert [target.canister.decode("add", reply) for reply in replies] == [before + 1]
    assert target.total() == before + 1
    for client in clients:
        client.close()


def test_polling_for_an_accepted_call_sees_what_it_did_once(target: Target) -> None:
    before = target.total()
    request = add_of(target, target.owner)
    body = pack(target.owner.seal(request))
    assert [target.client.post(f"/api/v2/canister/{target.id}/call", body).status for _ in range(3)] == [202] * 3
    target.client.call_sealed(target.id, request, body)  # returns once it has run
    certificate = target.client.read_state(target.id, [[b"request_status", request_id(request)]], target.owner)
    assert target.canister.decode("add", certified_reply(certificate, request_id(request))) == before + 1
    assert target.total() == before + 1


# delegations -------------------------------------------------------------------------------------------------------------


ELSEWHERE = Principal.canister(900)
MISMATCH = "Canister '{}' is not one of the delegation targets."
INVALID = "Invalid delegation: "


def signed_by_stranger(target: Target) -> Identity:
    delegations = ed25519().delegate(key := Ed25519Key()).delegations
    return Identity(target.owner.key, key, delegations)


def chain_of_21_keys(target: Target) -> Identity:
    identity = target.owner
    for _ in range(21):
        identity = identity.delegate(Ed25519Key())
    return identity


def cycle(target: Target) -> Identity:
    assert target.owner.key is not None
    return target.owner.delegate(Ed25519Key()).delegate(target.owner.key)


def targets_reworded(target: Target) -> Identity:
    identity = target.owner.delegate(Ed25519Key(), targets=[ELSEWHERE])
    (signed,) = identity.delegations
    return Identity(identity.key, identity.signer, ({**signed, "delegation": signed["delegation"] | {"targets": [target.id.raw]}},))


REFUSED_DELEGATIONS: dict[str, tuple[Callable[[Target], Identity], str]] = {
    "another canister": (lambda target: target.owner.delegate(Ed25519Key(), targets=[ELSEWHERE]), MISMATCH),
    "no canister": (lambda target: target.owner.delegate(Ed25519Key(), targets=[]), MISMATCH),
    "targets without a canister in common": (
        lambda target: target.owner.delegate(Ed25519Key(), targets=[ELSEWHERE]).delegate(Ed25519Key(), targets=[target.id]),
        MISMATCH,
    ),
    "targets that were not signed": (targets_reworded, INVALID),
    "expired": (
        lambda target: target.owner.delegate(Ed25519Key(), expiration_ns=seconds_from_now(-1)),
        "Invalid delegation expiry: Specified sender delegation has expired:\n",
    ),
    "signed by a stranger": (signed_by_stranger, INVALID),
    "21 keys": (chain_of_21_keys, INVALID),
    "a cycle": (cycle, INVALID),
    "queries only": (lambda target: target.owner.delegate(Ed25519Key(), permissions="queries"), INVALID),
    "permission nobody knows": (lambda target: target.owner.delegate(Ed25519Key(), permissions="everything"), INVALID),
    "1,001 targets": (lambda target: target.owner.delegate(Ed25519Key(), targets=[target.id] * 1_001), INVALID),
}


@pytest.mark.parametrize("case", REFUSED_DELEGATIONS)
def test_delegation_that_does_not_cover_the_call_is_refused(case: str, unharmed: Target) -> None:
    make, beginning = REFUSED_DELEGATIONS[case]
    identity = make(unharmed)
    assert_refused(unharmed, identity.seal(add_of(unharmed, identity)), beginning.format(unharmed.id))


def test_delegation_that_covers_the_call_is_as_good_as_the_key(target: Target) -> None:
    before = target.total()
    identity = target.owner
    for _ in range(20):
        identity = identity.delegate(Ed25519Key(), targets=[target.id] * 1_000, permissions="all")
    assert target.canister.acting_as(identity).call("add", 1) == before + 1
    assert target.canister.acting_as(identity).query("who_asks") == target.owner.principal
    asking = target.owner.delegate(EcdsaKey(ec.SECP256R1()), permissions="queries")
    assert target.canister.acting_as(asking).query("total") == before + 1


def test_delegation_for_one_canister_reads_no_request_to_another(target: Target) -> None:
    request = add_of(target, target.owner)
    target.client.call_sealed(target.id, request, pack(target.owner.seal(request)))
    path = [b"request_status", request_id(request)]
    elsewhere = target.owner.delegate(Ed25519Key(), targets=[Principal.canister(900)])
    asked = pack(elsewhere.seal(read_state_content([path], elsewhere.principal)))
    answer = target.client.post(f"/api/v3/canister/{target.id}/read_state", asked)
    assert (answer.status, answer.text.endswith("is not one of the delegation targets.")) == (400, True)
    here = target.owner.delegate(Ed25519Key(), targets=[target.id])
    assert certified_reply(target.client.read_state(target.id, [path], here), request_id(request))
