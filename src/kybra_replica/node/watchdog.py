"""A message that runs for too long is ended, so that a canister in an endless loop does not take the replica with it.

The IC counts instructions; here the clock decides, far above what any message takes that would pass there.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from greenlet import getcurrent

from kybra_replica.python_engine.guest import Guest
from kybra_replica.system_api import Trap

AGAIN_S = 0.2
"""The alarm is repeated: it may have come while the replica's own code ran, or the canister may have caught what ended it."""


class Watchdog:
    """Traps canister code that runs for more than `limit_s` seconds without a break.

    It takes the alarm signal of the process, and has to be made in the main thread of a system that has one; elsewhere it watches
    nothing.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._works = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()
        self._watching = False
        if self._works:
            signal.signal(signal.SIGALRM, self._expire)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch what runs within."""
        self._watching = self._works
        self.restart()
        try:
            yield
        finally:
            if self._watching:
                self._watching = False
                signal.setitimer(signal.ITIMER_REAL, 0)

    def restart(self) -> None:
        """A message has ended: the next one has all its time."""
        if self._watching:
            signal.setitimer(signal.ITIMER_REAL, self._limit_s, AGAIN_S)

    def _expire(self, number: int, frame: FrameType | None) -> None:
        # Canister code runs in a greenlet with a parent; the replica's own code is let alone.
        if getcurrent().parent is not None:
            what = f"Canister exceeded the time limit of {self._limit_s:g} s for single message execution"
            Guest().trap(Trap(f"{what} (the IC counts instructions)", "IC0522"))
