"""Passing over values that nobody asked for: surplus arguments and fields, and optional values that do not fit.

Skipped values are still checked, since a malformed message is refused whatever part of it is wanted. Their cost is counted
as the Rust crate counts it, give or take a few units a message, so that the skipping quota stops the same ones.
Source: dfinity/candid, documentation of `DecoderConfig::set_decoding_quota`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kybra_replica.candid.errors import at_byte, ends_early
from kybra_replica.candid.leb128 import read_unsigned
from kybra_replica.candid.limits import BOUNDLESS, Meter
from kybra_replica.candid.readers import FIXED_WIDTHS, read_bool, read_int, read_nat, read_principal, read_reference, read_text
from kybra_replica.candid.types import (
    BOOL,
    EMPTY,
    FUTURE,
    INT,
    NAT,
    NAT8,
    NULL,
    PRINCIPAL,
    RESERVED,
    TEXT,
    Func,
    Opt,
    Primitive,
    Record,
    Type,
    Variant,
    Vec,
    resolve,
)

Skip = Callable[[bytes, int, Meter], int]
"""Takes the message and the offset of a value, and returns the offset behind it."""

_UNROLLING = 2
_MAX_LEVELS = 24
_PRINCIPAL_COST = 30


@dataclass(frozen=True, slots=True)
class SkipPlan:
    """How to skip a type. `size` and `cost` are set where all values are equally long and any bytes will do."""

    skip: Skip
    height: int = 0
    size: int | None = None
    cost: int = 0


class SkipCompiler:
    """Makes the plans for the types of one message, each once.

    References that are being planned already, and those far down, are planned when a value first gets there: this ends
    recursion, and a tower of types costs nothing unless values climb it.
    """

    def __init__(self, table_size: int) -> None:
        self._table_size = table_size
        self._plans: dict[int, SkipPlan] = {}
        self._open: set[int] = set()

    def plan(self, wire: Type, level: int = 0) -> SkipPlan:
        """How to skip values of `wire`, which lies within `level` others that are being planned."""
        type_ = resolve(wire)
        if isinstance(type_, Primitive):
            return _PRIMITIVES[type_]
        key = id(type_)
        known = self._plans.get(key)
        if known is not None and level + known.height <= _MAX_LEVELS:
            return known
        if key in self._open or level == _MAX_LEVELS:
            return SkipPlan(self._deferred(type_))
        self._open.add(key)
        plan = self._composite(type_, level + 1)
        self._open.remove(key)
        self._plans[key] = plan
        return plan

    def _deferred(self, type_: Type) -> Skip:
        def skip(data: bytes, pos: int, meter: Meter) -> int:
            plan = self.plan(type_)
            meter.descend(plan.height + 1)
            pos = plan.skip(data, pos, meter)
            meter.depth += plan.height + 1
            return pos

        return skip

    def _composite(self, type_: Type, level: int) -> SkipPlan:
        if isinstance(type_, Opt):
            return _opt(self.plan(type_.inner, level))
        if isinstance(type_, Vec):
            return _blob_plan() if resolve(type_.inner) == NAT8 else _vec(self.plan(type_.inner, level))
        if isinstance(type_, Record):
            return _record([self.plan(field.type, level) for field in type_.fields])
        if isinstance(type_, Variant):
            return _variant(type_, [self.plan(field.type, level) for field in type_.fields])
        return self._reference(is_function=isinstance(type_, Func))

    def _reference(self, *, is_function: bool) -> SkipPlan:
        cost = _UNROLLING + self._table_size + _PRINCIPAL_COST

        def skip_service(data: bytes, pos: int, meter: Meter) -> int:
            meter.skip(cost)
            return read_principal(data, pos, meter)[1]

        def skip_function(data: bytes, pos: int, meter: Meter) -> int:
            reference, end = read_reference(data, pos, meter)
            meter.skip(cost + 2 + len(reference.method.encode()))
            return end

        return SkipPlan(skip_function if is_function else skip_service)


def _fixed(size: int, cost: int, height: int = 0) -> SkipPlan:
    def skip(data: bytes, pos: int, meter: Meter) -> int:
        meter.skip(cost)
        end = pos + size
        if end > len(data):
            raise ends_early(pos)
        return end

    return SkipPlan(skip, height, size, cost)


def _counted(read: Callable[[bytes, int, Meter], tuple[object, int]]) -> SkipPlan:
    """Values that have to be read to find their end; they cost their bytes."""

    def skip(data: bytes, pos: int, meter: Meter) -> int:
        _, end = read(data, pos, meter)
        meter.skip(end - pos)
        return end

    return SkipPlan(skip)


def _skip_text(data: bytes, pos: int, meter: Meter) -> int:
    meter.skip(1 + read_unsigned(data, pos)[0])
    return read_text(data, pos, meter)[1]


def _skip_principal(data: bytes, pos: int, meter: Meter) -> int:
    meter.skip(_PRINCIPAL_COST)
    return read_principal(data, pos, meter)[1]


def _skip_empty(data: bytes, pos: int, meter: Meter) -> int:
    raise at_byte(pos, "there is no value of type empty")


def _skip_future(data: bytes, pos: int, meter: Meter) -> int:
    size, pos = read_unsigned(data, pos)
    _, pos = read_unsigned(data, pos)
    meter.skip(size + 1)
    if size > len(data) - pos:
        raise ends_early(pos)
    return pos + size


_PRIMITIVES = {
    **{type_: _fixed(layout.size, layout.size) for type_, layout in FIXED_WIDTHS.items()},
    NULL: _fixed(0, 1),
    RESERVED: _fixed(0, 1),
    BOOL: _counted(read_bool),
    NAT: _counted(read_nat),
    INT: _counted(read_int),
    TEXT: SkipPlan(_skip_text),
    PRINCIPAL: SkipPlan(_skip_principal),
    EMPTY: SkipPlan(_skip_empty),
    FUTURE: SkipPlan(_skip_future),
}


def _blob_plan() -> SkipPlan:
    def skip(data: bytes, pos: int, meter: Meter) -> int:
        size, start = read_unsigned(data, pos)
        meter.skip(_UNROLLING + 1 + size)
        if size > len(data) - start:
            raise ends_early(pos)
        return start + size

    return SkipPlan(skip)


def _opt(inner: SkipPlan) -> SkipPlan:
    skip_inner = inner.skip

    def skip(data: bytes, pos: int, meter: Meter) -> int:
        present, pos = read_bool(data, pos, meter)
        meter.skip(_UNROLLING + 1)
        return skip_inner(data, pos, meter) if present else pos

    return SkipPlan(skip, inner.height + 1)


def _vec(inner: SkipPlan) -> SkipPlan:
    skip_inner, size, cost = inner.skip, inner.size, inner.cost + 3

    def skip_all_alike(data: bytes, pos: int, meter: Meter) -> int:
        count, start = read_unsigned(data, pos)
        meter.skip(_UNROLLING + 4 + count * cost)
        end = start + count * (size or 0)
        if end > len(data):
            raise ends_early(pos)
        return end

    def skip(data: bytes, pos: int, meter: Meter) -> int:
        count, pos = read_unsigned(data, pos)
        meter.skip(_UNROLLING + 4 + count * 3)
        for _ in range(count):
            pos = skip_inner(data, pos, meter)
        return pos

    return SkipPlan(skip if size is None else skip_all_alike, inner.height + 1)


def _record(fields: list[SkipPlan]) -> SkipPlan:
    cost = _UNROLLING + 5 + 9 * len(fields)
    height = 1 + max((field.height for field in fields), default=0)
    sizes = [field.size for field in fields if field.size is not None]
    if len(sizes) == len(fields):
        return _fixed(min(sum(sizes), BOUNDLESS), min(cost + sum(field.cost for field in fields), BOUNDLESS), height)
    skips = [field.skip for field in fields]

    def skip(data: bytes, pos: int, meter: Meter) -> int:
        meter.skip(cost)
        for skip_field in skips:
            pos = skip_field(data, pos, meter)
        return pos

    return SkipPlan(skip, height)


def _variant(type_: Variant, tags: list[SkipPlan]) -> SkipPlan:
    costs = [_UNROLLING + 5 + _tag_cost(field.id, field.type) for field in type_.fields]
    skips = [tag.skip for tag in tags]

    def skip(data: bytes, pos: int, meter: Meter) -> int:
        index, start = read_unsigned(data, pos)
        if index >= len(skips):
            raise at_byte(pos, f"tag {index} of a variant that has {len(skips)}")
        meter.skip(costs[index])
        return skips[index](data, start, meter)

    return SkipPlan(skip, 1 + max((tag.height for tag in tags), default=0))


def _tag_cost(tag: int, payload: Type) -> int:
    """The Rust crate meets a tag that it does not know under a name made up of these parts, and pays for its letters."""
    return len(f"{tag},id,unit") if payload == NULL else len(f"{tag},id,newtype") + 1
