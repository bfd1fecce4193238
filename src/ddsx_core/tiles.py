"""Where the nodes of a Merkle tree rest: tiles of 256 nodes and the rows above them, as text.

Tile (L, k) covers 256 nodes of tree level 8L and holds the complete nodes of eight levels, a row each: row r has the nodes of level
8L + r over them, so at most 256 >> r. Its text is one line a row, the digests of the row joined and in base64. Three digests are 96
bytes and exactly 128 characters: a group. So an append re-encodes only the last, incomplete group of a row, and a read decodes one.

A tile of L = 0 has one more line, which finds the run (see `segments`) of any record in it: `<start>:<offsets>`. `start` (decimal) is the
first sequence number of the run that holds the tile's first record; `offsets` are those of the runs that begin further on in the
tile, counted from its first record, two hexadecimal digits each. A missing tile is "".

Text, because a byte of text crosses into a stable map for a fiftieth of what a byte of a blob costs; one value a tile, because an
operation on a map costs much the same whatever its size.

Invariants:
- TILE-1: node_reader gives for every complete node of the tree what `merkle.append` made, however the batches were cut.
- TILE-2: run_start gives for every record the largest run start that is not after it.
- TILE-3: no tile has more than MAX_TILE_CHARS characters, all of them ASCII.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import NamedTuple

TILE_WIDTH = 256

# Of the 128 characters of a group those that hold the first, second and third digest, from and to a multiple of 4, and how many bytes of
# what they decode to come before it.
_CHARACTERS = ((0, 44, 0), (40, 88, 2), (84, 128, 1))

_NO_LINES = ("",) * 8

# The worst tile, L = 0 and full of runs of one record: rows of 256, 128, 64, 32, 16, 8, 4 and 2 digests are 10,924 + 5,464 + 2,732
# + 1,368 + 684 + 344 + 172 + 88 characters, 8 line breaks between 9 lines, a start of 13 digits (below 2^40), a colon, 255 offsets of 2.
MAX_TILE_CHARS = 22_308

# Keys are nat64: the stream's number, dense within a registry, above the 40 bits that number a record or a tile of it.
MAX_STREAM_NUMBER = (1 << 24) - 1
MAX_SEQUENCE = (1 << 40) - 1
MAX_TILE_LEVEL = (1 << 4) - 1
MAX_TILE_INDEX = (1 << 32) - 1


class TileUpdate(NamedTuple):
    """What one tile gains: `rows` of (row, position of the first new digest, digests packed), and what its line of starts gains."""

    rows: list[tuple[int, int, bytes]]
    starts: str


def tile_of(level: int, index: int) -> tuple[int, int, int, int]:
    """(L, k, row, position) of the tree node `index` at `level`. Cost: arithmetic only."""
    row = level & 7
    shift = 8 - row
    return level >> 3, index >> shift, row, index & ((1 << shift) - 1)


def tile_updates(rows: Sequence[tuple[int, bytes]], run_starts: Sequence[int]) -> dict[tuple[int, int], TileUpdate]:
    """An append's new nodes (`merkle.Appended.rows`) by the tile (L, k) that gains them, in ascending order of rows.

    `run_starts` are the sequence numbers at which the batch's runs begin, ascending, the first one that of its first record.
    Cost: a slice and a few additions for each pair of tile and row touched, about 8 for each 256 records; no digest is looked at.
    Raises ValueError for an append of nothing, or when the starts do not begin at the batch's first record or go beyond its last.
    """
    if not rows or not run_starts or run_starts[0] != rows[0][0]:
        raise ValueError("the first run of a batch starts at its first record")
    if run_starts[-1] >= rows[0][0] + len(rows[0][1]) // 32:
        raise ValueError("the last run of a batch starts at one of its records")
    parts: dict[tuple[int, int], list[tuple[int, int, bytes]]] = {}
    for level, (index, digests) in enumerate(rows):
        tile_level, number, row, position = tile_of(level, index)
        taken, room = 0, ((TILE_WIDTH >> row) - position) << 5
        while taken < len(digests):
            parts.setdefault((tile_level, number), []).append((row, position, digests[taken : taken + room]))
            number, position, taken, room = number + 1, 0, taken + room, TILE_WIDTH << 5 >> row
    return {key: TileUpdate(part, _starts_within(key[1], part[0][1], run_starts) if key[0] == 0 else "") for key, part in parts.items()}


def extend_tile(text: str, update: TileUpdate) -> str:
    """The text of a tile ("" when there is none yet) with an update applied.

    Cost: a split and a join of 9 lines; for each row gained, a decoding of at most 64 bytes and an encoding of those and the new ones.
    Raises ValueError when a row does not end where the update begins.
    """
    rows, starts = update
    lines = text.split("\n") if text else [""] * (9 if starts else 8)
    for row, position, digests in rows:
        lines[row] = _extend_row(lines[row], position, digests)
    if starts:
        lines[8] += starts
    return "\n".join(lines)


def digests_in(characters: int) -> int:
    """How many digests a row of so many characters holds: 128 for three, then 44 for one more or 88 for two. Cost: arithmetic only."""
    return (characters >> 7) * 3 + (characters & 127) // 44


def node_reader(
    read_tile: Callable[[int, int], str], known: dict[tuple[int, int], Sequence[str]] | None = None
) -> Callable[[int, int], bytes]:
    """The `node(level, index)` that proofs ask for, over `read_tile(L, k)`, which gives a tile's text or "".

    known: lines of tiles that need not be read.

    Each tile is read and split once for the life of the reader, so use one reader for one proof or one message.
    Cost: a read and a split for each tile, then a decoding of 36 bytes for each node. `node` raises ValueError for a node not stored.
    """
    tiles = {} if known is None else known

    def node(level: int, index: int) -> bytes:
        # As `tile_of`, whose call would cost as much as what it does.
        row = level & 7
        width = 8 - row
        number = index >> width
        place = level >> 3, number
        lines = tiles.get(place)
        if lines is None:
            text = read_tile(*place)
            lines = text.split("\n") if text else _NO_LINES
            tiles[place] = lines
        position = index - (number << width)
        group = position // 3
        start, end, skipped = _CHARACTERS[position - 3 * group]
        group <<= 7
        digest = a2b_base64(lines[row][group + start : group + end])[skipped : skipped + 32]
        if len(digest) != 32:
            raise ValueError(f"the tile holds no digest {position} in row {row}")
        return digest

    return node


def run_start(text: str, sequence: int) -> int:
    """The first sequence number of the run that holds record `sequence`, from the tile (0, sequence // 256) of its stream.

    Cost: a split (in a canister cheaper than any search), a `fromhex` of the offsets and a bisection. Raises ValueError when the tile
    does not hold the record yet.
    """
    offset = sequence & (TILE_WIDTH - 1)
    lines = text.split("\n")
    if offset >= digests_in(len(lines[0])):
        raise ValueError(f"record {sequence} is not in this tile")
    covering, _, offsets = lines[8].partition(":")
    starts = bytes.fromhex(offsets)
    place = bisect_right(starts, offset)
    return sequence - offset + starts[place - 1] if place else int(covering)


def run_key(stream_number: int, sequence: int) -> int:
    """The nat64 key of the run of a stream that begins at `sequence`: 24 bits of stream, 40 of sequence; sorted as they are.

    Raises ValueError when either is negative or too large.
    """
    if not 0 <= stream_number <= MAX_STREAM_NUMBER:
        raise ValueError(f"stream number {stream_number} has not 24 bits")
    if not 0 <= sequence <= MAX_SEQUENCE:
        raise ValueError(f"sequence number {sequence} has not 40 bits")
    return stream_number << 40 | sequence


def tile_key(stream_number: int, tile_level: int, number: int) -> int:
    """The nat64 key of tile (tile_level, number) of a stream: 24 bits of stream, 8 of level (at most 15), 32 of number; sorted so.

    Raises ValueError when one of them is negative or too large.
    """
    if not 0 <= stream_number <= MAX_STREAM_NUMBER:
        raise ValueError(f"stream number {stream_number} has not 24 bits")
    if not 0 <= tile_level <= MAX_TILE_LEVEL:
        raise ValueError(f"tile level {tile_level} has not 4 bits")
    if not 0 <= number <= MAX_TILE_INDEX:
        raise ValueError(f"tile number {number} has not 32 bits")
    return stream_number << 40 | tile_level << 32 | number


def _starts_within(number: int, position: int, run_starts: Sequence[int]) -> str:
    """What the line of starts of tile (0, number) gains when records from `position` of it on are added."""
    base = number * TILE_WIDTH
    begin = bisect_right(run_starts, base)
    offsets = bytes([start - base for start in run_starts[begin : bisect_left(run_starts, base + TILE_WIDTH)]]).hex()
    return offsets if position else f"{run_starts[begin - 1]}:{offsets}"


def _extend_row(line: str, position: int, digests: bytes) -> str:
    if digests_in(len(line)) != position:
        raise ValueError(f"a row of {digests_in(len(line))} digests is not extended at {position}")
    tail = len(line) & 127
    if tail:
        digests = a2b_base64(line[-tail:]) + digests
        line = line[:-tail]
    return line + b2a_base64(digests, newline=False).decode()
