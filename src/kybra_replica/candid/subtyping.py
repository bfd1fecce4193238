"""Subtyping and equality of types, by coinduction: what is not refuted along the way holds.

Both relations are decided by collecting obligations. A rule turns one obligation into simpler ones or refutes it; pairs
already seen are not looked at again, so recursive types come to an end, and no depth of nesting exhausts the stack.
Source: the Candid specification, "Upgrading and subtyping".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kybra_replica.candid.errors import CandidError
from kybra_replica.candid.types import (
    EMPTY,
    INT,
    NAT,
    PRINCIPAL,
    RESERVED,
    Func,
    Opt,
    Primitive,
    Record,
    Service,
    Type,
    Variant,
    Vec,
    may_be_absent,
    resolve,
)

_Obligation = tuple[Type, Type]
_Rule = Callable[[Type, Type], list[_Obligation] | None]

_MAX_OBLIGATIONS = 100_000


def is_subtype(sub: Type, sup: Type) -> bool:
    """Whether every value of `sub` can be decoded at `sup`, which is when one interface may replace another.

    Everything is a subtype of any `opt`: a value that does not fit becomes null. Raises CandidError for types so large
    that comparing them would take unreasonably long.
    """
    return _holds(sub, sup, _subtype)


def is_equal(left: Type, right: Type) -> bool:
    """Whether two types have the same structure, whatever their definitions are called. Raises as `is_subtype` does."""
    return _holds(left, right, _equal)


def _holds(left: Type, right: Type, rule: _Rule) -> bool:
    todo: list[_Obligation] = [(left, right)]
    seen: set[tuple[int, int]] = set()
    while todo:
        first, second = (resolve(type_) for type_ in todo.pop())
        pair = (id(first), id(second))
        if first is second or pair in seen:
            continue
        if len(seen) == _MAX_OBLIGATIONS:
            raise CandidError("these types are too large to compare")
        seen.add(pair)
        obligations = rule(first, second)
        if obligations is None:
            return False
        todo += obligations
    return True


def _subtype(sub: Type, sup: Type) -> list[_Obligation] | None:
    if sup == RESERVED or sub == EMPTY or isinstance(sup, Opt):
        return []
    if isinstance(sup, Primitive):
        fits = sub == sup or (sub == NAT and sup == INT) or (sup == PRINCIPAL and isinstance(sub, Service))
        return [] if fits else None
    if isinstance(sub, Vec) and isinstance(sup, Vec):
        return [(sub.inner, sup.inner)]
    if isinstance(sub, Record) and isinstance(sup, Record):
        return _subtype_records(sub, sup)
    if isinstance(sub, Variant) and isinstance(sup, Variant):
        return _subtype_variants(sub, sup)
    if isinstance(sub, Func) and isinstance(sup, Func):
        return _subtype_functions(sub, sup)
    if isinstance(sub, Service) and isinstance(sup, Service):
        return _subtype_services(sub, sup)
    return None


def _subtype_records(sub: Record, sup: Record) -> list[_Obligation] | None:
    offered = {field.id: field.type for field in sub.fields}
    obligations = []
    for field in sup.fields:
        if field.id in offered:
            obligations.append((offered[field.id], field.type))
        elif not may_be_absent(field.type):
            return None
    return obligations


def _subtype_variants(sub: Variant, sup: Variant) -> list[_Obligation] | None:
    accepted = {field.id: field.type for field in sup.fields}
    if any(field.id not in accepted for field in sub.fields):
        return None
    return [(field.type, accepted[field.id]) for field in sub.fields]


def _subtype_services(sub: Service, sup: Service) -> list[_Obligation] | None:
    offered = dict(sub.methods)
    if any(name not in offered for name, _ in sup.methods):
        return None
    return [(offered[name], method) for name, method in sup.methods]


def _subtype_functions(sub: Func, sup: Func) -> list[_Obligation] | None:
    if sub.modes != sup.modes:
        return None
    taken = _subtype_sequences(sup.arguments, sub.arguments)
    given = _subtype_sequences(sub.results, sup.results)
    return None if taken is None or given is None else taken + given


def _subtype_sequences(sub: Sequence[Type], sup: Sequence[Type]) -> list[_Obligation] | None:
    if not all(may_be_absent(type_) for type_ in sup[len(sub) :]):
        return None
    return list(zip(sub, sup, strict=False))


def _equal(left: Type, right: Type) -> list[_Obligation] | None:
    if isinstance(left, Primitive) or type(left) is not type(right):
        return [] if left == right else None
    if isinstance(left, (Opt, Vec)) and isinstance(right, (Opt, Vec)):
        return [(left.inner, right.inner)]
    if isinstance(left, (Record, Variant)) and isinstance(right, (Record, Variant)):
        if [field.id for field in left.fields] != [field.id for field in right.fields]:
            return None
        return [(one.type, other.type) for one, other in zip(left.fields, right.fields, strict=True)]
    if isinstance(left, Service) and isinstance(right, Service):
        if [name for name, _ in left.methods] != [name for name, _ in right.methods]:
            return None
        return [(one, other) for (_, one), (_, other) in zip(left.methods, right.methods, strict=True)]
    return _equal_functions(left, right) if isinstance(left, Func) and isinstance(right, Func) else None


def _equal_functions(left: Func, right: Func) -> list[_Obligation] | None:
    if left.modes != right.modes or len(left.arguments) != len(right.arguments) or len(left.results) != len(right.results):
        return None
    return list(zip(left.arguments + left.results, right.arguments + right.results, strict=True))
