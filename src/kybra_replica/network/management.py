"""The management canister `aaaaa-aa`, as far as canisters and test drivers use it.

Installing code goes through the driver. Source: IC interface specification, section "The IC management canister".
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from kybra_replica.candid import CandidError, decode, encode, parse_did
from kybra_replica.candid.types import Func
from kybra_replica.candid.values import Some
from kybra_replica.network.canister import Canister, Status
from kybra_replica.network.messages import CallOrigin, Reject, Reply, RequestMessage, canister_error, canister_not_found
from kybra_replica.principal import MANAGEMENT, Principal
from kybra_replica.system_api import RejectCode

if TYPE_CHECKING:
    from kybra_replica.network.subnet import Subnet

MAX_CONTROLLERS = 10

INTERFACE = """
type canister_settings = record {
  controllers : opt vec principal;
  compute_allocation : opt nat;
  memory_allocation : opt nat;
  freezing_threshold : opt nat;
};
type definite_canister_settings = record {
  controllers : vec principal;
  compute_allocation : nat;
  memory_allocation : nat;
  freezing_threshold : nat;
};
service : {
  create_canister : (record { settings : opt canister_settings }) -> (record { canister_id : principal });
  provisional_create_canister_with_cycles : (
    record { amount : opt nat; settings : opt canister_settings; specified_id : opt principal }
  ) -> (record { canister_id : principal });
  provisional_top_up_canister : (record { canister_id : principal; amount : nat }) -> ();
  update_settings : (record { canister_id : principal; settings : canister_settings }) -> ();
  start_canister : (record { canister_id : principal }) -> ();
  stop_canister : (record { canister_id : principal }) -> ();
  uninstall_code : (record { canister_id : principal }) -> ();
  delete_canister : (record { canister_id : principal }) -> ();
  deposit_cycles : (record { canister_id : principal }) -> ();
  canister_status : (record { canister_id : principal }) -> (
    record {
      status : variant { running; stopping; stopped };
      settings : definite_canister_settings;
      module_hash : opt blob;
      memory_size : nat;
      cycles : nat;
      idle_cycles_burned_per_day : nat;
    }
  );
  raw_rand : () -> (blob);
}
"""

_FROM_CANISTERS_ONLY = frozenset({"create_canister", "deposit_cycles", "raw_rand"})
_CONTROLLERS_ONLY = frozenset(
    {"update_settings", "start_canister", "stop_canister", "uninstall_code", "delete_canister", "canister_status"}
)
_SHIFTING_CYCLES = frozenset({"create_canister", "deposit_cycles"})


@lru_cache(maxsize=1)
def _methods() -> dict[str, Func]:
    return dict(parse_did(INTERFACE).methods)


class _Refused(Exception):
    def __init__(self, reject: Reject) -> None:
        super().__init__(reject.message)
        self.reject = reject


class ManagementCanister:
    """Answers calls to `aaaaa-aa` on behalf of the subnet."""

    def __init__(self, subnet: Subnet) -> None:
        self._subnet = subnet
        self._stops: dict[Principal, list[RequestMessage]] = {}

    def handle(self, request: RequestMessage) -> None:
        """Carry the request out and answer it; `stop_canister` is answered once the canister has stopped."""
        function = _methods().get(request.method)
        if function is None:
            message = f"Management canister has no method '{request.method}'"
            self._subnet.respond(request, Reject(RejectCode.CANISTER_REJECT, message, "IC0407"))
            return
        try:
            arguments = decode(request.argument, function.arguments)
            results = self._carry_out(request, arguments)
        except CandidError as problem:
            message = f"Error decoding candid: {problem}"
            self._subnet.respond(request, Reject(RejectCode.CANISTER_REJECT, message, "IC0408"))
        except _Refused as refused:
            self._subnet.respond(request, refused.reject)
        else:
            if results is not None:
                refund = 0 if request.method in _SHIFTING_CYCLES else request.cycles
                self._subnet.respond(request, Reply(encode(function.results, results)), refund)

    def finish_stopping(self, canister: Canister) -> None:
        """The last open call of a stopping canister has ended."""
        canister.status = Status.STOPPED
        for request in self._stops.pop(canister.id, []):
            self._subnet.respond(request, Reply(encode((), ())))

    def _carry_out(self, request: RequestMessage, arguments: list[Any]) -> list[Any] | None:
        if request.method in _FROM_CANISTERS_ONLY and not isinstance(request.origin, CallOrigin):
            message = f"Only canisters can call ic00 method {request.method}"
            raise _Refused(Reject(RejectCode.CANISTER_REJECT, message, "IC0406"))
        if request.method == "raw_rand":
            return [self._subnet.raw_rand()]
        argument = arguments[0]
        if request.method.endswith(("create_canister", "create_canister_with_cycles")):
            return [{"canister_id": self._create(request, argument)}]
        canister = self._subnet.canisters.get(argument["canister_id"])
        if canister is None:
            raise _Refused(canister_not_found(argument["canister_id"]))
        if request.method in _CONTROLLERS_ONLY and request.sender not in canister.controllers:
            message = f"Only controllers of canister {canister.id} can call ic00 method {request.method}"
            raise _Refused(Reject(RejectCode.CANISTER_ERROR, message, "IC0512"))
        handler: Callable[[RequestMessage, Canister, Any], list[Any] | None] = getattr(self, f"_{request.method}")
        return handler(request, canister, argument)

    def _create(self, request: RequestMessage, argument: Any) -> Principal:
        settings = argument["settings"]
        given = settings.value["controllers"] if settings is not None else None
        controllers = _controllers(given.value) if given is not None else frozenset({request.sender})
        if request.method == "create_canister":
            return self._subnet.create_canister(controllers, request.cycles).id
        amount, specified = argument["amount"], argument["specified_id"]
        try:
            created = self._subnet.create_canister(
                controllers,
                **({} if amount is None else {"cycles": amount.value}),
                specified=None if specified is None else specified.value,
            )
        except ValueError as problem:
            raise _Refused(Reject(RejectCode.CANISTER_REJECT, str(problem), "IC0408")) from None
        return created.id

    def _provisional_top_up_canister(self, request: RequestMessage, canister: Canister, argument: Any) -> list[Any]:
        canister.cycles += argument["amount"]
        return []

    def _deposit_cycles(self, request: RequestMessage, canister: Canister, argument: Any) -> list[Any]:
        canister.cycles += request.cycles
        return []

    def _update_settings(self, request: RequestMessage, canister: Canister, argument: Any) -> list[Any]:
        controllers = argument["settings"]["controllers"]
        if controllers is not None:
            canister.controllers = _controllers(controllers.value)
        return []

    def _start_canister(self, request: RequestMessage, canister: Canister, argument: Any) -> list[Any]:
        canister.status = Status.RUNNING
        for waiting in self._stops.pop(canister.id, []):
            self._subnet.respond(waiting, canister_error(canister.id, "the canister was started while it was stopping", "IC0509"))
        return []

    def _stop_canister(self, request: RequestMessage, canister: Canister, argument: Any) -> list[Any] | None:
        if canister.status is Status.STOPPED:
            return []
        canister.status = Status.STOPPING
        self._stops.setdefault(canister.id, []).append(request)
        if not canister.contexts:
            self.finish_stopping(canister)
        return None

    def _uninstall_code(self, request: RequestMessage, canister: Canister, argument: Any) -> list[Any]:
        self._subnet.uninstall(canister)
        return []

    def _delete_canister(self, request: RequestMessage, canister: Canister, argument: Any) -> list[Any]:
        if canister.status is not Status.STOPPED:
            raise _Refused(canister_error(canister.id, "Canister is not stopped", "IC0510"))
        self._subnet.uninstall(canister)
        del self._subnet.canisters[canister.id]
        return []

    def _canister_status(self, request: RequestMessage, canister: Canister, argument: Any) -> list[Any]:
        allocations = {"compute_allocation": 0, "memory_allocation": 0, "freezing_threshold": 2_592_000}
        settings = {"controllers": sorted(canister.controllers), **allocations}
        return [
            {
                "status": {canister.status.name.lower(): None},
                "settings": settings,
                "module_hash": None if canister.module_hash is None else Some(canister.module_hash),
                "memory_size": 0,
                "cycles": canister.cycles,
                "idle_cycles_burned_per_day": 0,
            }
        ]


def _controllers(given: list[Principal]) -> frozenset[Principal]:
    if len(given) > MAX_CONTROLLERS:
        message = f"a canister has at most {MAX_CONTROLLERS} controllers, not {len(given)}"
        raise _Refused(canister_error(MANAGEMENT, message, "IC0408"))
    return frozenset(given)
