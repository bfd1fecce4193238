"""Printing types and interfaces as `.did` files, as `candid-extractor` does for a canister of Kybra.

Source: dfinity/candid 0.10.10, `pretty/candid.rs`.
"""

from __future__ import annotations

from collections.abc import Sequence

from kybra_replica.candid.errors import too_deep
from kybra_replica.candid.layout import HARD_LINE, Document, Nest, Sequenced, enclose, render
from kybra_replica.candid.names import format_label, quote_name
from kybra_replica.candid.types import (
    NAT8,
    NULL,
    Field,
    Func,
    Interface,
    Named,
    Opt,
    Primitive,
    Record,
    Service,
    Type,
    Variant,
    Vec,
)


def render_did(interface: Interface) -> str:
    """The text of a `.did` file without a line end at its end: definitions and methods by name, then fields by number.

    Raises CandidError for types nested too deeply to print.
    """
    try:
        return render(_interface(interface))
    except RecursionError:
        raise too_deep() from None


def render_type(type_: Type, *, flat: bool = False) -> str:
    """A type as it stands in a `.did` file, or all of it on one line; definitions are printed as their names.

    Raises CandidError as `render_did` does.
    """
    try:
        return render(_type(type_), flat=flat)
    except RecursionError:
        raise too_deep() from None


def render_init_arguments(interface: Interface) -> str:
    """What an installer passes, as the metadata section `candid:args` has it: definitions, then the types in parentheses.

    Raises CandidError as `render_did` does.
    """
    try:
        return render(Sequenced([*_definitions(interface), _types(interface.init or ())]))
    except RecursionError:
        raise too_deep() from None


def _definitions(interface: Interface) -> list[Document]:
    parts: list[Document] = []
    for named in sorted(interface.definitions, key=lambda named: named.name.encode()):
        parts += (f"type {named.name} = ", _type(named.definition), ";", HARD_LINE)
    return parts


def _interface(interface: Interface) -> Document:
    parts = _definitions(interface)
    parts.append("service : ")
    if interface.init is not None:
        parts += (_types(interface.init), " -> ")
    parts.append(_methods(interface.methods))
    return Sequenced(parts)


def _type(type_: Type) -> Document:
    if isinstance(type_, (Named, Primitive)):
        return type_.name
    if isinstance(type_, Opt):
        return Sequenced(("opt ", _type(type_.inner)))
    if isinstance(type_, Vec):
        return "blob" if type_.inner == NAT8 else Sequenced(("vec ", _type(type_.inner)))
    if isinstance(type_, Record):
        return Sequenced(("record ", _record(type_)))
    if isinstance(type_, Variant):
        return Sequenced(("variant ", enclose("{", [_tag(field) for field in type_.fields], ";", "}", spaced=True)))
    if isinstance(type_, Func):
        return Sequenced(("func ", _function(type_)))
    assert isinstance(type_, Service)
    return Sequenced(("service ", _methods(type_.methods)))


def _record(type_: Record) -> Document:
    if all(field.id == position for position, field in enumerate(type_.fields)):
        return enclose("{", [_type(field.type) for field in type_.fields], ";", "}", spaced=True)
    return enclose("{", [_field(field) for field in type_.fields], ";", "}", spaced=True)


def _field(field: Field) -> Document:
    return Sequenced((format_label(field.label), " : ", _type(field.type)))


def _tag(field: Field) -> Document:
    return format_label(field.label) if field.type == NULL else _field(field)


def _types(types: Sequence[Type]) -> Document:
    return enclose("(", [_type(type_) for type_ in types], ",", ")")


def _function(func: Func) -> Document:
    modes = "".join(f" {mode}" for mode in func.modes)
    return Nest((_types(func.arguments), " -> ", _types(func.results), modes))


def _methods(methods: Sequence[tuple[str, Type]]) -> Document:
    by_name = sorted(methods, key=lambda method: method[0].encode())
    return enclose("{", [_method(name, type_) for name, type_ in by_name], ";", "}", spaced=True)


def _method(name: str, type_: Type) -> Document:
    return Sequenced((quote_name(name), " : ", _function(type_) if isinstance(type_, Func) else _type(type_)))
