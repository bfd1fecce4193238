"""Public keys of users: from DER to something that verifies signatures.

Source: IC interface specification, section "Signatures".
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256K1, SECP256R1, EllipticCurve, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from kybra_replica.ingress.canister_signature import CanisterKey, CertificateChecker
from kybra_replica.ingress.der import KeyKind, unwrap
from kybra_replica.ingress.problems import SignatureInvalid
from kybra_replica.ingress.webauthn import WebAuthnKey

_SIGNATURE_SIZE = 64
_POINT_SIZE = 65
_UNCOMPRESSED = b"\x04"
_ED25519_SIZE = 32
_KEYS_KEPT = 4096
_LARGEST_KEPT = 2048
"""Bytes of DER: all keys are smaller, but for canister signature keys with a huge seed."""


class PublicKey(Protocol):
    """A key that signatures can be checked with."""

    def verify(self, signature: bytes, message: bytes) -> None:
        """Raises SignatureInvalid, saying of which kind the signature is, unless `signature` is of `message` and by this key."""
        ...


class Ed25519Key:
    """Ed25519, signatures of 64 bytes (RFC 8032)."""

    __slots__ = ("_verify",)

    def __init__(self, raw: bytes) -> None:
        if len(raw) != _ED25519_SIZE:
            raise SignatureInvalid("an Ed25519 key has 32 bytes")
        self._verify = Ed25519PublicKey.from_public_bytes(raw).verify

    def verify(self, signature: bytes, message: bytes) -> None:
        try:
            self._verify(signature, message)
        except InvalidSignature:
            raise SignatureInvalid("Invalid basic signature: Ed25519 signature could not be verified") from None


class EcdsaKey:
    """ECDSA over SHA-256, signatures of 64 bytes: r and s, big endian; s may be in either half of its range."""

    __slots__ = ("_curve", "_key")

    def __init__(self, curve: EllipticCurve, point: bytes) -> None:
        if len(point) != _POINT_SIZE or not point.startswith(_UNCOMPRESSED):
            raise SignatureInvalid("the key is not an uncompressed point")
        try:
            self._key = EllipticCurvePublicKey.from_encoded_point(curve, point)
        except ValueError:
            raise SignatureInvalid("the key is not a point of its curve") from None
        self._curve = curve.name

    def verify(self, signature: bytes, message: bytes) -> None:
        if len(signature) != _SIGNATURE_SIZE:
            raise SignatureInvalid(f"Invalid basic signature: an ECDSA signature has {_SIGNATURE_SIZE} bytes, not {len(signature)}")
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        try:
            self._key.verify(encode_dss_signature(r, s), message, ECDSA(SHA256()))
        except InvalidSignature:
            raise SignatureInvalid(f"Invalid basic signature: ECDSA signature on {self._curve} could not be verified") from None


class KeyRing:
    """Parses keys, and keeps the last 4096 that were used. Canister signatures are checked against `certificates`."""

    def __init__(self, certificates: CertificateChecker) -> None:
        self._certificates = certificates
        self._kept = lru_cache(_KEYS_KEPT)(partial(_parse, certificates))

    def parse(self, der: bytes) -> PublicKey:
        """The key in `der`. Raises SignatureInvalid."""
        return self._kept(der) if len(der) <= _LARGEST_KEPT else _parse(self._certificates, der)


def _parse(certificates: CertificateChecker, der: bytes) -> PublicKey:
    try:
        wrapped = unwrap(der)
        if wrapped.kind is KeyKind.ED25519:
            return Ed25519Key(wrapped.content)
        if wrapped.kind is KeyKind.SECP256K1:
            return EcdsaKey(SECP256K1(), wrapped.content)
        if wrapped.kind is KeyKind.P256:
            return EcdsaKey(SECP256R1(), wrapped.content)
        if wrapped.kind is KeyKind.COSE:
            return WebAuthnKey(wrapped.content)
        return CanisterKey(wrapped.content, certificates)
    except SignatureInvalid as problem:
        raise SignatureInvalid(f"Invalid public key: {problem}") from None
