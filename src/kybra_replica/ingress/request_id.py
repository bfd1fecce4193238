"""Representation-independent hashes: of requests (their ids), delegations and signed answers.

Source: IC interface specification, sections "Representation-independent hashing of structured data" and "Request ids".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

from kybra_replica.candid.leb128 import encode_unsigned

Value = bytes | str | int | Sequence["Value"] | Mapping[str, "Value"]
"""What a field of a structured value may be. Integers are natural numbers."""

_FREQUENT_NAMES = (
    *("request_type", "canister_id", "method_name", "arg", "sender", "ingress_expiry", "nonce", "paths", "sender_info"),
    *("pubkey", "expiration", "targets", "permissions"),
    *("status", "reply", "reject_code", "reject_message", "error_code", "timestamp", "request_id"),
)
_HASHES_OF_NAMES: Mapping[str, bytes] = {name: sha256(name.encode()).digest() for name in _FREQUENT_NAMES}


def hash_of_map(fields: Mapping[str, Value | None]) -> bytes:
    """The hash (32 bytes) of structured data; fields that are None count as absent. Raises CandidError for a negative number."""
    known = _HASHES_OF_NAMES
    pairs = [
        (known[name] if name in known else sha256(name.encode()).digest()) + hash_of_value(value)
        for name, value in fields.items()
        if value is not None
    ]
    pairs.sort()
    return sha256(b"".join(pairs)).digest()


def request_id(content: Mapping[str, Value | None]) -> bytes:
    """The id (32 bytes) of the request that a content map makes."""
    return hash_of_map(content)


def hash_of_value(value: Value) -> bytes:
    """The hash (32 bytes) of one value of a structured value. Raises CandidError for a negative number."""
    if isinstance(value, bytes):
        return sha256(value).digest()
    if isinstance(value, str):
        return sha256(value.encode()).digest()
    if isinstance(value, int):
        return sha256(encode_unsigned(value)).digest()
    if isinstance(value, Mapping):
        return hash_of_map(value)
    return sha256(b"".join([hash_of_value(element) for element in value])).digest()
