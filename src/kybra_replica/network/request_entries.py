"""One request from outside: how far it has got, what was answered, and how the certified state shows it.

Source: IC interface specification, section "The system state tree", paths under `/request_status`.
"""

from __future__ import annotations

from enum import IntEnum

from kybra_replica.candid.leb128 import encode_unsigned
from kybra_replica.network.hash_tree import Labeled, Node, fork, labeled, leaf, level
from kybra_replica.network.id_tree import NEVER
from kybra_replica.network.messages import Reply, Response
from kybra_replica.principal import MAX_BYTES

ANSWER_LIFETIME_NS = 300 * 1_000_000_000
"""How long an answer is kept: clients wait for five minutes."""

_LATEST_NS = 2**64 - 2


class Stage(IntEnum):
    """How far a request has got, in the order in which it gets there; replied and rejected are two ends of one stage."""

    RECEIVED = 0
    PROCESSING = 1
    REPLIED = 2
    REJECTED = 3
    DONE = 4

    @property
    def label(self) -> str:
        """As the state tree spells it."""
        return self.name.lower()


_STATUS: tuple[Labeled, ...] = tuple(labeled(b"status", leaf(stage.label.encode())) for stage in Stage)
DONE_TREE = _STATUS[Stage.DONE]
"""What is shown of a request whose answer is no longer kept."""


class Entry:
    """A request with its sender and receiver (as `parties`), its expiry and, where it has one, its answer."""

    __slots__ = ("expiry_ns", "finished_ns", "number", "parties", "response", "stage")

    def __init__(self, stage: Stage, parties: bytes, expiry_ns: int, number: int = 0) -> None:
        self.stage = stage
        self.parties = parties
        self.expiry_ns = expiry_ns
        self.number = number
        self.response: Response | None = None
        self.finished_ns = 0

    def answer(self, response: Response, now_ns: int) -> None:
        """Take the answer."""
        self.stage = Stage.REPLIED if isinstance(response, Reply) else Stage.REJECTED
        self.response = response
        self.finished_ns = now_ns

    def forget_answer(self) -> None:
        """Keep that there was an answer, and nothing of it."""
        self.stage = Stage.DONE
        self.response = None

    @property
    def answer_until_ns(self) -> int:
        """Until when its answer is kept, if there is room."""
        return self.finished_ns + ANSWER_LIFETIME_NS

    @property
    def answer_bytes(self) -> int:
        """What of its answer varies in size."""
        if self.response is None:
            return 0
        return len(self.response.data if isinstance(self.response, Reply) else self.response.message)

    @property
    def note(self) -> bytes:
        """What an `IdTree` keeps with the request: when it may be forgotten, and whose it is."""
        if self.stage <= Stage.PROCESSING:
            return NEVER + self.parties
        until = self.expiry_ns if self.stage is Stage.DONE else max(self.expiry_ns, self.answer_until_ns)
        return min(until, _LATEST_NS).to_bytes(8, "big") + self.parties

    @classmethod
    def done(cls, note: bytes) -> Entry:
        """A request of which only the note is left."""
        return cls(Stage.DONE, note[8:], int.from_bytes(note[:8], "big"))

    @property
    def tree(self) -> Node:
        """What stands under the request's id in the state tree."""
        status = _STATUS[self.stage]
        if self.response is None:
            return status
        if isinstance(self.response, Reply):
            return fork(labeled(b"reply", leaf(self.response.data)), status)
        # A lone surrogate can stand in a Python text, but in no UTF-8.
        message = self.response.message.encode(errors="replace")
        error_code = [labeled(b"error_code", leaf(self.response.error_code.encode()))] if self.response.error_code else []
        reject_code = labeled(b"reject_code", leaf(encode_unsigned(int(self.response.code))))
        return level([*error_code, reject_code, labeled(b"reject_message", leaf(message)), status])


def parties(sender: bytes, receiver: bytes) -> bytes:
    """Two principals in 60 bytes."""
    return bytes((len(sender),)) + sender.ljust(MAX_BYTES, b"\0") + bytes((len(receiver),)) + receiver.ljust(MAX_BYTES, b"\0")


def sender_in(parties: bytes) -> bytes:
    """The first of the two."""
    return parties[1 : 1 + parties[0]]


def receiver_in(parties: bytes) -> bytes:
    """The second of the two."""
    start = MAX_BYTES + 1
    return parties[start + 1 : start + 1 + parties[start]]
