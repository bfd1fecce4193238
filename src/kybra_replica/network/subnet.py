"""The subnet: what exists, what waits, and the rounds in which it runs.

Semantics follow the IC interface specification: a message is one entry point; an await ends it and commits; a trap
undoes exactly one message; requests between two canisters stay in order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol

from kybra_replica.network import lifecycle, queries
from kybra_replica.network.admission import unavailable, underpaid
from kybra_replica.network.canister import CallContext, Canister, PendingCall, Status
from kybra_replica.network.canister_history import ChangeOrigin, Creation
from kybra_replica.network.canister_settings import Settings
from kybra_replica.network.execution import Outcome, run_message
from kybra_replica.network.faults import Faults
from kybra_replica.network.management import ManagementCanister
from kybra_replica.network.messages import (
    CallOrigin,
    IngressOrigin,
    Origin,
    Reject,
    Reply,
    RequestMessage,
    Response,
    ResponseMessage,
    SystemOrigin,
    canister_error,
    canister_not_found,
    trap_reject,
)
from kybra_replica.network.pool import Pool
from kybra_replica.principal import MANAGEMENT, Principal
from kybra_replica.system_api import Context, Engine, Entry, RejectCode, StableStore, Trap
from kybra_replica.system_api.api import Callback, Effects, Environment

DEFAULT_CYCLES = 100_000_000_000_000
"""What a canister starts with when nobody says otherwise."""

MESSAGES_A_ROUND = 10_000
"""After so many messages a round ends even if more wait; canisters that call in circles do not hang the driver."""


class OnDisk(Protocol):
    """What is known of the rows that a subnet has on disk."""

    def forget(self) -> None:
        """The store was put back to an earlier state: nothing is known any more."""


@dataclass(slots=True)
class Subnet:
    """All state of one subnet; `store` holds the stable memories, the rest lives here."""

    store: StableStore
    time_ns: int
    seed: bytes = b"kybra-replica"
    canisters: dict[Principal, Canister] = field(default_factory=dict)
    pool: Pool = field(default_factory=Pool)
    faults: Faults = field(default_factory=Faults)
    answers: dict[int, Response | None] = field(default_factory=dict)
    """Calls from outside by number; None while they run."""
    observers: list[Callable[[Outcome], None]] = field(default_factory=list)
    """Called after every execution, kept or undone."""
    certify: Callable[[Subnet, Principal], bytes] | None = None
    """Makes the certificate that a query of a canister reads."""
    open_module: Callable[[bytes], Engine] | None = None
    """Makes an engine of the bytes of a module. Raises ModuleRefused. None: code is installed by the driver alone."""
    prints: list[tuple[Principal, str]] = field(default_factory=list)
    system_traps: list[tuple[Principal, str]] = field(default_factory=list)
    """Traps of heartbeats and timers, which nobody else is told."""
    next_canister: int = 1
    next_ingress: int = 0
    random_draws: int = 0
    on_disk: OnDisk | None = None
    """What `kybra_replica.state` knows to lie on disk; None: only stable memory is kept, and engines record nothing."""
    management: ManagementCanister = field(init=False)

    def __post_init__(self) -> None:
        self.management = ManagementCanister(self)
        self.faults.release = self.pool.add

    # canisters -------------------------------------------------------------------------------------------------------

    def create_canister(
        self,
        controllers: frozenset[Principal],
        cycles: int = DEFAULT_CYCLES,
        specified: Principal | None = None,
        *,
        settings: Settings | None = None,
        origin: ChangeOrigin | None = None,
    ) -> Canister:
        """A new, empty canister; ids are given out in the IC's order. Raises ValueError when `specified` is taken.

        Its history begins with `origin`; a driver that names none begins it empty.
        """
        if specified is None:
            while Principal.canister(self.next_canister) in self.canisters:
                self.next_canister += 1
            specified = Principal.canister(self.next_canister)
            self.next_canister += 1
        elif specified in self.canisters:
            raise ValueError(f"canister {specified} exists already")
        canister = Canister(specified, controllers, cycles, settings=settings or Settings(), created_ns=self.time_ns)
        self.canisters[specified] = canister
        if origin is not None:
            canister.note_change(self.time_ns, origin, Creation(tuple(sorted(controllers)), canister.settings.environment_hash()))
        return canister

    def uninstall(self, canister: Canister) -> None:
        """Remove a canister's code and memory."""
        lifecycle.uninstall(self, canister)

    def raw_rand(self) -> bytes:
        """32 bytes that follow from the subnet's seed and how often somebody asked."""
        self.random_draws += 1
        return sha256(self.seed + self.random_draws.to_bytes(8, "big")).digest()

    # from outside ----------------------------------------------------------------------------------------------------

    def submit(self, sender: Principal, receiver: Principal, method: str, argument: bytes) -> int:
        """Accept a call from outside; its number. A refusal is answered at once and stands under the number too."""
        self.next_ingress += 1
        number = self.next_ingress
        request = RequestMessage(sender, receiver, method, argument, 0, IngressOrigin(number))
        refusal = self._refusal(request)
        self.answers[number] = refusal
        if refusal is None:
            self.pool.add(request)
        return number

    def _refusal(self, request: RequestMessage) -> Reject | None:
        if request.receiver == MANAGEMENT:
            return self.management.refusal(request)
        canister = self.canisters.get(request.receiver)
        if canister is None:
            return canister_not_found(request.receiver)
        refusal = unavailable(canister)
        if refusal is not None or not canister.exports("canister_inspect_message"):
            return refusal
        return self.inspect(canister, request.sender, request.method, request.argument)

    def inspect(self, canister: Canister, sender: Principal, method: str, argument: bytes) -> Reject | None:
        """What `inspect_message` says of a call from outside: None when it is let in."""
        environment = self._environment(canister, sender, argument=argument, method=method)
        outcome = self._run(canister, Entry("canister_inspect_message"), Context.INSPECT_MESSAGE, environment)
        if outcome.trap is not None:
            return trap_reject(canister.id, outcome.trap)
        if not outcome.effects.accepted:
            return Reject(RejectCode.CANISTER_REJECT, "Canister rejected the message", "IC0406")
        return None

    def call_directly(self, sender: Principal, receiver: Principal, method: str, argument: bytes, cycles: int = 0) -> Response:
        """Deliver a call and whatever follows from it, with neither inspect_message nor timers, `cycles` attached."""
        self.next_ingress += 1
        number = self.next_ingress
        self.answers[number] = None
        self.pool.add(RequestMessage(sender, receiver, method, argument, cycles, IngressOrigin(number)))
        self.round(system_tasks=False)
        answer = self.answers.pop(number)
        if answer is None:
            raise TimeoutError(f"the call of {method} has no answer and nothing is left to run")
        return answer

    def query(self, sender: Principal, receiver: Principal, method: str, argument: bytes) -> Response:
        """Answer a query on the state as it is; nothing is kept of what it changes."""
        return queries.answer(self, sender, receiver, method, argument)

    # rounds ----------------------------------------------------------------------------------------------------------

    def round(self, *, system_tasks: bool = True) -> bool:
        """Heartbeats and due timers of every canister, then messages until none waits. Whether anything ran."""
        before = self.time_ns
        if system_tasks:
            for canister in list(self.canisters.values()):
                self._run_system_tasks(canister)
        for _ in range(MESSAGES_A_ROUND):
            if not len(self.pool):
                break
            self.step()
        return self.time_ns != before

    def step(self) -> None:
        """Deliver one message. Raises IndexError when none waits."""
        message = self.pool.take()
        if isinstance(message, RequestMessage):
            self._deliver_request(message)
        else:
            self._deliver_response(message)

    def _run_system_tasks(self, canister: Canister) -> None:
        if canister.status is not Status.RUNNING or canister.engine is None:
            return
        if canister.exports("canister_heartbeat"):
            self._run_task(canister, "canister_heartbeat")
        if 0 < canister.global_timer_ns <= self.time_ns:
            canister.global_timer_ns = 0
            self._run_task(canister, "canister_global_timer")

    def _run_task(self, canister: Canister, export: str) -> None:
        number = canister.number()
        context = CallContext(SystemOrigin(), MANAGEMENT)
        canister.contexts[number] = context
        outcome = self._run(canister, Entry(export), Context.SYSTEM_TASK, self._environment(canister, MANAGEMENT))
        if outcome.trap is not None:
            self.system_traps.append((canister.id, outcome.trap.message))
        self._settle(canister, number, context, outcome)

    # delivery --------------------------------------------------------------------------------------------------------

    def _deliver_request(self, request: RequestMessage) -> None:
        if isinstance(request.origin, CallOrigin) and self.faults.request_fails(request):
            self.respond(request, Reject(RejectCode.SYS_TRANSIENT, "the request was lost by an injected fault", "IC0201"))
            return
        if request.receiver == MANAGEMENT:
            self.management.handle(request)
            return
        canister = self.canisters.get(request.receiver)
        refusal = canister_not_found(request.receiver) if canister is None else unavailable(canister) or underpaid(canister, request)
        if canister is None or refusal is not None:
            self.respond(request, refusal or canister_not_found(request.receiver))
            return
        if canister.exports(f"canister_update {request.method}"):
            self._run_call(canister, request, Entry(f"canister_update {request.method}"), Context.UPDATE)
        elif canister.exports(f"canister_query {request.method}"):
            self._run_call(canister, request, Entry(f"canister_query {request.method}"), Context.REPLICATED_QUERY)
        elif canister.exports(f"canister_composite_query {request.method}"):
            what = f"Composite query method '{request.method}' cannot be called in replicated mode"
            self.respond(request, canister_error(canister.id, what, "IC0527"))
        else:
            self.respond(request, canister_error(canister.id, f"Canister has no update method '{request.method}'", "IC0536"))

    def _run_call(self, canister: Canister, request: RequestMessage, entry: Entry, context_kind: Context) -> None:
        number = canister.number()
        context = CallContext(request.origin, request.sender, request.cycles)
        canister.contexts[number] = context
        environment = self._environment(canister, request.sender, argument=request.argument, method=request.method, context=context)
        outcome = self._run(canister, entry, context_kind, environment)
        self._settle(canister, number, context, outcome)

    def _deliver_response(self, message: ResponseMessage) -> None:
        canister = self.canisters.get(message.receiver)
        if canister is None:
            return
        canister.cycles += message.refund
        pending = canister.pending.pop(message.callback, None)
        if pending is None:
            return
        canister.open_calls[pending.callee] -= 1
        context = canister.contexts[pending.context]
        context.outstanding -= 1
        response = message.response
        if isinstance(response, Reply):
            callback, kind = pending.on_reply, Context.REPLY_CALLBACK
            extra: dict[str, object] = {"argument": response.data}
        else:
            callback, kind = pending.on_reject, Context.REJECT_CALLBACK
            extra = {"reject_code": int(response.code), "reject_message": response.message}
        environment = self._environment(canister, context.caller, context=context, cycles_refunded=message.refund, **extra)
        if self.faults.callback_traps(canister.id, pending.method):
            trap = Trap(f"trap injected at the await of {pending.method}")
            outcome = Outcome(canister, _entry(callback), kind, environment, Effects(), 0, trap)
        else:
            outcome = self._run(canister, _entry(callback), kind, environment)
        if outcome.trap is not None and pending.on_cleanup is not None:
            self._run(canister, _entry(pending.on_cleanup), Context.CLEANUP, environment)
        self._settle(canister, pending.context, context, outcome)

    # after an execution ----------------------------------------------------------------------------------------------

    def _run(self, canister: Canister, entry: Entry, kind: Context, environment: Environment) -> Outcome:
        outcome = run_message(self.store, canister, entry, kind, environment)
        if kind is not Context.INSPECT_MESSAGE:
            self.time_ns += 1
        self.note(outcome)
        return outcome

    def note(self, outcome: Outcome) -> None:
        """Keep what an execution printed, and how it trapped, and tell the observers."""
        if outcome.context.is_replicated:
            for text in outcome.effects.prints:
                outcome.canister.write_log(outcome.environment.time_ns, text)
            if outcome.trap is not None:
                outcome.canister.write_log(outcome.environment.time_ns, f"[TRAP]: {outcome.trap.message}")
        self.prints.extend((outcome.canister.id, text) for text in outcome.effects.prints)
        for observer in self.observers:
            observer(outcome)

    def _settle(self, canister: Canister, number: int, context: CallContext, outcome: Outcome) -> None:
        """Apply what the execution asked for, and answer the call if this was its end."""
        context.instructions += outcome.instructions
        answer: Response | None = None
        if outcome.trap is None:
            self._apply(canister, number, context, outcome.effects)
            if outcome.effects.reply is not None:
                answer = Reply(outcome.effects.reply)
            elif outcome.effects.reject is not None:
                answer = Reject(RejectCode.CANISTER_REJECT, outcome.effects.reject, "IC0406")
        if context.outstanding == 0:
            del canister.contexts[number]
            if answer is None and not context.responded:
                no_reply = canister_error(canister.id, "Canister did not reply to the call", "IC0506")
                answer = no_reply if outcome.trap is None else trap_reject(canister.id, outcome.trap)
            if canister.status is Status.STOPPING and not canister.contexts:
                self.management.finish_stopping(canister)
        if answer is not None and not context.responded:
            context.responded = True
            self.answer(context.origin, canister.id, _method_of(outcome.entry), answer, context.cycles_available)

    def _apply(self, canister: Canister, number: int, context: CallContext, effects: Effects) -> None:
        canister.version += 1
        context.cycles_available -= effects.cycles_accepted
        canister.cycles += effects.cycles_accepted - effects.cycles_burned
        self.apply_settings(canister, effects)
        for call in effects.calls:
            callback = canister.number()
            canister.pending[callback] = PendingCall(number, call.callee, call.method, call.on_reply, call.on_reject, call.on_cleanup)
            canister.open_calls[call.callee] += 1
            canister.cycles -= call.cycles
            context.outstanding += 1
            origin = CallOrigin(canister.id, callback)
            self.pool.add(RequestMessage(canister.id, call.callee, call.method, call.argument, call.cycles, origin))

    @staticmethod
    def apply_settings(canister: Canister, effects: Effects) -> None:
        """The part of the effects that every entry point may have: certified data and the timer."""
        if effects.certified_data is not None:
            canister.certified_data = effects.certified_data
        if effects.global_timer_ns is not None:
            canister.global_timer_ns = effects.global_timer_ns

    def respond(self, request: RequestMessage, response: Response, refund: int | None = None) -> None:
        """Answer a request that no canister's code answers; all its cycles go back unless `refund` says how many."""
        self.answer(request.origin, request.receiver, request.method, response, request.cycles if refund is None else refund)

    def answer(self, origin: Origin, callee: Principal, method: str, response: Response, refund: int) -> None:
        """Send the answer of a call to wherever it came from, with the cycles that were not accepted."""
        if isinstance(origin, IngressOrigin):
            self.answers[origin.message] = response
        elif isinstance(origin, CallOrigin):
            pending = self.canisters[origin.caller].pending.get(origin.callback) if origin.caller in self.canisters else None
            method = pending.method if pending is not None else method
            message = ResponseMessage(callee, origin.caller, method, origin.callback, response, refund)
            if self.faults.reply_is_dropped(message):
                lost = Reject(RejectCode.SYS_UNKNOWN, "the reply was lost by an injected fault", "IC0202")
                message = ResponseMessage(callee, origin.caller, method, origin.callback, lost, refund)
            if not self.faults.holds(message):
                self.pool.add(message)

    def _environment(self, canister: Canister, caller: Principal, *, context: CallContext | None = None, **more: object) -> Environment:
        call = {} if context is None else {
            "cycles_available": context.cycles_available,
            "responded": context.responded,
            "instructions_before": context.instructions,
        }  # fmt: skip
        return self.environment(canister, caller, **call, **more)

    def environment(self, canister: Canister, caller: Principal, **more: object) -> Environment:
        """What an execution of `canister` finds now; `more` are further fields of `Environment`."""
        return Environment(
            canister=canister.id,
            caller=caller,
            time_ns=self.time_ns,
            store=self.store,
            space=canister.space,
            controllers=canister.controllers,
            balance=canister.cycles,
            version=canister.version,
            status=int(canister.status),
            can_call=canister.may_call,
            **more,  # type: ignore[arg-type]
        )


def _entry(callback: Callback) -> Entry:
    return Entry("", callback.function, callback.environment)


def _method_of(entry: Entry) -> str:
    return entry.export.partition(" ")[2]
