"""Dataclasses as CBOR: by the names of their fields and the types that they declare, so that a new field needs no code.

What a type can be made of: int, str, bytes, bool, float, None, `Principal`, enums, dataclasses, tuples, lists, deques, sets, dicts
and counters of these, and unions in which every value shows which member it is (the class of a dataclass is written beside it).
Anything else has no form that could be read back for certain and is refused when the codec is made, not when a value comes along.
"""

from __future__ import annotations

import dataclasses
import types
from collections import Counter, deque
from collections.abc import Callable, Collection
from enum import Enum
from functools import lru_cache
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

import cbor2

from kybra_replica.principal import Principal

T = TypeVar("T")

_Convert = Callable[[Any], Any]
_Pair = tuple[_Convert, _Convert]
"""From a value to what CBOR can hold, and back."""


class CannotSave(TypeError):
    """A type has no form on disk; the text names the field."""


class BadRow(ValueError):
    """What was read is not what this version writes; the text says what is wrong with it."""


class RowCodec(Generic[T]):
    """One dataclass as CBOR maps from field name to value; `without` names fields that are left out.

    A field that a row lacks gets its default. Raises CannotSave for a type that has no form on disk, and, when reading, BadRow for
    bytes that are no such row and for fields that the class does not have.
    """

    def __init__(self, kind: type[T], without: Collection[str] = ()) -> None:
        self.kind = kind
        hints = get_type_hints(kind)
        self.fields: dict[str, _Pair] = {
            field.name: _named(kind, field.name, hints[field.name])
            for field in dataclasses.fields(kind)  # type: ignore[arg-type]
            if field.name not in without
        }
        self.mutable = frozenset(name for name in self.fields if not _is_fixed(hints[name]))
        """Fields whose value can change without another object taking its place."""
        self._encoders = [(name, pair[0]) for name, pair in self.fields.items()]
        self._heads = {name: cbor2.dumps(name) for name in self.fields}

    def dump(self, value: T) -> bytes:
        """The row of a value."""
        return cbor2.dumps(self.plain(value))

    def plain(self, value: T) -> dict[str, Any]:
        """The row as CBOR can hold it."""
        return {name: encode(getattr(value, name)) for name, encode in self._encoders}

    def dump_field(self, name: str, value: object) -> bytes:
        """A part of `join`: one field."""
        return self._heads[name] + cbor2.dumps(self.fields[name][0](value))

    def join(self, parts: Collection[bytes]) -> bytes:
        """What `dump` answers, of the parts that `dump_field` made of every field."""
        return b"\xb8" + bytes([len(parts)]) + b"".join(parts)

    def load(self, row: bytes, **given: object) -> T:
        """The value of a row, the fields that are not saved as `given`."""
        return self.from_plain(self._content(row), **given)

    def load_fields(self, row: bytes) -> dict[str, Any]:
        """The fields that a row has, for a value that exists already."""
        return self._read(self._content(row))

    def _content(self, row: bytes) -> Any:
        try:
            return cbor2.loads(row)
        except (cbor2.CBORDecodeError, ValueError) as problem:
            raise BadRow(f"a row of {self.kind.__name__} is no CBOR: {problem}") from problem

    def _read(self, content: Any) -> dict[str, Any]:
        if not isinstance(content, dict):
            raise BadRow(f"a row of {self.kind.__name__} is no map")
        unknown = content.keys() - self.fields.keys()
        if unknown:
            raise BadRow(f"{self.kind.__name__} has no field {', '.join(sorted(map(str, unknown)))}: a later version wrote this")
        try:
            return {name: self.fields[name][1](value) for name, value in content.items()}
        except (TypeError, ValueError, KeyError, IndexError) as problem:
            raise BadRow(f"a row of {self.kind.__name__} cannot be read: {problem}") from problem

    def from_plain(self, content: Any, **given: object) -> T:
        """As `load`, of what CBOR held."""
        fields = self._read(content)
        try:
            return self.kind(**fields, **given)
        except TypeError as problem:
            raise BadRow(f"a row of {self.kind.__name__} is not complete: {problem}") from problem


def _named(kind: type, field: str, hint: Any) -> _Pair:
    try:
        return _pair(hint)
    except CannotSave as problem:
        raise CannotSave(f"{kind.__name__}.{field}: {problem}") from None


def _is_fixed(hint: Any) -> bool:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType, tuple, frozenset):
        return all(item is Ellipsis or _is_fixed(item) for item in get_args(hint))
    if dataclasses.is_dataclass(hint) and isinstance(hint, type) and not issubclass(hint, Principal):
        frozen: bool = hint.__dataclass_params__.frozen  # type: ignore[attr-defined]
        return frozen and all(map(_is_fixed, get_type_hints(hint).values()))
    return isinstance(hint, type)


def _same(value: Any) -> Any:
    return value


def _text(value: str | None) -> str | None:
    # A canister's own texts may hold lone surrogates, which neither CBOR nor Candid can carry.
    return value if value is None or value.isascii() else value.encode("utf-8", "replace").decode()


_PLAIN = (int, str, bytes, bool, float, type(None))
_RAW: _Pair = (lambda principal: principal.raw, Principal)


def _pair(hint: Any) -> _Pair:
    """How values of a type are written and read."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _union(get_args(hint))
    if origin in (tuple, list, set, frozenset, deque):
        return _series(origin, get_args(hint))
    if origin in (dict, Counter):
        return _mapping(origin, get_args(hint))
    if not isinstance(hint, type):
        raise CannotSave(f"there is no form on disk for {hint}")
    if hint is str:
        return _text, _same
    if hint in _PLAIN:
        return _same, _same
    if issubclass(hint, Principal):
        return _RAW
    if issubclass(hint, Enum):
        return (lambda member: member.value), hint
    if dataclasses.is_dataclass(hint):
        codec = row_codec(hint)
        return codec.plain, codec.from_plain
    raise CannotSave(f"there is no form on disk for {hint.__module__}.{hint.__qualname__}")


@lru_cache(maxsize=256)
def row_codec(kind: type[T], without: frozenset[str] = frozenset()) -> RowCodec[T]:
    """The codec of a dataclass, made once. Raises CannotSave."""
    return RowCodec(kind, without)


def _series(kind: Any, items: tuple[Any, ...]) -> _Pair:
    if kind is tuple and items[-1:] != (Ellipsis,):
        pairs = [_pair(item) for item in items]

        def read(values: Any) -> Any:
            return tuple(pair[1](value) for pair, value in zip(pairs, values, strict=True))

        return (lambda values: [pair[0](value) for pair, value in zip(pairs, values, strict=True)]), read
    write_item, read_item = _pair(items[0])
    if kind in (set, frozenset):
        return (lambda values: sorted(map(write_item, values))), (lambda values: kind(map(read_item, values)))
    return (lambda values: [write_item(value) for value in values]), (lambda values: kind(map(read_item, values)))


def _mapping(kind: Any, items: tuple[Any, ...]) -> _Pair:
    write_key, read_key = _pair(items[0])
    write_value, read_value = _pair(items[1]) if kind is dict else (_same, _same)

    def write(mapping: Any) -> Any:
        return [[write_key(key), write_value(value)] for key, value in mapping.items()]

    return write, lambda pairs: kind({read_key(key): read_value(value) for key, value in pairs})


def _union(members: tuple[Any, ...]) -> _Pair:
    others = [member for member in members if member is not type(None)]
    if len(others) > 1 and all(member in _PLAIN for member in others):
        return _same, _same
    if len(others) == 1:
        write, read = _pair(others[0])
        return (lambda value: None if value is None else write(value)), (lambda value: None if value is None else read(value))
    if not all(dataclasses.is_dataclass(member) for member in others):
        raise CannotSave(f"the members of {' | '.join(map(str, members))} cannot be told apart on disk")
    pairs = {member: (member.__name__, *_pair(member)) for member in others}
    readers = {name: read for name, _, read in pairs.values()}

    def write_member(value: Any) -> Any:
        if value is None:
            return None
        name, write, _ = pairs[type(value)]
        return [name, write(value)]

    return write_member, lambda value: None if value is None else readers[value[0]](value[1])
