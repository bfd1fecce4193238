"""Changing a stream's plan: announced by its provider, in force after notice, and remembered for good.

A plan that is announced waits beside the one in force; sales, and what is earned along a clock, go by the old one until the moment
announced. Another announcement replaces one that waits, and the notice begins anew. Versions are numbered densely from 1, the plan that
the book was opened with; one that was replaced before it came into force keeps its number, and says so.

    2|<effective_at>|<announced_at>|<block>|<replaced>|<steps>

Invariants (tests/core/payouts/test_plan_history.py):
- HISTORY-1: no plan comes into force before its notice is over, and none that was replaced ever does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ddsx_core.codec import decode_fields
from ddsx_core.plans import STREAM_PREFIX, Step, check_steps, encode_steps
from ddsx_core.refused import Broken, Refused, invalid_plan
from ddsx_core.stream_books import Book
from ddsx_core.units import PrincipalText

_VERSION = "2"
_FIELDS = 5

MAX_VESTING_PAYEES = 32
"""Payees of one purse whose shares vest, those of earlier plans included: each is a flow that every touch of the purse looks at."""


class PlanVersion(NamedTuple):
    """One plan of a stream; times in ns. block: the index of the block that recorded it."""

    effective_at: int
    announced_at: int
    block: int
    is_replaced: bool
    steps: str


def check_plan(book: Book, stream: int, caller: PrincipalText, steps: Sequence[Step]) -> None:
    """Whether a stream's provider may announce these steps.

    Refuses (in order): NotTheProvider; InvalidPlan as `plans.check_steps`, for a step that names the stream itself, and when more than
        `MAX_VESTING_PAYEES` payees of old and new plans would have something vesting.
    """
    if caller != book.provider:
        raise Refused("NotTheProvider")
    check_steps(steps)
    for place, step in enumerate(steps):
        if step.payee == f"{STREAM_PREFIX}{stream:x}":
            raise invalid_plan(place, "a stream cannot pay itself")
    payees = {step.payee for step in [*book.steps(), *steps] if step.vest_seconds}
    for ledger in book.ledgers():
        slots = {payee for payee in book.purse(ledger).vesting.split(",") if payee}
        if len(payees | slots) > MAX_VESTING_PAYEES:
            raise invalid_plan(MAX_VESTING_PAYEES, f"at most {MAX_VESTING_PAYEES} payees of old and new plans have shares that vest")


def announce(book: Book, steps: Sequence[Step], effective_at: int) -> int | None:
    """Let a plan wait in the book until `effective_at`; the version that it replaces, None when none was waiting."""
    replaced = book.versions if book.announced else None
    book.announced = encode_steps(steps)
    book.announced_at = effective_at
    book.versions += 1
    return replaced


def encode_version(version: PlanVersion) -> str:
    """The stored row of a version."""
    effective_at, announced_at, block, is_replaced, steps = version
    return f"{_VERSION}|{effective_at:x}|{announced_at:x}|{block:x}|{int(is_replaced)}|{steps}"


def decode_version(row: str) -> PlanVersion:
    """What `encode_version` wrote; anything else is Broken."""
    *numbers, replaced, steps = decode_fields(_VERSION, _FIELDS, row)
    try:
        effective_at, announced_at, block = [int(number, 16) for number in numbers]
    except ValueError as error:
        raise Broken("a stored plan has a field that is no number") from error
    return PlanVersion(effective_at, announced_at, block, replaced == "1", steps)


def replaced(row: str) -> str:
    """The stored row of a version that another one replaced before it came into force."""
    return encode_version(decode_version(row)._replace(is_replaced=True))
