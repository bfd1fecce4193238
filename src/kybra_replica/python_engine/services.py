"""Calls to other canisters through Service classes: names, argument types and reply types, compiled once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kybra_replica.candid import CandidError, Decoder, Encoder
from kybra_replica.principal import Principal
from kybra_replica.python_engine import rust
from kybra_replica.python_engine.conversions import Conversions, Convert, candid_type, result_types
from kybra_replica.python_engine.declarations import ServiceMethod, ServiceOf
from kybra_replica.system_api import Trap


class ReplyUnreadable(Exception):
    """The callee's reply is not what the Service class declares."""


@dataclass(frozen=True, slots=True)
class CallPlan:
    """What a call sends, and how its reply becomes what Python sees (raises ReplyUnreadable)."""

    callee: Principal
    method: str
    argument: bytes
    cycles: int
    read_reply: Callable[[bytes], Any]
    declared: ServiceMethod | None = None
    """None for a raw call."""
    given: Sequence[Any] = ()
    """The arguments as Python has them."""


@dataclass(frozen=True, slots=True)
class _Stub:
    method: ServiceMethod
    outgoing: tuple[Convert, ...]
    encode: Encoder
    read_reply: Callable[[bytes], Any]


class Services:
    """The Service classes that a canister declares."""

    def __init__(self, services: Mapping[str, ServiceOf], conversions: Conversions) -> None:
        self._conversions = conversions
        self._stubs: dict[str, _Stub] = {}
        for service in services.values():
            for method in service.methods:
                self._stubs[method.qualname.replace(".", "_")] = _stub(method, conversions)

    def call(self, arguments: Sequence[Any], payment: str | None) -> CallPlan:
        """Read `[canister, "Service.method", *args, cycles?]`; `payment` is the Rust type of the cycles, None without."""
        callee = self._conversions.principal_out(arguments[0])
        qualname = rust.to_str(arguments[1])
        stub = self._stubs.get(qualname.replace(".", "_"))
        if stub is None:
            raise AttributeError(f"canister '{callee}' has no attribute '{qualname}'")
        return self._plan(callee, stub, arguments, payment, last=False)

    def notify(self, arguments: Sequence[Any], name: str, payment: str | None) -> CallPlan:
        """As `call`, for the glue's function of the stub `name` (`Service_method`)."""
        stub = self._stubs.get(name)
        if stub is None:
            raise AttributeError(f"'Ic' object has no attribute 'notify_{name}_wrapper'")
        return self._plan(self._conversions.principal_out(arguments[0]), stub, arguments, payment, last=True)

    def raw(self, arguments: Sequence[Any], payment: str) -> CallPlan:
        """Read `[canister, method, bytes, cycles]`."""
        callee = self._conversions.principal_out(_at(arguments, 0))
        method, data = rust.to_str(_at(arguments, 1)), rust.to_bytes(_at(arguments, 2))
        return CallPlan(callee, method, data, rust.sized(payment)(_at(arguments, 3)), bytes)

    def _plan(self, callee: Principal, stub: _Stub, arguments: Sequence[Any], payment: str | None, *, last: bool) -> CallPlan:
        values = [convert(_at(arguments, index + 2)) for index, convert in enumerate(stub.outgoing)]
        cycles = 0
        if payment is not None:
            # Two `.with_cycles` leave two amounts: an awaited call takes the first of them, a notification the last.
            position = len(arguments) - 1 if last else len(stub.outgoing) + 2
            cycles = rust.sized(payment)(_at(arguments, position))
        given = arguments[2 : 2 + len(values)]
        return CallPlan(callee, stub.method.name, stub.encode(values), cycles, stub.read_reply, stub.method, given)


def _at(arguments: Sequence[Any], index: int) -> Any:
    if index >= len(arguments):
        raise Trap(f"Panicked at 'index out of bounds: the len is {len(arguments)} but the index is {index}'")
    return arguments[index]


def _stub(method: ServiceMethod, conversions: Conversions) -> _Stub:
    parameters = [parameter for _, parameter in method.parameters]
    encode = Encoder(tuple(candid_type(parameter) for parameter in parameters))
    results = result_types(method.returns)
    return _Stub(
        method,
        tuple(conversions.outgoing(parameter) for parameter in parameters),
        encode,
        _reader(Decoder(results), conversions.incoming(method.returns)) if results else _ignore,
    )


def _reader(decode: Decoder, incoming: Convert) -> Callable[[bytes], Any]:
    def read(data: bytes) -> Any:
        try:
            return incoming(decode(data)[0])
        except CandidError as problem:
            raise ReplyUnreadable(str(problem)) from None

    return read


def _ignore(data: bytes) -> None:
    """A method declared `void`: whatever comes back is an answer."""
