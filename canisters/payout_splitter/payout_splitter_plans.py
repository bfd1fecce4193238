"""Plans of streams: announced by their providers, told to everybody. The rules are in `ddsx_core.plan_history` and `ddsx_core.plans`."""

from __future__ import annotations

from payout_splitter_books import accounts_of, write_accounts
from payout_splitter_log import append_block
from payout_splitter_store import State, find_book, read_plan, write_plan, write_state

from ddsx_core.cascade import SECOND_NS
from ddsx_core.plan_history import PlanVersion, announce, check_plan, decode_version, encode_version, replaced
from ddsx_core.plans import Step, decode_steps
from ddsx_core.refused import Refused
from ddsx_core.splitter_settings import Settings
from ddsx_core.units import Nanoseconds, Ppm, PrincipalText, Units
from ddsx_wire.plan_types import AnnouncedPlan, CurrentPlan, PlanEntry, SetPlanArgs

MAX_PLANS_TOLD = 50
"""Plans in one answer: a map read and 16 steps of 50 k instructions each."""


def announce_plan(state: State, settings: Settings, caller: PrincipalText, args: SetPlanArgs, now: Nanoseconds) -> AnnouncedPlan:
    """Announce a plan, in force when the notice is over; one that waited is replaced.

    Refuses (in order): Paused, UnknownStream, NotTheProvider, InvalidPlan.
    """
    if settings.paused:
        raise Refused("Paused")
    stream = args["stream"]
    steps = [
        Step(step["payee"], step["name"], Ppm(step["share_ppm"]), Units(step["cap_units"]), step["vest_seconds"]) for step in args["steps"]
    ]
    accounts = accounts_of(state, settings.fees, now)
    book = accounts.touch_all(stream)
    check_plan(book, stream, caller, steps)
    effective_at = now + settings.plan_notice_seconds * SECOND_NS
    waited = announce(book, steps, effective_at)
    block = append_block(state, now, "ddsx:plan", [stream, book.versions, effective_at, book.announced])
    if waited is not None:
        write_plan(stream, waited, replaced(read_plan(stream, waited)))
    write_plan(stream, book.versions, encode_version(PlanVersion(effective_at, now, block, is_replaced=False, steps=book.announced)))
    accounts.changed_books[stream] = book
    # Without notice it is in force at once.
    accounts.touch_all(stream)
    write_accounts(accounts, state)
    write_state(state)
    return {"version": book.versions, "effective_at": effective_at}


def view_plan(stream: int, now: int) -> CurrentPlan | None:
    """The plan in force and the one that waits, None for a stream without a book."""
    book = find_book(stream)
    if book is None:
        return None
    waiting = _entry(stream, book.versions) if book.announced else None
    if waiting is not None and book.announced_at <= now:
        return {"in_force": waiting, "announced": None}
    return {"in_force": _entry(stream, book.version), "announced": waiting}


def view_history(stream: int, start: int, take: int) -> list[PlanEntry]:
    """Plans from version `start` on, at most `MAX_PLANS_TOLD`; none for a stream without a book."""
    book = find_book(stream)
    last = 0 if book is None else book.versions
    first = max(start, 1)
    return [_entry(stream, version) for version in range(first, min(last, first + min(take, MAX_PLANS_TOLD) - 1) + 1)]


def _entry(stream: int, version: int) -> PlanEntry:
    effective_at, announced_at, block, is_replaced, steps = decode_version(read_plan(stream, version))
    return {
        "version": version,
        "effective_at": effective_at,
        "announced_at": announced_at,
        "block": block,
        "replaced": is_replaced,
        "steps": [
            {"payee": payee, "name": name, "share_ppm": share, "cap_units": cap, "vest_seconds": vest}
            for payee, name, share, cap, vest in decode_steps(steps)
        ],
    }
