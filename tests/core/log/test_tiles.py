"""Tiles: every node of the tree is found again, every record's run too, and the texts keep to their size."""

from __future__ import annotations

from binascii import b2a_base64
from hashlib import sha256

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ddsx_core import merkle, tiles

LEAVES = [sha256(b"leaf %d" % index).digest() for index in range(70_000)]
ROW_CHARS = [10_924, 5_464, 2_732, 1_368, 684, 344, 172, 88]


class Log:
    """A stream's log as a canister keeps it, and beside it all nodes ever made, each by its place."""

    def __init__(self) -> None:
        self.size = 0
        self.peaks: list[bytes] = []
        self.texts: dict[tuple[int, int], str] = {}
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.starts: list[int] = []

    def append(self, runs: list[int]) -> None:
        """One batch, cut into runs of so many records."""
        starts = [self.size + sum(runs[:place]) for place in range(len(runs))]
        appended = merkle.append(self.size, self.peaks, LEAVES[self.size : self.size + sum(runs)])
        for key, update in tiles.tile_updates(appended.rows, starts).items():
            self.texts[key] = tiles.extend_tile(self.texts.get(key, ""), update)
        for level, (first, digests) in enumerate(appended.rows):
            self.nodes |= {(level, first + at // 32): digests[at : at + 32] for at in range(0, len(digests), 32)}
        self.size, self.peaks = appended.size, appended.peaks
        self.starts += starts

    def tile(self, tile_level: int, number: int) -> str:
        return self.texts.get((tile_level, number), "")


def log_of(*batches: list[int]) -> Log:
    log = Log()
    for runs in batches:
        log.append(runs)
    return log


def read_node(text: str, row: int, position: int) -> bytes:
    return tiles.node_reader(lambda _level, _number: text)(row, position)


run_sizes = st.one_of(st.integers(1, 5), st.integers(1, 300))


@given(st.lists(st.lists(run_sizes, min_size=1, max_size=3), max_size=4))
@example([[256], [256]])
@example([[1]] * 20)
@example([[255], [1, 1], [255]])
@example([[600, 1, 1]])
def test_every_node_and_every_run_is_found_again(batches: list[list[int]]) -> None:
    """TILE-1, TILE-2, TILE-3."""
    log = log_of(*batches)
    node = tiles.node_reader(log.tile)
    assert {place: node(*place) for place in log.nodes} == log.nodes
    for start, end in zip(log.starts, [*log.starts[1:], log.size], strict=False):
        assert {tiles.run_start(log.tile(0, sequence >> 8), sequence) for sequence in range(start, end)} == {start}
    for text in log.texts.values():
        assert text.isascii()
        assert len(text) <= tiles.MAX_TILE_CHARS


@given(st.lists(st.integers(1, 300), min_size=1, max_size=5))
def test_how_a_log_was_cut_into_batches_does_not_show_in_its_nodes(counts: list[int]) -> None:
    by_batch, at_once = log_of(*([count] for count in counts)), log_of(counts)
    assert by_batch.texts == at_once.texts


def test_tile_of_places_each_row_above_the_one_below() -> None:
    assert tiles.tile_of(0, 0) == (0, 0, 0, 0)
    assert tiles.tile_of(0, 255) == (0, 0, 0, 255)
    assert tiles.tile_of(0, 256) == (0, 1, 0, 0)
    assert tiles.tile_of(7, 1) == (0, 0, 7, 1)
    assert tiles.tile_of(7, 2) == (0, 1, 7, 0)
    assert tiles.tile_of(8, 255) == (1, 0, 0, 255)
    assert tiles.tile_of(8, 256) == (1, 1, 0, 0)
    assert tiles.tile_of(39, 1) == (4, 0, 7, 1)


@given(st.integers(0, 40), st.integers(0, (1 << 40) - 1))
def test_a_node_lies_in_the_tile_over_its_leaves(level: int, index: int) -> None:
    tile_level, number, row, position = tiles.tile_of(level, index)
    assert level == 8 * tile_level + row
    assert 0 <= position < 256 >> row
    assert index == (number << (8 - row)) + position


def test_levels_above_the_eighth_lie_in_tiles_of_their_own() -> None:
    log = log_of([65_536], [4_000])
    assert len(log.texts) == 272 + 2 + 1
    assert log.texts[1, 0].count("\n") == 7
    assert [len(line) for line in log.texts[1, 0].split("\n")] == ROW_CHARS
    assert read_node(log.tile(2, 0), 0, 0) == log.peaks[0]
    node = tiles.node_reader(log.tile)
    root = merkle.root(log.size, log.peaks)
    for first, end in ((0, 1), (65_535, 65_537), (300, 900), (69_535, 69_536)):
        merkle.verify_range(LEAVES[first:end], first, merkle.range_proof(first, end, log.size, node, log.peaks), log.size, root)


def test_the_largest_tile_has_the_size_told() -> None:
    first = tiles.MAX_SEQUENCE - 511
    row_update = [(row, 0, b"\xff" * 32 * (256 >> row)) for row in range(8)]
    offsets = bytes(range(1, 256)).hex()
    text = tiles.extend_tile("", tiles.TileUpdate(row_update, f"{first}:{offsets}"))
    assert [len(line) for line in text.split("\n")] == [*ROW_CHARS, 13 + 1 + 510]
    assert len(text) == tiles.MAX_TILE_CHARS


def test_a_tile_of_256_runs_of_one_record_spells_them_so() -> None:
    log = log_of(*([1] for _ in range(257)))
    assert log.texts[0, 0].split("\n")[8] == "0:" + bytes(range(1, 256)).hex()
    assert log.texts[0, 1].split("\n") == [b2a_base64(LEAVES[256], newline=False).decode(), "", "", "", "", "", "", "", "256:"]


def test_a_run_over_three_tiles_is_found_from_each() -> None:
    log = log_of([10], [600], [5])
    assert [log.texts[0, number].split("\n")[8] for number in range(3)] == ["0:0a", "10:", "10:62"]
    assert tiles.run_start(log.texts[0, 2], 609) == 10
    assert tiles.run_start(log.texts[0, 2], 610) == 610


def test_a_record_that_is_not_there_yet_has_no_run() -> None:
    log = log_of([258])
    assert tiles.run_start(log.texts[0, 1], 257) == 0
    with pytest.raises(ValueError, match="258 is not in this tile"):
        tiles.run_start(log.texts[0, 1], 258)
    with pytest.raises(ValueError, match="0 is not in this tile"):
        tiles.run_start("", 0)


def test_a_node_is_read_from_its_tile_alone() -> None:
    log = log_of([300], [1])
    for (level, index), digest in log.nodes.items():
        tile_level, number, row, position = tiles.tile_of(level, index)
        assert read_node(log.texts[tile_level, number], row, position) == digest


def test_a_node_that_is_not_there_is_refused() -> None:
    text = log_of([5]).texts[0, 0]
    assert read_node(text, 0, 4) == LEAVES[4]
    for row, position in ((0, 5), (0, 6), (1, 2), (3, 0)):
        with pytest.raises(ValueError, match=f"no digest {position} in row {row}"):
            read_node(text, row, position)
    with pytest.raises(ValueError, match="no digest"):
        tiles.node_reader(lambda _level, _number: "")(0, 0)


def test_a_reader_reads_each_tile_once() -> None:
    log = log_of([700])
    asked: list[tuple[int, int]] = []

    def read_tile(tile_level: int, number: int) -> str:
        asked.append((tile_level, number))
        return log.tile(tile_level, number)

    merkle.range_proof(100, 600, 700, tiles.node_reader(read_tile), log.peaks)
    assert sorted(asked) == [(0, 0), (0, 2)]


def test_a_row_that_does_not_end_where_the_update_begins_is_refused() -> None:
    text = log_of([3]).texts[0, 0]
    for position in (2, 4):
        with pytest.raises(ValueError, match=f"a row of 3 digests is not extended at {position}"):
            tiles.extend_tile(text, tiles.TileUpdate([(0, position, LEAVES[0])], ""))


@pytest.mark.parametrize("starts", [[], [6], [4], [6, 5]])
def test_starts_that_do_not_begin_with_the_batch_are_refused(starts: list[int]) -> None:
    appended = merkle.append(5, merkle.append(0, [], LEAVES[:5]).peaks, LEAVES[5:8])
    with pytest.raises(ValueError, match="first run"):
        tiles.tile_updates(appended.rows, starts)
    with pytest.raises(ValueError, match="first run"):
        tiles.tile_updates([], [5])
    with pytest.raises(ValueError, match="last run"):
        tiles.tile_updates(appended.rows, [5, 8])
    assert set(tiles.tile_updates(appended.rows, [5, 7])) == {(0, 0)}


@given(
    st.tuples(st.integers(0, tiles.MAX_STREAM_NUMBER), st.integers(0, 15), st.integers(0, tiles.MAX_TILE_INDEX)),
    st.tuples(st.integers(0, tiles.MAX_STREAM_NUMBER), st.integers(0, 15), st.integers(0, tiles.MAX_TILE_INDEX)),
)
def test_tile_keys_are_distinct_and_sorted_as_their_parts(one: tuple[int, int, int], other: tuple[int, int, int]) -> None:
    assert (tiles.tile_key(*one) < tiles.tile_key(*other)) == (one < other)
    assert 0 <= tiles.tile_key(*one) < 1 << 64


@given(
    st.tuples(st.integers(0, tiles.MAX_STREAM_NUMBER), st.integers(0, tiles.MAX_SEQUENCE)),
    st.tuples(st.integers(0, tiles.MAX_STREAM_NUMBER), st.integers(0, tiles.MAX_SEQUENCE)),
)
def test_run_keys_are_distinct_and_sorted_as_their_parts(one: tuple[int, int], other: tuple[int, int]) -> None:
    assert (tiles.run_key(*one) < tiles.run_key(*other)) == (one < other)
    assert 0 <= tiles.run_key(*one) < 1 << 64


def test_keys_at_their_bounds() -> None:
    assert tiles.run_key(0, 0) == 0
    assert tiles.run_key((1 << 24) - 1, (1 << 40) - 1) == (1 << 64) - 1
    assert tiles.tile_key(1, 2, 3) == 0x0000_0102_0000_0003
    assert tiles.tile_key((1 << 24) - 1, 15, (1 << 32) - 1) == 0xFFFF_FF0F_FFFF_FFFF


@pytest.mark.parametrize(("stream", "sequence"), [(-1, 0), (1 << 24, 0), (0, -1), (0, 1 << 40)])
def test_run_keys_out_of_bounds_are_refused(stream: int, sequence: int) -> None:
    with pytest.raises(ValueError, match="bits"):
        tiles.run_key(stream, sequence)


@pytest.mark.parametrize(("stream", "level", "number"), [(-1, 0, 0), (1 << 24, 0, 0), (0, -1, 0), (0, 16, 0), (0, 0, -1), (0, 0, 1 << 32)])
def test_tile_keys_out_of_bounds_are_refused(stream: int, level: int, number: int) -> None:
    with pytest.raises(ValueError, match="bits"):
        tiles.tile_key(stream, level, number)
