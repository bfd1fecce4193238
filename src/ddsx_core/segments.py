"""A batch of records: the leaves it adds to its stream's Merkle tree, and the text in which it rests and travels.

Leaf. A record of stream S, appended at time t by contributor c as number q of the stream, with payload p and a salt s of 16 bytes:

    payload digest = sha256(s || utf8(p))
    leaf data      = "ddsx.record.1" || S (8 bytes) || t (8) || length of c (1) || c || q (8) || payload digest      (big-endian)
    leaf hash      = sha256(0x00 || leaf data)                                                           (RFC 6962 section 2.1)

The salt keeps a guessable payload from being found by its digest. When payload and salt are erased and the payload digest is kept, the
leaf, and with it every proof, stays as it was.

Segment. One line of header, then a line for each record:

    1 <contributor as text> <time in ns> <count> <base64 of the salts, joined>
    <payload>
    ...

so a payload has no line break in it (binary payloads are base64 text). The line of an erased record is a carriage return, which no
payload has, and the base64 of its payload digest; its salt is zeroes.

Run. One or several segments that follow each other in a log, joined by line breaks: the one value in which they rest. The count in each
header tells where the next one begins.

Invariants:
- SEGMENT-1: decode_segment(encode_segment(x)) is x, and encoding what was decoded gives the same text.
- SEGMENT-2: erasing a record changes no leaf of its segment.
- SEGMENT-3: split_run finds in a run the segments that were joined.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from collections.abc import Sequence
from hashlib import sha256, shake_256
from struct import pack, unpack
from typing import NamedTuple

SALT_BYTES = 16
SEED_BYTES = 32
MAX_PRINCIPAL_BYTES = 29

_VERSION = "1"
_ERASED = "\r"
_NO_SALT = bytes(SALT_BYTES)


class SegmentInvalid(ValueError):
    """A text is not a segment as `encode_segment` writes them."""


class Segment(NamedTuple):
    """A decoded segment. `payloads` holds the lines as they rest, that of an erased record too; `salts` are 16 bytes for each."""

    contributor: str
    time_ns: int
    salts: bytes
    payloads: list[str]


class BadPayload(NamedTuple):
    """Why a batch is refused: its first payload that cannot be kept, counted from 0. `reason` is "line break" or "too long"."""

    position: int
    reason: str
    size_bytes: int


def draw_salts(seed: bytes, stream: int, first_sequence: int, count: int) -> bytes:
    """`count` salts of 16 bytes, joined: shake_256(seed || stream || first_sequence), so no two batches of a seed share one.

    The seed is 32 secret random bytes. Cost: one extendable hash, a permutation for every 136 bytes drawn.
    Raises ValueError when the seed has another length or a number is not a nat64.
    """
    if len(seed) != SEED_BYTES:
        raise ValueError("a seed has 32 bytes")
    return shake_256(seed + _nat64s(stream, first_sequence)).digest(SALT_BYTES * count)


def payload_digests(payloads: Sequence[str], salts: bytes) -> list[bytes]:
    """The salted digest of each payload of a batch.

    Cost: one hash a payload, in one comprehension; the payloads are joined, encoded and split again in bulk, a seventh of encoding each.
    Raises ValueError when there are not 16 bytes of salt for each payload, or a payload has a line feed in it.
    """
    count = len(payloads)
    if len(salts) != SALT_BYTES * count:
        raise ValueError("each payload has 16 bytes of salt")
    lines = "\n".join(payloads).encode().split(b"\n") if payloads else []
    if len(lines) != count:
        raise ValueError("a payload has a line feed in it")
    return [sha256(salt + line).digest() for salt, line in zip(unpack(">" + "16s" * count, salts), lines, strict=True)]


def leaf_hashes(stream: int, first_sequence: int, time_ns: int, contributor: bytes, digests: Sequence[bytes]) -> list[bytes]:
    """The leaf hashes of a batch of records with these payload digests, numbered from `first_sequence` on.

    `contributor` is a principal as bytes. Cost: one hash of at most 101 bytes a record, in one comprehension; a pack and an unpack.
    Raises ValueError when the contributor has more than 29 bytes or a number is not a nat64.
    """
    if len(contributor) > MAX_PRINCIPAL_BYTES:
        raise ValueError("a principal has at most 29 bytes")
    count = len(digests)
    stream_and_time = _nat64s(stream, time_ns, first_sequence + count)[:16]
    prefix = b"\x00ddsx.record.1" + stream_and_time + bytes([len(contributor)]) + contributor
    numbers = unpack(">" + "8s" * count, pack(f">{count}Q", *range(first_sequence, first_sequence + count)))
    return [sha256(prefix + number + digest).digest() for number, digest in zip(numbers, digests, strict=True)]


def check_payloads(payloads: Sequence[str], maximum_bytes: int) -> BadPayload | None:
    """The first payload that contains a line break (LF or CR) or has more than `maximum_bytes` bytes in UTF-8, or None.

    A line break is named before a length. Cost: for the whole batch a join, an encoding, two searches in bytes (in a canister a search in
    text costs eight times that), the lengths, and a split where not all is ASCII. Only a refused batch is walked payload by payload.
    """
    joined = "\n".join(payloads)
    data = joined.encode()
    fine = data.count(b"\n") == len(payloads) - 1 and b"\r" not in data and _longest(data, payloads) <= maximum_bytes
    for position, payload in enumerate(() if fine else payloads):
        size_bytes = len(payload.encode())
        if "\n" in payload or "\r" in payload:
            return BadPayload(position, "line break", size_bytes)
        if size_bytes > maximum_bytes:
            return BadPayload(position, "too long", size_bytes)
    return None


def encode_segment(contributor: str, time_ns: int, salts: bytes, payloads: Sequence[str]) -> str:
    """The text of a segment. The payloads have passed `check_payloads`; here they are not looked at again.

    Its size in bytes is that of the payloads, plus one and 16 * 4 / 3 for each record, plus at most 110 for the rest of the header.
    Cost: one base64 and one join. Raises ValueError for an empty batch, a contributor with a space or line break in it (or none), a time
    that is not a nat64, or not 16 bytes of salt for each payload.
    """
    if not payloads or len(salts) != SALT_BYTES * len(payloads):
        raise ValueError("a segment has records, and 16 bytes of salt for each")
    if not _is_word(contributor) or not 0 <= time_ns < 1 << 64:
        raise ValueError("a contributor is one word, and a time a nat64")
    header = f"{_VERSION} {contributor} {time_ns} {len(payloads)} {b2a_base64(salts, newline=False).decode()}"
    return "\n".join([header, *payloads])


def decode_segment(text: str) -> Segment:
    """What a text says that `encode_segment` wrote. Cost: one split of the text, one of the header, one base64.

    Raises SegmentInvalid for any other text: each segment has one spelling only.
    """
    lines = text.split("\n")
    contributor, time_ns, count, packed = _fields(lines[0])
    if count != len(lines) - 1:
        raise SegmentInvalid(f"the header names {count} records, there are {len(lines) - 1}")
    salts = _base64(packed)
    if len(salts) != SALT_BYTES * count:
        raise SegmentInvalid("there are not 16 bytes of salt for each record")
    return Segment(contributor, time_ns, salts, lines[1:])


def split_run(text: str) -> list[tuple[str, int, int, str, list[str]]]:
    """Contributor, time, number of records, salts in base64 and payloads of each segment of a run, in order.

    Cost: one split of the text; for each segment one of its header, and a slice.
    Raises SegmentInvalid where a header is none, or the last one names more records than there are.
    """
    lines = text.split("\n")
    found: list[tuple[str, int, int, str, list[str]]] = []
    at = 0
    while at < len(lines):
        contributor, time_ns, count, salts = _fields(lines[at])
        found.append((contributor, time_ns, count, salts, lines[at + 1 : at + 1 + count]))
        at += 1 + count
    if at != len(lines):
        raise SegmentInvalid(f"the headers name {at - len(lines)} records more than there are")
    return found


def cut_salts(salts: str, start: int, end: int) -> str:
    """The salts of the records [start, end) of a segment, as `salts` in base64. Cost: a decoding and an encoding of those that remain."""
    # Three salts are 48 bytes and exactly 64 characters.
    group = start // 3
    kept = a2b_base64(salts[group << 6 : (end + 2) // 3 << 6])
    skipped = start - 3 * group
    return b2a_base64(kept[SALT_BYTES * skipped : SALT_BYTES * (skipped + end - start)], newline=False).decode()


def erase_record(text: str, index: int) -> str:
    """The segment with the payload and the salt of one record gone and its payload digest in their place; erased again, the same.

    Cost: a decoding and an encoding, see there. Raises ValueError when it has no such record; SegmentInvalid as `decode_segment`.
    """
    segment = decode_segment(text)
    if not 0 <= index < len(segment.payloads):
        raise ValueError(f"a segment of {len(segment.payloads)} has no record {index}")
    begin, end = SALT_BYTES * index, SALT_BYTES * (index + 1)
    payload = segment.payloads[index]
    if payload.startswith(_ERASED):
        return text
    (digest,) = payload_digests([payload], segment.salts[begin:end])
    segment.payloads[index] = _ERASED + b2a_base64(digest, newline=False).decode()
    salts = segment.salts[:begin] + _NO_SALT + segment.salts[end:]
    return encode_segment(segment.contributor, segment.time_ns, salts, segment.payloads)


def segment_digests(segment: Segment) -> list[bytes]:
    """The payload digest of each record of a segment, erased ones included; with `leaf_hashes`, what a reader checks it by.

    Cost: as `payload_digests`, and one search a record. Raises SegmentInvalid when an erased record's line is no digest.
    """
    digests = payload_digests(segment.payloads, segment.salts)
    for index, payload in enumerate(segment.payloads):
        if payload.startswith(_ERASED):
            digests[index] = _base64(payload[1:])
            if len(digests[index]) != 32:
                raise SegmentInvalid(f"record {index} is erased and has no digest of 32 bytes")
    return digests


def _nat64s(*numbers: int) -> bytes:
    """Streams, times and sequence numbers, 8 bytes each."""
    if min(numbers) < 0 or max(numbers) >> 64:
        raise ValueError(f"one of {numbers} is not a nat64")
    return pack(f">{len(numbers)}Q", *numbers)


def _longest(data: bytes, payloads: Sequence[str]) -> int:
    """The bytes of the longest payload, given all joined; right only when no payload has a line feed."""
    return max(map(len, payloads if data.isascii() else data.split(b"\n")))


def _is_word(text: str) -> bool:
    """Whether a text may stand for a contributor: letters, digits and hyphens, as principals have them."""
    return text.isascii() and text.replace("-", "").isalnum()


def _fields(header: str) -> tuple[str, int, int, str]:
    fields = header.split(" ")
    if len(fields) != 5 or fields[0] != _VERSION or not _is_word(fields[1]) or fields[3] == "0":
        raise SegmentInvalid("a segment begins with version, contributor, time, count and salts")
    return fields[1], _number(fields[2]), _number(fields[3]), fields[4]


def _number(digits: str) -> int:
    """A nat64 in its one spelling: `int` alone would take signs, underscores, leading zeroes, other scripts and any length."""
    if digits.isascii() and digits.isdigit() and len(digits) <= 20 and (digits == "0" or digits[0] != "0"):
        number = int(digits)
        if number < 1 << 64:
            return number
    raise SegmentInvalid("a time or count is not a decimal nat64")


def _base64(text: str) -> bytes:
    """Base64 in its one spelling: encoding again is the only check that all Python versions make alike."""
    try:
        data = a2b_base64(text)
    except ValueError:
        raise SegmentInvalid("salts or a digest are not base64") from None
    if b2a_base64(data, newline=False).decode() != text:
        raise SegmentInvalid("salts or a digest are not base64 in the one spelling")
    return data
