"""The type table of a message, byte for byte as the Rust crate builds it for the types that Kybra derives.

The crate describes every Rust type once a message. Types of equal description share an entry, an entry comes before those of
its parts, and a type met within itself is a *knot*, which refers to the entry of the whole but is described by its name. So
recursive types of equal structure have entries of their own, and which entries mutually recursive types get depends on the
one met first. Candid leaves all this free, but the size of stored values depends on it.
Source: dfinity/candid 0.10, `ser.rs` (TypeSerialize) and `types/mod.rs` (CandidType::ty).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from kybra_replica.candid.header import FUNC, MAGIC, MODES, OPT, RECORD, SERVICE, VARIANT, VEC
from kybra_replica.candid.leb128 import encode_signed, encode_unsigned
from kybra_replica.candid.types import Func, Label, Named, Opt, Primitive, Record, Service, Type, Variant, Vec, label_id, resolve

_KNOT = 0


def encode_header(types: Sequence[Type]) -> bytes:
    """All of a message that comes before its values. Raises ValueError for a name without definition."""
    table = _Table()
    arguments = table.sequence([table.add(type_) for type_ in types])
    return MAGIC + encode_unsigned(len(table.entries)) + b"".join(table.entries) + arguments


@dataclass(frozen=True, slots=True)
class _Shape:
    """A description: an opcode (or `_KNOT`), the numbers of the parts' descriptions, and what the parts are.

    `labels` name the parts of records, variants and services; of a function the first `arguments` parts are arguments.
    """

    code: int
    parts: tuple[int, ...] = ()
    labels: tuple[Label, ...] = ()
    arguments: int = 0
    modes: tuple[str, ...] = ()
    knot: Hashable = None


class _Shapes:
    """Numbers the descriptions of one message; equal ones have one number."""

    def __init__(self) -> None:
        self.all: list[_Shape] = []
        self._numbers: dict[_Shape, int] = {}
        self._described: dict[Hashable, int | None] = {}
        self._followed: set[Named] = set()

    def describe(self, type_: Type, *, boxed: bool = False) -> int:
        """The number of the description. Kybra boxes fields, and to Rust a boxed type is a type of its own."""
        identity: Hashable = (boxed, self._identity(type_))
        if identity not in self._described:
            self._described[identity] = None
            number = self.describe(type_) if boxed else self._number(self._shape(resolve(type_)))
            self._described[identity] = number
        described = self._described[identity]
        return self._number(_Shape(_KNOT, knot=identity)) if described is None else described

    def untie(self, number: int) -> int:
        """What the description `number` stands for, if it is a knot."""
        while self.all[number].code == _KNOT:
            described = self._described[self.all[number].knot]
            assert described is not None, "types are referred to after all of them are described"
            number = described
        return number

    def _number(self, shape: _Shape) -> int:
        number = self._numbers.setdefault(shape, len(self.all))
        if number == len(self.all):
            self.all.append(shape)
        return number

    def _shape(self, type_: Type) -> _Shape:
        if isinstance(type_, Primitive):
            return _Shape(type_.opcode)
        if isinstance(type_, (Opt, Vec)):
            return _Shape(OPT if isinstance(type_, Opt) else VEC, (self.describe(type_.inner),))
        if isinstance(type_, (Record, Variant)):
            parts = tuple(self.describe(field.type, boxed=True) for field in type_.fields)
            return _Shape(RECORD if isinstance(type_, Record) else VARIANT, parts, tuple(field.label for field in type_.fields))
        if isinstance(type_, Func):
            parts = tuple(self.describe(part) for part in type_.arguments + type_.results)
            return _Shape(FUNC, parts, arguments=len(type_.arguments), modes=type_.modes)
        assert isinstance(type_, Service)
        parts = tuple(self.describe(method) for _, method in type_.methods)
        return _Shape(SERVICE, parts, tuple(name for name, _ in type_.methods))

    def _identity(self, type_: Type) -> Hashable:
        """What two mentions of one Rust type have in common: the name of a definition, or the constructor and its parts.

        A definition that is only another name for a type, as Kybra's `Alias`, is that type, unless it is recursive.
        """
        if not isinstance(type_, Named):
            return self._structure(type_)
        if type_ in self._followed or not isinstance(type_.definition, (Primitive, Opt, Vec, Named)):
            return type_
        self._followed.add(type_)
        identity = self._identity(type_.definition)
        self._followed.remove(type_)
        return identity

    def _structure(self, type_: Type) -> Hashable:
        if isinstance(type_, (Opt, Vec)):
            return (type(type_), self._identity(type_.inner))
        if isinstance(type_, (Record, Variant)):
            return (type(type_), tuple((field.label, self._identity(field.type)) for field in type_.fields))
        if isinstance(type_, Func):
            arguments = tuple(self._identity(argument) for argument in type_.arguments)
            return (Func, arguments, tuple(self._identity(result) for result in type_.results), type_.modes)
        if isinstance(type_, Service):
            return (Service, tuple((name, self._identity(method)) for name, method in type_.methods))
        return type_


class _Table:
    def __init__(self) -> None:
        self.entries: list[bytes] = []
        self._shapes = _Shapes()
        self._indices: dict[int, int] = {}

    def add(self, type_: Type) -> int:
        """The number of the type's description, for which there is an entry then, if it takes one."""
        number = self._shapes.describe(type_)
        self._build(number)
        return number

    def sequence(self, numbers: Sequence[int]) -> bytes:
        """References to described types, behind how many they are."""
        return encode_unsigned(len(numbers)) + b"".join(self._reference(number) for number in numbers)

    def _build(self, number: int) -> None:
        shape = self._shapes.all[number]
        if number in self._indices or not _is_composite(shape):
            return
        index = self._indices[number] = len(self.entries)
        self.entries.append(b"")
        for part in shape.parts:
            self._build(part)
        self.entries[index] = encode_signed(shape.code) + self._body(shape)

    def _reference(self, number: int) -> bytes:
        number = self._shapes.untie(number)
        shape = self._shapes.all[number]
        return encode_signed(self._indices[number] if _is_composite(shape) else shape.code)

    def _body(self, shape: _Shape) -> bytes:
        if shape.code == FUNC:
            arguments, results = shape.parts[: shape.arguments], shape.parts[shape.arguments :]
            annotations = bytes(MODES.index(mode) + 1 for mode in shape.modes)
            return self.sequence(arguments) + self.sequence(results) + encode_unsigned(len(annotations)) + annotations
        if shape.code in (OPT, VEC):
            return self._reference(shape.parts[0])
        encode_label = _method_name if shape.code == SERVICE else _field_id
        parts = [encode_label(label) + self._reference(part) for label, part in zip(shape.labels, shape.parts, strict=True)]
        return encode_unsigned(len(parts)) + b"".join(parts)


def _is_composite(shape: _Shape) -> bool:
    return SERVICE <= shape.code <= OPT


def _method_name(name: Label) -> bytes:
    raw = str(name).encode()
    return encode_unsigned(len(raw)) + raw


def _field_id(label: Label) -> bytes:
    return encode_unsigned(label if isinstance(label, int) else label_id(label))
