"""The heap of an installed canister: what a message's transaction undoes, and what a restart rebuilds.

It is module state, the tasks that wait for answers, the timers, and which maps have been opened.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from kybra_replica.python_engine import heap_rows
from kybra_replica.python_engine.diary import Diary, RandomState
from kybra_replica.python_engine.guest import Guest
from kybra_replica.python_engine.heap import RANDOM, HeapImage
from kybra_replica.python_engine.maps import StableMaps
from kybra_replica.python_engine.modules import ModuleSpace
from kybra_replica.python_engine.tasks import Task
from kybra_replica.python_engine.timers import Timers
from kybra_replica.system_api import Entry, SystemApi
from kybra_replica.system_api.engine import HeapRows


@dataclass(frozen=True, slots=True)
class _Saved:
    """What `rollback` goes back to, beside the heap image."""

    tasks: dict[int, Task]
    timers: Timers
    batches: dict[int, int]
    opened_maps: set[int]
    modules: int


@dataclass(frozen=True, slots=True)
class _AtRest:
    """What `restore` goes back to: a canister that waits for nothing."""

    image: HeapImage
    timers: Timers
    opened_maps: set[int]
    diary: Diary | None


class CanisterHeap(ABC):
    """The part of `kybra_replica.system_api.Engine` that keeps the heap."""

    def __init__(self, guest: Guest, modules: ModuleSpace, maps: StableMaps) -> None:
        self.guest = guest
        self.modules = modules
        self.maps = maps
        self.timers = Timers()
        self.module_changes: list[str] = []
        """Module state that messages changed and kept; a canister that wants to survive upgrades has none."""
        self._image: HeapImage | None = None
        self._diary: Diary | None = None
        """None while nothing is recorded."""
        self._unread: Mapping[bytes, bytes] = {}
        self.lost: str | None = None
        """Why the canister runs nothing any more: something cannot be undone or rebuilt."""
        self.no_task = "the method that awaited this answer is gone: the canister was upgraded in the meantime"
        self.tasks: dict[int, Task] = {}
        self.next_task = 0
        self.batches: dict[int, int] = {}
        """Timer id -> when the batch began in which it is running."""
        self._saved: list[_Saved] = []

    @abstractmethod
    def execute(self, entry: Entry, api: SystemApi) -> None:
        """As `kybra_replica.system_api.Engine`."""

    def begin(self) -> None:
        self._saved.append(
            _Saved(dict(self.tasks), self.timers.copy(), dict(self.batches), set(self.maps.opened), len(self.modules.modules))
        )

    def commit(self) -> None:
        before = self._saved.pop()
        if self._image is None:
            return
        changed = self._image.changed()
        self.module_changes.extend(name for name in changed if name != RANDOM and name not in self.module_changes)
        loaded = len(self.modules.modules) != before.modules
        if changed or loaded or before.timers.callbacks() != self.timers.callbacks():
            self._image = self._take_image()
        if self._diary is not None:
            self._keep(self._diary, changed, loaded=loaded)

    def rollback(self) -> None:
        before = self._saved.pop()
        for number in set(self.tasks) - set(before.tasks):
            self._discard(self.tasks[number])
        self.tasks, self.timers, self.batches, self.maps.opened = before.tasks, before.timers, before.batches, before.opened_maps
        if self._diary is not None:
            self._diary.abandon()
        if self._image is not None:
            self.modules.unload(before.modules)
            self._image.restore()
            if self._image.opaque:
                self.lost = (
                    f"kybra_replica cannot undo what a trap or a query may have changed in {', '.join(self._image.opaque)}, as the "
                    "Wasm would: keep such objects out of modules, or upgrade the canister to go on"
                )

    def snapshot(self) -> object:
        diary = None if self._diary is None else self._diary.copy()
        return _AtRest(self._take_image(), self.timers.copy(), set(self.maps.opened), diary)

    def restore(self, snapshot: object) -> None:
        assert isinstance(snapshot, _AtRest)
        self.close()
        snapshot.image.restore()
        self._image, self.timers, self.maps.opened = snapshot.image, snapshot.timers.copy(), set(snapshot.opened_maps)
        self.lost = None
        self._diary = None if snapshot.diary is None else snapshot.diary.copy()
        self.batches.clear()
        self.module_changes.clear()

    def record(self) -> None:
        self._diary = Diary()

    def heap_rows(self, written: object | None) -> HeapRows:
        if self._diary is None:
            return HeapRows(self._unread if written is None else {}, self._unread)
        return heap_rows.changed_rows(self, self._diary, written)

    def rebuild(self, rows: Mapping[bytes, bytes], without: Collection[bytes]) -> list[str]:
        if any(heap_rows.is_permanent(row) for row in without):
            self._unread = rows
            what = "could not be rebuilt when the replica was started again: reinstall it, or upgrade it without pre_upgrade"
            self.lost = f"the module state of this canister {what}"
            return [f"its module state, which {what}"]
        self._diary, losses = heap_rows.rebuild(self, rows, without)
        self._image = self._take_image()
        return losses

    def close(self) -> None:
        for task in self.tasks.values():
            self._discard(task)
        self.tasks = {}

    def _keep(self, diary: Diary, changed: list[str], *, loaded: bool) -> None:
        """Enter the execution that was kept into the diary, given what it changed."""
        drew = RANDOM in changed or loaded
        random = self._random_state() if drew else diary.random
        # The state of the module random is saved as it is; generators of the canister's own are rebuilt like anything else.
        others = changed.count(RANDOM) - (random != diary.random) > 0 or any(name != RANDOM for name in changed)
        opaque = self._image is not None and bool(self._image.opaque)
        execution = diary.finish(changed=others or loaded or opaque, drew=drew, waiting=bool(self.tasks), random=random)
        for number in range(execution.told.next_task, self.next_task) if execution is not None else ():
            if number + 1 in self.tasks:
                self.tasks[number + 1].driven_by = execution

    def _random_state(self) -> RandomState | None:
        module = self.modules.modules.get("random")
        return None if module is None else module.getstate()

    def set_random(self, state: RandomState | None) -> None:
        """Put the canister's `random` into a state that it had."""
        if state is not None:
            self.modules.load("random").setstate(state)

    def prepare(self, next_task: int, opened: Iterable[int]) -> None:
        """Count on from where an execution began that is to be repeated."""
        self.next_task, self.maps.opened = next_task, set(opened)

    def forget_task(self, number: int) -> None:
        """A task that has ended since; nothing of its code runs, so its generators are kept rather than closed."""
        self.guest.keep_aside(self.tasks.pop(number).stack)

    def _take_image(self) -> HeapImage:
        return HeapImage(self.modules.modules.values(), self.timers.callbacks(), lambda: self.modules.random_imported)

    def _discard(self, task: Task) -> None:
        while task.stack:
            generator = task.stack.pop()
            if hasattr(generator, "close"):
                self.guest.discard(generator)
