"""Signed answers to queries. Source: IC interface specification, "Request: Query call", on node signatures."""

from __future__ import annotations

from hashlib import sha256

from kybra_replica.candid.leb128 import encode_unsigned
from kybra_replica.network.messages import Reply, Response
from kybra_replica.network.node_key import NodeKey

RESPONSE_DOMAIN = b"\x0bic-response"


def signed(key: NodeKey, response: Response, request_id: bytes, time_ns: int) -> dict[str, object]:
    """The body of the answer to a query, with the node's signature. `time_ns` is when it was answered."""
    signature = {"timestamp": time_ns, "signature": sign(key, response, request_id, time_ns), "identity": key.node_id.raw}
    if isinstance(response, Reply):
        return {"status": "replied", "reply": {"arg": response.data}, "signatures": [signature]}
    return {
        "status": "rejected",
        "reject_code": int(response.code),
        "reject_message": response.message,
        "error_code": response.error_code,
        "signatures": [signature],
    }


def sign(key: NodeKey, response: Response, request_id: bytes, time_ns: int) -> bytes:
    """64 bytes: the signature of the response to the query `request_id` at `time_ns`."""
    fields = [_REQUEST_ID + sha256(request_id).digest(), _TIMESTAMP + sha256(encode_unsigned(time_ns)).digest()]
    if isinstance(response, Reply):
        reply = sha256(_ARG + sha256(response.data).digest()).digest()
        fields += [_REPLIED, _REPLY + reply]
    else:
        fields += [
            _REJECTED,
            _REJECT_CODE + sha256(encode_unsigned(int(response.code))).digest(),
            _REJECT_MESSAGE + sha256(response.message.encode()).digest(),
            _ERROR_CODE + sha256(response.error_code.encode()).digest(),
        ]
    fields.sort()
    return key.sign(RESPONSE_DOMAIN + sha256(b"".join(fields)).digest())


def _hash(text: str) -> bytes:
    return sha256(text.encode()).digest()


_ARG, _REPLY, _REQUEST_ID, _TIMESTAMP = map(_hash, ("arg", "reply", "request_id", "timestamp"))
_REJECT_CODE, _REJECT_MESSAGE, _ERROR_CODE = map(_hash, ("reject_code", "reject_message", "error_code"))
_REPLIED, _REJECTED = (_hash("status") + _hash(status) for status in ("replied", "rejected"))
