"""SubjectPublicKeyInfo: which kind of key the DER bytes of a public key hold, and the key itself.

Source: IC interface specification, section "Signatures"; RFC 5480 and RFC 8410.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from kybra_replica.ingress.problems import SignatureInvalid


class KeyKind(Enum):
    """The kinds of keys that users may have."""

    ED25519 = auto()
    SECP256K1 = auto()
    P256 = auto()
    COSE = auto()
    """Of a Web Authentication device."""
    CANISTER_SIGNATURE = auto()


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """The content of a SubjectPublicKeyInfo: a raw Ed25519 key, an uncompressed point, a COSE key, or canister and seed."""

    kind: KeyKind
    content: bytes


# Algorithm identifiers: a SEQUENCE of the object identifier and, for curves, the curve's.
_ALGORITHMS = (
    (bytes.fromhex("300506032b6570"), KeyKind.ED25519),
    (bytes.fromhex("301006072a8648ce3d020106052b8104000a"), KeyKind.SECP256K1),
    (bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107"), KeyKind.P256),
    (bytes.fromhex("300c060a2b0601040183b8430101"), KeyKind.COSE),
    (bytes.fromhex("300c060a2b0601040183b8430102"), KeyKind.CANISTER_SIGNATURE),
)
_SEQUENCE, _BIT_STRING = 0x30, 0x03


def unwrap(der: bytes) -> WrappedKey:
    """The key in `der`. Raises SignatureInvalid for other algorithms, and for anything that is not the one DER encoding of a key."""
    body = _only(der, _SEQUENCE)
    for algorithm, kind in _ALGORITHMS:
        if body.startswith(algorithm):
            bits = _only(body[len(algorithm) :], _BIT_STRING)
            if not bits.startswith(b"\0"):
                raise SignatureInvalid("the key's bit string is not of whole bytes")
            return WrappedKey(kind, bits[1:])
    raise SignatureInvalid("the algorithm is not supported")


def _only(der: bytes, tag: int) -> bytes:
    """The content of the one element that `der` is."""
    if der[:1] != bytes((tag,)):
        raise SignatureInvalid("it is not the DER encoding of a public key")
    length_size = der[1] & 0x7F if len(der) > 1 and der[1] & 0x80 else 0
    content = der[2 + length_size :]
    if _element(tag, content) != der:
        raise SignatureInvalid("it is not the DER encoding of a public key")
    return content


def _element(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content
