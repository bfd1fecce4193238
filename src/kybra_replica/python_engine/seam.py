"""`builtins._kybra_ic`: what the `kybra` package calls, on top of the System API.

Names, argument checks and results are those of Kybra's generated `Ic` class. Conversion errors are Python exceptions that
the canister may catch; whatever the System API refuses is a trap, which it may not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kybra_replica.candid import CandidError, decode_any, encode, parse_args_typed, render_args
from kybra_replica.python_engine import rust
from kybra_replica.python_engine.raw_memory import RawMemory
from kybra_replica.python_engine.services import CallPlan
from kybra_replica.python_engine.timers import MAX_NS, Timer
from kybra_replica.system_api import SystemApi, Trap
from kybra_replica.system_api.api import Callback
from kybra_replica.system_api.stable_memory import PAGE_BYTES

if TYPE_CHECKING:
    from kybra_replica.python_engine.engine import PythonEngine

REJECTION_CODES = ("NoError", "SysFatal", "SysTransient", "DestinationInvalid", "CanisterReject", "CanisterError", "Unknown")
"""Tags of `RejectionCode`, at their numbers."""

NO_CALLBACK = Callback(0xFFFF_FFFF, 0)
"""Where a notification's answer goes: nowhere."""

_SECOND_NS = 1_000_000_000


class Ic:
    """The native object that canister code sees: one function a name, each turning a refusal of the System API into a trap."""

    def __init__(self, engine: PythonEngine) -> None:
        functions = _Functions(engine)
        names = [name for name in vars(_Functions) if not name.startswith("_")]
        self.__dict__.update({name: _guarded(engine, name, getattr(functions, name)) for name in names})
        self.__dict__["_notify"] = lambda name: _guarded(engine, name, lambda arguments: _notify(engine, name, arguments))

    def __getattr__(self, name: str) -> Any:
        # Kybra generates one function for each service method that can be notified.
        if name.startswith("notify_") and name.endswith("_wrapper"):
            return self.__dict__["_notify"](name)
        raise AttributeError(f"'Ic' object has no attribute '{name}'")


class _Functions:
    """The functions of `Ic`, by their names; they run inside of canister code."""

    def __init__(self, engine: PythonEngine) -> None:
        self._engine = engine

    @property
    def _api(self) -> SystemApi:
        return self._engine.api()

    # the message -----------------------------------------------------------------------------------------------------

    def accept_message(self) -> None:
        self._api.accept_message()

    def method_name(self) -> str:
        return self._api.msg_method_name()

    def arg_data_raw(self) -> bytes:
        return self._api.msg_arg_data()

    def arg_data_raw_size(self) -> int:
        return len(self._api.msg_arg_data())

    def caller(self) -> Any:
        return self._engine.conversions.principal_in(self._api.msg_caller())

    def id(self) -> Any:
        return self._engine.conversions.principal_in(self._api.canister_self())

    def reply(self, function: object, value: object) -> None:
        self._engine.reply(rust.to_str(function), value)

    def reply_raw(self, data: object) -> None:
        payload = rust.to_bytes(data)
        self._api.msg_reply_data_append(payload)
        self._api.msg_reply()

    def reject(self, message: object) -> None:
        self._api.msg_reject(rust.to_str(message))

    def reject_code(self) -> dict[str, None]:
        return {REJECTION_CODES[self._api.msg_reject_code()]: None}

    def reject_message(self) -> str:
        return self._api.msg_reject_msg()

    # cycles ----------------------------------------------------------------------------------------------------------

    def canister_balance(self) -> int:
        return _fits_u64(self._api.canister_cycle_balance128(), "canister_cycle_balance")

    def canister_balance128(self) -> int:
        return self._api.canister_cycle_balance128()

    def msg_cycles_available(self) -> int:
        return _fits_u64(self._api.msg_cycles_available128(), "msg_cycles_available")

    def msg_cycles_available128(self) -> int:
        return self._api.msg_cycles_available128()

    def msg_cycles_accept(self, most: object) -> int:
        return self._api.msg_cycles_accept128(rust.to_u64(most))

    def msg_cycles_accept128(self, most: object) -> int:
        return self._api.msg_cycles_accept128(rust.to_u128(most))

    def msg_cycles_refunded(self) -> int:
        return _fits_u64(self._api.msg_cycles_refunded128(), "msg_cycles_refunded")

    def msg_cycles_refunded128(self) -> int:
        return self._api.msg_cycles_refunded128()

    # the canister ----------------------------------------------------------------------------------------------------

    def time(self) -> int:
        return self._api.time()

    def performance_counter(self, kind: object) -> int:
        return self._api.performance_counter(rust.to_u32(kind))

    def print(self, text: object) -> None:
        self._api.debug_print(rust.to_str(text))

    def trap(self, message: object) -> None:
        self._api.trap(rust.to_str(message))

    def set_certified_data(self, data: object) -> None:
        self._api.certified_data_set(rust.to_bytes(data))

    def data_certificate(self) -> bytes | None:
        return self._api.data_certificate() if self._api.data_certificate_present() else None

    def candid_encode(self, text: object) -> bytes:
        encoded: bytes = self._candid(lambda: encode(*parse_args_typed(rust.to_str(text))))
        return encoded

    def candid_decode(self, data: object) -> str:
        payload = rust.to_bytes(data)

        def decode() -> str:
            pairs = decode_any(payload)
            return render_args([type_ for type_, _ in pairs], [value for _, value in pairs])

        text: str = self._candid(decode)
        return text

    def _candid(self, convert: Callable[[], Any]) -> Any:
        try:
            return convert()
        except CandidError as problem:
            raise self._engine.kybra_class("CandidError")(str(problem)) from None

    # calls without an answer -----------------------------------------------------------------------------------------

    def notify_raw(self, canister: object, method: object, data: object, payment: object) -> dict[str, Any]:
        return _send(self._engine, self._engine.services.raw([canister, method, data, payment], "u128"))

    # timers ----------------------------------------------------------------------------------------------------------

    def set_timer(self, delay: object, function: Callable[[], Any]) -> int:
        return self._set_timer(rust.to_u64(delay) * _SECOND_NS, Timer(function))

    def set_timer_interval(self, interval: object, function: Callable[[], Any]) -> int:
        interval_ns = rust.to_u64(interval) * _SECOND_NS
        return self._set_timer(interval_ns, Timer(function, interval_ns))

    def clear_timer(self, timer: object) -> None:
        self._engine.timers.clear(rust.to_u64(timer))

    def _set_timer(self, delay_ns: int, timer: Timer) -> int:
        deadline = self._api.time() + delay_ns
        if deadline > MAX_NS:
            raise Trap("Panicked at 'delay out of bounds (timestamp overflow)'")
        return self._engine.set_timer(deadline, timer)

    # stable memory ---------------------------------------------------------------------------------------------------

    def stable_size(self) -> int:
        return RawMemory(self._api).size()

    def stable_grow(self, pages: object) -> dict[str, Any]:
        return self._grow(rust.to_u32(pages))

    def stable_read(self, offset: object, length: object) -> bytes:
        return RawMemory(self._api).read(rust.to_u32(offset), rust.to_u32(length))

    def stable_write(self, offset: object, data: object) -> None:
        RawMemory(self._api).write(rust.to_u32(offset), rust.to_bytes(data))

    def stable_bytes(self) -> bytes:
        memory = RawMemory(self._api)
        return memory.read(0, memory.size() * PAGE_BYTES)

    def stable64_size(self) -> int:
        return RawMemory(self._api).size()

    def stable64_grow(self, pages: object) -> dict[str, Any]:
        return self._grow(rust.to_u64(pages))

    def stable64_read(self, offset: object, length: object) -> bytes:
        return RawMemory(self._api).read(rust.to_u64(offset), rust.to_u64(length))

    def stable64_write(self, offset: object, data: object) -> None:
        RawMemory(self._api).write(rust.to_u64(offset), rust.to_bytes(data))

    def _grow(self, pages: int) -> dict[str, Any]:
        before = RawMemory(self._api).grow(pages)
        return {"Err": {"OutOfMemory": None}} if before < 0 else {"Ok": before}

    # maps ------------------------------------------------------------------------------------------------------------

    def stable_b_tree_map_contains_key(self, memory_id: object, key: object) -> bool:
        return self._engine.maps.contains_key(self._api, rust.to_u8(memory_id), key)

    def stable_b_tree_map_get(self, memory_id: object, key: object) -> Any:
        return self._engine.maps.get(self._api, rust.to_u8(memory_id), key)

    def stable_b_tree_map_insert(self, memory_id: object, key: object, value: object) -> Any:
        return self._engine.maps.insert(self._api, rust.to_u8(memory_id), key, value)

    def stable_b_tree_map_remove(self, memory_id: object, key: object) -> Any:
        return self._engine.maps.remove(self._api, rust.to_u8(memory_id), key)

    def stable_b_tree_map_is_empty(self, memory_id: object) -> bool:
        return self._engine.maps.length(self._api, rust.to_u8(memory_id)) == 0

    def stable_b_tree_map_len(self, memory_id: object) -> int:
        return self._engine.maps.length(self._api, rust.to_u8(memory_id))

    def stable_b_tree_map_keys(self, memory_id: object) -> list[Any]:
        return [key for key, _ in self._engine.maps.items(self._api, rust.to_u8(memory_id))]

    def stable_b_tree_map_values(self, memory_id: object) -> list[Any]:
        return [value for _, value in self._engine.maps.items(self._api, rust.to_u8(memory_id))]

    def stable_b_tree_map_items(self, memory_id: object) -> list[tuple[Any, Any]]:
        return self._engine.maps.items(self._api, rust.to_u8(memory_id))


def _guarded(engine: PythonEngine, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        engine.guest.check_open()
        try:
            if engine.meter is not None:
                return engine.meter.system_call(engine, name, function, arguments)
            return function(*arguments)
        except Trap as trap:
            engine.guest.trap(trap)

    return call


def _notify(engine: PythonEngine, name: str, arguments: list[Any]) -> dict[str, Any]:
    stub = name[len("notify_") : -len("_wrapper")]
    payment = None
    if stub.startswith("with_payment128_"):
        stub, payment = stub[len("with_payment128_") :], "u128"
    return _send(engine, engine.services.notify(arguments, stub, payment))


def _send(engine: PythonEngine, plan: CallPlan) -> dict[str, Any]:
    if engine.meter is not None:
        engine.meter.call_made(plan, "service_notify")
    api = engine.api()
    api.call_new(plan.callee, plan.method, NO_CALLBACK, NO_CALLBACK)
    if plan.cycles:
        api.call_cycles_add128(plan.cycles)
    api.call_data_append(plan.argument)
    code = api.call_perform()
    return {"Ok": None} if code == 0 else {"Err": {REJECTION_CODES[code]: None}}


def _fits_u64(amount: int, name: str) -> int:
    if amount >= 1 << 64:
        raise Trap(f"Canister violated contract: ic0.{name} cannot answer {amount} in 64 bits", "IC0504")
    return amount
