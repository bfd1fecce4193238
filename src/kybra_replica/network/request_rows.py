"""Requests as rows of the store: CBOR arrays that begin with the number of their format.

`[1, stage, expiry_ns, sender, receiver]`, then for a pending request its number, for a replied one when and the reply, for a
rejected one when, code, message and error code.
"""

from __future__ import annotations

from typing import Any

import cbor2

from kybra_replica.network.messages import Reject, Reply
from kybra_replica.network.request_entries import Entry, Stage, parties, receiver_in, sender_in
from kybra_replica.system_api import RejectCode

SPACE = b"\x00requests"
"""The rows, by request id."""
LIMITS = b"\x00requests.limits"
"""Under `EXPIRED_UNTIL`: requests whose expiry is before this time (8 bytes, big-endian) may have been forgotten."""
EXPIRED_UNTIL = b"expired_until"

_FORMAT = 1


def to_row(entry: Entry) -> bytes:
    """The row of a request."""
    row = [_FORMAT, int(entry.stage), entry.expiry_ns, sender_in(entry.parties), receiver_in(entry.parties)]
    if entry.stage <= Stage.PROCESSING:
        row.append(entry.number)
    elif isinstance(entry.response, Reply):
        row += [entry.finished_ns, entry.response.data]
    elif isinstance(entry.response, Reject):
        reject = entry.response
        row += [entry.finished_ns, int(reject.code), reject.message.encode(errors="replace").decode(), reject.error_code]
    return cbor2.dumps(row)


def from_row(row: bytes) -> Entry:
    """The request of a row. Raises ValueError for a row of another format."""
    version, stage, expiry_ns, sender, receiver, *rest = _array(row)
    if version != _FORMAT:
        raise ValueError(f"requests are kept in format {version}, this release reads {_FORMAT}")
    entry = Entry(Stage(stage), parties(sender, receiver), expiry_ns)
    if entry.stage <= Stage.PROCESSING:
        (entry.number,) = rest
    elif entry.stage is Stage.REPLIED:
        finished_ns, data = rest
        entry.answer(Reply(data), finished_ns)
    elif entry.stage is Stage.REJECTED:
        finished_ns, code, message, error_code = rest
        entry.answer(Reject(RejectCode(code), message, error_code), finished_ns)
    return entry


def _array(row: bytes) -> list[Any]:
    array: list[Any] = cbor2.loads(row)
    return array
