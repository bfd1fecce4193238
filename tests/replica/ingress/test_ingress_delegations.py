"""Chains of delegations: each limit at its boundary, targets, permissions, and what a delegation may not be forged from."""

from __future__ import annotations

import pytest
from ingress_requests import (
    CANISTER,
    CONTENTS,
    EXPIRY_NS,
    NOW_NS,
    OTHER_CANISTER,
    USER,
    accepted,
    call,
    check,
    query,
    read_state,
    refusal_of,
    refused,
)

import signing
from kybra_replica.principal import MANAGEMENT, Principal

SESSION = signing.Ed25519Identity(b"session")
MANY = [signing.Ed25519Identity(b"key %d" % number) for number in range(21)]


def chain_of(length):
    identity = USER
    for session in MANY[:length]:
        identity = signing.delegate(identity, session, EXPIRY_NS)
    return identity


@pytest.mark.parametrize("request_type", CONTENTS)
def test_a_session_key_signs_for_a_user(validator, request_type):
    session = signing.delegate(USER, SESSION, EXPIRY_NS)
    for _ in range(2):
        assert accepted(validator, session, CONTENTS[request_type]()).sender == Principal(USER.principal)


@pytest.mark.parametrize("kind", ["Ed25519", "P-256", "secp256k1", "ES256", "EdDSA", "RS256", "canister"])
def test_keys_of_every_kind_delegate(validator, root, kind):
    identity = {
        "Ed25519": lambda: signing.Ed25519Identity(kind.encode()),
        "P-256": lambda: signing.P256Identity(b"user"),
        "secp256k1": lambda: signing.Secp256k1Identity(b"user"),
        "canister": lambda: signing.CanisterIdentity(root, OTHER_CANISTER, b"seed"),
    }.get(kind, lambda: signing.WebAuthnIdentity(b"user", kind))()
    accepted(validator, signing.delegate(identity, SESSION, EXPIRY_NS, [CANISTER]))
    forged = signing.delegate(identity, SESSION, EXPIRY_NS)
    forged.chain[0]["delegation"]["expiration"] += 1
    assert refused(validator, forged).startswith("Invalid delegation: ")


def test_no_delegations_are_none(validator):
    assert check(validator, {**signing.envelope(USER, call()), "sender_delegation": []}).targets is None


def test_at_most_20_delegations(validator):
    accepted(validator, chain_of(20))
    text = "Invalid delegation: Chain of delegations is too long: got 21 delegations, but at most 20 are allowed."
    assert refused(validator, chain_of(21)) == text


@pytest.mark.parametrize("position", [0, 1])
def test_a_delegation_holds_until_its_expiration(validator, position):
    def chain(expiration_ns):
        times = [EXPIRY_NS, EXPIRY_NS]
        times[position] = expiration_ns
        return signing.delegate(signing.delegate(USER, SESSION, times[0]), MANY[0], times[1])

    accepted(validator, chain(NOW_NS))
    accepted(validator, chain(2**64 - 1))
    assert refused(validator, chain(NOW_NS - 1)) == (
        "Invalid delegation expiry: Specified sender delegation has expired:\n"
        "Provided expiry:    2027-01-15 08:00:00.123456788 UTC\n"
        "Local replica time: 2027-01-15 08:00:00.123456789 UTC"
    )


def test_a_delegation_that_held_expires_all_the_same(validator):
    session = signing.delegate(USER, SESSION, NOW_NS)
    accepted(validator, session)
    assert refused(validator, session, now_ns=NOW_NS + 1).startswith("Invalid delegation expiry: ")


def test_no_key_twice(validator):
    there_and_back = signing.delegate(signing.delegate(USER, SESSION, EXPIRY_NS), MANY[0], EXPIRY_NS)
    accepted(validator, there_and_back)
    for identity, again in (
        (signing.delegate(USER, USER, EXPIRY_NS), USER),
        (signing.delegate(signing.delegate(USER, SESSION, EXPIRY_NS), SESSION, EXPIRY_NS), SESSION),
        (signing.delegate(there_and_back, SESSION, EXPIRY_NS), SESSION),
        (signing.delegate(there_and_back, USER, EXPIRY_NS), USER),
    ):
        assert refused(validator, identity) == (
            "Invalid delegation: Chain of delegations contains at least one cycle: "
            f"first repeating public key encountered {again.public_key.hex()}"
        )


def test_at_most_1000_targets(validator):
    others = [number.to_bytes(8, "big") + b"\x01\x01" for number in range(100, 1099)]
    accepted(validator, signing.delegate(USER, SESSION, EXPIRY_NS, [*others, CANISTER]))
    accepted(validator, signing.delegate(USER, SESSION, EXPIRY_NS, [CANISTER] * 1000))
    text = "Invalid delegation: Delegation target error: expected at most 1000 targets per delegation, but got 1001"
    assert refused(validator, signing.delegate(USER, SESSION, EXPIRY_NS, [*others, CANISTER, CANISTER])) == text


def test_a_call_is_to_one_of_the_targets(validator):
    session = signing.delegate(USER, SESSION, EXPIRY_NS, [CANISTER, MANAGEMENT.raw])
    for content in (call(), query(), call(MANAGEMENT.raw), query(MANAGEMENT.raw)):
        assert accepted(validator, session, content).targets == {Principal(CANISTER), MANAGEMENT}
    for content in (call(OTHER_CANISTER), query(OTHER_CANISTER)):
        assert refused(validator, session, content) == f"Canister '{Principal(OTHER_CANISTER)}' is not one of the delegation targets."
    without = signing.delegate(USER, SESSION, EXPIRY_NS, [CANISTER])
    assert refused(validator, without, call(MANAGEMENT.raw)) == "Canister 'aaaaa-aa' is not one of the delegation targets."
    assert refused(validator, signing.delegate(USER, SESSION, EXPIRY_NS, []), call()).endswith("is not one of the delegation targets.")


@pytest.mark.parametrize(
    ("first", "second", "common"),
    [
        (None, None, None),
        ([CANISTER], None, {CANISTER}),
        (None, [CANISTER], {CANISTER}),
        ([CANISTER, OTHER_CANISTER], [CANISTER, MANAGEMENT.raw], {CANISTER}),
        ([CANISTER], [CANISTER, OTHER_CANISTER], {CANISTER}),
        ([OTHER_CANISTER], [CANISTER], set()),
        ([CANISTER], [], set()),
    ],
)
def test_targets_are_those_of_all_delegations(validator, first, second, common):
    session = signing.delegate(signing.delegate(USER, SESSION, EXPIRY_NS, first), MANY[0], EXPIRY_NS, second)
    targets = accepted(validator, session, read_state()).targets
    assert targets == (None if common is None else {Principal(raw) for raw in common})
    if targets is None or Principal(CANISTER) in targets:
        accepted(validator, session, call())
    else:
        assert refused(validator, session, call()) == f"Canister '{Principal(CANISTER)}' is not one of the delegation targets."


@pytest.mark.parametrize("position", [0, 1])
def test_queries_permitted_are_no_calls(validator, position):
    def chain(permissions):
        given = ["all", "all"]
        given[position] = permissions
        return signing.delegate(signing.delegate(USER, SESSION, EXPIRY_NS, None, given[0]), MANY[0], EXPIRY_NS, None, given[1])

    for content in (query(), read_state()):
        accepted(validator, chain("queries"), content)
    for permissions in ("all", None):
        accepted(validator, chain(permissions), call())
    assert refused(validator, chain("queries"), call()) == 'Invalid delegation: permissions "queries" do not allow calls'
    for content in (call(), query(), read_state()):
        assert refused(validator, chain("updates"), content) == 'Invalid delegation: permissions must be "all" or "queries"'


@pytest.mark.parametrize("field", ["expiration", "targets", "permissions", "pubkey"])
def test_everything_in_a_delegation_is_signed(validator, field):
    session = signing.delegate(USER, SESSION, EXPIRY_NS, [CANISTER], "all")
    accepted(validator, session)
    envelope = signing.envelope(session, call())
    delegation = session.chain[0]["delegation"]
    changes = {"expiration": EXPIRY_NS + 1, "targets": [CANISTER, OTHER_CANISTER], "permissions": "queries", "pubkey": MANY[0].public_key}
    forged = [{**session.chain[0], "delegation": {**delegation, field: changes[field]}}]
    content = query() if field == "permissions" else call()
    envelope = {**signing.envelope(session, content), "sender_delegation": forged}
    assert refusal_of(envelope, validator).startswith("Invalid delegation: Invalid basic signature: ")
    if field in {"targets", "permissions"}:
        forged = [{**session.chain[0], "delegation": {name: value for name, value in delegation.items() if name != field}}]
        assert refusal_of({**envelope, "sender_delegation": forged}, validator).startswith("Invalid delegation: ")


def test_a_chain_is_whole_and_in_order(validator):
    middle = signing.delegate(USER, SESSION, EXPIRY_NS)
    last = signing.delegate(middle, MANY[0], EXPIRY_NS)
    envelope = signing.envelope(last, call())
    assert check(validator, envelope)
    first, second = last.chain
    for chain in ([second], [second, first], [first]):
        assert refusal_of({**envelope, "sender_delegation": chain}, validator).startswith(("Invalid delegation: ", "Invalid signature: "))
    assert refusal_of({**signing.envelope(USER, call()), "sender_delegation": [first]}, validator).startswith("Invalid signature: ")


def test_a_delegation_that_held_holds_for_nobody_else(validator):
    session = signing.delegate(USER, SESSION, EXPIRY_NS)
    accepted(validator, session)
    stranger = signing.Ed25519Identity(b"stranger")
    stolen = signing.Delegated(stranger, SESSION, session.chain)
    assert refused(validator, stolen).startswith("Invalid delegation: ")
    assert refused(validator, signing.Delegated(USER, stranger, session.chain)).startswith("Invalid signature: ")


def test_a_delegation_that_held_does_not_hold_with_another_signature(validator):
    session = signing.delegate(USER, SESSION, EXPIRY_NS)
    accepted(validator, session)
    unsigned = {**session.chain[0], "signature": bytes(64)}
    assert refused(validator, signing.Delegated(USER, SESSION, (unsigned,))).startswith("Invalid delegation: Invalid basic signature: ")


def test_the_keys_of_a_chain_must_be_keys(validator):
    session = signing.delegate(USER, SESSION, EXPIRY_NS)

    class NoKey:
        public_key = b"no key"
        principal = b""

        def sign(self, message):
            return b""

    last = signing.delegate(session, NoKey(), EXPIRY_NS)
    assert refused(validator, last).startswith("Invalid signature: Invalid public key: ")
    assert refused(validator, signing.delegate(last, MANY[0], EXPIRY_NS)).startswith("Invalid delegation: Invalid public key: ")
