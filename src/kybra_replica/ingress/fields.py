"""Typed fields out of decoded maps, with the words that a real replica uses for what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MAX_NAT64 = 2**64 - 1
_LONGEST_SHOWN = 40


class FieldInvalid(ValueError):
    """A field is missing, unknown, or of another type than it should be."""


def describe(value: object) -> str:
    """A decoded value in an error's words."""
    if value is None:
        return "unit value"
    if isinstance(value, bool):
        return f"boolean `{str(value).lower()}`"
    if isinstance(value, int):
        return f"integer `{value}`"
    if isinstance(value, bytes):
        return "byte array"
    if isinstance(value, str):
        return f'string "{shown(value)}"'
    return "sequence" if isinstance(value, list) else "map"


def shown(text: object) -> str:
    """A stranger's text in an error's: short, and of printable characters."""
    cut = str(text)[:_LONGEST_SHOWN]
    return "".join(character if character.isprintable() else "?" for character in cut)


def _wrong(value: object, expected: str) -> FieldInvalid:
    return FieldInvalid(f"invalid type: {describe(value)}, expected {expected}")


def as_map(value: object) -> dict[Any, Any]:
    """`value`, if it is a map."""
    if not isinstance(value, dict):
        raise _wrong(value, "a map")
    return value


def as_list(value: object) -> list[Any]:
    """`value`, if it is an array."""
    if not isinstance(value, list):
        raise _wrong(value, "a sequence")
    return value


def as_bytes(value: object) -> bytes:
    """`value`, if it is a byte string."""
    if not isinstance(value, bytes):
        raise _wrong(value, "byte array")
    return value


def blob(fields: Mapping[Any, Any], name: str) -> bytes:
    """The byte string in a required field."""
    value = fields.get(name)
    if type(value) is bytes:
        return value
    raise _missing_or(fields, name, "byte array")


def optional_blob(fields: Mapping[Any, Any], name: str) -> bytes | None:
    """The byte string in a field that may be absent or null."""
    value = fields.get(name)
    if value is None or type(value) is bytes:
        return value
    raise _wrong(value, "byte array")


def text(fields: Mapping[Any, Any], name: str) -> str:
    """The text in a required field."""
    value = fields.get(name)
    if type(value) is str:
        return value
    raise _missing_or(fields, name, "a string")


def optional_text(fields: Mapping[Any, Any], name: str) -> str | None:
    """The text in a field that may be absent or null."""
    value = fields.get(name)
    if value is None or type(value) is str:
        return value
    raise _wrong(value, "a string")


def nat64(fields: Mapping[Any, Any], name: str) -> int:
    """The number in a required field, from 0 to 2^64 - 1."""
    value = fields.get(name)
    if type(value) is int and 0 <= value <= MAX_NAT64:
        return value
    raise _missing_or(fields, name, "u64")


def optional_list(fields: Mapping[Any, Any], name: str) -> list[Any] | None:
    """The array in a field that may be absent or null."""
    value = fields.get(name)
    return None if value is None else as_list(value)


def refuse_unknown(fields: Mapping[Any, Any], known: frozenset[str]) -> None:
    """Refuse a field that is not `known` and not null: what it means is not known here, while the signature covers it."""
    if known.issuperset(fields):
        return
    for name, value in fields.items():
        if name not in known and value is not None:
            raise FieldInvalid(f"unknown field `{shown(name)}`")


def _missing_or(fields: Mapping[Any, Any], name: str, expected: str) -> FieldInvalid:
    return _wrong(fields[name], expected) if name in fields else FieldInvalid(f"missing field `{name}`")
