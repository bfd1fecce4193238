"""How to read each type on the wire at the type that is expected there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kybra_replica.candid.errors import CandidError, at_byte
from kybra_replica.candid.leb128 import read_unsigned
from kybra_replica.candid.limits import BOUNDLESS, Meter
from kybra_replica.candid.readers import (
    FIXED_WIDTHS,
    Reader,
    fixed_reader,
    fixed_vector_reader,
    read_blob,
    read_bool,
    read_int,
    read_nat,
    read_null,
    read_principal,
    read_reference,
    read_text,
)
from kybra_replica.candid.skipper import Skip, SkipCompiler
from kybra_replica.candid.subtyping import is_subtype
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
    Label,
    Opt,
    Primitive,
    Record,
    Service,
    Type,
    Variant,
    Vec,
    describe,
    may_be_absent,
    resolve,
)
from kybra_replica.candid.values import Some, Value

_MAX_LEVELS = 24
_NEGLIGIBLE = 16
"""Values with at most so many parts are paid for by the byte that announces them."""


class Misfit(Exception):
    """A value whose type on the wire is not a subtype of what is expected there."""

    def __init__(self, offset: int, why: str) -> None:
        super().__init__(why)
        self.offset = offset
        self.why = why

    def as_error(self) -> CandidError:
        """What it amounts to where no `opt` is around it."""
        return at_byte(self.offset, self.why)


@dataclass(frozen=True, slots=True)
class Plan:
    """How to read a type: `weight` counts the values that are read whatever the message says, `height` nested calls."""

    read: Reader
    weight: int = 1
    height: int = 0


def _misfit(why: str) -> Plan:
    def read(data: bytes, pos: int, meter: Meter) -> tuple[Value, int]:
        raise Misfit(pos, why)

    return Plan(read)


def _skipping(skip: Skip) -> Plan:
    """Read as reserved: anything will do, and nothing is kept."""

    def read(data: bytes, pos: int, meter: Meter) -> tuple[None, int]:
        return None, skip(data, pos, meter)

    return Plan(read)


_PRIMITIVE_READERS = {
    BOOL: read_bool,
    NAT: read_nat,
    INT: read_int,
    TEXT: read_text,
    NULL: read_null,
    PRINCIPAL: read_principal,
    **{type_: fixed_reader(type_) for type_ in FIXED_WIDTHS},
}


class Planner:
    """Makes plans for the types of one message, each pair of types once.

    A pair that is being planned already, or that lies far down, is planned when a value first gets there: this ends
    recursion, and a tower of types costs nothing unless values climb it.
    """

    absent = Plan(read_null)
    """For what the message lacks and may lack."""

    def __init__(self, skippers: SkipCompiler) -> None:
        self.skippers = skippers
        self._plans: dict[tuple[int, int], Plan] = {}
        self._open: set[tuple[int, int]] = set()

    def plan(self, wire: Type, expected: Type, level: int = 0) -> Plan:
        """How to read `wire` at `expected`, which lie within `level` others that are being planned."""
        wire, expected = resolve(wire), resolve(expected)
        if isinstance(expected, Primitive):
            return self._primitive(wire, expected)
        key = (id(wire), id(expected))
        known = self._plans.get(key)
        if known is not None and level + known.height <= _MAX_LEVELS:
            return known
        if key in self._open or level == _MAX_LEVELS:
            return Plan(self._deferred(wire, expected))
        self._open.add(key)
        plan = self._composite(wire, expected, level + 1)
        self._open.remove(key)
        self._plans[key] = plan
        return plan

    def _deferred(self, wire: Type, expected: Type) -> Reader:
        def read(data: bytes, pos: int, meter: Meter) -> tuple[Value, int]:
            plan = self.plan(wire, expected)
            meter.decode(plan.weight)
            meter.descend(plan.height + 1)
            value, pos = plan.read(data, pos, meter)
            meter.depth += plan.height + 1
            return value, pos

        return read

    def _primitive(self, wire: Type, expected: Primitive) -> Plan:
        if wire == EMPTY or expected in (RESERVED, FUTURE):
            return _skipping(self.skippers.plan(wire).skip)
        if expected == PRINCIPAL and isinstance(wire, Service):
            return Plan(read_principal)
        if wire == expected:
            return Plan(_PRIMITIVE_READERS[expected])
        if wire == NAT and expected == INT:
            return Plan(read_nat)
        return self._unfit(wire, expected)

    def _composite(self, wire: Type, expected: Type, level: int) -> Plan:
        if wire == EMPTY:
            return _skipping(self.skippers.plan(wire).skip)
        if isinstance(expected, Opt):
            return self._opt(wire, expected, level)
        if isinstance(expected, Vec) and isinstance(wire, Vec):
            return self._vec(wire, expected, level)
        if isinstance(expected, Record) and isinstance(wire, Record):
            return self._record(wire, expected, level)
        if isinstance(expected, Variant) and isinstance(wire, Variant):
            return self._variant(wire, expected, level)
        if isinstance(wire, (Func, Service)) and is_subtype(wire, expected):
            return Plan(read_reference if isinstance(wire, Func) else read_principal)
        return self._unfit(wire, expected)

    def _unfit(self, wire: Type, expected: Type) -> Plan:
        what = describe(wire)
        if what == describe(expected):
            return _misfit(f"this {what} is not a subtype of the one that is expected")
        return _misfit(f"the message has {what} where {describe(expected)} is expected")

    def _opt(self, wire: Type, expected: Opt, level: int) -> Plan:
        if wire in (NULL, RESERVED):
            return Plan(read_null)
        is_announced = isinstance(wire, Opt)
        content = wire.inner if isinstance(wire, Opt) else wire
        inner = self.plan(content, expected.inner, level)
        read = _optional_reader(inner, self.skippers.plan(content, level).skip, is_announced=is_announced)
        return Plan(read, 1 if is_announced else inner.weight, inner.height + 1)

    def _vec(self, wire: Vec, expected: Vec, level: int) -> Plan:
        element, wanted = resolve(wire.inner), resolve(expected.inner)
        if isinstance(element, Primitive) and element == wanted:
            if element == NAT8:
                return Plan(read_blob)
            if element in FIXED_WIDTHS:
                return Plan(fixed_vector_reader(element))
        inner = self.plan(element, wanted, level)
        read_vector = _vector_reader(inner)
        if wanted != NAT8:
            return Plan(read_vector, 1, inner.height + 1)

        def read_bytes(data: bytes, pos: int, meter: Meter) -> tuple[bytes, int]:
            numbers, pos = read_vector(data, pos, meter)
            return bytes(numbers), pos

        return Plan(read_bytes, 1, inner.height + 2)

    def _record(self, wire: Record, expected: Record, level: int) -> Plan:
        """Both sides are sorted by id, and so is the wire, so one pass takes, skips and fills in."""
        wanted = {field.id: field for field in expected.fields}
        offered = {field.id for field in wire.fields}
        for field in expected.fields:
            if field.id not in offered and not may_be_absent(field.type):
                return _misfit(f"the message has a record without the field {field.label}")
        plans: list[tuple[int, Label | None, Plan]] = []
        for field in wire.fields:
            target = wanted.get(field.id)
            if target is None:
                plans.append((field.id, None, _skipping(self.skippers.plan(field.type, level).skip)))
            else:
                plans.append((field.id, target.label, self.plan(field.type, target.type, level)))
        plans += [(field.id, field.label, self.absent) for field in expected.fields if field.id not in offered]
        plans.sort(key=lambda step: step[0])
        weight = min(1 + sum(plan.weight for _, _, plan in plans), BOUNDLESS)
        height = 1 + max((plan.height for _, _, plan in plans), default=0)
        return Plan(_record_reader([(label, plan.read) for _, label, plan in plans]), weight, height)

    def _variant(self, wire: Variant, expected: Variant, level: int) -> Plan:
        wanted = {field.id: field for field in expected.fields}
        tags: list[tuple[Label, Plan]] = []
        for field in wire.fields:
            target = wanted.get(field.id)
            if target is None:
                tags.append((field.label, _misfit(f"the message has the tag {field.label}, which is not expected")))
            else:
                tags.append((target.label, self.plan(field.type, target.type, level)))
        height = 1 + max((plan.height for _, plan in tags), default=0)
        return Plan(_variant_reader(tags), 1, height)


def _optional_reader(inner: Plan, skip: Skip, *, is_announced: bool) -> Reader:
    """Reads a value, or skips it where it does not fit; `is_announced` if a byte before it says whether there is one."""
    read_inner = inner.read
    cost = inner.weight if inner.weight > _NEGLIGIBLE else 0

    def read(data: bytes, pos: int, meter: Meter) -> tuple[Value, int]:
        if is_announced:
            present, pos = read_bool(data, pos, meter)
            if not present:
                return None, pos
        depth = meter.depth
        if cost:
            meter.decode(cost)
        try:
            value, end = read_inner(data, pos, meter)
        except Misfit:
            meter.depth = depth
            return None, skip(data, pos, meter)
        return Some(value), end

    return read


def _vector_reader(inner: Plan) -> Reader:
    read_element = inner.read
    cost = inner.weight + 3

    def read(data: bytes, pos: int, meter: Meter) -> tuple[list[Value], int]:
        count, pos = read_unsigned(data, pos)
        meter.decode(count * cost)
        values = []
        for _ in range(count):
            value, pos = read_element(data, pos, meter)
            values.append(value)
        return values, pos

    return read


def _record_reader(steps: Sequence[tuple[Label | None, Reader]]) -> Reader:
    if any(label is None for label, _ in steps):
        return _skipping_record_reader(steps)

    def read(data: bytes, pos: int, meter: Meter) -> tuple[dict[Label | None, Value], int]:
        record: dict[Label | None, Value] = {}
        for label, read_field in steps:
            record[label], pos = read_field(data, pos, meter)
        return record, pos

    return read


def _skipping_record_reader(steps: Sequence[tuple[Label | None, Reader]]) -> Reader:
    def read(data: bytes, pos: int, meter: Meter) -> tuple[dict[Label, Value], int]:
        record: dict[Label, Value] = {}
        for label, read_field in steps:
            value, pos = read_field(data, pos, meter)
            if label is not None:
                record[label] = value
        return record, pos

    return read


def _variant_reader(tags: Sequence[tuple[Label, Plan]]) -> Reader:
    readers = [(label, plan.read, plan.weight if plan.weight > _NEGLIGIBLE else 0) for label, plan in tags]

    def read(data: bytes, pos: int, meter: Meter) -> tuple[dict[Label, Value], int]:
        index, start = read_unsigned(data, pos)
        if index >= len(readers):
            raise at_byte(pos, f"tag {index} of a variant that has {len(readers)}")
        label, read_payload, cost = readers[index]
        if cost:
            meter.decode(cost)
        value, end = read_payload(data, start, meter)
        return {label: value}, end

    return read
