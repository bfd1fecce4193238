"""Candid values to the Python objects that a canister sees, and back, as strictly as Kybra's generated Rust is.

Both directions are compiled once a type. Outgoing conversion raises the exceptions that Kybra raises, in the same order:
all keys of a record are fetched before any of them is converted, the first declared tag found in a dict wins, a list of
anything but bools, texts and sized ints must be a list and hides what was wrong with its elements.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kybra_replica.candid import types as candid
from kybra_replica.candid.values import FuncReference, Some
from kybra_replica.principal import Principal
from kybra_replica.python_engine import rust
from kybra_replica.python_engine.declarations import (
    FuncOf,
    KybraType,
    Member,
    OptOf,
    RecordOf,
    Reference,
    Scalar,
    ServiceOf,
    TupleOf,
    VariantOf,
    VecOf,
)
from kybra_replica.python_engine.dialect import native

Convert = Callable[[Any], Any]

_SIZED = {f"{sign}{bits}": f"{letter}{bits}" for sign, letter in (("nat", "u"), ("int", "i")) for bits in (8, 16, 32, 64)}
_ITERABLE_ELEMENTS = frozenset(_SIZED) | {"bool", "text"}


def candid_type(kybra_type: KybraType) -> candid.Type:
    """The Candid type that stands on the wire. `void` has none and reads as `null` where a type is needed."""
    return _candid(kybra_type, {})


def _candid(kybra_type: KybraType, seen: dict[int, candid.Named], name: str = "") -> candid.Type:
    """`seen` holds the composite types that are being built or were: meeting one again is a recursion through its name."""
    if isinstance(kybra_type, Reference):
        return _candid(definition_of(kybra_type), seen, kybra_type.name)
    if isinstance(kybra_type, Scalar):
        return _PRIMITIVES[kybra_type.name]
    if isinstance(kybra_type, OptOf):
        return candid.Opt(_candid(kybra_type.inner, seen))
    if isinstance(kybra_type, VecOf):
        return candid.Vec(_candid(kybra_type.inner, seen))
    if isinstance(kybra_type, FuncOf):
        return _func(kybra_type, seen)
    if isinstance(kybra_type, ServiceOf):
        functions = [FuncOf(method.mode, tuple(type_ for _, type_ in method.parameters), method.returns) for method in kybra_type.methods]
        names = [method.name for method in kybra_type.methods]
        return candid.Service(tuple((name, _func(function, seen)) for name, function in zip(names, functions, strict=True)))
    known = seen.get(id(kybra_type))
    if known is None:
        known = seen[id(kybra_type)] = candid.Named(name if isinstance(kybra_type, TupleOf) else kybra_type.name)
        known.bind(_composite(kybra_type, seen))
    return known


def _composite(kybra_type: TupleOf | RecordOf | VariantOf, seen: dict[int, candid.Named]) -> candid.Type:
    if isinstance(kybra_type, TupleOf):
        return candid.tuple_of(*(_candid(item, seen) for item in kybra_type.items))
    fields = tuple(candid.Field(member.label, _candid(member.type, seen)) for member in kybra_type.members)
    return candid.Record(fields) if isinstance(kybra_type, RecordOf) else candid.Variant(fields)


def definition_of(reference: Reference) -> KybraType:
    """What a reference stands for. Raises LookupError for one that was never bound."""
    if reference.definition is None:
        raise LookupError(f"the type {reference.name} is not bound")
    return reference.definition


def result_types(kybra_type: KybraType) -> tuple[candid.Type, ...]:
    """The Candid types of a reply: none for `void`."""
    return () if kybra_type == Scalar("void") else (candid_type(kybra_type),)


def _func(func: FuncOf, seen: dict[int, candid.Named]) -> candid.Func:
    arguments = tuple(_candid(parameter, seen) for parameter in func.parameters)
    results = () if func.returns == Scalar("void") else (_candid(func.returns, seen),)
    return candid.Func(arguments, results, () if func.mode == "update" else (func.mode,))


_PRIMITIVES: dict[str, candid.Type] = {primitive.name: primitive for primitive in candid.PRIMITIVES}
_PRIMITIVES["void"] = candid.NULL


class Conversions:
    """Converters for one canister: principals and services become objects of the classes that it sees.

    `new_principal` makes a `kybra.Principal` from text, looked up anew each time as the glue does, so that a canister may
    replace the class's functions; `new_service` makes an instance of a Service class, looked up in the entry's scope.
    """

    def __init__(self, new_principal: Callable[[str], Any], new_service: Callable[[str, str], Any]) -> None:
        self._new_principal = new_principal
        self._new_service = new_service
        self._incoming: dict[int, tuple[KybraType, Convert]] = {}
        self._outgoing: dict[int, tuple[KybraType, Convert]] = {}

    def principal_in(self, principal: Principal) -> Any:
        """A `kybra.Principal` of the canister's."""
        return self._new_principal(principal.text)

    def principal_out(self, value: Any) -> Principal:
        """Whatever has a `to_str()` that answers a principal's text."""
        text = rust.to_str(value.to_str())
        try:
            return Principal.from_text(text)
        except ValueError as problem:
            raise TypeError(f"could not convert value to Principal: {problem}") from None

    def incoming(self, kybra_type: KybraType) -> Convert:
        """The converter from decoded Candid to what the canister sees."""
        if isinstance(kybra_type, Reference):
            kybra_type = definition_of(kybra_type)
        known = self._incoming.get(id(kybra_type))
        if known is not None:
            return known[1]
        box: list[Convert] = []
        self._incoming[id(kybra_type)] = (kybra_type, lambda value: box[0](value))  # noqa: PLW0108 - the box is filled later
        convert = self._build_incoming(kybra_type)
        box.append(convert)
        self._incoming[id(kybra_type)] = (kybra_type, convert)
        return convert

    def outgoing(self, kybra_type: KybraType) -> Convert:
        """The converter from what the canister gives to what is encoded. Raises as Kybra does."""
        if isinstance(kybra_type, Reference):
            kybra_type = definition_of(kybra_type)
        known = self._outgoing.get(id(kybra_type))
        if known is not None:
            return known[1]
        box: list[Convert] = []
        self._outgoing[id(kybra_type)] = (kybra_type, lambda value: box[0](value))  # noqa: PLW0108 - the box is filled later
        convert = self._build_outgoing(kybra_type)
        box.append(convert)
        self._outgoing[id(kybra_type)] = (kybra_type, convert)
        return convert

    def _build_incoming(self, kybra_type: KybraType) -> Convert:
        if isinstance(kybra_type, Scalar):
            return self.principal_in if kybra_type.name == "principal" else _identity
        if isinstance(kybra_type, OptOf):
            inner = self.incoming(kybra_type.inner)
            return lambda value: None if value is None else inner(value.value)
        if isinstance(kybra_type, VecOf):
            if kybra_type.inner == Scalar("nat8"):
                return _identity
            item = self.incoming(kybra_type.inner)
            return list if item is _identity else lambda value: [item(element) for element in value]
        if isinstance(kybra_type, TupleOf):
            items = [self.incoming(part) for part in kybra_type.items]
            return lambda value: tuple(convert(value[index]) for index, convert in enumerate(items))
        if isinstance(kybra_type, RecordOf):
            fields = [(member.key, member.label, self.incoming(member.type)) for member in kybra_type.members]
            return lambda value: {key: convert(value[label]) for key, label, convert in fields}
        if isinstance(kybra_type, VariantOf):
            tags = {member.label: (member.key, self.incoming(member.type)) for member in kybra_type.members}
            return lambda value: _only(value, tags)
        if isinstance(kybra_type, FuncOf):
            return lambda value: (self.principal_in(value.principal), value.method)
        if isinstance(kybra_type, ServiceOf):
            name = kybra_type.name
            return lambda value: self._new_service(name, value.text)
        raise TypeError(f"no such type: {kybra_type!r}")

    def _build_outgoing(self, kybra_type: KybraType) -> Convert:
        if isinstance(kybra_type, Scalar):
            return self.principal_out if kybra_type.name == "principal" else _SCALARS_OUT[kybra_type.name]
        if isinstance(kybra_type, OptOf):
            inner = self.outgoing(kybra_type.inner)
            return lambda value: None if value is None else Some(inner(value))
        if isinstance(kybra_type, VecOf):
            return self._vec_out(kybra_type)
        if isinstance(kybra_type, TupleOf):
            return _tuple_out([self.outgoing(part) for part in kybra_type.items])
        if isinstance(kybra_type, RecordOf):
            return _record_out([(member.key, member.label, self.outgoing(member.type)) for member in kybra_type.members])
        if isinstance(kybra_type, VariantOf):
            return _variant_out(kybra_type.members, [self.outgoing(member.type) for member in kybra_type.members])
        if isinstance(kybra_type, FuncOf):
            return self._func_out
        return lambda value: self.principal_out(value.canister_id)

    def _vec_out(self, kybra_type: VecOf) -> Convert:
        inner = kybra_type.inner
        if inner == Scalar("nat8"):
            return rust.to_bytes
        item = self.outgoing(inner)
        if isinstance(inner, Scalar) and inner.name in _ITERABLE_ELEMENTS:
            return lambda value: [item(element) for element in rust.elements(value)]

        def convert(value: Any) -> list[Any]:
            converted = []
            for element in rust.as_list(value):
                try:
                    converted.append(item(element))
                except Exception:  # noqa: BLE001 - Kybra replaces whatever was wrong by this one text
                    raise TypeError("Could not convert value to Vec") from None
            return converted

        return convert

    def _func_out(self, value: Any) -> FuncReference:
        parts = rust.as_tuple(value)
        for index, what in enumerate(("Principal", "method")):
            if len(parts) <= index:
                raise TypeError(f"could not convert value to Func, missing {what}")
        return FuncReference(self.principal_out(parts[0]), rust.to_str(parts[1]))


def _identity(value: Any) -> Any:
    return value


def _only(value: dict[str, Any], tags: dict[str, tuple[str, Convert]]) -> dict[str, Any]:
    ((label, payload),) = value.items()
    key, convert = tags[label]
    return {key: convert(payload)}


def _none(value: object) -> None:
    if value is not None:
        raise TypeError(f"expected NoneType but received {rust.type_name(value)}")


def _nothing(value: object) -> None:
    """`reserved`: anything goes."""


def _impossible(value: object) -> Any:
    raise TypeError("value cannot be converted to Empty")


def _nat(value: object) -> int:
    number = rust.to_int(value)
    if number < 0:
        raise TypeError("Could not convert value to nat")
    return number


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("PyObjectRef is not a PyIntRef")
    return int(value)


_SCALARS_OUT: dict[str, Convert] = {
    "null": _none,
    "void": _none,
    "bool": rust.to_bool,
    "nat": _nat,
    "int": _int,
    "float32": rust.to_float,
    "float64": rust.to_float,
    "text": rust.to_str,
    "reserved": _nothing,
    "empty": _impossible,
    **{name: rust.sized(rust_type) for name, rust_type in _SIZED.items()},
}


def _tuple_out(items: list[Convert]) -> Convert:
    def convert(value: Any) -> dict[int, Any]:
        parts = rust.as_tuple(value)
        if len(parts) < len(items):
            raise native(IndexError("tuple index out of range"))
        return {index: item(parts[index]) for index, item in enumerate(items)}

    return convert


def _record_out(fields: list[tuple[str, str, Convert]]) -> Convert:
    def convert(value: Any) -> dict[str, Any]:
        found = [(label, item, _get_item(value, key)) for key, label, item in fields]
        return {label: item(part) for label, item, part in found}

    return convert


def _variant_out(members: tuple[Member, ...], converters: list[Convert]) -> Convert:
    tags = [(member.key, member.label, convert) for member, convert in zip(members, converters, strict=True)]

    def convert(value: Any) -> dict[str, Any]:
        for key, label, item in tags:
            try:
                payload = _get_item(value, key)
            except Exception:  # noqa: BLE001, S112 - to Kybra any failure means that the tag is not there
                continue
            return {label: item(payload)}
        raise TypeError("Enum variant does not exist")

    return convert


def _get_item(value: Any, key: str) -> Any:
    return value[key]
