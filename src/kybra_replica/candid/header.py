"""The head of a binary message: the magic bytes, the table of types, and the types of the arguments.

Source: the Candid specification, "Deserialisation" and "Binary format".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kybra_replica.candid.errors import at_byte, ends_early
from kybra_replica.candid.leb128 import read_signed, read_unsigned
from kybra_replica.candid.types import (
    FUTURE,
    PRIMITIVES,
    Field,
    Func,
    Named,
    Opt,
    Record,
    Service,
    Type,
    Variant,
    Vec,
)

MAGIC = b"DIDL"
MODES = ("query", "oneway", "composite_query")
"""The annotations of functions; in the binary format the n-th is the byte n + 1."""

OPT, VEC, RECORD, VARIANT, FUNC, SERVICE = range(-18, -24, -1)

_BY_OPCODE = {primitive.opcode: primitive for primitive in PRIMITIVES}
_FIRST_FUTURE_OPCODE = -25
_MAX_FIELD_ID = 0xFFFF_FFFF
_PARTS_PER_TYPE = 10


@dataclass(frozen=True, slots=True)
class Header:
    """`arguments` refer to the type table through `Named` types called `table0`, `table1`, ...; values begin at `end`."""

    arguments: tuple[Type, ...]
    table_size: int
    end: int


def read_header(data: bytes, max_types: int) -> Header:
    """The header of the message `data`.

    Raises CandidError where it is not one, and where it has more than `max_types` types, or more than ten times as many
    fields, methods and arguments in all.
    """
    if data[:4] != MAGIC:
        raise at_byte(0, "a Candid message begins with DIDL" if data else "the message is empty")
    count, pos = read_unsigned(data, 4)
    if count > max_types:
        raise at_byte(4, f"a table of {count} types is more than the limit allows")
    reader = _Reader(data, pos, [Named(f"table{index}") for index in range(count)], _PARTS_PER_TYPE * max_types)
    for entry in reader.table:
        entry.bind(reader.entry())
    reader.check_methods()
    arguments = reader.references()
    return Header(arguments, count, reader.pos)


class _Reader:
    """Reads the table entry by entry; entries may refer to later ones."""

    def __init__(self, data: bytes, pos: int, table: list[Named], max_parts: int) -> None:
        self.data = data
        self.pos = pos
        self.table = table
        self._parts_left = max_parts
        self._methods: list[tuple[int, str, Type]] = []
        self._forms: dict[int, Callable[[], Type]] = {
            OPT: lambda: Opt(self.reference()),
            VEC: lambda: Vec(self.reference()),
            RECORD: lambda: Record(self._fields()),
            VARIANT: lambda: Variant(self._fields()),
            FUNC: self._func,
            SERVICE: self._service,
        }

    def entry(self) -> Type:
        """An entry of the table: a composite type, or one of a later version."""
        start = self.pos
        opcode = self._signed()
        form = self._forms.get(opcode)
        if form is not None:
            return form()
        if opcode > _FIRST_FUTURE_OPCODE:
            raise at_byte(start, f"the type table holds composite types, and {opcode} is not the code of one")
        self._bytes(self._unsigned())
        return FUTURE

    def reference(self) -> Type:
        """A type as it stands within another: a primitive one, or an entry of the table."""
        start = self.pos
        code = self._signed()
        if code < 0:
            primitive = _BY_OPCODE.get(code)
            if primitive is None:
                raise at_byte(start, f"{code} is not the code of a primitive type")
            return primitive
        if code >= len(self.table):
            raise at_byte(start, f"type {code} is not in the table, which has {len(self.table)}")
        return self.table[code]

    def references(self) -> tuple[Type, ...]:
        """Their number, and as many types."""
        return tuple(self.reference() for _ in range(self._count()))

    def check_methods(self) -> None:
        """Methods of services have to be functions, which shows only when the whole table is read."""
        for offset, name, type_ in self._methods:
            if not (isinstance(type_, Named) and isinstance(type_.definition, Func)):
                raise at_byte(offset, f"method {name} is not a function")

    def _fields(self) -> tuple[Field, ...]:
        fields = []
        last = -1
        for _ in range(self._count()):
            start = self.pos
            label = self._unsigned()
            if not last < label <= _MAX_FIELD_ID:
                raise at_byte(start, f"field {label} is out of order, repeated or beyond 32 bits")
            last = label
            fields.append(Field(label, self.reference()))
        return tuple(fields)

    def _func(self) -> Func:
        arguments, results = self.references(), self.references()
        modes = []
        for _ in range(self._count()):
            start = self.pos
            mode = self._bytes(1)[0]
            if not 1 <= mode <= len(MODES):
                raise at_byte(start, f"{mode} is not an annotation of functions")
            modes.append(MODES[mode - 1])
        return Func(arguments, results, tuple(modes))

    def _service(self) -> Service:
        methods: list[tuple[str, Type]] = []
        last: bytes | None = None
        for _ in range(self._count()):
            start = self.pos
            raw = self._bytes(self._unsigned())
            if last is not None and raw <= last:
                raise at_byte(start, "methods of a service are out of order or repeated")
            last = raw
            try:
                name = raw.decode()
            except UnicodeDecodeError as problem:
                raise at_byte(start, f"the name of a method is not UTF-8: {problem.reason}") from None
            methods.append((name, self.reference()))
            self._methods.append((start, *methods[-1]))
        return Service(tuple(methods))

    def _count(self) -> int:
        """A number of parts that take a byte each at least, so that a false one is noticed before anything is made of it."""
        start = self.pos
        count = self._unsigned()
        if count > len(self.data) - self.pos:
            raise at_byte(start, f"{count} parts are announced, more than the message has bytes left")
        self._parts_left -= count
        if self._parts_left < 0:
            raise at_byte(start, "types have more parts than the limit allows")
        return count

    def _unsigned(self) -> int:
        value, self.pos = read_unsigned(self.data, self.pos)
        return value

    def _signed(self) -> int:
        value, self.pos = read_signed(self.data, self.pos)
        return value

    def _bytes(self, count: int) -> bytes:
        start = self.pos
        if count > len(self.data) - start:
            raise ends_early(start)
        self.pos = start + count
        return self.data[start : self.pos]


def spell_out(type_: Type) -> Type:
    """`type_` with references into a message's table replaced by what they stand for.

    They stay where the type is recursive, and in types too large to read.
    """
    return _Speller().spell(type_, 0)


class _Speller:
    _MAX_PARTS = 1_000
    _MAX_DEPTH = 40

    def __init__(self) -> None:
        self._parts = 0
        self._open: set[Named] = set()
        self._knots: dict[Named, Named] = {}

    def spell(self, type_: Type, depth: int) -> Type:
        self._parts += 1
        if not isinstance(type_, Named) or self._parts > self._MAX_PARTS or depth > self._MAX_DEPTH:
            return type_
        if type_ in self._open:
            return self._knots.setdefault(type_, Named(type_.name))
        self._open.add(type_)
        spelled = self._composite(type_.definition, depth + 1)
        self._open.remove(type_)
        knot = self._knots.pop(type_, None)
        if knot is None:
            return spelled
        knot.bind(spelled)
        return knot

    def _composite(self, type_: Type, depth: int) -> Type:
        if isinstance(type_, Opt):
            return Opt(self.spell(type_.inner, depth))
        if isinstance(type_, Vec):
            return Vec(self.spell(type_.inner, depth))
        if isinstance(type_, (Record, Variant)):
            return type(type_)(tuple(Field(field.label, self.spell(field.type, depth)) for field in type_.fields))
        if isinstance(type_, Func):
            arguments = tuple(self.spell(argument, depth) for argument in type_.arguments)
            return Func(arguments, tuple(self.spell(result, depth) for result in type_.results), type_.modes)
        if isinstance(type_, Service):
            return Service(tuple((name, self.spell(method, depth)) for name, method in type_.methods))
        return type_
