"""Hash trees as a reader sees them, written from the specification alone: nested lists, recursion, nothing cached."""

from __future__ import annotations

from hashlib import sha256

import cbor2

ABSENT, UNKNOWN, ERROR = "absent", "unknown", "error"


def root_of(tree) -> bytes:
    kind, *rest = tree
    if kind == 0:
        return sha256(b"\x11ic-hashtree-empty").digest()
    if kind == 1:
        return sha256(b"\x10ic-hashtree-fork" + root_of(rest[0]) + root_of(rest[1])).digest()
    if kind == 2:
        return sha256(b"\x13ic-hashtree-labeled" + rest[0] + root_of(rest[1])).digest()
    if kind == 3:
        return sha256(b"\x10ic-hashtree-leaf" + rest[0]).digest()
    assert kind == 4
    assert len(rest[0]) == 32
    return rest[0]


def flat(tree):
    """The nodes of one level, left to right, empty ones left out."""
    if tree[0] == 1:
        return flat(tree[1]) + flat(tree[2])
    return [] if tree[0] == 0 else [tree]


def lookup(tree, path):
    """A leaf's bytes (as `("found", data)`), or why there is none."""
    if not path:
        return {0: ABSENT, 3: ("found", tree[1] if tree[0] == 3 else None), 4: UNKNOWN}.get(tree[0], ERROR)
    found = find(flat(tree), path[0])
    return found if isinstance(found, str) else lookup(found, path[1:])


def find(level, label):
    """The tree below a label, or why there is none."""
    for node in level:
        if node[0] == 2 and node[1] == label:
            return node[2]
    if not level or [node[0] for node in level] == [3]:
        return ABSENT
    before = [node for node in level if node[0] == 2 and node[1] < label]
    after = [node for node in level if node[0] == 2 and node[1] > label]
    at = level.index(before[-1]) + 1 if before else 0
    end = level.index(after[0]) if after else len(level)
    return ABSENT if at == end else UNKNOWN


def subtree(tree, path):
    for label in path:
        tree = find(flat(tree), label)
        assert not isinstance(tree, str), (label, tree)
    return tree


def labels_of(tree):
    """The labels of a level that are shown."""
    return [node[1] for node in flat(tree) if node[0] == 2]


def is_well_formed(tree) -> bool:
    """Labels ascend from left to right on every level, and nothing empty stands beside anything."""
    if tree[0] == 1:
        nodes = flat(tree)
        labels = labels_of(tree)
        return labels == sorted(set(labels)) and not _has_empty(tree) and all(is_well_formed(node) for node in nodes)
    return tree[0] != 2 or is_well_formed(tree[2])


def _has_empty(tree) -> bool:
    return tree[0] == 0 or (tree[0] == 1 and (_has_empty(tree[1]) or _has_empty(tree[2])))


def agent_find(label, tree):
    """How the JavaScript agents look for a label: `startsWith` counts as equal as far as it goes, so a longer label is "less"."""
    kind, *rest = tree
    if kind == 2:
        if rest[0] == label:
            return ("found", rest[1])
        return "less" if _agent_less(label, rest[0]) else "greater"
    if kind == 1:
        left = agent_find(label, rest[0])
        if left == "greater":
            right = agent_find(label, rest[1])
            return ABSENT if right == "less" else right
        if left == UNKNOWN:
            right = agent_find(label, rest[1])
            return UNKNOWN if right == "less" else right
        return left
    return UNKNOWN if kind == 4 else ABSENT


def _agent_less(a, b) -> bool:
    return next((x < y for x, y in zip(a, b, strict=False) if x != y), len(a) > len(b))


def opened(certificate):
    """Tree and signature of a certificate."""
    assert certificate[:3] == bytes.fromhex("d9d9f7")
    content = cbor2.loads(certificate[3:])
    assert list(content) == ["tree", "signature"]
    return content["tree"], content["signature"]
