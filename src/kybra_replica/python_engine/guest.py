"""The border between the replica and a canister's code.

A trap on the IC ends the Wasm instance's execution at once: no `except`, no `finally`, no context manager of the canister
runs. Python exceptions cannot do that, so canister code runs in a greenlet of its own; to trap is to switch away from it
and never to come back. What is left of it is unwound with the System API closed to it, and the heap is restored after.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from typing import Any, NoReturn

from greenlet import GreenletExit, getcurrent, greenlet

from kybra_replica.system_api import Trap

MAX_FRAMES = 600
"""Python frames that a message may stack: the Wasm's own stack overflows at about 580 plain ones."""


class _Aborted:
    """What a guest hands over when it is left for good."""

    __slots__ = ("trap",)

    def __init__(self, trap: Trap) -> None:
        self.trap = trap


class Guest:
    """Runs functions of one canister."""

    def __init__(self) -> None:
        self._unwinding = False
        self._abandoned: list[object] = []

    def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call `function`; it is the outermost Python frame of its greenlet. Raises what it raises, and Trap."""
        child: greenlet = greenlet(function)
        outcome = child.switch(*arguments)
        if isinstance(outcome, _Aborted):
            self._unwind(child, lambda: child.throw(GreenletExit))
            raise outcome.trap
        return outcome

    def trap(self, trap: Trap) -> NoReturn:
        """Leave the running canister code for good; outside of a guest, simply raise."""
        parent = getcurrent().parent
        if parent is None:
            raise trap
        while True:
            parent.switch(_Aborted(trap))

    def check_open(self) -> None:
        """Called by every System API function: code that is being unwound gets no further."""
        if self._unwinding:
            self.trap(Trap("the message has trapped already"))

    def discard(self, generator: Generator[Any, Any, Any]) -> None:
        """Drop a suspended generator the way the Wasm does: nothing that its `finally` does has an effect."""
        child: greenlet = greenlet(generator.close)
        self._unwind(child, child.switch)

    def keep_aside(self, thing: object) -> None:
        """Keep something that must not be finalized while the canister lives."""
        self._abandoned.append(thing)

    def _unwind(self, child: greenlet, resume: Callable[[], Any]) -> None:
        self._unwinding = True
        try:
            resume()
        except BaseException:  # noqa: BLE001, S110 - whatever the dying code still raises dies with it
            pass
        finally:
            self._unwinding = False
        if not child.dead:
            self._abandoned.append(child)


def recursion_limit() -> int:
    """The interpreter's recursion limit under which canister code may stack `MAX_FRAMES` frames from here."""
    frame = sys._getframe()  # noqa: SLF001 - the only way to learn the depth
    depth = 0
    while frame is not None:
        depth += 1
        frame = frame.f_back  # type: ignore[assignment]
    return depth + MAX_FRAMES
