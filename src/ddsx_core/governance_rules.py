"""Who governs a canister that has few settings: the principal, the delay of its decisions, and what is announced.

For the licence ledger and the registries; the splitter's own settings are in `splitter_settings`. Both follow `governed`: what holds is a
function of what is stored and of the moment, and `validate_<x>` and `<x>` make one and the same decision.

Invariants (tests/core/payouts/test_governance_rules.py):
- OFFICE-1: a decision holds from its moment on and not before, and leaves the others alone.
"""

from __future__ import annotations

from typing import NamedTuple

from ddsx_core.accounts import ANONYMOUS
from ddsx_core.governed import Change, change_words, check_delay, due_changes, duration_words, effective_after, pending_changes, with_change
from ddsx_core.refused import Refused
from ddsx_core.units import Nanoseconds, PrincipalText

GOVERNANCE = "governance"
CHANGE_DELAY = "change_delay_seconds"

MAX_PENDING_LENGTH = 137
"""Characters of what is announced at most: 16 of time, the name and a principal of 63; 16, the name and 7 digits; separators."""


class Office(NamedTuple):
    """Who governs, how many seconds a decision waits, and the decisions that wait."""

    governance: PrincipalText
    change_delay_seconds: int = 0
    pending: str = ""


class OfficeChange(NamedTuple):
    """A setting, its new value as text, and what that means in words for those who vote."""

    name: str
    value: str
    words: str


def office_at(office: Office, now: Nanoseconds) -> Office:
    """The office as it holds now."""
    due, pending = due_changes(office.pending, now)
    for name, value in due:
        office = _with_value(office, name, value)
    return office._replace(pending=pending) if due else office


def announced_changes(office: Office, now: Nanoseconds) -> list[Change]:
    """The decisions that do not hold yet, in the order in which they will."""
    return pending_changes(office_at(office, now).pending)


def governance_change(office: Office, governance: PrincipalText) -> OfficeChange:
    """Another one who governs. Refuses: AnonymousGovernance, as whom anyone could act."""
    if governance == ANONYMOUS:
        raise Refused("AnonymousGovernance")
    return _decided(office, GOVERNANCE, governance, (office.governance, governance))


def delay_change(office: Office, seconds: int) -> OfficeChange:
    """Another delay of decisions that are made from its moment on. Refuses: OutOfBounds above 30 days."""
    before, after = duration_words(office.change_delay_seconds), duration_words(check_delay(seconds))
    return _decided(office, CHANGE_DELAY, str(seconds), (before, after))


def with_decision(office: Office, decision: OfficeChange, now: Nanoseconds) -> Office:
    """The office after a decision. office: as it holds now."""
    name, value, _ = decision
    if not office.change_delay_seconds:
        pending = ";".join([entry for entry in office.pending.split(";") if entry and entry.split("=", 2)[1] != name])
        return _with_value(office, name, value)._replace(pending=pending)
    moment = effective_after(now, office.change_delay_seconds)
    return office._replace(pending=with_change(office.pending, Change(moment, name, value)))


def _with_value(office: Office, name: str, value: str) -> Office:
    if name == GOVERNANCE:
        return office._replace(governance=PrincipalText(value))
    return office._replace(change_delay_seconds=int(value))


def _decided(office: Office, name: str, value: str, words: tuple[str, str]) -> OfficeChange:
    subject = "governance" if name == GOVERNANCE else "delay of changes"
    text = change_words(subject, *words, office.change_delay_seconds)
    replaced = [change.value for change in pending_changes(office.pending) if change.name == name]
    if replaced:
        text += f"; takes the place of the pending change to {replaced[0]}"
    return OfficeChange(name, value, text)
