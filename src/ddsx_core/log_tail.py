"""The tail of a stream's log: its latest records, which do not rest in the maps of segments and tiles yet.

An operation on a large map costs a canister up to 1.6 M instructions. So a small batch only makes the tail longer, and the tail lies in
the stream's state, which every append reads and writes anyway. When a batch does not fit in, tail and batch leave for the maps together:
their segments as runs (see `segments`), one where they are short, and their nodes into the tiles.

To a reader the tail is a run like any other, and tiles that gain its nodes: `read_run` and `tail_tiles`.

Invariants:
- TAIL-1: with its tail a log has the same nodes and records as if every batch had gone to the maps.
- TAIL-2: a tail has fewer than MAX_TAIL_RECORDS records and at most MAX_TAIL_BYTES bytes of segments.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ddsx_core.tiles import TileUpdate, tile_updates

MAX_TAIL_RECORDS = 32
"""A tail has fewer: what every append rewrites has a bound, and going to the maps, once in so many small appends, costs each little."""

MAX_TAIL_BYTES = 8_000
"""UTF-8 bytes of a tail's segments: 25 of one record of 200 bytes. A run of this size fills the middle one of the maps of segments."""

MAX_TAIL_NODES = 96
"""Nodes that the most records of a tail complete: 31 from number 2^39 - 1 on. The first alone completes 40, the others 56."""


class Tail(NamedTuple):
    """The number of its first record; the digests of its nodes in hex; its segments as a run. These two are "" when it has no record.

    The nodes stand in the order in which `merkle.append` made them: batch by batch, each level by level.
    """

    first: int
    nodes: str
    run: str


Kept = tuple[Tail, list[tuple[int, str]], dict[tuple[int, int], TileUpdate]]
"""Where a batch went: the tail after it; to be stored, the runs (first sequence number, text) and, by (L, k), the updates of tiles."""


def keep_batch(tail: Tail, size: int, rows: Sequence[tuple[int, bytes]], texts: list[tuple[int, str]]) -> Kept:
    """Put a batch, after which the log has `size` records, into the tail, or with the tail into the maps.

    rows: the nodes that it completed (`merkle.Appended.rows`). texts: its segments by the number of their first record.
    Cost: a join and an encoding of the tail with the batch; where they leave, as `tail_tiles`.
    """
    first, nodes, run = tail
    digests = b"".join([row for _, row in rows])
    joined = f"{run}\n{texts[0][1]}" if run else texts[0][1]
    is_short = len(texts) == 1 and len(joined.encode()) <= MAX_TAIL_BYTES
    if is_short and size - first < MAX_TAIL_RECORDS:
        return Tail(first, nodes + digests.hex(), joined), [], {}
    runs = [(first, joined)] if is_short else [(first, run), *texts] if run else texts
    if run:
        batches = [*_batch_sizes(run), size - rows[0][0]]
        rows = _rows(first, batches, bytes.fromhex(nodes) + digests)
    return Tail(size, "", ""), runs, tile_updates(rows, [start for start, _ in runs])


def is_in_tail(tail: Tail, size: int, tile_level: int, number: int) -> bool:
    """Whether tile (L, k) may gain nodes by the tail of a log of `size`; most tiles do not. Cost: arithmetic only."""
    first, _, _ = tail
    lowest = tile_level << 3
    begin = first >> lowest
    return size >> lowest > begin and number >= begin >> 8


def tail_tiles(tail: Tail) -> dict[tuple[int, int], TileUpdate]:
    """What tiles gain by the nodes of a tail, by (L, k). Cost: a split of its run; a `fromhex`; a slice for each batch and level."""
    first, nodes, run = tail
    return tile_updates(_rows(first, _batch_sizes(run), bytes.fromhex(nodes)), [first]) if run else {}


def _batch_sizes(run: str) -> list[int]:
    """How many records each batch of a tail has: each is one segment, whose header was written here and is not checked again."""
    lines = run.split("\n")
    sizes: list[int] = []
    at = 0
    while at < len(lines):
        records = int(lines[at].split(" ")[3])
        sizes.append(records)
        at += 1 + records
    return sizes


def _rows(first: int, batches: Sequence[int], digests: bytes) -> list[tuple[int, bytes]]:
    """The nodes of batches from record `first` on, which stand batch by batch, as if one append had made them all."""
    rows: list[bytes] = []
    start, taken = first, 0
    for records in batches:
        end, level = start + records, 0
        while end >> level > start >> level:
            width = (end >> level) - (start >> level) << 5
            if level == len(rows):
                rows.append(b"")
            rows[level] += digests[taken : taken + width]
            taken += width
            level += 1
        start = end
    return [(first >> level, row) for level, row in enumerate(rows)]
