"""The heads of all streams of a registry, under one hash that a canister certifies.

The hash tree (see `hash_tree`) has one value for each stream, at the path streams / <stream id, 8 bytes big-endian> / head: 48 bytes of
size (8), root (32) and time in ns (8) of the stream's log. Streams are numbered densely and their ids ascend with the numbers. The
subtrees of the streams are paired from the left, level by level, an odd last one handed up unchanged: the shape of `merkle`.

Unlike a log, a stream's subtree changes with every batch. So the nodes rest in tiles of 256 as those of a log do (see `tiles`), but
every node of a row is there, the incomplete last one too, up to the row in which the tile has one node left; and a row is in hexadecimal,
64 characters a digest, where one is replaced by two slices. A change touches one tile for up to 256 streams, two for up to 65,536.

Invariants:
- HEADS-1: the root given by set_head is the root hash of the tree built anew from all heads.
- HEADS-2: a witness has that root hash and shows one head; everything else in it is pruned.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from struct import pack, unpack
from typing import NamedTuple

from ddsx_core.hash_tree import SELF_DESCRIBED, empty_hash, labeled_hash, leaf_hash

HEAD_BYTES = 48

# 256 + 128 + 64 + 32 + 16 + 8 + 4 + 2 digests of 64 characters, 7 line breaks between 8 lines.
MAX_HEAD_TILE_CHARS = 32_647

_ROOT_LABEL = b"streams"
_HEAD_LABEL = b"head"
_FORK = b"\x10ic-hashtree-fork"


class Head(NamedTuple):
    """How far a stream's log has come: its number of records, its root, and the time in ns of its last batch."""

    size: int
    root: bytes
    time_ns: int


class Forest(NamedTuple):
    """The tiles that a change rewrote, by (L, k), and the new root hash to certify."""

    changed: dict[tuple[int, int], str]
    root: bytes


def encode_head(head: tuple[int, bytes, int]) -> bytes:
    """The 48 bytes certified for a stream. Raises ValueError when a number is not a nat64 or the root is not 32 bytes."""
    size, root, time_ns = head
    if not 0 <= size < 1 << 64 or not 0 <= time_ns < 1 << 64 or len(root) != 32:
        raise ValueError("a head is two nat64 and a root of 32 bytes")
    return pack(">Q32sQ", size, root, time_ns)


def decode_head(data: bytes) -> Head:
    """The head that 48 certified bytes spell. Raises ValueError for another length."""
    if len(data) != HEAD_BYTES:
        raise ValueError(f"a head has 48 bytes, not {len(data)}")
    size, root, time_ns = unpack(">Q32sQ", data)
    return Head(size, root, time_ns)


def head_path(stream: int) -> list[bytes]:
    """The path of a stream's head in the certified tree. Raises OverflowError when the id is not a nat64."""
    return [_ROOT_LABEL, stream.to_bytes(8, "big"), _HEAD_LABEL]


def head_hash(stream: int, head: bytes) -> bytes:
    """The hash of a stream's subtree with these 48 bytes of head. Cost: three hashes."""
    return labeled_hash(stream.to_bytes(8, "big"), labeled_hash(_HEAD_LABEL, leaf_hash(head)))


def no_heads_root() -> bytes:
    """The root hash while there is no stream. Cost: two hashes."""
    return labeled_hash(_ROOT_LABEL, empty_hash())


def set_head(read_tile: Callable[[int, int], str], number: int, digest: bytes, count: int) -> Forest:
    """Put the subtree hash (`head_hash`) of stream `number` in its place, in a forest of `count` streams after that.

    `read_tile(L, k)` gives a tile's text, "" when there is none. A new stream has number count - 1 and is set once before the next.
    Cost: for each tile on the way one read, a split and a join of 8 lines, and for each of its rows a hash of 81 bytes, a `hex` and a
    `fromhex` of 32 bytes and four slices; one hash for the root. One tile for up to 256 streams, two for up to 65,536; the one change
    that first needs another level of tiles reads the first tile as well.
    Raises ValueError when there is no such number, or the tiles are not those of `count` streams.
    """
    if not 0 <= number < count:
        raise ValueError(f"stream {number} is not among {count}")
    changed: dict[tuple[int, int], str] = {}
    tile_level, index, width = 0, number, count
    while True:
        tile, position = index >> 8, index & 255
        text = read_tile(tile_level, tile)
        lines = text.split("\n") if text else [""] * 8
        if not text and position and tile_level:
            lines[0] = _top(read_tile(tile_level - 1, 0)).hex()
        digest = _set_in_tile(lines, position, digest, min(256, width - (tile << 8)))
        changed[tile_level, tile] = "\n".join(lines)
        if width <= 256:
            return Forest(changed, labeled_hash(_ROOT_LABEL, digest))
        tile_level, index, width = tile_level + 1, tile, (width + 255) >> 8


def witness(read_tile: Callable[[int, int], str], number: int, count: int, stream: int, head: bytes) -> bytes:
    """The certified tree in CBOR, with tag 55799, of which only the head of one stream is shown.

    `number` and `count` as in `set_head`, whose tiles `read_tile` gives; `head` the 48 bytes last set for the stream with that id.
    Cost: for each tile on the way a read and a split, and a `fromhex` of 32 bytes for each of its rows; no hash.
    Raises ValueError when there is no such number, or the tiles are not those of `count` streams.
    """
    if not 0 <= number < count or len(head) != HEAD_BYTES:
        raise ValueError(f"stream {number} is not among {count}, or its head has not 48 bytes")
    tree = b"\x83\x02\x48" + stream.to_bytes(8, "big") + b"\x83\x02\x44" + _HEAD_LABEL + b"\x82\x03\x58\x30" + head
    tile_level, index, width = 0, number, count
    while True:
        tile, position = index >> 8, index & 255
        lines = read_tile(tile_level, tile).split("\n")
        tree = _prune_around(tree, lines, position, min(256, width - (tile << 8)))
        if width <= 256:
            return SELF_DESCRIBED + b"\x83\x02\x47" + _ROOT_LABEL + tree
        tile_level, index, width = tile_level + 1, tile, (width + 255) >> 8


def _set_in_tile(lines: list[str], position: int, digest: bytes, population: int) -> bytes:
    """Set a digest in row 0 of a tile that then has so many nodes there, and all nodes above it; gives the tile's top."""
    for row, line in enumerate(lines):
        at = position << 6
        behind = at + 64
        lines[row] = line[:at] + digest.hex() + line[behind:]
        if not row:
            _check_population(lines, population)
        if population == 1:
            break
        if position & 1:
            digest = sha256(_FORK + bytes.fromhex(line[at - 64 : at]) + digest).digest()
        elif position + 1 < population:
            digest = sha256(_FORK + digest + bytes.fromhex(line[behind : behind + 64])).digest()
        position >>= 1
        population = (population + 1) >> 1
    return digest


def _prune_around(tree: bytes, lines: list[str], position: int, population: int) -> bytes:
    """The CBOR of a tile's top, given that of the node at a position of its row 0, with all siblings pruned."""
    _check_population(lines, population)
    row = 0
    while population > 1:
        at = (position ^ 1) << 6
        if position & 1:
            tree = b"\x83\x01\x82\x04\x58\x20" + bytes.fromhex(lines[row][at : at + 64]) + tree
        elif position + 1 < population:
            tree = b"\x83\x01" + tree + b"\x82\x04\x58\x20" + bytes.fromhex(lines[row][at : at + 64])
        row, position, population = row + 1, position >> 1, (population + 1) >> 1
    return tree


def _check_population(lines: list[str], population: int) -> None:
    """A gap, a stream not set, or another count than last time: each gives row 0 another length than it should have."""
    if len(lines[0]) != population << 6:
        raise ValueError(f"a tile of {len(lines[0]) >> 6} nodes should have {population}: streams are numbered densely, each is set once")


def _top(text: str) -> bytes:
    """The node over a full tile."""
    return sha256(_FORK + bytes.fromhex(text.rpartition("\n")[2])).digest()
