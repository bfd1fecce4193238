"""Candid text as other tools write it, turned into the part of the language that ic-py reads.

ic-py 1.0.1 loses everything after the first argument of a list with names in it, takes `composite_query` for an update, wants a
semicolon behind every member, and knows neither numbered fields nor a comma at the end of a list. It says nothing of what it skips.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ddsx.errors import InterfaceUnreadable

_WORD = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|/\*.*?\*/)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<name>[A-Za-z_]\w*)|(?P<number>\d[\d_]*)|(?P<sign>->|[{}():;,.=])""",
    re.DOTALL,
)
_UNSUPPORTED = "this client cannot read it; give the interface without it"


def simplify(did: str) -> str:
    """The same interface in ic-py's subset. Raises InterfaceUnreadable for what has no equal there: imports, quoted names."""
    words = list(_words(did))
    for kind, word in words:
        if kind == "text":
            raise InterfaceUnreadable(f"the interface has the quoted name {word}: {_UNSUPPORTED}.")
        if word == "import":
            raise InterfaceUnreadable(f"the interface imports another: {_UNSUPPORTED}.")
    return " ".join(_rewritten([word for _, word in words]))


def _words(did: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(did):
        found = _WORD.match(did, at)
        if found is None:
            line = did.count("\n", 0, at) + 1
            raise InterfaceUnreadable(f"the interface is not Candid in line {line}: {did[at : at + 20]!r}.")
        if found.lastgroup != "skip":
            yield str(found.lastgroup), found.group()
        at = found.end()


def _rewritten(words: list[str]) -> Iterator[str]:
    opened: list[str] = []
    before = ""
    for position, word in enumerate(words):
        following = words[position + 1] if position + 1 < len(words) else ""
        if word in "({":
            opened.append(word)
        elif word in ")}" and opened:
            opened.pop()
            if word == "}" and before not in (";", "{"):
                yield ";"
        if _is_label(word, following, opened) or (word == ":" and opened[-1:] == ["("]) or (word == "," and following == ")"):
            continue
        if word == ";" and not following:
            return
        before = _renamed(word, following)
        yield before


def _is_label(word: str, following: str, opened: list[str]) -> bool:
    """Whether the word names an argument: a word before a colon, directly within parentheses."""
    return following == ":" and opened[-1:] == ["("] and word not in "({"


def _renamed(word: str, following: str) -> str:
    if word == "composite_query":
        return "query"
    # ic-py takes `_7` for the field with number 7.
    return f"_{int(word)}" if word[0].isdigit() and following == ":" else word
