"""The bytes of a request, read into an envelope of known form with its request id.

Source: IC interface specification, sections "HTTPS Interface" and "CBOR encoding of requests and responses".
The texts of refusals are those of a replica.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, overload

from kybra_replica.ingress import fields
from kybra_replica.ingress.cbor import CborInvalid, read
from kybra_replica.ingress.content import (
    Authentication,
    CallContent,
    Content,
    Delegation,
    Envelope,
    Path,
    QueryContent,
    ReadStateContent,
    SenderInfo,
    SignedDelegation,
)
from kybra_replica.ingress.fields import FieldInvalid
from kybra_replica.ingress.problems import invalid
from kybra_replica.ingress.request_id import request_id
from kybra_replica.principal import MAX_BYTES, Principal

MAX_PATHS = 1000
MAX_LABELS = 127
"""How many labels a path may have."""

REQUEST_STATUS = b"request_status"
_REQUEST_ID_SIZE = 32

_BODY_NAMES = {"call": "call message", "query": "query message", "read_state": "read request"}
_COMMON = frozenset({"request_type", "sender", "ingress_expiry", "nonce"})
_METHOD_FIELDS = _COMMON | {"canister_id", "method_name", "arg", "sender_info"}
_READ_STATE_FIELDS = _COMMON | {"paths"}
_DELEGATION_FIELDS = frozenset({"pubkey", "expiration", "targets", "permissions"})
_SENDER_INFO_FIELDS = frozenset({"info", "signer", "sig"})


@overload
def read_envelope(body: bytes, request_type: Literal["call"]) -> Envelope[CallContent]: ...
@overload
def read_envelope(body: bytes, request_type: Literal["query"]) -> Envelope[QueryContent]: ...
@overload
def read_envelope(body: bytes, request_type: Literal["read_state"]) -> Envelope[ReadStateContent]: ...


def read_envelope(body: bytes, request_type: Literal["call", "query", "read_state"]) -> Envelope[Any]:
    """The request of the given type that `body` encodes.

    Fields that are null count as absent. Unknown fields are refused where a signature covers them (content, delegations), for what they
    mean is not known, and ignored around.
    Raises BadRequest (400) for what is not CBOR, fields that are missing or of another type, principals of more than 29 bytes, more than
    1000 paths, 127 labels in one or one request asked for, and a key without signature or the reverse.
    """
    try:
        envelope = fields.as_map(read(body))
        raw = fields.as_map(_required(envelope, "content"))
        content = _content(raw, request_type)
        authentication = _authentication(envelope)
    except (CborInvalid, FieldInvalid) as problem:
        raise invalid(f"Could not parse body as {_BODY_NAMES[request_type]}: {problem}") from None
    return Envelope(content, request_id(raw), authentication)


def _required(envelope: Mapping[Any, Any], name: str) -> Any:
    if name not in envelope:
        raise FieldInvalid(f"missing field `{name}`")
    return envelope[name]


def _content(raw: dict[Any, Any], request_type: str) -> Content:
    found = fields.text(raw, "request_type")
    if found != request_type:
        raise FieldInvalid(f"unknown variant `{fields.shown(found)}`, expected `{request_type}`")
    if request_type == "read_state":
        fields.refuse_unknown(raw, _READ_STATE_FIELDS)
        nonce = fields.optional_blob(raw, "nonce")
        return ReadStateContent(_paths(raw), _principal(raw, "sender"), fields.nat64(raw, "ingress_expiry"), nonce)
    fields.refuse_unknown(raw, _METHOD_FIELDS)
    kind = CallContent if request_type == "call" else QueryContent
    return kind(
        _principal(raw, "canister_id"),
        fields.text(raw, "method_name"),
        fields.blob(raw, "arg"),
        _principal(raw, "sender"),
        fields.nat64(raw, "ingress_expiry"),
        fields.optional_blob(raw, "nonce"),
        None if raw.get("sender_info") is None else _sender_info(raw["sender_info"]),
    )


def _principal(raw: Mapping[Any, Any], name: str) -> Principal:
    return Principal(_principal_bytes(fields.blob(raw, name), name))


def _principal_bytes(raw: bytes, name: str) -> bytes:
    if len(raw) > MAX_BYTES:
        raise invalid(f"Malformed request: {name} is no principal: {len(raw)} bytes, but at most {MAX_BYTES} are allowed")
    return raw


def _sender_info(value: object) -> SenderInfo:
    raw = fields.as_map(value)
    fields.refuse_unknown(raw, _SENDER_INFO_FIELDS)
    return SenderInfo(fields.blob(raw, "info"), _principal(raw, "signer"), fields.blob(raw, "sig"))


def _paths(raw: Mapping[Any, Any]) -> tuple[Path, ...]:
    found = fields.as_list(_required(raw, "paths"))
    paths = tuple([tuple([fields.as_bytes(label) for label in fields.as_list(path)]) for path in found])
    if len(paths) > MAX_PATHS:
        raise invalid(f"Too many paths in read state request: got {len(paths)} paths, but at most {MAX_PATHS} are allowed.")
    longest = max(map(len, paths), default=0)
    if longest > MAX_LABELS:
        raise invalid(
            f"At least one path in read state request is too deep: got {longest} labels, but at most {MAX_LABELS} are allowed."
        )
    asked = {path[1]: None for path in paths if len(path) > 1 and path[0] == REQUEST_STATUS}
    if len(asked) > 1:
        ids = " and ".join([f"0x{asked_for[:_REQUEST_ID_SIZE].hex()}" for asked_for in list(asked)[:2]])
        raise invalid(f"More than one non-unique request ID exists in request_status paths: {ids}.")
    return paths


def _authentication(envelope: Mapping[Any, Any]) -> Authentication | None:
    public_key = fields.optional_blob(envelope, "sender_pubkey")
    signature = fields.optional_blob(envelope, "sender_sig")
    delegations = fields.optional_list(envelope, "sender_delegation")
    if public_key is not None and signature is not None:
        return Authentication(public_key, signature, tuple([_signed_delegation(entry) for entry in delegations or ()]))
    if public_key is None and signature is None and delegations is None:
        return None
    raise invalid("Malformed request: Missing sender_pubkey or sender_sig: they must be present together, and with any sender_delegation")


def _signed_delegation(value: object) -> SignedDelegation:
    entry = fields.as_map(value)
    raw = fields.as_map(_required(entry, "delegation"))
    fields.refuse_unknown(raw, _DELEGATION_FIELDS)
    targets = fields.optional_list(raw, "targets")
    delegation = Delegation(
        fields.blob(raw, "pubkey"),
        fields.nat64(raw, "expiration"),
        None if targets is None else tuple([_principal_bytes(fields.as_bytes(target), "a delegation target") for target in targets]),
        fields.optional_text(raw, "permissions"),
    )
    return SignedDelegation(delegation, fields.blob(entry, "signature"))
