"""What a value costs that crosses between Candid and Python, by its type and size."""

from __future__ import annotations

from typing import Any

from kybra_replica.costs.tally import Tally
from kybra_replica.python_engine.declarations import (
    FuncOf,
    KybraType,
    OptOf,
    RecordOf,
    Reference,
    Scalar,
    ServiceOf,
    TupleOf,
    VariantOf,
    VecOf,
)

IN, OUT = "in", "out"

_BYTE = Scalar("nat8")
_BIG = frozenset({"nat", "int"})
_SINGLE = frozenset({"null", "void", "reserved", "empty"})


def definition(kybra_type: KybraType) -> KybraType:
    """The type behind a name."""
    if isinstance(kybra_type, Reference):
        assert kybra_type.definition is not None
        return kybra_type.definition
    return kybra_type


def note_table(tally: Tally, way: str, types: list[KybraType]) -> None:
    """Note the types that stand in a message's type table: reading or writing one costs by the type and by its members."""
    seen: set[int] = set()
    pending = [definition(kybra_type) for kybra_type in types]
    while pending:
        kybra_type = pending.pop()
        if isinstance(kybra_type, Scalar) or id(kybra_type) in seen:
            continue
        seen.add(id(kybra_type))
        tally[f"type_{way}"] += 1
        for member in _members(kybra_type):
            tally[f"type_member_{way}"] += 1
            pending.append(definition(member))


def _members(kybra_type: KybraType) -> list[KybraType]:
    if isinstance(kybra_type, (OptOf, VecOf)):
        return [kybra_type.inner]
    if isinstance(kybra_type, TupleOf):
        return list(kybra_type.items)
    if isinstance(kybra_type, (RecordOf, VariantOf)):
        return [member.type for member in kybra_type.members]
    if isinstance(kybra_type, FuncOf):
        return [*kybra_type.parameters, kybra_type.returns]
    if isinstance(kybra_type, ServiceOf):
        return [Scalar("text") for _ in kybra_type.methods]
    return []


def note_value(tally: Tally, way: str, kybra_type: KybraType, value: Any) -> None:
    """Note one value, as Python sees it, and all that it holds."""
    kybra_type = definition(kybra_type)
    if isinstance(kybra_type, Scalar):
        _note_scalar(tally, way, kybra_type.name, value)
    elif isinstance(kybra_type, OptOf):
        tally[f"opt_{way}"] += 1
        if value is not None:
            note_value(tally, way, kybra_type.inner, value)
    elif isinstance(kybra_type, VecOf):
        _note_vec(tally, way, definition(kybra_type.inner), value)
    elif isinstance(kybra_type, (TupleOf, RecordOf)):
        _note_product(tally, way, kybra_type, value)
    elif isinstance(kybra_type, VariantOf):
        _note_variant(tally, way, kybra_type, value)
    elif isinstance(kybra_type, (FuncOf, ServiceOf)):
        tally[f"{'func' if isinstance(kybra_type, FuncOf) else 'service'}_{way}"] += 1
        tally[f"principal_{way}"] += 1


def _note_scalar(tally: Tally, way: str, name: str, value: Any) -> None:
    if name == "text":
        tally[f"text_{way}"] += 1
        tally[f"text_byte_{way}"] += len(value)
    elif name in _BIG:
        tally[f"big_number_{way}"] += 1
        tally[f"big_number_digit_{way}"] += (abs(value).bit_length() + 31) // 32
    elif name == "principal":
        tally[f"principal_{way}"] += 1
    elif name not in _SINGLE:
        tally[f"number_{way}"] += 1


def _note_vec(tally: Tally, way: str, inner: KybraType, value: Any) -> None:
    if inner == _BYTE:
        tally[f"blob_{way}"] += 1
        tally[f"blob_byte_{way}"] += len(value)
        return
    tally[f"vec_{way}"] += 1
    if not hasattr(value, "__len__"):
        return
    if isinstance(inner, Scalar) and inner.name not in ("text", "principal"):
        tally[f"vec_number_{way}"] += len(value)
        return
    for element in value:
        note_value(tally, way, inner, element)


def _note_product(tally: Tally, way: str, kybra_type: TupleOf | RecordOf, value: Any) -> None:
    if isinstance(kybra_type, TupleOf):
        tally[f"tuple_{way}"] += 1
        for item, part in zip(kybra_type.items, value, strict=False):
            note_value(tally, way, item, part)
        return
    tally[f"record_{way}"] += 1
    tally[f"field_{way}"] += len(kybra_type.members)
    for member in kybra_type.members:
        note_value(tally, way, member.type, value[member.key])


def _note_variant(tally: Tally, way: str, kybra_type: VariantOf, value: Any) -> None:
    for place, member in enumerate(kybra_type.members):
        if member.key in value:
            tally[f"variant_{way}"] += 1
            tally[f"variant_tag_{way}"] += place + 1 if way == OUT else 1
            note_value(tally, way, member.type, value[member.key])
            return
