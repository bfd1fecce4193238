"""Who may append to a stream, and the batches that each of them has appended.

A contributor numbers its batches to a stream densely from 0, so that a batch whose answer was lost can be sent again. Where each batch lies
in the log is kept: the latest ones as *spans* (`first:records` in hex, joined by commas) with the contributor, and whenever BATCHES_A_PAGE
of them have gathered, they leave as a page that never changes. So an append rewrites a short value, and every batch is found again.

Invariant CONTRIBUTOR-1: batch b is span b % BATCHES_A_PAGE of page b // BATCHES_A_PAGE; the last page is with the contributor.
"""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from typing import NamedTuple

from ddsx_core.accounts import ANONYMOUS, principal_bytes
from ddsx_core.codec import decode_fields, encode_fields
from ddsx_core.limits import MAX_CONTRIBUTORS
from ddsx_core.refused import Refused
from ddsx_core.units import PrincipalText

BATCHES_A_PAGE = 32
"""Spans in one page: a page leaves with one map write in so many appends."""

MAX_PAGE_CHARS = 32 * (10 + 1 + 3) + 31
"""The longest page: sequence numbers of 40 bits, counts up to 1,000 (3 hex digits), commas between."""

_VERSION = "1"


class Contributor(NamedTuple):
    """A contributor of one stream: its number there, its principal as bytes, the number its next batch must have, its latest spans."""

    admitted: bool
    number: int
    principal: bytes
    next_batch: int
    spans: str


class Span(NamedTuple):
    """Where a batch lies in the log."""

    first: int
    records: int


def admit(known: Contributor | None, contributor: PrincipalText, contributors: int) -> Contributor:
    """The contributor, admitted; `known` is what is stored under that principal, `contributors` how many were ever admitted.

    One who was removed comes back under the old number and goes on counting batches.
    Refuses (in order): AnonymousContributor; TooManyContributors when the stream has MAX_CONTRIBUTORS of them and this is another.
    """
    if contributor == ANONYMOUS:
        raise Refused("AnonymousContributor")
    if known is not None:
        return known._replace(admitted=True)
    if contributors >= MAX_CONTRIBUTORS:
        raise Refused("TooManyContributors", {"most": MAX_CONTRIBUTORS})
    return Contributor(admitted=True, number=contributors, principal=principal_bytes(contributor), next_batch=0, spans="")


def add_span(contributor: Contributor, span: Span) -> tuple[Contributor, str]:
    """The contributor after its next batch, and the page that is complete with it, "" when none is."""
    admitted, number, principal, batch, spans = contributor
    first, records = span
    spans = f"{spans},{first:x}:{records:x}" if spans else f"{first:x}:{records:x}"
    full = batch % BATCHES_A_PAGE == BATCHES_A_PAGE - 1
    return Contributor(admitted, number, principal, batch + 1, "" if full else spans), spans if full else ""


def page_of(contributor: Contributor, batch: int) -> int | None:
    """The number of the page that left with an earlier batch on it, None when the batch is among the latest spans."""
    page = batch // BATCHES_A_PAGE
    return None if page == contributor.next_batch // BATCHES_A_PAGE else page


def span_in(spans: str, batch: int) -> Span:
    """Where a batch lies, from the spans of its page."""
    first, _, records = spans.split(",")[batch % BATCHES_A_PAGE].partition(":")
    return Span(int(first, 16), int(records, 16))


def encode_contributor(contributor: Contributor) -> str:
    """The stored text of a contributor."""
    admitted, number, principal, next_batch, spans = contributor
    packed = b2a_base64(principal, newline=False).decode()
    return encode_fields(_VERSION, ["1" if admitted else "0", f"{number:x}", packed, f"{next_batch:x}", spans])


def decode_contributor(text: str) -> Contributor:
    """What `encode_contributor` wrote. Breaks: on another version or number of fields."""
    admitted, number, packed, next_batch, spans = decode_fields(_VERSION, 5, text)
    return Contributor(admitted == "1", int(number, 16), a2b_base64(packed), int(next_batch, 16), spans)
