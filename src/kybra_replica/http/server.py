"""Running the application on a port."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Callable

import uvicorn

from kybra_replica.http.app import Application
from kybra_replica.http.connections import Connection
from kybra_replica.node.node import Node

SHUT_DOWN_WITHIN_S = 3
KEEP_ALIVE_S = 90
"""An idle connection stays open longer than clients keep theirs, so that none writes a request to one that is just being closed."""

GARBAGE_THRESHOLDS = (50_000, 10, 10)
"""For `gc.set_threshold`. What a replica holds is large, alive and free of cycles: looking through it as often as CPython does by itself
only takes time from a busy replica."""


class PortTaken(Exception):
    """Somebody else listens there; the text says what to do."""


def open_socket(host: str, port: int) -> socket.socket:
    """A socket bound to `host` and `port` (0: any free one). Raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as problem:
        listener.close()
        raise PortTaken(
            f"cannot listen on {host} port {port}: {problem.strerror}. Another replica may run there: choose --port, or 0 for a free one"
        ) from None
    return listener


def serve(node: Node, listener: socket.socket, announce: Callable[[], None]) -> bool:
    """Answer requests until a signal ends it; False when it had to stop by itself. `announce` is called once it answers."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    return asyncio.run(_serve(node, listener, announce)) if not _uvloop() else _uvloop_run(node, listener, announce)


def _uvloop() -> bool:
    try:
        import uvloop  # noqa: F401, PLC0415 - there is none on Windows
    except ModuleNotFoundError:
        return False
    return True


def _uvloop_run(node: Node, listener: socket.socket, announce: Callable[[], None]) -> bool:
    import uvloop  # noqa: PLC0415 - there is none on Windows

    return bool(uvloop.run(_serve(node, listener, announce)))


async def _serve(node: Node, listener: socket.socket, announce: Callable[[], None]) -> bool:
    app = Application(node)
    config = uvicorn.Config(
        app,
        http=Connection,
        log_level="warning",
        access_log=False,
        lifespan="on",
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=SHUT_DOWN_WITHIN_S,
    )
    server = _Server(config, announce)
    broken = asyncio.create_task(app.blocks.stopped.wait())
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await asyncio.wait({broken, serving}, return_when=asyncio.FIRST_COMPLETED)
    failed = broken.done()
    server.should_exit = True
    broken.cancel()
    await serving
    return not failed


class _Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._announce()
