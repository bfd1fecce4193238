"""The bytes of installed modules, kept in the store for as long as a canister runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kybra_replica.network.canister import Canister
from kybra_replica.system_api import StableStore

if TYPE_CHECKING:
    from kybra_replica.network.subnet import Subnet

SPACE = b"\x00modules"
"""Module hash -> module. No canister's spaces begin with a zero byte."""


def module_of(store: StableStore, module_hash: bytes) -> bytes | None:
    """The module with this hash, if it was installed from bytes."""
    return store.get(SPACE, module_hash)


def replace(subnet: Subnet, canister: Canister, module_hash: bytes, module: bytes | None) -> None:
    """`canister` is about to run `module` instead of what it runs; part of the transaction that is open."""
    if canister.module_hash != module_hash:
        release(subnet, canister)
    if module is not None:
        subnet.store.put(SPACE, module_hash, module)


def release(subnet: Subnet, canister: Canister) -> None:
    """`canister` stops running its module, which goes when no other canister runs it; part of an open transaction."""
    module_hash = canister.module_hash
    others = (other for other in subnet.canisters.values() if other is not canister)
    if module_hash is not None and all(other.module_hash != module_hash for other in others):
        subnet.store.delete(SPACE, module_hash)
