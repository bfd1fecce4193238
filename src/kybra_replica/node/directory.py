"""Where a node keeps everything: opened at the start, locked while it is in use, one transaction a block."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kybra_replica import state
from kybra_replica.network.certification import Certifier
from kybra_replica.network.request_history import RequestHistory
from kybra_replica.network.subnet import Subnet
from kybra_replica.node.node import Node
from kybra_replica.python_engine.packages import ModulePackages
from kybra_replica.state import StateUnreadable
from kybra_replica.system_api import ModuleRefused, StableStore
from kybra_replica.system_api.stable_store import DirectoryInUse

SEED_BYTES = 32


class CannotOpen(Exception):
    """The directory cannot be used; the text says why and what to do."""


@contextmanager
def opened(directory: Path | None, clock_ns: Callable[[], int], warn: Callable[[str], None]) -> Iterator[Node]:
    """The node that is kept in `directory`, a new one where there is none yet; None: in memory.

    `warn` is told of what could not be restored. Raises CannotOpen for a directory that cannot be used: another process uses
    it, another version wrote it, it cannot be written.
    """
    try:
        store = StableStore(directory)
    except (DirectoryInUse, OSError) as problem:
        raise CannotOpen(f"{directory} cannot be used: {problem}") from None
    try:
        node = _load(store, directory, clock_ns, warn)
    except (StateUnreadable, ModuleRefused, ValueError) as problem:
        store.abandon()
        raise CannotOpen(f"what is in {directory} cannot be loaded: {problem}. Choose another --state directory") from problem
    node.watchdog.start()
    try:
        yield node
    finally:
        node.watchdog.stop()
        if node.half_done:
            store.abandon()
        else:
            store.close()


def _load(store: StableStore, directory: Path | None, clock_ns: Callable[[], int], warn: Callable[[str], None]) -> Node:
    # All keys follow from the seed: whoever has the directory can sign as this replica.
    subnet, history = Subnet(store, clock_ns(), os.urandom(SEED_BYTES)), RequestHistory()
    modules = ModulePackages(None if directory is None else directory / "sources")
    subnet.open_module = modules.open_module
    if directory is not None:
        for loss in state.load(subnet, modules.open_module):
            warn(loss)
        history.load(store)

    def keep() -> None:
        if directory is not None:
            history.save(store)
            state.save(subnet)
            store.flush()

    # Keys are on disk before anybody sees what they sign.
    keep()
    return Node(subnet, history, Certifier(subnet.seed), clock_ns, keep)
