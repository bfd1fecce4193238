"""How the access tables are written, and what a cell of them means.

A table has a column for each role and a row for each method. Where a method answers differently by what it is asked, it has several rows,
told apart behind a colon (`read:licence`). A row with one cell says it of every role.

A cell says how the method answers the role:
- `ok`: with `Ok`; for a list of results, with `Ok` in its only item
- `value`, `null`: a query that has no cases, with something or with null
- any other word: with the `Err` case for which it stands in the canister's `CASES`

An exclamation mark before the word: `inspect_message` refuses the role's call from outside, so nothing is executed; when the call arrives
all the same, the method itself answers so. A foreign canister's calls never meet `inspect_message`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from access_world import World

_PLAIN_ANSWERS = ("ok", "value", "null")

Arguments = Callable[[World], tuple[Any, ...]]
"""The arguments of a row, made for the world in which it is asked."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What a role gets: `answer` is `ok`, `value`, `null` or the name of an `Err` case."""

    answer: str
    refused_at_the_door: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A method as it is asked in one way, and what each caller gets."""

    canister: str
    label: str
    arguments: Arguments
    cells: Mapping[str, Cell]

    @property
    def method(self) -> str:
        """The method's name."""
        return self.label.partition(":")[0]

    def __str__(self) -> str:
        return f"{self.canister}.{self.label}"


def read_table(canister: str, table: str, cases: Mapping[str, str], arguments: Mapping[str, Arguments]) -> tuple[Row, ...]:
    """The rows of a table. Raises ValueError where table, cases and arguments do not fit together."""
    header, *lines = [line.split() for line in table.strip().splitlines()]
    rows = tuple(_row(canister, header, line, cases, arguments) for line in lines)
    labels = [row.label for row in rows]
    if len(set(labels)) < len(labels):
        raise ValueError(f"{canister}: a row stands twice")
    left_over = set(arguments) - set(labels)
    if left_over:
        raise ValueError(f"{canister}: arguments of rows that do not exist: {sorted(left_over)}")
    return rows


def _row(canister: str, callers: list[str], line: list[str], cases: Mapping[str, str], arguments: Mapping[str, Arguments]) -> Row:
    label, *words = line
    if len(words) == 1:
        words *= len(callers)
    if len(words) != len(callers):
        raise ValueError(f"{canister}.{label}: {len(words)} cells for {len(callers)} callers")
    if label not in arguments:
        raise ValueError(f"{canister}.{label}: no arguments")
    return Row(canister, label, arguments[label], {caller: _cell(word, cases) for caller, word in zip(callers, words, strict=True)})


def _cell(word: str, cases: Mapping[str, str]) -> Cell:
    answer = word.removeprefix("!")
    return Cell(answer if answer in _PLAIN_ANSWERS else cases[answer], word.startswith("!"))
