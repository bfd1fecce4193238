"""Payouts that are told by two blocks of the log: found under them, wherever their entries stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.payment_rules import PAID
from ddsx_core.payout_index import MAX_RECENT, blocks_of, page_of, payout_in_blocks, with_paid
from ddsx_core.payout_rules import NO_BLOCK, Payout
from ddsx_core.refused import Broken

NUMBERS = st.lists(st.integers(1, 1_000), unique=True, max_size=3 * MAX_RECENT)
OPENED = ("ddsx:payout", 700, [9, "payee", 2, "1:2:3", 90, 10, "payee.01"], "")
DONE = ("ddsx:paid", 800, [9, 44], "")


@given(NUMBERS)
def test_payindex_1_what_was_noted_is_found(numbers: list[int]) -> None:
    recent, pages = "", {}
    for place, number in enumerate(numbers):
        assert blocks_of(recent, number) is None
        assert blocks_of(pages.get(page_of(number), ""), number) is None
        recent, left = with_paid(recent, number, place, 2 * place)
        for page, entries in left.items():
            pages[page] = f"{pages[page]},{entries}" if page in pages else entries
        assert recent.count(",") < MAX_RECENT - 1
    for place, number in enumerate(numbers):
        found = blocks_of(recent, number) or blocks_of(pages.get(page_of(number), ""), number)
        assert found == (place, 2 * place)


def test_a_number_is_not_taken_for_the_end_of_another() -> None:
    assert blocks_of("1f:2:3", 0xF) is None
    assert blocks_of("1f:2:3,f:4:5", 0xF) == (4, 5)


def test_two_blocks_tell_a_payout() -> None:
    assert payout_in_blocks(OPENED, DONE) == Payout("payee", "payee.01", PAID, "", 2, 90, 10, 700, 1, 700, 44)


def test_cycles_for_a_canister_have_no_block() -> None:
    opened = (*OPENED[:2], [9, "payee", 2, "", 90, 10, "c:payee"], "")
    assert payout_in_blocks(opened, DONE).block_index == NO_BLOCK


@pytest.mark.parametrize("blocks", [(DONE, OPENED), (OPENED, OPENED), (OPENED, ("ddsx:paid", 800, [8, 44], ""))])
def test_other_blocks_are_a_bug(blocks: tuple) -> None:
    with pytest.raises(Broken):
        payout_in_blocks(*blocks)
