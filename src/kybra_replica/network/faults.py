"""Faults that a test asks for: what can go wrong between canisters, at a chosen place.

Each fault is armed for the n-th matching event and strikes once. Nothing here is random; a test that wants chance draws
it itself and can therefore repeat it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from kybra_replica.network.messages import RequestMessage, ResponseMessage
from kybra_replica.principal import Principal

INTERNAL = "<ic-cdk internal>"
"""Methods by which a canister's own timers call it begin so; only a fault that names one strikes them."""


@dataclass(slots=True)
class _Countdown:
    remaining: int
    canister: Principal | None
    method: str | None

    def strikes(self, canister: Principal, method: str) -> bool:
        if self.canister not in (None, canister) or self.method not in (None, method):
            return False
        if self.method is None and method.startswith(INTERNAL):
            return False
        self.remaining -= 1
        return self.remaining == 0


@dataclass(slots=True)
class Faults:
    """The armed faults of a subnet. `canister` and `method` narrow down which events count; `nth` counts from 1."""

    _traps: list[_Countdown] = field(default_factory=list)
    _dropped_replies: list[_Countdown] = field(default_factory=list)
    _delayed_replies: list[_Countdown] = field(default_factory=list)
    _failed_requests: list[_Countdown] = field(default_factory=list)
    _held: list[ResponseMessage] = field(default_factory=list)
    release: Callable[[ResponseMessage], None] | None = None

    def trap_at_await(self, nth: int = 1, *, canister: Principal | None = None, method: str | None = None) -> None:
        """The `nth` callback of `canister` (in answer to `method`) traps: everything after that await is undone."""
        self._traps.append(_Countdown(nth, canister, method))

    def drop_reply(self, nth: int = 1, *, callee: Principal | None = None, method: str | None = None) -> None:
        """The callee runs and commits, but its caller is told SYS_UNKNOWN instead of the answer."""
        self._dropped_replies.append(_Countdown(nth, callee, method))

    def delay_reply(self, nth: int = 1, *, callee: Principal | None = None, method: str | None = None) -> None:
        """The answer is held back until `deliver_delayed`."""
        self._delayed_replies.append(_Countdown(nth, callee, method))

    def fail_request(self, nth: int = 1, *, callee: Principal | None = None, method: str | None = None) -> None:
        """The call never reaches the callee; its caller is told SYS_TRANSIENT."""
        self._failed_requests.append(_Countdown(nth, callee, method))

    def deliver_delayed(self) -> int:
        """Put the answers that were held back on their way, in the order in which they were given; how many."""
        held, self._held = self._held, []
        for message in held:
            if self.release is not None:
                self.release(message)
        return len(held)

    def clear(self) -> None:
        """Disarm everything that has not struck; answers held back go on their way."""
        for armed in (self._traps, self._dropped_replies, self._delayed_replies, self._failed_requests):
            armed.clear()
        self.deliver_delayed()

    @property
    def held(self) -> int:
        """How many answers are being held back."""
        return len(self._held)

    def callback_traps(self, canister: Principal, method: str) -> bool:
        """Whether this callback is one that traps."""
        return _strike(self._traps, canister, method)

    def reply_is_dropped(self, message: ResponseMessage) -> bool:
        """Whether this answer gets lost."""
        return _strike(self._dropped_replies, message.sender, message.method)

    def holds(self, message: ResponseMessage) -> bool:
        """Whether this answer is held back; it is kept here then."""
        if not _strike(self._delayed_replies, message.sender, message.method):
            return False
        self._held.append(message)
        return True

    def request_fails(self, message: RequestMessage) -> bool:
        """Whether this call gets lost."""
        return _strike(self._failed_requests, message.receiver, message.method)


def _strike(armed: list[_Countdown], canister: Principal, method: str) -> bool:
    struck = [countdown for countdown in armed if countdown.strikes(canister, method)]
    for countdown in struck:
        armed.remove(countdown)
    return bool(struck)
