"""Recorded work on its way from a registry to the splitter: what is open, what is sealed, what has arrived.

Work is counted in records. What contributors append is added up as *open work*, a text of `principal=weight` pairs joined by commas, in
the order of their first appearance. When it holds MAX_OPEN_CONTRIBUTORS, or somebody wants it settled, it is *sealed* under the next
number and never changes again. Batches are delivered in order of their numbers and sent again until acknowledged, so each unit of work is
counted exactly once. Batch 0 opens the stream's account book and carries no work; it counts as sealed from the stream's beginning.

Invariants:
- OUTBOX-1: the weights of all sealed batches and of the open work add up to the records of the stream.
- OUTBOX-2: 0 <= delivered <= sealed; a sealed batch is found in the outbox until it is acknowledged.
"""

from __future__ import annotations

from ddsx_core.refused import Refused

MAX_OPEN_CONTRIBUTORS = 32
"""Contributors in one batch: keeps the value that every append rewrites below 3 kB, and a batch far below `limits.MAX_BATCH_WORK`."""

MAX_WORK_CHARS = 32 * (63 + 1 + 20) + 31
"""The longest work text: principals of 63 characters, weights of 20 digits (nat64), commas between."""


def add_work(open_work: str, contributor: str, weight: int) -> str:
    """Open work after `contributor` (a principal as text) has done `weight` more units of it.

    Cost: one search and a few slices, whatever the number of contributors.
    """
    if not open_work:
        return f"{contributor}={weight}"
    # A comma before the name: one principal's text may end like another's.
    before, found, rest = ("," + open_work).partition(f",{contributor}=")
    if not found:
        return f"{open_work},{contributor}={weight}"
    digits, comma, after = rest.partition(",")
    return f"{before},{contributor}={int(digits) + weight}{comma}{after}"[1:]


def is_full(open_work: str) -> bool:
    """Whether open work must be sealed now, before the next append."""
    return open_work.count("=") >= MAX_OPEN_CONTRIBUTORS


def work_items(work: str) -> list[tuple[str, int]]:
    """The (contributor, weight) pairs of a work text, in its order. Cost: about 40 k instructions a pair."""
    if not work:
        return []
    pairs = [pair.split("=") for pair in work.split(",")]
    return [(contributor, int(weight)) for contributor, weight in pairs]


def acknowledged(sealed: int, delivered: int, sent: int, expected: int) -> int:
    """How many batches have arrived, after the splitter answered batch `sent` with the number that it expects next.

    Answers may come late and out of order, so the number never falls.
    Refuses: TemporarilyUnavailable when the answer cannot be: it still expects what it took, or what was never sealed.
    """
    if not sent < expected <= sealed:
        raise unavailable(f"the splitter took batch {sent} of {sealed} and expects batch {expected}")
    return max(delivered, expected)


def unavailable(reason: str) -> Refused:
    """Work could not be handed over now; it stays sealed and is sent again."""
    return Refused("TemporarilyUnavailable", {"reason": reason})
