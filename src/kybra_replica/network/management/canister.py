"""The management canister: it reads calls, refuses those that must not be, and hands the others to their methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kybra_replica.candid import CandidError
from kybra_replica.network.canister import Canister
from kybra_replica.network.management import access, running
from kybra_replica.network.management.call import Call, Done, Method, Refused, rejected
from kybra_replica.network.management.interface import codec
from kybra_replica.network.management.table import METHODS
from kybra_replica.network.management.unmodelled import explanation
from kybra_replica.network.messages import CallOrigin, IngressOrigin, Reject, Reply, RequestMessage, Response
from kybra_replica.principal import MANAGEMENT, Principal
from kybra_replica.system_api import RejectCode

if TYPE_CHECKING:
    from kybra_replica.network.subnet import Subnet

MAX_INGRESS_BYTES = 2 * 1024**2
MAX_REQUEST_BYTES = 10 * 1024**2
"""What may come in one call: from outside, and from a canister of this subnet."""


class ManagementCanister:
    """Answers calls to `aaaaa-aa` on behalf of the subnet. It has no state of its own."""

    def __init__(self, subnet: Subnet) -> None:
        self._subnet = subnet

    def refusal(self, request: RequestMessage) -> Reject | None:
        """Why a call from outside is not even taken in; None when it is.

        In order: unknown or unmodelled method, one that is not for people outside, an argument too large or undecodable, a
        canister that is not there, a sender who may not.
        """
        try:
            self._prepare(request)
        except Refused as refused:
            return refused.reject
        return None

    def handle(self, request: RequestMessage) -> None:
        """Carry the request out and answer it; `stop_canister` is answered once the canister has stopped."""
        try:
            method, call, canister = self._prepare(request)
            done = _run(method, call, canister)
        except Refused as refused:
            self._subnet.respond(request, refused.reject)
            return
        if done is not None:
            self._subnet.respond(request, Reply(_encode(request.method, done)), request.cycles - done.accepted)

    def query(self, sender: Principal, method: str, argument: bytes) -> Response:
        """Answer a query from outside, or from a composite query."""
        found = METHODS.get(method)
        if found is None or not found.by_query:
            return Reject(RejectCode.CANISTER_ERROR, f"Query method {method} not found.", "IC0536")
        request = RequestMessage(sender, MANAGEMENT, method, argument, 0, IngressOrigin(0))
        try:
            call = Call(self._subnet, request, _decode(method, argument))
            done = _run(found, call, self._target(found, call))
        except Refused as refused:
            return refused.reject
        assert done is not None
        return Reply(_encode(method, done))

    def finish_stopping(self, canister: Canister) -> None:
        """The last open call of a stopping canister has ended."""
        running.finish_stopping(self._subnet, canister)

    def _prepare(self, request: RequestMessage) -> tuple[Method, Call, Canister | None]:
        name, from_canister = request.method, isinstance(request.origin, CallOrigin)
        method = METHODS.get(name)
        if method is None:
            unmodelled = explanation(name)
            if unmodelled is not None:
                raise rejected(unmodelled)
            raise rejected(f"Management canister has no method '{name}'", "IC0407")
        if not (method.by_canisters if from_canister else method.by_ingress):
            raise rejected(_wrong_way(name, method))
        limit = MAX_REQUEST_BYTES if from_canister else MAX_INGRESS_BYTES
        if len(request.argument) > limit:
            size = f"Message byte size {len(request.argument)} is larger than the max allowed {limit}"
            raise rejected(f"Request {name} is too large. {size}; send modules in chunks.", "IC0408")
        call = Call(self._subnet, request, _decode(name, request.argument))
        return method, call, self._target(method, call)

    def _target(self, method: Method, call: Call) -> Canister | None:
        """The canister that the call is about, if it is about one that must be there. Raises Refused."""
        if method.run is None:
            return None
        canister = call.canister(call.argument[method.target])
        access.check(call, canister, method.callers)
        return canister


def effective_canister_id(method: str, argument: bytes) -> Principal | None:
    """The canister whose id stands in the URL of a call to the management canister; None where any may stand there.

    Any may for methods whose argument names no canister, and for unknown ones. Raises ValueError for an argument that the
    method cannot read.
    """
    found = METHODS.get(method)
    if found is None or found.run is None:
        return None
    identity: Principal = codec(method).decode(argument)[0][found.target]
    return identity


def _run(method: Method, call: Call, canister: Canister | None) -> Done | None:
    if method.run is not None and canister is not None:
        return method.run(call, canister)
    assert method.run_at_large is not None
    return method.run_at_large(call)


def _wrong_way(name: str, method: Method) -> str:
    if method.by_query:
        return f"{name} API is only accessible in non-replicated mode"
    return f"Only canisters can call ic00 method {name}"


def _decode(method: str, argument: bytes) -> Any:
    try:
        values = codec(method).decode(argument)
    except CandidError as problem:
        raise rejected(f"Error decoding candid: {problem}", "IC0408") from problem
    return values[0] if values else None


def _encode(method: str, done: Done) -> bytes:
    chosen = codec(method)
    return chosen.encode((done.result,) if chosen.answers else ())
