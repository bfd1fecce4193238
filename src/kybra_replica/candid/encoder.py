"""Encoding values as binary messages.

For every type a writer is made once and kept; the header depends on the types alone. Writers append pieces to a list, so
that no value is copied more than twice however deep it lies.
Source: the Candid specification, "Serialisation".
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from kybra_replica.candid.errors import CandidError, too_deep
from kybra_replica.candid.leb128 import encode_signed, encode_unsigned
from kybra_replica.candid.readers import FIXED_WIDTHS
from kybra_replica.candid.type_table import encode_header
from kybra_replica.candid.types import (
    BOOL,
    FLOAT32,
    FLOAT64,
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
    Type,
    Variant,
    Vec,
    resolve,
)
from kybra_replica.candid.values import FuncReference, Some, Value
from kybra_replica.principal import Principal

Append = Callable[[bytes], None]
Writer = Callable[[Value, Append], None]


class Encoder:
    """Encodes values of `types`. Make one for every method or map and keep it; calls do not interfere.

    `header` is what every message begins with: a stored value takes `len(header)` bytes and those of its content.
    Raises ValueError for a name without definition.
    """

    def __init__(self, types: Sequence[Type]) -> None:
        self.header = encode_header(types)
        writers = _Writers()
        self._writers = [writers.writer(type_) for type_ in types]

    def __call__(self, values: Sequence[Value]) -> bytes:
        """The message that carries `values`. Raises CandidError for a value that is not of its type, or too few or many."""
        if len(values) != len(self._writers):
            raise CandidError(f"{len(values)} values for {len(self._writers)} types")
        pieces = [self.header]
        index = 0
        try:
            for index, write in enumerate(self._writers):
                write(values[index], pieces.append)
        except CandidError as problem:
            raise problem.inside(f"argument {index}") from None
        except RecursionError:
            raise too_deep().inside(f"argument {index}") from None
        return b"".join(pieces)


def encode(types: Sequence[Type], values: Sequence[Value]) -> bytes:
    """The message that carries `values` of `types`; see `Encoder`. Raises CandidError."""
    return _encoder(tuple(types))(values)


@lru_cache(maxsize=256)
def _encoder(types: tuple[Type, ...]) -> Encoder:
    return Encoder(types)


class _Writers:
    """Makes writers, one for each type; a type within itself uses the writer that is being made."""

    def __init__(self) -> None:
        self._made: dict[int, Writer | None] = {}

    def writer(self, type_: Type) -> Writer:
        """The writer of values of `type_`."""
        type_ = resolve(type_)
        if isinstance(type_, Primitive):
            return _PRIMITIVE_WRITERS.get(type_, _write_empty)
        key = id(type_)
        if key not in self._made:
            self._made[key] = None
            self._made[key] = self._composite(type_)
        return self._made[key] or self._later(key)

    def _later(self, key: int) -> Writer:
        def write(value: Value, append: Append) -> None:
            made = self._made[key]
            assert made is not None, "values are written after all writers are made"
            made(value, append)

        return write

    def _composite(self, type_: Type) -> Writer:
        if isinstance(type_, Opt):
            return _opt_writer(self.writer(type_.inner))
        if isinstance(type_, Vec):
            return _write_blob if resolve(type_.inner) == NAT8 else self._vec(resolve(type_.inner))
        if isinstance(type_, Record):
            return _record_writer([(field.label, self.writer(field.type)) for field in type_.fields])
        if isinstance(type_, Variant):
            return _variant_writer([(field.label, self.writer(field.type)) for field in type_.fields])
        return _write_function if isinstance(type_, Func) else _write_principal

    def _vec(self, inner: Type) -> Writer:
        if isinstance(inner, Primitive) and inner in FIXED_WIDTHS:
            return _fixed_vector_writer(inner)
        return _vector_writer(self.writer(inner))


def _mismatch(expected: str, value: Value) -> CandidError:
    return CandidError(f"{expected} is expected, not {type(value).__name__} {_shorten(value)}")


def _shorten(value: Value) -> str:
    if isinstance(value, int) and value.bit_length() > 1_000:
        return f"of {value.bit_length()} bits"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _write_nothing(value: Value, append: Append) -> None:
    """Anything may stand for reserved."""


def _write_null(value: Value, append: Append) -> None:
    if value is not None:
        raise _mismatch("null", value)


def _write_empty(value: Value, append: Append) -> None:
    raise CandidError("there is no value of type empty")


def _write_bool(value: Value, append: Append) -> None:
    if value is True:
        append(b"\x01")
    elif value is False:
        append(b"\x00")
    else:
        raise _mismatch("bool", value)


def _is_integer(value: Value) -> bool:
    return type(value) is int or (isinstance(value, int) and not isinstance(value, bool))


def _write_nat(value: Value, append: Append) -> None:
    if not _is_integer(value) or value < 0:
        raise _mismatch("nat", value)
    append(encode_unsigned(value))


def _write_int(value: Value, append: Append) -> None:
    if not _is_integer(value):
        raise _mismatch("int", value)
    append(encode_signed(value))


def _is_float(value: Value) -> bool:
    return isinstance(value, float)


def _fixed_writer(type_: Primitive) -> Writer:
    pack = FIXED_WIDTHS[type_].pack
    is_right = _is_float if type_ in (FLOAT32, FLOAT64) else _is_integer

    def write(value: Value, append: Append) -> None:
        if not is_right(value):
            raise _mismatch(type_.name, value)
        try:
            append(pack(value))
        except (struct.error, OverflowError):
            raise _mismatch(type_.name, value) from None

    return write


def _write_text(value: Value, append: Append) -> None:
    if not isinstance(value, str):
        raise _mismatch("text", value)
    try:
        raw = value.encode()
    except UnicodeEncodeError as problem:
        raise CandidError(f"text cannot hold character {problem.start}, {value[problem.start]!r}") from None
    append(encode_unsigned(len(raw)))
    append(raw)


def _write_principal(value: Value, append: Append) -> None:
    if not isinstance(value, Principal):
        raise _mismatch("principal", value)
    raw = value.raw
    append(bytes((1, len(raw))) + raw)


def _write_function(value: Value, append: Append) -> None:
    if not isinstance(value, FuncReference):
        raise _mismatch("func", value)
    append(b"\x01")
    _write_principal(value.principal, append)
    _write_text(value.method, append)


def _write_blob(value: Value, append: Append) -> None:
    if not isinstance(value, (bytes, bytearray)):
        raise _mismatch("blob", value)
    append(encode_unsigned(len(value)))
    append(bytes(value))


_PRIMITIVE_WRITERS: dict[Primitive, Writer] = {
    NULL: _write_null,
    BOOL: _write_bool,
    NAT: _write_nat,
    INT: _write_int,
    TEXT: _write_text,
    RESERVED: _write_nothing,
    PRINCIPAL: _write_principal,
    **{type_: _fixed_writer(type_) for type_ in FIXED_WIDTHS},
}


def _opt_writer(write_inner: Writer) -> Writer:
    def write(value: Value, append: Append) -> None:
        if value is None:
            append(b"\x00")
        elif isinstance(value, Some):
            append(b"\x01")
            write_inner(value.value, append)
        else:
            raise _mismatch("opt (None or Some)", value)

    return write


def _vector_writer(write_element: Writer) -> Writer:
    def write(value: Value, append: Append) -> None:
        if not isinstance(value, (list, tuple)):
            raise _mismatch("vec", value)
        append(encode_unsigned(len(value)))
        index = 0
        try:
            for index, element in enumerate(value):  # noqa: B007 (the handler names it)
                write_element(element, append)
        except CandidError as problem:
            raise problem.inside(f"element {index}") from None

    return write


def _fixed_vector_writer(type_: Primitive) -> Writer:
    code = FIXED_WIDTHS[type_].format[-1]
    write_carefully = _vector_writer(_fixed_writer(type_))
    right_class = {float if type_ in (FLOAT32, FLOAT64) else int}

    def write(value: Value, append: Append) -> None:
        if not isinstance(value, (list, tuple)) or not set(map(type, value)) <= right_class:
            return write_carefully(value, append)
        try:
            packed = struct.pack(f"<{len(value)}{code}", *value)
        except (struct.error, OverflowError):
            return write_carefully(value, append)
        append(encode_unsigned(len(value)))
        return append(packed)

    return write


def _record_writer(fields: Sequence[tuple[Label, Writer]]) -> Writer:
    def write(value: Value, append: Append) -> None:
        if not isinstance(value, Mapping):
            raise _mismatch("record", value)
        label: Label = ""
        try:
            for label, write_field in fields:
                write_field(value[label], append)
        except KeyError:
            raise CandidError(f"the record lacks the field {label}") from None
        except CandidError as problem:
            raise problem.inside(f"field {label}") from None

    return write


def _variant_writer(tags: Sequence[tuple[Label, Writer]]) -> Writer:
    writers = {label: (encode_unsigned(index), write) for index, (label, write) in enumerate(tags)}

    def write(value: Value, append: Append) -> None:
        if not isinstance(value, Mapping) or len(value) != 1:
            raise _mismatch("variant (a dict with one entry)", value)
        ((label, payload),) = value.items()
        if label not in writers:
            raise CandidError(f"{label!r} is not a tag of this variant, which has {', '.join(map(str, writers))}")
        index, write_payload = writers[label]
        append(index)
        try:
            write_payload(payload, append)
        except CandidError as problem:
            raise problem.inside(f"tag {label}") from None

    return write
