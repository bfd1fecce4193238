"""A dishonest middleman: forwards requests to a replica and changes its answers on the way back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from raw_client import Client, pack, unpack

Change = Callable[[str, dict[str, Any]], dict[str, Any]]
"""From the last part of the path (`call`, `query`, `read_state`, `status`) and the decoded answer to the new one."""


@contextmanager
def tampering(host: str, port: int, change: Change) -> Iterator[str]:
    """A proxy in front of a replica; its URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _forward(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = self.rfile.read(length) if length else None
            client = Client(host, port)
            answer = client.send(self.command, self.path, body, {"content-type": self.headers.get("content-type") or ""})
            client.close()
            changed = answer.body
            if answer.status == 200 and answer.headers.get("content-type") == "application/cbor":
                changed = pack(change(self.path.rsplit("/", 1)[-1], unpack(answer.body)))
            self.send_response(answer.status)
            self.send_header("content-type", answer.headers.get("content-type", ""))
            self.send_header("content-length", str(len(changed)))
            self.end_headers()
            self.wfile.write(changed)

        do_GET = do_POST = _forward  # noqa: N815 - the names are the base class's

        def log_message(self, format: str, *values: object) -> None:  # noqa: A002 - the name is the base class's
            """Nothing: a refused answer is what the test is about."""

    server = ThreadingHTTPServer((host, 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://{host}:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
