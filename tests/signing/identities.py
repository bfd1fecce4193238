"""Who signs: keys of the plain kinds, nobody, and temporary keys that sign for another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha224, sha256
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

DELEGATION_DOMAIN = b"\x1aic-request-auth-delegation"


class Identity(Protocol):
    """A key that requests are signed with."""

    @property
    def public_key(self) -> bytes:
        """DER of the key that the principal is made of."""
        ...

    @property
    def principal(self) -> bytes:
        """The sender."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The signature of the message, its domain separator included."""
        ...


def self_authenticating(public_key: bytes) -> bytes:
    """The principal of a key in DER."""
    return sha224(public_key).digest() + b"\x02"


def hash_of_map(fields: Mapping[str, Any]) -> bytes:
    """The representation-independent hash of a map without nulls."""
    return sha256(b"".join(sorted(sha256(name.encode()).digest() + _hash(value) for name, value in fields.items()))).digest()


def _hash(value: Any) -> bytes:
    if isinstance(value, Mapping):
        return hash_of_map(value)
    if isinstance(value, (list, tuple)):
        return sha256(b"".join(map(_hash, value))).digest()
    if isinstance(value, int):
        groups = [value >> shift & 0x7F for shift in range(0, max(value.bit_length(), 1), 7)]
        return sha256(bytes([group | 0x80 for group in groups[:-1]] + groups[-1:])).digest()
    return sha256(value.encode() if isinstance(value, str) else value).digest()


class Anonymous:
    """Nobody: requests without a signature."""

    principal = b"\x04"


class Ed25519Identity:
    """The Ed25519 key that follows from a seed of any length."""

    def __init__(self, seed: bytes) -> None:
        self.key = Ed25519PrivateKey.from_private_bytes(sha256(seed).digest())
        self.public_key = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.principal = self_authenticating(self.public_key)

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message)


class _EcdsaIdentity:
    curve: ec.EllipticCurve
    order: int

    def __init__(self, seed: bytes) -> None:
        self.key = ec.derive_private_key(int.from_bytes(sha256(seed).digest(), "big") % (self.order - 1) + 1, self.curve)
        self.public_key = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.principal = self_authenticating(self.public_key)

    def numbers(self, message: bytes) -> tuple[int, int]:
        """r and s of a signature; s in either half of its range."""
        return decode_dss_signature(self.key.sign(message, ec.ECDSA(SHA256())))

    def sign(self, message: bytes) -> bytes:
        r, s = self.numbers(message)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


class Secp256k1Identity(_EcdsaIdentity):
    """The secp256k1 key that follows from a seed."""

    curve = ec.SECP256K1()
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


class P256Identity(_EcdsaIdentity):
    """The P-256 key that follows from a seed."""

    curve = ec.SECP256R1()
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True)
class Delegated:
    """A temporary key that signs for another; `chain` leads from that one's to it, as it stands in an envelope."""

    root: Identity
    delegate_to: Identity
    chain: tuple[dict[str, Any], ...]

    @property
    def public_key(self) -> bytes:
        return self.root.public_key

    @property
    def principal(self) -> bytes:
        return self.root.principal

    def sign(self, message: bytes) -> bytes:
        return self.delegate_to.sign(message)


def delegate(
    identity: Identity, delegate_to: Identity, expiration_ns: int, targets: Sequence[bytes] | None = None, permissions: str | None = None
) -> Delegated:
    """Let `delegate_to` sign for `identity`, which may be delegated itself."""
    delegation: dict[str, Any] = {"pubkey": delegate_to.public_key, "expiration": expiration_ns}
    if targets is not None:
        delegation["targets"] = list(targets)
    if permissions is not None:
        delegation["permissions"] = permissions
    link = {"delegation": delegation, "signature": identity.sign(DELEGATION_DOMAIN + hash_of_map(delegation))}
    if isinstance(identity, Delegated):
        return Delegated(identity.root, delegate_to, (*identity.chain, link))
    return Delegated(identity, delegate_to, (link,))
