"""Decoding binary messages at the types that a reader expects, with Candid's subtyping.

For every pair of a type on the wire and an expected one a reader is made once and kept; messages from one sender have equal
headers, so a `Decoder` that is used again only runs readers. A value that does not fit raises `Misfit`, which the nearest
enclosing `opt` answers with null; with no `opt` around it is an error. Bytes that are no values at all are always an error.
Source: the Candid specification, "Deserialisation" and "Coercion".
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from kybra_replica.candid.errors import CandidError, at_byte, too_deep
from kybra_replica.candid.header import read_header, spell_out
from kybra_replica.candid.limits import DEFAULT_LIMITS, Limits, Meter
from kybra_replica.candid.planner import Misfit, Plan, Planner
from kybra_replica.candid.skipper import SkipCompiler, SkipPlan
from kybra_replica.candid.types import Type, may_be_absent
from kybra_replica.candid.values import Value

Payload = bytes | bytearray | memoryview

_MAX_KEPT_HEADERS = 16
_MAX_KEPT_BYTES = 4_096


class _Program:
    """What to do with the values of all messages that have one header."""

    __slots__ = ("cost", "end", "plans", "surplus")

    def __init__(self, plans: list[Plan], surplus: list[SkipPlan], end: int) -> None:
        self.plans = plans
        self.surplus = surplus
        self.end = end
        self.cost = 4 * end + sum(plan.weight for plan in plans)

    def run(self, data: bytes, limits: Limits) -> list[Value]:
        """The values of `data`, whose header is the one this was made for."""
        meter = Meter(limits)
        meter.decode(self.cost)
        pos = self.end
        values: list[Value] = []
        for plan in self.plans:
            try:
                value, pos = plan.read(data, pos, meter)
            except CandidError as problem:
                raise problem.inside(f"argument {len(values)}") from None
            except Misfit as misfit:
                raise misfit.as_error().inside(f"argument {len(values)}") from None
            values.append(value)
        for surplus in self.surplus:
            pos = surplus.skip(data, pos, meter)
        if pos != len(data):
            raise at_byte(pos, f"{len(data) - pos} bytes are left over behind the last argument")
        return values


class Decoder:
    """Decodes messages at `types`. Make one for every method or map and keep it; calls do not interfere.

    Arguments that the message lacks are None where their type is opt, null or reserved; surplus ones are skipped.
    """

    def __init__(self, types: Sequence[Type], *, limits: Limits = DEFAULT_LIMITS) -> None:
        self._types = tuple(types)
        self._limits = limits
        self._kept: list[tuple[bytes, _Program]] = []

    def __call__(self, payload: Payload) -> list[Value]:
        """The values of `payload`. Raises CandidError where it is malformed, does not fit the types or exceeds the limits."""
        data = payload if type(payload) is bytes else bytes(payload)
        try:
            for header, program in self._kept:
                if data.startswith(header):
                    return program.run(data, self._limits)
            return self._learn(data).run(data, self._limits)
        except RecursionError:
            raise too_deep() from None

    def _learn(self, data: bytes) -> _Program:
        header = read_header(data, self._limits.types)
        wire = header.arguments
        planner = Planner(SkipCompiler(header.table_size))
        plans = [planner.plan(type_, expected) for type_, expected in zip(wire, self._types, strict=False)]
        for index in range(len(wire), len(self._types)):
            if not may_be_absent(self._types[index]):
                raise CandidError(f"argument {index} is missing; the message has {len(wire)}")
            plans.append(planner.absent)
        surplus = [planner.skippers.plan(type_) for type_ in wire[len(self._types) :]]
        program = _Program(plans, surplus, header.end)
        if header.end <= _MAX_KEPT_BYTES:
            self._kept = [*self._kept[1 - _MAX_KEPT_HEADERS :], (data[: header.end], program)]
        return program


def decode(payload: Payload, types: Sequence[Type], *, limits: Limits = DEFAULT_LIMITS) -> list[Value]:
    """The values of `payload` at `types`; see `Decoder`. Raises CandidError."""
    return _decoder(tuple(types), limits)(payload)


def decode_any(payload: Payload, *, limits: Limits = DEFAULT_LIMITS) -> list[tuple[Type, Value]]:
    """Every argument with the type that the message gives it; fields have numbers for labels. Raises CandidError."""
    data = bytes(payload)
    header = read_header(data, limits.types)
    planner = Planner(SkipCompiler(header.table_size))
    try:
        plans = [planner.plan(wire, wire) for wire in header.arguments]
        values = _Program(plans, [], header.end).run(data, limits)
        return [(spell_out(type_), value) for type_, value in zip(header.arguments, values, strict=True)]
    except RecursionError:
        raise too_deep() from None


@lru_cache(maxsize=256)
def _decoder(types: tuple[Type, ...], limits: Limits) -> Decoder:
    return Decoder(types, limits=limits)
