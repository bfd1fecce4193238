"""Connections that put an answer on the wire with one system call.

uvicorn writes head and body one after the other, and uvloop sends each at once: two packets, and the client woken twice, which for a
small answer is a tenth of all that it costs.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class Connection(HttpToolsProtocol):
    """An HTTP connection to one client."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(cast("asyncio.Transport", GatheringTransport(cast("asyncio.Transport", transport), self.loop)))


class GatheringTransport:
    """A transport that holds a piece back until the next is written, the turn of the event loop ends, or it closes.

    It does not wait for the turn to end once it has two: a block's answers are made in one turn, and their readers shall not wait for
    the last of them.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held = b""

    def write(self, data: bytes) -> None:
        """Send `data` with what was held back, or hold it back."""
        if self._held:
            self._held += data
            self._flush()
        else:
            self._held = data
            self._loop.call_soon(self._flush)

    def close(self) -> None:
        """Send what was held back, and close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._held:
            held, self._held = self._held, b""
            self._transport.write(held)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
