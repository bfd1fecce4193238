"""What the syntax tree forgets and the older parser minds: brackets, quotes and escapes, read from the tokens."""

from __future__ import annotations

import io
import keyword
import re
import token
import tokenize
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_FSTRING_START = getattr(token, "FSTRING_START", -1)
_FSTRING_MIDDLE = getattr(token, "FSTRING_MIDDLE", -1)
_FSTRING_END = getattr(token, "FSTRING_END", -1)
_TRIVIA = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
_VALUE_KEYWORDS = frozenset({"None", "True", "False"})
_NAMED_CHARACTER = re.compile(r"(?<!\\)(?:\\\\)*\\N\{([^}]*)\}")
_BRACE_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\(?:x7[bdBD]|u007[bdBD]|U0000007[bdBD]|17[35])")
_ESCAPED_FIELD = re.compile(r"(?<!\\)(?:\\\\)*\\\{")


@dataclass(frozen=True)
class Placed:
    """A token with its innermost bracket (`(`, `[`, `{`, `subscript` or nothing) and its place as the syntax tree counts it."""

    text: str
    kind: int
    line: int
    column: int
    bracket: str
    before: str


def tokens_of(text: str) -> list[tokenize.TokenInfo]:
    """The tokens of a source that parses; empty when the tokenizer of this Python stumbles all the same."""
    try:
        with warnings.catch_warnings():
            # From 3.12 on the tokenizer warns of escapes that mean nothing; where warnings are errors it would stumble over them.
            warnings.simplefilter("ignore")
            return list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        return []


def placed(tokens: Sequence[tokenize.TokenInfo]) -> Iterator[Placed]:
    """The tokens that mean something, each with the bracket around it."""
    brackets: list[str] = []
    before, before_kind = "", token.NEWLINE
    for entry in tokens:
        if entry.type in _TRIVIA:
            continue
        if entry.type == token.OP and entry.string in ")]}" and brackets:
            brackets.pop()
        column = len(entry.line[: entry.start[1]].encode()) if entry.start[0] == entry.end[0] else entry.start[1]
        yield Placed(entry.string, entry.type, entry.start[0], column, brackets[-1] if brackets else "", before)
        if entry.type == token.OP and entry.string in "([{":
            brackets.append("subscript" if entry.string == "[" and _is_value(before, before_kind) else entry.string)
        before, before_kind = entry.string, entry.type


def _is_value(text: str, kind: int) -> bool:
    """Whether a `[` after this token opens a subscript."""
    if kind == token.NAME:
        return not keyword.iskeyword(text) or text in _VALUE_KEYWORDS
    return text in (")", "]", "}") or kind in (token.STRING, token.NUMBER, _FSTRING_END)


def parenthesised_with_lines(tokens: Sequence[tokenize.TokenInfo]) -> Iterator[int]:
    """The lines of every `with (... as ...)`: a parenthesis that holds the items themselves."""
    meaningful = [entry for entry in tokens if entry.type not in _TRIVIA]
    for index, entry in enumerate(meaningful[:-1]):
        is_with = entry.type == token.NAME and entry.string == "with" and meaningful[index + 1].string == "("
        if is_with and _has_as_at_depth_one(meaningful[index + 1 :]):
            yield entry.start[0]


def _has_as_at_depth_one(tokens: Sequence[tokenize.TokenInfo]) -> bool:
    depth = 0
    for entry in tokens:
        if entry.type == token.OP and entry.string in "([{":
            depth += 1
        elif entry.type == token.OP and entry.string in ")]}":
            depth -= 1
            if depth == 0:
                return False
        elif depth == 1 and entry.type == token.NAME and entry.string == "as":
            return True
    return False


def aliased_character_lines(tokens: Sequence[tokenize.TokenInfo]) -> Iterator[tuple[int, str]]:
    """Every escape that names a character by an alias (`LF`, `BOM`), with its line: RustPython knows full names only."""
    for line, text in _escaping_texts(tokens):
        for match in _NAMED_CHARACTER.finditer(text):
            if _is_alias(match.group(1)):
                yield line, match.group(1)


def _is_alias(name: str) -> bool:
    try:
        return unicodedata.name(unicodedata.lookup(name)) != name.upper()
    except (KeyError, ValueError, TypeError):
        return True


def escaped_brace_lines(tokens: Sequence[tokenize.TokenInfo]) -> Iterator[int]:
    """The lines of f-strings that write a brace as an escape: the generator decodes it first and takes it for a field."""
    return (line for line, text in _escaping_texts(tokens, f_strings_only=True) if _BRACE_ESCAPE.search(text))


def escaped_field_lines(tokens: Sequence[tokenize.TokenInfo]) -> Iterator[int]:
    """The lines of f-strings with a backslash before the brace of a field."""
    return (line for line, text in _escaping_texts(tokens, f_strings_only=True) if _ESCAPED_FIELD.search(text))


def _escaping_texts(tokens: Sequence[tokenize.TokenInfo], *, f_strings_only: bool = False) -> Iterator[tuple[int, str]]:
    """The line and text of each literal in which a backslash escapes: not raw, not bytes."""
    for entry in tokens:
        if entry.type == token.STRING:
            prefix = entry.string[: min(entry.string.find(quote) for quote in "'\"" if quote in entry.string)].lower()
            if "r" not in prefix and "b" not in prefix and ("f" in prefix or not f_strings_only):
                yield entry.start[0], entry.string
    for extent in f_string_extents(tokens):
        if "r" not in extent.prefix:
            yield extent.line, extent.text


@dataclass(frozen=True)
class FStringExtent:
    """A whole f-string literal where the tokenizer splits them (Python 3.12 on): its text and the texts of its fields."""

    line: int
    prefix: str
    quote: str
    text: str
    fields: tuple[str, ...]


def f_string_extents(tokens: Sequence[tokenize.TokenInfo]) -> Iterator[FStringExtent]:
    """Every f-string of the source, nested ones after the one that holds them; none on a Python that keeps them whole."""
    for start, entry in enumerate(tokens):
        if entry.type != _FSTRING_START:
            continue
        end = _matching_end(tokens, start)
        head = entry.string.lower()
        quote = head.lstrip("fr")
        inside = list(tokens[start + 1 : end])
        text = entry.string + _source_between(tokens, start, end)
        yield FStringExtent(entry.start[0], head[: len(head) - len(quote)], quote, text, tuple(_fields(inside)))


def _matching_end(tokens: Sequence[tokenize.TokenInfo], start: int) -> int:
    depth = 0
    for index in range(start, len(tokens)):
        depth += (tokens[index].type == _FSTRING_START) - (tokens[index].type == _FSTRING_END)
        if depth == 0:
            return index
    return len(tokens) - 1


def _source_between(tokens: Sequence[tokenize.TokenInfo], start: int, end: int) -> str:
    return "".join(entry.string for entry in tokens[start + 1 : end + 1])


def _fields(inside: Sequence[tokenize.TokenInfo]) -> Iterator[str]:
    """What stands in the fields, token by token, each comment and each nested literal as it is written."""
    depth = 0
    for entry in inside:
        if entry.type == token.OP and entry.string == "{":
            depth += 1
        elif entry.type == token.OP and entry.string == "}":
            depth -= 1
        elif depth > 0 and entry.type != _FSTRING_MIDDLE:
            yield entry.string


def needs_newer_f_strings(extent: FStringExtent) -> bool:
    """Whether an f-string uses what only Python 3.12 reads: its own quote, a backslash, a comment or a line break in a field."""
    long = len(extent.quote) == 3
    for text in extent.fields:
        if "\\" in text or text.startswith("#"):
            return True
        if extent.quote in text or (not long and "\n" in text):
            return True
    return False
