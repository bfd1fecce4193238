"""Requests as clients sign them, written from the interface specification and sharing no code with the replica.

    identity = Ed25519Identity(b"buyer")
    body = encode(envelope(identity, call(canister_id, "transfer", arg, expiry_ns)))

An identity has `principal` and `public_key` (DER) and signs bytes; `delegate` makes one that signs for another by a temporary key.
"""

from signing.canister import CanisterIdentity, certificate
from signing.identities import Anonymous, Delegated, Ed25519Identity, Identity, P256Identity, Secp256k1Identity, delegate
from signing.requests import call, encode, envelope, hash_of_map, query, read_state, request_id
from signing.webauthn import WebAuthnIdentity

__all__ = [
    "Anonymous",
    "CanisterIdentity",
    "Delegated",
    "Ed25519Identity",
    "Identity",
    "P256Identity",
    "Secp256k1Identity",
    "WebAuthnIdentity",
    "call",
    "certificate",
    "delegate",
    "encode",
    "envelope",
    "hash_of_map",
    "query",
    "read_state",
    "request_id",
]
