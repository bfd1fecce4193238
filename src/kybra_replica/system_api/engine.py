"""What the network asks of whatever runs a canister's code."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from kybra_replica.system_api.api import SystemApi


class ModuleRefused(Exception):
    """The module cannot be installed; the text says why and what to do."""


class CannotRebuild(Exception):
    """The heap cannot be rebuilt from all that was kept: `row` is what does not go with the rest, and may be left out."""

    def __init__(self, row: bytes, why: str) -> None:
        super().__init__(why)
        self.row = row


@dataclass(frozen=True, slots=True)
class HeapRows:
    """What changed in the rows from which a heap can be rebuilt; None: the row is gone."""

    changed: Mapping[bytes, bytes | None]
    written: object
    """What stands on disk then: the engine's own note, for the next time it is asked."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What to run.

    An export by its Wasm name (`canister_update transfer`, `canister_init`, `canister_heartbeat`, ...) or, where `export` is
    empty, the function `function` of the module's table with the argument `environment`.
    """

    export: str
    function: int = 0
    environment: int = 0


class Engine(Protocol):
    """One installed module of one canister, with its heap.

    The heap is transactional like stable memory: `begin` before an execution, then `commit` or `rollback`.
    """

    def exports(self) -> frozenset[str]:
        """The Wasm names of the entry points that the module has."""

    def metadata(self, name: str) -> bytes | None:
        """The content of the custom section `icp:public <name>`, if there is one."""

    def metadata_names(self) -> frozenset[str]:
        """The names of the custom sections `icp:public <name>`."""

    def private_metadata(self) -> Mapping[str, bytes]:
        """The custom sections `icp:private <name>`, which only controllers may read; none of them is public as well."""

    def begin(self) -> None:
        """Remember the heap."""

    def execute(self, entry: Entry, api: SystemApi) -> None:
        """Run to the end. Raises Trap when the code traps."""

    def commit(self) -> None:
        """Keep the heap as it is."""

    def rollback(self) -> None:
        """Make the heap what it was at `begin`."""

    def snapshot(self) -> object:
        """The heap at rest, for `restore`."""

    def restore(self, snapshot: object) -> None:
        """Make the heap what it was; what the module was waiting for is forgotten."""

    def record(self) -> None:
        """Keep what rebuilding the heap will take, from the first execution on."""

    def heap_rows(self, written: object | None) -> HeapRows:
        """The rows that differ from what is `written` (None: from none at all). Asked between messages, of an engine that records."""

    def rebuild(self, rows: Mapping[bytes, bytes], without: Collection[bytes]) -> list[str]:
        """Make the heap of an engine that ran nothing yet what it was when `rows` were given, and go on recording.

        `without` names rows that could not be used; answers what was lost with them, in words. Raises CannotRebuild, after which only
        another engine of the same module can be used.
        """

    def close(self) -> None:
        """The module goes: let go of its heap, running no more of its code."""
