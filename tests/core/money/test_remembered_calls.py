"""Pages of remembered calls: found as long as they may be repeated, never more than a page has room for."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.limits import MAX_PAGE_CALLS
from ddsx_core.refused import Broken, Refused
from ddsx_core.remembered_calls import EMPTY_PAGE, MAX_PAGE_CHARS, find_call, page_of, remember_call
from ddsx_core.units import Nanoseconds
from model.expect import refuses

SECOND = 10**9
NOW = Nanoseconds(1_700_000_000 * SECOND)
CALLS = [sha256(b"call %d" % number).hexdigest() for number in range(200)]


def page_with(calls: list[str], until: int = NOW) -> str:
    page = EMPTY_PAGE
    for block, call in enumerate(calls):
        page = remember_call(page, call, Nanoseconds(until), block, NOW)
    return page


def test_the_form_is_fixed() -> None:
    """A page outlives an upgrade of the ledger that stored it."""
    page = remember_call(EMPTY_PAGE, "abc" + "d" * 32 + "e" * 29, Nanoseconds(NOW + 1), 0x2F, NOW)
    assert page == "1|," + "d" * 32 + f"{NOW // SECOND + 1:09x}" + "000000002f"
    assert page_of("abc" + "0" * 61) == 0xABC


def test_what_was_not_remembered_is_not_found() -> None:
    assert find_call(EMPTY_PAGE, CALLS[0]) is None
    assert find_call(page_with(CALLS[:20]), CALLS[20]) is None


def test_a_page_takes_64_calls_and_no_more() -> None:
    page = page_with(CALLS[:MAX_PAGE_CALLS])
    assert len(page) == MAX_PAGE_CHARS
    assert [find_call(page, call) for call in CALLS[:MAX_PAGE_CALLS]] == list(range(MAX_PAGE_CALLS))
    with refuses("TemporarilyUnavailable"):
        remember_call(page, CALLS[MAX_PAGE_CALLS], NOW, 64, NOW)


def test_a_call_is_kept_through_its_last_second() -> None:
    page = page_with(CALLS[:MAX_PAGE_CALLS], until=NOW + 1)
    in_the_same_second = Nanoseconds(NOW + 2 * SECOND - 1)
    with refuses("TemporarilyUnavailable"):
        remember_call(page, CALLS[100], in_the_same_second, 100, in_the_same_second)
    after = Nanoseconds(NOW + 2 * SECOND)
    page = remember_call(page, CALLS[100], after, 100, after)
    assert [find_call(page, call) for call in (*CALLS[:5], CALLS[100])] == [None, None, None, None, 4, 100]


def test_blocks_have_ten_digits() -> None:
    page = remember_call(EMPTY_PAGE, CALLS[0], NOW, (1 << 40) - 1, NOW)
    assert find_call(page, CALLS[0]) == (1 << 40) - 1
    with pytest.raises(Broken, match="more digits"):
        remember_call(EMPTY_PAGE, CALLS[0], NOW, 1 << 40, NOW)


def test_a_page_of_another_version_is_broken() -> None:
    with pytest.raises(Broken, match="version"):
        find_call("2|", CALLS[0])


@given(st.lists(st.tuples(st.integers(0, 3 * SECOND), st.integers(0, 5 * SECOND)), max_size=150))
def test_a_call_is_found_until_it_may_be_forgotten_and_a_page_never_overflows(steps: list[tuple[int, int]]) -> None:
    page, now = EMPTY_PAGE, NOW
    alive: dict[str, tuple[int, int]] = {}
    for block, (pause, lasts) in enumerate(steps):
        now = Nanoseconds(now + pause)
        try:
            page = remember_call(page, CALLS[block], Nanoseconds(now + lasts), block, now)
        except Refused:
            assert len(page) == MAX_PAGE_CHARS
        else:
            alive[CALLS[block]] = (block, now + lasts)
        assert len(page) <= MAX_PAGE_CHARS
        assert all(find_call(page, call) == known for call, (known, until) in alive.items() if until >= now)
