"""The Merkle tree over a stream's leaves, as RFC 6962 section 2.1 defines it, and its proofs.

The tree is named level by level. Level 0 holds the leaves; node `index` of level l covers the leaves [index << l, (index + 1) << l),
as far as they exist. A node whose leaves all exist is *complete*: it never changes again and may be stored. Pairing each level from
the left and handing an odd last node up unchanged gives the tree of the RFC, so its proofs are named in the same way.

State of a tree: its `size`, and its `peaks`, the complete subtrees that the binary digits of the size name, largest first.

Cost is counted in hashes, one `sha256` of 65 bytes each; what is not a hash is done on packed rows by single native calls.

Invariants:
- MERKLE-1: root(append(size, peaks, leaves)) is the RFC 6962 tree hash of all leaves, however they were cut into batches.
- MERKLE-2: a proof made by this module is accepted; one with a bit flipped, a digest added, lost or moved is refused.
- MERKLE-3: the verifiers raise ProofInvalid and nothing else, whatever the digests and numbers are.

Source: RFC 6962 section 2.1; RFC 9162 section 2.1 (same tree).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from struct import unpack
from typing import NamedTuple

DIGEST_BYTES = 32


class ProofInvalid(ValueError):
    """A proof does not show what it claims: wrong numbers, wrong shape, or another root."""


class Appended(NamedTuple):
    """What an append makes: the new state of the tree, and the nodes that became complete.

    `rows[level]` is (index of the first new node, the new nodes' digests packed 32 bytes each); levels without a new node are left off.
    """

    size: int
    peaks: list[bytes]
    rows: list[tuple[int, bytes]]


def append(size: int, peaks: Sequence[bytes], leaves: Sequence[bytes]) -> Appended:
    """The tree of `size` leaves with these peaks, after `leaves` (32-byte leaf hashes) are added at its right end.

    Cost: one hash for each node that became complete above the leaves, that is len(leaves) + old peaks - new peaks, in one comprehension
    for each level; beside that a join, an unpack and two slices a level. No node is hashed twice.
    Raises ValueError when the peaks do not belong to the size, or the leaves are not 32 bytes each.
    """
    _check_peaks(size, peaks)
    waiting = list(peaks)
    fresh: list[bytes] = []
    rows: list[tuple[int, bytes]] = []
    digests = b"".join(leaves)
    if len(digests) != DIGEST_BYTES * len(leaves):
        raise ValueError("a leaf hash has 32 bytes")
    first = size
    while digests:
        rows.append((first, digests))
        if first & 1:
            digests = waiting.pop() + digests
        if len(digests) & DIGEST_BYTES:
            fresh.append(digests[-DIGEST_BYTES:])
            digests = digests[:-DIGEST_BYTES]
        digests = _parents(digests) if digests else b""
        first >>= 1
    fresh.reverse()
    return Appended(size + len(leaves), waiting + fresh, rows)


def root(size: int, peaks: Sequence[bytes]) -> bytes:
    """The tree hash: sha256 of nothing for the empty tree, otherwise the peaks folded from the right.

    Cost: len(peaks) - 1 hashes. Raises ValueError when the peaks do not belong to the size.
    """
    _check_peaks(size, peaks)
    if not peaks:
        return sha256(b"").digest()
    digest = peaks[-1]
    for peak in reversed(peaks[:-1]):
        digest = sha256(b"\x01" + peak + digest).digest()
    return digest


def inclusion_proof(index: int, size: int, node: Callable[[int, int], bytes]) -> list[bytes]:
    """The audit path of RFC 6962 section 2.1.1 for the leaf `index` in the tree of `size` leaves, lowest sibling first.

    `node(level, index)` gives the digest of a complete node. Cost: at most log2(size) + 1 digests in the answer; the only hashes are
    those that fold the peaks inside an incomplete right sibling, fewer than log2(size). Raises ValueError unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    return [_digest_at(level, beside, size, node) for level, beside in _siblings(index, size)]


def range_proof(first: int, end: int, size: int, node: Callable[[int, int], bytes], peaks: Sequence[bytes]) -> list[bytes]:
    """The fewest subtree hashes that, with the leaves [first, end), give the root of the tree of `size` leaves.

    Order: first the left boundary, that is for each binary digit 1 of `first`, from the lowest, the complete subtree of that many leaves
    which ends where the ones before it begin (so from right to left over [0, first)); then the right boundary, from left to right over
    [end, size): for each level, from the lowest, the right sibling of the node above leaf end - 1 where it has one. The last of these
    may be incomplete, and then stands as one hash. The proof of one leaf holds the digests of its inclusion proof in this other order.

    `node(level, index)` gives the digest of a complete node; `peaks` are the tree's. Cost: at most 2 log2(size) nodes asked for; fewer than
    log2(size) hashes to fold the peaks in an incomplete last subtree. Raises ValueError unless 0 <= first < end <= size, and when the
    peaks do not belong to the size.
    """
    if not 0 <= first < end <= size:
        raise ValueError(f"[{first}, {end}) is no range in a tree of {size}")
    _check_peaks(size, peaks)
    proof: list[bytes] = []
    index = first
    for level in range(first.bit_length()):
        if index & 1:
            proof.append(node(level, index - 1))
        index >>= 1
    index = end
    for level in range((size - 1).bit_length()):
        # `index` is behind the last node above the range; rounded up, it is the right sibling of that node where it is odd.
        if index & 1 and index << level < size:
            rest = size & (1 << level) - 1
            is_whole = (index + 1) << level <= size
            proof.append(node(level, index) if is_whole else root(rest, peaks[-rest.bit_count() :]))
        index = (index + 1) >> 1
    return proof


def consistency_proof(old_size: int, new_size: int, node: Callable[[int, int], bytes]) -> list[bytes]:
    """The proof of RFC 6962 section 2.1.2 that the tree of `new_size` leaves begins with the tree of `old_size` leaves.

    `node(level, index)` gives the digest of a complete node. Cost: as `inclusion_proof`.
    Raises ValueError unless 0 < old_size <= new_size: nothing needs proof about the empty tree.
    """
    if not 0 < old_size <= new_size:
        raise ValueError(f"a tree of {new_size} does not extend one of {old_size}")
    level, siblings = _consistency_path(old_size, new_size)
    proof = [_digest_at(height, beside, new_size, node) for height, beside in siblings]
    if old_size == new_size or old_size == 1 << level:
        return proof
    return [node(level, (old_size >> level) - 1), *proof]


def inclusion_root(leaf: bytes, index: int, proof: Sequence[bytes], size: int) -> bytes:
    """The root that an inclusion proof leads to from a leaf hash. Cost: a hash for each digest of the proof.

    Raises ProofInvalid when the index is not in a tree of that size, or the proof has not exactly the digests it should have.
    Comparing the root with a trusted one is left to the caller: see `verify_inclusion`.
    """
    if not 0 <= index < size:
        raise ProofInvalid(f"leaf {index} is not in a tree of {size}")
    siblings = _siblings(index, size)
    _check_digests([leaf])
    _check_proof(proof, len(siblings))
    digest = leaf
    for (_, beside), other in zip(siblings, proof, strict=True):
        digest = _node_hash(digest, other) if beside & 1 else _node_hash(other, digest)
    return digest


def range_root(leaves: Sequence[bytes], first: int, proof: Sequence[bytes], size: int) -> bytes:
    """The root that consecutive leaf hashes, the first of them leaf `first`, and their range proof lead to in a tree of `size`.

    Cost: len(leaves) - 1 + len(proof) hashes, in a comprehension for each level. Raises ProofInvalid when there are no leaves, they do
    not fit into a tree of that size, or the proof has not exactly the digests it should have. Comparing the root with a trusted one is
    left to the caller: see `verify_range`.
    """
    low, last, width = first, first + len(leaves) - 1, size
    if not 0 <= low <= last < size:
        raise ProofInvalid(f"[{first}, {last + 1}) is no range in a tree of {size}")
    lefts = first.bit_count()
    _check_digests(leaves)
    _check_proof(proof, lefts + sum(beside & 1 for _, beside in _siblings(last, size)))
    on_left, on_right = iter(proof[:lefts]), iter(proof[lefts:])
    digests = b"".join(leaves)
    while width > 1:
        if low & 1:
            digests = next(on_left) + digests
        if not last & 1 and last + 1 < width:
            digests += next(on_right)
        paired = len(digests) & -64
        digests = _parents(digests[:paired]) + digests[paired:]
        low, last, width = low >> 1, last >> 1, (width + 1) >> 1
    return digests


def verify_inclusion(leaf: bytes, index: int, proof: Sequence[bytes], size: int, expected_root: bytes) -> None:
    """Check that a tree of `size` leaves with this root has the leaf hash at `index`. Raises ProofInvalid otherwise."""
    if inclusion_root(leaf, index, proof, size) != expected_root:
        raise ProofInvalid("the inclusion proof leads to another root")


def verify_range(leaves: Sequence[bytes], first: int, proof: Sequence[bytes], size: int, expected_root: bytes) -> None:
    """Check that a tree of `size` leaves with this root has these leaf hashes from `first` on. Raises ProofInvalid otherwise."""
    if range_root(leaves, first, proof, size) != expected_root:
        raise ProofInvalid("the range proof leads to another root")


def verify_consistency(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree (new_size, new_root) begins with the tree (old_size, old_root). Cost: at most 2 hashes a digest.

    Raises ProofInvalid when the sizes are not 0 < old_size <= new_size, the proof has not exactly the digests it should have, or it
    leads to another old or new root.
    """
    if not 0 < old_size <= new_size:
        raise ProofInvalid(f"a tree of {new_size} does not extend one of {old_size}")
    level, siblings = _consistency_path(old_size, new_size)
    starts_at_old_root = old_size == new_size or old_size == 1 << level
    _check_proof(proof, len(siblings) + (not starts_at_old_root))
    steps = iter(proof)
    old_digest = new_digest = old_root if starts_at_old_root else next(steps)
    _check_digests([old_digest])
    for (_, beside), other in zip(siblings, steps, strict=True):
        if beside & 1:
            new_digest = _node_hash(new_digest, other)
        else:
            old_digest = _node_hash(other, old_digest)
            new_digest = _node_hash(other, new_digest)
    if old_digest != old_root:
        raise ProofInvalid("the consistency proof leads to another old root")
    if new_digest != new_root:
        raise ProofInvalid("the consistency proof leads to another new root")


def _parents(digests: bytes) -> bytes:
    """The hashes of an even number of packed nodes, pair by pair. One unpack cuts all pairs: cheaper than two slices a pair."""
    pairs = unpack(">" + "64s" * (len(digests) >> 6), digests)
    return b"".join([sha256(b"\x01" + pair).digest() for pair in pairs])


def _node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _siblings(index: int, size: int) -> list[tuple[int, int]]:
    """(level, index) of the sibling of each node above leaf `index`, lowest first; a node handed up unchanged has none."""
    levels = range((size - 1).bit_length())
    return [(level, index >> level ^ 1) for level in levels if (index >> level ^ 1) << level < size]


def _consistency_path(old_size: int, new_size: int) -> tuple[int, list[tuple[int, int]]]:
    """The level of the smallest peak of the old tree, and the siblings from it up to the root of the new one (none if equal)."""
    level = (old_size & -old_size).bit_length() - 1
    if old_size == new_size:
        return level, []
    return level, [sibling for sibling in _siblings(old_size - 1, new_size) if sibling[0] >= level]


def _digest_at(level: int, index: int, size: int, node: Callable[[int, int], bytes]) -> bytes:
    """The digest of any node of the tree: a complete one as stored, the incomplete last one of its level from the peaks in it."""
    if (index + 1) << level <= size:
        return node(level, index)
    digest = b""
    for below in range(level):
        if size >> below & 1:
            peak = node(below, (size >> below) - 1)
            digest = _node_hash(peak, digest) if digest else peak
    return digest


def _check_peaks(size: int, peaks: Sequence[bytes]) -> None:
    if size < 0 or len(peaks) != size.bit_count():
        raise ValueError(f"a tree of {size} leaves has not {len(peaks)} peaks")


def _check_proof(proof: Sequence[bytes], expected: int) -> None:
    if len(proof) != expected:
        raise ProofInvalid(f"the proof has {len(proof)} digests instead of {expected}")
    _check_digests(proof)


def _check_digests(digests: Sequence[bytes]) -> None:
    if set(map(type, digests)) - {bytes} or set(map(len, digests)) - {DIGEST_BYTES}:
        raise ProofInvalid("a digest is 32 bytes")
