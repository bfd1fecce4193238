"""The System API of one execution: the `ic0` functions, each checked for the context in which it is called.

Functions carry the names of the IC interface specification (section "Overview of imports"), with the `_size`/`_copy`
pairs folded into one function that answers bytes. What a message changes is collected here and takes effect only when
the execution ends well; stable memory writes go to the store's message transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from kybra_replica.principal import Principal
from kybra_replica.system_api.contexts import PERMITTED, Context
from kybra_replica.system_api.journal import Cells, Journal
from kybra_replica.system_api.stable_memory import StableMemory
from kybra_replica.system_api.trap import RejectCode, Trap

CERTIFIED_DATA_BYTES = 32


@dataclass(frozen=True, slots=True)
class Callback:
    """A function of the module's table and the argument it is called with."""

    function: int
    environment: int


@dataclass(slots=True)
class OutgoingCall:
    """A call under construction, then performed: what leaves the canister when the message commits."""

    callee: Principal
    method: str
    on_reply: Callback
    on_reject: Callback
    on_cleanup: Callback | None = None
    argument: bytes = b""
    cycles: int = 0


@dataclass(slots=True)
class Environment:
    """What an execution finds when it starts.

    `cycles_available` and `responded` come from the call context; `can_call` says whether the queue to a canister has
    room, given how many calls this message sends there already; `certificate` makes the data certificate when a query asks for it.
    """

    canister: Principal
    caller: Principal
    time_ns: int
    store: Cells
    space: bytes
    """Prefix of the store's spaces that belong to this canister."""
    controllers: frozenset[Principal] = frozenset()
    argument: bytes = b""
    method: str = ""
    balance: int = 0
    cycles_available: int = 0
    cycles_refunded: int = 0
    reject_code: int = 0
    reject_message: str | None = None
    responded: bool = False
    version: int = 0
    status: int = 1
    instructions_before: int = 0
    can_call: Callable[[Principal, int], bool] = lambda callee, performed: True
    certificate: Callable[[], bytes] | None = None


@dataclass(slots=True)
class Effects:
    """What an execution asks for; nothing of it happens when it traps."""

    reply: bytes | None = None
    reject: str | None = None
    calls: list[OutgoingCall] = field(default_factory=list)
    certified_data: bytes | None = None
    global_timer_ns: int | None = None
    cycles_accepted: int = 0
    cycles_burned: int = 0
    accepted: bool = False
    prints: list[str] = field(default_factory=list)


_MODE_NAMES = {
    Context.INIT: "start",
    Context.PRE_UPGRADE: "pre upgrade",
    Context.UPDATE: "update",
    Context.REPLICATED_QUERY: "replicated query",
    Context.QUERY: "non replicated query",
    Context.COMPOSITE_QUERY: "composite query",
    Context.REPLY_CALLBACK: "reply callback",
    Context.REJECT_CALLBACK: "reject callback",
    Context.COMPOSITE_REPLY_CALLBACK: "composite reply callback",
    Context.COMPOSITE_REJECT_CALLBACK: "composite reject callback",
    Context.CLEANUP: "cleanup",
    Context.COMPOSITE_CLEANUP: "composite cleanup",
    Context.INSPECT_MESSAGE: "inspect message",
    Context.SYSTEM_TASK: "system task",
}


class SystemApi:
    """What the code of a canister can do while it runs one message."""

    def __init__(self, context: Context, environment: Environment) -> None:
        self.context = context
        self.environment = environment
        self.effects = Effects()
        self.instructions = 0
        self._reply_data = b""
        self._call: OutgoingCall | None = None
        self._cycles_sent = 0
        self._store = environment.store
        self._can_call = environment.can_call
        self._journal: Journal | None = None
        self._memory = StableMemory(environment.store, environment.space + b"memory")

    def use_journal(self, journal: Journal) -> None:
        """Ask `journal` from now on whatever does not follow from the environment."""
        self._store = self._journal = journal
        self._can_call = journal.can_call
        self._memory = StableMemory(journal, self.environment.space + b"memory")

    def _enter(self, name: str, cost: int = 500) -> None:
        self.instructions += cost
        if self.context not in PERMITTED[name]:
            mode = _MODE_NAMES[self.context]
            raise Trap(f'Canister violated contract: "ic0_{name}" cannot be executed in {mode} mode', "IC0504")

    def charge(self, instructions: int) -> None:
        """Count `instructions` that the engine executed since it last said so."""
        self.instructions += instructions

    # the message -----------------------------------------------------------------------------------------------------

    def msg_arg_data(self) -> bytes:
        self._enter("msg_arg_data")
        return self.environment.argument

    def msg_caller(self) -> Principal:
        self._enter("msg_caller")
        return self.environment.caller

    def msg_method_name(self) -> str:
        self._enter("msg_method_name")
        return self.environment.method

    def accept_message(self) -> None:
        self._enter("accept_message")
        if self.effects.accepted:
            raise Trap("Canister violated contract: accept_message: the function was already called", "IC0504")
        self.effects.accepted = True

    def msg_reject_code(self) -> int:
        self._enter("msg_reject_code")
        return self.environment.reject_code

    def msg_reject_msg(self) -> str:
        self._enter("msg_reject_msg")
        return self.environment.reject_message or ""

    def msg_reply_data_append(self, data: bytes) -> None:
        self._enter("msg_reply_data_append")
        self._check_unanswered()
        self._reply_data += data

    def msg_reply(self) -> None:
        self._enter("msg_reply")
        self._check_unanswered()
        self.effects.reply = self._reply_data

    def msg_reject(self, message: str) -> None:
        self._enter("msg_reject")
        self._check_unanswered()
        self.effects.reject = message

    @property
    def answered(self) -> bool:
        """Whether the call has its answer already, from this execution or an earlier one."""
        return self.environment.responded or self.effects.reply is not None or self.effects.reject is not None

    def _check_unanswered(self) -> None:
        if self.answered:
            raise Trap("Canister violated contract: the call is already replied", "IC0504")

    # cycles ----------------------------------------------------------------------------------------------------------

    def msg_cycles_available128(self) -> int:
        self._enter("msg_cycles_available128")
        return self.environment.cycles_available - self.effects.cycles_accepted

    def msg_cycles_accept128(self, most: int) -> int:
        self._enter("msg_cycles_accept128")
        accepted = min(most, self.environment.cycles_available - self.effects.cycles_accepted)
        self.effects.cycles_accepted += accepted
        return accepted

    def msg_cycles_refunded128(self) -> int:
        self._enter("msg_cycles_refunded128")
        return self.environment.cycles_refunded

    def canister_cycle_balance128(self) -> int:
        self._enter("canister_cycle_balance128")
        return self._balance()

    def cycles_burn128(self, amount: int) -> int:
        self._enter("cycles_burn128")
        burned = min(amount, self._balance())
        self.effects.cycles_burned += burned
        return burned

    def _balance(self) -> int:
        return self.environment.balance + self.effects.cycles_accepted - self._cycles_sent - self.effects.cycles_burned

    # the canister ----------------------------------------------------------------------------------------------------

    def canister_self(self) -> Principal:
        self._enter("canister_self")
        return self.environment.canister

    def canister_status(self) -> int:
        """1 running, 2 stopping, 3 stopped."""
        self._enter("canister_status")
        return self.environment.status

    def canister_version(self) -> int:
        self._enter("canister_version")
        return self.environment.version

    def is_controller(self, principal: Principal) -> bool:
        self._enter("is_controller")
        return principal in self.environment.controllers

    def in_replicated_execution(self) -> bool:
        self._enter("in_replicated_execution")
        return self.context.is_replicated

    def time(self) -> int:
        """Nanoseconds since 1970; the same during the whole message."""
        self._enter("time")
        return self.environment.time_ns

    def performance_counter(self, kind: int) -> int:
        """0: instructions of this message so far; 1: of the whole call context. An estimate, never a measurement."""
        self._enter("performance_counter")
        if kind not in (0, 1):
            raise Trap(f"Canister violated contract: Error getting performance counter type {kind}", "IC0504")
        counted = self.instructions + (self.environment.instructions_before if kind == 1 else 0)
        return counted if self._journal is None else self._journal.counted(kind, counted)

    def debug_print(self, text: str) -> None:
        self._enter("debug_print")
        self.effects.prints.append(text)

    def trap(self, message: str) -> None:
        """Abort the message."""
        self._enter("trap")
        raise Trap(message)

    # calls -----------------------------------------------------------------------------------------------------------

    def call_new(self, callee: Principal, method: str, on_reply: Callback, on_reject: Callback) -> None:
        """Begin a call; one that was begun and not performed is forgotten, its cycles are back."""
        self._enter("call_new")
        self._drop_call()
        self._call = OutgoingCall(callee, method, on_reply, on_reject)

    def call_on_cleanup(self, callback: Callback) -> None:
        self._enter("call_on_cleanup")
        call = self._under_construction("call_on_cleanup")
        if call.on_cleanup is not None:
            raise Trap("Canister violated contract: ic0.call_on_cleanup called twice for one call", "IC0504")
        call.on_cleanup = callback

    def call_data_append(self, data: bytes) -> None:
        self._enter("call_data_append")
        self._under_construction("call_data_append").argument += data

    def call_cycles_add128(self, amount: int) -> None:
        self._enter("call_cycles_add128")
        call = self._under_construction("call_cycles_add128")
        if amount > self._balance():
            raise Trap(f"Canister violated contract: {amount} cycles cannot be sent, the balance is {self._balance()}", "IC0504")
        self._cycles_sent += amount
        call.cycles += amount

    def call_perform(self) -> int:
        """Send the call when the message commits; 0, or the reject code with which it could not even be sent."""
        self._enter("call_perform", 5_000)
        call = self._under_construction("call_perform")
        performed = sum(1 for other in self.effects.calls if other.callee == call.callee)
        if not self._can_call(call.callee, performed):
            self._drop_call()
            return int(RejectCode.SYS_TRANSIENT)
        self.effects.calls.append(call)
        self._call = None
        return 0

    def _under_construction(self, name: str) -> OutgoingCall:
        if self._call is None:
            raise Trap(f"Canister violated contract: ic0.{name} called when no call is under construction.", "IC0504")
        return self._call

    def _drop_call(self) -> None:
        if self._call is not None:
            self._cycles_sent -= self._call.cycles
            self._call = None

    # memory, certification, timer ------------------------------------------------------------------------------------

    def stable64_size(self) -> int:
        self._enter("stable64_size")
        return self._memory.size()

    def stable64_grow(self, pages: int) -> int:
        self._enter("stable64_grow")
        return self._memory.grow(pages)

    def stable64_read(self, offset: int, length: int) -> bytes:
        self._enter("stable64_read", length)
        return self._memory.read(offset, length)

    def stable64_write(self, offset: int, data: bytes) -> None:
        self._enter("stable64_write", len(data))
        self._memory.write(offset, data)

    def stable_space(self, name: bytes) -> StableSpace:
        """An ordered map in stable memory, for an engine that keeps structures of its canister there."""
        return StableSpace(self._store, self.environment.space + name)

    def certified_data_set(self, data: bytes) -> None:
        self._enter("certified_data_set")
        if len(data) > CERTIFIED_DATA_BYTES:
            what = f"ic0.certified_data_set takes at most {CERTIFIED_DATA_BYTES} bytes, found {len(data)}"
            raise Trap(f"Canister violated contract: {what}", "IC0504")
        self.effects.certified_data = data

    def data_certificate_present(self) -> bool:
        self._enter("data_certificate_present")
        return self.context in PERMITTED["data_certificate"] and self.environment.certificate is not None

    def data_certificate(self) -> bytes:
        self._enter("data_certificate")
        if self.environment.certificate is None:
            raise Trap("Canister violated contract: ic0.data_certificate called when no certificate is present", "IC0504")
        return self.environment.certificate()

    def global_timer_set(self, time_ns: int) -> None:
        """Set the one timer of the canister; 0 clears it."""
        self._enter("global_timer_set")
        self.effects.global_timer_ns = time_ns


class StableSpace:
    """An ordered map from bytes to bytes, part of the running message's transaction."""

    __slots__ = ("_space", "_store")

    def __init__(self, store: Cells, space: bytes) -> None:
        self._store = store
        self._space = space

    def get(self, key: bytes) -> bytes | None:
        return self._store.get(self._space, key)

    def put(self, key: bytes, value: bytes) -> bytes | None:
        """Store; answers the value before."""
        return self._store.put(self._space, key, value)

    def delete(self, key: bytes) -> bytes | None:
        """Remove; answers the value before."""
        return self._store.delete(self._space, key)

    def __len__(self) -> int:
        return self._store.count(self._space)

    def items(self) -> list[tuple[bytes, bytes]]:
        """Keys and values, in order of keys."""
        return list(self._store.items(self._space))
