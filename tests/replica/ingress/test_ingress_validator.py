"""Who may send what until when: expiry, nonce, anonymous and authenticated senders, targets."""

from __future__ import annotations

import pytest
from ingress_requests import (
    CANISTER,
    CONTENTS,
    EXPIRY_NS,
    NOW_NS,
    OTHER_CANISTER,
    SECOND,
    USER,
    accepted,
    call,
    check,
    read_state,
    refusal_of,
    refused,
)

import signing
from kybra_replica.ingress.problems import BadRequest
from kybra_replica.ingress.validator import Validator
from kybra_replica.principal import MANAGEMENT, Principal

ANONYMOUS = signing.Anonymous()
LAST_NS = NOW_NS + 330 * SECOND
KINDS = list(CONTENTS)


@pytest.mark.parametrize("request_type", KINDS)
def test_a_signed_request_is_its_senders(validator, request_type):
    request = accepted(validator, USER, CONTENTS[request_type](nonce=b"once"))
    assert request.sender == Principal(USER.principal)
    assert request.targets is None
    request.check_target(Principal(OTHER_CANISTER))


@pytest.mark.parametrize("request_type", KINDS)
@pytest.mark.parametrize(("inside", "outside"), [(NOW_NS, NOW_NS - 1), (LAST_NS, LAST_NS + 1)], ids=["earliest", "latest"])
def test_requests_expire_between_now_and_330_seconds(validator, request_type, inside, outside):
    accepted(validator, USER, CONTENTS[request_type](expiry_ns=inside))
    assert refused(validator, USER, CONTENTS[request_type](expiry_ns=outside)).startswith("Invalid request expiry: ")


def test_the_text_of_a_wrong_expiry(validator):
    assert refused(validator, USER, call(expiry_ns=0)) == (
        "Invalid request expiry: Specified ingress_expiry not within expected range:\n"
        "Minimum allowed expiry: 2027-01-15 08:00:00.123456789 UTC\n"
        "Maximum allowed expiry: 2027-01-15 08:05:30.123456789 UTC\n"
        "Provided expiry:        1970-01-01 00:00:00.000000000 UTC"
    )
    assert refused(validator, USER, call(expiry_ns=2**64 - 1)).endswith("Provided expiry:        2554-07-21 23:34:33.709551615 UTC")
    assert "Maximum allowed expiry: 2554-07-21 23:40:03.709551615 UTC" in refused(validator, USER, call(expiry_ns=1), now_ns=2**64 - 1)


@pytest.mark.parametrize("expiry_ns", [0, NOW_NS - 1, LAST_NS + 1, 2**64 - 1])
def test_anonymous_calls_expire_and_anonymous_reads_do_not(validator, expiry_ns):
    accepted(validator, ANONYMOUS, CONTENTS["query"](expiry_ns=expiry_ns))
    accepted(validator, ANONYMOUS, CONTENTS["read_state"](expiry_ns=expiry_ns))
    assert refused(validator, ANONYMOUS, call(expiry_ns=expiry_ns)).startswith("Invalid request expiry: ")


@pytest.mark.parametrize("identity", [USER, ANONYMOUS], ids=["signed", "anonymous"])
@pytest.mark.parametrize("request_type", KINDS)
def test_a_nonce_has_at_most_32_bytes(validator, request_type, identity):
    accepted(validator, identity, CONTENTS[request_type](nonce=bytes(32)))
    accepted(validator, identity, CONTENTS[request_type](nonce=b""))
    text = "Nonce in request is too big: got 33 bytes, but at most 32 are allowed."
    assert refused(validator, identity, CONTENTS[request_type](nonce=bytes(33))) == text


def test_an_anonymous_request_carries_no_signature(validator):
    accepted(validator, ANONYMOUS)
    signed = signing.envelope(USER, {**call(), "sender": b"\x04"})
    assert refusal_of(signed, validator) == "Signature is not allowed for the anonymous user."


@pytest.mark.parametrize("sender", [USER.principal, b"", CANISTER, b"\x04\x04"], ids=["a user", "management", "a canister", "other"])
def test_any_other_request_carries_one(validator, sender):
    envelope = {"content": {**call(), "sender": sender}}
    assert refusal_of(envelope, validator) == f"Missing signature from user: {Principal(sender)}"


@pytest.mark.parametrize("sender", [signing.Ed25519Identity(b"other").principal, USER.principal[:-1] + b"\x01", b"", CANISTER])
def test_the_sender_is_the_keys(validator, sender):
    text = refused(validator, USER, {**call(), "sender": sender})
    assert text == f"The user id '{Principal(sender)}' does not match the public key '{USER.public_key.hex()}'"


@pytest.mark.parametrize("field", ["canister_id", "method_name", "arg", "ingress_expiry", "nonce"])
def test_everything_in_the_content_is_signed(validator, field):
    envelope = signing.envelope(USER, call(nonce=b"once"))
    assert check(validator, envelope)
    value = envelope["content"][field]
    changed = {**envelope["content"], field: value + 1 if field == "ingress_expiry" else value[:-1]}
    assert refusal_of({**envelope, "content": changed}, validator).startswith("Invalid signature: Invalid basic signature: ")
    without = {name: value for name, value in envelope["content"].items() if name != "nonce"}
    assert refusal_of({**envelope, "content": without}, validator).startswith("Invalid signature: ")


def test_what_is_wrong_is_said_in_the_documented_order(validator):
    late = signing.delegate(USER, signing.Ed25519Identity(b"session"), NOW_NS - 1)
    envelope = signing.envelope(late, call(expiry_ns=0, nonce=bytes(33)))
    envelope["sender_sig"] = b""
    content = envelope["content"]
    assert refusal_of(envelope, validator).startswith("Invalid request expiry: ")
    content["ingress_expiry"] = EXPIRY_NS
    assert refusal_of(envelope, validator).startswith("Nonce in request is too big")
    del content["nonce"]
    content["sender"] = b"\x04"
    assert refusal_of(envelope, validator).startswith("Signature is not allowed")
    content["sender"] = CANISTER
    assert refusal_of(envelope, validator).startswith("The user id ")
    content["sender"] = USER.principal
    assert refusal_of(envelope, validator).startswith("Invalid delegation expiry: ")
    envelope["sender_delegation"] = list(signing.delegate(USER, signing.Ed25519Identity(b"session"), NOW_NS, []).chain)
    assert refusal_of(envelope, validator).startswith("Invalid signature: ")
    good = signing.delegate(USER, signing.Ed25519Identity(b"session"), NOW_NS, [])
    assert refused(validator, good, call()) == f"Canister '{Principal(CANISTER)}' is not one of the delegation targets."


def test_targets_of_a_read_are_left_to_who_knows_the_receiver(validator):
    session = signing.delegate(USER, signing.Ed25519Identity(b"session"), EXPIRY_NS, [CANISTER])
    request = accepted(validator, session, read_state((b"request_status", bytes(32))))
    assert request.targets == {Principal(CANISTER)}
    request.check_target(Principal(CANISTER))
    for other in (Principal(OTHER_CANISTER), MANAGEMENT):
        with pytest.raises(BadRequest) as problem:
            request.check_target(other)
        assert (problem.value.status, problem.value.text) == (400, f"Canister '{other}' is not one of the delegation targets.")


def test_a_validator_needs_the_key_of_a_subnet(root):
    assert Validator(root.der_public_key)
    for key in (b"", root.der_public_key[:-1], root.der_public_key + b"\0", USER.public_key):
        with pytest.raises(ValueError):
            Validator(key)
