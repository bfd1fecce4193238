"""The words of Candid's textual formats: values and `.did` files are written with the same ones.

Source: the Candid specification, "Core Grammar" and "Textual format"; nested block comments as the Rust crate reads them.
"""

from __future__ import annotations

import re
from typing import NamedTuple, NoReturn

from kybra_replica.candid.errors import CandidError
from kybra_replica.candid.numerals import to_integer

RESERVED_WORDS = frozenset(
    (
        *("import", "service", "func", "type", "opt", "vec", "record", "variant", "blob", "principal", "null"),
        *("oneway", "query", "composite_query", "true", "false"),
    ),
)
"""Words that cannot be names unless they are quoted. The other names of types can."""

_TOKEN = re.compile(
    r"""(?P<space>[\ \t\r\n]+|//[^\n]*)
    |(?P<comment>/\*)
    |(?P<string>")
    |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<hex>0[xX][0-9a-fA-F][_0-9a-fA-F]*)
    |(?P<float>[0-9]+(?:\.[0-9]*)?[eE][+-]?[0-9]+|[0-9]+\.[0-9]*|\.[0-9]+)
    |(?P<decimal>[0-9][_0-9]*)
    |(?P<mark>->|[=(){};,.:+-])""",
    re.VERBOSE,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")
_STRING_PART = re.compile(
    r"""(?P<plain>[^\\"]+)
    |(?P<end>")
    |\\u\{(?P<codepoint>[0-9a-fA-F][_0-9a-fA-F]*)\}
    |\\(?P<byte>[0-9a-fA-F]{2})
    |\\(?P<escape>[nrt\\"'])""",
    re.VERBOSE,
)
_ESCAPES = {"n": b"\n", "r": b"\r", "t": b"\t", "\\": b"\\", '"': b'"', "'": b"'"}


class Token(NamedTuple):
    """`kind` is word, string, hex, float, decimal, mark or end; `text` is empty for strings, whose bytes are in `raw`."""

    kind: str
    text: str
    at: int
    raw: bytes = b""


def tokenize(source: str) -> list[Token]:
    """The tokens of `source`, with one of kind `end` behind them. Raises CandidError for what is none."""
    tokens = []
    pos = 0
    while pos < len(source):
        found = _TOKEN.match(source, pos)
        if found is None:
            refuse(source, pos, f"unexpected character {source[pos]!r}")
        kind = found.lastgroup or ""
        if kind == "string":
            raw, end = _read_string(source, pos)
            tokens.append(Token(kind, "", pos, raw))
        elif kind == "comment":
            end = _comment_end(source, pos)
        else:
            end = found.end()
            if kind != "space":
                tokens.append(Token(kind, found.group(), pos))
        pos = end
    tokens.append(Token("end", "", pos))
    return tokens


def refuse(source: str, at: int, why: str) -> NoReturn:
    """Raise CandidError for the offset `at` of `source`, with its line and column, counted from one."""
    before = source[:at]
    raise CandidError(why, f"line {before.count(chr(10)) + 1}:{at - before.rfind(chr(10))}")


def _comment_end(source: str, start: int) -> int:
    depth = 0
    for edge in _COMMENT_EDGE.finditer(source, start):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    refuse(source, start, "this comment is not closed")


def _read_string(source: str, start: int) -> tuple[bytes, int]:
    """The bytes of a quoted text, which need not be UTF-8, and the offset behind its closing quote."""
    pos = start + 1
    parts: list[bytes] = []
    while True:
        found = _STRING_PART.match(source, pos)
        if found is None:
            refuse(source, *_string_fault(source, start, pos))
        pos = found.end()
        if found.lastgroup == "end":
            return b"".join(parts), pos
        parts.append(_string_bytes(source, found))


def _string_fault(source: str, start: int, pos: int) -> tuple[int, str]:
    return (start, "this text is not closed") if pos >= len(source) else (pos, f"unknown escape {source[pos : pos + 2]}")


def _string_bytes(source: str, found: re.Match[str]) -> bytes:
    kind = found.lastgroup
    text = found.group(kind or 0)
    if kind == "byte":
        return bytes.fromhex(text)
    if kind == "escape":
        return _ESCAPES[text]
    if kind == "codepoint":
        number = int(text.replace("_", ""), 16)
        if number > 0x10FFFF or 0xD800 <= number < 0xE000:
            refuse(source, found.start(), f"{found.group()} is not a Unicode character")
        text = chr(number)
    try:
        return text.encode()
    except UnicodeEncodeError as problem:
        refuse(source, found.start() + problem.start, "a lone surrogate is not a character")


class TokenStream:
    """A cursor over the tokens of a source."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._tokens = tokenize(source)
        self._index = 0

    @property
    def peek(self) -> Token:
        """The next token."""
        return self._tokens[self._index]

    @property
    def second(self) -> Token:
        """The token after the next, or the last one."""
        return self._tokens[min(self._index + 1, len(self._tokens) - 1)]

    def take(self) -> Token:
        """The next token, which is behind the cursor then; the last one stays."""
        token = self._tokens[self._index]
        self._index = min(self._index + 1, len(self._tokens) - 1)
        return token

    def accept(self, text: str) -> bool:
        """Take the next token if it is the word or mark `text`."""
        if self.peek.text != text:
            return False
        self.take()
        return True

    def expect(self, text: str) -> Token:
        """Take the word or mark `text`. Raises CandidError where something else stands."""
        if self.peek.text != text:
            self.fail(f"{text} is expected")
        return self.take()

    def fail(self, why: str, at: Token | None = None) -> NoReturn:
        """Raise CandidError at a token, by default the next one, which is named."""
        if at is not None:
            refuse(self.source, at.at, why)
        found = self.peek
        names = {"end": "the end", "string": "a text"}
        refuse(self.source, found.at, f"{why}, not {names.get(found.kind, found.text)}")

    def integer(self, token: Token) -> int:
        """The value of a decimal or hex token. Raises CandidError where it is too long."""
        try:
            return to_integer(token.text)
        except CandidError as problem:
            refuse(self.source, token.at, problem.why)

    def text(self, token: Token) -> str:
        """A string token as text. Raises CandidError where its escapes do not make UTF-8."""
        try:
            return token.raw.decode()
        except UnicodeDecodeError as problem:
            refuse(self.source, token.at, f"this text is not UTF-8: {problem.reason}")
