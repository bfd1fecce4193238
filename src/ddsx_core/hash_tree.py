"""Hash trees of the Internet Computer: what a certificate or a witness proves.

A tree maps paths of labels to leaves. Whoever hands one out may replace any part by its hash (`Pruned`); the root hash stays the same.
In CBOR: [0] empty, [1, left, right] fork, [2, label, subtree] labelled, [3, bytes] leaf, [4, 32 bytes] pruned. Only that subset is read,
in its one shortest spelling; the self-describing tag 55799 may stand before it.

Everything here is for readers, off the chain or on: its cost is one small object and one hash for each node.

Invariants:
- TREE-1: pruning any part of a tree leaves its root hash as it was.
- TREE-2: lookup says Found or Absent only where every tree with that root hash would say the same.
- TREE-3: parse_hash_tree raises HashTreeInvalid and nothing else, whatever the bytes are.

Source: IC interface specification, "Certification" (hash trees, lookup, binary encoding).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

SELF_DESCRIBED = b"\xd9\xd9\xf7"

# A recursive reader in a canister stands some 200 frames; trees of the system are about 30 deep.
MAX_DEPTH = 100

_EMPTY = b"\x11ic-hashtree-empty"
_FORK = b"\x10ic-hashtree-fork"
_LABELED = b"\x13ic-hashtree-labeled"
_LEAF = b"\x10ic-hashtree-leaf"


class HashTreeInvalid(ValueError):
    """Bytes that are no hash tree, a tree whose labels do not ascend, or a path that ends inside one."""


@dataclass(frozen=True)
class Empty:
    """A tree without paths."""


@dataclass(frozen=True)
class Fork:
    """Two trees beside each other; the labels of the left one are smaller."""

    left: HashTree
    right: HashTree


@dataclass(frozen=True)
class Labeled:
    """A tree below a label."""

    label: bytes
    subtree: HashTree


@dataclass(frozen=True)
class Leaf:
    """The value at the end of a path."""

    value: bytes


@dataclass(frozen=True)
class Pruned:
    """A part that is not shown: its root hash, 32 bytes."""

    digest: bytes


HashTree = Empty | Fork | Labeled | Leaf | Pruned


@dataclass(frozen=True)
class Found:
    """The tree has this value at the path."""

    value: bytes


@dataclass(frozen=True)
class Absent:
    """The tree has nothing at the path, and shows that."""


@dataclass(frozen=True)
class Unknown:
    """A pruned part may hide the path."""


def empty_hash() -> bytes:
    """The hash of the empty tree. Cost: one hash."""
    return sha256(_EMPTY).digest()


def fork_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two trees beside each other. Cost: one hash of 81 bytes."""
    return sha256(_FORK + left + right).digest()


def labeled_hash(label: bytes, subtree: bytes) -> bytes:
    """The hash of a tree below a label. Cost: one hash."""
    return sha256(_LABELED + label + subtree).digest()


def leaf_hash(value: bytes) -> bytes:
    """The hash of a value. Cost: one hash."""
    return sha256(_LEAF + value).digest()


def root_hash(tree: HashTree) -> bytes:
    """The hash that stands for a tree: that of its top node, and for a pruned part the digest it keeps. Cost: one hash a node."""
    if isinstance(tree, Fork):
        return fork_hash(root_hash(tree.left), root_hash(tree.right))
    if isinstance(tree, Labeled):
        return labeled_hash(tree.label, root_hash(tree.subtree))
    if isinstance(tree, Leaf):
        return leaf_hash(tree.value)
    return tree.digest if isinstance(tree, Pruned) else empty_hash()


def lookup(tree: HashTree, path: Sequence[bytes]) -> Found | Absent | Unknown:
    """What the tree says about a path of labels.

    Absent needs proof: the label's two neighbours on that level, or one at an end of it, with nothing pruned between; or a level that is
    empty or a leaf. Raises HashTreeInvalid when labels on a level walked do not ascend, or the path ends above the leaves.
    """
    for label in path:
        below = _step(tree, label)
        if not isinstance(below, Labeled):
            return below
        tree = below.subtree
    if isinstance(tree, Leaf):
        return Found(tree.value)
    if isinstance(tree, Empty):
        return Absent()
    if isinstance(tree, Pruned):
        return Unknown()
    raise HashTreeInvalid("the path ends inside the tree")


def parse_hash_tree(data: bytes) -> HashTree:
    """Read a tree from CBOR, with or without the tag before it.

    Raises HashTreeInvalid for bytes that are not exactly one tree: another item or spelling, a digest that has not 32 bytes, more than
    MAX_DEPTH nodes on a path, bytes left over.
    """
    tree, end = _parse(data, 3 if data.startswith(SELF_DESCRIBED) else 0, MAX_DEPTH)
    if end != len(data):
        raise HashTreeInvalid(f"{len(data) - end} bytes follow the tree")
    return tree


def _step(tree: HashTree, label: bytes) -> Labeled | Absent | Unknown:
    """The labelled node that a tree has for a label on its top level, or why there is none."""
    level = _flatten(tree)
    labels = [node.label for node in level if isinstance(node, Labeled)]
    if any(left >= right for left, right in pairwise(labels)):
        raise HashTreeInvalid("labels do not ascend")
    hidden = False
    for node in level:
        if isinstance(node, Labeled):
            if node.label == label:
                return node
            if node.label > label:
                break
            hidden = False
        else:
            hidden = isinstance(node, Pruned) or len(level) > 1
    return Unknown() if hidden else Absent()


def _flatten(tree: HashTree) -> list[HashTree]:
    """The nodes of a tree's top level from left to right, without forks and empty trees."""
    level: list[HashTree] = []
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Fork):
            waiting.append(node.right)
            waiting.append(node.left)
        elif not isinstance(node, Empty):
            level.append(node)
    return level


def _parse(data: bytes, at: int, depth: int) -> tuple[HashTree, int]:
    """The tree that begins at an offset, and the offset behind it."""
    if not depth:
        raise HashTreeInvalid(f"the tree is more than {MAX_DEPTH} nodes deep")
    kind = data[at : at + 2]
    at += 2
    if kind == b"\x81\x00":
        return Empty(), at
    if kind == b"\x83\x01":
        left, at = _parse(data, at, depth - 1)
        right, at = _parse(data, at, depth - 1)
        return Fork(left, right), at
    if kind == b"\x83\x02":
        label, at = _byte_string(data, at)
        subtree, at = _parse(data, at, depth - 1)
        return Labeled(label, subtree), at
    if kind == b"\x82\x03":
        value, at = _byte_string(data, at)
        return Leaf(value), at
    if kind == b"\x82\x04":
        digest, at = _byte_string(data, at)
        if len(digest) != 32:
            raise HashTreeInvalid("a pruned part has a digest of 32 bytes")
        return Pruned(digest), at
    raise HashTreeInvalid(f"no node of a hash tree at byte {at - 2}")


def _byte_string(data: bytes, at: int) -> tuple[bytes, int]:
    """The byte string that begins at an offset, and the offset behind it. Its length must be spelled as shortly as can be."""
    head = int.from_bytes(data[at : at + 1], "big")
    at += 1
    size, least = head - 0x40, 0
    if 0x58 <= head <= 0x5A:
        width = 1 << (head - 0x58)
        size, least = int.from_bytes(data[at : at + width], "big"), (24, 1 << 8, 1 << 16)[head - 0x58]
        at += width
    elif not 0x40 <= head < 0x58:
        raise HashTreeInvalid(f"no byte string at byte {at - 1}")
    end = at + size
    if size < least or end > len(data):
        raise HashTreeInvalid(f"the byte string before byte {at} is cut short, or its length is spelled too long")
    return data[at:end], end
