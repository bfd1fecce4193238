"""Asynchronous methods: Kybra's driver of generators, one call a `yield`.

A function's result that has `send` is driven: what it yields is either another generator, which is driven to its end and
whose result is sent back, or a call to make, whose outcome is sent back. Each call ends the message; the task waits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kybra_replica.python_engine import rust
from kybra_replica.python_engine.services import CallPlan, ReplyUnreadable
from kybra_replica.system_api import RejectCode

if TYPE_CHECKING:
    from kybra_replica.python_engine.diary import Execution
    from kybra_replica.python_engine.engine import PythonEngine

_PLAIN = (int, str, bytes, list, dict, tuple, type(None), float)

_SERVICE_CALLS = {"call": None, "call_with_payment": "u64", "call_with_payment128": "u128"}
_RAW_CALLS = {"call_raw": "u64", "call_raw128": "u128"}


def is_generator(value: object) -> bool:
    """Whether the driver drives it: whether it has an attribute `send`."""
    return not isinstance(value, _PLAIN) and hasattr(value, "send")


@dataclass(slots=True, eq=False)
class Task:
    """Generators on top of each other, and what to do with the result of the lowest one.

    `finish` gets the result; `swallow` drops exceptions instead of trapping (timers' generators).
    """

    stack: list[Any]
    finish: Callable[[Any], None]
    swallow: bool = False
    waiting_for: CallPlan | None = None
    driven_by: Execution | None = None
    """The execution that drove it last, where executions are recorded."""

    def resume(self, engine: PythonEngine, value: Any) -> bool:
        """Send `value` in and run to the next call or to the end; whether the task now waits for a call."""
        self.waiting_for = None
        while self.stack:
            try:
                yielded = engine.guest.run(self.stack[-1].send, value)
            except StopIteration as stop:
                self.stack.pop()
                value = stop.value
                continue
            if is_generator(yielded):
                self.stack.append(yielded)
                value = None
                continue
            plan = _read_call(engine, yielded)
            code = engine.send(plan, self)
            if code == 0:
                self.waiting_for = plan
                return True
            value = engine.call_result(None, rejection(code, "Couldn't send message"))
        self.finish(value)
        return False

    def reply(self, engine: PythonEngine, data: bytes) -> bool:
        """The awaited call was answered; as `resume`."""
        plan = self.waiting_for
        assert plan is not None
        try:
            value = plan.read_reply(data)
        except ReplyUnreadable as problem:
            text = f"failed to decode canister response as {plan.method}'s declared type: {problem}"
            return self.resume(engine, engine.call_result(None, rejection(RejectCode.CANISTER_ERROR, text)))
        if engine.meter is not None:
            engine.meter.reply_read(plan, value)
        return self.resume(engine, engine.call_result(value, None))

    def reject(self, engine: PythonEngine, code: int, message: str) -> bool:
        """The awaited call was rejected; as `resume`."""
        return self.resume(engine, engine.call_result(None, rejection(code, message)))


def rejection(code: int, message: str) -> str:
    """The text in `CallResult.Err`."""
    return f"Rejection code {int(code)}, {message}"


def _read_call(engine: PythonEngine, yielded: Any) -> CallPlan:
    name = rust.to_str(yielded.name)
    arguments = list(rust.elements(yielded.args))
    if name in _SERVICE_CALLS:
        return engine.services.call(arguments, _SERVICE_CALLS[name])
    if name in _RAW_CALLS:
        return engine.services.raw(arguments, _RAW_CALLS[name])
    raise SystemError(f"async operation '{name}' not supported")
