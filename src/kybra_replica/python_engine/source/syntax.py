"""Which syntax Kybra takes: its two RustPython parsers are older than any CPython that this runs on.

The generator reads each file with a parser of September 2022, the freezer compiles it with one of April 2023. Neither knows
`match`, `except*`, parenthesised `with` items or anything newer than Python 3.10, whatever Python reads the file here.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tokenize import TokenInfo

from kybra_replica.python_engine.source import tokens as lexical
from kybra_replica.python_engine.source.report import Report, Where

Complain = Callable[[str, Path, Where, str, str], None]

_WITH_PARENTHESIS = re.compile(r"\bwith[\s\\]*\(")
_ESCAPED_BRACE = re.compile(r"\\(?:x7[bd]|u007[bd]|U0000007[bd]|17[35])", re.IGNORECASE)
_BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
_FUTURES = frozenset(
    {"nested_scopes", "generators", "division", "absolute_import", "with_statement", "print_function", "unicode_literals", "annotations"}
)
_NEWER_NODES = {
    "Match": ("match-statement", "neither of Kybra's parsers knows the match statement", "write if and elif"),
    "TryStar": ("except-star", "except* is newer than both of Kybra's parsers", "catch the exceptions one by one with except"),
    "TypeAlias": ("type-statement", "the type statement is newer than both of Kybra's parsers", "write Name = Alias[...]"),
    "TemplateStr": ("template-string", "template strings are newer than both of Kybra's parsers", "write an f-string"),
}


def parse_file(path: Path, report: Report, complain: Complain | None = None) -> ast.Module | None:
    """The syntax tree of a file as Kybra would read it, or None when there is none.

    What the generator's parser refuses goes to `complain` (by default as `refused`); what only the freezer refuses is
    reported as `breaks-later`. Checked in order: UTF-8, byte order mark, CPython's own parser, constructs newer than
    Kybra's parsers, and what the freezer's compiler refuses.
    """
    refuse = report.refuse if complain is None else complain
    text = _decoded(path, refuse)
    if text is None:
        return None
    tree = _parsed(text, path, refuse)
    if tree is None:
        return None
    nodes = list(ast.walk(tree))
    for rule, line, message, mend in _too_new(nodes, text):
        refuse(rule, path, line, message, mend)
    _check_freezer(nodes, text, path, report)
    _check_compiles(tree, path, report)
    return tree


def _decoded(path: Path, refuse: Complain) -> str | None:
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        refuse("not-utf8", path, line, "the file is not UTF-8; Kybra reads no other encoding, whatever its cookie says", "save it as UTF-8")
        return None
    if text.startswith(_BYTE_ORDER_MARK):
        refuse(
            "byte-order-mark", path, 1, "the file begins with a byte order mark, which Kybra's parser takes for a token", "save it without"
        )
        return None
    return text


def _parsed(text: str, path: Path, refuse: Complain) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text, str(path))
    except SyntaxError as error:
        refuse(
            "syntax",
            path,
            error.lineno or 1,
            f"this is no Python that Kybra can read: {error.msg}",
            "write it in the syntax of Python 3.10",
        )
    except (ValueError, RecursionError, MemoryError) as error:
        refuse("syntax", path, 1, f"this file cannot be parsed: {error}", "write it in the syntax of Python 3.10")
    return None


Newer = Iterator[tuple[str, int, str, str]]


def _too_new(nodes: Sequence[ast.AST], text: str) -> Newer:
    """Rule, line, message and mend of each construct that CPython took and Kybra's parsers do not."""
    subscripted: set[tuple[int, int]] = set()
    has_f_string = False
    for node in nodes:
        yield from _newer_node(node)
        if isinstance(node, ast.Subscript):
            subscripted.update(_bare_in_subscript(node))
        has_f_string = has_f_string or isinstance(node, ast.JoinedStr)
    splits_f_strings = has_f_string and (sys.version_info >= (3, 12) or _ESCAPED_BRACE.search(text) is not None)
    if subscripted or splits_f_strings or _WITH_PARENTHESIS.search(text) or "\\N{" in text:
        entries = lexical.tokens_of(text)
        yield from _subscript_findings(entries, subscripted)
        yield from _lexical_findings(entries)


def _newer_node(node: ast.AST) -> Newer:
    line: int = getattr(node, "lineno", 1)
    newer = _NEWER_NODES.get(type(node).__name__)
    if newer is not None:
        handlers = getattr(node, "handlers", None)
        yield newer[0], handlers[0].lineno if handlers else line, newer[1], newer[2]
    if getattr(node, "type_params", None):
        yield (
            "type-parameters",
            line,
            "type parameters in brackets are newer than both of Kybra's parsers",
            "use typing.TypeVar and Generic",
        )
    if isinstance(node, ast.arguments) and node.vararg is not None and isinstance(node.vararg.annotation, ast.Starred):
        yield "star-annotation", node.vararg.lineno, "a starred annotation is newer than Kybra's parsers", "annotate with a plain type"
    if isinstance(node, ast.FormattedValue) and any(_has_field(inner.format_spec) for inner in _fields_of(node.format_spec)):
        yield "f-string-nesting", line, "fields of an f-string are nested more than twice", "format the inner value before"


def _fields_of(spec: ast.expr | None) -> list[ast.FormattedValue]:
    return [value for value in spec.values if isinstance(value, ast.FormattedValue)] if isinstance(spec, ast.JoinedStr) else []


def _has_field(spec: ast.expr | None) -> bool:
    return bool(_fields_of(spec))


def _bare_in_subscript(node: ast.Subscript) -> Iterator[tuple[int, int]]:
    """Where a walrus or a star stands directly in a subscript; whether parentheses are around it, only the tokens tell."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    for part in parts:
        if isinstance(part, (ast.NamedExpr, ast.Starred)):
            yield part.lineno, part.col_offset


def _subscript_findings(entries: list[TokenInfo], places: set[tuple[int, int]]) -> Newer:
    if not places:
        return
    for entry in lexical.placed(entries):
        if (entry.line, entry.column) in places and entry.bracket == "subscript":
            if entry.text == "*":
                yield "star-in-subscript", entry.line, "a star in a subscript is newer than Kybra's parser", "build the tuple before"
            else:
                yield "walrus-in-subscript", entry.line, "Kybra's parser takes no bare := in a subscript", "put it in parentheses"


def _lexical_findings(entries: list[TokenInfo]) -> Newer:
    for line in lexical.parenthesised_with_lines(entries):
        yield "parenthesised-with", line, "Kybra's parser knows no parentheses around the items of a with", "nest the with statements"
    for line, name in lexical.aliased_character_lines(entries):
        yield (
            "character-alias",
            line,
            f"{name!r} is an alias, and Kybra's parsers know characters by their full names only",
            "write the code point",
        )
    for line in lexical.escaped_brace_lines(entries):
        yield "f-string-brace", line, "Kybra's parser takes an escaped brace in an f-string for a field", "double the brace"
    for extent in lexical.f_string_extents(entries):
        if lexical.needs_newer_f_strings(extent):
            yield (
                "f-string-field",
                extent.line,
                "a field of this f-string has its own quote, a backslash, a comment or a line break, which needs Python 3.12",
                "compute the value before, or use the other kind of quote",
            )


def _check_freezer(nodes: Sequence[ast.AST], text: str, path: Path, report: Report) -> None:
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__" and node.level == 0:
            for alias in node.names:
                if alias.name not in _FUTURES:
                    report.breaks("future-import", path, node, f"Kybra's compiler knows no future feature {alias.name!r}", "leave it out")
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)) and _awaits(node):
            report.breaks(
                "async-comprehension", path, node, "Kybra's compiler takes no await or async for in a comprehension", "write a loop"
            )
        elif isinstance(node, ast.ClassDef) and any(_opens_scope(decorator) for decorator in node.decorator_list):
            report.breaks(
                "class-decorator-scope",
                path,
                node,
                "a lambda or comprehension in the decorator of a class stops Kybra's compiler",
                "give the function or the list a name before the class",
            )
    if "\\{" in text:
        for line in lexical.escaped_field_lines(lexical.tokens_of(text)):
            report.breaks("f-string-escape", path, line, "Kybra's compiler takes no backslash before a field", "double the backslash")


def _awaits(node: ast.AST) -> bool:
    return any(isinstance(inner, ast.Await) or (isinstance(inner, ast.comprehension) and bool(inner.is_async)) for inner in ast.walk(node))


def _opens_scope(node: ast.AST) -> bool:
    return any(isinstance(inner, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)) for inner in ast.walk(node))


def _check_compiles(tree: ast.Module, path: Path, report: Report) -> None:
    """What the grammar allows and no compiler takes: `return` outside a function, an argument twice, and the like."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(tree, str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        report.breaks("does-not-compile", path, error.lineno or 1, f"this does not compile: {error.msg}", "mend the statement")
    except (RecursionError, ValueError) as error:
        report.breaks("does-not-compile", path, 1, f"this does not compile on {sys.implementation.name}: {error}", "make it less nested")
