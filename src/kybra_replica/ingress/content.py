"""What requests say, as values: the contents of calls, queries and reads of the state, and the envelope around each.

Source: IC interface specification, sections "Request: Call", "Request: Query call", "Request: Read state" and "Authentication".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from kybra_replica.principal import Principal

Path = tuple[bytes, ...]
"""The labels that lead to a place in the state tree."""


@dataclass(frozen=True, slots=True)
class SenderInfo:
    """What a signing canister says of the sender: `info` for the receiver, signed with the sender's canister signature key."""

    info: bytes
    signer: Principal
    signature: bytes


@dataclass(frozen=True, slots=True)
class CallContent:
    """An update call. `ingress_expiry`: ns since 1970, after which it may not be executed."""

    canister_id: Principal
    method_name: str
    arg: bytes
    sender: Principal
    ingress_expiry: int
    nonce: bytes | None = None
    sender_info: SenderInfo | None = None


@dataclass(frozen=True, slots=True)
class QueryContent:
    """A query call. `ingress_expiry`: ns since 1970."""

    canister_id: Principal
    method_name: str
    arg: bytes
    sender: Principal
    ingress_expiry: int
    nonce: bytes | None = None
    sender_info: SenderInfo | None = None


@dataclass(frozen=True, slots=True)
class ReadStateContent:
    """A question for parts of the state tree. `ingress_expiry`: ns since 1970."""

    paths: tuple[Path, ...]
    sender: Principal
    ingress_expiry: int
    nonce: bytes | None = None


Content = CallContent | QueryContent | ReadStateContent
ContentT = TypeVar("ContentT", CallContent, QueryContent, ReadStateContent)


@dataclass(frozen=True, slots=True)
class Delegation:
    """A key that may sign in place of another until `expiration` (ns since 1970).

    `targets`: the canisters that it may be used for, None for all. `permissions`: "all", "queries" or, where it was absent, None.
    """

    public_key: bytes
    expiration: int
    targets: tuple[bytes, ...] | None
    permissions: str | None


@dataclass(frozen=True, slots=True)
class SignedDelegation:
    """A delegation and the signature of the key that it stands in for."""

    delegation: Delegation
    signature: bytes


@dataclass(frozen=True, slots=True)
class Authentication:
    """How a request is signed: by the last of `delegations`, or by `public_key` (DER) itself where there are none."""

    public_key: bytes
    signature: bytes
    delegations: tuple[SignedDelegation, ...] = ()


@dataclass(frozen=True, slots=True)
class Envelope(Generic[ContentT]):
    """A request as it was sent. Nothing of it is checked but its form; `authentication` is None when it carries no signature.

    `request_id` is the hash of the content (32 bytes).
    """

    content: ContentT
    request_id: bytes
    authentication: Authentication | None
