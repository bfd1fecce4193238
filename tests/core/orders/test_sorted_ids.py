"""Sets of numbers in pages, beside Python's own sorted lists."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from ddsx_core.refused import Broken
from ddsx_core.sorted_ids import (
    BRANCH_PAGES,
    ID_DIGITS,
    LEAF_IDS,
    IdSet,
    decode_ids,
    encode_ids,
    ids_after,
    insert_id,
    remove_id,
)

LARGEST = 16**ID_DIGITS - 1
PAGE_CHARACTERS = LEAF_IDS * ID_DIGITS


class DictPages:
    """Pages in a dict, counting what is read and written."""

    def __init__(self) -> None:
        self.texts: dict[int, str] = {}
        self.last = 0
        self.reads = 0
        self.writes = 0

    def read(self, page: int) -> str:
        self.reads += 1
        return self.texts[page]

    def write(self, page: int, text: str) -> None:
        assert page in self.texts
        assert 0 < len(text) <= PAGE_CHARACTERS
        self.writes += 1
        self.texts[page] = text

    def add(self, text: str) -> int:
        self.last += 1
        self.texts[self.last] = text
        self.write(self.last, text)
        return self.last

    def remove(self, page: int) -> None:
        self.writes += 1
        del self.texts[page]


def built(numbers: list[int]) -> tuple[IdSet, DictPages]:
    pages = DictPages()
    ids = IdSet()
    for number in numbers:
        ids = insert_id(ids, number, pages)
    return ids, pages


def reachable(ids: IdSet, pages: DictPages) -> int:
    """Pages below the root, found by walking the branches."""
    texts, found = [ids.root], 0
    for _ in range(ids.height):
        children = [int(text[at + ID_DIGITS : at + 2 * ID_DIGITS], 16) for text in texts for at in range(0, len(text), 2 * ID_DIGITS)]
        found += len(children)
        texts = [pages.texts[child] for child in children]
    return found


class SortedIds(RuleBasedStateMachine):
    """Insertions, removals and pages in any order."""

    numbers = Bundle("numbers")

    def __init__(self) -> None:
        super().__init__()
        self.pages = DictPages()
        self.ids = IdSet()
        self.model: set[int] = set()

    @rule(target=numbers, first=st.integers(0, 400), count=st.integers(1, 70), step=st.integers(1, 5))
    def insert_run(self, first: int, count: int, step: int) -> int:
        for number in range(first, first + count * step, step):
            if number not in self.model:
                self.ids = insert_id(self.ids, number, self.pages)
                self.model.add(number)
        return first

    @rule(target=numbers, number=st.integers(0, LARGEST))
    def insert_one(self, number: int) -> int:
        if number in self.model:
            with pytest.raises(Broken):
                insert_id(self.ids, number, self.pages)
        else:
            self.ids = insert_id(self.ids, number, self.pages)
            self.model.add(number)
        return number

    @rule(number=consumes(numbers))
    def remove_one(self, number: int) -> None:
        if number in self.model:
            self.ids = remove_id(self.ids, number, self.pages)
            self.model.remove(number)
        else:
            with pytest.raises(Broken):
                remove_id(self.ids, number, self.pages)

    @rule(first=st.integers(0, 400), count=st.integers(1, 120))
    def remove_range(self, first: int, count: int) -> None:
        for number in sorted(self.model & set(range(first, first + count))):
            self.ids = remove_id(self.ids, number, self.pages)
            self.model.remove(number)

    @rule(least=st.integers(0, 500), take=st.integers(0, 80))
    def page(self, least: int, take: int) -> None:
        assert ids_after(self.ids, least, take, self.pages) == sorted(number for number in self.model if number >= least)[:take]

    @invariant()
    def lists_what_the_model_lists(self) -> None:
        assert self.ids.size == len(self.model)
        assert ids_after(self.ids, 0, len(self.model) + 1, self.pages) == sorted(self.model)

    @invariant()
    def keeps_no_page_that_it_cannot_reach(self) -> None:
        assert len(self.pages.texts) == reachable(self.ids, self.pages)
        assert len(self.ids.root) <= PAGE_CHARACTERS
        assert decode_ids(encode_ids(self.ids)) == self.ids


SortedIdsTest = SortedIds.TestCase


@given(st.permutations(list(range(100))))
def test_order_of_insertion_does_not_matter(numbers: list[int]) -> None:
    ids, pages = built(numbers)
    assert ids_after(ids, 0, 200, pages) == list(range(100))


def test_set_of_one_leaf_needs_no_further_page_and_one_more_number_splits_it() -> None:
    ids, pages = built(list(range(LEAF_IDS)))
    assert (ids.height, pages.texts) == (0, {})
    ids = insert_id(ids, LEAF_IDS, pages)
    assert (ids.height, len(pages.texts)) == (1, 2)


def test_ascending_numbers_leave_full_pages() -> None:
    count = LEAF_IDS * BRANCH_PAGES
    ids, pages = built(list(range(count)))
    assert (ids.height, len(pages.texts)) == (1, BRANCH_PAGES)
    assert {len(text) for text in pages.texts.values()} == {PAGE_CHARACTERS}


def test_set_that_is_emptied_keeps_nothing() -> None:
    ids, pages = built(list(range(2_000)))
    for number in range(1_999, -1, -1):
        ids = remove_id(ids, number, pages)
    assert (ids, pages.texts) == (IdSet(), {})


def test_set_can_be_filled_again_after_it_was_emptied_from_the_front() -> None:
    ids, pages = built(list(range(1_000)))
    for number in range(1_000):
        ids = remove_id(ids, number, pages)
    ids = insert_id(ids, 5, pages)
    assert ids_after(ids, 0, 9, pages) == [5]


def test_first_page_that_fills_up_below_its_former_first_number_is_split_in_order() -> None:
    ids, pages = built(list(range(100, 100 + LEAF_IDS + 1)))
    ids = remove_id(ids, 100, pages)
    for number in range(60, 90):
        ids = insert_id(ids, number, pages)
    assert ids_after(ids, 0, 99, pages) == [*range(60, 90), *range(101, 133)]
    assert ids_after(ids, 95, 2, pages) == [101, 102]


def test_a_change_touches_few_pages_however_large_the_set() -> None:
    ids, pages = built(list(range(0, 40_000, 2)))
    assert ids.height == 3
    for number in (1, 20_001, 39_999):
        pages.reads = pages.writes = 0
        ids = insert_id(ids, number, pages)
        assert pages.reads <= ids.height
        assert pages.writes <= 2 * ids.height
        pages.reads = pages.writes = 0
        ids = remove_id(ids, number, pages)
        assert pages.reads <= ids.height + 1
        assert pages.writes <= ids.height + 1


def test_page_of_a_large_set_reads_few_leaves() -> None:
    ids, pages = built(list(range(20_000)))
    pages.reads = 0
    assert ids_after(ids, 10_000, 200, pages) == list(range(10_000, 10_200))
    assert pages.reads <= 200 // LEAF_IDS + 2 + 2 * ids.height


def test_nothing_comes_after_the_largest_number() -> None:
    ids, pages = built([0, LARGEST])
    assert ids_after(ids, LARGEST, 5, pages) == [LARGEST]
    assert ids_after(ids, LARGEST + 1, 5, pages) == []
    assert ids_after(IdSet(), 0, 5, pages) == []


def test_number_beyond_twelve_digits_is_broken() -> None:
    with pytest.raises(Broken, match="more than 12 hex digits"):
        insert_id(IdSet(), LARGEST + 1, DictPages())


def test_set_of_another_version_is_broken() -> None:
    with pytest.raises(Broken, match="version '2'"):
        decode_ids("2|0|0|")


def test_stored_form_is_fixed() -> None:
    ids, _ = built([1, 0xABC])
    assert encode_ids(ids) == "1|2|0|000000000001000000000abc"
