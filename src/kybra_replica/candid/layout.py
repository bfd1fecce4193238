"""Breaking text into lines of a given width, by the algorithm of the Rust crate `pretty`.

A document is text with places where a line may end. A group is laid out flat when what it holds, and what follows it up to
the next place where a line does end, fits into the rest of the line; otherwise it is broken, and so the groups outside are
broken before those within. Equal documents must give equal lines, so the details are that crate's.
Source: Marwes/pretty.rs 0.12, `render.rs`; Wadler, "A prettier printer".
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 80
INDENT = 2


@dataclass(frozen=True, slots=True)
class Line:
    """A place where a line may end: in a broken group a line end, in a flat one `flat`."""

    flat: str


@dataclass(frozen=True, slots=True)
class WhenBroken:
    """Text that is there only in a broken group."""

    text: str


@dataclass(frozen=True, slots=True)
class Nest:
    """Lines that begin within `parts` are indented once more."""

    parts: Sequence[Document]


@dataclass(frozen=True, slots=True)
class Group:
    """`parts` are laid out flat if they fit, and broken otherwise."""

    parts: Sequence[Document]


@dataclass(frozen=True, slots=True)
class Sequenced:
    """`parts` one after the other."""

    parts: Sequence[Document]


Document = str | Line | WhenBroken | Nest | Group | Sequenced

HARD_LINE = Line("\n")
"""Ends the line in any group, and keeps a group that contains it from being flat."""


def enclose(opening: str, items: Sequence[Document], separator: str, closing: str, *, spaced: bool = False) -> Document:
    """Items between brackets: on one line, or one a line with a separator behind the last too.

    `spaced` puts spaces inside the brackets of one line.
    """
    if not items:
        return opening + closing
    edge = Line(" " if spaced else "")
    body: list[Document] = [opening, edge]
    for item in items[:-1]:
        body += (item, separator, Line(" "))
    body += (items[-1], WhenBroken(separator))
    return Group((Nest(body), edge, closing))


_Command = tuple[int, bool, Document]
"""Indentation, whether flat, and what to lay out."""


def render(document: Document, *, flat: bool = False) -> str:
    """`document` as lines of at most `WIDTH` columns where they can be; laid out flat, on one line however long."""
    output: list[str] = []
    column = 0
    todo: list[_Command] = [(0, flat, document)]
    while todo:
        indent, is_flat, part = todo.pop()
        if isinstance(part, (str, WhenBroken)) or (isinstance(part, Line) and is_flat):
            text = _text(part, is_flat=is_flat)
            output.append(text)
            column += _width(text)
        elif isinstance(part, Line):
            column = todo[-1][0] if todo else indent
            output.append("\n" + " " * column)
        elif isinstance(part, Group):
            fits = is_flat or _fits(part, column, todo)
            todo += ((indent, fits, inner) for inner in reversed(part.parts))
        else:
            indent += INDENT if isinstance(part, Nest) else 0
            todo += ((indent, is_flat, inner) for inner in reversed(part.parts))
    return "".join(output)


def _fits(group: Group, column: int, rest: Sequence[_Command]) -> bool:
    """Whether the flat `group`, with `rest` behind it up to the next end of a line, stays within the width."""
    pending: list[Document] = [group]
    behind = len(rest)
    is_flat = True
    while pending or behind:
        if not pending:
            behind -= 1
            is_flat = False
            pending.append(rest[behind][2])
        part = pending.pop()
        if isinstance(part, Line) and (not is_flat or part is HARD_LINE):
            return not is_flat
        if isinstance(part, (str, WhenBroken, Line)):
            column += _width(_text(part, is_flat=is_flat))
            if column > WIDTH:
                return False
        else:
            pending += reversed(part.parts)
    return True


def _text(part: str | Line | WhenBroken, *, is_flat: bool) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, Line):
        return part.flat
    return "" if is_flat else part.text


def _width(text: str) -> int:
    """Columns of a terminal: none for marks on the letter before, two for wide letters."""
    return len(text) if text.isascii() else sum(map(_character_width, text))


def _character_width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf", "Cc"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
