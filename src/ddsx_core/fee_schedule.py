"""The protocol's fee over time: which share held from which moment on, the one announced for later included.

    0:4e20,18a2f3c4d5e6f708:2710       20,000 ppm from the beginning, 10,000 ppm from that moment on (ns, hexadecimal both)

Revenue that is earned along a clock is credited when its stream is next touched, by the fee of the time at which it was earned; so a book
remembers since when its fee holds, and what changed after that is looked up here. The latest MAX_CHANGES are kept: a book that was not
touched during all of them takes the oldest one kept as the one that followed its own.

Invariants (tests/core/payouts/test_fee_schedule.py):
- FEE-1: what was in force at a moment that has passed never changes.
"""

from __future__ import annotations

from ddsx_core.refused import Broken

MAX_CHANGES = 16
"""Entries kept: 24 characters each, in a value that every payment reads."""

Change = tuple[int, int]
"""From which moment on, in ns, and which share, in ppm."""


def first_fee(ppm: int) -> str:
    """The schedule of a fee that holds from the beginning."""
    return f"0:{ppm:x}"


def changes_of(schedule: str) -> list[Change]:
    """All changes, the earliest first. Breaks: on anything else than such a text."""
    changes = []
    for entry in schedule.split(","):
        moment, colon, ppm = entry.partition(":")
        if not colon:
            raise Broken("a schedule of fees has an entry that is none")
        changes.append((int(moment, 16), int(ppm, 16)))
    return changes


def with_fee(schedule: str, ppm: int, effective_at: int, now: int) -> str:
    """The schedule with another fee from `effective_at` on, which is `now` or later; what was announced and is not in force is dropped."""
    changes = [(moment, share) for moment, share in changes_of(schedule) if moment <= now and moment < effective_at]
    kept = [*changes, (effective_at, ppm)][-MAX_CHANGES:]
    return ",".join([f"{moment:x}:{share:x}" for moment, share in kept])


def fee_in_force(schedule: str, now: int) -> Change:
    """Since when which fee holds."""
    if "," not in schedule:
        return changes_of(schedule)[0]
    changes = changes_of(schedule)
    return [change for change in changes if change[0] <= now][-1] if changes[0][0] <= now else changes[0]


def fee_at(schedule: str, now: int) -> int:
    """The fee that holds, in ppm."""
    return fee_in_force(schedule, now)[1]


def changes_between(schedule: str, since: int, now: int) -> list[Change]:
    """The changes after one that came into force at `since`, up to now, the earliest first."""
    return [(moment, ppm) for moment, ppm in changes_of(schedule) if since < moment <= now]
