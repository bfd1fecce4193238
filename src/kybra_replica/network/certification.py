"""The certified state: one tree of what the subnet says, signed with its root key, pruned for each reader.

Source: IC interface specification, sections "The system state tree" and "Certificate". One root subnet, no delegation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cbor2

from kybra_replica.candid.leb128 import encode_unsigned
from kybra_replica.network import hash_tree
from kybra_replica.network.bls import SigningKey
from kybra_replica.principal import Principal

if TYPE_CHECKING:
    from kybra_replica.network.subnet import Subnet

STATE_ROOT_DOMAIN = b"\x0dic-state-root"
SELF_DESCRIBING = 55_799
FIRST_CANISTER, LAST_CANISTER = Principal.canister(0), Principal.canister(2**64 - 1)


class Certifier:
    """Signs the state of one subnet. The key follows from `seed`: the same seed, the same root key."""

    def __init__(self, seed: bytes) -> None:
        self._key = SigningKey(seed)
        self.root_key = self._key.der_public_key
        """DER, 133 bytes: what a verifier needs."""
        self.subnet_id = Principal.self_authenticating(self.root_key)
        self._signed: tuple[bytes, bytes] | None = None

    def certificate(self, subnet: Subnet, paths: Sequence[Sequence[bytes]]) -> bytes:
        """A certificate that reveals `paths` and the time."""
        tree = hash_tree.build(self._state(subnet))
        if self._signed is None or self._signed[0] != tree.hash:
            self._signed = (tree.hash, self._key.sign(STATE_ROOT_DOMAIN + tree.hash))
        pruned = hash_tree.prune(tree, [(b"time",), *paths])
        return cbor2.dumps(cbor2.CBORTag(SELF_DESCRIBING, {"tree": pruned, "signature": self._signed[1]}))

    def data_certificate(self, subnet: Subnet, canister: Principal) -> bytes:
        """What `ic0.data_certificate` gives a query of `canister`: proof of its certified data."""
        return self.certificate(subnet, [(b"canister", canister.raw, b"certified_data")])

    def _state(self, subnet: Subnet) -> hash_tree.Labels:
        return {
            b"time": encode_unsigned(subnet.time_ns),
            b"canister": {
                canister.id.raw: {
                    b"certified_data": canister.certified_data,
                    b"controllers": _tagged([controller.raw for controller in sorted(canister.controllers)]),
                    **({} if canister.module_hash is None else {b"module_hash": canister.module_hash}),
                }
                for canister in subnet.canisters.values()
            },
            b"subnet": {
                self.subnet_id.raw: {
                    b"public_key": self.root_key,
                    b"canister_ranges": _tagged([[FIRST_CANISTER.raw, LAST_CANISTER.raw]]),
                    b"type": b"application",
                },
            },
        }


def _tagged(value: object) -> bytes:
    return cbor2.dumps(cbor2.CBORTag(SELF_DESCRIBING, value))
