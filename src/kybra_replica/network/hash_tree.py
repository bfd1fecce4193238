"""IC hash trees: built from nested dicts, pruned for a reader, encoded for the wire.

Source: IC interface specification, section "Certificate" (labels sorted bytewise, hashes domain-separated).
"""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import cbor2

Labels = Mapping[bytes, "Labels | bytes | Node"]
"""What a tree says: label -> leaf, subtree, or a subtree that is hashed already."""


@dataclass(slots=True, eq=False)
class Empty:
    """A tree of nothing."""

    hash: bytes


@dataclass(slots=True, eq=False)
class Fork:
    """Two trees beside each other. Labels below `split` are on the left, the others on the right."""

    left: Node
    right: Node
    hash: bytes
    split: bytes


@dataclass(slots=True, eq=False)
class Labeled:
    """A tree under a label."""

    label: bytes
    child: Node
    hash: bytes


@dataclass(slots=True, eq=False)
class Leaf:
    """A value."""

    data: bytes
    hash: bytes


class IndexedLevel:
    """Labels beside each other that are kept in another form than forks, because they are many.

    Not an ABC, because isinstance of an ABC takes ten times as long, and walking a tree asks at every node.
    """

    __slots__ = ()
    hash: bytes

    @abstractmethod
    def expand(self) -> Node:
        """The same tree in forks. Takes as long as there are labels."""

    @abstractmethod
    def answer(self, label: bytes) -> Sequence[bytes]:
        """The label where the level has it, else those beside its place: at most one on either side."""

    @abstractmethod
    def write(self, shown: Sequence[bytes], below: Questions, out: list[bytes]) -> None:
        """What `write_level` writes, for labels that `answer` answered, at least one."""


Node = Empty | Fork | Labeled | Leaf | IndexedLevel
Questions = Mapping[bytes, Sequence[tuple[bytes, ...]]]
"""For every label that is asked for, what is asked below it."""


def _separated(name: str) -> bytes:
    return bytes([len(name)]) + name.encode()


_EMPTY, FORK_DOMAIN, LABELED_DOMAIN, _LEAF = (_separated(f"ic-hashtree-{kind}") for kind in ("empty", "fork", "labeled", "leaf"))


def empty() -> Empty:
    """The empty tree."""
    return Empty(sha256(_EMPTY).digest())


def fork(left: Node, right: Node) -> Fork:
    """Join two trees; every label of `right` is above those of `left`."""
    split = first_label(right)
    # Where the right side has no labels, whatever is looked for can only be on the left.
    return _fork(left, right, split if split is not None else (last_label(left) or b"") + b"\0")


def _fork(left: Node, right: Node, split: bytes) -> Fork:
    return Fork(left, right, sha256(FORK_DOMAIN + left.hash + right.hash).digest(), split)


def labeled(label: bytes, child: Node) -> Labeled:
    """Put a tree under a label."""
    return Labeled(label, child, sha256(LABELED_DOMAIN + label + child.hash).digest())


def leaf(data: bytes) -> Leaf:
    """A value as a tree."""
    return Leaf(data, sha256(_LEAF + data).digest())


def build(content: Labels | bytes | Node) -> Node:
    """The tree of nested dicts, balanced, labels in order."""
    if isinstance(content, bytes):
        return leaf(content)
    if isinstance(content, Mapping):
        return level([labeled(label, build(content[label])) for label in sorted(content)])
    return content


def level(nodes: Sequence[Labeled]) -> Node:
    """The balanced tree of labels beside each other, which come in ascending order."""
    return _balanced(nodes, 0, len(nodes)) if nodes else empty()


def _balanced(nodes: Sequence[Labeled], low: int, high: int) -> Node:
    if high - low == 1:
        return nodes[low]
    middle = (low + high + 1) // 2
    left, right = _balanced(nodes, low, middle), _balanced(nodes, middle, high)
    return Fork(left, right, sha256(FORK_DOMAIN + left.hash + right.hash).digest(), nodes[middle].label)


def first_label(node: Node) -> bytes | None:
    """The lowest label of a level; None where it has none."""
    if isinstance(node, Fork):
        first = first_label(node.left)
        return first if first is not None else first_label(node.right)
    return node.label if isinstance(node, Labeled) else None


def last_label(node: Node) -> bytes | None:
    """The highest label of a level; None where it has none."""
    if isinstance(node, Fork):
        last = last_label(node.right)
        return last if last is not None else last_label(node.left)
    return node.label if isinstance(node, Labeled) else None


Path = Sequence[bytes]
Pruned = list[Any]
"""A tree as CBOR has it: [0], [1, left, right], [2, label, child], [3, data], [4, hash]."""


def prune(node: Node, paths: Iterable[Path]) -> Pruned:
    """What `encode_pruned` writes, as lists."""
    pruned: Pruned = cbor2.loads(encode_pruned(node, paths))
    return pruned


def encode_pruned(node: Node, paths: Iterable[Path]) -> bytes:
    """CBOR of the tree with only what `paths` lead to: each reveals the whole subtree below it; the rest are hashes.

    A path that leads nowhere reveals the labels beside it, which prove that it is absent.
    """
    out: list[bytes] = []
    _write(node, [tuple(path) for path in paths], out)
    return b"".join(out)


def byte_string(data: bytes) -> bytes:
    """CBOR of a byte string."""
    size = len(data)
    if size < len(_SHORT_HEADS):
        return _SHORT_HEADS[size] + data
    for head, width in ((0x59, 2), (0x5A, 4)):
        if size < 1 << 8 * width:
            return bytes((head,)) + size.to_bytes(width, "big") + data
    return b"\x5b" + size.to_bytes(8, "big") + data


_SHORT_HEADS = tuple([bytes((0x40 + size,)) if size < 24 else bytes((0x58, size)) for size in range(256)])
"""What stands before byte strings of less than 256 bytes, by their size."""


_WRITTEN_EMPTY = b"\x81\x00"
WRITTEN_FORK = b"\x83\x01"
_WRITTEN_LABELED = b"\x83\x02"
_WRITTEN_LEAF = b"\x82\x03"
WRITTEN_PRUNED = b"\x82\x04\x58\x20"


def _write(node: Node, paths: Sequence[tuple[bytes, ...]], out: list[bytes]) -> None:
    """The tree under one label, of which `paths` is what is asked."""
    if not paths:
        out.append(WRITTEN_PRUNED + node.hash)
        return
    if not isinstance(node, (Fork, Labeled, IndexedLevel)) or not all(paths):
        _reveal(node, out)
        return
    below: dict[bytes, list[tuple[bytes, ...]]] = {}
    shown: set[bytes] = set()
    for path in paths:
        below.setdefault(path[0], []).append(path[1:])
    for label in below:
        shown.update(node.answer(label) if isinstance(node, IndexedLevel) else _answer(node, label))
    if not shown:
        _reveal(node, out)
    elif isinstance(node, IndexedLevel):
        node.write(sorted(shown), below, out)
    else:
        write_level(node, sorted(shown), 0, len(shown), below, out)


def write_level(node: Node, shown: Sequence[bytes], low: int, high: int, below: Questions, out: list[bytes]) -> None:
    """The part of a level that holds the labels `shown[low:high]`, at least one, and others, which are pruned."""
    if isinstance(node, Fork):
        middle = bisect_left(shown, node.split, low, high)
        if middle == low:
            out.append(WRITTEN_FORK + WRITTEN_PRUNED + node.left.hash)
        else:
            out.append(WRITTEN_FORK)
            write_level(node.left, shown, low, middle, below, out)
        if middle == high:
            out.append(WRITTEN_PRUNED + node.right.hash)
        else:
            write_level(node.right, shown, middle, high, below, out)
    elif isinstance(node, Labeled):
        out.append(_WRITTEN_LABELED + byte_string(node.label))
        _write(node.child, below.get(node.label, ()), out)


def _answer(node: Node, label: bytes) -> Sequence[bytes]:
    """As `IndexedLevel.answer`."""
    lower: list[Node] = []
    higher: list[Node] = []
    while isinstance(node, Fork):
        if label < node.split:
            higher.append(node.right)
            node = node.left
        else:
            lower.append(node.left)
            node = node.right
    if isinstance(node, Labeled):
        if node.label == label:
            return (label,)
        (lower if node.label < label else higher).append(node)
    beside = (_nearest(lower, last_label), _nearest(higher, first_label))
    return [neighbour for neighbour in beside if neighbour is not None]


def _nearest(passed: Sequence[Node], end: Callable[[Node], bytes | None]) -> bytes | None:
    """The label at the near end of the trees that were passed by on one side, the last of them first."""
    return next((label for label in map(end, reversed(passed)) if label is not None), None)


def _reveal(node: Node, out: list[bytes]) -> None:
    if isinstance(node, IndexedLevel):
        node = node.expand()
    if isinstance(node, Fork):
        out.append(WRITTEN_FORK)
        _reveal(node.left, out)
        _reveal(node.right, out)
    elif isinstance(node, Labeled):
        out.append(_WRITTEN_LABELED + byte_string(node.label))
        _reveal(node.child, out)
    elif isinstance(node, Leaf):
        out.append(_WRITTEN_LEAF + byte_string(node.data))
    else:
        out.append(_WRITTEN_EMPTY)
