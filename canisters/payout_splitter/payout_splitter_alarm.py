"""The splitter's timer: set while there is something to do, and for when it is due. What it does is in `payout_splitter_timers`."""

from __future__ import annotations

from kybra import ic
from payout_splitter_store import State

from ddsx_core.splitter_desk import awakened, with_alarm
from ddsx_core.units import Nanoseconds

ROUND_SECONDS = 30
"""An answer takes a few seconds; what is still open after this may need to be asked for again."""

NS_PER_SECOND = 1_000_000_000


def arm_soon(state: State, now: Nanoseconds) -> None:
    """Set the timer because something was opened, unless it fires soon anyway. Changes the state, which the caller writes."""
    arm(state, ROUND_SECONDS, now)


def wake_pushes(state: State, now: Nanoseconds) -> None:
    """Let everyone who wants to be paid without asking be looked at, because money came in. Changes the state, which the caller writes."""
    desk = awakened(state.desk)
    if desk is not None:
        state.desk = desk
        arm(state, ROUND_SECONDS, now)


def arm(state: State, seconds: int, now: Nanoseconds) -> None:
    """Set the timer to fire after so many seconds, unless it fires before that anyway."""
    desk = with_alarm(state.desk, Nanoseconds(now + seconds * NS_PER_SECOND), now)
    if desk is not None:
        state.desk = desk
        ic.set_timer(seconds, _ring)


def _ring() -> None:
    # Imported when it rings: what the timer starts sets the timer, too.
    from payout_splitter_timers import start_round  # noqa: PLC0415

    start_round()
