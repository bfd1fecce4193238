"""A stream's log: the tree of RFC 6962 over its records however they were batched, and pages that prove themselves."""

from __future__ import annotations

from binascii import a2b_base64
from hashlib import sha256

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ddsx_core import merkle, segments, tiles
from ddsx_core.accounts import principal_bytes
from ddsx_core.contributors import Span
from ddsx_core.log_tail import tail_tiles
from ddsx_core.refused import Refused
from ddsx_core.stream_log import (
    MAX_PAGE_RECORDS,
    MAX_PAGE_SEGMENTS,
    MAX_SEGMENT_BYTES,
    Page,
    check_range,
    check_records,
    grow,
    read_page,
    root_at,
    segment_bounds,
    stored_batch,
)
from ddsx_core.streams import StreamState, first_state
from ddsx_core.units import Nanoseconds, Ppm, PrincipalText

STREAM = 7 << 48 | 1
SEED = bytes(range(32))
CONTRIBUTORS = [PrincipalText("aaaaa-aa"), PrincipalText("2vxsx-fae")]
LONGEST_PRINCIPAL = PrincipalText("-".join(["abcde"] * 10) + "-abc")


def naive_root(leaves: list[bytes]) -> bytes:
    """The tree hash as RFC 6962, 2.1 writes it."""
    if len(leaves) <= 1:
        return leaves[0] if leaves else sha256(b"").digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + naive_root(leaves[:half]) + naive_root(leaves[half:])).digest()


def leaf(number: int, time_ns: int, contributor: PrincipalText, salt: bytes, payload: str) -> bytes:
    """A leaf hash as the docstring of `segments` writes it."""
    raw = principal_bytes(contributor)
    digest = sha256(salt + payload.encode()).digest()
    data = b"ddsx.record.1" + STREAM.to_bytes(8, "big") + time_ns.to_bytes(8, "big") + bytes([len(raw)]) + raw + number.to_bytes(8, "big")
    return sha256(b"\x00" + data + digest).digest()


class Log:
    """A stream's log as a canister keeps it, and beside it every record and leaf."""

    def __init__(self) -> None:
        self.state: StreamState = first_state(CONTRIBUTORS[0], Ppm(0), Nanoseconds(0))
        self.runs: dict[int, str] = {}
        self.tiles: dict[tuple[int, int], str] = {}
        self.records: list[str] = []
        self.leaves: list[bytes] = []

    def append(self, records: list[str], contributor: PrincipalText, now: int) -> None:
        first = self.state.size
        grown = grow(self.state, STREAM, SEED, contributor, principal_bytes(contributor), records, Nanoseconds(now))
        self.runs.update(grown.runs)
        for key, update in grown.tiles.items():
            self.tiles[key] = tiles.extend_tile(self.tiles.get(key, ""), update)
        self.state = self.state._replace(size=grown.size, root=grown.root, peaks=grown.peaks, tail=grown.tail, time_ns=now)
        salts = segments.draw_salts(SEED, STREAM, first, len(records))
        self.leaves += [
            leaf(first + place, now, contributor, salts[16 * place : 16 * place + 16], record) for place, record in enumerate(records)
        ]
        self.records += records

    def tile(self, level: int, number: int) -> str:
        text = self.tiles.get((level, number), "")
        update = tail_tiles(self.state.tail).get((level, number))
        return tiles.extend_tile(text, update) if update else text

    def run(self, first: int) -> str:
        tail = self.state.tail
        return tail.run if first == tail.first else self.runs[first]

    def page(self, start: int, limit: int) -> Page:
        return read_page(self.tile, self.run, self.state.size, self.state.peaks, start, limit)


def page_leaves(page: Page) -> list[bytes]:
    """The leaves of a page, from nothing but the page."""
    leaves = []
    for part in page.slices:
        salts = a2b_base64(part.salts)
        assert len(salts) == 16 * len(part.records)
        leaves += [
            leaf(part.first_sequence + place, part.time_ns, PrincipalText(part.contributor), salts[16 * place : 16 * place + 16], record)
            for place, record in enumerate(part.records)
        ]
    return leaves


def page_proof(page: Page) -> list[bytes]:
    joined = a2b_base64(page.proof)
    return [joined[at : at + 32] for at in range(0, len(joined), 32)]


RECORDS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\n"), max_size=6)
BATCHES = st.one_of(
    st.lists(
        st.one_of(
            st.lists(RECORDS, min_size=1, max_size=4),
            st.builds(lambda count, size: ["\u00fc" * size] * count, st.integers(1, 300), st.integers(0, 300)),
        ),
        min_size=1,
        max_size=6,
    ),
    st.lists(
        st.builds(lambda count, size: ["x" * size] * count, st.integers(1, 3), st.sampled_from([0, 200, 3_000])), min_size=1, max_size=80
    ),
)


@given(BATCHES, st.data())
@example([["x" * 200] * 500, ["y"]], None)
@example([["x"]] * 300, None)
def test_any_page_of_any_log_proves_itself(batches: list[list[str]], data: st.DataObject | None) -> None:
    """LOG-1, LOG-2."""
    log = Log()
    for number, records in enumerate(batches):
        log.append(records, CONTRIBUTORS[number % 2], 1_000 + number)
    assert log.state.root == naive_root(log.leaves)
    start = 3 if data is None else data.draw(st.integers(0, log.state.size - 1))
    limit = 500 if data is None else data.draw(st.integers(1, MAX_PAGE_RECORDS))
    page = log.page(start, limit)
    read = [record for part in page.slices for record in part.records]
    assert read == log.records[start : start + len(read)]
    assert len(read) == min(limit, log.state.size - start) or len(page.slices) == MAX_PAGE_SEGMENTS
    assert page_leaves(page) == log.leaves[start : start + len(read)]
    merkle.verify_range(page_leaves(page), start, page_proof(page), log.state.size, log.state.root)


@given(BATCHES)
def test_every_batch_and_every_earlier_root_is_found_again(batches: list[list[str]]) -> None:
    log = Log()
    roots, spans = [], []
    for number, records in enumerate(batches):
        spans.append(Span(log.state.size, len(records)))
        log.append(records, CONTRIBUTORS[0], 1_000 + number)
        roots.append(log.state.root)
    for number, span in enumerate(spans):
        assert stored_batch(log.tile, log.run, span) == (1_000 + number, batches[number])
        assert root_at(log.tile, span.first + span.records) == roots[number]


def test_a_page_ends_with_the_last_segment_it_may_hold() -> None:
    log = Log()
    for number in range(MAX_PAGE_SEGMENTS + 2):
        log.append([f"{number} a", f"{number} b"], CONTRIBUTORS[0], number)
    page = log.page(1, MAX_PAGE_RECORDS)
    assert len(page.slices) == MAX_PAGE_SEGMENTS
    assert [record for part in page.slices for record in part.records] == log.records[1 : 2 * MAX_PAGE_SEGMENTS]
    merkle.verify_range(page_leaves(page), 1, page_proof(page), log.state.size, log.state.root)


@given(st.lists(st.one_of(st.integers(0, 30), st.integers(3_000, 4_096)), min_size=1, max_size=400), st.sampled_from(["x", "\u00fc"]))
@example([4_096] * 256, "x")
@example([0] * 1_000, "x")
@example([1_000] * 31 + [116], "x")
@example([30] * 1_000, "x")
def test_a_batch_is_cut_into_segments_that_fit_and_are_full(sizes: list[int], letter: str) -> None:
    records = [letter * (size // len(letter.encode())) for size in sizes]
    bounds = segment_bounds(records)
    assert [start for start, _ in bounds] + [len(records)] == [0] + [end for _, end in bounds]
    latest = (1 << 64) - 1
    texts = [segments.encode_segment(LONGEST_PRINCIPAL, latest, bytes(16 * (end - start)), records[start:end]) for start, end in bounds]
    assert max(len(text.encode()) for text in texts) <= MAX_SEGMENT_BYTES
    # No segment ends before the next record could have made it too large.
    for (_, end), text in zip(bounds[:-1], texts[:-1], strict=True):
        room_left_for_rounding = 50 + text.count("\n")
        assert len(text.encode()) + len(records[end].encode()) + 24 > MAX_SEGMENT_BYTES - room_left_for_rounding


@pytest.mark.parametrize("records", [[""], ["x" * 4_096], [""] * 1_000, ["x" * 4_096] * 256, ["\u00fc" * 2_048], ["a\tb\x00\u2028c"]])
def test_what_is_within_the_limits_is_a_batch(records: list[str]) -> None:
    check_records(records)


OVERSIZED = {"OversizedBatch": {"most_records": 1_000, "most_bytes": 1_048_576}}


@pytest.mark.parametrize(
    ("records", "case"),
    [
        ([], {"EmptyBatch": None}),
        ([""] * 1_001, OVERSIZED),
        (["x" * 4_096] * 256 + ["x"], OVERSIZED),
        (["\u00fc" * 2_048] * 256 + ["x"], OVERSIZED),
        (["a\n"] * 1_001, OVERSIZED),
        (["a", "b\n"], {"MalformedRecord": {"index": 1, "reason": "line break"}}),
        (["a\r", "b\n"], {"MalformedRecord": {"index": 0, "reason": "line break"}}),
        (["x" * 4_096, "x" * 4_097], {"MalformedRecord": {"index": 1, "reason": "too long"}}),
        (["\u00fc" * 2_049], {"MalformedRecord": {"index": 0, "reason": "too long"}}),
    ],
)
def test_what_is_not_is_refused(records: list[str], case: object) -> None:
    with pytest.raises(Refused) as caught:
        check_records(records)
    assert caught.value.as_case() == case


@pytest.mark.parametrize(("size", "start", "limit"), [(1, 0, 1), (1, 0, 1_000), (10, 9, 5)])
def test_a_range_within_the_log_can_be_read(size: int, start: int, limit: int) -> None:
    check_range(size, start, limit)


@pytest.mark.parametrize(
    ("size", "start", "limit", "case"),
    [
        (0, 0, 1, {"OutOfRange": {"size": 0}}),
        (10, 10, 1, {"OutOfRange": {"size": 10}}),
        (10, 0, 0, {"LimitOutOfRange": {"most": 1_000}}),
        (10, 10, 1_001, {"LimitOutOfRange": {"most": 1_000}}),
    ],
)
def test_a_range_beyond_the_log_or_the_limit_is_refused(size: int, start: int, limit: int, case: object) -> None:
    with pytest.raises(Refused) as caught:
        check_range(size, start, limit)
    assert caught.value.as_case() == case
