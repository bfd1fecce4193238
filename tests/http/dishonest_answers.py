"""Changes that a dishonest middleman makes to a replica's answers, each of which a careful client must notice."""

from __future__ import annotations

import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from raw_client import SECOND_NS, Tree, pack, unpack
from tampering_proxy import Change

from kybra_replica.network.bls import SigningKey

FORGER = SigningKey(b"somebody else's root key")
STALE_NS = 600 * SECOND_NS
"""Twice as old as clients accept."""


def flipped(data: bytes) -> bytes:
    """`data` with one bit of its last byte changed."""
    return data[:-1] + bytes((data[-1] ^ 1,))


# hash trees --------------------------------------------------------------------------------------------------------------


def root_hash(tree: Tree) -> bytes:
    """The hash that a certificate signs."""
    kind = tree[0]
    if kind == 4:
        return bytes(tree[1])
    if kind == 0:
        return sha256(b"\x11ic-hashtree-empty").digest()
    if kind == 1:
        return sha256(b"\x10ic-hashtree-fork" + root_hash(tree[1]) + root_hash(tree[2])).digest()
    if kind == 2:
        return sha256(b"\x13ic-hashtree-labeled" + bytes(tree[1]) + root_hash(tree[2])).digest()
    return sha256(b"\x10ic-hashtree-leaf" + bytes(tree[1])).digest()


def with_leaves(tree: Tree, change: Callable[[tuple[bytes, ...], bytes], bytes], path: tuple[bytes, ...] = ()) -> Tree:
    """The tree with each leaf replaced by what `change` makes of its path and data."""
    if tree[0] == 1:
        return [1, with_leaves(tree[1], change, path), with_leaves(tree[2], change, path)]
    if tree[0] == 2:
        return [2, tree[1], with_leaves(tree[2], change, (*path, bytes(tree[1])))]
    return [3, change(path, bytes(tree[1]))] if tree[0] == 3 else tree


def with_pruned_flipped(tree: Tree) -> Tree:
    """The tree with its first pruned hash changed."""
    if tree[0] == 4:
        return [4, flipped(bytes(tree[1]))]
    if tree[0] == 1:
        left = with_pruned_flipped(tree[1])
        return [1, left, tree[2] if left != tree[1] else with_pruned_flipped(tree[2])]
    return [2, tree[1], with_pruned_flipped(tree[2])] if tree[0] == 2 else tree


def _leb128(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes((*out, number))


# certificates ------------------------------------------------------------------------------------------------------------


def on_certificates(change: Callable[[dict[str, Any]], dict[str, Any]], *, of: tuple[str, ...] = ("call", "read_state")) -> Change:
    """The change of answers that `change` of their certificates makes; other answers stay as they are."""

    def changed(endpoint: str, answer: dict[str, Any]) -> dict[str, Any]:
        if endpoint not in of or "certificate" not in answer:
            return answer
        return {**answer, "certificate": pack(change(unpack(answer["certificate"])))}

    return changed


def reply_flipped(certificate: dict[str, Any]) -> dict[str, Any]:
    """Another reply under the same signature."""

    def change(path: tuple[bytes, ...], data: bytes) -> bytes:
        return flipped(data) if path[-1] in {b"reply", b"module_hash"} else data

    return {**certificate, "tree": with_leaves(certificate["tree"], change)}


def hash_flipped(certificate: dict[str, Any]) -> dict[str, Any]:
    return {**certificate, "tree": with_pruned_flipped(certificate["tree"])}


def signature_flipped(certificate: dict[str, Any]) -> dict[str, Any]:
    return {**certificate, "signature": flipped(bytes(certificate["signature"]))}


def signed_by_another(certificate: dict[str, Any]) -> dict[str, Any]:
    """A sound signature of the very same tree, of a key that is not the replica's."""
    return {**certificate, "signature": FORGER.sign(b"\x0dic-state-root" + root_hash(certificate["tree"]))}


def stale(certificate: dict[str, Any]) -> dict[str, Any]:
    """An old time, soundly signed with the forger's key."""
    old = _leb128(time.time_ns() - STALE_NS)
    tree = with_leaves(certificate["tree"], lambda path, data: old if path == (b"time",) else data)
    return signed_by_another({**certificate, "tree": tree})


def answers_signed_by_forger(*, stale_calls: bool) -> Change:
    """Everything certified by the forger, whose key the status serves; calls and their status with an old time if `stale_calls`."""

    def change(endpoint: str, answer: dict[str, Any]) -> dict[str, Any]:
        if endpoint == "status":
            return {**answer, "root_key": FORGER.der_public_key}
        if "certificate" not in answer:
            return answer
        certificate = unpack(answer["certificate"])
        old = stale_calls and shows(certificate["tree"], b"request_status")
        return {**answer, "certificate": pack((stale if old else signed_by_another)(certificate))}

    return change


def shows(tree: Tree, label: bytes) -> bool:
    """Whether a tree shows a label at its top."""
    if tree[0] == 1:
        return shows(tree[1], label) or shows(tree[2], label)
    return tree[0] == 2 and bytes(tree[1]) == label


def another_root_key(endpoint: str, answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "root_key": FORGER.der_public_key} if endpoint == "status" else answer


# queries -----------------------------------------------------------------------------------------------------------------


def on_queries(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Change:
    return lambda endpoint, answer: change(answer) if endpoint == "query" else answer


def query_reply_flipped(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "reply": {"arg": flipped(answer["reply"]["arg"])}}


def query_reject_reworded(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "reject_message": "All is well."}


def query_signature_flipped(answer: dict[str, Any]) -> dict[str, Any]:
    (signature,) = answer["signatures"]
    return {**answer, "signatures": [{**signature, "signature": flipped(signature["signature"])}]}


def query_signatures_stripped(answer: dict[str, Any]) -> dict[str, Any]:
    return {**answer, "signatures": []}


def query_signed_by_stranger(answer: dict[str, Any]) -> dict[str, Any]:
    """A signature that names a node which the subnet does not have."""
    (signature,) = answer["signatures"]
    return {**answer, "signatures": [{**signature, "identity": flipped(signature["identity"])}]}


def query_time_old(answer: dict[str, Any]) -> dict[str, Any]:
    (signature,) = answer["signatures"]
    return {**answer, "signatures": [{**signature, "timestamp": signature["timestamp"] - STALE_NS}]}
