"""Candid values as people write them in Python: optionals are None or the value, tuples are tuples, principals also text."""

from __future__ import annotations

from typing import Any

from kybra_replica.candid.types import PRINCIPAL, Opt, Record, Service, Type, Variant, Vec, resolve
from kybra_replica.candid.values import Some
from kybra_replica.principal import Principal


def from_plain(type_: Type, value: Any) -> Any:
    """The codec's value for a plain one. Raises TypeError or ValueError where it does not fit the type."""
    type_ = resolve(type_)
    if isinstance(type_, Opt):
        return None if value is None else Some(from_plain(type_.inner, value))
    if isinstance(type_, Vec):
        return value if isinstance(value, bytes) else [from_plain(type_.inner, item) for item in value]
    if isinstance(type_, Record):
        return _record(type_, value)
    if isinstance(type_, Variant):
        return _variant(type_, value)
    if (type_ is PRINCIPAL or isinstance(type_, Service)) and isinstance(value, str):
        return Principal.from_text(value)
    return value


def _record(type_: Record, value: Any) -> dict[Any, Any]:
    if isinstance(value, tuple):
        value = dict(enumerate(value))
    unknown = set(value) - {field.label for field in type_.fields}
    if unknown:
        raise TypeError(f"a record has no fields {sorted(map(str, unknown))}: it has {[field.label for field in type_.fields]}")
    return {field.label: from_plain(field.type, value.get(field.label)) for field in type_.fields}


def _variant(type_: Variant, value: Any) -> dict[Any, Any]:
    if isinstance(value, str):
        value = {value: None}
    ((tag, payload),) = value.items()
    for field in type_.fields:
        if field.label == tag:
            return {tag: from_plain(field.type, payload)}
    raise TypeError(f"a variant has no tag {tag!r}: it has {[field.label for field in type_.fields]}")


def to_plain(type_: Type, value: Any) -> Any:
    """A plain value for the codec's."""
    type_ = resolve(type_)
    if isinstance(type_, Opt):
        return None if value is None else to_plain(type_.inner, value.value)
    if isinstance(type_, Vec):
        return value if isinstance(value, bytes) else [to_plain(type_.inner, item) for item in value]
    if isinstance(type_, Record):
        fields = {field.label: to_plain(field.type, value[field.label]) for field in type_.fields}
        return tuple(fields.values()) if fields and list(fields) == list(range(len(fields))) else fields
    if isinstance(type_, Variant):
        types = {field.label: field.type for field in type_.fields}
        return {tag: to_plain(types[tag], payload) for tag, payload in value.items()}
    return value
