"""Appending a batch to a stream's log, and reading records back with their proof.

A batch becomes one or several *segments* (see `segments`), cut so that each rests in a map value of at most MAX_SEGMENT_BYTES: a map
reserves room for its largest value whatever is stored. All records of a batch have the same time and contributor. The latest records wait
in the log's tail (see `log_tail`) before they go to the maps.

What is stored, the tail with it, is read through functions that the caller hands in, `read_tile(L, k)` and `read_run(first)`; nothing is
written here.

Invariants:
- LOG-1: a stream's size, root and peaks are those of the RFC 6962 tree over the leaves of all its records, however they were batched.
- LOG-2: the records of a page, in order, with the page's proof, lead to the root of the stream.
"""

from __future__ import annotations

from binascii import b2a_base64
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import NamedTuple

from ddsx_core import merkle, segments
from ddsx_core.contributors import Span
from ddsx_core.limits import MAX_BATCH_BYTES, MAX_BATCH_RECORDS, MAX_RECORD_BYTES
from ddsx_core.log_tail import Tail, keep_batch
from ddsx_core.refused import Refused
from ddsx_core.streams import StreamState
from ddsx_core.tiles import TileUpdate, node_reader, run_start
from ddsx_core.units import Nanoseconds, PrincipalText

MAX_SEGMENT_BYTES = 32_000
"""UTF-8 bytes of one segment's text; see above. A read loads such values whole."""

MAX_PAGE_RECORDS = 1_000
"""Records in one page of a read."""

MAX_PAGE_SEGMENTS = 48
"""Segments in one page of a read: at most 1.54 MB, half of what a query may answer and below the 2 MiB of an update."""

_HEADER_BYTES = 116
# A line break, and 16 bytes of salt as base64: 4 characters for 3 bytes, up to two more for the last ones are in _HEADER_BYTES.
_OVERHEAD_BYTES = 23


class Grown(NamedTuple):
    """What a batch makes: the log's new size, root, peaks and tail, and what is stored anew.

    `runs` are (first sequence number, text); `tiles` by (L, k) what each gains, see `tiles.extend_tile`.
    """

    size: int
    root: bytes
    peaks: list[bytes]
    tail: Tail
    runs: list[tuple[int, str]]
    tiles: dict[tuple[int, int], TileUpdate]


class Slice(NamedTuple):
    """Records of one segment: who appended them and when, the number of the first, the salts of all in base64, their lines."""

    contributor: str
    time_ns: int
    first_sequence: int
    salts: str
    records: list[str]


class Page(NamedTuple):
    """Records that follow each other, by segment, and the range proof over all of them: its digests joined, in base64."""

    slices: list[Slice]
    proof: str


# -- Appending --------------------------------------------------------------------------------------------------------------


def check_records(records: Sequence[str]) -> None:
    """Whether records can be a batch.

    Refuses (in order): EmptyBatch; OversizedBatch for too many records, then for too many bytes; MalformedRecord for the first record
        with a line break in it or of more than MAX_RECORD_BYTES.
    Cost: two joins and encodings of the whole batch.
    """
    if not records:
        raise Refused("EmptyBatch")
    if len(records) > MAX_BATCH_RECORDS or len("".join(records).encode()) > MAX_BATCH_BYTES:
        raise Refused("OversizedBatch", {"most_records": MAX_BATCH_RECORDS, "most_bytes": MAX_BATCH_BYTES})
    bad = segments.check_payloads(records, MAX_RECORD_BYTES)
    if bad is not None:
        index, reason, _ = bad
        raise Refused("MalformedRecord", {"index": index, "reason": reason})


def grow(
    state: StreamState, stream: int, seed: bytes, caller: PrincipalText, principal: bytes, records: Sequence[str], now: Nanoseconds
) -> Grown:
    """A stream's log with a batch more, which has passed `check_records`.

    seed: the registry's secret, see `segments.draw_salts`. caller, principal: the contributor, as text and as bytes.
    Cost: three hashes a record, one base64 and one join for each segment, beside the joins and encodings of the whole batch; and
        `keep_batch`.
    """
    first, _, _, old_peaks, tail, *_ = state
    salts = segments.draw_salts(seed, stream, first, len(records))
    leaves = segments.leaf_hashes(stream, first, now, principal, segments.payload_digests(records, salts))
    size, peaks, rows = merkle.append(first, old_peaks, leaves)
    texts = [
        (first + start, segments.encode_segment(caller, now, salts[16 * start : 16 * end], records[start:end]))
        for start, end in segment_bounds(records)
    ]
    tail, runs, tiles = keep_batch(tail, size, rows, texts)
    return Grown(size, merkle.root(size, peaks), peaks, tail, runs, tiles)


def segment_bounds(records: Sequence[str]) -> list[tuple[int, int]]:
    """How a batch is cut into segments: the first record of each, and the one behind its last.

    Each segment takes as many records as surely fit into MAX_SEGMENT_BYTES. Cost: a comprehension over the records, when one segment
    cannot take them all.
    """
    data = "\n".join(records).encode()
    count = len(records)
    room = MAX_SEGMENT_BYTES - _HEADER_BYTES
    if len(data) + _OVERHEAD_BYTES * count <= room:
        return [(0, count)]
    lines = records if data.isascii() else data.split(b"\n")
    ends = list(accumulate([len(line) + _OVERHEAD_BYTES for line in lines]))
    bounds: list[tuple[int, int]] = []
    start = taken = 0
    while start < count:
        end = bisect_right(ends, taken + room, start)
        bounds.append((start, end))
        start, taken = end, ends[end - 1]
    return bounds


# -- Reading ----------------------------------------------------------------------------------------------------------------


def check_range(size: int, start: int, limit: int) -> None:
    """Whether a page of `limit` records from number `start` on can be read from a log of `size`; it may end sooner.

    Refuses (in order): LimitOutOfRange unless the limit is 1 to MAX_PAGE_RECORDS; OutOfRange when there is no such record yet.
    """
    if not 0 < limit <= MAX_PAGE_RECORDS:
        raise Refused("LimitOutOfRange", {"most": MAX_PAGE_RECORDS})
    if start >= size:
        raise Refused("OutOfRange", {"size": size})


def read_page(
    read_tile: Callable[[int, int], str], read_run: Callable[[int], str], size: int, peaks: Sequence[bytes], start: int, limit: int
) -> Page:
    """The records [start, start + limit) of a log of `size`, as far as they exist and lie in MAX_PAGE_SEGMENTS segments, with their proof.

    The range has passed `check_range`. Cost: a read and a split for each run (decoding and encoding salts only where a segment is cut);
    for the proof see `merkle.range_proof`; each tile is read once.
    """
    end = min(size, start + limit)
    tile = read_tile(0, start >> 8)
    first = run_start(tile, start)
    slices: list[Slice] = []
    at = start
    while at < end and len(slices) < MAX_PAGE_SEGMENTS:
        for contributor, time_ns, count, salts, records in segments.split_run(read_run(first)):
            behind = first + count
            if first < end and behind > start and len(slices) < MAX_PAGE_SEGMENTS:
                if first < start or behind > end:
                    low, high = max(start - first, 0), min(end - first, count)
                    cut = segments.cut_salts(salts, low, high)
                    slices.append(Slice(contributor, time_ns, first + low, cut, records[low:high]))
                else:
                    slices.append(Slice(contributor, time_ns, first, salts, records))
                at = min(behind, end)
            first = behind
    proof = merkle.range_proof(start, at, size, node_reader(read_tile, {(0, start >> 8): tile.split("\n")}), peaks)
    return Page(slices, b2a_base64(b"".join(proof), newline=False).decode())


def root_at(read_tile: Callable[[int, int], str], size: int) -> bytes:
    """The root that the log had when it held `size` records. Cost: a read for each tile with one of its peaks, a hash a peak."""
    node = node_reader(read_tile)
    peaks = [node(level, (size >> level) - 1) for level in range(size.bit_length() - 1, -1, -1) if size >> level & 1]
    return merkle.root(size, peaks)


def stored_batch(
    read_tile: Callable[[int, int], str], read_run: Callable[[int], str], span: Span
) -> tuple[Nanoseconds, list[str]]:
    """The time and the records of a batch that was appended before."""
    first, count = span
    at = run_start(read_tile(0, first >> 8), first)
    found: list[str] = []
    time_ns = 0
    while len(found) < count:
        for _, segment_time, records_in_it, _, records in segments.split_run(read_run(at)):
            if first <= at < first + count:
                time_ns = segment_time
                found += records
            at += records_in_it
    return Nanoseconds(time_ns), found
