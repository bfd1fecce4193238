"""Bodies of requests and answers: size and type checked before anything is read, failures worded for a person."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cbor2

from kybra_replica.ingress.problems import BadRequest
from kybra_replica.network.hash_tree import byte_string

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

SELF_DESCRIBING = 55_799
"""CBOR's tag for "this is CBOR", in front of all that the IC sends."""

MAX_BODY_BYTES = 2 * 1024 * 1024 + 64 * 1024
"""2 MiB of message, as on the IC, and room for the envelope around it."""

_TEXT = "text/plain; charset=utf-8"
_CBOR = "application/cbor"
_LOG = logging.getLogger("kybra_replica")


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes
    media_type: str

    @classmethod
    def cbor(cls, value: object) -> Answer:
        """200 with `value` as self-describing CBOR."""
        return cls(200, cbor(value), _CBOR)

    @classmethod
    def certified(cls, certificate: bytes) -> Answer:
        """200 with the certificate that a call was replied to; the head never changes, so it is coded once."""
        return cls(200, _REPLIED + byte_string(certificate), _CBOR)

    async def send(self, send: Send) -> None:
        """Put it on the wire."""
        headers = [
            (b"content-type", self.media_type.encode()),
            (b"content-length", str(len(self.body)).encode()),
            (b"access-control-allow-origin", b"*"),
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def cbor(value: object) -> bytes:
    """`value` as self-describing CBOR."""
    return cbor2.dumps(cbor2.CBORTag(SELF_DESCRIBING, value))


_REPLIED = cbor({"status": "replied", "certificate": b""})[:-1]


class CborEndpoint:
    """An ASGI application that reads one CBOR body and gives it to `handler` with the request's scope."""

    def __init__(self, handler: Callable[[Scope, bytes], Awaitable[Answer]]) -> None:
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            _check_headers(scope)
            answer = await self._handler(scope, await _read(receive))
        except BadRequest as problem:
            answer = Answer(problem.status, problem.text.encode(), _TEXT)
        except _Gone:
            return
        except Exception:  # noqa: BLE001 - a stranger's request is answered, whatever is wrong with us
            _LOG.exception("a request to %s could not be answered", scope["path"])
            answer = Answer(500, b"The replica could not answer this request; its log says why.", _TEXT)
        await answer.send(send)


class _Gone(Exception):
    """The client went away before it had sent everything."""


def _check_headers(scope: Scope) -> None:
    content_type = b""
    for name, value in scope["headers"]:
        if name == b"content-type":
            content_type = value
        elif name == b"content-length" and (not value.isdigit() or int(value) > MAX_BODY_BYTES):
            raise _too_large()
    if content_type.partition(b";")[0].strip().lower() != _CBOR.encode():
        raise BadRequest(400, "Unexpected content-type, expected application/cbor.")


async def _read(receive: Receive) -> bytes:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise _Gone
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return _bounded(body)
    pieces, size = [body], len(body)
    while message.get("more_body", False):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _Gone
        piece: bytes = message.get("body", b"")
        pieces.append(piece)
        size += len(piece)
        if size > MAX_BODY_BYTES:
            raise _too_large()
    return b"".join(pieces)


def _bounded(body: bytes) -> bytes:
    if len(body) > MAX_BODY_BYTES:
        raise _too_large()
    return body


def _too_large() -> BadRequest:
    return BadRequest(413, f"The request is too large: a body has at most {MAX_BODY_BYTES} bytes. Send a module in chunks (upload_chunk).")
