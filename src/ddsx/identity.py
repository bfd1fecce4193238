"""Who signs requests: private keys from PEM files as dfx, icp-cli and openssl write them.

| tool | form |
|---|---|
| dfx | secp256k1 in SEC1 (`EC PRIVATE KEY`), in old releases Ed25519 in PKCS#8 version 2, in two spellings |
| icp-cli | PKCS#8 (`PRIVATE KEY`): secp256k1, P-256, Ed25519 |
| openssl | all of them; `ecparam` writes a block `EC PARAMETERS` before the key |

PKCS#8 version 2, which carries the public key too, is not read by OpenSSL for Ed25519; here its 32 secret bytes are taken out.
Signing is the package cryptography's: constant in time, and a thousand times faster than ic-py's own.
"""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256K1, SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat, load_der_private_key
from ic.principal import Principal

from ddsx.errors import BadSetting

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----\s*(.*?)-----END \1-----", re.DOTALL)
_ED25519_PKCS8 = re.compile(rb"\x30.\x02\x01[\x00\x01]\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20(.{32})", re.DOTALL)
_KEY_LABELS = ("PRIVATE KEY", "EC PRIVATE KEY")
_EXPORT = "Export a plain one: `dfx identity export NAME > key.pem` or `icp identity export NAME > key.pem`."


@dataclass(frozen=True, slots=True)
class Identity:
    """A key that signs, in the shape that ic-py asks of an identity. None for both parts: nobody, the anonymous caller."""

    public_key_der: bytes | None = None
    signer: Callable[[bytes], bytes] | None = field(default=None, repr=False)

    def sender(self) -> Principal:
        """The principal, as ic-py's class."""
        return Principal.anonymous() if self.public_key_der is None else Principal.self_authenticating(self.public_key_der)

    def sign(self, message: bytes) -> tuple[bytes | None, bytes | None]:
        """Public key and signature of a message; two times None for the anonymous caller."""
        return (self.public_key_der, None if self.signer is None else self.signer(message))

    @property
    def principal(self) -> str:
        """The principal as text."""
        return str(self.sender())

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody signs."""
        return self.public_key_der is None


ANONYMOUS = Identity()


def read_identity(path: Path) -> Identity:
    """The key in a PEM file. Raises BadSetting, which says what else is in it."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadSetting(f"identity {path}", "there is no such file", _EXPORT) from None
    except (OSError, UnicodeDecodeError) as problem:
        raise BadSetting(f"identity {path}", f"it cannot be read ({problem})", _EXPORT) from None
    return parse_identity(text, f"identity {path}")


def parse_identity(text: str, name: str) -> Identity:
    """The key in the text of a PEM file; `name` is what errors call it. Raises BadSetting."""
    blocks = dict(_BLOCK.findall(text))
    label = next((label for label in _KEY_LABELS if label in blocks), None)
    if label is None:
        why = f"it holds {', '.join(blocks).lower()} and no plain private key" if blocks else "it is not a PEM file"
        raise BadSetting(name, why, _EXPORT)
    if "ENCRYPTED" in blocks[label]:
        raise BadSetting(name, "its key is encrypted", _EXPORT)
    try:
        return _identity(a2b_base64(blocks[label]), name)
    except (Base64Error, ValueError, TypeError, UnsupportedAlgorithm):
        raise BadSetting(name, "its private key is damaged, or of a kind unknown here", _EXPORT) from None


def new_identity() -> tuple[Identity, str]:
    """A fresh Ed25519 key, and the PEM text (PKCS#8) to keep it in."""
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return _ed25519(key), text


def _identity(der: bytes, name: str) -> Identity:
    bare = _ED25519_PKCS8.match(der)
    if bare:
        return _ed25519(Ed25519PrivateKey.from_private_bytes(bare[1]))
    key = load_der_private_key(der, None)
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, (SECP256K1, SECP256R1)):
        return _ecdsa(key)
    raise BadSetting(name, "its key is none that the Internet Computer takes", "Use Ed25519, secp256k1 or P-256.")


def _ed25519(key: Ed25519PrivateKey) -> Identity:
    return Identity(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo), key.sign)


def _ecdsa(key: EllipticCurvePrivateKey) -> Identity:
    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(message, ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return Identity(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo), sign)
