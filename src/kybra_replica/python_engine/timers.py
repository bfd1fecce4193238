"""Timers as the CDK's library keeps them: many of them on the canister's one global timer.

Source: ic-cdk-timers 0.7.0. Each firing is a call of the canister to itself, so that a trap loses only that callback's
changes; intervals count from the time at which the batch began; ids are slot map keys (version and index).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from kybra_replica.system_api.journal import Diverged

EXECUTOR = "<ic-cdk internal> timer_executor"
"""The method by which a canister calls itself to run one timer."""

MAX_NS = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Timer:
    """A callback and, for a repeating one, its interval."""

    callback: Callable[[], Any]
    interval_ns: int | None = None


@dataclass(frozen=True, slots=True)
class SavedTimers:
    """Everything of a canister's timers but their callbacks."""

    intervals: dict[int, int | None]
    """Timer id -> interval, for every timer that is set."""
    versions: tuple[int, ...]
    free: tuple[int, ...]
    deadlines: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class Timers:
    """The timers of one canister; part of its heap."""

    _tasks: dict[int, Timer] = field(default_factory=dict)
    _versions: list[int] = field(default_factory=lambda: [0])
    _free: list[int] = field(default_factory=list)
    _deadlines: list[tuple[int, int]] = field(default_factory=list)
    """(time, id), in the order of setting."""

    def copy(self) -> Timers:
        """An independent copy, to go back to."""
        return Timers(dict(self._tasks), list(self._versions), list(self._free), list(self._deadlines))

    @classmethod
    def of(cls, saved: SavedTimers, source: Timers) -> Timers:
        """The timers that were saved, with the callbacks that they have in `source`; those that have none there are cleared."""
        tasks = {
            timer_id: Timer(source._tasks[timer_id].callback, interval)
            for timer_id, interval in saved.intervals.items()
            if timer_id in source._tasks
        }
        timers = cls(tasks, list(saved.versions), list(saved.free), list(saved.deadlines))
        for timer_id in saved.intervals.keys() - tasks.keys():
            timers._release(timer_id)
        return timers

    def saved(self) -> SavedTimers:
        """For `of`."""
        intervals = {timer_id: timer.interval_ns for timer_id, timer in self._tasks.items()}
        return SavedTimers(intervals, tuple(self._versions), tuple(self._free), tuple(self._deadlines))

    def alive(self) -> list[int]:
        """Ids of the timers that are set."""
        return list(self._tasks)

    def callbacks(self) -> list[Callable[[], Any]]:
        """What the timers keep alive."""
        return [task.callback for task in self._tasks.values()]

    def set(self, deadline_ns: int, timer: Timer) -> int:
        """Add a timer; its id."""
        if self._free:
            index = self._free.pop()
            self._versions[index] += 1
        else:
            index = len(self._versions)
            self._versions.append(1)
        timer_id = self._versions[index] << 32 | index
        self._tasks[timer_id] = timer
        self._deadlines.append((deadline_ns, timer_id))
        return timer_id

    def clear(self, timer_id: int) -> None:
        """Forget a timer; an unknown id is passed over."""
        if self._tasks.pop(timer_id, None) is not None:
            self._release(timer_id)

    def _release(self, timer_id: int) -> None:
        index = timer_id & 0xFFFF_FFFF
        self._versions[index] += 1
        self._free.append(index)

    def get(self, timer_id: int) -> Timer | None:
        return self._tasks.get(timer_id)

    def take_due(self, now_ns: int) -> list[int]:
        """Ids of the timers that are due, earliest first; each is taken off the list of deadlines."""
        due = sorted(entry for entry in self._deadlines if entry[0] <= now_ns)
        self._deadlines = [entry for entry in self._deadlines if entry[0] > now_ns]
        return [timer_id for _, timer_id in due if timer_id in self._tasks]

    def after_run(self, timer_id: int, started_ns: int) -> None:
        """A timer has run or trapped: a repeating one is set again, any other is gone."""
        timer = self._tasks.get(timer_id)
        if timer is None:
            return
        if timer.interval_ns is None:
            self.clear(timer_id)
        elif started_ns + timer.interval_ns <= MAX_NS:
            self._deadlines.append((started_ns + timer.interval_ns, timer_id))

    def next_deadline(self) -> int | None:
        """When the global timer has to fire next."""
        return min((deadline for deadline, _ in self._deadlines), default=None)


@dataclass(slots=True)
class RepeatedTimers(Timers):
    """The timers while executions are repeated: ids are those that were given out then, and no timer is ever forgotten."""

    expected: list[int] = field(default_factory=list)

    def expect(self, timer_ids: Sequence[int]) -> None:
        """These ids come next. Raises Diverged when not all that were expected before have come."""
        if self.expected:
            raise Diverged("it set fewer timers than when it ran first")
        self.expected = list(timer_ids)

    def set(self, deadline_ns: int, timer: Timer) -> int:
        if not self.expected:
            raise Diverged("it set more timers than when it ran first")
        timer_id = self.expected.pop(0)
        self._tasks[timer_id] = timer
        return timer_id

    def clear(self, timer_id: int) -> None:
        """A repeated execution may still run the timer."""

    def next_deadline(self) -> int | None:
        return None
