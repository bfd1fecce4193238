"""Canister signatures as a canister and its subnet make them together: what Internet Identity signs delegations with."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Protocol

import cbor2

from signing.der import subject_public_key_info
from signing.identities import self_authenticating

SELF_DESCRIBED = 55_799
STATE_ROOT_DOMAIN = b"\x0dic-state-root"
Tree = list[Any]


class RootKey(Protocol):
    """The key of a subnet."""

    def sign(self, message: bytes) -> bytes:
        """A BLS signature, 48 bytes."""
        ...


def tree(content: Mapping[bytes, Any] | bytes) -> Tree:
    """The hash tree of nested maps, leaning to the right."""
    if isinstance(content, bytes):
        return [3, content]
    nodes = [[2, label, tree(below)] for label, below in sorted(content.items())]
    joined: Tree = nodes.pop() if nodes else [0]
    while nodes:
        joined = [1, nodes.pop(), joined]
    return joined


def root_hash(node: Tree) -> bytes:
    """The root hash of a tree, written from the specification alone."""
    kind, *rest = node
    if kind == 0:
        return sha256(b"\x11ic-hashtree-empty").digest()
    if kind == 1:
        return sha256(b"\x10ic-hashtree-fork" + root_hash(rest[0]) + root_hash(rest[1])).digest()
    if kind == 2:
        return sha256(b"\x13ic-hashtree-labeled" + rest[0] + root_hash(rest[1])).digest()
    return sha256(b"\x10ic-hashtree-leaf" + rest[0]).digest() if kind == 3 else rest[0]


def certificate(root_key: RootKey, state: Tree) -> dict[str, Any]:
    """The certificate of a state, before it is encoded."""
    return {"tree": state, "signature": root_key.sign(STATE_ROOT_DOMAIN + root_hash(state))}


def tagged(value: object) -> bytes:
    """CBOR with the tag that says so."""
    return cbor2.dumps(cbor2.CBORTag(SELF_DESCRIBED, value))


class CanisterIdentity:
    """A key of `canister` and `seed` on the subnet of `root_key`. Its parts can be replaced by overriding the methods."""

    def __init__(self, root_key: RootKey, canister: bytes, seed: bytes) -> None:
        self.root_key = root_key
        self.canister = canister
        self.seed = seed
        self.public_key = subject_public_key_info(2, bytes((len(canister),)) + canister + seed)
        self.principal = self_authenticating(self.public_key)

    def sign(self, message: bytes) -> bytes:
        signatures = self.signatures(message)
        return tagged({"certificate": tagged(self.certificate(root_hash(signatures))), "tree": signatures})

    def signatures(self, message: bytes) -> Tree:
        """The tree whose root hash the canister certifies."""
        return tree({b"sig": {sha256(self.seed).digest(): {sha256(message).digest(): b""}}})

    def certificate(self, certified: bytes) -> dict[str, Any]:
        """The subnet's certificate of what the canister certifies."""
        state = tree({b"canister": {self.canister: {b"certified_data": certified}}, b"time": b"\x01"})
        return certificate(self.root_key, state)
