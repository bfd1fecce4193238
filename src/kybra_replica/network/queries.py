"""Queries that nobody agrees on: run on the state as it is, everything that they change is thrown away.

A composite query may call other queries, which are answered in its midst; its own heap lasts until it has answered.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from kybra_replica.network.canister import Canister, Status
from kybra_replica.network.execution import Outcome, execute
from kybra_replica.network.messages import Reject, Reply, Response, canister_error, canister_not_found, trap_reject
from kybra_replica.principal import MANAGEMENT, Principal
from kybra_replica.system_api import Context, Entry, RejectCode
from kybra_replica.system_api.api import OutgoingCall

if TYPE_CHECKING:
    from kybra_replica.network.subnet import Subnet

CALLS_A_QUERY = 100
"""How many calls one composite query may make, with all that they call in turn."""


def answer(subnet: Subnet, sender: Principal, receiver: Principal, method: str, argument: bytes) -> Response:
    """Answer a query from outside."""
    return _Evaluation(subnet).answer(sender, receiver, method, argument)


class _Evaluation:
    """One query from outside with everything that it calls."""

    def __init__(self, subnet: Subnet) -> None:
        self._subnet = subnet
        self._running: list[Principal] = []
        self._calls = 0

    def answer(self, sender: Principal, receiver: Principal, method: str, argument: bytes) -> Response:
        if receiver == MANAGEMENT:
            return self._subnet.management.query(sender, method, argument)
        canister = self._subnet.canisters.get(receiver)
        if canister is None:
            return canister_not_found(receiver)
        if canister.status is not Status.RUNNING:
            return canister_error(receiver, "Canister is stopped", "IC0508")
        if canister.engine is None:
            return canister_error(receiver, "Attempted to execute a message, but the canister contains no module", "IC0537")
        if receiver in self._running:
            return canister_error(receiver, "a query may not come back to a canister that is waiting in it", "IC0517")
        if canister.exports(f"canister_query {method}"):
            return self._evaluate(canister, sender, Entry(f"canister_query {method}"), Context.QUERY, argument)
        if canister.exports(f"canister_composite_query {method}"):
            return self._evaluate(canister, sender, Entry(f"canister_composite_query {method}"), Context.COMPOSITE_QUERY, argument)
        return canister_error(receiver, f"Canister has no query method '{method}'", "IC0536")

    def _evaluate(self, canister: Canister, sender: Principal, entry: Entry, context: Context, argument: bytes) -> Response:
        engine = canister.engine
        assert engine is not None
        self._subnet.store.begin()
        engine.begin()
        self._running.append(canister.id)
        try:
            return self._converse(canister, sender, entry, context, argument)
        finally:
            self._running.pop()
            engine.rollback()
            self._subnet.store.rollback()

    def _converse(self, canister: Canister, sender: Principal, entry: Entry, context: Context, argument: bytes) -> Response:
        certify = self._subnet.certify
        certificate = None if certify is None or len(self._running) > 1 else lambda: certify(self._subnet, canister.id)
        environment = self._subnet.environment(canister, sender, argument=argument, certificate=certificate)
        outcome = self._step(canister, entry, context, environment)
        answer = _answer_of(outcome)
        waiting = deque(outcome.effects.calls if outcome.trap is None else ())
        while answer is None and waiting:
            call = waiting.popleft()
            response = self._call(canister, call)
            replied = isinstance(response, Reply)
            callback = call.on_reply if replied else call.on_reject
            kind = Context.COMPOSITE_REPLY_CALLBACK if replied else Context.COMPOSITE_REJECT_CALLBACK
            environment = self._subnet.environment(canister, sender, **_answer_fields(response))
            outcome = self._step(canister, Entry("", callback.function, callback.environment), kind, environment)
            if outcome.trap is None:
                waiting.extend(outcome.effects.calls)
                answer = _answer_of(outcome)
            elif call.on_cleanup is not None:
                cleanup = Entry("", call.on_cleanup.function, call.on_cleanup.environment)
                self._step(canister, cleanup, Context.COMPOSITE_CLEANUP, environment)
            answer = answer or (_answer_of(outcome) if not waiting else None)
        return answer or canister_error(canister.id, "Canister did not reply to the call", "IC0506")

    def _step(self, canister: Canister, entry: Entry, context: Context, environment: object) -> Outcome:
        outcome = execute(canister, canister.engine, entry, context, environment)  # type: ignore[arg-type]
        self._subnet.note(outcome)
        return outcome

    def _call(self, canister: Canister, call: OutgoingCall) -> Response:
        self._calls += 1
        if self._calls > CALLS_A_QUERY:
            return Reject(RejectCode.SYS_TRANSIENT, f"a composite query makes at most {CALLS_A_QUERY} calls", "IC0528")
        return self.answer(canister.id, call.callee, call.method, call.argument)


def _answer_of(outcome: Outcome) -> Response | None:
    if outcome.trap is not None:
        return trap_reject(outcome.canister.id, outcome.trap)
    if outcome.effects.reply is not None:
        return Reply(outcome.effects.reply)
    if outcome.effects.reject is not None:
        return Reject(RejectCode.CANISTER_REJECT, outcome.effects.reject, "IC0406")
    return None


def _answer_fields(response: Response) -> dict[str, object]:
    if isinstance(response, Reply):
        return {"argument": response.data}
    return {"reject_code": int(response.code), "reject_message": response.message}
