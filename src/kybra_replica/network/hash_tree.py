"""IC hash trees: built from nested dicts, pruned for a reader, encoded for the wire.

Source: IC interface specification, section "Certificate" (labels sorted bytewise, hashes domain-separated).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

Labels = Mapping[bytes, "Labels | bytes"]
"""What a tree says: label -> leaf or subtree."""


@dataclass(frozen=True, slots=True)
class Empty:
    """A tree of nothing."""

    hash: bytes


@dataclass(frozen=True, slots=True)
class Fork:
    """Two trees beside each other."""

    left: Node
    right: Node
    hash: bytes


@dataclass(frozen=True, slots=True)
class Labeled:
    """A tree under a label."""

    label: bytes
    child: Node
    hash: bytes


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value."""

    data: bytes
    hash: bytes


Node = Empty | Fork | Labeled | Leaf


def _separated(name: str) -> bytes:
    return bytes([len(name)]) + name.encode()


_EMPTY, _FORK, _LABELED, _LEAF = (_separated(f"ic-hashtree-{kind}") for kind in ("empty", "fork", "labeled", "leaf"))


def empty() -> Empty:
    """The empty tree."""
    return Empty(sha256(_EMPTY).digest())


def fork(left: Node, right: Node) -> Fork:
    """Join two trees."""
    return Fork(left, right, sha256(_FORK + left.hash + right.hash).digest())


def labeled(label: bytes, child: Node) -> Labeled:
    """Put a tree under a label."""
    return Labeled(label, child, sha256(_LABELED + label + child.hash).digest())


def leaf(data: bytes) -> Leaf:
    """A value as a tree."""
    return Leaf(data, sha256(_LEAF + data).digest())


def build(content: Labels | bytes) -> Node:
    """The tree of nested dicts, balanced, labels in order."""
    if isinstance(content, bytes):
        return leaf(content)
    return _balanced([labeled(label, build(content[label])) for label in sorted(content)])


def _balanced(nodes: Sequence[Node]) -> Node:
    if not nodes:
        return empty()
    if len(nodes) == 1:
        return nodes[0]
    middle = (len(nodes) + 1) // 2
    return fork(_balanced(nodes[:middle]), _balanced(nodes[middle:]))


Pruned = list[Any]
"""A tree as CBOR has it: [0], [1, left, right], [2, label, child], [3, data], [4, hash]."""


def prune(node: Node, paths: Sequence[Sequence[bytes]]) -> Pruned:
    """The tree with only what `paths` lead to: each path reveals the whole subtree below it; the rest are hashes.

    A path that leads nowhere reveals the labels beside it, which prove that it is absent.
    """
    if any(not path for path in paths):
        return _reveal(node)
    if not paths:
        return [4, node.hash]
    if isinstance(node, Fork):
        return _prune_level(node, paths)
    if isinstance(node, Labeled):
        below = [path[1:] for path in paths if path[0] == node.label]
        return [2, node.label, prune(node.child, below)]
    return _reveal(node)


def _prune_level(node: Node, paths: Sequence[Sequence[bytes]]) -> Pruned:
    labels = _labels(node)
    wanted = {path[0] for path in paths}
    shown = {label for label in labels if label in wanted}
    for missing in wanted - set(labels):
        before = [label for label in labels if label < missing]
        after = [label for label in labels if label > missing]
        shown.update(before[-1:] + after[:1])
    return _show(node, shown, paths)


def _show(node: Node, shown: set[bytes], paths: Sequence[Sequence[bytes]]) -> Pruned:
    if isinstance(node, Fork):
        if not shown.intersection(_labels(node)):
            return [4, node.hash]
        return [1, _show(node.left, shown, paths), _show(node.right, shown, paths)]
    if isinstance(node, Labeled) and node.label in shown:
        return [2, node.label, prune(node.child, [path[1:] for path in paths if path[0] == node.label])]
    return [4, node.hash]


def _labels(node: Node) -> list[bytes]:
    if isinstance(node, Fork):
        return _labels(node.left) + _labels(node.right)
    return [node.label] if isinstance(node, Labeled) else []


def _reveal(node: Node) -> Pruned:
    if isinstance(node, Fork):
        return [1, _reveal(node.left), _reveal(node.right)]
    if isinstance(node, Labeled):
        return [2, node.label, _reveal(node.child)]
    if isinstance(node, Leaf):
        return [3, node.data]
    return [0]
