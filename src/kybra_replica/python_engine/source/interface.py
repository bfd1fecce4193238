"""The Candid interface that Kybra's Wasm carries, down to the names of its types.

Kybra's Rust types describe themselves through the `candid` crate, whose `export_service!` decides which types get a name:
records and variants do, tuples, funcs and services are written in place, and whatever recurs gets one. Two records of
one shape are one type there and share the shorter name, or the one that was met first. This module does the same steps
in the same order: methods by name, each with its parameters and its return, then the parameters of `init`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kybra_replica.candid import types as candid
from kybra_replica.python_engine.declarations import (
    FuncOf,
    KybraType,
    Member,
    Method,
    OptOf,
    RecordOf,
    Reference,
    Scalar,
    ServiceOf,
    SystemMethod,
    TupleOf,
    VariantOf,
    VecOf,
)

_PRIMITIVES = {primitive.name: primitive for primitive in candid.PRIMITIVES}
_WRAPPERS = {OptOf: ("Option", "core::option::Option"), VecOf: ("Vec", "alloc::vec::Vec")}
_BOX = ("Box", "alloc::boxed::Box")
_MANUAL = ("ManualReply", "ic_cdk::api::call::ManualReply")
_VOID = Scalar("void")

NameOf = Callable[[KybraType], str | None]


def interface_of(methods: Mapping[str, Method], init: SystemMethod | None, name_of: NameOf) -> candid.Interface:
    """The interface; `init` is always a tuple, since every Kybra canister is a service class. `name_of` names tuples and funcs."""
    environment = _Environment(name_of)
    functions = []
    for name in sorted(methods, key=str.encode):
        method = methods[name]
        arguments = tuple(environment.add(environment.rust(type_)) for _, type_ in method.parameters)
        results = () if method.returns == _VOID and not method.manual else (environment.add(environment.returned(method)),)
        # candid-extractor's view: Kybra declares composite queries as plain ones.
        functions.append((name, candid.Func(arguments, results, ("query",) if method.kind == "query" else ())))
    parameters = tuple(environment.add(environment.rust(type_)) for _, type_ in (init.parameters if init is not None else ()))
    return candid.Interface(environment.definitions(), parameters, tuple(functions))


@dataclass(frozen=True)
class _Rust:
    """A Rust type: `key` tells it from others, `path` is its full name, `type` what it describes, `wrapped` what it only wraps."""

    key: object
    path: str
    type: KybraType
    wrapped: _Rust | None = None


def _fields_of(type_: KybraType) -> tuple[Member, ...]:
    return type_.members if isinstance(type_, (RecordOf, VariantOf)) else ()


class _Environment:
    """The type environment of one export: what each type is, which have names, and what the names mean."""

    def __init__(self, name_of: NameOf) -> None:
        self._name_of = name_of
        self._computed: dict[object, candid.Type | None] = {}
        self._knots: dict[object, candid.Named] = {}
        self._paths: dict[object, str] = {}
        self._by_shape: dict[candid.Type, tuple[object, str]] = {}
        self._taken: dict[str, int] = {}
        self._meanings: dict[object, candid.Type] = {}

    def rust(self, type_: KybraType) -> _Rust:
        """The Rust type that Kybra generates for `type_`."""
        while isinstance(type_, Reference) and type_.definition is not None:
            type_ = type_.definition
        if isinstance(type_, (OptOf, VecOf)):
            inner = self.rust(type_.inner)
            base = _WRAPPERS[type(type_)][1]
            return _Rust((base, inner.key), f"{base}<{inner.path}>", type_)
        if isinstance(type_, (RecordOf, VariantOf, ServiceOf, Reference)):
            return _Rust(("named", type_.name), f"canister::{type_.name}", type_)
        name = self._name_of(type_)
        if name is not None:
            return _Rust(("named", name), f"canister::{name}", type_)
        if isinstance(type_, Scalar):
            return _Rust(("scalar", type_.name), type_.name, type_)
        return _Rust(("inline", id(type_)), "canister::_Inline", type_)

    def returned(self, method: Method) -> _Rust:
        """What a method returns; `Manual[T]` is a type of its own with the shape of T."""
        inner = self.rust(method.returns)
        return self._wrapped(_MANUAL[1], inner) if method.manual else inner

    def _wrapped(self, base: str, inner: _Rust) -> _Rust:
        return _Rust((base, inner.key), f"{base}<{inner.path}>", inner.type, inner)

    def add(self, rust: _Rust) -> candid.Type:
        """The type as it stands in the interface, its names noted."""
        return self._resolve(self._shape(rust))

    def _shape(self, rust: _Rust) -> candid.Type:
        """What a type is, with a knot where it meets itself."""
        if rust.key in self._computed:
            known = self._computed[rust.key]
            return known if known is not None else self._knot(rust)
        self._computed[rust.key] = None
        self._paths[rust.key] = rust.path
        shape = self._shape_within(rust)
        self._computed[rust.key] = shape
        taken = self._by_shape.get(shape)
        if taken is None or len(rust.path) < len(taken[1]):
            self._by_shape[shape] = (rust.key, rust.path)
        return shape

    def _shape_within(self, rust: _Rust) -> candid.Type:
        if rust.wrapped is not None:
            if rust.path.startswith(_MANUAL[1]):
                # The crate looks through ManualReply without entering the type below it under its own name.
                return self._direct(rust.wrapped)
            return self._shape(rust.wrapped)
        return self._direct(rust)

    def _direct(self, rust: _Rust) -> candid.Type:
        type_ = rust.type
        if isinstance(type_, Scalar):
            return _PRIMITIVES["null" if type_.name == "void" else type_.name]
        if isinstance(type_, OptOf):
            return candid.Opt(self._shape(self.rust(type_.inner)))
        if isinstance(type_, VecOf):
            return candid.Vec(self._shape(self.rust(type_.inner)))
        if isinstance(type_, TupleOf):
            return candid.tuple_of(*(self._shape(self._boxed(item)) for item in type_.items))
        if isinstance(type_, FuncOf):
            return self._function(type_.mode, type_.parameters, type_.returns)
        if isinstance(type_, ServiceOf):
            return self._service(type_)
        if isinstance(type_, Reference):
            return candid.EMPTY
        fields = self._members(type_)
        return candid.Variant(fields) if isinstance(type_, VariantOf) else candid.Record(fields)

    def _members(self, type_: KybraType) -> tuple[candid.Field, ...]:
        """The fields in the order of their ids, as the derived code visits them; of two that clash, the first."""
        unboxed = isinstance(type_, VariantOf)
        fields: dict[int, candid.Field] = {}
        for member in sorted(_fields_of(type_), key=lambda member: candid.label_id(member.label)):
            plain = unboxed and isinstance(member.type, Scalar)
            rust = self.rust(member.type) if plain else self._boxed(member.type)
            fields.setdefault(candid.label_id(member.label), candid.Field(member.label, self._shape(rust)))
        return tuple(fields.values())

    def _boxed(self, type_: KybraType) -> _Rust:
        return self._wrapped(_BOX[1], self.rust(type_))

    def _function(self, mode: str, parameters: tuple[KybraType, ...], returns: KybraType) -> candid.Func:
        arguments = tuple(self._shape(self.rust(type_)) for type_ in parameters if type_ != _VOID)
        results = () if returns == _VOID else (self._shape(self.rust(returns)),)
        return candid.Func(arguments, results, () if mode == "update" else (mode,))

    def _service(self, service: ServiceOf) -> candid.Type:
        methods: list[tuple[str, candid.Type]] = [
            (method.name, self._function(method.mode, tuple(type_ for _, type_ in method.parameters), method.returns))
            for method in service.methods
        ]
        return candid.Service(tuple(methods))

    def _knot(self, rust: _Rust) -> candid.Named:
        return self._knots.setdefault(rust.key, candid.Named(""))

    def _resolve(self, shape: candid.Type) -> candid.Type:
        """`shape` with names for its records and variants, each entered in the environment."""
        if isinstance(shape, candid.Named):
            key = next(key for key, knot in self._knots.items() if knot is shape)
            self._name(shape, key)
            self._meanings[key] = self._computed[key] or candid.EMPTY
            return shape
        if isinstance(shape, candid.Opt):
            return candid.Opt(self._resolve(shape.inner))
        if isinstance(shape, candid.Vec):
            return candid.Vec(self._resolve(shape.inner))
        if isinstance(shape, candid.Func):
            return self._resolve_function(shape)
        if isinstance(shape, candid.Service):
            return candid.Service(tuple((name, self._resolve(type_)) for name, type_ in shape.methods))
        if isinstance(shape, (candid.Record, candid.Variant)):
            return self._resolve_fields(shape)
        return shape

    def _resolve_function(self, shape: candid.Func) -> candid.Func:
        arguments = tuple(self._resolve(type_) for type_ in shape.arguments)
        return candid.Func(arguments, tuple(self._resolve(type_) for type_ in shape.results), shape.modes)

    def _resolve_fields(self, shape: candid.Record | candid.Variant) -> candid.Type:
        resolved = type(shape)(tuple(candid.Field(field.label, self._resolve(field.type)) for field in shape.fields))
        is_tuple = isinstance(shape, candid.Record) and all(field.id == index for index, field in enumerate(shape.fields))
        known = self._by_shape.get(shape)
        if is_tuple or known is None:
            return resolved
        knot = self._knots.setdefault(known[0], candid.Named(""))
        self._name(knot, known[0])
        self._meanings[known[0]] = resolved
        return knot

    def _name(self, knot: candid.Named, key: object) -> None:
        """Give the type its name: the last part of its Rust path, made ASCII, with a number when another has it already."""
        if knot.name:
            return
        base = self._paths[key].split("<")[0].rpartition("::")[2]
        base = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in base).rstrip("_")
        index = self._taken.get(base)
        self._taken[base] = 0 if index is None else index + 1
        knot.name = base if index is None else f"{base}_{index + 1}"

    def definitions(self) -> tuple[candid.Named, ...]:
        """The named types by name, each bound to its meaning."""
        for key, knot in self._knots.items():
            self._name(knot, key)
            knot.bind(self._meanings.get(key) or self._computed[key] or candid.EMPTY)
        return tuple(sorted(self._knots.values(), key=lambda knot: knot.name.encode()))
