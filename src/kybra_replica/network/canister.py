"""A canister as the subnet keeps it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import IntEnum

from kybra_replica.network.canister_history import Change, ChangeDetails, ChangeOrigin, History
from kybra_replica.network.canister_log import Log
from kybra_replica.network.canister_settings import Settings
from kybra_replica.network.messages import Origin, RequestMessage
from kybra_replica.principal import Principal
from kybra_replica.system_api import Engine
from kybra_replica.system_api.api import Callback

QUEUE_CAPACITY = 500
"""Open calls from one canister to another (IC: 500 a queue)."""


class Status(IntEnum):
    """Numbered as `ic0.canister_status` answers."""

    RUNNING = 1
    STOPPING = 2
    STOPPED = 3


@dataclass(slots=True)
class CallContext:
    """A call that a canister is working on, across all the messages that takes."""

    origin: Origin
    caller: Principal
    cycles_available: int = 0
    responded: bool = False
    outstanding: int = 0
    """Calls made on its behalf that are not answered yet."""
    instructions: int = 0


@dataclass(frozen=True, slots=True)
class PendingCall:
    """A call that a canister made and whose answer it awaits."""

    context: int
    callee: Principal
    method: str
    on_reply: Callback
    on_reject: Callback
    on_cleanup: Callback | None


@dataclass(slots=True)
class Canister:
    """Identity, settings, balance, and what runs."""

    id: Principal
    controllers: frozenset[Principal]
    cycles: int
    engine: Engine | None = None
    module_hash: bytes | None = None
    status: Status = Status.RUNNING
    version: int = 0
    certified_data: bytes = b""
    global_timer_ns: int = 0
    contexts: dict[int, CallContext] = field(default_factory=dict)
    pending: dict[int, PendingCall] = field(default_factory=dict)
    open_calls: Counter[Principal] = field(default_factory=Counter)
    next_number: int = 0
    settings: Settings = field(default_factory=Settings)
    log: Log = field(default_factory=Log)
    history: History = field(default_factory=History)
    created_ns: int = 0
    installed_ns: int = 0
    """When its code was last installed or upgraded; 0 while it is empty."""
    stop_requests: tuple[RequestMessage, ...] = ()
    """Calls of `stop_canister` that are answered when it has stopped."""

    @property
    def space(self) -> bytes:
        """Prefix of this canister's spaces in the store; no canister's prefix is the beginning of another's."""
        return bytes([len(self.id.raw)]) + self.id.raw

    def exports(self, name: str) -> bool:
        """Whether the installed module has this entry point."""
        return self.engine is not None and name in self.engine.exports()

    def note_change(self, time_ns: int, origin: ChangeOrigin, details: ChangeDetails) -> None:
        """Enter into the history what was done; the version has risen already."""
        self.history = self.history.add(Change(time_ns, self.version, origin, details))

    def write_log(self, time_ns: int, text: str) -> None:
        """Add a line to the log, as far as the settings leave room for it."""
        self.log = self.log.add(time_ns, text, self.settings.log_memory_limit)

    def number(self) -> int:
        """A fresh number for a context or a callback."""
        self.next_number += 1
        return self.next_number

    def may_call(self, callee: Principal, performed: int) -> bool:
        """Whether the queue to `callee` takes one more call after the `performed` ones of the running message."""
        return self.open_calls[callee] + performed < QUEUE_CAPACITY
