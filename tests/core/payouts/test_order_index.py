from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.order_index import (
    MAX_RECENT,
    NO_ORDERS,
    block_of,
    joined,
    latest_order,
    page_of,
    recent_pairs,
    with_outcome,
    with_started,
)


def test_the_highest_order_is_remembered():
    line = with_started(with_started(with_started(NO_ORDERS, 0x1F), 3), 0x1F)
    assert line == "1f|"
    assert latest_order(line) == 0x1F
    assert latest_order(with_started(line, 0x20)) == 0x20


def test_pairs_leave_together_when_there_are_enough():
    line = NO_ORDERS
    for order in range(1, MAX_RECENT):
        line, pages = with_outcome(line, order, order + 5)
        assert pages == {}
    assert block_of(recent_pairs(line), 1) == 6
    line, pages = with_outcome(line, 300, 9)
    assert line == "0|"
    assert sorted(pages) == [0, 1]
    assert pages[1] == "12c:9"
    assert block_of(pages[0], MAX_RECENT - 1) == MAX_RECENT + 4


def test_an_order_is_not_taken_for_one_that_its_number_ends_or_begins():
    pairs = "11:2,1:3,21:4"
    assert [block_of(pairs, order) for order in (0x1, 0x11, 0x21, 0x2, 0x111)] == [3, 2, 4, None, None]
    assert block_of("", 0) is None


@given(count=st.integers(0, 300), random=st.randoms(use_true_random=False))
def test_every_order_is_found_under_its_latest_block(count, random):
    """ORDERS-1."""
    line, stored, expected = NO_ORDERS, {}, {}
    for block in range(count):
        order = random.randrange(600)
        line, pages = with_outcome(line, order, block)
        for page, pairs in pages.items():
            stored[page] = joined([stored.get(page), pairs])
        expected[order] = block
    for order in range(600):
        found = block_of(recent_pairs(line), order)
        assert (block_of(stored.get(page_of(order), ""), order) if found is None else found) == expected.get(order)
