"""A stream of data: its number, what it is described by, and who may do what with it.

A stream's id is a nat64: 16 bits that name the registry shard, 24 bits of zeroes, and 24 bits of the number that the shard gave it, dense
from 1. What describes a stream is fixed when it is created; what changes with every batch is its `StreamState`, one short value.
Principals are text here, as the system gives them.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from collections.abc import Sequence
from hashlib import sha256
from struct import unpack
from typing import NamedTuple

from ddsx_core.accounts import ANONYMOUS
from ddsx_core.certified_heads import encode_head
from ddsx_core.codec import decode_fields, encode_fields, encode_ints, quote, unquote
from ddsx_core.deduplication import fingerprint
from ddsx_core.limits import (
    MAX_DESCRIPTION_LENGTH,
    MAX_MEDIA_TYPE_LENGTH,
    MAX_SCHEMA_LENGTH,
    MAX_TAG_LENGTH,
    MAX_TAGS,
    MAX_TITLE_LENGTH,
    PPM,
)
from ddsx_core.log_tail import Tail
from ddsx_core.refused import Refused
from ddsx_core.schema import parse_schema
from ddsx_core.tiles import MAX_STREAM_NUMBER
from ddsx_core.units import Nanoseconds, Ppm, PrincipalText

MAX_SHARD = (1 << 16) - 1
"""The last shard that a stream id can name."""

MAX_CURATORS = 4
"""Principals beside the provider who may admit contributors; they stand in every listing."""

_VERSION = "1"
_MEDIA_TYPE_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&-^_.+")


class StreamRequest(NamedTuple):
    """What a provider asks for when creating a stream."""

    title: str
    description: str
    schema: str
    media_type: str
    tags: list[str]
    curators: Sequence[PrincipalText]
    provider_share_ppm: Ppm


class Profile(NamedTuple):
    """What a listing shows of a stream, without its long texts."""

    provider: PrincipalText
    provider_share_ppm: Ppm
    created_at: Nanoseconds
    media_type: str
    title: str
    tags: list[str]
    curators: Sequence[PrincipalText]


class StreamState(NamedTuple):
    """What changes with a stream's log and its work.

    These are: the log's size, last time, root, peaks and tail (see `log_tail`); the contributors ever admitted; the work outbox (see
    `work_outbox`; more than `delivered` batches may be), and whether the stream waits in the queue of those whose work is to be delivered.
    Provider and share never change: they stand here because each delivery of work names them.
    """

    size: int
    time_ns: int
    root: bytes
    peaks: list[bytes]
    tail: Tail
    contributors: int
    sealed: int
    delivered: int
    queued: bool
    open_work: str
    provider: PrincipalText
    provider_share_ppm: Ppm


# -- Ids --------------------------------------------------------------------------------------------------------------------


def stream_id(shard: int, number: int) -> int:
    """The id of a shard's stream. Raises ValueError when the shard has not 16 bits or the number is not 1 to 2^24 - 1."""
    if not 0 <= shard <= MAX_SHARD or not 0 < number <= MAX_STREAM_NUMBER:
        raise ValueError(f"stream {number} of shard {shard} has no id")
    return shard << 48 | number


def stream_number(stream: int) -> int:
    """The number that its shard gave a stream."""
    return stream & MAX_STREAM_NUMBER


# -- Creating ---------------------------------------------------------------------------------------------------------------


def check_request(provider: PrincipalText, request: StreamRequest) -> None:
    """Whether a stream may be created so.

    Refuses (in order): AnonymousCaller; for title, description, schema, media type, tags, curators in this order TooLong or TooMany and
        then Malformed (for the schema MalformedSchema); ShareOutOfRange for more than the whole.
    Cost: that of parsing the schema.
    """
    if provider == ANONYMOUS:
        raise Refused("AnonymousCaller")
    _check_line("title", request.title, MAX_TITLE_LENGTH)
    _check_length("description", request.description, MAX_DESCRIPTION_LENGTH)
    _check_length("schema", request.schema, MAX_SCHEMA_LENGTH)
    parse_schema(request.schema)
    _check_media_type(request.media_type)
    _check_count("tags", request.tags, MAX_TAGS)
    for tag in request.tags:
        _check_line("tags", tag, MAX_TAG_LENGTH)
    _check_count("curators", request.curators, MAX_CURATORS)
    if ANONYMOUS in request.curators:
        raise _malformed("curators", "the anonymous principal is anyone")
    if request.provider_share_ppm > PPM:
        raise Refused("ShareOutOfRange", {"most": PPM})


def request_key(provider: PrincipalText, request: StreamRequest, created_at_time: Nanoseconds) -> str:
    """A text equal for two requests exactly when caller, time and every field are, as 64 hex digits."""
    title, description, schema, media_type, tags, curators, share = request
    lists = ["\n".join(tags), "\n".join(curators)]
    return fingerprint("create_stream", provider, [created_at_time, title, description, schema, media_type, share, *lists])


def first_profile(provider: PrincipalText, request: StreamRequest, now: Nanoseconds) -> Profile:
    """The profile of a stream created now."""
    title, _, _, media_type, tags, curators, share = request
    return Profile(provider, share, now, media_type, title, tags, curators)


def first_state(provider: PrincipalText, provider_share_ppm: Ppm, now: Nanoseconds) -> StreamState:
    """The state of a stream created now: an empty log, and batch 0 of its work sealed."""
    tail = Tail(0, "", "")
    work = (1, 0, False, "")
    return StreamState(0, now, sha256(b"").digest(), [], tail, 0, *work, provider, provider_share_ppm)


def head_of(state: StreamState) -> bytes:
    """The 48 bytes certified for a stream in this state."""
    size, time_ns, root, *_ = state
    return encode_head((size, root, time_ns))


def may_curate(profile: Profile, caller: PrincipalText) -> bool:
    """Whether the caller decides who contributes: the provider and the curators do."""
    return caller == profile.provider or caller in profile.curators


def _check_line(field: str, text: str, most: int) -> None:
    _check_length(field, text, most)
    if not text.strip():
        raise _malformed(field, "empty")
    if min(text) < " ":
        raise _malformed(field, "a control character")


def _check_length(field: str, text: str, most: int) -> None:
    if len(text) > most:
        raise Refused("TooLong", {"field": field, "most": most})


def _check_count(field: str, items: Sequence[str], most: int) -> None:
    if len(items) > most:
        raise Refused("TooMany", {"field": field, "most": most})
    if len(set(items)) < len(items):
        raise _malformed(field, "repeated")


def _check_media_type(media_type: str) -> None:
    """The shape of RFC 6838, 4.2: two restricted names, without parameters."""
    _check_length("media_type", media_type, MAX_MEDIA_TYPE_LENGTH)
    kind, _, subtype = media_type.partition("/")
    if not kind[:1].isalnum() or not subtype[:1].isalnum() or not _MEDIA_TYPE_CHARACTERS.issuperset(kind + subtype):
        raise _malformed("media_type", "not of the form type/subtype")


def _malformed(field: str, reason: str) -> Refused:
    return Refused("Malformed", {"field": field, "reason": reason})


# -- Stored values ----------------------------------------------------------------------------------------------------------


def encode_profile(profile: Profile) -> str:
    """The stored text of a profile."""
    provider, share, created_at, media_type, title, tags, curators = profile
    lists = [quote("\n".join(tags)), ",".join(curators)]
    return encode_fields(_VERSION, [provider, f"{share:x}", f"{created_at:x}", media_type, quote(title), *lists])


def decode_profile(text: str) -> Profile:
    """What `encode_profile` wrote. Breaks: on anything else."""
    provider, share, created_at, media_type, title, tags, curators = decode_fields(_VERSION, 7, text)
    return Profile(
        PrincipalText(provider),
        Ppm(int(share, 16)),
        Nanoseconds(int(created_at, 16)),
        media_type,
        unquote(title),
        unquote(tags).split("\n") if tags else [],
        [PrincipalText(curator) for curator in curators.split(",")] if curators else [],
    )


def encode_state(state: StreamState) -> str:
    """The stored text of a state: its integers; root and peaks in base64, the open work, the provider; below them the tail, where it is."""
    size, time_ns, root, peaks, tail, contributors, sealed, delivered, queued, open_work, provider, share = state
    first, nodes, run = tail
    numbers = encode_ints(_VERSION, [size, time_ns, first, contributors, sealed, delivered, 1 if queued else 0, share])
    digests = b2a_base64(root + b"".join(peaks), newline=False).decode()
    line = f"{numbers}|{digests}|{open_work}|{provider}"
    return f"{line}\n{nodes}\n{run}" if run else line


def decode_state(text: str) -> StreamState:
    """What `encode_state` wrote. Breaks: on another version or number of fields."""
    line, _, lines = text.partition("\n")
    nodes, _, run = lines.partition("\n")
    size, time_ns, first, contributors, sealed, delivered, queued, share, packed, open_work, provider = decode_fields(_VERSION, 11, line)
    digests = a2b_base64(packed)
    root, *peaks = unpack(">" + "32s" * (len(digests) // 32), digests)
    return StreamState(
        int(size, 16),
        int(time_ns, 16),
        root,
        peaks,
        Tail(int(first, 16), nodes, run),
        int(contributors, 16),
        int(sealed, 16),
        int(delivered, 16),
        queued == "1",
        open_work,
        PrincipalText(provider),
        Ppm(int(share, 16)),
    )
