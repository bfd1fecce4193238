"""Settings that governance changes: announced, and in force only after a delay that everyone can see running.

A canister keeps its settings in one value and the changes that are not in force yet in one text beside them:

    18a2f3c4d5e6f708=plan_notice_seconds=86400;18a2...=treasury=2vxsx-fae

each the moment (ns, hexadecimal) from which it holds, the setting's name, and its new value as text. What holds at a moment is a function
of the two and of that moment alone (`due_changes`), so a change needs no message of its own to come into force. One change of a setting is
pending at a time: another one takes its place and starts the delay anew. To take a pending change back, set what holds already.

Changes are made through pairs of methods, as an SNS asks of its functions: `validate_<x>` tells what `<x>` with the same arguments would
do, or why it cannot be done; it is shown to those who vote. `<x>` answers nothing and traps when it fails, since any answer counts as
success. The texts for voters are made here, so that they read alike in every canister.

Invariants (tests/core/payouts/test_governed.py):
- GOVERNED-1: a change is in force from its moment on and not before.
- GOVERNED-2: at every moment at most one change of a setting is pending; other settings' changes are untouched by it.
"""

from __future__ import annotations

from typing import NamedTuple

from ddsx_core.refused import Broken, Refused
from ddsx_core.units import Nanoseconds

MAX_DELAY_SECONDS = 30 * 24 * 60 * 60
"""The longest delay of changes, and of notices: a month. Longer, and a mistake could not be put right while it does harm."""

NS_PER_SECOND = 1_000_000_000

_NOT_IN_VALUES = frozenset(";|\n\t")


class Change(NamedTuple):
    """A setting's new value, and the moment from which it holds."""

    effective_at: Nanoseconds
    name: str
    value: str


def effective_after(now: Nanoseconds, delay_seconds: int) -> Nanoseconds:
    """The moment at which a change of now comes into force."""
    return Nanoseconds(now + delay_seconds * NS_PER_SECOND)


def pending_changes(pending: str) -> list[Change]:
    """The changes of a text, in the order in which they come into force. Breaks: on any other text."""
    changes = []
    for entry in pending.split(";") if pending else []:
        moment, name, value = _fields_of(entry)
        changes.append(Change(Nanoseconds(int(moment, 16)), name, value))
    return changes


def with_change(pending: str, change: Change) -> str:
    """The text with a change, in the place of one of the same setting.

    Breaks: on a value with a semicolon, a bar, a tab or a line break.
    """
    _, name, value = change
    if not _NOT_IN_VALUES.isdisjoint(value) or "=" in name:
        raise Broken("the value of a setting holds a separator")
    kept = [entry for entry in pending_changes(pending) if entry.name != name]
    # Sorting is stable: of two that come into force at once, the later decided one is applied later.
    kept = sorted([*kept, change], key=_moment_of)
    return ";".join([f"{entry.effective_at:x}={entry.name}={entry.value}" for entry in kept])


def due_changes(pending: str, now: Nanoseconds) -> tuple[list[tuple[str, str]], str]:
    """Names and values of the changes that are in force by now, in that order, and the text without them.

    Cost: one comparison while none is due, as the earliest one stands first.
    """
    due: list[tuple[str, str]] = []
    while pending:
        entry, _, rest = pending.partition(";")
        moment, name, value = _fields_of(entry)
        if int(moment, 16) > now:
            break
        due.append((name, value))
        pending = rest
    return due, pending


# -- Bounds -----------------------------------------------------------------------------------------------------------------


def check_bounds(value: int, least: int, most: int) -> int:
    """`value`, if governance may set it. Refuses: OutOfBounds with the least and the most allowed."""
    if not least <= value <= most:
        raise Refused("OutOfBounds", {"least": least, "most": most})
    return value


def check_delay(seconds: int) -> int:
    """`seconds`, if it may be a delay or a notice. Refuses: OutOfBounds."""
    return check_bounds(seconds, 0, MAX_DELAY_SECONDS)


# -- Words for those who vote -----------------------------------------------------------------------------------------------


def change_words(subject: str, before: str, after: str, delay_seconds: int) -> str:
    """What a change would do: the setting, its old and new value, and when it would come into force."""
    moment = f"{duration_words(delay_seconds)} after execution" if delay_seconds else "at execution"
    return f"{subject}: {before} -> {after}; in force {moment}"


def ppm_words(ppm: int) -> str:
    """A share in parts per million and in percent, exactly."""
    whole, rest = divmod(ppm, 10_000)
    percent = f"{whole}.{rest:04d}".rstrip("0") if rest else str(whole)
    return f"{ppm} ppm ({percent} %)"


def duration_words(seconds: int) -> str:
    """A length of time in seconds, and in days, hours, minutes and seconds where that is shorter to read."""
    parts = []
    rest = seconds
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        if rest >= size:
            parts.append(f"{rest // size} {unit}")
            rest %= size
    return f"{seconds} s" if seconds < 60 else f"{seconds} s ({' '.join(parts)})"


def _moment_of(change: Change) -> int:
    return change[0]


def _fields_of(entry: str) -> list[str]:
    fields = entry.split("=", 2)
    if len(fields) != 3:
        raise Broken("a pending change is none")
    return fields
