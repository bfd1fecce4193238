"""Who may read a stream: its provider, and whoever holds a licence for it that is valid now.

The licence ledger tells a registry of its licences, numbered densely, so that none is missed; here is what a registry keeps of one.
"""

from __future__ import annotations

from typing import NamedTuple

from ddsx_core.codec import decode_fields, encode_fields
from ddsx_core.refused import Refused
from ddsx_core.units import Nanoseconds, PrincipalText

MAX_ENTITLEMENTS = 500
"""Entitlements in one message: a map write each, some 0.5 B of the 40 B instructions of an update."""

_VERSION = "1"


class ReadRight(NamedTuple):
    """A licence as its registry knows it: valid from `valid_from` on, no longer at `valid_until`."""

    stream: int
    holder: PrincipalText
    valid_from: Nanoseconds
    valid_until: Nanoseconds


def check_reader(stream: int, caller: PrincipalText, right: ReadRight | None, now: Nanoseconds) -> None:
    """Whether the caller may read a stream now with the licence it names; `right` is what is known of that licence.

    Refuses (in order): UnknownLicence; LicenceForeign when it is for another stream or somebody else holds it; LicenceNotYetValid;
        LicenceExpired.
    """
    if right is None:
        raise Refused("UnknownLicence")
    if right.stream != stream or right.holder != caller:
        raise Refused("LicenceForeign")
    if now < right.valid_from:
        raise Refused("LicenceNotYetValid", {"valid_from": right.valid_from})
    if now >= right.valid_until:
        raise Refused("LicenceExpired", {"valid_until": right.valid_until})


def fresh_entitlements(expected: int, first: int, count: int) -> int:
    """How many of a batch of `count` entitlements numbered from `first` on are known already, when `expected` is the next number.

    Refuses (in order): OversizedBatch; Gap when entitlements between are missing.
    """
    if count > MAX_ENTITLEMENTS:
        raise Refused("OversizedBatch", {"most": MAX_ENTITLEMENTS})
    if first > expected:
        raise Refused("Gap", {"expected": expected})
    return min(expected - first, count)


def encode_read_right(right: ReadRight) -> str:
    """The stored text of a read right."""
    stream, holder, valid_from, valid_until = right
    return encode_fields(_VERSION, [f"{stream:x}", holder, f"{valid_from:x}", f"{valid_until:x}"])


def decode_read_right(text: str) -> ReadRight:
    """What `encode_read_right` wrote. Breaks: on another version or number of fields."""
    stream, holder, valid_from, valid_until = decode_fields(_VERSION, 4, text)
    return ReadRight(int(stream, 16), PrincipalText(holder), Nanoseconds(int(valid_from, 16)), Nanoseconds(int(valid_until, 16)))
