"""A client made for load: requests signed beforehand, connections kept open, answers read and timed but not checked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import cast

import uvloop


@dataclass(frozen=True, slots=True)
class Load:
    """How a run went: calls a second, and in seconds the time of each call but a connection's first, which waits until it is accepted."""

    rate: float
    times: list[float]

    def percentile(self, share: float) -> float:
        """The time within which `share` of the calls were answered."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Refused(Exception):
    """An answer that is not 200, or none."""


def run(host: str, port: int, path: str, bodies: list[bytes], callers: int) -> Load:
    """Post all bodies to `path` from `callers` connections, each sending its next when its last is answered."""
    return uvloop.run(_run(host, port, path, bodies, callers))


async def _run(host: str, port: int, path: str, bodies: list[bytes], callers: int) -> Load:
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/cbor\r\nContent-Length: "
    waiting = iter([f"{head}{len(body)}\r\n\r\n".encode() + body for body in bodies])
    times: list[float] = []
    loop = asyncio.get_running_loop()
    clients = [_Caller(waiting, times, loop.create_future()) for _ in range(callers)]
    start = perf_counter()
    for client in clients:
        await loop.create_connection(lambda client=client: client, host, port)  # type: ignore[misc]
    await asyncio.gather(*(client.done for client in clients))
    return Load(len(bodies) / (perf_counter() - start), times)


class _Caller(asyncio.Protocol):
    """One connection. A protocol rather than streams: the client must not take the machine from what it measures."""

    def __init__(self, waiting: Iterator[bytes], times: list[float], done: asyncio.Future[None]) -> None:
        self._waiting = waiting
        self._times = times
        self.done = done
        self._is_first = True
        self._received = b""
        self._expected: int | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do what asyncio.Transport does without being any.
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if self._expected is None and b"\r\n\r\n" in self._received:
            self._expected = self._length_of_answer()
        if self._expected is not None and len(self._received) >= self._expected:
            if not self._is_first:
                self._times.append(perf_counter() - self._sent)
            self._is_first = False
            self._send()

    def connection_lost(self, problem: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(Refused(f"the replica closed the connection: {problem}"))

    def _send(self) -> None:
        self._received, self._expected = b"", None
        request = next(self._waiting, None)
        if request is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._sent = perf_counter()
        self._transport.write(request)

    def _length_of_answer(self) -> int:
        head, _, _ = self._received.partition(b"\r\n\r\n")
        if head[9:12] != b"200" and not self.done.done():
            self.done.set_exception(Refused(f"the replica answered {self._received.decode(errors='replace')}"))
        position = head.lower().index(b"content-length:") + 15
        return len(head) + 4 + int(head[position:].partition(b"\r")[0])
