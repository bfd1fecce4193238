"""The store below all stable memory of a replica: ordered maps of bytes on SQLite, with a transaction per message.

A *space* is one ordered map, named by a short byte string; keys sort bytewise. Writes of the running message stay in an
overlay until the message commits, so that a trap costs nothing to undo; committed writes stay in a second overlay until
`flush` puts them on disk in one SQLite transaction, so that a crash leaves whole messages or nothing of them.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path


class DirectoryInUse(Exception):
    """Another process, or another store of this one, has the directory."""


_Cells = dict[bytes, dict[bytes, "bytes | None"]]


@dataclass(slots=True)
class _Overlay:
    """Writes that are not in the layer below yet; a value of None is a removal."""

    cells: _Cells = field(default_factory=dict)
    counts: dict[bytes, int] = field(default_factory=dict)


class StableStore:
    """Ordered maps with message transactions.

    `directory` None keeps everything in memory. `begin`, any reads and writes, then `commit` or `rollback`; a message
    that runs within another (the callee of a composite query) nests. Writes outside of a message raise RuntimeError.
    A directory is one store's at a time: raises DirectoryInUse. The lock goes with the process that holds it, however it ends.
    """

    def __init__(self, directory: Path | None = None) -> None:
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
        name = ":memory:" if directory is None else str(directory / "stable.sqlite3")
        self._database = sqlite3.connect(name, timeout=0, isolation_level=None, check_same_thread=False)
        # Stores of replicas that nobody closes, and of checkpoints, end with the last reference to them.
        weakref.finalize(self, self._database.close)
        self._lock(directory)
        self._database.execute("PRAGMA journal_mode=WAL")
        # In WAL mode, FULL is what syncs the log at every commit: a flushed block survives a loss of power too.
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute("CREATE TABLE IF NOT EXISTS cell (space BLOB, key BLOB, value BLOB, PRIMARY KEY (space, key)) WITHOUT ROWID")
        counts = dict(self._database.execute("SELECT space, count(*) FROM cell GROUP BY space"))
        self._committed = _Overlay(counts=counts)
        self._messages: list[_Overlay] = []

    def _lock(self, directory: Path | None) -> None:
        self._database.execute("PRAGMA locking_mode=EXCLUSIVE")
        try:
            # In this mode the first write takes the lock for as long as the database is open.
            self._database.execute("BEGIN EXCLUSIVE")
            self._database.execute("COMMIT")
        except sqlite3.OperationalError as problem:
            self._database.close()
            if "locked" not in str(problem):
                raise
            raise DirectoryInUse(f"the directory {directory} is in use by another replica: stop that one first") from problem

    def begin(self) -> None:
        """Open the transaction of a message."""
        self._messages.append(_Overlay())

    def commit(self) -> None:
        """Keep what the message wrote."""
        done = self._running()
        self._messages.pop()
        below = self._messages[-1] if self._messages else self._committed
        for space, cells in done.cells.items():
            below.cells.setdefault(space, {}).update(cells)
        below.counts.update(done.counts)

    def rollback(self) -> None:
        """Forget what the message wrote."""
        self._running()
        self._messages.pop()

    def flush(self) -> None:
        """Put all committed writes on disk, in one transaction."""
        if not self._committed.cells:
            return
        # Committed when the block ends well; a full disk leaves the file as it was, and the writes wait for the next flush.
        self._database.execute("BEGIN IMMEDIATE")
        with self._database:
            for space, cells in self._committed.cells.items():
                gone = [(space, key) for key, value in cells.items() if value is None]
                kept = [(space, key, value) for key, value in cells.items() if value is not None]
                self._database.executemany("DELETE FROM cell WHERE space = ? AND key = ?", gone)
                self._database.executemany("INSERT OR REPLACE INTO cell VALUES (?, ?, ?)", kept)
        self._committed.cells = {}

    def abandon(self) -> None:
        """Let go of the database without what was not flushed."""
        self._committed.cells = {}
        self._database.close()

    def close(self) -> None:
        """Flush and let go of the database."""
        self.flush()
        self._database.close()

    def get(self, space: bytes, key: bytes) -> bytes | None:
        """The value at `key`, or None."""
        for overlay in reversed(self._messages):
            cells = overlay.cells.get(space)
            if cells is not None and key in cells:
                return cells[key]
        cells = self._committed.cells.get(space)
        if cells is not None and key in cells:
            return cells[key]
        row = self._database.execute("SELECT value FROM cell WHERE space = ? AND key = ?", (space, key)).fetchone()
        return None if row is None else bytes(row[0])

    def put(self, space: bytes, key: bytes, value: bytes) -> bytes | None:
        """Store `value` at `key`; answers what stood there before."""
        before = self.get(space, key)
        running = self._running()
        if before is None:
            running.counts[space] = self.count(space) + 1
        running.cells.setdefault(space, {})[key] = value
        return before

    def delete(self, space: bytes, key: bytes) -> bytes | None:
        """Remove `key`; answers what stood there before."""
        before = self.get(space, key)
        if before is not None:
            running = self._running()
            running.counts[space] = self.count(space) - 1
            running.cells.setdefault(space, {})[key] = None
        return before

    def overwrite(self, space: bytes, cells: Mapping[bytes, bytes | None]) -> None:
        """Store and, where the value is None, remove, without looking at what stood there.

        For spaces of which nobody asks how many keys they hold: `count` takes no notice before the store is opened again.
        """
        self._running().cells.setdefault(space, {}).update(cells)

    def count(self, space: bytes) -> int:
        """How many keys the space holds."""
        for overlay in (*reversed(self._messages), self._committed):
            if space in overlay.counts:
                return overlay.counts[space]
        return 0

    def items(self, space: bytes) -> Iterator[tuple[bytes, bytes]]:
        """All keys and values of the space, in order of keys."""
        cells: dict[bytes, bytes | None] = dict(self._database.execute("SELECT key, value FROM cell WHERE space = ?", (space,)))
        for overlay in (self._committed, *self._messages):
            cells.update(overlay.cells.get(space, {}))
        for key in sorted(cells):
            value = cells[key]
            if value is not None:
                yield key, value

    def spaces(self, prefix: bytes) -> list[bytes]:
        """The names that begin with `prefix` of all spaces that ever held something, in order."""
        layers = (self._committed, *self._messages)
        return sorted({space for overlay in layers for space in overlay.counts if space.startswith(prefix)})

    def clear(self, prefix: bytes) -> None:
        """Remove every space whose name begins with `prefix`."""
        for space in self.spaces(prefix):
            for key, _ in list(self.items(space)):
                self.delete(space, key)

    def snapshot(self) -> StableStore:
        """A copy of everything committed, in memory. Raises RuntimeError while a message runs."""
        if self._messages:
            raise RuntimeError("a message is running")
        copy = StableStore()
        self._database.backup(copy._database)
        cells = {space: dict(cells) for space, cells in self._committed.cells.items()}
        copy._committed = _Overlay(cells, dict(self._committed.counts))
        return copy

    def restore(self, snapshot: StableStore) -> None:
        """Make this store what `snapshot` was taken of."""
        self._messages.clear()
        snapshot._database.backup(self._database)
        cells = {space: dict(cells) for space, cells in snapshot._committed.cells.items()}
        self._committed = _Overlay(cells, dict(snapshot._committed.counts))

    def _running(self) -> _Overlay:
        if not self._messages:
            raise RuntimeError("no message is running: stable memory can only be changed inside of one")
        return self._messages[-1]
