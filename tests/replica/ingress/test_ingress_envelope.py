"""The form of requests: what each field must be, and in which words it is said that it is not."""

from __future__ import annotations

import cbor2
import pytest
from ingress_requests import ARGUMENT, CANISTER, CONTENTS, EXPIRY_NS, USER, call, query, read_state

import signing
from kybra_replica.ingress.content import CallContent, QueryContent, ReadStateContent
from kybra_replica.ingress.envelope import read_envelope
from kybra_replica.ingress.problems import BadRequest
from kybra_replica.principal import Principal

SENDER = Principal(USER.principal)
READERS = {"call": "call message", "query": "query message", "read_state": "read request"}


def text_of(envelope, request_type="call") -> str:
    body = envelope if isinstance(envelope, bytes) else cbor2.dumps(envelope)
    with pytest.raises(BadRequest) as problem:
        read_envelope(body, request_type)
    assert problem.value.status == 400
    return problem.value.text


def anonymous(content, **changes):
    complete = {"sender": b"\x04", **content, **changes}
    return {"content": {name: value for name, value in complete.items() if value is not ...}}


def test_the_three_kinds_of_requests_as_values():
    method = (Principal(CANISTER), "buy", ARGUMENT, SENDER, EXPIRY_NS)
    assert read_envelope(signing.encode(signing.envelope(USER, call())), "call").content == CallContent(*method)
    content = signing.query(CANISTER, "buy", ARGUMENT, EXPIRY_NS, b"once")
    assert read_envelope(signing.encode(signing.envelope(USER, content)), "query").content == QueryContent(*method, nonce=b"once")
    paths = ((b"time",), (b"canister", CANISTER, b"controllers"), ())
    content = signing.read_state(paths, EXPIRY_NS)
    found = read_envelope(signing.encode(signing.envelope(USER, content)), "read_state").content
    assert found == ReadStateContent(paths, SENDER, EXPIRY_NS)


@pytest.mark.parametrize(("request_type", "name"), READERS.items())
def test_what_is_not_cbor_is_refused_in_the_words_of_its_endpoint(request_type, name):
    assert text_of(b"", request_type) == f"Could not parse body as {name}: unexpected end of data"
    assert text_of(b"{}", request_type).startswith(f"Could not parse body as {name}: ")
    assert text_of([], request_type) == f"Could not parse body as {name}: invalid type: sequence, expected a map"
    assert text_of({}, request_type) == f"Could not parse body as {name}: missing field `content`"


def test_a_request_is_refused_where_another_kind_is_read():
    for request_type, other in (("call", "query"), ("query", "read_state"), ("read_state", "call")):
        text = text_of(anonymous(CONTENTS[other]()), request_type)
        assert text == f"Could not parse body as {READERS[request_type]}: unknown variant `{other}`, expected `{request_type}`"


FIELDS = {
    "call": ["request_type", "canister_id", "method_name", "arg", "sender", "ingress_expiry"],
    "query": ["request_type", "canister_id", "method_name", "arg", "sender", "ingress_expiry"],
    "read_state": ["request_type", "paths", "sender", "ingress_expiry"],
}


@pytest.mark.parametrize(("request_type", "name"), [(kind, name) for kind, names in FIELDS.items() for name in names])
def test_every_field_is_required_and_of_its_type(request_type, name):
    content = CONTENTS[request_type]()
    assert text_of(anonymous(content, **{name: ...}), request_type).endswith(f": missing field `{name}`")
    types = {"ingress_expiry": "u64", "paths": "a sequence", "request_type": "a string", "method_name": "a string"}
    expected = types.get(name, "byte array")
    for value, described in ((True, "boolean `true`"), (None, "unit value"), ({}, "map"), (-1, "integer `-1`")):
        assert text_of(anonymous(content, **{name: value}), request_type).endswith(f": invalid type: {described}, expected {expected}")


def test_blobs_are_no_arrays_and_no_text():
    assert text_of(anonymous(call(), arg=[68, 73])).endswith("invalid type: sequence, expected byte array")
    assert text_of(anonymous(call(), arg="DIDL")).endswith('invalid type: string "DIDL", expected byte array')


def test_paths_that_are_bytes_are_refused_with_the_text_that_clients_know():
    text = "Could not parse body as read request: invalid type: byte array, expected a sequence"
    assert text_of(anonymous(read_state(), paths=[b"time"]), "read_state") == text


def test_optional_fields_may_be_null():
    nulls = anonymous(call(), nonce=None, sender_info=None) | {"sender_pubkey": None, "sender_sig": None, "sender_delegation": None}
    found = read_envelope(cbor2.dumps(nulls), "call")
    assert (found.content.nonce, found.authentication) == (None, None)
    assert text_of(anonymous(call(), nonce="text")).endswith('invalid type: string "text", expected byte array')


def test_unknown_fields_are_refused_where_they_are_signed_and_ignored_around():
    assert read_envelope(cbor2.dumps(anonymous(call()) | {"comment": 1}), "call").content.method_name == "buy"
    assert text_of(anonymous(call(), comment=1)).endswith(": unknown field `comment`")
    assert text_of(anonymous(call(), paths=[])).endswith(": unknown field `paths`")
    assert text_of(anonymous(query(), **{"a\nb" * 50: 1}), "query").endswith(": unknown field `" + ("a?b" * 50)[:40] + "`")
    linked = signing.envelope(signing.delegate(USER, signing.Ed25519Identity(b"session"), EXPIRY_NS), call())
    linked["sender_delegation"][0]["delegation"]["limits"] = 1
    assert text_of(linked).endswith(": unknown field `limits`")


def test_principals_have_at_most_29_bytes():
    for name in ("sender", "canister_id"):
        assert read_envelope(cbor2.dumps(anonymous(call(), **{name: bytes(29)})), "call")
        text = f"Malformed request: {name} is no principal: 30 bytes, but at most 29 are allowed"
        assert text_of(anonymous(call(), **{name: bytes(30)})) == text


def test_the_expiry_has_64_bits():
    assert read_envelope(cbor2.dumps(anonymous(call(), ingress_expiry=2**64 - 1)), "call").content.ingress_expiry == 2**64 - 1
    assert "64 bits" in text_of(anonymous(call(), ingress_expiry=2**64))
    assert "float" in text_of(anonymous(call(), ingress_expiry=1.5))


def test_at_most_1000_paths():
    assert len(read_envelope(cbor2.dumps(anonymous(read_state(*[(b"time",)] * 1000))), "read_state").content.paths) == 1000
    text = "Too many paths in read state request: got 1001 paths, but at most 1000 are allowed."
    assert text_of(anonymous(read_state(*[(b"time",)] * 1001)), "read_state") == text


def test_at_most_127_labels_in_a_path():
    assert read_envelope(cbor2.dumps(anonymous(read_state([b"a"] * 127))), "read_state").content.paths == ((b"a",) * 127,)
    text = "At least one path in read state request is too deep: got 128 labels, but at most 127 are allowed."
    assert text_of(anonymous(read_state([b"a"], [b"a"] * 128)), "read_state") == text


def test_all_paths_ask_for_one_request():
    first, second = b"\x11" * 32, b"\x22" * 32
    same = read_state((b"request_status", first), (b"request_status", first, b"reply"), (b"canister", second))
    assert len(read_envelope(cbor2.dumps(anonymous(same)), "read_state").content.paths) == 3
    text = f"More than one non-unique request ID exists in request_status paths: 0x{first.hex()} and 0x{second.hex()}."
    assert text_of(anonymous(read_state((b"request_status", first), (b"request_status", second, b"reply"))), "read_state") == text


@pytest.mark.parametrize("left", [{"sender_pubkey"}, {"sender_sig"}, {"sender_delegation"}, {"sender_pubkey", "sender_delegation"}])
def test_key_and_signature_come_together(left):
    session = signing.delegate(USER, signing.Ed25519Identity(b"session"), EXPIRY_NS)
    whole = signing.envelope(session, call())
    assert read_envelope(signing.encode(whole), "call").authentication
    part = {name: value for name, value in whole.items() if name in left | {"content"}}
    assert text_of(part).startswith("Malformed request: Missing sender_pubkey or sender_sig")


def test_delegations_have_their_form():
    session = signing.delegate(USER, signing.Ed25519Identity(b"session"), EXPIRY_NS, [CANISTER], "all")
    link = session.chain[0]
    base = signing.envelope(session, call())

    def with_link(**changes):
        return {**base, "sender_delegation": [{**link, "delegation": {**link["delegation"], **changes}}]}

    assert read_envelope(cbor2.dumps(with_link()), "call").authentication.delegations[0].delegation.targets == (CANISTER,)
    assert read_envelope(cbor2.dumps(with_link(targets=None, permissions=None)), "call")
    assert text_of(with_link(expiration=-1)).endswith("invalid type: integer `-1`, expected u64")
    assert text_of(with_link(pubkey=None)).endswith("invalid type: unit value, expected byte array")
    assert text_of(with_link(targets=b"all")).endswith("invalid type: byte array, expected a sequence")
    assert text_of(with_link(targets=[bytes(30)])).startswith("Malformed request: a delegation target is no principal")
    assert text_of(with_link(permissions=1)).endswith("invalid type: integer `1`, expected a string")
    assert text_of({**base, "sender_delegation": [{"delegation": link["delegation"]}]}).endswith("missing field `signature`")
    assert text_of({**base, "sender_delegation": [{"signature": b""}]}).endswith("missing field `delegation`")
    assert text_of({**base, "sender_delegation": link}).endswith("invalid type: map, expected a sequence")
    assert text_of({**base, "sender_delegation": [1]}).endswith("invalid type: integer `1`, expected a map")
