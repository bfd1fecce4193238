"""The calls a ledger carried out lately, kept in pages: found again with one map read, forgotten without a removal.

A map with an entry a call would need a queue beside it, to know what to forget, and two removals for what was added: 6 M instructions a
call inside a canister. Here a call's fingerprint names one of 4,096 pages, a page is one text in one map entry, and whoever adds to a page
drops from its front what can no longer be repeated: a read and a write, 1.5 M.

    1|,<32 hex digits of the fingerprint><9: forget after this second><10: block>,...

Calls stand in the order in which they were carried out. A page of 64 is full; a ledger then answers TemporarilyUnavailable for one in
4,096 new calls, until the page's first call is a day old. With 100,000 calls a day a page holds 24 on average, and is full in one case in
5 * 10^10.

Invariants:
- CALLS-1: a call is found from when it was added until `until`, whatever was added after it.
- CALLS-2: a page never holds more than `MAX_PAGE_CALLS` calls.
"""

from __future__ import annotations

from ddsx_core.codec import decode_fields
from ddsx_core.limits import MAX_PAGE_CALLS
from ddsx_core.refused import Broken, temporarily_unavailable
from ddsx_core.units import Nanoseconds

EMPTY_PAGE = "1|"
"""A page to which nothing was added yet."""

_VERSION = "1"
_PAGE_DIGITS = 3
_FINGERPRINT_DIGITS = 32
_SECOND_DIGITS = 9
_BLOCK_DIGITS = 10
_SECONDS = 1 + _FINGERPRINT_DIGITS
_BLOCK = _SECONDS + _SECOND_DIGITS
_CALL = _BLOCK + _BLOCK_DIGITS
_MAX_FORGOTTEN = 4
_NS = 1_000_000_000

MAX_PAGE_CHARS = len(EMPTY_PAGE) + MAX_PAGE_CALLS * _CALL
"""Characters of a full page, 3,330, all ASCII: for the map's maximal value."""


def page_of(fingerprint: str) -> int:
    """The number of the page on which a call stands, 0 to 4,095."""
    return int(fingerprint[:_PAGE_DIGITS], 16)


def find_call(page: str, fingerprint: str) -> int | None:
    """The block of a call on its page, None when it is not there. Breaks: on a page of another version."""
    if not page.startswith(EMPTY_PAGE):
        raise Broken("a page of calls has another version")
    start = page.find(_named(fingerprint))
    return None if start < 0 else int(page[start + _BLOCK : start + _CALL], 16)


def remember_call(page: str, fingerprint: str, until: Nanoseconds, block: int, now: Nanoseconds) -> str:
    """The page with one more call, to be found until `until`, and without up to 4 old ones from its front that nobody can repeat any more.

    Refuses: TemporarilyUnavailable when the page is full. Breaks: on a block of more than 10 hex digits.
    """
    if block >> 4 * _BLOCK_DIGITS:
        raise Broken("a remembered block has more digits than its page has room for")
    calls = _forget(_calls(page), now)
    if len(calls) >= MAX_PAGE_CALLS * _CALL:
        raise temporarily_unavailable()
    return f"{_VERSION}|{calls}{_named(fingerprint)}{-(-until // _NS):09x}{block:010x}"


def _calls(page: str) -> str:
    return decode_fields(_VERSION, 1, page)[0]


def _named(fingerprint: str) -> str:
    """How a call begins: the comma occurs nowhere else, so a search finds no call across the border of two."""
    return "," + fingerprint[_PAGE_DIGITS : _PAGE_DIGITS + _FINGERPRINT_DIGITS]


def _forget(calls: str, now: Nanoseconds) -> str:
    """Without the first few, as long as they are past; none is remembered longer than a day and two minutes, so their order will do."""
    second = f"{now // _NS:09x}"
    start = 0
    while start < _MAX_FORGOTTEN * _CALL and start < len(calls) and calls[start + _SECONDS : start + _BLOCK] < second:
        start += _CALL
    return calls[start:]
