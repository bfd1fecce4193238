"""The log of money events: adding a block, and what ICRC-3 tells of it. The form is in `ddsx_core.money_log`."""

from __future__ import annotations

from collections.abc import Sequence

from payout_splitter_store import State, read_log_page, read_long_block, write_log_page, write_long_block

from ddsx_core.money_log import (
    MAX_SHORT_BLOCK,
    PAGE_BLOCKS,
    Field,
    encode_block,
    encode_fields_of,
    hash_block,
    lines_of,
    log_length,
    log_tail,
    log_tip,
    with_block,
)


def append_block(state: State, now: int, btype: str, fields: Sequence[Field]) -> int:
    """Add a block to the state's log; its index. fields: as `money_log.BLOCK_FIELDS` names them, in that order.

    The state is written by the caller, like everything else that the block tells of.
    """
    index, parent = log_length(state.log), log_tip(state.log)
    tx = encode_fields_of(btype, fields)
    line = encode_block(btype, now, tx, parent)
    if len(line) > MAX_SHORT_BLOCK:
        write_long_block(index, line)
        line = ""
    state.log, page = with_block(state.log, line, hash_block(btype, now, tx, parent))
    if page is not None:
        write_log_page(index // PAGE_BLOCKS, page)
    return index


def block_lines(state: State, start: int, count: int) -> list[tuple[int, str]]:
    """At most `count` blocks from index `start` on, each with its stored line."""
    length = log_length(state.log)
    found: list[tuple[int, str]] = []
    index, end = start, min(start + count, length)
    while index < end:
        page = index // PAGE_BLOCKS
        is_full = (page + 1) * PAGE_BLOCKS <= length
        lines = lines_of(read_log_page(page)) if is_full else log_tail(state.log)
        for line in lines[index - page * PAGE_BLOCKS : end - page * PAGE_BLOCKS]:
            found.append((index, line or read_long_block(index)))
            index += 1
    return found
