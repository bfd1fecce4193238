"""Segments: leaves as the format says, payloads refused by name, one spelling at rest, erasure that changes no leaf."""

from __future__ import annotations

from base64 import b64decode, b64encode
from hashlib import sha256, shake_256

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ddsx_core import segments
from ddsx_core.segments import BadPayload, Segment, SegmentInvalid

CONTRIBUTOR = "2vxsx-fae"
SEED = bytes(range(32))

payload_texts = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=20)
batches = st.lists(payload_texts, min_size=1, max_size=20)
nat64s = st.integers(0, (1 << 64) - 1)


def salts_for(count: int) -> bytes:
    return segments.draw_salts(SEED, 7, 0, count)


def segment_of(payloads: list[str], time_ns: int = 1_700_000_000_000_000_000) -> str:
    return segments.encode_segment(CONTRIBUTOR, time_ns, salts_for(len(payloads)), payloads)


def leaf(stream: int, sequence: int, time_ns: int, contributor: bytes, payload_digest: bytes) -> bytes:
    """One leaf, word by word as the format has it."""
    data = b"ddsx.record.1" + stream.to_bytes(8, "big") + time_ns.to_bytes(8, "big") + bytes([len(contributor)]) + contributor
    return sha256(b"\x00" + data + sequence.to_bytes(8, "big") + payload_digest).digest()


@given(nat64s, st.integers(0, (1 << 64) - 30), nat64s, st.binary(max_size=29), batches)
def test_leaves_are_those_of_the_format(stream: int, first: int, time_ns: int, contributor: bytes, payloads: list[str]) -> None:
    salts = salts_for(len(payloads))
    digests = [sha256(salts[16 * place : 16 * place + 16] + payload.encode("utf-8")).digest() for place, payload in enumerate(payloads)]
    assert segments.payload_digests(payloads, salts) == digests
    expected = [leaf(stream, first + place, time_ns, contributor, digest) for place, digest in enumerate(digests)]
    assert segments.leaf_hashes(stream, first, time_ns, contributor, digests) == expected


@given(st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_a_leaf_does_not_depend_on_its_batch(counts: list[int]) -> None:
    digests = [sha256(bytes([place])).digest() for place in range(sum(counts))]
    at_once = segments.leaf_hashes(1, 10, 5, b"\x04", digests)
    apart: list[bytes] = []
    for count in counts:
        apart += segments.leaf_hashes(1, 10 + len(apart), 5, b"\x04", digests[len(apart) : len(apart) + count])
    assert apart == at_once


def test_every_part_of_a_record_changes_its_leaf() -> None:
    digest = sha256(b"payload").digest()
    leaves = [
        segments.leaf_hashes(stream, sequence, time_ns, contributor, [payload_digest])[0]
        for stream, sequence, time_ns, contributor, payload_digest in [
            (1, 2, 3, b"\x04", digest),
            (9, 2, 3, b"\x04", digest),
            (1, 9, 3, b"\x04", digest),
            (1, 2, 9, b"\x04", digest),
            (1, 2, 3, b"\x09", digest),
            (1, 2, 3, b"", digest),
            (1, 2, 3, b"\x04", bytes(32)),
        ]
    ]
    assert len(set(leaves)) == len(leaves)
    assert segments.payload_digests(["a"], bytes(16)) != segments.payload_digests(["a"], b"\x01" * 16)


def test_an_empty_batch_has_no_leaves() -> None:
    assert segments.payload_digests([], b"") == []
    assert segments.leaf_hashes(1, 2, 3, b"", []) == []


@pytest.mark.parametrize("size", [0, 15, 17, 31, 33, 48])
def test_salts_of_another_length_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match="16 bytes of salt"):
        segments.payload_digests(["a", "b"], bytes(size))
    with pytest.raises(ValueError, match="16 bytes of salt"):
        segments.encode_segment(CONTRIBUTOR, 1, bytes(size), ["a", "b"])
    assert len(segments.payload_digests(["a", "b"], bytes(32))) == 2


def test_a_payload_with_a_line_feed_has_no_digest() -> None:
    with pytest.raises(ValueError, match="line feed"):
        segments.payload_digests(["a\nb"], bytes(16))


@pytest.mark.parametrize(
    ("stream", "first", "time_ns", "contributor"),
    [
        (-1, 0, 0, b""),
        (1 << 64, 0, 0, b""),
        (0, -2, 0, b""),
        (0, (1 << 64) - 1, 0, b""),
        (0, 0, -1, b""),
        (0, 0, 1 << 64, b""),
        (0, 0, 0, bytes(30)),
    ],
)
def test_leaves_of_numbers_out_of_bounds_are_refused(stream: int, first: int, time_ns: int, contributor: bytes) -> None:
    with pytest.raises(ValueError, match=r"nat64|29 bytes"):
        segments.leaf_hashes(stream, first, time_ns, contributor, [bytes(32)])


def test_leaves_at_the_bounds() -> None:
    top = (1 << 64) - 1
    payload_digest = sha256(bytes(16)).digest()
    data = b"ddsx.record.1" + b"\xff" * 16 + b"\x1d" + bytes(29) + (top - 1).to_bytes(8, "big") + payload_digest
    assert segments.leaf_hashes(top, top - 1, top, bytes(29), [payload_digest]) == [sha256(b"\x00" + data).digest()]


def test_salts_are_drawn_for_a_batch_and_differ_between_batches() -> None:
    salts = segments.draw_salts(SEED, 1, 5, 3)
    assert salts == shake_256(SEED + (1).to_bytes(8, "big") + (5).to_bytes(8, "big")).digest(48)
    assert salts[:16] == segments.draw_salts(SEED, 1, 5, 1)
    others = [segments.draw_salts(SEED, 1, 6, 3), segments.draw_salts(SEED, 2, 5, 3), segments.draw_salts(bytes(32), 1, 5, 3)]
    assert len({salts, *others}) == 4
    assert segments.draw_salts(SEED, 1, 5, 0) == b""


@pytest.mark.parametrize(
    ("seed", "stream", "first"), [(bytes(31), 0, 0), (bytes(33), 0, 0), (SEED, -1, 0), (SEED, 1 << 64, 0), (SEED, 0, -1)]
)
def test_salts_of_other_seeds_or_numbers_are_refused(seed: bytes, stream: int, first: int) -> None:
    with pytest.raises(ValueError, match=r"32 bytes|nat64"):
        segments.draw_salts(seed, stream, first, 1)


@given(st.lists(st.text(max_size=12), max_size=8), st.integers(0, 12))
@example(["é" * 5, "a" * 10], 10)
@example(["a\nb", "c"], 10)
@example(["\r"], 10)
@example([""], 0)
def test_the_first_bad_payload_is_named(payloads: list[str], maximum: int) -> None:
    expected = None
    for index, payload in reversed(list(enumerate(payloads))):
        size_bytes = len(payload.encode())
        if "\n" in payload or "\r" in payload:
            expected = BadPayload(index, "line break", size_bytes)
        elif size_bytes > maximum:
            expected = BadPayload(index, "too long", size_bytes)
    assert segments.check_payloads(payloads, maximum) == expected


@pytest.mark.parametrize("payload", ["a" * 10, "é" * 5, "€€€a", "😀😀aa"])
def test_a_payload_may_have_the_most_bytes_and_none_more(payload: str) -> None:
    assert segments.check_payloads(["ok", payload], 10) is None
    assert segments.check_payloads(["ok", payload], 9) == BadPayload(1, "too long", 10)
    assert segments.check_payloads(["ok", payload + "b", payload + "cc"], 10) == BadPayload(1, "too long", 11)


@pytest.mark.parametrize("line_break", ["\n", "\r", "\r\n"])
def test_line_breaks_are_refused_before_length(line_break: str) -> None:
    long = "a" * 20 + line_break
    assert segments.check_payloads(["ok", long, "a" * 20], 10) == BadPayload(1, "line break", len(long))
    assert segments.check_payloads(["a" * 20, long], 10) == BadPayload(0, "too long", 20)


@given(batches, nat64s)
@example(["\x0b", "\x0c\x1c\x1d", "\u2028\u2029\x85", ""], 0)
@example([""], 1)
def test_a_segment_is_read_back(payloads: list[str], time_ns: int) -> None:
    """SEGMENT-1."""
    text = segment_of(payloads, time_ns)
    assert segments.decode_segment(text) == Segment(CONTRIBUTOR, time_ns, salts_for(len(payloads)), payloads)
    assert segments.encode_segment(*segments.decode_segment(text)) == text


@given(st.lists(st.tuples(batches, nat64s), min_size=1, max_size=5))
def test_the_segments_of_a_run_are_found_again(run: list[tuple[list[str], int]]) -> None:
    """SEGMENT-3."""
    texts = [segment_of(payloads, time_ns) for payloads, time_ns in run]
    assert segments.split_run("\n".join(texts)) == [
        (CONTRIBUTOR, time_ns, len(payloads), b64encode(salts_for(len(payloads))).decode(), payloads) for payloads, time_ns in run
    ]


@given(st.integers(1, 20), st.data())
def test_salts_of_some_records_are_cut_out(count: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, count))
    end = data.draw(st.integers(start, count))
    salts = segments.cut_salts(b64encode(salts_for(count)).decode(), start, end)
    assert b64decode(salts) == salts_for(count)[16 * start : 16 * end]


@given(st.lists(payload_texts, min_size=1, max_size=300))
@example([""] * 5000)
def test_the_size_of_a_segment_is_bounded_as_told(payloads: list[str]) -> None:
    contributor = "x" * 63
    text = segments.encode_segment(contributor, (1 << 64) - 1, salts_for(len(payloads)), payloads)
    header = len(text.encode()) - sum(len(payload.encode()) for payload in payloads) - len(payloads) - 16 * len(payloads) * 4 // 3
    assert header <= 110


@given(batches, st.data())
def test_erasing_records_changes_no_leaf(payloads: list[str], data: st.DataObject) -> None:
    """SEGMENT-2."""
    text = segment_of(payloads)
    digests = segments.payload_digests(payloads, salts_for(len(payloads)))
    erased = data.draw(st.sets(st.integers(0, len(payloads) - 1)))
    for index in erased:
        text = segments.erase_record(text, index)
        assert segments.erase_record(text, index) == text
    segment = segments.decode_segment(text)
    assert segments.segment_digests(segment) == digests
    assert segments.encode_segment(*segment) == text
    for index, payload in enumerate(payloads):
        salt = segment.salts[16 * index : 16 * index + 16]
        if index in erased:
            assert (segment.payloads[index], salt) == ("\r" + b64encode(digests[index]).decode(), bytes(16))
        else:
            assert (segment.payloads[index], salt) == (payload, salts_for(len(payloads))[16 * index : 16 * index + 16])


def test_an_erased_record_leaves_nothing_of_its_payload() -> None:
    text = segments.erase_record(segment_of(["first", "secret", "third"]), 1)
    assert "secret" not in text
    assert salts_for(3)[16:32] not in segments.decode_segment(text).salts
    assert segments.split_run(text)[0][4][1].startswith("\r")


@pytest.mark.parametrize("index", [-1, 2, 3])
def test_a_record_that_is_not_there_is_not_erased(index: int) -> None:
    with pytest.raises(ValueError, match="has no record"):
        segments.erase_record(segment_of(["a", "b"]), index)


@pytest.mark.parametrize(
    "line", ["\r", "\rAAAA", "\r" + b64encode(bytes(31)).decode(), "\r" + b64encode(bytes(33)).decode(), "\r!", "\r\r"]
)
def test_an_erased_record_without_a_digest_is_refused(line: str) -> None:
    segment = segments.decode_segment(segment_of(["a", line]))
    with pytest.raises(SegmentInvalid):
        segments.segment_digests(segment)


def test_segments_that_cannot_be_written_are_refused() -> None:
    with pytest.raises(ValueError, match="has records"):
        segments.encode_segment(CONTRIBUTOR, 0, b"", [])
    for contributor in ("", "two words", "line\nbreak", " aaaaa-aa"):
        with pytest.raises(ValueError, match="one word"):
            segments.encode_segment(contributor, 0, bytes(16), ["a"])
    for time_ns in (-1, 1 << 64):
        with pytest.raises(ValueError, match="a time a nat64"):
            segments.encode_segment(CONTRIBUTOR, time_ns, bytes(16), ["a"])


SALT = b64encode(bytes(16)).decode()


def test_the_smallest_segment() -> None:
    assert segments.decode_segment(f"1 aaaaa-aa 0 1 {SALT}\n") == Segment("aaaaa-aa", 0, bytes(16), [""])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        f"1 aaaaa-aa 0 1 {SALT}",
        f"1 aaaaa-aa 0 1 {SALT}\na\nb",
        f"1 aaaaa-aa 0 2 {SALT}\na",
        f"1 aaaaa-aa 0 2 {SALT}\na\nb",
        "1 aaaaa-aa 0 0 ",
        "1 aaaaa-aa 0 0 \n",
        f"2 aaaaa-aa 0 1 {SALT}\na",
        f"1  0 1 {SALT}\na",
        f"1 aaaaa-aa  0 1 {SALT}\na",
        f"1 aaaaa-aa 0 1 {SALT} \na",
        f"1 aaaaa-aa 00 1 {SALT}\na",
        f"1 aaaaa-aa 01 1 {SALT}\na",
        f"1 aaaaa-aa +1 1 {SALT}\na",
        f"1 aaaaa-aa -1 1 {SALT}\na",
        f"1 aaaaa-aa 1_0 1 {SALT}\na",
        f"1 aaaaa-aa ١ 1 {SALT}\na",
        f"1 aaaaa-aa {1 << 64} 1 {SALT}\na",
        f"1 aaaaa-aa {'9' * 5000} 1 {SALT}\na",
        f"1 aaaaa-aa 0 01 {SALT}\na",
        "1 aaaaa-aa 0 1 \na",
        f"1 aaaaa-aa 0 1 {SALT[:-2]}\na",
        f"1 aaaaa-aa 0 1 {SALT}=\na",
        f"1 aaaaa-aa 0 1 {SALT[:-3]}B==\na",
        f"1 aaaaa-aa 0 1 !{SALT}\na",
        f"1 aaaaa-aa 0 1 é{SALT}\na",
    ],
)
def test_texts_that_are_no_segment_are_refused(text: str) -> None:
    with pytest.raises(SegmentInvalid):
        segments.decode_segment(text)
    assert segments.decode_segment(f"1 aaaaa-aa 0 1 {SALT}\na").payloads == ["a"]


@pytest.mark.parametrize("text", ["", "1 aaaaa-aa 0 0 ", "\n1 aaaaa-aa 0 1 x", "1 aaaaa-aa 0 x y"])
def test_a_text_without_header_has_no_records(text: str) -> None:
    with pytest.raises(SegmentInvalid):
        segments.split_run(text)


def test_a_header_that_names_another_number_of_records_is_refused() -> None:
    with pytest.raises(SegmentInvalid, match="names 2 records, there are 3"):
        segments.decode_segment(segment_of(["a", "b"]) + "\nc")
    with pytest.raises(SegmentInvalid, match="a segment begins with"):
        segments.split_run(segment_of(["a", "b"]) + "\nc")
    with pytest.raises(SegmentInvalid, match="2 records more than there are"):
        segments.split_run(segment_of(["a"]) + "\n" + segment_of(["a", "b", "c"]).rpartition("\nb")[0])
    assert len(segments.split_run(segment_of(["a", "b"]) + "\n" + segment_of(["c"]))) == 2


@given(st.one_of(st.text(max_size=60), batches.map(segment_of)), st.integers(0, 60), st.text(max_size=3))
def test_decoding_raises_nothing_but_its_own_error(text: str, place: int, change: str) -> None:
    damaged = text[:place] + change + text[place + len(change) :]
    try:
        segment = segments.decode_segment(damaged)
    except SegmentInvalid:
        return
    assert segments.encode_segment(*segment) == damaged
