"""A client of the IC's HTTP interface that shares no code with the replica's side of it: every field of a request can be chosen.

Requests are built as dicts, signed over the representation-independent hash, and sent on a connection that is kept open.
Answers are read without being verified. Source: IC interface specification, "HTTPS interface" and "Request id".
"""

from __future__ import annotations

import http.client
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Protocol

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kybra_replica.principal import ANONYMOUS, Principal

SELF_DESCRIBING = bytes.fromhex("d9d9f7")
"""CBOR's tag 55799, in front of what the IC sends."""

REQUEST_DOMAIN = b"\x0aic-request"
DELEGATION_DOMAIN = b"\x1aic-request-auth-delegation"
SECOND_NS = 1_000_000_000
IDLE_S = 30
"""A connection that was not used for so long may have been closed."""

Content = dict[str, Any]
Tree = list[Any]


# identities --------------------------------------------------------------------------------------------------------------


class Key(Protocol):
    """What signs: `der` is its public half."""

    @property
    def der(self) -> bytes: ...

    def sign(self, message: bytes) -> bytes: ...


class Ed25519Key:
    def __init__(self, seed: bytes | None = None) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed or os.urandom(32))
        self.der = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


class EcdsaKey:
    """secp256k1 or P-256, signing as the IC has it: r and s of 32 bytes each, over SHA-256."""

    def __init__(self, curve: ec.EllipticCurve) -> None:
        self._key = ec.generate_private_key(curve)
        self.der = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, message: bytes) -> bytes:
        r, s = decode_dss_signature(self._key.sign(message, ec.ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


@dataclass(frozen=True)
class Identity:
    """Who calls: a key, or a key (`signer`) that another (`key`) delegated to by `delegations`. None of it: anonymous."""

    key: Key | None = None
    signer: Key | None = None
    delegations: tuple[dict[str, Any], ...] = ()

    @property
    def principal(self) -> Principal:
        return ANONYMOUS if self.key is None else Principal.self_authenticating(self.key.der)

    def seal(self, content: Content) -> Content:
        """The authenticated envelope of `content`."""
        if self.key is None:
            return {"content": content}
        signer = self.signer or self.key
        envelope = {"content": content, "sender_pubkey": self.key.der, "sender_sig": signer.sign(REQUEST_DOMAIN + request_id(content))}
        return {**envelope, "sender_delegation": list(self.delegations)} if self.delegations else envelope

    def delegate(
        self, to: Key, *, expiration_ns: int | None = None, targets: Sequence[Principal] | None = None, permissions: str | None = None
    ) -> Identity:
        """The same identity with `to` signing for it."""
        assert self.key is not None
        delegation: dict[str, Any] = {"pubkey": to.der, "expiration": expiration_ns or time.time_ns() + 600 * SECOND_NS}
        if targets is not None:
            delegation["targets"] = [target.raw for target in targets]
        if permissions is not None:
            delegation["permissions"] = permissions
        signature = (self.signer or self.key).sign(DELEGATION_DOMAIN + hash_of(delegation))
        return Identity(self.key, to, (*self.delegations, {"delegation": delegation, "signature": signature}))


def ed25519(seed: bytes | None = None) -> Identity:
    return Identity(Ed25519Key(seed))


# requests ----------------------------------------------------------------------------------------------------------------


def hash_of(value: object) -> bytes:
    """The representation-independent hash of a value."""
    if isinstance(value, Mapping):
        return sha256(b"".join(sorted(sha256(key.encode()).digest() + hash_of(item) for key, item in value.items()))).digest()
    if isinstance(value, (list, tuple)):
        return sha256(b"".join(hash_of(item) for item in value)).digest()
    if isinstance(value, int):
        return sha256(_leb128(value)).digest()
    return sha256(value.encode() if isinstance(value, str) else bytes(value)).digest()  # type: ignore[call-overload]


def _leb128(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes((*out, value))


def request_id(content: Content) -> bytes:
    return hash_of(content)


def content(kind: str, canister: Principal, method: str, argument: bytes, sender: Principal, **changes: Any) -> Content:
    """The content of a call or query, good for four minutes; `changes` replace fields."""
    return {
        "request_type": kind,
        "canister_id": canister.raw,
        "method_name": method,
        "arg": argument,
        "sender": sender.raw,
        "ingress_expiry": time.time_ns() + 240 * SECOND_NS,
        "nonce": os.urandom(16),
    } | changes


def read_state_content(paths: Sequence[Sequence[bytes]], sender: Principal, **changes: Any) -> Content:
    return {
        "request_type": "read_state",
        "paths": [list(path) for path in paths],
        "sender": sender.raw,
        "ingress_expiry": time.time_ns() + 240 * SECOND_NS,
    } | changes


def pack(value: object) -> bytes:
    """Self-describing CBOR."""
    return SELF_DESCRIBING + cbor2.dumps(value)


def unpack(data: bytes) -> Any:
    """What CBOR says, tagged or not, in plain dicts and lists."""
    return cbor2.loads(data.removeprefix(SELF_DESCRIBING))


# answers -----------------------------------------------------------------------------------------------------------------


class Rejected(Exception):
    """The canister, or the replica for it, rejected a call."""

    def __init__(self, code: int, message: str, error_code: str) -> None:
        super().__init__(f"{code} {error_code}: {message}")
        self.code = code
        self.message = message
        self.error_code = error_code


class Refused(Exception):
    """The replica refused a request; `text` says why."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"{status}: {text}")
        self.status = status
        self.text = text


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def leaf(tree: Tree, *path: bytes) -> bytes | None:
    """What stands at `path` of a hash tree; None for what it does not show."""
    if not path:
        return bytes(tree[1]) if tree[0] == 3 else None
    if tree[0] == 1:
        found = leaf(tree[1], *path)
        return leaf(tree[2], *path) if found is None else found
    return leaf(tree[2], *path[1:]) if tree[0] == 2 and bytes(tree[1]) == path[0] else None


def lookup(tree: Tree, *path: bytes) -> str:
    """What a hash tree says of `path`: "found", "absent" (proved to be), or "unknown"."""
    found, below = _find(tree, path[0])
    if found != "found":
        return "unknown" if found == "unknown" else "absent"
    return "found" if len(path) == 1 else lookup(below, *path[1:])


def _find(tree: Tree, label: bytes) -> tuple[str, Tree]:
    if tree[0] == 2:
        shown = bytes(tree[1])
        return ("found" if label == shown else "above" if label > shown else "below"), tree[2]
    if tree[0] == 1:
        left, below = _find(tree[1], label)
        if left not in {"above", "unknown"}:
            return left, below
        right, below = _find(tree[2], label)
        if right == "below":
            return ("absent" if left == "above" else "unknown"), below
        return right, below
    return ("unknown" if tree[0] == 4 else "absent"), tree


def tree_of(certificate: bytes) -> Tree:
    tree: Tree = unpack(certificate)["tree"]
    return tree


def request_status(certificate: bytes, request: bytes) -> str | None:
    found = leaf(tree_of(certificate), b"request_status", request, b"status")
    return None if found is None else found.decode()


def certified_reply(certificate: bytes, request: bytes) -> bytes:
    """The reply to a request. Raises Rejected, and LookupError where there is neither reply nor reject."""
    tree = tree_of(certificate)
    reply = leaf(tree, b"request_status", request, b"reply")
    if reply is not None:
        return reply
    names = (b"reject_code", b"reject_message", b"error_code")
    code, message, error_code = (leaf(tree, b"request_status", request, name) for name in names)
    if code is None or message is None:
        raise LookupError(f"the request is {request_status(certificate, request)}")
    raise Rejected(code[0], message.decode(), (error_code or b"").decode())


@dataclass
class Client:
    """A connection to a replica, opened when it is first needed and after it broke."""

    host: str
    port: int
    timeout_s: float = 30
    _open: http.client.HTTPConnection | None = field(default=None, repr=False)
    _used_at: float = field(default=0, repr=False)

    def send(self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """One HTTP request. Raises OSError or HTTPException when the replica goes away."""
        self._begin(method, path, body, headers or {})
        return self.finish()

    def begin(self, path: str, body: bytes) -> None:
        """Post without waiting for the answer, which `finish` gives."""
        self._begin("POST", path, body, {"content-type": "application/cbor"})

    def _begin(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> None:
        if time.monotonic() - self._used_at > IDLE_S:
            self.close()
        self._used_at = time.monotonic()
        if self._open is None:
            self._open = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout_s)
        try:
            self._open.request(method, path, body, dict(headers))
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def finish(self) -> Answer:
        """The answer to what was begun."""
        assert self._open is not None
        try:
            answer = self._open.getresponse()
            received = Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if answer.will_close:
            self.close()
        return received

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def post(self, path: str, body: bytes) -> Answer:
        return self.send("POST", path, body, {"content-type": "application/cbor"})

    def call(
        self, canister: Principal, method: str, argument: bytes, identity: Identity, *, effective: Principal | None = None, **changes: Any
    ) -> bytes:
        """Update call; the reply. Raises Rejected, Refused."""
        request = content("call", canister, method, argument, identity.principal, **changes)
        return self.call_sealed(effective or canister, request, pack(identity.seal(request)))

    def call_sealed(self, effective: Principal, request: Content, body: bytes) -> bytes:
        """The same with an envelope made before: sent again, it is the same request."""
        answer = self.post(f"/api/v4/canister/{effective}/call", body)
        if answer.status != 200:
            raise Refused(answer.status, answer.text)
        said = unpack(answer.body)
        if said["status"] != "replied":
            raise Rejected(said["reject_code"], said["reject_message"], said["error_code"])
        return certified_reply(said["certificate"], request_id(request))

    def query(self, canister: Principal, method: str, argument: bytes, identity: Identity, **changes: Any) -> bytes:
        """Query; the reply. Raises Rejected, Refused."""
        request = content("query", canister, method, argument, identity.principal, **changes)
        answer = self.post(f"/api/v3/canister/{canister}/query", pack(identity.seal(request)))
        if answer.status != 200:
            raise Refused(answer.status, answer.text)
        said = unpack(answer.body)
        if said["status"] != "replied":
            raise Rejected(said["reject_code"], said["reject_message"], said["error_code"])
        reply: bytes = said["reply"]["arg"]
        return reply

    def read_state(self, effective: Principal, paths: Sequence[Sequence[bytes]], identity: Identity, **changes: Any) -> bytes:
        """The certificate for `paths`. Raises Refused."""
        request = read_state_content(paths, identity.principal, **changes)
        answer = self.post(f"/api/v3/canister/{effective}/read_state", pack(identity.seal(request)))
        if answer.status != 200:
            raise Refused(answer.status, answer.text)
        certificate: bytes = unpack(answer.body)["certificate"]
        return certificate
