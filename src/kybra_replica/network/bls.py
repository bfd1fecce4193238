"""BLS signatures as the IC makes them: BLS12-381, signatures in G1, keys in G2, hash-to-curve with the `NUL` suite."""

from __future__ import annotations

import sys
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from py_arkworks_bls12381 import GT, G1Point, G2Point, Scalar

DOMAIN = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
DER_PREFIX = bytes.fromhex("308182301d060d2b0601040182dc7c0503010201060c2b0601040182dc7c05030201036100")
GROUP_ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001


def hash_to_curve(domain: bytes) -> Callable[[bytes], Any]:
    """The function from messages to points of G1 under a domain separation tag, by RFC 9380's random-oracle suite."""
    if hasattr(G1Point, "hash_to_curve"):
        return lambda message: G1Point.hash_to_curve(message, domain)
    # The last release for CPython 3.10 does not hash; py_ecc does, slowly.
    # Importing it lifts the recursion limit to where the C stack overflows first.
    limit = sys.getrecursionlimit()
    from py_ecc.bls.hash_to_curve import hash_to_G1  # noqa: PLC0415 - only where it is needed
    from py_ecc.bls.point_compression import compress_G1  # noqa: PLC0415

    sys.setrecursionlimit(limit)

    def by_py_ecc(message: bytes) -> Any:
        return G1Point.from_compressed_bytes(compress_G1(hash_to_G1(message, domain, sha256)).to_bytes(48, "big"))

    return by_py_ecc


class SigningKey:
    """The root key of a replica, derived from a seed. Proves nothing but that this replica signed."""

    def __init__(self, seed: bytes) -> None:
        wide = sha256(b"kybra-replica root key 0" + seed).digest() + sha256(b"kybra-replica root key 1" + seed).digest()
        number = int.from_bytes(wide, "big") % (GROUP_ORDER - 1) + 1
        self._secret = Scalar.from_le_bytes(number.to_bytes(32, "little"))
        self._hash = hash_to_curve(DOMAIN)
        self.der_public_key = DER_PREFIX + bytes((G2Point() * self._secret).to_compressed_bytes())

    def sign(self, message: bytes) -> bytes:
        """48 bytes."""
        return bytes((self._hash(message) * self._secret).to_compressed_bytes())


class VerifyingKey:
    """A key that signatures are checked with. Raises ValueError unless `der` (133 bytes) is one."""

    def __init__(self, der: bytes) -> None:
        if not der.startswith(DER_PREFIX):
            raise ValueError("it is not a BLS key in DER")
        self._key = G2Point.from_compressed_bytes(der[len(DER_PREFIX) :])
        if self._key == G2Point.identity():
            raise ValueError("the point at infinity is no key: it would verify signatures of anybody")
        self._minus_generator = -G2Point()
        self._hash = hash_to_curve(DOMAIN)

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether `signature` (48 bytes) is of `message` and by this key."""
        try:
            point = G1Point.from_compressed_bytes(signature)
        except ValueError:
            return False
        # Of one product, for a pairing's final step costs as much as its first.
        return bool(GT.multi_pairing([point, self._hash(message)], [self._minus_generator, self._key]) == GT.one())
