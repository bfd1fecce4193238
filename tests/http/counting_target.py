"""A replica with a canister on it that counts what is carried out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from raw_client import Client, Identity, ed25519
from remote_canister import RemoteCanister, create, install, module_of
from replica_host import ReplicaHost

from kybra_replica.candid import parse_did
from kybra_replica.principal import Principal

TARGET = Path(__file__).with_name("target_canister.py")
TARGET_INTERFACE = TARGET.with_suffix(".did")


@dataclass(frozen=True)
class Target:
    """A replica with the canister of `target_canister.py` on it, and who controls that."""

    host: ReplicaHost
    client: Client
    owner: Identity
    canister: RemoteCanister
    module: bytes

    @property
    def id(self) -> Principal:
        return self.canister.id

    def total(self) -> int:
        """What the canister has counted."""
        total: int = self.canister.query("total")
        return total


def install_target(host: ReplicaHost) -> Target:
    """Put the canister on a replica."""
    client, owner = host.client(), ed25519()
    canister = create(client, owner)
    module = module_of(TARGET)
    install(client, owner, canister, module, b"DIDL\0\0")
    interface = parse_did(TARGET_INTERFACE.read_text(encoding="utf-8"))
    return Target(host, client, owner, RemoteCanister(client, canister, interface, owner), module)
