"""Messages that wait to be delivered, and the order in which they are.

The IC keeps requests between the same two canisters in order and promises nothing else. Without a chooser the oldest
message goes first; a chooser sees everything that may come next and picks, which is how a test explores other orders.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from kybra_replica.network.messages import IngressOrigin, Message, RequestMessage
from kybra_replica.principal import Principal

Chooser = Callable[[Sequence[Message]], int]
"""Given the messages that may be delivered next (oldest first), the index of the one that is."""


class Pool:
    """All messages in flight."""

    def __init__(self) -> None:
        self._waiting: deque[Message] = deque()
        self.chooser: Chooser | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, message: Message) -> None:
        self._waiting.append(message)

    def clear(self) -> None:
        self._waiting.clear()

    def waiting(self) -> list[Message]:
        """All messages, oldest first."""
        return list(self._waiting)

    def candidates(self) -> list[Message]:
        """What may be delivered next, oldest first."""
        taken: set[tuple[Principal, Principal]] = set()
        found: list[Message] = []
        for message in self._waiting:
            if isinstance(message, RequestMessage) and not isinstance(message.origin, IngressOrigin):
                pair = (message.sender, message.receiver)
                if pair in taken:
                    continue
                taken.add(pair)
            found.append(message)
        return found

    def take(self) -> Message:
        """Remove and answer the next message. Raises IndexError when there is none."""
        if self.chooser is None or len(self._waiting) < 2:
            return self._waiting.popleft()
        candidates = self.candidates()
        message = candidates[self.chooser(candidates)]
        self._waiting.remove(message)
        return message
