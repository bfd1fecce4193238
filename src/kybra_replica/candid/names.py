"""Names and texts as the Rust crate prints them."""

from __future__ import annotations

import unicodedata

from kybra_replica.candid.lexer import RESERVED_WORDS
from kybra_replica.candid.types import PRIMITIVES, Label

_QUOTED_WORDS = RESERVED_WORDS | {primitive.name for primitive in PRIMITIVES}
_ESCAPES = {"\0": "\\u{0}", "\t": "\\t", "\r": "\\r", "\n": "\\n", "\\": "\\\\", '"': '\\"', "'": "\\'"}
_VISIBLE_ESCAPES = str.maketrans(_ESCAPES)
_EXTENDING = frozenset(
    "\u09be\u09d7\u0b3e\u0b57\u0bbe\u0bd7\u0cc2\u0cd5\u0cd6\u0d3e\u0d57\u0dcf\u0ddf\u1b35\u302e\u302f\uff9e\uff9f"
    "\U0001133e\U00011357\U000114b0\U000114bd\U000115af\U00011930\U0001d165\U0001d16e\U0001d16f\U0001d170\U0001d171\U0001d172",
)
"""Characters that Unicode calls Other_Grapheme_Extend, besides the marks that all extend the letter before them."""


def quote_name(name: str) -> str:
    """A name of a method or field, in quotes where Candid would take it for something else."""
    is_plain = name.isascii() and name.isidentifier() and name not in _QUOTED_WORDS
    return name if is_plain else quote(name)


def format_label(label: Label) -> str:
    """A field's name, or its number with underscores."""
    return quote_name(label) if isinstance(label, str) else f"{label:_}"


def quote(text: str) -> str:
    """A text with the escapes of Rust's `str::escape_debug`: what cannot be seen, and a mark that has no letter before it.

    A zero byte is written so that Candid reads it again, which Rust's escape for it is not.
    """
    rest = text[1:]
    escaped = rest.translate(_VISIBLE_ESCAPES) if rest.isprintable() else "".join(map(_escape, rest))
    return f'"{_escape(text[:1], is_first=True)}{escaped}"'


def quote_debug(text: str) -> str:
    """A text as Rust's `{:?}` prints it: all marks are escaped, and apostrophes are not."""
    return '"' + "".join(c if c == "'" else _escape(c, is_first=True) for c in text) + '"'


def _escape(character: str, *, is_first: bool = False) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable() and not (is_first and _extends(character)):
        return character
    return f"\\u{{{ord(character):x}}}"


def _extends(character: str) -> bool:
    return character != "" and (unicodedata.category(character) in ("Mn", "Me") or character in _EXTENDING)
