"""CBOR that is no request: refused with 400 and words that say why, and nothing is carried out."""

from __future__ import annotations

from typing import Any

import cbor2
import pytest
from counting_target import Target
from raw_client import SELF_DESCRIBING, Answer, Content, content, pack, read_state_content

KINDS = {"call": "v4/canister/{}/call", "query": "v3/canister/{}/query", "read_state": "v3/canister/{}/read_state"}
BODY_NAMES = {"call": "call message", "query": "query message", "read_state": "read request"}


def content_of(target: Target, kind: str, **changes: Any) -> Content:
    sender = target.owner.principal
    if kind == "read_state":
        return read_state_content([[b"time"]], sender) | changes
    method, argument = ("add", target.canister.encode("add", 1)) if kind == "call" else ("total", target.canister.encode("total"))
    return content(kind, target.id, method, argument, sender) | changes


def post(target: Target, kind: str, body: bytes) -> Answer:
    return target.client.post(f"/api/{KINDS[kind].format(target.id)}", body)


def assert_unreadable(target: Target, kind: str, body: bytes) -> None:
    answer = post(target, kind, body)
    assert (answer.status, answer.headers["content-type"]) == (400, "text/plain; charset=utf-8")
    assert answer.text.startswith(f"Could not parse body as {BODY_NAMES[kind]}: ")


@pytest.mark.parametrize("kind", KINDS)
def test_every_truncation_of_a_signed_request_is_refused(kind: str, unharmed: Target) -> None:
    body = pack(unharmed.owner.seal(content_of(unharmed, kind)))
    for length in range(len(body)):
        assert_unreadable(unharmed, kind, body[:length])
    assert_unreadable(unharmed, kind, body + b"\0")


DAMAGED = {
    "nothing": b"",
    "text": b"hello",
    "number": cbor2.dumps(1),
    "array": cbor2.dumps([1, 2]),
    "map of nothing": cbor2.dumps({}),
    "map in a float": cbor2.dumps({"content": 1.5}),
    "two tags": SELF_DESCRIBING * 2 + cbor2.dumps({}),
    "deep arrays": b"\x81" * 100_000,
    "deep maps": b"\xa1\x61\x61" * 100_000,
    "deep tags": b"\xc1" * 100_000,
    "array longer than memory": bytes.fromhex("9bffffffffffffffff"),
    "map longer than memory": bytes.fromhex("bbffffffffffffffff"),
    "text longer than memory": bytes.fromhex("7bffffffffffffffff"),
    "blob longer than memory": bytes.fromhex("5bffffffffffffffff"),
    "array without end": b"\x9f" + b"\x00" * 10_000,
    "many empty arrays": b"\x9a\x00\x10\x00\x00" + b"\x80" * (1 << 20),
    "text that is not UTF-8": bytes.fromhex("a161ff00"),
    "reserved length": bytes.fromhex("1c"),
    "break at the top": bytes.fromhex("ff"),
    "regular expression": bytes.fromhex("d823") + cbor2.dumps("(a+)+$"),
    "shared value that holds itself": bytes.fromhex("d81c81d81d00"),
    "decimal of a billion digits": bytes.fromhex("c4821a3b9aca0001"),
    "date": bytes.fromhex("c0") + cbor2.dumps("9999-99-99T99:99:99Z"),
}


@pytest.mark.parametrize("case", DAMAGED)
@pytest.mark.parametrize("kind", KINDS)
def test_damaged_cbor_is_refused(kind: str, case: str, unharmed: Target) -> None:
    assert_unreadable(unharmed, kind, DAMAGED[case])


WRONG_VALUES: list[Any] = [1, -1, 2**64, 1.5, True, "text", b"", [], {}, [b"a"], {"a": 1}, b"x" * 64]
FIELD_TYPES: dict[str, tuple[type, ...]] = {
    "request_type": (),
    "canister_id": (bytes,),
    "method_name": (str,),
    "arg": (bytes,),
    "sender": (bytes,),
    "ingress_expiry": (int,),
    "nonce": (bytes,),
    "paths": (list,),
}


@pytest.mark.parametrize("kind", KINDS)
def test_fields_of_another_type_are_refused(kind: str, unharmed: Target) -> None:
    fields = content_of(unharmed, kind)
    for name in fields:
        for wrong in WRONG_VALUES:
            if type(wrong) not in FIELD_TYPES[name]:
                envelope = unharmed.owner.seal(fields) | {"content": fields | {name: wrong}}
                assert_unreadable(unharmed, kind, pack(envelope))


@pytest.mark.parametrize("kind", KINDS)
def test_missing_and_unknown_fields_are_refused(kind: str, unharmed: Target) -> None:
    fields = content_of(unharmed, kind)
    for name in fields.keys() - {"nonce"}:
        shorter = {field: value for field, value in fields.items() if field != name}
        assert_unreadable(unharmed, kind, pack(unharmed.owner.seal(fields) | {"content": shorter}))
    assert_unreadable(unharmed, kind, pack(unharmed.owner.seal(fields | {"extra": b""})))
    assert_unreadable(unharmed, kind, pack({"sender_pubkey": b"", "sender_sig": b""}))


@pytest.mark.parametrize("kind", KINDS)
def test_field_that_stands_twice_is_refused(kind: str, unharmed: Target) -> None:
    fields = content_of(unharmed, kind)
    entries = cbor2.dumps(fields)
    twice = bytes((entries[0] + 1,)) + entries[1:] + cbor2.dumps("sender") + cbor2.dumps(b"\x04")
    envelope = unharmed.owner.seal(fields)
    body = b"\xa3" + b"".join(
        cbor2.dumps(name) + (twice if name == "content" else cbor2.dumps(value)) for name, value in envelope.items()
    )
    assert_unreadable(unharmed, kind, body)


@pytest.mark.parametrize("kind", KINDS)
def test_request_of_one_kind_is_none_of_another(kind: str, unharmed: Target) -> None:
    body = pack(unharmed.owner.seal(content_of(unharmed, kind)))
    for other in KINDS.keys() - {kind}:
        assert_unreadable(unharmed, other, body)


def test_untagged_request_with_lengths_left_open_and_nulls_is_read(target: Target) -> None:
    before = target.total()
    envelope = target.owner.seal(content_of(target, "call")) | {"sender_delegation": None}
    body = b"\xbf" + b"".join(cbor2.dumps(name) + cbor2.dumps(value) for name, value in envelope.items()) + b"\xff"
    assert post(target, "call", body).status == 200
    assert target.total() == before + 1


def test_principal_that_is_too_long_is_refused(unharmed: Target) -> None:
    for name in ("sender", "canister_id"):
        answer = post(unharmed, "call", pack(unharmed.owner.seal(content_of(unharmed, "call", **{name: bytes(30)}))))
        assert answer.status == 400
        assert answer.text.startswith("Malformed request: ")


def test_nonce_of_more_than_32_bytes_is_refused(unharmed: Target) -> None:
    answer = post(unharmed, "call", pack(unharmed.owner.seal(content_of(unharmed, "call", nonce=bytes(33)))))
    assert answer.status == 400
    assert "Nonce" in answer.text
