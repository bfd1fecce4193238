"""Candid types as immutable values.

A type is one of the singletons below (`NAT`, `TEXT`, ...) or an instance of `Opt`, `Vec`, `Record`, `Variant`, `Func`,
`Service` or `Named`. `Named` is how a type refers to itself or to a definition of a `.did` file: it carries a name and
is bound to its definition once; every function of this package looks through it.

Source: the Candid specification (dfinity/candid, spec/Candid.md), sections "Types" and "Binary format".
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise


def label_id(name: str) -> int:
    """The 32-bit id of a field name: `sum(byte_i * 223^(n-i)) mod 2^32` over its UTF-8 bytes."""
    value = 0
    for byte in name.encode():
        value = (value * 223 + byte) & 0xFFFFFFFF
    return value


class Type:
    """Base of all Candid types."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Primitive(Type):
    """A type with no parts. `name` is its Candid spelling, `opcode` its (negative) code in the binary format."""

    name: str
    opcode: int

    def __repr__(self) -> str:
        return self.name


NULL = Primitive("null", -1)
BOOL = Primitive("bool", -2)
NAT = Primitive("nat", -3)
INT = Primitive("int", -4)
NAT8 = Primitive("nat8", -5)
NAT16 = Primitive("nat16", -6)
NAT32 = Primitive("nat32", -7)
NAT64 = Primitive("nat64", -8)
INT8 = Primitive("int8", -9)
INT16 = Primitive("int16", -10)
INT32 = Primitive("int32", -11)
INT64 = Primitive("int64", -12)
FLOAT32 = Primitive("float32", -13)
FLOAT64 = Primitive("float64", -14)
TEXT = Primitive("text", -15)
RESERVED = Primitive("reserved", -16)
EMPTY = Primitive("empty", -17)
PRINCIPAL = Primitive("principal", -24)

PRIMITIVES = (
    NULL, BOOL, NAT, INT, NAT8, NAT16, NAT32, NAT64, INT8, INT16, INT32, INT64, FLOAT32, FLOAT64, TEXT, RESERVED, EMPTY, PRINCIPAL,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Opt(Type):
    """`opt inner`."""

    inner: Type


@dataclass(frozen=True, slots=True)
class Vec(Type):
    """`vec inner`; `vec nat8` is what Candid calls a blob."""

    inner: Type


Label = str | int

FUTURE = Primitive("future", -25)
"""A type of a later version of Candid, met on the wire: its values can be skipped, and nothing else."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record or a tag of a variant. `label` is its name, or its number where it has none."""

    label: Label
    type: Type

    @property
    def id(self) -> int:
        """The number under which the field stands in the binary format."""
        return self.label if isinstance(self.label, int) else label_id(self.label)


def _sorted_fields(fields: tuple[Field, ...], owner: str) -> tuple[Field, ...]:
    ordered = tuple(sorted(fields, key=lambda field: field.id))
    for before, after in pairwise(ordered):
        if before.id == after.id:
            raise ValueError(f"{owner}: fields {before.label!r} and {after.label!r} have the same id {after.id}")
    return ordered


@dataclass(frozen=True, slots=True)
class Record(Type):
    """`record { ... }`; fields are kept sorted by id, as the binary format has them."""

    fields: tuple[Field, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", _sorted_fields(tuple(self.fields), "record"))


@dataclass(frozen=True, slots=True)
class Variant(Type):
    """`variant { ... }`; tags are kept sorted by id."""

    fields: tuple[Field, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", _sorted_fields(tuple(self.fields), "variant"))


def tuple_of(*types: Type) -> Record:
    """The record `{ 0 : types[0]; 1 : types[1]; ... }`, which Candid writes without labels."""
    return Record(tuple(Field(index, type_) for index, type_ in enumerate(types)))


@dataclass(frozen=True, slots=True)
class Func(Type):
    """A function reference. `modes` is a subset of `query`, `composite_query`, `oneway`, in that order."""

    arguments: tuple[Type, ...]
    results: tuple[Type, ...]
    modes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Service(Type):
    """A service reference. `methods` maps names to `Func` (or to a `Named` bound to one), sorted by name."""

    methods: tuple[tuple[str, Type], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "methods", tuple(sorted(self.methods, key=lambda method: method[0].encode())))


class Named(Type):
    """A reference to a definition, by name; compares by identity. Bound exactly once, which is what allows recursion."""

    __slots__ = ("_definition", "name")

    def __init__(self, name: str, definition: Type | None = None) -> None:
        self.name = name
        self._definition = definition

    def bind(self, definition: Type) -> None:
        """Give the name its meaning. Raises ValueError when it has one already."""
        if self._definition is not None:
            raise ValueError(f"type {self.name} is bound already")
        self._definition = definition

    @property
    def definition(self) -> Type:
        """What the name stands for. Raises ValueError while unbound."""
        if self._definition is None:
            raise ValueError(f"type {self.name} is not defined")
        return self._definition

    def __repr__(self) -> str:
        return f"Named({self.name})"


def resolve(type_: Type) -> Type:
    """`type_` with leading `Named` references followed. Raises ValueError for a name that stands for itself."""
    seen: set[int] = set()
    while isinstance(type_, Named):
        if id(type_) in seen:
            raise ValueError(f"type {type_.name} is defined as itself")
        seen.add(id(type_))
        type_ = type_.definition
    return type_


def describe(type_: Type) -> str:
    """The kind of a type in a word, for messages: `nat`, `record`, `func`."""
    type_ = resolve(type_)
    return type_.name if isinstance(type_, Primitive) else type(type_).__name__.lower()


def may_be_absent(type_: Type) -> bool:
    """Whether a value of the type may be left out of a record, or off the end of arguments: opt, null and reserved may."""
    type_ = resolve(type_)
    return type_ in (NULL, RESERVED) or isinstance(type_, Opt)


@dataclass(frozen=True, slots=True)
class Interface:
    """What a `.did` file says: its definitions in order, the init arguments, and the service.

    `init` is None where the service is not a class (`service : { ... }`), a tuple of types where it is
    (`service : (text) -> { ... }`). `methods` keeps the order of the file.
    """

    definitions: tuple[Named, ...]
    init: tuple[Type, ...] | None
    methods: tuple[tuple[str, Func], ...]
