"""Growing sets of numbers, kept in ascending order in pages of text: the licences of an account, the orders of a buyer.

A stable map cannot be walked from a key on, so each set carries its own order: a B+ tree of small pages. The root page lies in the set's
own value, so a set of up to `LEAF_IDS` numbers, as most are, is one map entry; every further page is one more. Numbers are 12 hex digits of
equal width, which sort as text as they do as numbers: a page is searched by slicing and never taken apart.

- A leaf holds numbers. A branch holds pairs of a number and a page: the page's numbers are not below it, and below the next pair's.
  The first pair of a branch takes what is below it as well, and its number is never looked at: it may be above what was added since.
- Numbers that only ascend, as new licences and orders do, leave full pages behind them.
- A page that becomes empty is given up; pages are not merged, so a set that shrank can have pages of few numbers.

Bounds: a set that never held more than n numbers is at most 1 + log8(n / 16) branches high, rounded up (n of a million: 7). Insertion and
removal read and write one page a level at most, and a split adds one more a level; each page is at most `LEAF_IDS` * 12 characters.
`ids_after` reads at most one leaf a number that it returns, and the branches above them.

Invariants (tests/core/orders/test_sorted_ids.py):
- IDS-1: after any insertions and removals a set lists exactly what a sorted set of them would, from any number on.
- IDS-2: the number of pages outside of the root is the number that the tree can reach.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from ddsx_core.refused import Broken

ID_DIGITS = 12
"""Hex digits of a number: 2^48 licences, or a thousand a second for 8,900 years."""

LEAF_IDS = 32
"""Numbers in a leaf: 384 characters, as long as a full branch."""

BRANCH_PAGES = 16
"""Pages below a branch."""

_PAIR = 2 * ID_DIGITS


class Pages(Protocol):
    """Where pages are kept, by number."""

    def read(self, page: int) -> str:
        """The text of a page."""
        ...

    def write(self, page: int, text: str) -> None:
        """Replace the text of a page."""
        ...

    def add(self, text: str) -> int:
        """Keep a new page; its number, never used before."""
        ...

    def remove(self, page: int) -> None:
        """Give a page up."""
        ...


class IdSet(NamedTuple):
    """A set: how many numbers it holds, how many branches lie above a leaf, and its root page."""

    size: int = 0
    height: int = 0
    root: str = ""


class _Step(NamedTuple):
    """One page on the way down: None is the root; `position` of the pair that was followed."""

    page: int | None
    text: str
    position: int


def insert_id(ids: IdSet, number: int, pages: Pages) -> IdSet:
    """The set with `number`.

    Breaks: when it holds the number already, and when the number has more than 12 hex digits.
    """
    larger = include_id(ids, number, pages)
    if larger is ids:
        raise Broken(f"the set holds {number} already")
    return larger


def include_id(ids: IdSet, number: int, pages: Pages) -> IdSet:
    """The set with `number`; the set itself when it holds the number already, and then no page is written.

    Breaks: when the number has more than 12 hex digits.
    """
    key = _key(number)
    path, page, text = _descend(ids, key, pages)
    position = _position(text, key)
    if text[position * ID_DIGITS : (position + 1) * ID_DIGITS] == key:
        return ids
    entry, width, most = key, ID_DIGITS, LEAF_IDS
    while True:
        text = text[: position * width] + entry + text[position * width :]
        if len(text) <= most * width:
            return _replaced(ids, page, text, pages, ids.size + 1)
        left, right = _split(text, position, width, most)
        if page is None:
            root = left[:ID_DIGITS] + _key(pages.add(left)) + right[:ID_DIGITS] + _key(pages.add(right))
            return IdSet(ids.size + 1, ids.height + 1, root)
        pages.write(page, left)
        entry = right[:ID_DIGITS] + _key(pages.add(right))
        page, text, followed = path.pop()
        position, width, most = followed + 1, _PAIR, BRANCH_PAGES


def remove_id(ids: IdSet, number: int, pages: Pages) -> IdSet:
    """The set without `number`.

    Breaks: when it does not hold the number.
    """
    key = _key(number)
    path, page, text = _descend(ids, key, pages)
    position = _position(text, key)
    if text[position * ID_DIGITS : (position + 1) * ID_DIGITS] != key:
        raise Broken(f"the set does not hold {number}")
    width = ID_DIGITS
    while True:
        text = text[: position * width] + text[(position + 1) * width :]
        if page is None or text:
            return _lowered(_replaced(ids, page, text, pages, ids.size - 1), pages)
        pages.remove(page)
        page, text, position = path.pop()
        width = _PAIR


def ids_after(ids: IdSet, least: int, take: int, pages: Pages) -> list[int]:
    """Up to `take` numbers of the set, ascending, from `least` on."""
    found: list[int] = []
    if least >> ID_DIGITS * 4:
        return found
    key = _key(least)
    waiting: list[tuple[int | None, int]] = [(None, ids.height)]
    while waiting and len(found) < take:
        page, height = waiting.pop()
        text = ids.root if page is None else pages.read(page)
        if height == 0:
            first = _position(text, key)
            last = min(first + take - len(found), len(text) // ID_DIGITS)
            found.extend([int(text[at * ID_DIGITS : (at + 1) * ID_DIGITS], 16) for at in range(first, last)])
            continue
        followed = _followed(text, key)
        waiting.extend([(_page_at(text, at), height - 1) for at in range(len(text) // _PAIR - 1, followed - 1, -1)])
    return found


def encode_ids(ids: IdSet) -> str:
    """One text of a set: version, size, height, root."""
    return f"1|{ids.size:x}|{ids.height:x}|{ids.root}"


def decode_ids(text: str) -> IdSet:
    """The set that `encode_ids` was given.

    Breaks: on another version.
    """
    version, size, height, root = text.split("|")
    if version != "1":
        raise Broken(f"a stored set has version {version[:20]!r}, expected '1'")
    return IdSet(int(size, 16), int(height, 16), root)


def _descend(ids: IdSet, key: str, pages: Pages) -> tuple[list[_Step], int | None, str]:
    """The way to the leaf that holds `key` or would, and that leaf."""
    path: list[_Step] = []
    page: int | None = None
    text = ids.root
    for _ in range(ids.height):
        followed = _followed(text, key)
        path.append(_Step(page, text, followed))
        page = _page_at(text, followed)
        text = pages.read(page)
    return path, page, text


def _replaced(ids: IdSet, page: int | None, text: str, pages: Pages, size: int) -> IdSet:
    if page is None:
        return IdSet(size, ids.height, text)
    pages.write(page, text)
    return IdSet(size, ids.height, ids.root)


def _lowered(ids: IdSet, pages: Pages) -> IdSet:
    """The same set without branches at the top that lead to one page only: a root branch has two pairs at least, so it is never emptied."""
    size, height, root = ids
    while height and len(root) <= _PAIR:
        page = _page_at(root, 0)
        root = pages.read(page)
        pages.remove(page)
        height -= 1
    return IdSet(size, height, root)


def _split(text: str, position: int, width: int, most: int) -> tuple[str, str]:
    """An overfull page as two: in the middle, or before its last entry when that is the new one, as when numbers ascend."""
    cut = most if position == most else (most + 1) // 2
    return text[: cut * width], text[cut * width :]


def _followed(text: str, key: str) -> int:
    """The pair of a branch below which `key` belongs: the last whose number is not above it, else the first, whose number is not asked."""
    low, high = 1, len(text) // _PAIR
    while low < high:
        middle = (low + high) // 2
        if text[middle * _PAIR : middle * _PAIR + ID_DIGITS] <= key:
            low = middle + 1
        else:
            high = middle
    return low - 1


def _position(text: str, key: str) -> int:
    """How many numbers of a leaf are below `key`. Numbers mostly ascend as they are added, so the last one is looked at first."""
    if text[-ID_DIGITS:] < key:
        return len(text) // ID_DIGITS
    low, high = 0, len(text) // ID_DIGITS
    while low < high:
        middle = (low + high) // 2
        if text[middle * ID_DIGITS : (middle + 1) * ID_DIGITS] < key:
            low = middle + 1
        else:
            high = middle
    return low


def _page_at(text: str, position: int) -> int:
    start = position * _PAIR + ID_DIGITS
    return int(text[start : start + ID_DIGITS], 16)


def _key(number: int) -> str:
    key = f"{number:012x}"
    if len(key) > ID_DIGITS:
        raise Broken(f"{number} has more than {ID_DIGITS} hex digits")
    return key
