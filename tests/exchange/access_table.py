"""How the access tables are written, and what a cell of them means.

A table has a column for each role and a row for each method. Where a method answers differently by what it is asked, it has several rows,
told apart behind a colon (`read:licence`): `largest` is the most that the method takes, `oversized` is more than anybody is let in with.
A row with one cell says it of every role.

A cell says how the method answers the role:
- `ok`: with `Ok`; for a list of results, with `Ok` in its only item
- `value`, `null`: a query that has no cases, with something or with null
- `shown`: an update that changes nothing, with `Ok`
- `done`: an update without a result
- `traps`: an update that has no cases to refuse by
- `refused`: a validation, with `Err` and words
- any other word: with the `Err` case for which it stands in the canister's `CASES`

An exclamation mark before the word: `inspect_message` refuses the role's call from outside, so nothing is executed; when the call arrives
all the same, the method itself answers so. A foreign canister's calls never meet `inspect_message`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from access_world import World

_PLAIN_ANSWERS = ("ok", "value", "null", "shown", "done", "traps", "refused")

Arguments = Callable[[World], tuple[Any, ...]]
"""The arguments of a row, made for the world in which it is asked."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What a role gets: `answer` is one of the plain answers or the name of an `Err` case."""

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
    """The rows of a table; one that has no arguments in `arguments` is asked without any.

    Raises ValueError for a row that is too short or too long, or stands twice, and KeyError for a word that is no case.
    """
    (_, *callers), *lines = [line.split() for line in table.strip().splitlines()]
    rows: dict[str, Row] = {}
    for label, *words in lines:
        if label in rows:
            raise ValueError(f"{canister}.{label} stands twice")
        cells = [_cell(word, cases) for word in (words * len(callers) if len(words) == 1 else words)]
        rows[label] = Row(canister, label, arguments.get(label, _nothing), dict(zip(callers, cells, strict=True)))
    return tuple(rows.values())


def _nothing(_: World) -> tuple[()]:
    return ()


def _cell(word: str, cases: Mapping[str, str]) -> Cell:
    answer = word.removeprefix("!")
    return Cell(answer if answer in _PLAIN_ANSWERS else cases[answer], word.startswith("!"))
