"""Readers of the values that have no parts, as they stand in the binary format.

A reader takes the message, the offset of a value and the meter, and returns the value and the offset behind it. All raise
CandidError for bytes that are no such value, or when the message ends first.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from kybra_replica.candid.errors import at_byte, ends_early
from kybra_replica.candid.leb128 import read_signed, read_unsigned
from kybra_replica.candid.limits import Meter
from kybra_replica.candid.types import (
    FLOAT32,
    FLOAT64,
    INT8,
    INT16,
    INT32,
    INT64,
    NAT8,
    NAT16,
    NAT32,
    NAT64,
    Primitive,
)
from kybra_replica.candid.values import FuncReference, Value
from kybra_replica.principal import MAX_BYTES, Principal

Reader = Callable[[bytes, int, Meter], tuple[Value, int]]

FIXED_WIDTHS = {
    type_: struct.Struct("<" + code)
    for type_, code in (
        (NAT8, "B"), (NAT16, "H"), (NAT32, "I"), (NAT64, "Q"),
        (INT8, "b"), (INT16, "h"), (INT32, "i"), (INT64, "q"), (FLOAT32, "f"), (FLOAT64, "d"),
    )
}  # fmt: skip
"""The types whose values take as many bytes as their name says, little end first."""


def read_null(data: bytes, pos: int, meter: Meter) -> tuple[None, int]:
    """Null takes no bytes."""
    return None, pos


def read_bool(data: bytes, pos: int, meter: Meter) -> tuple[bool, int]:
    """Also the byte that says whether an optional value or an opaque reference follows."""
    try:
        byte = data[pos]
    except IndexError:
        raise ends_early(pos) from None
    if byte > 1:
        raise at_byte(pos, f"{byte} stands where only 0 or 1 may")
    return byte == 1, pos + 1


def read_nat(data: bytes, pos: int, meter: Meter) -> tuple[int, int]:
    """A natural number of any size."""
    return read_unsigned(data, pos)


def read_int(data: bytes, pos: int, meter: Meter) -> tuple[int, int]:
    """An integer of any size."""
    return read_signed(data, pos)


def fixed_reader(type_: Primitive) -> Reader:
    """The reader of a type in `FIXED_WIDTHS`."""
    layout = FIXED_WIDTHS[type_]
    unpack, size = layout.unpack_from, layout.size

    def read(data: bytes, pos: int, meter: Meter) -> tuple[Value, int]:
        try:
            (value,) = unpack(data, pos)
        except struct.error:
            raise ends_early(pos) from None
        return value, pos + size

    return read


def fixed_vector_reader(type_: Primitive) -> Reader:
    """The reader of vectors of a type in `FIXED_WIDTHS`."""
    layout = FIXED_WIDTHS[type_]
    code, size = layout.format[-1], layout.size

    def read(data: bytes, pos: int, meter: Meter) -> tuple[list[Value], int]:
        count, start = read_unsigned(data, pos)
        end = start + count * size
        if end > len(data):
            raise ends_early(pos)
        meter.decode(4 * count)
        return list(struct.unpack_from(f"<{count}{code}", data, start)), end

    return read


def read_blob(data: bytes, pos: int, meter: Meter) -> tuple[bytes, int]:
    """A vector of nat8."""
    size, start = read_unsigned(data, pos)
    end = start + size
    if end > len(data):
        raise ends_early(pos)
    return data[start:end], end


def read_text(data: bytes, pos: int, meter: Meter) -> tuple[str, int]:
    """A text, which is UTF-8."""
    size, start = read_unsigned(data, pos)
    end = start + size
    if end > len(data):
        raise ends_early(pos)
    try:
        return data[start:end].decode(), end
    except UnicodeDecodeError as problem:
        raise at_byte(start + problem.start, f"text is not UTF-8: {problem.reason}") from None


def read_principal(data: bytes, pos: int, meter: Meter) -> tuple[Principal, int]:
    """A principal, or a reference to a service."""
    transparent, start = read_bool(data, pos, meter)
    if not transparent:
        raise at_byte(pos, "opaque references are not supported")
    raw, end = read_blob(data, start, meter)
    if len(raw) > MAX_BYTES:
        raise at_byte(pos, f"a principal has at most {MAX_BYTES} bytes, not {len(raw)}")
    return Principal(raw), end


def read_reference(data: bytes, pos: int, meter: Meter) -> tuple[FuncReference, int]:
    """A reference to a function."""
    transparent, start = read_bool(data, pos, meter)
    if not transparent:
        raise at_byte(pos, "opaque references are not supported")
    principal, start = read_principal(data, start, meter)
    method, end = read_text(data, start, meter)
    return FuncReference(principal, method), end
