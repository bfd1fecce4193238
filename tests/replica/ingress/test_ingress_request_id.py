"""Request ids: the specification's example, and the same id however the content is written."""

from __future__ import annotations

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ingress_requests import CONTENTS, USER

import signing
from kybra_replica.candid.errors import CandidError
from kybra_replica.ingress.envelope import read_envelope
from kybra_replica.ingress.request_id import hash_of_map, request_id

EXAMPLE = {
    "request_type": "call",
    "sender": b"\x04",
    "ingress_expiry": 1_685_570_400_000_000_000,
    "canister_id": bytes.fromhex("00000000000004D2"),
    "method_name": "hello",
    "arg": b"DIDL\x00\xfd*",
}


def test_the_specifications_example():
    expected = "1d1091364d6bb8a6c16b203ee75467d59ead468f523eb058880ae8ec80e2b101"
    assert request_id(EXAMPLE).hex() == expected
    assert request_id({**EXAMPLE, "nonce": None}).hex() == expected
    assert read_envelope(cbor2.dumps({"content": EXAMPLE}), "call").request_id.hex() == expected


def test_an_empty_nonce_is_a_nonce():
    assert request_id({**EXAMPLE, "nonce": b""}) != request_id(EXAMPLE)


def test_numbers_are_natural():
    with pytest.raises(CandidError):
        hash_of_map({"ingress_expiry": -1})


scalars = st.integers(0, 2**64 - 1) | st.binary(max_size=80) | st.text(max_size=20)
values = st.recursive(
    scalars, lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=12), below, max_size=3), max_leaves=12
)


@given(st.dictionaries(st.text(max_size=12) | st.sampled_from(list(EXAMPLE)), values, max_size=8))
def test_hashes_are_those_of_the_specifications_words(fields):
    assert hash_of_map(fields) == signing.hash_of_map(fields)


def indefinite(value) -> bytes:
    """CBOR in which every array, map and string is of indefinite length, strings in chunks of seven bytes."""
    if isinstance(value, dict):
        return b"\xbf" + b"".join(indefinite(key) + indefinite(below) for key, below in value.items()) + b"\xff"
    if isinstance(value, list):
        return b"\x9f" + b"".join(map(indefinite, value)) + b"\xff"
    if isinstance(value, (bytes, str)):
        chunks = [cbor2.dumps(value[start : start + 7]) for start in range(0, len(value), 7)]
        return (b"\x5f" if isinstance(value, bytes) else b"\x7f") + b"".join(chunks) + b"\xff"
    return b"\xc2\x49" + value.to_bytes(9, "big")


@pytest.mark.parametrize("request_type", CONTENTS)
def test_the_id_does_not_depend_on_how_the_request_is_written(request_type):
    envelope = signing.envelope(USER, CONTENTS[request_type](nonce=bytes(range(16))))
    expected = read_envelope(signing.encode(envelope), request_type)
    assert expected.request_id == signing.request_id(envelope["content"])
    turned = {"content": dict(reversed(envelope["content"].items())), **{key: envelope[key] for key in envelope if key != "content"}}
    nulls = {"sender_delegation": None, **envelope, "content": {**envelope["content"], "sender_info": None, "other": None}}
    for written in (signing.encode(envelope, tagged=False), signing.encode(turned), signing.encode(nulls), indefinite(envelope)):
        found = read_envelope(written, request_type)
        assert (found.request_id, found.content) == (expected.request_id, expected.content)
