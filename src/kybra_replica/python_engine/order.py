"""Order keys: bytes that sort as Rust's `Ord` sorts the values of a Kybra type.

Numbers by value, text and blob bytewise, tuples and records by their declared fields, variants by declared tag and then
payload, an absent optional first, principals by length and then bytes. Source: derives of the generated Rust.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from kybra_replica.python_engine.conversions import definition_of
from kybra_replica.python_engine.declarations import KybraType, OptOf, RecordOf, Reference, Scalar, TupleOf, VariantOf, VecOf

OrderKey = Callable[[Any], bytes]
"""From a Candid value (as `kybra_replica.candid` has it) to its order key."""


def order_key(kybra_type: KybraType) -> OrderKey:
    """The order key function of a type; recursive types are resolved when they are met."""
    if isinstance(kybra_type, Reference):
        reference = kybra_type
        return lambda value: order_key(definition_of(reference))(value)  # noqa: PLW0108 - resolved when it is met
    if isinstance(kybra_type, Scalar):
        return _SCALARS[kybra_type.name]
    if isinstance(kybra_type, OptOf):
        inner = order_key(kybra_type.inner)
        return lambda value: b"\0" if value is None else b"\1" + inner(value.value)
    if isinstance(kybra_type, VecOf):
        if kybra_type.inner == Scalar("nat8"):
            return _bytes
        item = order_key(kybra_type.inner)
        return lambda value: b"".join(b"\1" + item(element) for element in value) + b"\0"
    if isinstance(kybra_type, TupleOf):
        items = [order_key(part) for part in kybra_type.items]
        return lambda value: b"".join(item(value[index]) for index, item in enumerate(items))
    if isinstance(kybra_type, RecordOf):
        fields = [(member.label, order_key(member.type)) for member in kybra_type.members]
        return lambda value: b"".join(item(value[label]) for label, item in fields)
    if isinstance(kybra_type, VariantOf):
        return _variant(kybra_type)
    # Functions and services have no order of their own: to Rust they are all equal.
    return lambda value: b""


def _variant(kybra_type: VariantOf) -> OrderKey:
    tags = {member.label: (index.to_bytes(2, "big"), order_key(member.type)) for index, member in enumerate(kybra_type.members)}

    def key(value: dict[str, Any]) -> bytes:
        ((label, payload),) = value.items()
        position, item = tags[label]
        return position + item(payload)

    return key


def _bytes(value: bytes) -> bytes:
    # Escaped and terminated, so that what follows in a tuple never mixes with it.
    return value.replace(b"\0", b"\0\xff") + b"\0\0"


def _nat(value: int) -> bytes:
    magnitude = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return len(magnitude).to_bytes(4, "big") + magnitude


def _int(value: int) -> bytes:
    if value >= 0:
        return b"\1" + _nat(value)
    return b"\0" + bytes(255 - byte for byte in _nat(-value))


def _unsigned(size: int) -> OrderKey:
    return lambda value: value.to_bytes(size, "big")


def _signed(size: int) -> OrderKey:
    offset = 1 << (8 * size - 1)
    return lambda value: (value + offset).to_bytes(size, "big")


def _float(value: float) -> bytes:
    bits = struct.pack(">d", value)
    return bytes(255 - byte for byte in bits) if bits[0] & 0x80 else bytes([bits[0] | 0x80]) + bits[1:]


def _nothing(value: object) -> bytes:
    return b""


_SCALARS: dict[str, OrderKey] = {
    "null": _nothing,
    "reserved": _nothing,
    "empty": _nothing,
    "void": _nothing,
    "bool": lambda value: b"\1" if value else b"\0",
    "nat": _nat,
    "int": _int,
    "text": lambda value: _bytes(value.encode()),
    "principal": lambda value: bytes([len(value.raw)]) + value.raw,
    "float32": _float,
    "float64": _float,
    **{f"nat{8 * size}": _unsigned(size) for size in (1, 2, 4, 8)},
    **{f"int{8 * size}": _signed(size) for size in (1, 2, 4, 8)},
}
