"""Every kind of key and signature, each beside the nearest that does not hold."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode

import cbor2
import pytest
from ingress_requests import USER, accepted, call, check, refusal_of, refused

import signing
from signing.der import subject_public_key_info
from signing.identities import self_authenticating

P256 = signing.P256Identity(b"p256")
SECP256K1 = signing.Secp256k1Identity(b"secp256k1")
PLAIN = {"Ed25519": USER, "P-256": P256, "secp256k1": SECP256K1}
DEVICES = {algorithm: signing.WebAuthnIdentity(b"device", algorithm) for algorithm in ("ES256", "EdDSA", "RS256")}


class KeyOnly:
    """An identity whose key is any bytes; it signs nothing that would hold."""

    def __init__(self, public_key):
        self.public_key = public_key
        self.principal = self_authenticating(public_key)

    def sign(self, message):
        return bytes(64)


def with_signature(identity, change):
    """The user's call, its signature changed."""
    envelope = signing.envelope(identity, call())
    return {**envelope, "sender_sig": change(envelope["sender_sig"])}


def test_the_keys_are_the_documented_bytes():
    assert [len(identity.public_key) for identity in (USER, P256, SECP256K1)] == [44, 91, 88]
    assert USER.public_key.startswith(bytes.fromhex("302a300506032b6570032100"))
    assert P256.public_key.startswith(bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004"))
    assert SECP256K1.public_key.startswith(bytes.fromhex("3056301006072a8648ce3d020106052b8104000a03420004"))
    assert DEVICES["ES256"].public_key.startswith(bytes.fromhex("305e300c060a2b0601040183b8430101034e00a5010203262001215820"))


@pytest.mark.parametrize("identity", [*PLAIN.values(), *DEVICES.values()], ids=[*PLAIN, *DEVICES])
def test_a_signature_holds_for_its_request_and_no_other(validator, identity):
    accepted(validator, identity)
    other = signing.envelope(identity, call(nonce=b"other"))["sender_sig"]
    assert refusal_of(with_signature(identity, lambda _: other), validator).startswith("Invalid signature: ")


@pytest.mark.parametrize("identity", PLAIN.values(), ids=PLAIN)
def test_plain_signatures_have_64_bytes(validator, identity):
    longer = [lambda held: held + b"\0", lambda held: held[:32] + b"\0" + held[32:], lambda held: b"\0" + held]
    for change in (*longer, lambda held: held[:-1], lambda held: b"", lambda held: b"\0" + held[:-1]):
        text = refusal_of(with_signature(identity, change), validator)
        assert text.startswith("Invalid signature: Invalid basic signature: ")


@pytest.mark.parametrize("identity", [P256, SECP256K1], ids=["P-256", "secp256k1"])
def test_both_halves_of_s_are_accepted(validator, identity):
    def other_half(signature):
        s = int.from_bytes(signature[32:], "big")
        return signature[:32] + (identity.order - s).to_bytes(32, "big")

    assert check(validator, with_signature(identity, lambda held: held))
    assert check(validator, with_signature(identity, other_half))


@pytest.mark.parametrize("identity", [P256, SECP256K1], ids=["P-256", "secp256k1"])
def test_numbers_of_signatures_are_in_range(validator, identity):
    order = identity.order.to_bytes(32, "big")
    zero, most = bytes(32), b"\xff" * 32
    for r, s in ((zero, zero), (order, order), (most, most)):
        assert refusal_of(with_signature(identity, lambda _, both=r + s: both), validator).startswith("Invalid signature: ")
    for number in (zero, order, most):
        assert refusal_of(with_signature(identity, lambda held, r=number: r + held[32:]), validator).startswith("Invalid signature: ")
        assert refusal_of(with_signature(identity, lambda held, s=number: held[:32] + s), validator).startswith("Invalid signature: ")


def test_a_signature_of_one_kind_is_none_of_another(validator):
    for identity in PLAIN.values():
        for other in PLAIN.values():
            if other is not identity:
                assert refusal_of(with_signature(identity, lambda _, by=other: by.sign(b"x")), validator).startswith("Invalid signature: ")


POINT = P256.public_key[-65:]
P256_HEAD = P256.public_key[:-65]
BAD_KEYS = {
    "nothing": b"",
    "a byte": b"\x30",
    "no length": b"\x30\x80",
    "one byte more": USER.public_key + b"\0",
    "one byte less": USER.public_key[:-1],
    "a longer length than it needs": b"\x30\x81" + USER.public_key[1:],
    "another algorithm": USER.public_key.replace(b"\x2b\x65\x70", b"\x2b\x65\x71"),
    "unused bits": USER.public_key.replace(b"\x03\x21\x00", b"\x03\x21\x01"),
    "a short Ed25519 key": bytes.fromhex("3029300506032b6570032000") + bytes(31),
    "a point off the curve": P256_HEAD + POINT[:-1] + bytes([POINT[-1] ^ 1]),
    "a point of the other curve": SECP256K1.public_key[:-65] + POINT,
    "a compressed point": bytes.fromhex("3039301306072a8648ce3d020106082a8648ce3d030107032200") + bytes([2 + POINT[-1] % 2]) + POINT[1:33],
    "the point at infinity": bytes.fromhex("3019301306072a8648ce3d020106082a8648ce3d0301070302") + b"\0\0",
    "a COSE key that is not CBOR": subject_public_key_info(1, b"\xff"),
    "a COSE key that is no map": subject_public_key_info(1, b"\x80"),
    "a canister key without canister": subject_public_key_info(2, b""),
    "a canister key with half a canister": subject_public_key_info(2, b"\x0a" + bytes(9)),
    "a canister key with a long canister": subject_public_key_info(2, b"\x1e" + bytes(30)),
}


@pytest.mark.parametrize("key", BAD_KEYS.values(), ids=BAD_KEYS)
def test_what_is_no_key_is_said_to_be_none(validator, key):
    assert refused(validator, KeyOnly(key)).startswith("Invalid signature: Invalid public key: ")


COSE = DEVICES["ES256"].cose
RSA = DEVICES["RS256"].cose
BAD_COSE_KEYS = {
    "another type": {**COSE, 1: 1},
    "another algorithm": {**COSE, 3: -35},
    "another curve": {**COSE, -1: 2},
    "no y": {name: value for name, value in COSE.items() if name != -3},
    "the sign of y for y": {**COSE, -3: True},
    "a short x": {**COSE, -2: COSE[-2][:-1]},
    "off the curve": {**COSE, -3: COSE[-2]},
    "no algorithm": {name: value for name, value in COSE.items() if name != 3},
    "Ed25519 with a short key": {**DEVICES["EdDSA"].cose, -2: bytes(31)},
    "Ed25519 on another curve": {**DEVICES["EdDSA"].cose, -1: 7},
    "RSA of 2047 bits": {**RSA, -1: (2**2047 - 1).to_bytes(256, "big")},
    "RSA of 8193 bits": {**RSA, -1: (2**8192 + 1).to_bytes(1025, "big")},
    "RSA with a huge exponent": {**RSA, -2: RSA[-1]},
    "RSA with an even exponent": {**RSA, -2: b"\2"},
    "RSA with exponent 1": {**RSA, -2: b"\1"},
    "RSA without exponent": {name: value for name, value in RSA.items() if name != -2},
    "RSA with SHA-1": {**RSA, 3: -65_535},
}


@pytest.mark.parametrize("cose", BAD_COSE_KEYS.values(), ids=BAD_COSE_KEYS)
def test_what_is_no_key_of_a_device_is_said_to_be_none(validator, cose):
    key = KeyOnly(subject_public_key_info(1, cbor2.dumps(cose)))
    assert refused(validator, key).startswith("Invalid signature: Invalid public key: it is not a COSE key: ")


@pytest.mark.parametrize("algorithm", DEVICES)
def test_a_cose_key_may_say_more(validator, algorithm):
    class Verbose(signing.WebAuthnIdentity):
        def __init__(self):
            super().__init__(b"device", algorithm)
            self.public_key = subject_public_key_info(1, cbor2.dumps({2: b"key id", **self.cose}))
            self.principal = self_authenticating(self.public_key)

    accepted(validator, Verbose())


def device_with(client_data):
    class Device(signing.WebAuthnIdentity):
        def client_data(self, message):
            return client_data(message)

    return Device(b"device")


def challenge(message, **more):
    return json.dumps({"challenge": urlsafe_b64encode(message).rstrip(b"=").decode(), **more})


def test_the_client_data_may_be_text_or_bytes_and_say_more(validator):
    accepted(validator, device_with(lambda message: challenge(message, crossOrigin=False, origin="https://é.example")))
    accepted(validator, device_with(lambda message: challenge(message).encode()))


BAD_CLIENT_DATA = {
    "another challenge": lambda message: challenge(message + b"x"),
    "the challenge without its domain": lambda message: challenge(message[11:]),
    "padding": lambda message: challenge(message).replace('"}', '="}'),
    "standard base64": lambda message: json.dumps({"challenge": message.hex()}),
    "no challenge": lambda message: "{}",
    "a challenge that is no text": lambda message: '{"challenge": 1}',
    "no object": lambda message: "[]",
    "no JSON": lambda message: "challenge",
    "bytes that are not UTF-8": lambda message: b"\xff\xfe",
    "deep JSON": lambda message: "[" * 100_000,
    "a number of many digits": lambda message: "1" * 100_000,
}


@pytest.mark.parametrize("client_data", BAD_CLIENT_DATA.values(), ids=BAD_CLIENT_DATA)
def test_the_challenge_is_the_request(validator, client_data):
    assert refused(validator, device_with(client_data)).startswith("Invalid signature: WebAuthn error: ")


@pytest.mark.parametrize("algorithm", DEVICES)
@pytest.mark.parametrize("part", ["authenticator_data", "client_data_json", "signature"])
def test_every_part_of_an_assertion_counts(validator, algorithm, part):
    def changed(value):
        def change(signature):
            parts = dict(cbor2.loads(signature[3:]))
            return cbor2.dumps({**parts, part: value(parts[part])})

        return refusal_of(with_signature(DEVICES[algorithm], change), validator)

    assert check(validator, with_signature(DEVICES[algorithm], lambda held: held[3:]))
    assert changed(lambda held: held[:-1]).startswith("Invalid signature: WebAuthn error: ")
    assert changed(lambda held: None).startswith("Invalid signature: WebAuthn error: ")
    assert changed(lambda held: held + (" " if isinstance(held, str) else b"\0")).startswith("Invalid signature: WebAuthn error: ")
