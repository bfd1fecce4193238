"""Valid requests, damaged in any way: each is refused with 400, or says and comes from what the undamaged one did."""

from __future__ import annotations

from functools import cache

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ingress_requests import CANISTER, CONTENTS, EXPIRY_NS, NOW_NS, USER

import signing
from kybra_replica.ingress.envelope import read_envelope
from kybra_replica.ingress.problems import BadRequest
from kybra_replica.ingress.validator import Validator
from kybra_replica.network.bls import SigningKey

ROOT = SigningKey(b"root of the mutation tests")
VALIDATOR = Validator(ROOT.der_public_key)
SESSION = signing.Ed25519Identity(b"session")
KINDS = ("Ed25519", "secp256k1", "P-256", "ES256", "RS256", "EdDSA", "canister", "delegated", "delegated by canister")


@cache
def identity_of(kind):
    canister = signing.CanisterIdentity(ROOT, CANISTER, b"seed")
    return {
        "Ed25519": lambda: USER,
        "secp256k1": lambda: signing.Secp256k1Identity(b"user"),
        "P-256": lambda: signing.P256Identity(b"user"),
        "canister": lambda: canister,
        "delegated": lambda: signing.delegate(
            signing.delegate(USER, SESSION, EXPIRY_NS, [CANISTER]), signing.P256Identity(b"s"), EXPIRY_NS, None, "all"
        ),
        "delegated by canister": lambda: signing.delegate(canister, SESSION, EXPIRY_NS),
    }.get(kind, lambda: signing.WebAuthnIdentity(b"user", kind))()


@cache
def envelope_of(kind, request_type):
    return signing.envelope(identity_of(kind), CONTENTS[request_type](nonce=b"0123456789abcdef"))


def outcome(body, request_type):
    """Request id and sender of a request that is accepted; None for one that is refused as it should be."""
    try:
        request = VALIDATOR.check(read_envelope(body, request_type), NOW_NS)
    except BadRequest as problem:
        refusal = problem
    else:
        return request.request_id, request.sender.raw
    assert refusal.status == 400
    assert refusal.text.replace("\n", "").isprintable()
    assert len(refusal.text) < 10_000
    return None


def holds_for(body, kind, request_type):
    """Whether a damaged request is refused or is the undamaged one."""
    envelope = envelope_of(kind, request_type)
    found = outcome(body, request_type)
    return found is None or found == (signing.request_id(envelope["content"]), identity_of(kind).principal)


requests = st.tuples(st.sampled_from(KINDS), st.sampled_from(list(CONTENTS)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("request_type", CONTENTS)
def test_undamaged_they_are_accepted(kind, request_type):
    assert outcome(signing.encode(envelope_of(kind, request_type)), request_type) is not None


@given(requests, st.lists(st.tuples(st.integers(0), st.integers(0, 7)), min_size=1, max_size=3))
def test_flipped_bits(request, flips):
    body = bytearray(signing.encode(envelope_of(*request)))
    for position, bit in flips:
        body[position % len(body)] ^= 1 << bit
    assert holds_for(bytes(body), *request)


@given(requests, st.integers(0), st.integers(0))
def test_ends_cut_off(request, start, end):
    body = signing.encode(envelope_of(*request), tagged=False)
    assert outcome(body[: end % len(body)], request[1]) is None
    assert holds_for(body[start % len(body) :], *request)


@given(requests, st.integers(0), st.integers(0, 40), st.binary(max_size=40))
def test_pieces_replaced(request, start, length, piece):
    body = signing.encode(envelope_of(*request))
    start %= len(body)
    assert holds_for(body[:start] + piece + body[start + length :], *request)


junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64), 2**70)
    | st.floats()
    | st.binary(max_size=70)
    | st.text(max_size=10)
    | st.sampled_from([b"\x04", CANISTER, USER.principal, USER.public_key, EXPIRY_NS, NOW_NS, "call", "query", "read_state", "queries"]),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(max_size=5) | st.integers(), below, max_size=3),
    max_leaves=8,
)


def places(value, path=()):
    """The paths to everything inside an envelope."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in children:
        yield (*path, key)
        yield from places(below, (*path, key))


def edited(value, path, edit):
    """The envelope with one place edited; an edit that answers `...` takes the place out."""
    if not path:
        return edit(value)
    below = edited(value[path[0]], path[1:], edit)
    if isinstance(value, dict):
        return {key: held for key, held in {**value, path[0]: below}.items() if held is not ...}
    return [held for position, held in enumerate(value) if position != path[0]] + ([] if below is ... else [below])


def damage(data):
    """Something to do to a value: replace it, take it out, wrap it, spell it otherwise, change a bit of it."""

    def flip(value):
        if isinstance(value, bytes) and value:
            position = data.draw(st.integers(0, len(value) - 1))
            return value[:position] + bytes([value[position] ^ 1 << data.draw(st.integers(0, 7))]) + value[position + 1 :]
        return data.draw(junk)

    def nested(value):
        """Into what is CBOR inside a byte string: certificates and assertions."""
        try:
            inner = cbor2.loads(value[3:]) if isinstance(value, bytes) else None
        except (cbor2.CBORDecodeError, ValueError):
            inner = None
        if not isinstance(inner, dict):
            return flip(value)
        changed = dict(inner)
        key = data.draw(st.sampled_from(sorted(changed)))
        changed[key] = nested(changed[key])
        return cbor2.dumps(cbor2.CBORTag(55_799, changed))

    edits = [
        lambda value: data.draw(junk),
        lambda value: ...,
        lambda value: [value],
        lambda value: {"content": value},
        lambda value: value.decode("latin-1") if isinstance(value, bytes) else value,
        lambda value: list(value) if isinstance(value, (bytes, str)) else value,
        flip,
        nested,
    ]
    return data.draw(st.sampled_from(edits))


@given(requests, st.data())
def test_values_replaced(request, data):
    envelope = envelope_of(*request)
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from(list(places(envelope)) or [()]))
        envelope = edited(envelope, path, damage(data))
    assert holds_for(cbor2.dumps(envelope), *request)


@given(requests, requests, st.data())
def test_parts_of_other_requests(request, other, data):
    """Keys, signatures and delegations of one request beside the content of another."""
    sources = st.sampled_from([envelope_of(*request), envelope_of(*other)])
    mixed = {name: data.draw(sources).get(name) for name in ("sender_pubkey", "sender_sig", "sender_delegation")}
    assert holds_for(signing.encode({"content": envelope_of(*request)["content"], **mixed}), *request)


@given(requests, st.sampled_from(list(CONTENTS)))
def test_requests_of_one_kind_where_another_is_read(request, request_type):
    found = outcome(signing.encode(envelope_of(*request)), request_type)
    assert (found is not None) == (request_type == request[1])


@given(st.binary(max_size=200), st.sampled_from(list(CONTENTS)))
def test_any_bytes(body, request_type):
    assert outcome(body, request_type) is None


@given(junk, junk, st.sampled_from(list(CONTENTS)))
def test_anonymous_requests_of_any_content(content, extra, request_type):
    found = outcome(cbor2.dumps({"content": content, "extra": extra}), request_type)
    assert found is None
