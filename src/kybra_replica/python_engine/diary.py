"""Which executions of a canister must be run again to rebuild its heap, and what they were told.

Suspended generators, closures and module state cannot be written to disk; the executions that made them can be repeated. A diary
keeps an execution for as long as the heap depends on it:

- for good, when it changed module state (and the very first one, which loads the modules);
- while a task waits that it drove, or a timer is set that it set;
- while another kept execution needs it: the ones before it in its task, and the one that set the timer whose callback it ran.

Two tasks can share an object that no module holds only after module state changed or a timer got a closure. From then on whatever
runs while tasks wait may have changed such an object, so it is kept until no task waits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import cbor2

from kybra_replica.rows import row_codec
from kybra_replica.system_api import Context, Entry, SystemApi
from kybra_replica.system_api.api import Effects, Environment
from kybra_replica.system_api.journal import Recorder, digest

RandomState = tuple[Any, ...]
"""What `random.getstate()` answers."""

PERMANENT, TRANSIENT = b"p", b"t"
"""With which the key of an execution begins: kept for good, or for a while."""

ENVIRONMENT = row_codec(Environment, frozenset({"store", "can_call", "certificate"}))


@dataclass(frozen=True, slots=True)
class SavedExecution:
    """An execution as it lies on disk."""

    entry: Entry
    context: Context
    environment: bytes
    steps: bytes
    """CBOR: pairs of a question's digest and the answer."""
    effects: bytes
    """Digest of what it asked for."""
    timers: tuple[int, ...]
    """Ids of the timers that it set."""
    opened: tuple[int, ...]
    """Memory ids of the maps that were open before it."""
    next_task: int
    random: bytes | None
    """State of `random` before it, if it drew numbers."""
    needs: tuple[int, ...]


EXECUTION = row_codec(SavedExecution)


class Execution:
    """One execution that may have to be repeated; what it was told is encoded when it is written for the first time."""

    __slots__ = ("_row", "_told", "needs", "number", "permanent", "timers")

    def __init__(self, told: _Told | None) -> None:
        self.number = 0
        self.needs: list[Execution] = []
        self.permanent = False
        self.timers: list[int] = []
        """Ids of the timers that it set."""
        self._told = told
        self._row = b""

    @classmethod
    def read(cls, number: int, row: bytes, needs: list[Execution], timers: Iterable[int], *, permanent: bool) -> Execution:
        """One that lies on disk."""
        execution = cls(None)
        execution.number, execution.permanent, execution._row = number, permanent, row
        execution.needs, execution.timers = needs, list(timers)
        return execution

    @property
    def told(self) -> _Told:
        """What it is being told. Only before it is written."""
        assert self._told is not None
        return self._told

    def key(self) -> bytes:
        """Under which it lies on disk."""
        return (PERMANENT if self.permanent else TRANSIENT) + self.number.to_bytes(8, "big")

    def row(self) -> bytes:
        """As it lies on disk."""
        if self._told is not None:
            self._row, self._told = EXECUTION.dump(self._told.saved(self)), None
        return self._row


@dataclass(slots=True, eq=False)
class _Told:
    """What an execution was told, in memory."""

    entry: Entry
    api: SystemApi
    recorder: Recorder
    opened: frozenset[int]
    next_task: int
    random: RandomState | None = None

    def saved(self, execution: Execution) -> SavedExecution:
        return SavedExecution(
            entry=self.entry,
            context=self.api.context,
            environment=ENVIRONMENT.dump(self.api.environment),
            steps=cbor2.dumps([(step.digest, step.answer) for step in self.recorder.steps()]),
            effects=effects_digest(self.api.effects),
            timers=tuple(execution.timers),
            opened=tuple(sorted(self.opened)),
            next_task=self.next_task,
            random=None if self.random is None else cbor2.dumps(self.random),
            needs=tuple(need.number for need in execution.needs),
        )


class Diary:
    """What one canister's heap depends on, since its code was installed."""

    def __init__(self) -> None:
        self.running: Execution | None = None
        self.permanent: list[Execution] = []
        self.witnessed: list[Execution] = []
        """Kept until no task waits."""
        self.origins: dict[int, Execution] = {}
        """Timer id -> what set it."""
        self.random: RandomState | None = None
        """State of the canister's `random` now; None while it has not imported it."""
        self.shares = False
        """Whether tasks may share objects that no module holds."""
        self.number = 0

    def copy(self) -> Diary:
        """An independent copy, to go back to."""
        copy = Diary()
        copy.permanent, copy.witnessed, copy.origins = list(self.permanent), list(self.witnessed), dict(self.origins)
        copy.random, copy.shares, copy.number = self.random, self.shares, self.number
        return copy

    # while it runs ---------------------------------------------------------------------------------------------------

    def open(self, entry: Entry, api: SystemApi, opened: Iterable[int], next_task: int) -> None:
        """An execution begins; `opened` and `next_task` are as the engine has them."""
        recorder = Recorder(api.environment.store, api.environment.can_call)
        api.use_journal(recorder)
        self.running = Execution(_Told(entry, api, recorder, frozenset(opened), next_task))

    def need(self, earlier: Execution | None) -> None:
        """The running execution continues what `earlier` began."""
        if self.running is not None and earlier is not None:
            self.running.needs.append(earlier)

    def note_timer(self, timer_id: int, callback: Callable[[], Any]) -> None:
        """The running execution set a timer."""
        if self.running is None:
            return
        self.running.timers.append(timer_id)
        if not _stands_alone(callback):
            self.shares = True
            self.running.needs.extend(self.witnessed)

    # when it has ended -----------------------------------------------------------------------------------------------

    def abandon(self) -> None:
        """Nothing of the running execution is kept."""
        self.running = None

    def finish(self, *, changed: bool, drew: bool, waiting: bool, random: RandomState | None) -> Execution | None:
        """The running execution is kept by the canister; answers it, None for one of the engine's own.

        `changed`: it changed module state; `drew`: it drew from `random`, whose state is now `random`; `waiting`: a task waits.
        """
        execution, self.running = self.running, None
        before, self.random = self.random, random
        if execution is None:
            return None
        self.number += 1
        execution.number = self.number
        if drew:
            execution.told.random = before
        self.origins.update((timer, execution) for timer in execution.timers)
        if changed:
            self.shares = self.shares or bool(self.permanent)
            self._keep([*self.witnessed, execution])
        elif waiting and self.shares:
            self.witnessed.append(execution)
        if not waiting:
            self.witnessed.clear()
        return execution

    def _keep(self, executions: Sequence[Execution]) -> None:
        """Keep these for good, with all that they need."""
        pending = list(executions)
        while pending:
            execution = pending.pop()
            if not execution.permanent:
                execution.permanent = True
                self.permanent.append(execution)
                pending.extend(execution.needs)

    def forget_timers(self, alive: Iterable[int]) -> None:
        """Only these timers are set any more."""
        self.origins = {timer: self.origins[timer] for timer in alive if timer in self.origins}

    def transient(self, tasks: Iterable[Execution | None]) -> dict[int, Execution]:
        """What is kept for a while only, given the executions that drove the waiting tasks last."""
        found: dict[int, Execution] = {}
        pending = [*(execution for execution in tasks if execution is not None), *self.witnessed, *self.origins.values()]
        while pending:
            execution = pending.pop()
            if not execution.permanent and execution.number not in found:
                found[execution.number] = execution
                pending.extend(execution.needs)
        return found


def _stands_alone(callback: Callable[[], Any]) -> bool:
    """Whether a callback carries no object of whoever set it as a timer."""
    if not isinstance(callback, FunctionType):
        return False
    return not (callback.__closure__ or callback.__defaults__ or callback.__kwdefaults__)


def effects_digest(effects: Effects) -> bytes:
    """Tells whether an execution asked for the same again, but for the global timer: it follows from timers that others set."""
    calls = [
        (call.callee.raw, call.method, call.argument, call.cycles, call.on_reply.function, call.on_reply.environment)
        for call in effects.calls
    ]
    asked = (effects.reply, calls, effects.certified_data, effects.cycles_accepted, effects.cycles_burned, len(effects.prints))
    texts = [text.encode("utf-8", "surrogatepass") for text in (effects.reject or "", *effects.prints)]
    return digest([cbor2.dumps(asked), b"" if effects.reject is None else b"rejected", *texts])
