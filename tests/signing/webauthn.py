"""A security device: signs WebAuthn assertions whose challenge is the message."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from functools import cache
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from signing.der import subject_public_key_info
from signing.identities import Ed25519Identity, P256Identity, self_authenticating

SELF_DESCRIBED = 55_799


class WebAuthnIdentity:
    """A device's key: "ES256", "EdDSA" (both from the seed) or "RS256" (one for all seeds, since they are slow to make).

    The parts of the assertion can be replaced by overriding `client_data` and `assertion`.
    """

    def __init__(self, seed: bytes, algorithm: str = "ES256") -> None:
        self.algorithm = algorithm
        if algorithm == "ES256":
            self._p256 = P256Identity(seed)
            point = self._p256.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
            self.cose: dict[int, Any] = {1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]}
        elif algorithm == "EdDSA":
            self._ed25519 = Ed25519Identity(seed)
            self.cose = {1: 1, 3: -8, -1: 6, -2: self._ed25519.key.public_key().public_bytes_raw()}
        else:
            numbers = _rsa_key().public_key().public_numbers()
            self.cose = {1: 3, 3: -257, -1: numbers.n.to_bytes(256, "big"), -2: numbers.e.to_bytes(3, "big")}
        self.public_key = subject_public_key_info(1, cbor2.dumps(self.cose))
        self.principal = self_authenticating(self.public_key)

    def sign(self, message: bytes) -> bytes:
        return self.assertion(self.client_data(message))

    def client_data(self, message: bytes) -> str:
        """The JSON that the browser makes."""
        challenge = urlsafe_b64encode(message).rstrip(b"=").decode()
        return json.dumps({"type": "webauthn.get", "challenge": challenge, "origin": "https://app.example"})

    def assertion(self, client_data: str | bytes) -> bytes:
        """The signed assertion, in CBOR; the JSON as text or as bytes."""
        authenticator_data = sha256(b"app.example").digest() + b"\x05" + bytes(4)
        raw = client_data.encode() if isinstance(client_data, str) else client_data
        signature = self._sign(authenticator_data + sha256(raw).digest())
        parts = {"authenticator_data": authenticator_data, "client_data_json": client_data, "signature": signature}
        return cbor2.dumps(cbor2.CBORTag(SELF_DESCRIBED, parts))

    def _sign(self, message: bytes) -> bytes:
        if self.algorithm == "ES256":
            return self._p256.key.sign(message, ec.ECDSA(SHA256()))
        if self.algorithm == "EdDSA":
            return self._ed25519.sign(message)
        return _rsa_key().sign(message, padding.PKCS1v15(), SHA256())


@cache
def _rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65_537, key_size=2048)
