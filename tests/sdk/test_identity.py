"""Private keys in every spelling in which tools write them: the same principal, and signatures that hold."""

from __future__ import annotations

from base64 import encodebytes
from hashlib import sha224

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
)
from ic.identity import Identity as IcPyIdentity

from ddsx.errors import BadSetting
from ddsx.identity import ANONYMOUS, new_identity, parse_identity, read_identity
from ddsx_core.accounts import principal_text

SECRET = bytes(range(32))
ED25519 = ed25519.Ed25519PrivateKey.from_private_bytes(SECRET)
SECP256K1 = ec.derive_private_key(int.from_bytes(SECRET, "big"), ec.SECP256K1())
P256 = ec.derive_private_key(int.from_bytes(SECRET, "big"), ec.SECP256R1())
PARAMETERS = "-----BEGIN EC PARAMETERS-----\nBgUrgQQACg==\n-----END EC PARAMETERS-----\n"
MESSAGE = b"\x0aic-request" + bytes(32)


def pem(label, der):
    return f"-----BEGIN {label}-----\n{encodebytes(der).decode()}-----END {label}-----\n"


def written(key, form, encryption=None):
    return key.private_bytes(Encoding.PEM, form, encryption or NoEncryption()).decode()


def public(key):
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def with_public_key(prefix, middle):
    """Ed25519 in PKCS#8 version 2, the public key behind the secret one."""
    return pem("PRIVATE KEY", bytes.fromhex(prefix) + SECRET + bytes.fromhex(middle) + public(ED25519)[-32:])


SPELLINGS = {
    "Ed25519, PKCS#8": (ED25519, written(ED25519, PrivateFormat.PKCS8)),
    "Ed25519, PKCS#8 version 2": (ED25519, with_public_key("3051020101300506032b657004220420", "812100")),
    "Ed25519, PKCS#8 version 2, explicit": (ED25519, with_public_key("3053020101300506032b657004220420", "a123032100")),
    "secp256k1, SEC1": (SECP256K1, written(SECP256K1, PrivateFormat.TraditionalOpenSSL)),
    "secp256k1, SEC1 after its parameters": (SECP256K1, PARAMETERS + written(SECP256K1, PrivateFormat.TraditionalOpenSSL)),
    "secp256k1, PKCS#8": (SECP256K1, written(SECP256K1, PrivateFormat.PKCS8)),
    "P-256, PKCS#8": (P256, written(P256, PrivateFormat.PKCS8)),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_principal_is_that_of_the_public_key(spelling):
    key, text = SPELLINGS[spelling]
    identity = parse_identity(text, "key")
    assert identity.public_key_der == public(key)
    assert identity.principal == principal_text(sha224(public(key)).digest() + b"\x02")
    assert not identity.is_anonymous


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_signature_holds(spelling):
    key, text = SPELLINGS[spelling]
    der, signature = parse_identity(text, "key").sign(MESSAGE)
    assert der is not None
    assert len(signature) == 64
    verifier = load_der_public_key(der)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        verifier.verify(signature, MESSAGE)
    else:
        r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
        verifier.verify(utils.encode_dss_signature(r, s), MESSAGE, ec.ECDSA(SHA256()))


@pytest.mark.parametrize("spelling", [name for name in SPELLINGS if not name.startswith("P-256")])
def test_ic_py_reads_the_same_principal(spelling):
    _, text = SPELLINGS[spelling]
    assert str(IcPyIdentity.from_pem(text).sender()) == parse_identity(text, "key").principal


def test_the_anonymous_caller_signs_nothing():
    assert ANONYMOUS.sign(MESSAGE) == (None, None)
    assert ANONYMOUS.principal == "2vxsx-fae"


def test_a_new_key_is_read_back(tmp_path):
    identity, text = new_identity()
    (tmp_path / "key.pem").write_text(text, encoding="utf-8")
    assert read_identity(tmp_path / "key.pem").principal == identity.principal


def test_a_key_is_not_shown():
    assert "signer" not in repr(new_identity()[0])


ENCRYPTED = written(SECP256K1, PrivateFormat.PKCS8, BestAvailableEncryption(b"password"))
OLD_ENCRYPTED = written(SECP256K1, PrivateFormat.TraditionalOpenSSL, BestAvailableEncryption(b"password"))
WRONG_CURVE = written(ec.generate_private_key(ec.SECP384R1()), PrivateFormat.PKCS8)
RSA = written(rsa.generate_private_key(65537, 2048), PrivateFormat.PKCS8)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it is not a PEM file"),
        ("mnemonic words", "it is not a PEM file"),
        (PARAMETERS, "it holds ec parameters and no plain private key"),
        (ENCRYPTED, "it holds encrypted private key and no plain private key"),
        (OLD_ENCRYPTED, "its key is encrypted"),
        (WRONG_CURVE, "Use Ed25519, secp256k1 or P-256"),
        (RSA, "Use Ed25519, secp256k1 or P-256"),
        (pem("PRIVATE KEY", b"\x30\x03\x02\x01\x00"), "its private key is damaged"),
        (pem("EC PRIVATE KEY", SECRET), "its private key is damaged"),
        ("-----BEGIN PRIVATE KEY-----\n§\n-----END PRIVATE KEY-----", "its private key is damaged"),
    ],
)
def test_what_is_no_key_is_told(text, words):
    with pytest.raises(BadSetting, match=words):
        parse_identity(text, "identity key.pem")


def test_a_file_that_is_missing_or_no_text(tmp_path):
    with pytest.raises(BadSetting, match="there is no such file"):
        read_identity(tmp_path / "none.pem")
    (tmp_path / "der.pem").write_bytes(b"\xff\xfe")
    with pytest.raises(BadSetting, match="it cannot be read"):
        read_identity(tmp_path / "der.pem")
