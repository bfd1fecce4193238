"""The tail of a log: no node and no record is lost on its way to the maps, and it keeps to its size."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ddsx_core import merkle, segments, tiles
from ddsx_core.log_tail import MAX_TAIL_BYTES, MAX_TAIL_NODES, MAX_TAIL_RECORDS, Tail, keep_batch, tail_tiles

LEAVES = [sha256(f"leaf {number}".encode()).digest() for number in range(1_000)]
HEADER = len(segments.encode_segment("aaaaa-aa", 7, bytes(16), [""]))


class Log:
    """Nodes and runs as `keep_batch` says, beside them the tiles of a log without a tail."""

    def __init__(self, size: int = 0) -> None:
        self.size = size
        self.peaks = [bytes(32)] * size.bit_count()
        self.tail = Tail(size, "", "")
        self.runs: dict[int, str] = {}
        self.tiles: dict[tuple[int, int], str] = {}
        self.direct: dict[tuple[int, int], list[str]] = {}
        self.payloads: list[str] = []

    def append(self, payloads: list[str], cut: int = 0) -> None:
        """One batch, in two segments when it is cut."""
        first = self.size
        self.size, self.peaks, rows = merkle.append(first, self.peaks, LEAVES[: len(payloads)])
        parts = [(0, payloads[:cut]), (cut, payloads[cut:])] if cut else [(0, payloads)]
        texts = [(first + start, segments.encode_segment("aaaaa-aa", 7, bytes(16 * len(part)), part)) for start, part in parts]
        self.tail, runs, gained = keep_batch(self.tail, self.size, rows, texts)
        self.runs.update(runs)
        for key, update in gained.items():
            self.tiles[key] = tiles.extend_tile(self.tiles.get(key, ""), update)
        for key, update in tiles.tile_updates(rows, [start for start, _ in texts]).items():
            before = "\n".join(self.direct[key]) if key in self.direct else ""
            self.direct[key] = tiles.extend_tile(before, update).split("\n")
        self.payloads += payloads

    def read_tiles(self) -> dict[tuple[int, int], str]:
        """The tiles as a reader sees them."""
        gained = {key: tiles.extend_tile(self.tiles.get(key, ""), update) for key, update in tail_tiles(self.tail).items()}
        return self.tiles | gained

    def read_runs(self) -> dict[int, str]:
        """The runs as a reader sees them."""
        return self.runs | ({self.tail.first: self.tail.run} if self.tail.run else {})


batches = st.lists(st.tuples(st.integers(1, 40), st.sampled_from([0, 10, 200, 3_000]), st.integers(0, 2)), max_size=60)


@given(batches)
@example([(1, 0, 0)] * 300)
@example([(1, 200, 0), (300, 10, 2), (1, 0, 0)])
def test_a_reader_finds_with_a_tail_what_there_is_without(sizes: list[tuple[int, int, int]]) -> None:
    """TAIL-1, TAIL-2."""
    log = Log()
    for number, (count, length, cut) in enumerate(sizes):
        log.append([f"{number}".ljust(length, "x")] * count, cut if cut < count else 0)
        assert log.size - log.tail.first < MAX_TAIL_RECORDS
        assert len(log.tail.run.encode()) <= MAX_TAIL_BYTES
        assert (log.size == log.tail.first) == (not log.tail.run) == (not log.tail.nodes)
    read = log.read_tiles()
    assert {key: text.split("\n")[:8] for key, text in read.items()} == {key: lines[:8] for key, lines in log.direct.items()}
    runs = log.read_runs()
    found: list[str] = []
    for first in sorted(runs):
        assert first == len(found)
        found += [payload for _, _, _, _, payloads in segments.split_run(runs[first]) for payload in payloads]
        assert {tiles.run_start(read[0, sequence >> 8], sequence) for sequence in range(first, len(found))} == {first}
    assert found == log.payloads


def test_the_record_that_fills_the_tail_takes_all_of_it_to_the_maps_as_one_run() -> None:
    log = Log()
    for number in range(MAX_TAIL_RECORDS - 1):
        log.append([f"{number}"])
    assert (log.runs, log.tiles) == ({}, {})
    log.append(["last"])
    assert list(log.runs) == [0]
    assert log.tail == Tail(MAX_TAIL_RECORDS, "", "")


@pytest.mark.parametrize(("excess", "runs"), [(0, {}), (1, {0, 1})])
def test_a_tail_takes_as_many_bytes_as_it_may(excess: int, runs: set[int]) -> None:
    log = Log()
    log.append(["\u00fc"])
    log.append(["x" * (MAX_TAIL_BYTES - 2 * HEADER - 3 + excess)])
    assert set(log.runs) == set(runs)
    assert len(log.tail.run.encode()) == (0 if excess else MAX_TAIL_BYTES)


def test_no_tail_has_more_nodes_than_its_map_takes() -> None:
    most = 0
    for size in [0, 1, (1 << 39) - 33, (1 << 39) - 2, (1 << 39) - 1, 1 << 39, (1 << 40) - 32, (1 << 39) + (1 << 38) - 1]:
        log = Log(size)
        while log.size < size + MAX_TAIL_RECORDS - 1:
            first, peaks = log.size, log.peaks
            log.size, log.peaks, rows = merkle.append(first, peaks, LEAVES[:1])
            text = segments.encode_segment("aaaaa-aa", 7, bytes(16), [""])
            log.tail, _, _ = keep_batch(log.tail, log.size, rows, [(first, text)])
        most = max(most, len(log.tail.nodes) // 64)
    assert most == MAX_TAIL_NODES
