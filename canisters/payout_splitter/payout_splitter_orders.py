"""Looking up what became of an order: among what is open, in a row of its own, or in the log."""

from __future__ import annotations

from payout_splitter_log import block_lines
from payout_splitter_store import State, find_collection, find_order_page, write_order_page

from ddsx_core.collection_rules import Collection, collection_in_block, decode_collection
from ddsx_core.money_log import decode_block
from ddsx_core.open_rows import take_row
from ddsx_core.order_index import block_of, joined, latest_order, page_of, recent_pairs, with_outcome
from ddsx_core.refused import Broken
from ddsx_core.splitter_desk import collection_key


def look_up(state: State, order: int) -> Collection | None:
    """The collection of an order, open or not; None for one that was never started. Cost: nothing for an order above all others."""
    if order > latest_order(state.orders):
        return None
    row, _ = take_row(state.rows, collection_key(order))
    return settled_order(state, order) if row is None else decode_collection(row)


def settled_order(state: State, order: int) -> Collection | None:
    """The collection of an order that is not open; None when there is none."""
    collection = find_collection(order)
    if collection is not None:
        return collection
    block = block_of(recent_pairs(state.orders), order)
    if block is None:
        block = block_of(find_order_page(page_of(order)) or "", order)
    if block is None:
        return None
    _, line = block_lines(state, block, 1)[0]
    return collection_in_block(decode_block(line), block)


def known_order(state: State, order: int) -> Collection:
    """The collection of an order that was started, open or not."""
    collection = look_up(state, order)
    if collection is None:
        raise Broken("an order that was started is not there")
    return collection


def note_block(state: State, order: int, block: int) -> None:
    """Note which block tells of an order; the state is written by the caller."""
    state.orders, pages = with_outcome(state.orders, order, block)
    for page, pairs in pages.items():
        write_order_page(page, joined([find_order_page(page), pairs]))
