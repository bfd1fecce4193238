"""What the network asks of whatever runs a canister's code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from kybra_replica.system_api.api import SystemApi


class ModuleRefused(Exception):
    """The module cannot be installed; the text says why and what to do."""


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

    def close(self) -> None:
        """The module goes: let go of its heap, running no more of its code."""
