"""The keys of a replica, and the certificates that they sign.

Source: IC interface specification, section "Certificate". One root subnet, no delegation.
"""

from __future__ import annotations

from collections.abc import Sequence

from kybra_replica.network.bls import SigningKey
from kybra_replica.network.certified_state import CertifiedState, SubnetIdentity
from kybra_replica.network.hash_tree import Path
from kybra_replica.network.node_key import NodeKey
from kybra_replica.network.request_history import RequestHistory
from kybra_replica.network.subnet import Subnet
from kybra_replica.principal import Principal

STATE_ROOT_DOMAIN = b"\x0dic-state-root"


class Certifier:
    """Signs the state of one subnet. The keys follow from `seed`: the same seed, the same root key and node key."""

    def __init__(self, seed: bytes) -> None:
        self._key = SigningKey(seed)
        self.root_key = self._key.der_public_key
        """DER, 133 bytes: what a verifier needs."""
        self.subnet_id = Principal.self_authenticating(self.root_key)
        self.node_key = NodeKey(seed)
        self.node_id = self.node_key.node_id
        self._state: CertifiedState | None = None

    def state(self, subnet: Subnet, history: RequestHistory | None = None) -> CertifiedState:
        """The state of a subnet and of the requests that were made of it, to be certified height by height."""
        identity = SubnetIdentity(self.subnet_id, self.root_key, self.node_id, self.node_key.der_public_key)
        return CertifiedState(subnet, identity, self._sign_root, history)

    def certificate(self, subnet: Subnet, paths: Sequence[Path]) -> bytes:
        """A certificate of the state as it is now, without requests, that reveals `paths` and the time."""
        if self._state is None or self._state.subnet is not subnet:
            self._state = self.state(subnet)
        self._state.freeze(subnet.time_ns)
        return self._state.frozen_certificate(paths)

    def data_certificate(self, subnet: Subnet, canister: Principal) -> bytes:
        """What `ic0.data_certificate` gives a query of `canister`: proof of its certified data."""
        return self.certificate(subnet, [(b"canister", canister.raw, b"certified_data")])

    def _sign_root(self, root_hash: bytes) -> bytes:
        return self._key.sign(STATE_ROOT_DOMAIN + root_hash)
