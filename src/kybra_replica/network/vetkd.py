"""Verifiably encrypted threshold keys, derived by one node that knows the whole master key.

On the IC no node knows a key that it helps to derive; here the replica knows all of them, so what is encrypted under them is
secret from nobody who has the replica's seed. The points are those that the readers' libraries expect.
Source: IC interface specification, IC methods `vetkd_public_key` and `vetkd_derive_key`; RFC 9380 for hashing.
"""

from __future__ import annotations

from hashlib import sha256

from py_arkworks_bls12381 import G1Point, G2Point, Scalar

from kybra_replica.network.bls import GROUP_ORDER, hash_to_curve
from kybra_replica.principal import Principal

DOMAIN = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_AUG_"
"""Of the signature that a derived key is; the suite in which the public key is signed with the message."""
CANISTER_DOMAIN = b"ic-vetkd-bls12-381-g2-canister-id"
CONTEXT_DOMAIN = b"ic-vetkd-bls12-381-g2-context"

_DIGEST_BYTES, _BLOCK_BYTES = 32, 64
_WIDE_BYTES = 48
"""Hashing into the scalar field reduces so many bytes: the order's 32 and 128 bits more, rounded up."""


class BadTransportKey(ValueError):
    """A transport key is no point of G1, or the point that hides nothing."""


class MasterKey:
    """The key called `name`, derived from a seed."""

    def __init__(self, seed: bytes, name: str) -> None:
        self._secret = hash_to_scalar(b"kybra-replica vetKD " + name.encode() + b"\x00" + seed, b"kybra-replica-vetkd-master")

    def public_key(self, canister: Principal, context: bytes) -> bytes:
        """96 bytes, a point of G2: what is derived for `canister` in `context` verifies under it."""
        return _public(self._derived(canister, context))

    def derive(self, canister: Principal, context: bytes, message: bytes, transport_key: bytes, *, randomness: bytes) -> bytes:
        """192 bytes that the holder of the transport secret opens to the key for `message`.

        `r*G1`, `r*G2`, `r*T + k` for transport key `T`, key `k` and an `r` that follows from `randomness`. Raises BadTransportKey.
        """
        transport = _transport_point(transport_key)
        secret = self._derived(canister, context)
        key = hash_to_curve(DOMAIN)(_public(secret) + message) * _scalar(secret)
        blinding = _scalar(hash_to_scalar(randomness, b"kybra-replica-vetkd-blinding"))
        parts = (G1Point() * blinding, G2Point() * blinding, transport * blinding + key)
        return b"".join(bytes(part.to_compressed_bytes()) for part in parts)

    def _derived(self, canister: Principal, context: bytes) -> int:
        """The secret key of a canister's context; an empty context is the canister's own key."""
        secret = (self._secret + _offset(self._secret, canister.raw, CANISTER_DOMAIN)) % GROUP_ORDER
        if context:
            secret = (secret + _offset(secret, context, CONTEXT_DOMAIN)) % GROUP_ORDER
        return secret


def _offset(secret: int, name: bytes, domain: bytes) -> int:
    parts = (_public(secret), name)
    return hash_to_scalar(b"".join(len(part).to_bytes(8, "big") + part for part in parts), domain)


def _public(secret: int) -> bytes:
    return bytes((G2Point() * _scalar(secret)).to_compressed_bytes())


def _scalar(number: int) -> Scalar:
    return Scalar.from_le_bytes(number.to_bytes(32, "little"))


def _transport_point(raw: bytes) -> G1Point:
    try:
        point = G1Point.from_compressed_bytes(raw)
    except (ValueError, TypeError) as problem:
        raise BadTransportKey("it is not a compressed point of G1 in 48 bytes") from problem
    if bytes(point.to_compressed_bytes()) != raw or point == G1Point.identity():
        raise BadTransportKey("it is the identity, or not in its canonical form")
    return point


def hash_to_scalar(message: bytes, domain: bytes) -> int:
    """RFC 9380 `hash_to_field` into the scalar field, one element, with `expand_message_xmd` and SHA-256."""
    return int.from_bytes(_expand(message, domain, _WIDE_BYTES), "big") % GROUP_ORDER


def _expand(message: bytes, domain: bytes, length: int) -> bytes:
    """`expand_message_xmd` of RFC 9380, section 5.3.1, for domains of at most 255 bytes."""
    suffix = domain + bytes([len(domain)])
    first = sha256(bytes(_BLOCK_BYTES) + message + length.to_bytes(2, "big") + b"\x00" + suffix).digest()
    block = sha256(first + b"\x01" + suffix).digest()
    output = block
    for number in range(2, -(-length // _DIGEST_BYTES) + 1):
        mixed = bytes(left ^ right for left, right in zip(first, block, strict=True))
        block = sha256(mixed + bytes([number]) + suffix).digest()
        output += block
    return output[:length]
