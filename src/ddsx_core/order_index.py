"""Which block of the log tells of an order, without a row of its own for each order.

    1f|1c:2a,1e:2b,1f:2c        the highest order that was ever started; then order:block for the latest outcomes

The latest pairs stand in the state, which is written anyway; MAX_RECENT of them leave together for pages of 256 consecutive orders.
Orders are numbered densely, so that is an operation on one or two pages. An order above the highest was never started, which saves the
look-up for every new one. Numbers are hexadecimal.

Invariants (tests/core/payouts/test_order_index.py):
- ORDERS-1: an order is found in the line or in its page under the block that was noted last, and nowhere before it was noted.
"""

from __future__ import annotations

from collections.abc import Sequence

PAGE_BITS = 8
"""256 orders in a page: at most 34 characters each."""

MAX_RECENT = 64
"""Pairs in the state: some 10 characters each, so that every payment reads and writes 320 on average for what saves 1 M instructions."""

NO_ORDERS = "0|"


def latest_order(line: str) -> int:
    """The highest order that was ever started."""
    return int(line[: line.index("|")], 16)


def with_started(line: str, order: int) -> str:
    """The line after an order was started."""
    latest, _, recent = line.partition("|")
    return f"{order:x}|{recent}" if order > int(latest, 16) else line


def with_outcome(line: str, order: int, block: int) -> tuple[str, dict[int, str]]:
    """The line after a block told of an order, and the pairs that leave it, by page; none as long as there is room."""
    latest, _, recent = line.partition("|")
    recent = f"{recent},{order:x}:{block:x}" if recent else f"{order:x}:{block:x}"
    if recent.count(",") + 1 < MAX_RECENT:
        return f"{latest}|{recent}", {}
    pages: dict[int, str] = {}
    for pair in recent.split(","):
        page = int(pair[: pair.index(":")], 16) >> PAGE_BITS
        pages[page] = f"{pages[page]},{pair}" if page in pages else pair
    return f"{latest}|", pages


def joined(pages: Sequence[str | None]) -> str:
    """Pairs put together; the later ones hold."""
    return ",".join([page for page in pages if page])


def recent_pairs(line: str) -> str:
    """The pairs in the line."""
    return line.partition("|")[2]


def block_of(pairs: str, order: int) -> int | None:
    """The block noted last for an order, None when there is none."""
    _, found, rest = f",{pairs}".rpartition(f",{order:x}:")
    return int(rest.partition(",")[0], 16) if found else None


def page_of(order: int) -> int:
    """The page in which an order's pair belongs."""
    return order >> PAGE_BITS
