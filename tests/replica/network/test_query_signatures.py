"""Answers to queries are signed as agents check them."""

from __future__ import annotations

from hashlib import sha256

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_der_public_key
from hypothesis import given
from hypothesis import strategies as st

from kybra_replica.candid.leb128 import encode_unsigned
from kybra_replica.network.messages import Reject, Reply
from kybra_replica.network.node_key import NodeKey
from kybra_replica.node.query_signatures import signed
from kybra_replica.principal import Principal
from kybra_replica.system_api import RejectCode

KEY = NodeKey(b"test")
PUBLIC = load_der_public_key(KEY.der_public_key)
REQUEST = bytes(range(32))


def hashed(value) -> bytes:
    """The representation-independent hash, from the specification."""
    if isinstance(value, dict):
        return sha256(b"".join(sorted(sha256(key.encode()).digest() + hashed(part) for key, part in value.items()))).digest()
    if isinstance(value, int):
        return sha256(encode_unsigned(value)).digest()
    return sha256(value.encode() if isinstance(value, str) else value).digest()


def check(body, request_id):
    """As an agent does, from the body alone. Raises InvalidSignature."""
    (signature,) = body["signatures"]
    assert signature["identity"] == Principal.self_authenticating(KEY.der_public_key).raw
    content = {name: part for name, part in body.items() if name != "signatures"}
    message = b"\x0bic-response" + hashed({**content, "timestamp": signature["timestamp"], "request_id": request_id})
    PUBLIC.verify(signature["signature"], message)


responses = st.builds(Reply, st.binary(max_size=50)) | st.builds(
    Reject, st.sampled_from(RejectCode), st.text(st.characters(codec="utf-8"), max_size=20), st.sampled_from(["IC0503", "IC0536"])
)


@given(responses, st.binary(min_size=32, max_size=32), st.integers(0, 2**63))
def test_an_agent_accepts_the_signature_of_every_answer(response, request_id, time_ns):
    check(signed(KEY, response, request_id, time_ns), request_id)


def test_the_bodies_have_the_fields_that_agents_read():
    replied = signed(KEY, Reply(b"x"), REQUEST, 7)
    assert {name: part for name, part in replied.items() if name != "signatures"} == {"status": "replied", "reply": {"arg": b"x"}}
    assert replied["signatures"][0]["timestamp"] == 7
    rejected = signed(KEY, Reject(RejectCode.CANISTER_ERROR, "no", "IC0503"), REQUEST, 7)
    assert {name: part for name, part in rejected.items() if name != "signatures"} == {
        "status": "rejected",
        "reject_code": 5,
        "reject_message": "no",
        "error_code": "IC0503",
    }


@pytest.mark.parametrize(
    "change",
    [
        lambda body: body["reply"].update(arg=b"y"),
        lambda body: body.update(status="rejected"),
        lambda body: body["signatures"][0].update(timestamp=8),
    ],
)
def test_a_changed_answer_is_refused(change):
    body = signed(KEY, Reply(b"x"), REQUEST, 7)
    check(body, REQUEST)
    change(body)
    with pytest.raises(InvalidSignature):
        check(body, REQUEST)


def test_the_answer_to_another_question_is_refused():
    with pytest.raises(InvalidSignature):
        check(signed(KEY, Reply(b"x"), REQUEST, 7), bytes(32))
