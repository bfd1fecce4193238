"""A message that runs for too long is ended, so that a canister in an endless loop does not take the replica with it.

The IC counts instructions; here the clock decides, far above what any message takes that would pass there. An alarm that rings
all the time sees which message is running; so watching costs a message nothing.
"""

from __future__ import annotations

import signal
import threading
from time import monotonic
from types import FrameType

from greenlet import getcurrent

from kybra_replica.python_engine.guest import Guest
from kybra_replica.system_api import Trap

LONGEST_TICK_S = 1.0


class Watchdog:
    """Traps canister code that runs for about `limit_s` seconds, give or take a quarter, without a message ending.

    It takes the alarm signal of the process, and has to be started in the main thread of a system that has one; elsewhere it
    watches nothing.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._messages = 0
        self._seen = -1
        self._since_s = 0.0

    def start(self) -> None:
        """Watch from now on."""
        if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
            tick_s = min(self._limit_s / 4, LONGEST_TICK_S)
            signal.signal(signal.SIGALRM, self._look)
            signal.setitimer(signal.ITIMER_REAL, tick_s, tick_s)

    def stop(self) -> None:
        """Watch no more."""
        if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
            signal.setitimer(signal.ITIMER_REAL, 0)

    def message_ended(self, outcome: object) -> None:
        """The next message has all its time."""
        self._messages += 1

    def _look(self, number: int, frame: FrameType | None) -> None:
        # Canister code runs in a greenlet with a parent; the replica's own code is let alone.
        if getcurrent().parent is None:
            return
        if self._seen != self._messages:
            self._seen, self._since_s = self._messages, monotonic()
        elif monotonic() - self._since_s > self._limit_s:
            what = f"Canister exceeded the time limit of {self._limit_s:g} s for single message execution"
            Guest().trap(Trap(f"{what} (the IC counts instructions)", "IC0522"))
