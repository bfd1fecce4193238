"""Reading the Candid argument of a call that this code is not the receiver of: one record whose fields are known.

For consent messages, so strict: whatever the receiver would read otherwise than the signer may have meant it (a field it does not know, an
optional of another type, which Candid turns into null) is refused instead of shown. Nothing unknown is ever skipped, so reading takes time
in proportion to the bytes.

A shape pairs the fields' names with kinds: `nat`, `nat64`, `blob`, `principal`, another shape; and `opt` before any of the first four.

Source: Candid specification (github.com/dfinity/candid), "Binary Format".
"""

from __future__ import annotations

from typing import Any

from ddsx_core.limits import MAX_PRINCIPAL_BYTES

Shape = tuple[tuple[str, "str | Shape"], ...]
"""The fields of a record: each with its name, and its kind or, where it is a record itself, its shape."""

_NAT = -3
_NAT8 = -5
_NAT64 = -8
_PRINCIPAL = -24
_OPT = -18
_VEC = -19
_RECORD = -20
_MAX_TYPES = 64
_HASH_BITS = 32


class ArgumentsUnreadable(ValueError):
    """Bytes that are not exactly one record of the shape asked for; the text says where they differ."""


def field_id(name: str) -> int:
    """The number by which Candid knows a field."""
    number = 0
    for octet in name.encode():
        number = (number * 223 + octet) % (1 << _HASH_BITS)
    return number


def read_argument(data: bytes, shape: Shape) -> dict[str, Any]:
    """The record that is the only argument in `data`: numbers as int, blobs and principals as bytes, optionals None where they are null.

    Raises ArgumentsUnreadable for anything else: bytes that are no Candid, other types, other fields, bytes left over.
    """
    reader = _Reader(data)
    if reader.take(4) != b"DIDL":
        raise ArgumentsUnreadable("it does not begin with DIDL")
    reader.read_types()
    if reader.unsigned() != 1:
        raise ArgumentsUnreadable("the method takes one argument")
    value = reader.record(reader.signed(), shape)
    if reader.at != len(data):
        raise ArgumentsUnreadable(f"{len(data) - reader.at} bytes follow the argument")
    return value


class _Reader:
    """A place in the bytes, and the table of types that was read from them."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._types: list[tuple[int, list[tuple[int, int]]]] = []
        self.at = 0

    def take(self, size: int) -> bytes:
        taken = self._data[self.at : self.at + size]
        if len(taken) != size:
            raise ArgumentsUnreadable("it is cut short")
        self.at += size
        return taken

    def unsigned(self) -> int:
        number, shift = 0, 0
        while True:
            octet = self.take(1)[0]
            number |= (octet & 127) << shift
            shift += 7
            if octet < 128:
                return number

    def signed(self) -> int:
        """A type: a place in the table, or below zero a primitive one."""
        number, shift = 0, 0
        while True:
            octet = self.take(1)[0]
            number |= (octet & 127) << shift
            shift += 7
            if octet < 128:
                return number - (1 << shift) if octet & 64 else number

    def read_types(self) -> None:
        count = self.unsigned()
        if count > _MAX_TYPES:
            raise ArgumentsUnreadable(f"it has more than {_MAX_TYPES} types")
        for _ in range(count):
            kind = self.signed()
            if kind == _RECORD:
                self._types.append((kind, [(self.unsigned(), self.signed()) for _ in range(self.unsigned())]))
            elif kind in (_OPT, _VEC):
                self._types.append((kind, [(0, self.signed())]))
            else:
                raise ArgumentsUnreadable("it has a type that the method does not take")

    def record(self, type_: int, shape: Shape) -> dict[str, Any]:
        """A record with the fields of a shape; an optional one may be left out."""
        kinds = dict(shape)
        names = {field_id(name): name for name in kinds}
        found: dict[str, Any] = {}
        last = -1
        for number, field in self._composite(type_, _RECORD):
            if number not in names or number <= last:
                raise ArgumentsUnreadable("it has a field that the method does not know, or fields out of order")
            last = number
            found[names[number]] = self._content(field, kinds[names[number]])
        for name, kind in shape:
            if name not in found:
                if not isinstance(kind, str) or not kind.startswith("opt "):
                    raise ArgumentsUnreadable(f"it lacks the field {name}")
                found[name] = None
        return found

    def _content(self, type_: int, kind: str | Shape) -> Any:
        if not isinstance(kind, str):
            return self.record(type_, kind)
        if kind.startswith("opt "):
            ((_, inner),) = self._composite(type_, _OPT)
            return self._content(inner, kind[4:]) if self._flag() else None
        if kind == "blob":
            if self._composite(type_, _VEC) != [(0, _NAT8)]:
                raise ArgumentsUnreadable("it has a vec of something else where bytes belong")
            return self.take(self.unsigned())
        if type_ != {"nat": _NAT, "nat64": _NAT64, "principal": _PRINCIPAL}[kind]:
            raise ArgumentsUnreadable(f"it has another type where {kind} belongs")
        if kind == "nat":
            return self.unsigned()
        return int.from_bytes(self.take(8), "little") if kind == "nat64" else self._principal()

    def _composite(self, type_: int, kind: int) -> list[tuple[int, int]]:
        if not 0 <= type_ < len(self._types) or self._types[type_][0] != kind:
            raise ArgumentsUnreadable("it has another type than the method takes")
        return self._types[type_][1]

    def _flag(self) -> bool:
        octet = self.take(1)[0]
        if octet > 1:
            raise ArgumentsUnreadable("it has a flag that is neither 0 nor 1")
        return octet == 1

    def _principal(self) -> bytes:
        raw = self.take(self.unsigned()) if self._flag() else None
        if raw is None or len(raw) > MAX_PRINCIPAL_BYTES:
            raise ArgumentsUnreadable("it has no principal where one belongs")
        return raw
