"""Random Candid types and values of them, for the property tests of this folder."""

from __future__ import annotations

from hypothesis import strategies as st

from kybra_replica.candid.types import (
    BOOL,
    EMPTY,
    FLOAT32,
    FLOAT64,
    FUTURE,
    INT,
    NAT,
    NAT8,
    NULL,
    PRIMITIVES,
    PRINCIPAL,
    RESERVED,
    TEXT,
    Field,
    Func,
    Label,
    Named,
    Opt,
    Primitive,
    Record,
    Service,
    Type,
    Variant,
    Vec,
    label_id,
    resolve,
)
from kybra_replica.candid.values import FuncReference, Some, Value
from kybra_replica.principal import Principal

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
PRINCIPALS = st.binary(max_size=29).map(Principal)
LABELS = st.one_of(st.sampled_from(["a", "b", "owner", "text", "query", "true", "Ok", "☃", "two words", ""]), st.integers(0, 5), TEXTS)
MODES = st.sampled_from([(), ("query",), ("composite_query",)])
_LEAVES = st.sampled_from([primitive for primitive in PRIMITIVES if primitive != EMPTY])


_PLAIN = ("opt", "record", "variant")
_CLOSED = (*_PLAIN, "vec", "func", "service")
_ANY = (*_CLOSED, "recursive")


@st.composite
def _types(draw: st.DrawFn, forms: tuple[str, ...], depth: int = 3) -> Type:
    form = draw(st.sampled_from(("leaf",) * 4 + forms)) if depth else "leaf"
    inner = _types(forms, depth - 1)
    if form == "leaf":
        return draw(_LEAVES)
    if form in ("opt", "vec"):
        return (Opt if form == "opt" else Vec)(draw(inner))
    if form == "record":
        return Record(draw(_fields(inner, 0)))
    if form == "variant":
        return Variant(draw(_fields(inner, 1)))
    if form == "func":
        return draw(_functions(inner))
    if form == "service":
        methods = draw(st.dictionaries(st.sampled_from(["get", "put", "a b"]), _functions(inner), max_size=2))
        return Service(tuple(methods.items()))
    name = Named(draw(st.sampled_from(["List", "Tree"])))
    name.bind(Record((Field("item", draw(inner)), Field("more", Opt(name) if name.name == "List" else Vec(name)))))
    return name


@st.composite
def _fields(draw: st.DrawFn, inner: st.SearchStrategy[Type], min_size: int) -> tuple[Field, ...]:
    labels = draw(st.lists(LABELS, min_size=min_size, max_size=3, unique_by=number_of))
    return tuple(Field(label, draw(inner)) for label in labels)


def number_of(label: Label) -> int:
    """The number of a field with this label."""
    return label if isinstance(label, int) else label_id(label)


def _functions(inner: st.SearchStrategy[Type]) -> st.SearchStrategy[Func]:
    parts = st.lists(inner, max_size=2).map(tuple)
    return st.builds(Func, parts, parts, MODES)


TYPES = _types(_ANY)
"""Types that have values."""

CLOSED_TYPES = _types(_CLOSED)
"""Those without definitions, so not recursive."""

PLAIN_TYPES = _types(_PLAIN)
"""Those without vectors and references either."""


@st.composite
def values(draw: st.DrawFn, type_: Type, *, printable: bool = False, depth: int = 6) -> Value:
    """A value of `type_`; `printable` leaves out what the textual format has no way to write."""
    type_ = resolve(type_)
    if isinstance(type_, Primitive):
        return draw(_primitive_values(type_, printable=printable))
    if isinstance(type_, Func):
        return FuncReference(draw(PRINCIPALS), draw(TEXTS))
    if isinstance(type_, Service):
        return draw(PRINCIPALS)

    def part(inner: Type) -> Value:
        return draw(values(inner, printable=printable, depth=depth - 1))

    if isinstance(type_, Opt):
        return None if depth <= 0 or draw(st.booleans()) else Some(part(type_.inner))
    if isinstance(type_, Vec):
        if resolve(type_.inner) == NAT8:
            return draw(st.binary(max_size=12))
        return [part(type_.inner) for _ in range(0 if depth <= 0 else draw(st.integers(0, 3)))]
    if isinstance(type_, Record):
        return {field.label: part(field.type) for field in type_.fields}
    assert isinstance(type_, Variant)
    tag = draw(st.sampled_from(type_.fields))
    return {tag.label: part(tag.type)}


def _primitive_values(type_: Primitive, *, printable: bool) -> st.SearchStrategy[Value]:
    fixed: dict[Primitive, st.SearchStrategy[Value]] = {
        BOOL: st.booleans(),
        NAT: st.one_of(st.integers(0, 300), st.integers(0, 2**200)),
        INT: st.one_of(st.integers(-300, 300), st.integers(-(2**200), 2**200)),
        FLOAT32: st.floats(width=32, allow_nan=False, allow_infinity=not printable),
        FLOAT64: st.floats(allow_nan=False, allow_infinity=not printable),
        TEXT: TEXTS,
        PRINCIPAL: PRINCIPALS,
        **dict.fromkeys((NULL, RESERVED, FUTURE), st.none()),
    }
    if type_ in fixed:
        return fixed[type_]
    bits = int(type_.name[3:])
    return st.integers(0, 2**bits - 1) if type_.name.startswith("nat") else st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


@st.composite
def typed_values(draw: st.DrawFn, of: st.SearchStrategy[Type] = TYPES, *, printable: bool = False) -> tuple[list[Type], list[Value]]:
    """Some types and a value of each."""
    types = draw(st.lists(of, max_size=3))
    return types, [draw(values(type_, printable=printable)) for type_ in types]


@st.composite
def supertypes(draw: st.DrawFn, type_: Type, depth: int = 4) -> Type:
    """A type that `type_` is a subtype of, made by the rules of subtyping one by one."""
    type_ = resolve(type_)
    choice = draw(st.integers(0, 9))
    if choice == 0:
        return RESERVED
    if choice == 1 and depth > 0:
        return Opt(draw(supertypes(type_, depth - 1)))
    if type_ == NAT and choice < 6:
        return INT
    if depth <= 0:
        return type_
    if isinstance(type_, (Opt, Vec)):
        return type(type_)(draw(supertypes(type_.inner, depth - 1)))
    if isinstance(type_, Record):
        return draw(_wider_records(type_, depth))
    if isinstance(type_, Variant):
        fields = tuple(Field(field.label, draw(supertypes(field.type, depth - 1))) for field in type_.fields)
        taken = {field.id for field in fields}
        return Variant(fields if label_id("new tag") in taken else (*fields, Field("new tag", TEXT)))
    return PRINCIPAL if isinstance(type_, Service) and choice < 6 else type_


@st.composite
def _wider_records(draw: st.DrawFn, type_: Record, depth: int) -> Type:
    kept = [field for field in type_.fields if draw(st.integers(0, 3))]
    fields = [Field(field.label, draw(supertypes(field.type, depth - 1))) for field in kept]
    if label_id("new field") not in {field.id for field in type_.fields}:
        fields.append(Field("new field", draw(st.sampled_from([NULL, RESERVED, Opt(NAT)]))))
    return Record(tuple(fields))
