"""Canister signatures: a canister signs by certifying a tree in which the signed message is.

Source: IC interface specification, sections "Canister signatures" and "Certification". One subnet, so certificates carry no delegation.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from kybra_replica.ingress import fields
from kybra_replica.ingress.cbor import CborInvalid, read
from kybra_replica.ingress.fields import FieldInvalid
from kybra_replica.ingress.problems import SignatureInvalid
from kybra_replica.ingress.witness import leaf_at, root_hash
from kybra_replica.network import bls
from kybra_replica.principal import MAX_BYTES, Principal

_STATE_ROOT_DOMAIN = b"\x0dic-state-root"
_TREE_DEPTH = 160
"""Trees nest by their forks: some 20 for a million of canisters, twice that for a canister's own red-black tree."""


class CertificateChecker:
    """Checks certificates of the subnet with the given root key (DER, 133 bytes). Raises ValueError when it is not one."""

    def __init__(self, root_key: bytes) -> None:
        self._key = bls.VerifyingKey(root_key)

    def certified_data(self, certificate: bytes, canister: Principal) -> bytes:
        """What the certificate says that `canister` certified. Raises CborInvalid or FieldInvalid where it does not hold."""
        content = fields.as_map(read(certificate, _TREE_DEPTH))
        if content.get("delegation") is not None:
            raise FieldInvalid("the certificate is of another subnet")
        tree = content.get("tree")
        root = root_hash(tree)
        data = leaf_at(tree, (b"canister", canister.raw, b"certified_data"))
        if data is None:
            raise FieldInvalid("the certificate shows no certified data of the canister")
        if not self._key.verify(fields.blob(content, "signature"), _STATE_ROOT_DOMAIN + root):
            raise FieldInvalid("the certificate is not signed with the root key")
        return data


class CanisterKey:
    """The key of a canister and a seed: each seed makes another key."""

    __slots__ = ("_certificates", "_seed_hash", "canister")

    def __init__(self, content: bytes, certificates: CertificateChecker) -> None:
        """`content`: the length of the canister's id in a byte, the id, the seed. Raises SignatureInvalid."""
        size = content[0] if content else MAX_BYTES + 1
        if size > MAX_BYTES or len(content) <= size:
            raise SignatureInvalid("it holds no canister id")
        self.canister = Principal(content[1 : 1 + size])
        self._seed_hash = sha256(content[1 + size :]).digest()
        self._certificates = certificates

    def verify(self, signature: bytes, message: bytes) -> None:
        """Raises SignatureInvalid unless the canister has certified a tree that holds `message` under this key's seed."""
        try:
            self._check(fields.as_map(read(signature, _TREE_DEPTH)), message)
        except (CborInvalid, FieldInvalid) as problem:
            raise SignatureInvalid(f"Invalid canister signature: {problem}") from None

    def _check(self, parts: dict[Any, Any], message: bytes) -> None:
        tree = parts.get("tree")
        root = root_hash(tree)
        if leaf_at(tree, (b"sig", self._seed_hash, sha256(message).digest())) != b"":
            raise FieldInvalid("the signature's tree does not show the message")
        if self._certificates.certified_data(fields.blob(parts, "certificate"), self.canister) != root:
            raise FieldInvalid("the certified data is not the root hash of the signature's tree")
