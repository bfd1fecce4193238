"""Contents of requests as maps, their ids, and signed envelopes around them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import cbor2

from signing.identities import Anonymous, Delegated, Identity, hash_of_map

REQUEST_DOMAIN = b"\x0aic-request"
SELF_DESCRIBED = 55_799

__all__ = ["call", "encode", "envelope", "hash_of_map", "query", "read_state", "request_id"]


def call(canister: bytes, method: str, arg: bytes, expiry_ns: int, nonce: bytes | None = None) -> dict[str, Any]:
    """The content of an update call, without its sender."""
    content = {"request_type": "call", "canister_id": canister, "method_name": method, "arg": arg, "ingress_expiry": expiry_ns}
    return content if nonce is None else {**content, "nonce": nonce}


def query(canister: bytes, method: str, arg: bytes, expiry_ns: int, nonce: bytes | None = None) -> dict[str, Any]:
    """The content of a query call, without its sender."""
    return {**call(canister, method, arg, expiry_ns, nonce), "request_type": "query"}


def read_state(paths: Iterable[Iterable[bytes]], expiry_ns: int, nonce: bytes | None = None) -> dict[str, Any]:
    """The content of a read of the state, without its sender."""
    content = {"request_type": "read_state", "paths": [list(path) for path in paths], "ingress_expiry": expiry_ns}
    return content if nonce is None else {**content, "nonce": nonce}


def request_id(content: Mapping[str, Any]) -> bytes:
    """The id of a request whose content has its sender."""
    return hash_of_map(content)


def envelope(identity: Identity | Anonymous, content: Mapping[str, Any]) -> dict[str, Any]:
    """The content with its sender, and the signatures that go with it."""
    complete = {"sender": identity.principal, **content}
    if isinstance(identity, Anonymous):
        return {"content": complete}
    signature = identity.sign(REQUEST_DOMAIN + request_id(complete))
    signed = {"content": complete, "sender_pubkey": identity.public_key, "sender_sig": signature}
    return {**signed, "sender_delegation": list(identity.chain)} if isinstance(identity, Delegated) else signed


def encode(body: Mapping[str, Any], *, tagged: bool = True) -> bytes:
    """The bytes of an envelope, with the tag in front that says they are CBOR, or without."""
    return cbor2.dumps(cbor2.CBORTag(SELF_DESCRIBED, dict(body)) if tagged else dict(body))
