"""Stored rows of what is under way right now, kept as one text: `key|row`, a line each, oldest first.

    c1f|1|2vxsx-fae|o||...
    p3|1|rrkah-fqaaa-aaaaa-aaaaq-cai|...

What is under way must be found again after an upgrade, but lasts seconds. In a stable map of its own each would cost an insertion and a
removal; here, inside a value that is read and written anyway, it costs a search in native code, some ten instructions a character.
A key is letters and digits; a row has no line breaks.
"""

from __future__ import annotations

from ddsx_core.refused import Broken


def has_row(rows: str, key: str) -> bool:
    """Whether a key has a row."""
    return f"\n{key}|" in f"\n{rows}"


def add_row(rows: str, key: str, row: str) -> str:
    """The rows with another one at the end. Breaks: on a line break in the row, or a key that has one already."""
    if "\n" in row or has_row(rows, key):
        raise Broken("a row that is under way has a line break, or its key is taken")
    return f"{rows}\n{key}|{row}" if rows else f"{key}|{row}"


def take_row(rows: str, key: str) -> tuple[str | None, str]:
    """The row of a key, None when it has none, and the rows without it."""
    start = f"\n{rows}".find(f"\n{key}|")
    if start < 0:
        return None, rows
    content, end = start + len(key) + 1, rows.find("\n", start)
    if end < 0:
        return rows[content:], rows[: max(start - 1, 0)]
    return rows[content:end], rows[:start] + rows[end + 1 :]


def replace_row(rows: str, key: str, row: str) -> str:
    """The rows with another one for a key, at the end."""
    return add_row(take_row(rows, key)[1], key, row)


def count_rows(rows: str, prefix: str = "") -> int:
    """How many rows there are whose key begins so."""
    return f"\n{rows}".count(f"\n{prefix}") if rows else 0


def keys_of(rows: str, most: int | None = None) -> list[str]:
    """The keys, or the `most` first ones."""
    if not rows:
        return []
    lines = rows.split("\n") if most is None else rows.split("\n", most)[:most]
    return [line.partition("|")[0] for line in lines]


def rotate_rows(rows: str, count: int) -> str:
    """The rows with the `count` first ones moved behind the others, in their order."""
    lines = rows.split("\n", count)
    if len(lines) <= count or not count:
        return rows
    return lines[count] + "\n" + "\n".join(lines[:count])


def first_rows(rows: str, most: int) -> list[tuple[str, str]]:
    """The `most` first rows with their keys."""
    if not rows:
        return []
    found = []
    for line in rows.split("\n", most)[:most]:
        key, _, row = line.partition("|")
        found.append((key, row))
    return found
