"""Web Authentication: keys of security devices (COSE), and assertions whose challenge is what is signed.

Source: IC interface specification, section "Web Authentication"; RFC 8152 (COSE keys); RFC 8230 (RSA keys).
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from kybra_replica.ingress import fields
from kybra_replica.ingress.cbor import CborInvalid, read
from kybra_replica.ingress.fields import FieldInvalid
from kybra_replica.ingress.problems import SignatureInvalid

Verify = Callable[[bytes, bytes], None]
"""Checks a signature of a message; raises InvalidSignature."""

_KEY_TYPE, _ALGORITHM = 1, 3
_OCTET_KEY_PAIR, _ELLIPTIC, _RSA = 1, 2, 3
_ES256, _EDDSA, _RS256 = -7, -8, -257
_P256, _ED25519 = 1, 6
_COORDINATE_SIZE = 32
_SMALLEST_RSA_BITS, _LARGEST_RSA_BITS = 2048, 8192
_LARGEST_RSA_EXPONENT = 2**32


class WebAuthnKey:
    """A COSE key: ES256 on P-256, RS256 (PKCS#1 v1.5) or EdDSA on Ed25519."""

    def __init__(self, cose: bytes) -> None:
        try:
            self._verify = _cose_key(fields.as_map(read(cose)))
        except (CborInvalid, FieldInvalid, ValueError) as problem:
            raise SignatureInvalid(f"it is not a COSE key: {problem}") from None

    def verify(self, signature: bytes, message: bytes) -> None:
        """Raises SignatureInvalid unless `signature` is an assertion by this key whose challenge is `message`."""
        try:
            parts = fields.as_map(read(signature))
            authenticator_data, signed = fields.blob(parts, "authenticator_data"), fields.blob(parts, "signature")
            client_data = _client_data(parts)
            challenge = _challenge(client_data)
        except (CborInvalid, FieldInvalid) as problem:
            raise SignatureInvalid(f"WebAuthn error: {problem}") from None
        try:
            self._verify(signed, authenticator_data + sha256(client_data).digest())
        except InvalidSignature:
            raise SignatureInvalid("WebAuthn error: Verifying signature failed") from None
        if challenge != urlsafe_b64encode(message).rstrip(b"=").decode():
            raise SignatureInvalid("WebAuthn error: the challenge is not what should be signed")


def _client_data(parts: Mapping[Any, Any]) -> bytes:
    """The JSON as it was hashed. The specification has text; some clients send bytes, and are understood by replicas."""
    value = parts.get("client_data_json")
    return value.encode() if isinstance(value, str) else fields.blob(parts, "client_data_json")


def _challenge(client_data: bytes) -> str:
    try:
        content = json.loads(client_data.decode())
    except (ValueError, RecursionError):
        raise FieldInvalid("client_data_json is not JSON") from None
    challenge = content.get("challenge") if isinstance(content, dict) else None
    if not isinstance(challenge, str):
        raise FieldInvalid("client_data_json has no challenge")
    return challenge


def _cose_key(key: Mapping[Any, Any]) -> Verify:
    kind = (key.get(_KEY_TYPE), key.get(_ALGORITHM))
    if kind == (_ELLIPTIC, _ES256) and key.get(-1) == _P256:
        return _es256(_coordinate(key, -2), _coordinate(key, -3))
    if kind == (_OCTET_KEY_PAIR, _EDDSA) and key.get(-1) == _ED25519:
        return Ed25519PublicKey.from_public_bytes(_coordinate(key, -2)).verify
    if kind == (_RSA, _RS256):
        return _rs256(fields.as_bytes(key.get(-1)), fields.as_bytes(key.get(-2)))
    raise FieldInvalid("the algorithm is not supported")


def _coordinate(key: Mapping[Any, Any], label: int) -> bytes:
    value = fields.as_bytes(key.get(label))
    if len(value) != _COORDINATE_SIZE:
        raise FieldInvalid(f"{_COORDINATE_SIZE} bytes expected, not {len(value)}")
    return value


def _es256(x: bytes, y: bytes) -> Verify:
    key = EllipticCurvePublicKey.from_encoded_point(SECP256R1(), b"\x04" + x + y)
    return lambda signature, message: key.verify(signature, message, ECDSA(SHA256()))


def _rs256(modulus: bytes, exponent: bytes) -> Verify:
    n, e = int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big")
    # Larger ones cost a multiple of the time to verify.
    if not _SMALLEST_RSA_BITS <= n.bit_length() <= _LARGEST_RSA_BITS or e > _LARGEST_RSA_EXPONENT:
        raise FieldInvalid(f"an RSA key has {_SMALLEST_RSA_BITS} to {_LARGEST_RSA_BITS} bits and a small exponent")
    key = RSAPublicNumbers(e, n).public_key()
    return lambda signature, message: key.verify(signature, message, PKCS1v15(), SHA256())
