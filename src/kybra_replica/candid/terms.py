"""Values as they are written, before it is clear which type they have.

`1` may be of any integer type and `vec {}` of any vector type until a type is asked for. Giving a term a type makes it a term
whose numbers have types, which can be given a wider type still: `(1 : nat)` fits `int`, and does not fit `nat8`. Unlike bytes,
text is written by a person, so a value that does not fit an `opt` is refused rather than made null.
Source: dfinity/candid, `types/value.rs` (`annotate_type`, `value_ty`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from kybra_replica.candid.numerals import to_single
from kybra_replica.candid.types import (
    EMPTY,
    FLOAT32,
    INT,
    NAT,
    NAT8,
    PRIMITIVES,
    RESERVED,
    Field,
    Func,
    Label,
    Opt,
    Primitive,
    Record,
    Service,
    Type,
    Variant,
    Vec,
    describe,
    label_id,
    may_be_absent,
    resolve,
)
from kybra_replica.candid.values import Some, Value

Refuse = Callable[[int, str], NoReturn]
"""Raises CandidError for an offset of the text."""

_PRIMITIVES = {primitive.name: primitive for primitive in PRIMITIVES}
_RANGES = {
    **{_PRIMITIVES[f"nat{bits}"]: (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
    **{_PRIMITIVES[f"int{bits}"]: (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
}


@dataclass(frozen=True, slots=True)
class Term:
    """A value at the offset `at` of a text, whose `kind` says what its `content` is.

    For the name of a primitive type its value; `number` an integer of no type yet; `blob` bytes; `opt` a term; `vec` a list of
    terms; `record` a dict from label to term; `variant` a pair of label and term; `service` a principal; `func` a
    FuncReference; `absent` None, for an `opt` that holds nothing.
    """

    kind: str
    content: Any
    at: int

    def value(self) -> Value:
        """The term as a Python value; a number without type is what it is."""
        if self.kind == "opt":
            return Some(self.content.value())
        if self.kind == "vec":
            return [element.value() for element in self.content]
        if self.kind == "record":
            return {label: field.value() for label, field in self.content.items()}
        if self.kind == "variant":
            label, payload = self.content
            return {label: payload.value()}
        return self.content


def annotate(term: Term, type_: Type, refuse: Refuse) -> Term:
    """`term` at `type_`, with the type's labels. Raises CandidError through `refuse` where it does not fit."""
    type_ = resolve(type_)
    if type_ == RESERVED:
        return Term("reserved", None, term.at)
    if isinstance(type_, Primitive):
        return _annotate_primitive(term, type_, refuse)
    if isinstance(type_, Opt) and term.kind in ("null", "reserved", "absent"):
        return Term("absent", None, term.at)
    if isinstance(type_, Opt) and term.kind == "opt":
        return Term("opt", annotate(term.content, type_.inner, refuse), term.at)
    if isinstance(type_, Vec) and term.kind in ("vec", "blob"):
        return _annotate_vector(term, type_, refuse)
    if isinstance(type_, Record) and term.kind == "record":
        return _annotate_record(term, type_, refuse)
    if isinstance(type_, Variant) and term.kind == "variant":
        return _annotate_variant(term, type_, refuse)
    if (isinstance(type_, Func) and term.kind == "func") or (isinstance(type_, Service) and term.kind == "service"):
        return term
    return _mismatch(term, type_, refuse)


def _mismatch(term: Term, type_: Type, refuse: Refuse) -> NoReturn:
    kind = {"number": "a number", "absent": "null"}.get(term.kind, term.kind)
    expected = "opt (write `opt` before the value)" if isinstance(type_, Opt) else describe(type_)
    refuse(term.at, f"{expected} is expected, not {kind}")


def _annotate_primitive(term: Term, type_: Primitive, refuse: Refuse) -> Term:
    if term.kind == type_.name:
        return term
    if term.kind == "nat" and type_ == INT:
        return Term("int", term.content, term.at)
    if term.kind == "float64" and type_ == FLOAT32:
        try:
            return Term("float32", to_single(term.content), term.at)
        except OverflowError:
            refuse(term.at, "this number is out of the range of float32")
    if term.kind == "number" and (type_ in (NAT, INT) or type_ in _RANGES):
        low, high = _RANGES.get(type_, (0 if type_ == NAT else None, None))
        if (low is not None and term.content < low) or (high is not None and term.content > high):
            refuse(term.at, f"this number is out of the range of {type_}")
        return Term(type_.name, term.content, term.at)
    _mismatch(term, type_, refuse)


def _annotate_vector(term: Term, type_: Vec, refuse: Refuse) -> Term:
    is_blob = resolve(type_.inner) == NAT8
    if term.kind == "blob":
        return term if is_blob else _mismatch(term, type_, refuse)
    elements = [annotate(element, type_.inner, refuse) for element in term.content]
    if is_blob:
        return Term("blob", bytes(element.content for element in elements), term.at)
    return Term("vec", elements, term.at)


def _annotate_record(term: Term, type_: Record, refuse: Refuse) -> Term:
    """Fields that the type does not have are left out; opt, null and reserved ones need not be written."""
    written = {_id(label): field for label, field in term.content.items()}
    record = {}
    for field in type_.fields:
        found = written.get(field.id)
        if found is None and not may_be_absent(field.type):
            refuse(term.at, f"this record lacks the field {field.label}")
        record[field.label] = annotate(found or Term("null", None, term.at), field.type, refuse)
    return Term("record", record, term.at)


def _annotate_variant(term: Term, type_: Variant, refuse: Refuse) -> Term:
    label, payload = term.content
    for field in type_.fields:
        if field.id == _id(label):
            return Term("variant", (field.label, annotate(payload, field.type, refuse)), term.at)
    return refuse(term.at, f"{label} is not a tag of this variant, which has {', '.join(str(field.label) for field in type_.fields)}")


def _id(label: Label) -> int:
    return label if isinstance(label, int) else label_id(label)


def infer(term: Term, refuse: Refuse) -> tuple[Type, Term]:
    """The type of a term that nobody gave one, and the term at that type.

    Numbers are `int`, an empty vector is `vec empty`, and the elements of a vector must fit the type of its first.
    """
    if term.kind == "number":
        return INT, Term("int", term.content, term.at)
    if term.kind == "opt":
        inner, content = infer(term.content, refuse)
        return Opt(inner), Term("opt", content, term.at)
    if term.kind == "vec":
        element = infer(term.content[0], refuse)[0] if term.content else EMPTY
        return Vec(element), annotate(term, Vec(element), refuse)
    if term.kind == "record":
        fields = {label: infer(field, refuse) for label, field in term.content.items()}
        type_ = Record(tuple(Field(label, type_) for label, (type_, _) in fields.items()))
        return type_, Term("record", {field.label: fields[field.label][1] for field in type_.fields}, term.at)
    if term.kind == "variant":
        label, payload = term.content
        inner, content = infer(payload, refuse)
        return Variant((Field(label, inner),)), Term("variant", (label, content), term.at)
    return _LEAF_TYPES[term.kind], term


_LEAF_TYPES: dict[str, Type] = {
    **_PRIMITIVES,
    "blob": Vec(NAT8),
    "absent": Opt(EMPTY),
    "service": Service(()),
    "func": Func((), ()),
}
