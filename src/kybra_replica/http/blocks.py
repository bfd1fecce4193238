"""When blocks are made, and who waits for them.

One task makes all blocks. Requests that arrive while a block is being made, or in the same turn of the event loop, go into the
next one together: its one commit to disk and its one signature serve them all.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kybra_replica.node.node import Node

ANSWER_WITHIN_S = 10.0
"""A synchronous call that takes longer is answered 202, and its caller polls."""

LONGEST_PAUSE_S = 60.0
"""A block is made so often even if nothing happens: old answers are forgotten in blocks."""

_LOG = logging.getLogger("kybra_replica")


class Blocks:
    """The block maker of one node."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._wake = asyncio.Event()
        self._made: asyncio.Future[None] | None = None
        self._waiting: dict[bytes, list[asyncio.Future[bool]]] = {}
        self._patience: deque[tuple[float, bytes, asyncio.Future[bool]]] = deque()
        """Until when each waits, earliest first; with those that have been answered since."""
        self._task: asyncio.Task[None] | None = None
        self.stopped = asyncio.Event()
        """Set when no more blocks can be made."""

    def start(self) -> None:
        """Begin to make blocks. Call it in the event loop."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Make no more blocks."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def finished(self, request_id: bytes) -> bool:
        """Wait until the request has its answer, on disk; False when that takes longer than `ANSWER_WITHIN_S`."""
        if self._node.is_finished(request_id):
            return True
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bool] = loop.create_future()
        self._waiting.setdefault(request_id, []).append(future)
        self._wake.set()
        # One alarm for all that wait: a timer of its own for each would cost as much as signing its answer.
        if not self._patience:
            loop.call_later(ANSWER_WITHIN_S, self._give_up)
        self._patience.append((loop.time() + ANSWER_WITHIN_S, request_id, future))
        return await future

    async def saved(self) -> None:
        """Wait until everything that was submitted so far is on disk."""
        if self._made is None:
            self._made = asyncio.get_running_loop().create_future()
        self._wake.set()
        await asyncio.shield(self._made)

    def _give_up(self) -> None:
        """Whoever has waited for long enough is told so."""
        loop = asyncio.get_running_loop()
        while self._patience and self._patience[0][0] <= loop.time():
            _, request_id, future = self._patience.popleft()
            if not future.done():
                self._waiting.pop(request_id, None)
                future.set_result(False)
        if self._patience:
            loop.call_at(self._patience[0][0], self._give_up)

    async def _run(self) -> None:
        try:
            while True:
                await self._something_to_do()
                await self._gather()
                self._make()
        except asyncio.CancelledError:
            raise
        except BaseException:  # noqa: BLE001 - whatever it was, the next block must not be made on top of half of this one
            _LOG.exception("the replica stops: a block could not be made or kept; what was answered before is on disk")
            self.stopped.set()

    async def _something_to_do(self) -> None:
        """Wait for a call, or until a timer or a heartbeat is due."""
        pause = min(self._node.seconds_to_next_block(), LONGEST_PAUSE_S)
        if pause > 0:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._wake.wait(), pause)
        self._wake.clear()

    async def _gather(self) -> None:
        """Let every request that is already on this machine arrive before the block is closed."""
        before = -1
        while before != self._node.submitted:
            before = self._node.submitted
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    def _make(self) -> None:
        made, self._made = self._made, None
        for request_id in self._node.make_block():
            for future in self._waiting.pop(request_id, ()):
                if not future.done():
                    future.set_result(True)
        if made is not None:
            made.set_result(None)

