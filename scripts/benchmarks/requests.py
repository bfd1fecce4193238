"""Requests as clients send them, signed with Ed25519, and what is needed of their answers."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kybra_replica.ingress.request_id import request_id
from kybra_replica.principal import Principal

REQUEST_DOMAIN = b"\x0aic-request"
SELF_DESCRIBING = 55_799


@dataclass(frozen=True, slots=True)
class Identity:
    """An Ed25519 key and its principal."""

    key: Ed25519PrivateKey
    der: bytes
    principal: Principal

    @classmethod
    def generate(cls) -> Identity:
        """A fresh one."""
        key = Ed25519PrivateKey.generate()
        der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return cls(key, der, Principal.self_authenticating(der))

    def envelope(self, kind: str, canister: Principal, method: str, argument: bytes) -> bytes:
        """A signed call or query, good for four minutes, unlike every other."""
        content: dict[str, Any] = {
            "request_type": kind,
            "canister_id": canister.raw,
            "method_name": method,
            "arg": argument,
            "sender": self.principal.raw,
            "ingress_expiry": time.time_ns() + 240_000_000_000,
            "nonce": os.urandom(16),
        }
        signature = self.key.sign(REQUEST_DOMAIN + request_id(content))
        envelope = {"content": content, "sender_pubkey": self.der, "sender_sig": signature}
        return cbor2.dumps(cbor2.CBORTag(SELF_DESCRIBING, envelope))


def untagged(data: bytes) -> Any:
    """What self-describing CBOR says."""
    value = cbor2.loads(data)
    return value.value if isinstance(value, cbor2.CBORTag) else value


def reply_of(answer: bytes) -> bytes:
    """The reply in the certificate of a synchronous call. Raises LookupError with what stands there instead."""
    body = untagged(answer)
    leaves = dict(_leaves(untagged(body["certificate"])["tree"])) if "certificate" in body else {}
    if b"reply" not in leaves:
        raise LookupError(str(leaves or body))
    return leaves[b"reply"]


def _leaves(tree: Any, label: bytes = b"") -> list[tuple[bytes, bytes]]:
    if tree[0] == 1:
        return _leaves(tree[1]) + _leaves(tree[2])
    if tree[0] == 2:
        return _leaves(tree[2], bytes(tree[1]))
    return [(label, bytes(tree[1]))] if tree[0] == 3 else []
