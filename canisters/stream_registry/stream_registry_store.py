"""The stable maps of a stream registry: the only place that reads and writes them.

Values are text, versioned by `ddsx_core.codec` where they are not kept whole by a core module's own format. A text of n bytes takes n + 8
bytes of Candid below 128, n + 9 below 16,384, else n + 10; a nat64 takes 15. `_number` stands for 24 bits of stream number.

| id | map | key | value |
|---|---|---|---|
| 0 | settings | 0: who is who; 1: counters and the secret of the salts | text |
| 1 | profiles | stream id | what a listing shows |
| 2 | long texts | stream number, page | description and schema in pages |
| 3 | states | stream id | what changes with every batch, the log's tail with it |
| 4 | contributors | "stream number:principal" | state, batches |
| 5 | contributor names | stream number, contributor number | principal |
| 6 | batch pages | "stream number:contributor number:page" | spans of earlier batches |
| 7, 8, 9 | segments in runs of at most 1, 8 and 32 kB | stream number, first sequence number | run of segments |
| 10 | log tiles | stream number, level, number | tile of the Merkle tree |
| 11 | head tiles | level, number | tile of the certified heads |
| 12 | read rights | licence | stream, holder, validity |
| 13 | outbox | stream number, batch | sealed work |
| 14 | flush queue | place | stream id |
| 15 | creations | fingerprint of a request | stream id |
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable
from typing import NamedTuple, TypeVar

from kybra import StableBTreeMap, nat64

from ddsx_core.codec import decode_fields, encode_fields, encode_ints
from ddsx_core.contributors import Contributor, decode_contributor, encode_contributor
from ddsx_core.log_tail import Tail, is_in_tail, tail_tiles
from ddsx_core.read_rights import ReadRight, decode_read_right, encode_read_right
from ddsx_core.refused import Broken, Refused
from ddsx_core.streams import Profile, StreamState, decode_profile, decode_state, encode_profile, encode_state, stream_number
from ddsx_core.tiles import TileUpdate, extend_tile, run_key, tile_key
from ddsx_core.units import PrincipalText

# Who is who: version 1, shard 4, three principals of 63, a delay of 6, announced changes of 137, 6 bars: 343. Counters: version 1, seed 44,
# three numbers of 16, 4 bars: 97.
settings = StableBTreeMap[nat64, str](memory_id=0, max_key_size=15, max_value_size=352)

# Version 1, provider 63, share 5, time 16, media type 127, title 4 x 120 bytes, tags 16 x 4 x 40 and 15 line breaks (quoting makes 3 bytes
# of an ASCII letter, less than the 4 of others), curators 4 x 63 and 3 commas, 7 bars: 3,529.
profiles = StableBTreeMap[nat64, str](memory_id=1, max_key_size=15, max_value_size=3_538)

# Pages of 1,000 characters of at most 4 bytes.
long_texts = StableBTreeMap[nat64, str](memory_id=2, max_key_size=15, max_value_size=4_009)

# Version 1, size and first of the tail 10, time 16, contributors 5, sealed and delivered 16 each, queued 1, 41 digests in base64 1,752,
# open work of at most 31 contributors of 84 and 30 commas 2,634, provider 63, share 5, 11 bars: 4,540. The tail: 96 nodes in hex 6,144,
# segments 8,000, 2 breaks.
states = StableBTreeMap[nat64, str](memory_id=3, max_key_size=15, max_value_size=18_696)

# Key: 6 hex digits, a colon, a principal: 70. Value: version 1, admitted 1, number 5, principal in base64 40, next batch 16, 31 spans of 14
# and 30 commas: 464; 5 bars: 532.
contributors = StableBTreeMap[str, str](memory_id=4, max_key_size=78, max_value_size=541)

# A principal: 63.
contributor_names = StableBTreeMap[nat64, str](memory_id=5, max_key_size=15, max_value_size=71)

# Key: 6, 5 and 14 hex digits and two colons: 27. Value: 32 spans of 14 and 31 commas: 479.
batch_pages = StableBTreeMap[str, str](memory_id=6, max_key_size=35, max_value_size=488)

# A run rests in the first of these that can hold it. Large enough for a tail, and for a batch as `stream_log.segment_bounds` cuts it.
small_segments = StableBTreeMap[nat64, str](memory_id=7, max_key_size=15, max_value_size=1_009)
medium_segments = StableBTreeMap[nat64, str](memory_id=8, max_key_size=15, max_value_size=8_009)
large_segments = StableBTreeMap[nat64, str](memory_id=9, max_key_size=15, max_value_size=32_010)

# tiles.MAX_TILE_CHARS: 22,308.
log_tiles = StableBTreeMap[nat64, str](memory_id=10, max_key_size=15, max_value_size=22_318)

# certified_heads.MAX_HEAD_TILE_CHARS: 32,647.
head_tiles = StableBTreeMap[nat64, str](memory_id=11, max_key_size=15, max_value_size=32_657)

# Version 1, stream 16, holder 63, two times of 16, 4 bars: 116.
read_rights = StableBTreeMap[nat64, str](memory_id=12, max_key_size=15, max_value_size=124)

# work_outbox.MAX_WORK_CHARS: 2,719.
outbox = StableBTreeMap[nat64, str](memory_id=13, max_key_size=15, max_value_size=2_728)

flush_queue = StableBTreeMap[nat64, nat64](memory_id=14, max_key_size=15, max_value_size=15)

# 64 hex digits.
creations = StableBTreeMap[str, nat64](memory_id=15, max_key_size=72, max_value_size=15)

_VERSION = "1"
_SETTINGS_VERSION = "2"
_WHO_IS_WHO = 0
_COUNTERS = 1
_PAGE_CHARS = 1_000
_SMALL_BYTES = 1_000
_MEDIUM_BYTES = 8_000


class Settings(NamedTuple):
    """Who is who, principals as text; governance and delay as they were written, before what is pending."""

    shard: int
    governance: str
    dst_ledger: str
    payout_splitter: str
    change_delay_seconds: int = 0
    pending: str = ""


class Counters(NamedTuple):
    """The secret of the salts, empty until it is drawn, and the registry's dense numbers.

    These are: how many streams there are, the next entitlement expected, the first place of the flush queue.
    """

    seed: bytes
    streams: int
    next_entitlement: int
    queue_head: int


# -- The registry -----------------------------------------------------------------------------------------------------------


def read_settings() -> Settings:
    """Who is who."""
    shard, governance, dst_ledger, splitter, delay, pending = decode_fields(_SETTINGS_VERSION, 6, _present(settings.get(_WHO_IS_WHO)))
    return Settings(int(shard, 16), governance, dst_ledger, splitter, int(delay, 16), pending)


def write_settings(value: Settings) -> None:
    """Keep who is who."""
    shard, governance, dst_ledger, splitter, delay, pending = value
    settings.insert(_WHO_IS_WHO, encode_fields(_SETTINGS_VERSION, [f"{shard:x}", governance, dst_ledger, splitter, f"{delay:x}", pending]))


def read_counters() -> Counters:
    """The counters; as they are in the beginning when nothing is stored yet."""
    text = settings.get(_COUNTERS)
    if text is None:
        return Counters(b"", 0, 0, 0)
    seed, streams, next_entitlement, head = decode_fields(_VERSION, 4, text)
    return Counters(a2b_base64(seed), int(streams, 16), int(next_entitlement, 16), int(head, 16))


def write_counters(counters: Counters) -> None:
    """Keep the counters."""
    seed, *numbers = counters
    settings.insert(_COUNTERS, encode_ints(f"{_VERSION}|{b2a_base64(seed, newline=False).decode()}", numbers))


# -- Streams ----------------------------------------------------------------------------------------------------------------


def read_profile(stream: int) -> Profile:
    """What a listing shows of a stream. Refuses: UnknownStream."""
    return decode_profile(_known(profiles.get(stream)))


def write_profile(stream: int, profile: Profile) -> None:
    """Keep what a listing shows of a stream."""
    profiles.insert(stream, encode_profile(profile))


def read_long_texts(stream: int) -> tuple[str, str]:
    """A stream's description and schema."""
    pages: list[str] = []
    while not pages or len(pages[-1]) == _PAGE_CHARS:
        page = long_texts.get(_long_text_key(stream, len(pages)))
        if page is None:
            break
        pages.append(page)
    length, _, text = "".join(pages).partition("|")
    return text[: int(length, 16)], text[int(length, 16) :]


def write_long_texts(stream: int, description: str, schema: str) -> None:
    """Keep a stream's description and schema: the length of the first, a bar, both."""
    text = f"{len(description):x}|{description}{schema}"
    for page, start in enumerate(range(0, len(text), _PAGE_CHARS)):
        long_texts.insert(_long_text_key(stream, page), text[start : start + _PAGE_CHARS])


def read_state(stream: int) -> StreamState:
    """What changes with a stream. Refuses: UnknownStream."""
    return decode_state(_known(states.get(stream)))


def write_state(stream: int, state: StreamState) -> None:
    """Keep what changed with a stream."""
    states.insert(stream, encode_state(state))


def read_creation(fingerprint: str) -> int | None:
    """The stream that a request with this fingerprint created."""
    return creations.get(fingerprint)


def write_creation(fingerprint: str, stream: int) -> None:
    """Remember which stream a request created."""
    creations.insert(fingerprint, stream)


def _long_text_key(stream: int, page: int) -> int:
    return stream_number(stream) << 8 | page


# -- Contributors -----------------------------------------------------------------------------------------------------------


def read_contributor(stream: int, principal: str) -> Contributor | None:
    """A principal's standing with a stream, None for one who was never admitted."""
    text = contributors.get(f"{stream_number(stream):x}:{principal}")
    return None if text is None else decode_contributor(text)


def write_contributor(stream: int, principal: str, contributor: Contributor) -> None:
    """Keep a principal's standing with a stream."""
    contributors.insert(f"{stream_number(stream):x}:{principal}", encode_contributor(contributor))


def read_contributor_name(stream: int, number: int) -> PrincipalText:
    """The principal of the contributor with this number."""
    return PrincipalText(_present(contributor_names.get(stream_number(stream) << 40 | number)))


def write_contributor_name(stream: int, number: int, principal: str) -> None:
    """Keep the principal of a new contributor."""
    contributor_names.insert(stream_number(stream) << 40 | number, principal)


def read_batch_page(stream: int, contributor: int, page: int) -> str:
    """The spans of a full page of a contributor's batches."""
    return _present(batch_pages.get(f"{stream_number(stream):x}:{contributor:x}:{page:x}"))


def write_batch_page(stream: int, contributor: int, page: int, spans: str) -> None:
    """Keep a full page of a contributor's batches."""
    batch_pages.insert(f"{stream_number(stream):x}:{contributor:x}:{page:x}", spans)


# -- The log ----------------------------------------------------------------------------------------------------------------


def write_runs(stream: int, runs: Iterable[tuple[int, str]]) -> None:
    """Keep runs of segments, each by the number of its first record and in the map for its size."""
    number = stream_number(stream)
    for first, text in runs:
        size = len(text.encode())
        segments = small_segments if size <= _SMALL_BYTES else medium_segments if size <= _MEDIUM_BYTES else large_segments
        segments.insert(run_key(number, first), text)


class LogReader:
    """Reads the runs and tiles of a stream's log, whose size and tail are handed in.

    Runs beside each other are mostly of one size, so the map that had the last one is asked first.
    """

    def __init__(self, stream: int, size: int, tail: Tail) -> None:
        self._number = stream_number(stream)
        self._size = size
        self._tail = tail
        self._maps = [large_segments, small_segments, medium_segments]

    def run(self, first: int) -> str:
        """The run whose first record has this number. Breaks: when there is none."""
        in_tail, _, text = self._tail
        if text and first == in_tail:
            return text
        key = run_key(self._number, first)
        for place, segments in enumerate(self._maps):
            found = segments.get(key)
            if found is not None:
                if place:
                    self._maps.insert(0, self._maps.pop(place))
                return found
        raise Broken(f"no run begins with record {first}")

    def tile(self, level: int, number: int) -> str:
        """A tile, "" when there is none."""
        text = log_tiles.get(tile_key(self._number, level, number)) or ""
        if not is_in_tail(self._tail, self._size, level, number):
            return text
        update = tail_tiles(self._tail).get((level, number))
        return extend_tile(text, update) if update else text


def extend_tiles(stream: int, updates: dict[tuple[int, int], TileUpdate]) -> None:
    """Let the tiles of a stream's log gain new nodes."""
    stream_part = stream_number(stream)
    for place, update in updates.items():
        level, number = place
        key = tile_key(stream_part, level, number)
        # A node is complete only with one below it, so the first row gained is the lowest; a tile that begins with it is not stored yet.
        _, position, _ = update.rows[0]
        text = (log_tiles.get(key) or "") if position else ""
        log_tiles.insert(key, extend_tile(text, update))


def read_head_tile(level: int, number: int) -> str:
    """A tile of the certified heads, "" when there is none."""
    return head_tiles.get(level << 32 | number) or ""


def write_heads(changed: dict[tuple[int, int], str]) -> None:
    """Keep the tiles of the certified heads that changed."""
    for place, text in changed.items():
        level, number = place
        head_tiles.insert(level << 32 | number, text)


# -- Readers and work -------------------------------------------------------------------------------------------------------


def read_read_right(licence: int) -> ReadRight | None:
    """What is known of a licence."""
    text = read_rights.get(licence)
    return None if text is None else decode_read_right(text)


def write_read_right(licence: int, right: ReadRight) -> None:
    """Keep what is known of a licence."""
    read_rights.insert(licence, encode_read_right(right))


def read_sealed_work(stream: int, batch: int) -> str | None:
    """The work of a sealed batch, None when it is acknowledged."""
    return outbox.get(stream_number(stream) << 40 | batch)


def write_sealed_work(stream: int, batch: int, work: str) -> None:
    """Keep a sealed batch until it is acknowledged."""
    outbox.insert(stream_number(stream) << 40 | batch, work)


def remove_sealed_work(stream: int, batch: int) -> None:
    """Forget an acknowledged batch."""
    outbox.remove(stream_number(stream) << 40 | batch)


def queue_length() -> int:
    """How many streams are in the flush queue, whose places are dense: the first free place is so many behind its head."""
    return flush_queue.len()


def read_queue(place: int) -> int:
    """The stream at a place of the flush queue."""
    return _present(flush_queue.get(place))


def write_queue(place: int, stream: int) -> None:
    """Put a stream at a place of the flush queue."""
    flush_queue.insert(place, stream)


def remove_queue(place: int) -> None:
    """Empty a place of the flush queue."""
    flush_queue.remove(place)


def _known(text: str | None) -> str:
    if text is None:
        raise Refused("UnknownStream")
    return text


_Stored = TypeVar("_Stored")


def _present(value: _Stored | None) -> _Stored:
    """A value that must be stored. Breaks: when it is not."""
    if value is None:
        raise Broken("a value that must be stored is not")
    return value
