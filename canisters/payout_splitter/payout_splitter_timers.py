"""What the splitter does by itself: a bounded look at what is open, and at whom to pay without asking, while there is anything of either.

Each payment is driven in a message of its own, so that one that fails, traps or never gets an answer holds up no other; and whatever was
looked at goes behind the rest, so that what keeps failing is not looked at more often than anything else.

The timer is set by whoever opens something (`payout_splitter_alarm`) and by itself, for when the next thing is due; with nothing to do it
is not set. Once a day it fires in any case: for what is earned along a clock, which no message tells of, and in case it was lost.
"""

from __future__ import annotations

from collections.abc import Callable

from kybra import ic
from payout_splitter_alarm import NS_PER_SECOND, ROUND_SECONDS, arm, wake_pushes
from payout_splitter_answers import Steps, start_soon
from payout_splitter_collections import retry_collection
from payout_splitter_outcomes import payout_due_at, retry_payout
from payout_splitter_payouts import ask_ledger_fee, push_payout
from payout_splitter_store import State, read_state, write_state

from ddsx_core.collection_rules import decode_collection
from ddsx_core.open_rows import count_rows, first_rows, rotate_rows
from ddsx_core.payment_rules import due_at
from ddsx_core.payout_rules import decode_payout
from ddsx_core.refused import Broken
from ddsx_core.splitter_desk import Desk, after_pushes, decode_desk, encode_desk, open_number, push_places
from ddsx_core.splitter_settings import ICRC, ledger_count, ledger_kind, settings_of
from ddsx_core.units import Nanoseconds

DAY_SECONDS = 24 * 60 * 60

SOON_SECONDS = 1
"""Pause between two rounds of pushes while they find someone to pay."""

LOOKED_AT = 20
"""Open payments looked at in a round: some 10 M instructions each to ask again."""

PUSHED = 20
"""Places of the push list visited in a round, each in a message of its own: 3 M instructions for one with a stream where nothing is due."""


def start_timers() -> None:
    """Begin the daily rounds, have a look soon, and ask what the ledgers charge. Timers do not survive an upgrade."""
    ic.set_timer_interval(DAY_SECONDS, start_daily_round)
    now, state = Nanoseconds(ic.time()), read_state()
    desk = decode_desk(state.desk)
    state.desk = encode_desk(desk._replace(alarm_at=Nanoseconds(0)))
    _ask_fees_soon(state, now)
    if state.rows or desk.push_left:
        arm(state, ROUND_SECONDS, now)
    write_state(state)


def start_daily_round() -> None:
    """A round that also looks at everyone who wants to be paid without asking, and asks what the ledgers charge.

    A fee that fell is not told by any refusal: who has no more than the old one would wait for ever.
    """
    now, state = Nanoseconds(ic.time()), read_state()
    before = state.desk
    wake_pushes(state, now)
    if state.desk != before:
        write_state(state)
    _ask_fees_soon(state, now)
    start_round()


def start_round() -> None:
    """Start what is due, each in its own message, and set the timer for what is due next."""
    now, state = Nanoseconds(ic.time()), read_state()
    desk = decode_desk(state.desk)
    if not state.rows and not desk.push_left:
        return
    times = [_start_due(key, row, now) for key, row in first_rows(state.rows, LOOKED_AT)]
    if count_rows(state.rows) > LOOKED_AT:
        times.append(_after(now, ROUND_SECONDS))
    desk = _start_pushes(desk, now, times)
    state.rows = rotate_rows(state.rows, LOOKED_AT)
    state.desk = encode_desk(desk._replace(alarm_at=Nanoseconds(0), payouts_seen=desk.payouts))
    if times:
        # Not before the next second, and rounded up: a timer that fires early would find nothing due.
        arm(state, max(-((now - min(times)) // NS_PER_SECOND), SOON_SECONDS), now)
    write_state(state)


def _ask_fees_soon(state: State, now: Nanoseconds) -> None:
    settings = settings_of(state.settings, now)
    for ledger in range(ledger_count(settings)):
        if ledger_kind(settings, ledger) == ICRC:
            start_soon(ask_ledger_fee, ledger)


def _start_due(key: str, row: str, now: Nanoseconds) -> int:
    """Start what an open row stands for, if it is due; when to look at it next."""
    retry: Callable[[int], Steps] = retry_collection
    try:
        if key[0] == "c":
            collection = decode_collection(row)
            due = due_at(collection.attempts, collection.tried_at)
        else:
            retry = retry_payout
            due = payout_due_at(decode_payout(row))
    except (Broken, ValueError):
        # Whatever is wrong with it shows in its own message, and not in that of all the others.
        due = now
    if due > now:
        return due
    start_soon(retry, open_number(key))
    return _after(now, ROUND_SECONDS)


def _start_pushes(desk: Desk, now: Nanoseconds, times: list[int]) -> Desk:
    """Visit those whose turn it is to be paid without asking; go on soon while that finds someone to pay."""
    places = push_places(desk, PUSHED)
    for place in places:
        start_soon(push_payout, place)
    if len(places) < desk.push_left:
        times.append(_after(now, SOON_SECONDS if desk.payouts > desk.payouts_seen else ROUND_SECONDS))
    return after_pushes(desk, len(places))


def _after(now: Nanoseconds, seconds: int) -> int:
    return now + seconds * NS_PER_SECOND
