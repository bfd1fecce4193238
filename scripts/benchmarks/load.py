"""A client made for load: requests signed beforehand, connections kept open, answers read and timed but not checked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Load:
    """How a run went: calls a second, and each call's time in seconds."""

    rate: float
    times: list[float]

    def percentile(self, share: float) -> float:
        """The time within which `share` of the calls were answered."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Refused(Exception):
    """An answer that is not 200."""


def run(host: str, port: int, path: str, bodies: list[bytes], callers: int) -> Load:
    """Post all bodies to `path` from `callers` connections, each sending its next when its last is answered."""
    return asyncio.run(_run(host, port, path, bodies, callers))


async def _run(host: str, port: int, path: str, bodies: list[bytes], callers: int) -> Load:
    waiting = iter(bodies)
    times: list[float] = []
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/cbor\r\nContent-Length: "

    async def caller() -> None:
        reader, writer = await asyncio.open_connection(host, port)
        for body in waiting:
            start = perf_counter()
            writer.write(f"{head}{len(body)}\r\n\r\n".encode() + body)
            status, answer = await _answer(reader)
            times.append(perf_counter() - start)
            if status != 200:
                raise Refused(f"the replica answered {status}: {answer.decode(errors='replace')}")
        writer.close()

    start = perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    return Load(len(bodies) / (perf_counter() - start), times)


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    position = head.lower().index(b"content-length:") + 15
    length = int(head[position : head.index(b"\r", position)])
    return int(head[9:12]), await reader.readexactly(length)
