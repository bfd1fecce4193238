"""Which blocks of the log tell of a payout that went well, without a row of its own for each.

    1f:2c:2e,20:31:33        payout 1f was opened in block 2c and paid in block 2e

A payout that its ledger carried out at the first attempt is told whole by these two blocks; all others have rows. The latest entries stand
in the desk, which is written anyway; MAX_RECENT of them leave together for pages of PAGE_PAYOUTS consecutive payouts. Payouts are numbered
densely, so that is an operation on one or two pages. Numbers are hexadecimal.

Invariants (tests/core/payouts/test_payout_index.py):
- PAYINDEX-1: a payout is found in the text or in its page under the blocks that were noted, and nowhere before they were noted.
"""

from __future__ import annotations

from ddsx_core.cycles_rules import is_canister
from ddsx_core.money_log import Field
from ddsx_core.payment_rules import PAID
from ddsx_core.payout_rules import NO_BLOCK, Payout
from ddsx_core.refused import Broken
from ddsx_core.units import Nanoseconds, PrincipalText, Units

PAGE_BITS = 8
"""256 payouts in a page: at most 51 characters each."""

MAX_RECENT = 32
"""Entries in the desk: some 15 characters each, so that every payment reads and writes 240 on average for what saves a row."""

_Block = tuple[str, int, list[Field], str]
"""Type, time, fields and parent, as `money_log.decode_block` gives them."""


def with_paid(recent: str, number: int, opened: int, paid: int) -> tuple[str, dict[int, str]]:
    """The text after a payout was paid, and the entries that leave it, by page; none as long as there is room."""
    entry = f"{number:x}:{opened:x}:{paid:x}"
    recent = f"{recent},{entry}" if recent else entry
    if recent.count(",") + 1 < MAX_RECENT:
        return recent, {}
    pages: dict[int, str] = {}
    for left in recent.split(","):
        page = page_of(int(left[: left.index(":")], 16))
        pages[page] = f"{pages[page]},{left}" if page in pages else left
    return "", pages


def blocks_of(entries: str, number: int) -> tuple[int, int] | None:
    """The blocks in which a payout was opened and paid, None when it is not among the entries."""
    _, found, rest = f",{entries}".partition(f",{number:x}:")
    if not found:
        return None
    opened, _, paid = rest.partition(",")[0].partition(":")
    return int(opened, 16), int(paid, 16)


def page_of(number: int) -> int:
    """The page in which a payout's entry belongs."""
    return number >> PAGE_BITS


def payout_in_blocks(opened: _Block, paid: _Block) -> Payout:
    """The payout that two blocks tell of, paid at the first attempt. Breaks: on other blocks."""
    btype, ts, fields, _ = opened
    paid_type, _, paid_fields, _ = paid
    if (btype, paid_type) != ("ddsx:payout", "ddsx:paid") or fields[0] != paid_fields[0]:
        raise Broken("blocks that should tell of a payout do not")
    _, payee, ledger, _, amount, fee, to = fields
    now, block = Nanoseconds(ts), NO_BLOCK if is_canister(str(to)) else int(paid_fields[1])
    whom = (PrincipalText(str(payee)), str(to), PAID, "", int(ledger))
    return Payout(*whom, Units(int(amount)), Units(int(fee)), now, 1, now, block)
