"""What an execution was told by the world outside of its heap, written down so that it can be told the same once more.

An execution follows from its entry point, its `Environment`, the heap, and what it reads in stable memory; beside these only
whether a call found room in a queue and how many instructions were counted can differ. A `Recorder` notes those answers as they are
given. A `Replayer` gives them again and nothing else happens; each answer is bound to the question by a digest, so that code which
asks something else is found out at that question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Protocol

from kybra_replica.principal import Principal
from kybra_replica.system_api.trap import Trap

DIGEST_BYTES = 8


class Diverged(Trap):
    """Replayed code asked or did something else than when it was recorded; no canister code catches it."""


class Cells(Protocol):
    """What the System API needs of a store."""

    def get(self, space: bytes, key: bytes) -> bytes | None: ...
    def put(self, space: bytes, key: bytes, value: bytes) -> bytes | None: ...
    def delete(self, space: bytes, key: bytes) -> bytes | None: ...
    def count(self, space: bytes) -> int: ...
    def items(self, space: bytes) -> Iterable[tuple[bytes, bytes]]: ...


class Journal(Cells, Protocol):
    """Stands between the System API and everything whose answers are recorded."""

    def can_call(self, callee: Principal, performed: int) -> bool: ...
    def counted(self, kind: int, instructions: int) -> int: ...


Question = tuple[str, bytes, bytes, bytes]
"""Name, space, key, value."""

Answer = Any
"""What CBOR holds: bytes, None, a number, a list of pairs."""


@dataclass(frozen=True, slots=True)
class Step:
    """A question's digest, and the answer."""

    digest: bytes
    answer: Answer


class Recorder:
    """Passes every question on and notes the answer."""

    __slots__ = ("_can_call", "_store", "asked")

    def __init__(self, store: Cells, can_call: Callable[[Principal, int], bool]) -> None:
        self._store = store
        self._can_call = can_call
        self.asked: list[tuple[str, bytes, bytes, bytes, Answer]] = []
        """Questions with their answers. Digests are made only of what is kept."""

    def get(self, space: bytes, key: bytes) -> bytes | None:
        answer = self._store.get(space, key)
        self.asked.append(("get", space, key, b"", answer))
        return answer

    def put(self, space: bytes, key: bytes, value: bytes) -> bytes | None:
        answer = self._store.put(space, key, value)
        self.asked.append(("put", space, key, value, answer))
        return answer

    def delete(self, space: bytes, key: bytes) -> bytes | None:
        answer = self._store.delete(space, key)
        self.asked.append(("delete", space, key, b"", answer))
        return answer

    def count(self, space: bytes) -> int:
        answer = self._store.count(space)
        self.asked.append(("count", space, b"", b"", answer))
        return answer

    def items(self, space: bytes) -> list[tuple[bytes, bytes]]:
        answer = list(self._store.items(space))
        self.asked.append(("items", space, b"", b"", answer))
        return answer

    def can_call(self, callee: Principal, performed: int) -> bool:
        answer = self._can_call(callee, performed)
        self.asked.append(("can_call", callee.raw, b"%d" % performed, b"", answer))
        return answer

    def counted(self, kind: int, instructions: int) -> int:
        self.asked.append(("counted", b"%d" % kind, b"", b"", instructions))
        return instructions

    def steps(self) -> list[Step]:
        """What a `Replayer` needs."""
        return [Step(digest(question[:4]), question[4]) for question in self.asked]


class Replayer:
    """Answers as recorded. Raises Diverged when the next question is not the one that was asked then."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._steps = iter(steps)

    def get(self, space: bytes, key: bytes) -> bytes | None:
        answer: bytes | None = self._next(("get", space, key, b""))
        return answer

    def put(self, space: bytes, key: bytes, value: bytes) -> bytes | None:
        answer: bytes | None = self._next(("put", space, key, value))
        return answer

    def delete(self, space: bytes, key: bytes) -> bytes | None:
        answer: bytes | None = self._next(("delete", space, key, b""))
        return answer

    def count(self, space: bytes) -> int:
        return int(self._next(("count", space, b"", b"")))

    def items(self, space: bytes) -> Iterator[tuple[bytes, bytes]]:
        answer: list[tuple[bytes, bytes]] = self._next(("items", space, b"", b""))
        yield from answer

    def can_call(self, callee: Principal, performed: int) -> bool:
        return bool(self._next(("can_call", callee.raw, b"%d" % performed, b"")))

    def counted(self, kind: int, instructions: int) -> int:
        return int(self._next(("counted", b"%d" % kind, b"", b"")))

    def finish(self) -> None:
        """Raise Diverged when something was asked then and not now."""
        if next(self._steps, None) is not None:
            raise Diverged("it ended before it had asked all that it asked when it ran first")

    def _next(self, question: Question) -> Answer:
        step = next(self._steps, None)
        if step is None or step.digest != digest(question):
            raise Diverged(f"it asked {question[0]} with other arguments, or at another moment, than when it ran first")
        return step.answer


def digest(parts: Iterable[str | bytes]) -> bytes:
    """Eight bytes that tell these parts from others."""
    found = blake2b(digest_size=DIGEST_BYTES)
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        found.update(len(data).to_bytes(8, "big"))
        found.update(data)
    return found.digest()
