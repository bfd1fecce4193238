"""Syntax that one of Kybra's two parsers does not know: the generator's of 2022, or RustPython's of April 2023.

CPython accepts more with every release, so what the running interpreter parses proves little: the forms are looked for by name.
"""

from __future__ import annotations

import ast
import sys
import tokenize
from collections.abc import Iterator, Sequence
from io import StringIO
from pathlib import Path

from checks.finding import Finding
from checks.source import Hit, Module, Rule, rule

_WHY_PARSERS = "one of Kybra's two parsers refuses it, and names neither the file nor the line"
_DELIMITERS = ('"""', "'''", '"', "'")
_FSTRING_START = getattr(tokenize, "FSTRING_START", -1)
_FSTRING_END = getattr(tokenize, "FSTRING_END", -1)
_FSTRING_MIDDLE = getattr(tokenize, "FSTRING_MIDDLE", -1)


def read(path: Path, name: str) -> Module | Finding:
    """The file, parsed, or why neither Kybra nor this interpreter can read it."""
    raw = path.read_bytes()
    if raw.startswith(b"\xef\xbb\xbf"):
        return _unreadable(path, 1, "the file begins with a byte order mark", "save it as UTF-8 without a mark")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        return _unreadable(path, line, "the file is not UTF-8", "save it as UTF-8; a coding cookie does not help")
    try:
        tree = ast.parse(text, filename=str(path))
    except SyntaxError as error:
        running = f"Python {sys.version_info.major}.{sys.version_info.minor}"
        return _unreadable(path, error.lineno or 1, f"{running} cannot parse it: {error.msg}", "write what Python 3.10 knows")
    return Module(path, name, text, tree)


def _unreadable(path: Path, line: int, what: str, mend: str) -> Finding:
    return Finding(path, line, "syntax", what, _WHY_PARSERS, mend)


@rule("match-statement", why=_WHY_PARSERS, mend="write if and elif, or a table of functions")
def match_statement(module: Module) -> Iterator[Hit]:
    """`match` statements."""
    return ((node, "a match statement") for node in module.nodes if isinstance(node, ast.Match))


@rule("except-star", why=_WHY_PARSERS, mend="catch one exception at a time")
def except_star(module: Module) -> Iterator[Hit]:
    """`except*`."""
    return ((node, "except*") for node in module.nodes if type(node).__name__ == "TryStar")


@rule("type-parameters", why=_WHY_PARSERS, mend="use TypeVar, and an Alias or a plain assignment for a type's name")
def type_parameters(module: Module) -> Iterator[Hit]:
    """`type X = ...`, `def f[T]` and `class C[T]`."""
    for node in module.nodes:
        if type(node).__name__ == "TypeAlias" or getattr(node, "type_params", None):
            yield node, "type parameters or a type statement, known from Python 3.12 on"


@rule(
    "async-function",
    why="Kybra's methods are generators: what is async is ignored in silence or breaks the freezer",
    mend="use def and yield",
)
def async_function(module: Module) -> Iterator[Hit]:
    """`async def` and asynchronous comprehensions."""
    for node in module.nodes:
        if isinstance(node, ast.AsyncFunctionDef):
            yield node, f"async def {node.name}"
        elif isinstance(node, ast.comprehension) and node.is_async:
            yield node.iter, "an asynchronous comprehension"


@rule("subscript-form", why=_WHY_PARSERS, mend="put parentheses around it, or give it a name on a line of its own")
def subscript_form(module: Module) -> Iterator[Hit]:
    """A walrus or a starred item right inside a subscript."""
    for node in module.nodes:
        if not isinstance(node, ast.Subscript):
            continue
        slices = [node.slice]
        if isinstance(node.slice, ast.Tuple) and _first(module, node.slice) != "(":
            slices += node.slice.elts
        for item in slices:
            if isinstance(item, ast.Starred):
                yield item, "a starred item in a subscript"
            elif isinstance(item, ast.NamedExpr) and _before(module, item) != "(":
                yield item, "a walrus in a subscript"


@rule("parenthesised-with", why=_WHY_PARSERS, mend="write `with a as x, b as y:` without the parentheses")
def parenthesised_with(module: Module) -> Iterator[Hit]:
    """`with (a as x, b as y):`, and the same with one item."""
    tokens = _tokens(module)
    starts = {token.start: index for index, token in enumerate(tokens)}
    for node in module.nodes:
        if isinstance(node, ast.With) and (len(node.items) > 1 or node.items[0].optional_vars):
            opened = starts[node.lineno, node.col_offset] + 1
            if tokens[opened].string == "(" and tokens[_closing(tokens, opened) + 1].string == ":":
                yield node, "parentheses around the items of a with statement"


@rule("nested-quotes", why=_WHY_PARSERS, mend="use the other kind of quotes inside, or give the value a name first")
def nested_quotes(module: Module) -> Iterator[Hit]:
    """What only Python 3.12 allows inside an f-string: its own quotes, backslashes, comments and line breaks.

    Older interpreters cannot parse these, and `read` says so; newer ones tell the parts of an f-string apart, and this looks at them.
    """
    open_strings: list[tokenize.TokenInfo] = []
    for token in _tokens(module):
        if open_strings and token.type not in (_FSTRING_MIDDLE, _FSTRING_END) and _breaks_out(token, open_strings):
            yield _node_at(module, token.start[0]), "an f-string holding what ended it before Python 3.12"
        if token.type == _FSTRING_START:
            open_strings.append(token)
        elif token.type == _FSTRING_END:
            open_strings.pop()


RULES: tuple[Rule, ...] = (match_statement, except_star, type_parameters, async_function, subscript_form, parenthesised_with, nested_quotes)


def _breaks_out(token: tokenize.TokenInfo, open_strings: Sequence[tokenize.TokenInfo]) -> bool:
    delimiters = [next(mark for mark in _DELIMITERS if opened.string.endswith(mark)) for opened in open_strings]
    if any(mark in token.string for mark in delimiters) or "\\" in token.string or token.type == tokenize.COMMENT:
        return True
    return token.type == tokenize.NL and any(len(mark) == 1 for mark in delimiters)


def _tokens(module: Module) -> list[tokenize.TokenInfo]:
    return list(tokenize.generate_tokens(StringIO(module.text).readline))


def _closing(tokens: Sequence[tokenize.TokenInfo], opened: int) -> int:
    """The index of the bracket that closes the one at `opened`."""
    depth = 0
    for index in range(opened, len(tokens)):
        if tokens[index].type == tokenize.OP:
            depth += (tokens[index].string in "([{") - (tokens[index].string in ")]}")
            if depth == 0:
                return index
    return opened


def _offset(module: Module, node: ast.expr) -> int:
    lines = module.text.encode().splitlines(keepends=True)
    return sum(len(line) for line in lines[: node.lineno - 1]) + node.col_offset


def _before(module: Module, node: ast.expr) -> str:
    return module.text.encode()[: _offset(module, node)].rstrip()[-1:].decode("latin-1")


def _first(module: Module, node: ast.expr) -> str:
    return module.text.encode()[_offset(module, node) :][:1].decode("latin-1")


def _node_at(module: Module, line: int) -> ast.AST:
    return next((node for node in module.nodes if getattr(node, "lineno", 0) == line), module.tree)
