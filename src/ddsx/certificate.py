"""Certificates of the Internet Computer: from a subnet's signature to the data that one canister certified.

Source: IC interface specification, sections "Certificate" and "Delegation". The BLS curve is py_arkworks_bls12381's.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import cbor2
from py_arkworks_bls12381 import GT, G1Point, G2Point

from ddsx.errors import VerificationFailed
from ddsx_core.hash_tree import SELF_DESCRIBED, Found, HashTree, HashTreeInvalid, lookup, parse_hash_tree, root_hash

DER_PREFIX = bytes.fromhex("308182301d060d2b0601040182dc7c0503010201060c2b0601040182dc7c05030201036100")
"""What stands before the 96 bytes of a BLS key in DER."""

_DOMAIN = b"BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_"
_STATE_ROOT = b"\x0dic-state-root"
_STEP = "certificate"


@dataclass(frozen=True, slots=True)
class CertifiedData:
    """What a certificate proves of one canister: its certified data (at most 32 bytes), at a time in ns since 1970."""

    data: bytes
    time_ns: int


def verify_certificate(certificate: bytes, *, canister: bytes, root_key: bytes) -> CertifiedData:
    """The certified data of `canister` (raw principal), signed by the subnet that `root_key` (DER, 133 bytes) vouches for.

    Raises VerificationFailed, whatever the bytes are.
    """
    tree = certified_state(certificate, canister=canister, root_key=root_key)
    return CertifiedData(_leaf(tree, [b"canister", canister, b"certified_data"]), certified_time_ns(tree))


def certified_state(certificate: bytes, *, canister: bytes, root_key: bytes) -> HashTree:
    """The part of the subnet's state that a certificate shows, its signature checked. Raises VerificationFailed."""
    return _verified_tree(certificate, canister, root_key, depth=0)


def certified_time_ns(tree: HashTree) -> int:
    """When the state was certified, in ns since 1970. Raises VerificationFailed."""
    return leb128(_leaf(tree, [b"time"]))


def _verified_tree(certificate: bytes, canister: bytes, root_key: bytes, depth: int) -> HashTree:
    content = _decode(certificate)
    try:
        tree = parse_hash_tree(SELF_DESCRIBED + cbor2.dumps(content["tree"]))
        signature = bytes(content["signature"])
    except (KeyError, TypeError, HashTreeInvalid, cbor2.CBORError) as problem:
        raise VerificationFailed(_STEP, f"it is not a certificate ({problem})") from None
    key = root_key
    if content.get("delegation") is not None:
        if depth:
            raise VerificationFailed(_STEP, "a delegation may not be delegated again")
        key = _delegated_key(content["delegation"], canister, root_key)
    if not _signature_holds(key, _STATE_ROOT + root_hash(tree), signature):
        raise VerificationFailed(_STEP, "the subnet's signature does not hold under the root key of the network that was meant")
    return tree


def _delegated_key(delegation: Any, canister: bytes, root_key: bytes) -> bytes:
    """The key of the subnet that a root certificate names, if the canister is one of its."""
    try:
        subnet, inner = bytes(delegation["subnet_id"]), bytes(delegation["certificate"])
    except (KeyError, TypeError) as problem:
        raise VerificationFailed(_STEP, f"its delegation is malformed ({problem})") from None
    tree = _verified_tree(inner, canister, root_key, depth=1)
    ranges = _decode(_leaf(tree, [b"subnet", subnet, b"canister_ranges"]), plain=True)
    try:
        within = any(bytes(first) <= canister <= bytes(last) for first, last in ranges)
    except (TypeError, ValueError) as problem:
        raise VerificationFailed(_STEP, f"its canister ranges are malformed ({problem})") from None
    if not within:
        raise VerificationFailed(_STEP, "the subnet that signed is not the canister's")
    return _leaf(tree, [b"subnet", subnet, b"public_key"])


def _decode(data: bytes, *, plain: bool = False) -> Any:
    try:
        value = cbor2.loads(data)
    except (cbor2.CBORError, ValueError, RecursionError) as problem:
        raise VerificationFailed(_STEP, f"it is not CBOR ({problem})") from None
    if isinstance(value, cbor2.CBORTag):
        value = value.value
    if not plain and not hasattr(value, "get"):
        raise VerificationFailed(_STEP, "it is not a CBOR map")
    return value


def _leaf(tree: HashTree, path: list[bytes]) -> bytes:
    found = lookup(tree, path)
    if not isinstance(found, Found):
        shown = "/".join(label.decode() if label.isascii() and label.decode().isprintable() else label.hex() for label in path)
        raise VerificationFailed(_STEP, f"it does not show {shown}")
    return found.value


def leb128(data: bytes) -> int:
    """A natural number in LEB128, as leaves of the state hold them."""
    return sum((byte & 0x7F) << (7 * position) for position, byte in enumerate(data))


def _signature_holds(der_key: bytes, message: bytes, signature: bytes) -> bool:
    if len(der_key) != len(DER_PREFIX) + 96 or not der_key.startswith(DER_PREFIX):
        raise VerificationFailed(_STEP, "the key is not a BLS key in DER")
    try:
        key = G2Point.from_compressed_bytes(der_key[len(DER_PREFIX) :])
        point = G1Point.from_compressed_bytes(signature)
    except ValueError as problem:
        raise VerificationFailed(_STEP, f"key or signature is not a point of the curve ({problem})") from None
    return bool(GT.pairing(point, G2Point()) == GT.pairing(_hash_to_curve(message), key))


def _hash_to_curve(message: bytes) -> Any:
    if hasattr(G1Point, "hash_to_curve"):
        return G1Point.hash_to_curve(message, _DOMAIN)
    # The last release for CPython 3.10 does not hash; py_ecc does, slowly.
    # Importing it lifts the recursion limit to where the C stack overflows first.
    limit = sys.getrecursionlimit()
    from py_ecc.bls.hash_to_curve import hash_to_G1  # noqa: PLC0415 - only where it is needed
    from py_ecc.bls.point_compression import compress_G1  # noqa: PLC0415

    sys.setrecursionlimit(limit)

    return G1Point.from_compressed_bytes(compress_G1(hash_to_G1(message, _DOMAIN, sha256)).to_bytes(48, "big"))
