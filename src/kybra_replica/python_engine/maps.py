"""`StableBTreeMap` as ic-stable-structures 0.5.6 keeps it: Candid messages under ordered keys, sizes checked exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kybra_replica.candid import TRUSTED, Decoder, Encoder
from kybra_replica.python_engine.conversions import Conversions, Convert, candid_type
from kybra_replica.python_engine.declarations import KybraType, MapDeclaration
from kybra_replica.python_engine.order import OrderKey, order_key
from kybra_replica.system_api import SystemApi, Trap
from kybra_replica.system_api.api import StableSpace

HEADERS_SPACE = b"map-headers"
"""Space of the sizes with which each map was created, by memory id: they bound what later code may declare."""


@dataclass(frozen=True, slots=True)
class _Codec:
    """Between a Python object and its Candid message."""

    outgoing: Convert
    incoming: Convert
    encode: Encoder
    decode: Decoder


@dataclass(frozen=True, slots=True)
class _Map:
    declaration: MapDeclaration
    key: _Codec
    value: _Codec
    order: OrderKey
    space: bytes


class StableMaps:
    """All maps of one canister, by memory id. Conversion errors are raised as Kybra raises them; oversize traps."""

    def __init__(self, declarations: Mapping[int, MapDeclaration], conversions: Conversions) -> None:
        self._maps = {memory_id: _compile(declaration, conversions) for memory_id, declaration in declarations.items()}
        self.opened: set[int] = set()
        """Memory ids touched since the code was installed; part of the heap."""

    def insert(self, api: SystemApi, memory_id: int, key: Any, value: Any) -> Any:
        """Put; answers the value before, or None."""
        opened, space = self._open(api, memory_id)
        candid_key, candid_value = opened.key.outgoing(key), opened.value.outgoing(value)
        encoded_key, encoded_value = opened.key.encode((candid_key,)), opened.value.encode((candid_value,))
        _check_size("Key", encoded_key, opened.declaration.max_key_size)
        _check_size("Value", encoded_value, opened.declaration.max_value_size)
        row = len(encoded_key).to_bytes(4, "big") + encoded_key + encoded_value
        return _value_of(opened, space.put(opened.order(candid_key), row))

    def get(self, api: SystemApi, memory_id: int, key: Any) -> Any:
        """The value at `key`, or None."""
        opened, space = self._open(api, memory_id)
        return _value_of(opened, space.get(opened.order(opened.key.outgoing(key))))

    def remove(self, api: SystemApi, memory_id: int, key: Any) -> Any:
        """Take away; answers the value that was there, or None."""
        opened, space = self._open(api, memory_id)
        return _value_of(opened, space.delete(opened.order(opened.key.outgoing(key))))

    def contains_key(self, api: SystemApi, memory_id: int, key: Any) -> bool:
        opened, space = self._open(api, memory_id)
        return space.get(opened.order(opened.key.outgoing(key))) is not None

    def length(self, api: SystemApi, memory_id: int) -> int:
        return len(self._open(api, memory_id)[1])

    def entries(self, api: SystemApi, memory_id: int) -> int:
        """How many entries a declared map has, without opening it."""
        # Past the journal: what a meter asks is no question of the canister's.
        return api.environment.store.count(api.environment.space + self._maps[memory_id].space)

    def items(self, api: SystemApi, memory_id: int) -> list[tuple[Any, Any]]:
        """All keys and values, in the order of Rust's `Ord`."""
        opened, space = self._open(api, memory_id)
        return [(_key_of(opened, row), _value_of(opened, row)) for _, row in space.items()]

    def _open(self, api: SystemApi, memory_id: int) -> tuple[_Map, StableSpace]:
        found = self._maps.get(memory_id)
        if found is None:
            raise LookupError(f"memory_id {memory_id} does not have an associated StableBTreeMap")
        if memory_id not in self.opened:
            _check_header(api, found.declaration)
            self.opened.add(memory_id)
        return found, api.stable_space(found.space)


def managed_maps(api: SystemApi) -> int:
    """How many maps live in the canister's stable memory."""
    return len(api.stable_space(HEADERS_SPACE))


def _compile(declaration: MapDeclaration, conversions: Conversions) -> _Map:
    space = b"map" + bytes([declaration.memory_id])
    key, value = _codec(declaration.key, conversions), _codec(declaration.value, conversions)
    return _Map(declaration, key, value, order_key(declaration.key), space)


def _codec(kybra_type: KybraType, conversions: Conversions) -> _Codec:
    types = (candid_type(kybra_type),)
    return _Codec(conversions.outgoing(kybra_type), conversions.incoming(kybra_type), Encoder(types), Decoder(types, limits=TRUSTED))


def _check_header(api: SystemApi, declaration: MapDeclaration) -> None:
    """A new map notes its sizes; an old one refuses declarations that outgrow them."""
    headers = api.stable_space(HEADERS_SPACE)
    stored = headers.get(bytes([declaration.memory_id]))
    if stored is None:
        sizes = declaration.max_key_size.to_bytes(4, "big") + declaration.max_value_size.to_bytes(4, "big")
        headers.put(bytes([declaration.memory_id]), sizes)
        return
    max_key, max_value = int.from_bytes(stored[:4], "big"), int.from_bytes(stored[4:], "big")
    if declaration.max_key_size > max_key:
        raise Trap(f"Panicked at 'max_key_size must be <= {max_key}'")
    if declaration.max_value_size > max_value:
        raise Trap(f"Panicked at 'max_value_size must be <= {max_value}'")


def _check_size(what: str, encoded: bytes, limit: int) -> None:
    if len(encoded) > limit:
        raise Trap(f"Panicked at '{what} is too large. Expected <= {limit} bytes, found {len(encoded)} bytes'")


def _key_of(opened: _Map, row: bytes) -> Any:
    length = int.from_bytes(row[:4], "big")
    return opened.key.incoming(opened.key.decode(row[4 : 4 + length])[0])


def _value_of(opened: _Map, row: bytes | None) -> Any:
    if row is None:
        return None
    length = int.from_bytes(row[:4], "big")
    return opened.value.incoming(opened.value.decode(row[4 + length :])[0])
