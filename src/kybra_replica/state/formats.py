"""What is written where: spaces of the store, codecs of the rows, and the number of the format.

No canister's spaces begin with a zero byte. Numbers in keys have eight bytes. A canister is known by its place: the how-manieth it was
on this disk, which keeps canisters in their order.
"""

from __future__ import annotations

from dataclasses import dataclass

from kybra_replica.network.canister import CallContext, Canister, PendingCall
from kybra_replica.network.faults import Faults
from kybra_replica.network.messages import Reject, Reply, RequestMessage, ResponseMessage
from kybra_replica.network.subnet import Subnet
from kybra_replica.rows import row_codec

FORMAT = 1
"""Rises when rows of before can no longer be read as they stand."""

SUBNET_SPACE = b"\x00subnet"
CANISTERS_SPACE = b"\x00canisters"
CONTEXTS_SPACE = b"\x00contexts"
PENDING_SPACE = b"\x00pending"
HEAPS_SPACE = b"\x00heaps"
POOL_SPACE = b"\x00pool"
ANSWERS_SPACE = b"\x00answers"
SPACES = (SUBNET_SPACE, CANISTERS_SPACE, CONTEXTS_SPACE, PENDING_SPACE, HEAPS_SPACE, POOL_SPACE, ANSWERS_SPACE)

FORMAT_KEY, SUBNET_KEY, FAULTS_KEY = b"format", b"subnet", b"faults"


class StateUnreadable(Exception):
    """The directory holds a state that this version cannot load; the text says why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that waits to be delivered."""

    message: RequestMessage | ResponseMessage


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a call from outside; None while it runs."""

    response: Reply | Reject | None


SUBNET_ELSEWHERE = frozenset({
    "store", "canisters", "pool", "faults", "answers", "observers", "certify", "open_module", "prints", "system_traps", "on_disk",
    "management",
})  # fmt: skip
"""Fields of a subnet that have rows of their own, or that whoever makes the subnet gives it."""

CANISTER_ELSEWHERE = frozenset({"engine", "contexts", "pending", "open_calls"})
"""The same for a canister; its open calls are counted from those that are pending."""

SUBNET = row_codec(Subnet, SUBNET_ELSEWHERE)
CANISTER = row_codec(Canister, CANISTER_ELSEWHERE)
CONTEXT = row_codec(CallContext)
PENDING = row_codec(PendingCall)
FAULTS = row_codec(Faults, frozenset({"release"}))
WAITING = row_codec(Waiting)
ANSWER = row_codec(Answer)


def number(value: int) -> bytes:
    """As keys have it."""
    return value.to_bytes(8, "big")
