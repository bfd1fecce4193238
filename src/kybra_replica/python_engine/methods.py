"""A method compiled: how its arguments are read and its result written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kybra_replica.candid import CandidError, Decoder, Encoder
from kybra_replica.candid.types import NULL
from kybra_replica.python_engine.conversions import Conversions, Convert, candid_type, result_types
from kybra_replica.python_engine.declarations import KybraType, Method
from kybra_replica.system_api import Trap


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of an entry point."""

    decoder: Decoder
    incoming: tuple[Convert, ...]

    def decode(self, payload: bytes) -> list[Any]:
        """Candid values. Traps when the payload does not fit."""
        try:
            return self.decoder(payload)
        except CandidError as problem:
            raise Trap(f"failed to decode call arguments: {problem}") from problem

    def convert(self, values: list[Any]) -> list[Any]:
        """What the function is called with."""
        return [convert(value) for convert, value in zip(self.incoming, values, strict=True)]


@dataclass(frozen=True, slots=True)
class CompiledMethod:
    """A query or update method."""

    declaration: Method
    arguments: Arguments
    outgoing: Convert
    replies: bool
    """False for `void`."""
    encode: Encoder
    encode_manual: Encoder
    """A manual reply of `void` is one `null`, an automatic one is nothing."""

    def result(self, value: Any) -> bytes:
        """The reply for what the function returned. Raises as Kybra's conversion does."""
        converted = self.outgoing(value)
        return self.encode((converted,) if self.replies else ())

    def manual_result(self, value: Any) -> bytes:
        """The reply for what was given to `ic.reply`."""
        return self.encode_manual((self.outgoing(value),))


def compile_arguments(parameters: tuple[tuple[str, KybraType], ...], conversions: Conversions) -> Arguments:
    """How the parameters of an entry point are read."""
    types = tuple(candid_type(parameter) for _, parameter in parameters)
    return Arguments(Decoder(types), tuple(conversions.incoming(parameter) for _, parameter in parameters))


def compile_method(method: Method, conversions: Conversions) -> CompiledMethod:
    """How a method is called and answered."""
    results = result_types(method.returns)
    return CompiledMethod(
        method,
        compile_arguments(method.parameters, conversions),
        conversions.outgoing(method.returns),
        bool(results),
        Encoder(results),
        Encoder(results or (NULL,)),
    )
