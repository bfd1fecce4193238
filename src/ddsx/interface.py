"""Interfaces of canisters, and values as people write them in Python, on top of ic-py's Candid.

| Candid | Python, in and out |
|---|---|
| opt | None, or the value |
| record | dict, with None where an optional field is left out; a tuple for a record without names |
| variant | dict of one case; going in, a case without content may be its name alone |
| blob, vec nat8 | bytes |
| principal | text |

ic-py wants lists for optionals, loses its way among types that stand before their definition, and gives a blob as a list of numbers;
what it makes of a value that does not fit is a ValueError, a TypeError or an AttributeError. None of that is seen outside of here.
"""

# ruff: noqa: SLF001 - what a type is made of is private in ic-py
from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ic.candid import (
    FixedNatClass,
    NatClass,
    NullClass,
    OptClass,
    PrincipalClass,
    RecClass,
    RecordClass,
    TupleClass,
    Types,
    VariantClass,
    VecClass,
    decode,
    encode,
    leb128uDecode,
    safeRead,
)
from ic.canister import CommonTokenStream, DIDEmitter, DIDLexer, DIDParser, InputStream, ParseTreeWalker
from ic.principal import Principal

from ddsx.did_text import simplify
from ddsx.errors import InterfaceUnreadable
from ddsx_core.accounts import parse_principal, principal_text
from ddsx_core.refused import Refused

_IC_PY_ERRORS = (ValueError, TypeError, AttributeError, LookupError, NameError, RecursionError, struct.error)


class _Blob(VecClass):  # type: ignore[misc]
    """`vec nat8` as bytes: ic-py handles each byte on its own."""

    def __init__(self) -> None:
        super().__init__(Types.Nat8)

    def covariant(self, value: Any) -> bool:
        return isinstance(value, bytes)

    def encodeValue(self, value: bytes) -> bytes:  # noqa: N802 - ic-py's name
        return bytes(NatClass().encodeValue(len(value))) + value

    def decodeValue(self, pipe: Any, wire: Any) -> bytes:  # noqa: N802 - ic-py's name
        found = self.checkType(wire)
        if not isinstance(found, VecClass) or not isinstance(found._type, FixedNatClass):
            raise TypeError("not a blob")
        return bytes(safeRead(pipe, leb128uDecode(pipe)))


@dataclass(frozen=True, slots=True)
class Method:
    """A method: its types as ic-py's, and whether it is a query."""

    name: str
    arguments: tuple[Any, ...]
    results: tuple[Any, ...]
    is_query: bool

    def encode(self, values: tuple[Any, ...]) -> bytes:
        """The arguments in Candid's binary form. Raises InterfaceUnreadable."""
        return encode_values(f"arguments of {self.name}", self.arguments, values)

    def decode(self, data: bytes) -> Any:
        """The result; a tuple when there are several, None when there is none. Raises InterfaceUnreadable."""
        try:
            decoded = decode(data, list(self.results)) if self.results else []
            values = tuple(_outward(type_, item["value"]) for type_, item in zip(self.results, decoded, strict=True))
        except _IC_PY_ERRORS as problem:
            raise InterfaceUnreadable(f"the answer of {self.name} is not what its interface says: {problem}.") from None
        return values if len(values) > 1 else values[0] if values else None


@dataclass(frozen=True)
class Interface:
    """What a canister's Candid text declares."""

    did: str

    @cached_property
    def _actor(self) -> dict[str, Any]:
        parser = DIDParser(CommonTokenStream(DIDLexer(InputStream(simplify(self.did)))))
        parser.removeErrorListeners()
        try:
            tree = parser.program()
            emitter = DIDEmitter()
            ParseTreeWalker().walk(emitter, tree)
            actor: dict[str, Any] = emitter.getActor()
        except _IC_PY_ERRORS as problem:
            raise InterfaceUnreadable(f"the interface cannot be read: {problem}.") from None
        if parser.getNumberOfSyntaxErrors():
            raise InterfaceUnreadable("the interface cannot be read: its Candid has forms that ic-py does not know.")
        return actor

    @cached_property
    def methods(self) -> dict[str, Method]:
        """All methods by name. Raises InterfaceUnreadable."""
        return {name: _method(name, function) for name, function in self._actor["methods"].items()}

    def encode_init(self, *values: Any) -> bytes:
        """Arguments for the installation. Raises InterfaceUnreadable."""
        return encode_values("arguments of the installation", tuple(map(_plain_type, self._actor["arguments"])), values)


def encode_values(what: str, types: tuple[Any, ...], values: tuple[Any, ...]) -> bytes:
    """Values in Candid's binary form; `what` is what errors call them. Raises InterfaceUnreadable."""
    if len(types) != len(values):
        raise InterfaceUnreadable(f"{what}: there must be {len(types)}, and {len(values)} were given.")
    try:
        parts = [{"type": type_, "value": _inward(type_, value)} for type_, value in zip(types, values, strict=True)]
        return bytes(encode(parts))
    except _IC_PY_ERRORS as problem:
        raise InterfaceUnreadable(f"{what}: {problem}.") from None


def _method(name: str, function: Any) -> Method:
    arguments, results = (tuple(map(_plain_type, types)) for types in (function.argTypes, function.retTypes))
    return Method(name, arguments, results, "query" in function.annotations)


def _plain_type(type_: Any, above: tuple[Any, ...] = ()) -> Any:
    """The type without references, but to itself: ic-py miscounts a type that is both referred to and spelled out."""
    if isinstance(type_, RecClass):
        inner = type_.getType()
        return type_ if type_ in above or inner is None else _plain_type(inner, (*above, type_))
    if isinstance(type_, VecClass):
        return _Blob() if type_._type is Types.Nat8 else VecClass(_plain_type(type_._type, above))
    if isinstance(type_, OptClass):
        return OptClass(_plain_type(type_._type, above))
    if isinstance(type_, TupleClass):
        return TupleClass(*(_plain_type(part, above) for part in type_._components))
    if isinstance(type_, (RecordClass, VariantClass)):
        return type(type_)({name: _plain_type(part, above) for name, part in type_._fields.items()})
    return type_


def _inward(type_: Any, value: Any) -> Any:
    """The value in the shape that ic-py encodes."""
    if isinstance(type_, RecClass):
        return _inward(type_.getType(), value)
    if isinstance(type_, OptClass):
        return [] if value is None else [_inward(type_._type, value)]
    if isinstance(type_, VecClass):
        return value if isinstance(type_, _Blob) else [_inward(type_._type, item) for item in value]
    if isinstance(type_, TupleClass):
        return tuple(_inward(part, item) for part, item in zip(type_._components, value, strict=True))
    if isinstance(type_, RecordClass):
        return _record(type_, value)
    if isinstance(type_, VariantClass):
        return _variant(type_, value)
    if isinstance(type_, PrincipalClass):
        return _principal(value)
    if isinstance(value, bool) and type_ is not Types.Bool:
        raise ValueError(f"{value} is not a number")
    return value


def _record(type_: Any, value: dict[str, Any]) -> dict[str, Any]:
    fields = type_._fields
    unknown = [name for name in value if name not in fields]
    if unknown:
        raise ValueError(f"a record has no field {', '.join(unknown)}: it has {', '.join(fields)}")
    missing = [name for name, part in fields.items() if name not in value and not isinstance(part, (OptClass, NullClass))]
    if missing:
        raise ValueError(f"a record lacks {', '.join(missing)}")
    return {name: _inward(part, value.get(name)) for name, part in fields.items()}


def _variant(type_: Any, value: Any) -> dict[str, Any]:
    ((case, content),) = ({value: None} if isinstance(value, str) else value).items()
    cases = type_._fields
    if case not in cases:
        raise ValueError(f"a variant has no case {case}: it has {', '.join(cases)}")
    return {case: _inward(cases[case], content)}


def _principal(value: Any) -> str:
    if isinstance(value, bytes):
        return principal_text(value)
    try:
        return parse_principal(str(value))
    except Refused:
        raise ValueError(f"{value} is not a principal") from None


def _outward(type_: Any, value: Any) -> Any:
    """The value as people write it, of what ic-py decoded."""
    if isinstance(type_, RecClass):
        return _outward(type_.getType(), value)
    if isinstance(type_, OptClass):
        return _outward(type_._type, value[0]) if value else None
    if isinstance(type_, VecClass):
        return value if isinstance(type_, _Blob) else [_outward(type_._type, item) for item in value]
    if isinstance(type_, TupleClass):
        return tuple(_outward(part, item) for part, item in zip(type_._components, value, strict=True))
    if isinstance(type_, (RecordClass, VariantClass)):
        return {name: _outward(type_._fields[name], item) for name, item in value.items()}
    return str(value) if isinstance(value, Principal) else value
