"""Printing values in Candid's textual format, as `ic.candid_decode` and `dfx` do.

Source: dfinity/candid 0.10.10, `pretty/candid.rs` (module `value`).
"""

from __future__ import annotations

from collections.abc import Sequence

from kybra_replica.candid.errors import CandidError, too_deep
from kybra_replica.candid.layout import Document, Sequenced, enclose, render
from kybra_replica.candid.names import format_label, quote, quote_debug, quote_name
from kybra_replica.candid.numerals import format_float, format_integer
from kybra_replica.candid.types import (
    BOOL,
    FLOAT32,
    FLOAT64,
    FUTURE,
    NAT8,
    NULL,
    PRINCIPAL,
    RESERVED,
    TEXT,
    Field,
    Func,
    Opt,
    Primitive,
    Record,
    Type,
    Variant,
    Vec,
    resolve,
)
from kybra_replica.candid.values import Value

_TYPABLE = bytes((*range(0x20, 0x7F), *b"\t\n\r"))
_BLOB_ESCAPES = {byte: f"\\{byte:02x}" for byte in b"\t\n\r\"'`\\"}

_MAX_DEPTH = 10
_MAX_ELEMENTS = 10
"""Longer vectors, and what lies deeper, are printed without line breaks."""


def render_args(types: Sequence[Type], values: Sequence[Value]) -> str:
    """`values` of `types` in parentheses: on one line of at most 80 columns, or one a line, and so on inwards.

    Fields have the names that the types give them. Raises CandidError where there are more values than types or fewer, and
    for numbers and nesting too long to print.
    """
    if len(types) != len(values):
        raise CandidError(f"{len(values)} values for {len(types)} types")
    try:
        return render(enclose("(", [_lay_out(*pair, _MAX_DEPTH) for pair in zip(types, values, strict=True)], ",", ")"))
    except RecursionError:
        raise too_deep() from None


def render_value(type_: Type, value: Value) -> str:
    """One value, without parentheses around it. Raises CandidError as `render_args` does."""
    try:
        return render(_lay_out(type_, value, _MAX_DEPTH))
    except RecursionError:
        raise too_deep() from None


def _lay_out(type_: Type, value: Value, depth: int) -> Document:
    type_ = resolve(type_)
    if depth == 0:
        return _on_one_line(type_, value)
    if type_ == TEXT:
        return quote(value)
    if isinstance(type_, Opt) and value is not None:
        inner = _lay_out(type_.inner, value.value, depth - 1)
        return Sequenced(("opt ", enclose("(", [inner], "", ")") if _is_annotated(type_.inner) else inner))
    if isinstance(type_, Vec) and not _is_blob(type_) and len(value) <= _MAX_ELEMENTS:
        elements = [_lay_out(type_.inner, element, depth - 1) for element in value]
        return Sequenced(("vec ", enclose("{", elements, ";", "}", spaced=True)))
    if isinstance(type_, Record):
        fields = [_lay_out_field(field, value[field.label], depth, is_tuple=_is_tuple(type_)) for field in type_.fields]
        return Sequenced(("record ", enclose("{", fields, ";", "}", spaced=True)))
    if isinstance(type_, Variant):
        tag, payload = _tag(type_, value)
        content = format_label(tag.label) if _is_null(tag.type) else _lay_out_field(tag, payload, depth)
        return Sequenced(("variant ", enclose("{", [content], "", "}", spaced=True)))
    return _on_one_line(type_, value)


def _lay_out_field(field: Field, value: Value, depth: int, *, is_tuple: bool = False) -> Document:
    content = _lay_out(field.type, value, depth - 1)
    return content if is_tuple else Sequenced((format_label(field.label), " = ", content))


def _on_one_line(type_: Type, value: Value) -> str:
    """What Rust's `{:?}` prints, which differs in its semicolons from the same value laid out."""
    type_ = resolve(type_)
    if isinstance(type_, Primitive):
        return _primitive(type_, value)
    if isinstance(type_, Opt):
        return _optional_on_one_line(type_.inner, value)
    if isinstance(type_, Vec):
        return _blob(value) if _is_blob(type_) else _braced("vec", [_on_one_line(type_.inner, element) for element in value])
    if isinstance(type_, Record):
        return _braced("record", [_field_on_one_line(*item, value) for item in enumerate(type_.fields)])
    if isinstance(type_, Variant):
        tag, payload = _tag(type_, value)
        label = format_label(tag.label)
        return f"variant {{ {label if _is_null(tag.type) else f'{label} = {_on_one_line(tag.type, payload)}'} }}"
    if isinstance(type_, Func):
        return f'func "{value.principal}".{quote_name(value.method)}'
    return f'service "{value}"'


def _optional_on_one_line(inner: Type, value: Value) -> str:
    if value is None:
        return "null"
    content = _on_one_line(inner, value.value)
    return f"opt ({content})" if _is_annotated(inner) else f"opt {content}"


def _field_on_one_line(position: int, field: Field, record: Value) -> str:
    content = _on_one_line(field.type, record[field.label])
    return content if field.id == position else f"{format_label(field.label)} = {content}"


def _braced(word: str, items: Sequence[str]) -> str:
    return f"{word} {{{''.join(f' {item};' for item in items)}}}"


def _primitive(type_: Primitive, value: Value) -> str:
    if type_ == TEXT:
        return quote_debug(value)
    if type_ == BOOL:
        return "true" if value else "false"
    if type_ == PRINCIPAL:
        return f'principal "{value}"'
    if type_ in (NULL, RESERVED, FUTURE):
        return "null : reserved" if type_ == RESERVED else "null : null"
    if type_ in (FLOAT32, FLOAT64):
        return f"{format_float(value, single=type_ == FLOAT32)} : {type_}"
    return f"{format_integer(value)} : {type_}"


def _blob(value: bytes) -> str:
    """As text where all of it could be typed, and otherwise all of it in hexadecimal."""
    if value.translate(None, _TYPABLE):
        return 'blob "\\' + value.hex("\\") + '"'
    return f'blob "{value.decode().translate(_BLOB_ESCAPES)}"'


def _tag(type_: Variant, value: Value) -> tuple[Field, Value]:
    ((label, payload),) = value.items()
    for field in type_.fields:
        if field.label == label:
            return field, payload
    raise CandidError(f"{label!r} is not a tag of this variant")


def _is_annotated(type_: Type) -> bool:
    """Whether values of the type are printed with ` : type` behind them."""
    type_ = resolve(type_)
    return isinstance(type_, Primitive) and type_ not in (TEXT, BOOL, PRINCIPAL)


def _is_null(type_: Type) -> bool:
    return resolve(type_) in (NULL, FUTURE)


def _is_blob(type_: Vec) -> bool:
    return resolve(type_.inner) == NAT8


def _is_tuple(type_: Record) -> bool:
    return all(field.id == position for position, field in enumerate(type_.fields))
