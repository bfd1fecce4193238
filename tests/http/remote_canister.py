"""Canisters of a replica over HTTP, called with Python values: records and variants are dicts, optionals None or the value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from raw_client import Client, Identity

from kybra_replica.candid import decode, encode, parse_did
from kybra_replica.candid.types import Func, Interface, Type
from kybra_replica.network.management import INTERFACE
from kybra_replica.plain import from_plain, to_plain
from kybra_replica.principal import MANAGEMENT, Principal
from kybra_replica.python_engine.packages import ModulePackages
from kybra_replica.python_engine.programs import Programs

INSTALL = {"install": None}
NEW_CANISTER = dict.fromkeys(("amount", "settings", "specified_id", "sender_canister_version"))


def arguments(types: Sequence[Type], values: Sequence[Any]) -> bytes:
    """Python values as Candid."""
    return encode(types, [from_plain(kind, value) for kind, value in zip(types, values, strict=True)])


def results(types: Sequence[Type], reply: bytes) -> Any:
    """Candid as Python values: None for no result, the value for one, a list for several."""
    values = [to_plain(kind, value) for kind, value in zip(types, decode(reply, types), strict=True)]
    return values[0] if len(values) == 1 else values or None


@dataclass(frozen=True)
class RemoteCanister:
    """A canister and the identity that calls it."""

    client: Client
    id: Principal
    interface: Interface
    identity: Identity
    effective: Principal | None = None

    def acting_as(self, identity: Identity) -> RemoteCanister:
        return replace(self, identity=identity)

    def function(self, method: str) -> Func:
        return dict(self.interface.methods)[method]

    def encode(self, method: str, *values: Any) -> bytes:
        return arguments(self.function(method).arguments, values)

    def decode(self, method: str, reply: bytes) -> Any:
        return results(self.function(method).results, reply)

    def call(self, method: str, *values: Any) -> Any:
        """Update call. Raises Rejected, Refused."""
        reply = self.client.call(self.id, method, self.encode(method, *values), self.identity, effective=self.effective)
        return self.decode(method, reply)

    def query(self, method: str, *values: Any) -> Any:
        """Query. Raises Rejected, Refused."""
        return self.decode(method, self.client.query(self.id, method, self.encode(method, *values), self.identity))


def management(client: Client, identity: Identity, effective: Principal = MANAGEMENT) -> RemoteCanister:
    """The management canister, asked about `effective`."""
    return RemoteCanister(client, MANAGEMENT, parse_did(INTERFACE), identity, effective)


def create(client: Client, owner: Identity) -> Principal:
    """A new empty canister that `owner` controls."""
    created: Principal = management(client, owner).call("provisional_create_canister_with_cycles", NEW_CANISTER)["canister_id"]
    return created


def module_of(entry: Path, search_path: Sequence[Path] = ()) -> bytes:
    """The module package of the source file `entry`."""
    return ModulePackages().pack(Programs().read(entry, search_path=search_path, lenient=False))


def install(client: Client, owner: Identity, canister: Principal, module: bytes, argument: bytes) -> None:
    """Install a module in an empty canister."""
    request = {"mode": INSTALL, "canister_id": canister, "wasm_module": module, "arg": argument, "sender_canister_version": None}
    management(client, owner, canister).call("install_code", request)
