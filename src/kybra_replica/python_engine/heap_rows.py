"""A canister's heap as rows on disk, and back: the executions of its diary, and the few numbers beside them.

Rows: `p` or `t` with eight bytes, an execution that is kept for good or for a while, by its number; `state`; `random`. Rebuilding runs
the executions again, in their order, on freshly loaded modules; then tasks that have ended since are dropped and timers get the
deadlines that they had.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cbor2

from kybra_replica.python_engine.diary import (
    ENVIRONMENT,
    EXECUTION,
    PERMANENT,
    TRANSIENT,
    Diary,
    Execution,
    RandomState,
    SavedExecution,
    effects_digest,
)
from kybra_replica.python_engine.timers import RepeatedTimers, SavedTimers, Timers
from kybra_replica.rows import row_codec
from kybra_replica.system_api import SystemApi, Trap
from kybra_replica.system_api.engine import CannotRebuild, HeapRows
from kybra_replica.system_api.journal import Diverged, Replayer, Step

if TYPE_CHECKING:
    from kybra_replica.python_engine.canister_heap import CanisterHeap

ATTEMPTS = 3
"""After so many executions that could not be repeated, only those are on which module state depends."""

STATE_ROW, RANDOM_ROW = b"state", b"random"


@dataclass(frozen=True, slots=True)
class SavedHeap:
    """What the engine counts, beside the executions."""

    number: int
    shares: bool
    witnessed: tuple[int, ...]
    origins: dict[int, int]
    """Timer id -> execution."""
    tasks: dict[int, int]
    """Task number -> the execution that drove it last."""
    next_task: int
    batches: dict[int, int]
    timers: SavedTimers
    opened: tuple[int, ...]
    lost: str | None


HEAP = row_codec(SavedHeap)


@dataclass(frozen=True, slots=True)
class _Written:
    """What stands on disk."""

    permanent: int
    transient: dict[int, Execution]
    state: bytes
    random: RandomState | None


def changed_rows(engine: CanisterHeap, diary: Diary, written: object | None) -> HeapRows:
    """As `Engine.heap_rows`."""
    before = written if isinstance(written, _Written) else _Written(0, {}, b"", None)
    diary.forget_timers(engine.timers.alive())
    transient = diary.transient(task.driven_by for task in engine.tasks.values())
    changed: dict[bytes, bytes | None] = {
        TRANSIENT + number.to_bytes(8, "big"): None for number in before.transient.keys() - transient.keys()
    }
    for number in transient.keys() - before.transient.keys():
        changed[transient[number].key()] = transient[number].row()
    for execution in diary.permanent[before.permanent :]:
        changed[execution.key()] = execution.row()
    state = HEAP.dump(_state(engine, diary))
    if state != before.state:
        changed[STATE_ROW] = state
    if diary.random is not before.random and diary.random is not None:
        changed[RANDOM_ROW] = cbor2.dumps(diary.random)
    return HeapRows(changed, _Written(len(diary.permanent), transient, state, diary.random))


def _state(engine: CanisterHeap, diary: Diary) -> SavedHeap:
    return SavedHeap(
        number=diary.number,
        shares=diary.shares,
        witnessed=tuple(execution.number for execution in diary.witnessed),
        origins={timer: execution.number for timer, execution in diary.origins.items()},
        tasks={number: task.driven_by.number for number, task in engine.tasks.items() if task.driven_by is not None},
        next_task=engine.next_task,
        batches=engine.batches,
        timers=engine.timers.saved(),
        opened=tuple(sorted(engine.maps.opened)),
        lost=engine.lost,
    )


def is_permanent(key: bytes) -> bool:
    """Whether a row is of an execution on which module state depends."""
    return key[:1] == PERMANENT


def rebuild(engine: CanisterHeap, rows: Mapping[bytes, bytes], without: Collection[bytes]) -> tuple[Diary, list[str]]:
    """Run the heap's executions again on an engine that ran nothing; answers its diary, and what was lost without some rows.

    Raises CannotRebuild where an execution does anything else than the first time.
    """
    state = HEAP.load(rows[STATE_ROW])
    kept = _kept(rows, without)
    timers = engine.timers = RepeatedTimers()
    for number in sorted(kept):
        _repeat(engine, timers, kept[number])
    waiting = {task: kept[number].execution for task, number in state.tasks.items() if number in kept}
    for task in waiting.keys() - engine.tasks.keys():
        raise CannotRebuild(waiting[task].key(), "a call that waited for an answer does not wait now that it was repeated")
    losses = list(_losses(state, waiting, timers))
    _settle(engine, state, waiting, timers)
    if losses:
        engine.no_task = "the method that awaited this answer could not be resumed when the replica was started again"
    return _diary(engine, state, kept, rows.get(RANDOM_ROW)), losses


@dataclass(frozen=True, slots=True)
class _Kept:
    """An execution that was read."""

    saved: SavedExecution
    execution: Execution


def _kept(rows: Mapping[bytes, bytes], without: Collection[bytes]) -> dict[int, _Kept]:
    """The executions by number, without those that need one that is left out."""
    kept: dict[int, _Kept] = {}
    keys = [key for key in rows if key not in (STATE_ROW, RANDOM_ROW) and key not in without]
    if len(without) >= ATTEMPTS:
        keys = [key for key in keys if is_permanent(key)]
    for key in sorted(keys, key=lambda key: key[1:]):
        saved = EXECUTION.load(rows[key])
        if all(need in kept for need in saved.needs):
            needs = [kept[need].execution for need in saved.needs]
            number = int.from_bytes(key[1:], "big")
            kept[number] = _Kept(saved, Execution.read(number, rows[key], needs, saved.timers, permanent=is_permanent(key)))
    return kept


def _repeat(engine: CanisterHeap, timers: RepeatedTimers, kept: _Kept) -> None:
    saved, execution = kept.saved, kept.execution
    replayer = Replayer([Step(digest, answer) for digest, answer in cbor2.loads(saved.steps)])
    api = SystemApi(saved.context, ENVIRONMENT.load(saved.environment, store=replayer))
    api.use_journal(replayer)
    try:
        timers.expect(saved.timers)
        engine.prepare(saved.next_task, saved.opened)
        if saved.random is not None:
            engine.set_random(_random_state(saved.random))
        engine.execute(saved.entry, api)
        replayer.finish()
        timers.expect(())
        if effects_digest(api.effects) != saved.effects:
            raise Diverged("it asked for other effects than when it ran first")
    except Trap as trap:
        raise CannotRebuild(execution.key(), f"{saved.entry.export or 'a callback'} could not be repeated: {trap.message}") from trap
    for number in range(saved.next_task + 1, engine.next_task + 1):
        if number in engine.tasks:
            engine.tasks[number].driven_by = execution


def _settle(engine: CanisterHeap, state: SavedHeap, waiting: Collection[int], timers: RepeatedTimers) -> None:
    """What was not there when the rows were written goes."""
    for number in engine.tasks.keys() - set(waiting):
        engine.forget_task(number)
    engine.timers = Timers.of(state.timers, timers)
    engine.next_task, engine.batches, engine.lost = state.next_task, dict(state.batches), state.lost
    engine.maps.opened = set(state.opened)


def _losses(state: SavedHeap, waiting: Collection[int], timers: RepeatedTimers) -> Iterator[str]:
    tasks = len(state.tasks) - len(waiting)
    if tasks:
        yield f"{tasks} calls that waited for an answer: they are rejected when it comes"
    gone = state.timers.intervals.keys() - set(timers.alive())
    if gone:
        yield f"{len(gone)} timers"


def _diary(engine: CanisterHeap, state: SavedHeap, kept: Mapping[int, _Kept], random: bytes | None) -> Diary:
    diary = Diary()
    diary.number, diary.shares = state.number, state.shares
    diary.permanent = [kept[number].execution for number in sorted(kept) if kept[number].execution.permanent]
    diary.witnessed = [kept[number].execution for number in state.witnessed if number in kept]
    diary.origins = {timer: kept[number].execution for timer, number in state.origins.items() if number in kept}
    if random is not None:
        diary.random = _random_state(random)
        engine.set_random(diary.random)
    return diary


def _random_state(row: bytes) -> RandomState:
    version, internal, gauss = cbor2.loads(row)
    return version, tuple(internal), gauss
