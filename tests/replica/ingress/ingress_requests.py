"""Requests for the tests of ingress: at one time, to one canister."""

from __future__ import annotations

import pytest

import signing
from kybra_replica.ingress.envelope import read_envelope
from kybra_replica.ingress.problems import BadRequest
from kybra_replica.ingress.validator import Authenticated, Validator

NOW_NS = 1_800_000_000_123_456_789
SECOND = 10**9
EXPIRY_NS = NOW_NS + 300 * SECOND
CANISTER = (7).to_bytes(8, "big") + b"\x01\x01"
OTHER_CANISTER = (8).to_bytes(8, "big") + b"\x01\x01"
ARGUMENT = b"DIDL\x00\x00"

USER = signing.Ed25519Identity(b"user")


def call(canister=CANISTER, expiry_ns=EXPIRY_NS, nonce=None):
    return signing.call(canister, "buy", ARGUMENT, expiry_ns, nonce)


def query(canister=CANISTER, expiry_ns=EXPIRY_NS, nonce=None):
    return signing.query(canister, "price", ARGUMENT, expiry_ns, nonce)


def read_state(*paths, expiry_ns=EXPIRY_NS, nonce=None):
    return signing.read_state(paths or ((b"time",),), expiry_ns, nonce)


CONTENTS = {"call": call, "query": query, "read_state": read_state}


def check(validator: Validator, envelope, now_ns=NOW_NS) -> Authenticated:
    return validator.check(read_envelope(signing.encode(envelope), envelope["content"]["request_type"]), now_ns)


def accepted(validator: Validator, identity, content=None, now_ns=NOW_NS) -> Authenticated:
    """The request that `identity` makes, after checking that it is taken for what it is."""
    content = call() if content is None else content
    request = check(validator, signing.envelope(identity, content), now_ns)
    assert request.sender.raw == identity.principal
    assert request.request_id == signing.request_id({"sender": identity.principal, **content})
    return request


def refusal_of(envelope, validator: Validator, now_ns=NOW_NS) -> str:
    """The text with which an envelope is refused."""
    with pytest.raises(BadRequest) as problem:
        check(validator, envelope, now_ns)
    assert problem.value.status == 400
    return problem.value.text


def refused(validator: Validator, identity, content=None, now_ns=NOW_NS) -> str:
    """The text with which the request that `identity` makes is refused."""
    return refusal_of(signing.envelope(identity, call() if content is None else content), validator, now_ns)
