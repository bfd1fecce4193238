"""BLS signatures as the IC makes them: BLS12-381, signatures in G1, keys in G2, hash-to-curve with the `NUL` suite."""

from __future__ import annotations

import sys
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from py_arkworks_bls12381 import G1Point, G2Point, Scalar

DOMAIN = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
DER_PREFIX = bytes.fromhex("308182301d060d2b0601040182dc7c0503010201060c2b0601040182dc7c05030201036100")
GROUP_ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001


def _hash_to_curve() -> Callable[[bytes], Any]:
    if hasattr(G1Point, "hash_to_curve"):
        return lambda message: G1Point.hash_to_curve(message, DOMAIN)
    # The last release for CPython 3.10 does not hash; py_ecc does, slowly.
    # Importing it lifts the recursion limit to where the C stack overflows first.
    limit = sys.getrecursionlimit()
    from py_ecc.bls.hash_to_curve import hash_to_G1  # noqa: PLC0415 - only where it is needed
    from py_ecc.bls.point_compression import compress_G1  # noqa: PLC0415

    sys.setrecursionlimit(limit)

    def by_py_ecc(message: bytes) -> Any:
        return G1Point.from_compressed_bytes(compress_G1(hash_to_G1(message, DOMAIN, sha256)).to_bytes(48, "big"))

    return by_py_ecc


class SigningKey:
    """The root key of a replica, derived from a seed. Proves nothing but that this replica signed."""

    def __init__(self, seed: bytes) -> None:
        wide = sha256(b"kybra-replica root key 0" + seed).digest() + sha256(b"kybra-replica root key 1" + seed).digest()
        number = int.from_bytes(wide, "big") % (GROUP_ORDER - 1) + 1
        self._secret = Scalar.from_le_bytes(number.to_bytes(32, "little"))
        self._hash = _hash_to_curve()
        self.der_public_key = DER_PREFIX + bytes((G2Point() * self._secret).to_compressed_bytes())

    def sign(self, message: bytes) -> bytes:
        """48 bytes."""
        return bytes((self._hash(message) * self._secret).to_compressed_bytes())
