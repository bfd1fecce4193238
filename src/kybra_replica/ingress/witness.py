"""Hash trees from outside: their root hash, and what they show.

Source: IC interface specification, section "Certificate": merging, well-formedness and lookup of hash trees.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from kybra_replica.ingress import fields
from kybra_replica.ingress.fields import FieldInvalid

EMPTY, FORK, LABELED, LEAF, PRUNED = range(5)
_SHAPES = {EMPTY: 1, FORK: 3, LABELED: 3, LEAF: 2, PRUNED: 2}
_HASH_SIZE = 32

_EMPTY_HASH = sha256(b"\x11ic-hashtree-empty").digest()
_FORK_DOMAIN = b"\x10ic-hashtree-fork"
_LABELED_DOMAIN = b"\x13ic-hashtree-labeled"
_LEAF_DOMAIN = b"\x10ic-hashtree-leaf"


def root_hash(tree: Any) -> bytes:
    """The root hash (32 bytes) of a tree as CBOR has it. Raises FieldInvalid when it has not the form of a hash tree."""
    kind, parts = _shape(tree)
    if kind == FORK:
        return sha256(_FORK_DOMAIN + root_hash(parts[0]) + root_hash(parts[1])).digest()
    if kind == LABELED:
        return sha256(_LABELED_DOMAIN + fields.as_bytes(parts[0]) + root_hash(parts[1])).digest()
    if kind == LEAF:
        return sha256(_LEAF_DOMAIN + fields.as_bytes(parts[0])).digest()
    if kind == EMPTY:
        return _EMPTY_HASH
    digest = fields.as_bytes(parts[0])
    if len(digest) != _HASH_SIZE:
        raise FieldInvalid(f"a pruned tree has a hash of {_HASH_SIZE} bytes, not {len(digest)}")
    return digest


def leaf_at(tree: Any, path: Sequence[bytes]) -> bytes | None:
    """What a leaf at `path` holds; None when the tree shows none there.

    Raises FieldInvalid when the tree has not the form of a hash tree, or a level that is walked has labels out of order or leaves beside
    other trees: there, what a path leads to would not be unique.
    """
    for label in path:
        level = _level(tree)
        below = [child for found, child in level if found == label]
        if not below:
            return None
        tree = below[0]
    kind, parts = _shape(tree)
    return fields.as_bytes(parts[0]) if kind == LEAF else None


def _level(tree: Any) -> list[tuple[bytes, Any]]:
    """The labelled trees of one level, in order."""
    found: list[tuple[bytes, Any]] = []
    waiting = [tree]
    while waiting:
        kind, parts = _shape(waiting.pop())
        if kind == FORK:
            waiting += reversed(parts)
        elif kind == LABELED:
            label = fields.as_bytes(parts[0])
            if found and found[-1][0] >= label:
                raise FieldInvalid("labels of a hash tree are not in order")
            found.append((label, parts[1]))
        elif kind == LEAF:
            raise FieldInvalid("a leaf of a hash tree where labels should be")
    return found


def _shape(tree: Any) -> tuple[int, list[Any]]:
    parts = fields.as_list(tree)
    if not parts or type(parts[0]) is not int or _SHAPES.get(parts[0]) != len(parts):
        raise FieldInvalid("it is not a hash tree")
    return parts[0], parts[1:]
