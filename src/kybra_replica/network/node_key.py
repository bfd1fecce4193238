"""The key of the replica's one node, which signs answers to queries: Ed25519."""

from __future__ import annotations

from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kybra_replica.principal import Principal

DER_PREFIX = bytes.fromhex("302a300506032b6570032100")


class NodeKey:
    """A signing key that follows from a seed: the same seed, the same key. Proves nothing but that this replica signed."""

    def __init__(self, seed: bytes) -> None:
        self._secret = Ed25519PrivateKey.from_private_bytes(sha256(b"kybra-replica node key" + seed).digest())
        self.der_public_key = DER_PREFIX + self._secret.public_key().public_bytes_raw()
        """44 bytes, as the state tree has it."""
        self.node_id = Principal.self_authenticating(self.der_public_key)

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self._secret.sign(message)
