"""The import statements of a file, wherever they stand, and whether the file can do without what they name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_CAUGHT = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


@dataclass(frozen=True)
class ImportSite:
    """An import statement. `handled` when the file can do without: in a `try` that catches its failure, or for checkers only."""

    node: ast.Import | ast.ImportFrom
    handled: bool


def imports_of(tree: ast.Module) -> Iterator[ImportSite]:
    """Every import statement of a file, in the order of the source."""
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, handled = waiting.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield ImportSite(node, handled)
            continue
        inner: list[tuple[ast.AST, bool]] = []
        for name, value in ast.iter_fields(node):
            spared = handled or (name == "body" and (_catches_import_error(node) or _is_type_checking(node)))
            children = value if isinstance(value, list) else [value]
            inner.extend((child, spared) for child in children if isinstance(child, (ast.stmt, ast.excepthandler, ast.match_case)))
        waiting.extend(reversed(inner))


def _catches_import_error(node: ast.AST) -> bool:
    if not isinstance(node, ast.Try):
        return False
    for handler in node.handlers:
        caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        if any(kind is None or (isinstance(kind, ast.Name) and kind.id in _CAUGHT) for kind in caught):
            return True
    return False


def _is_type_checking(node: ast.AST) -> bool:
    if not isinstance(node, ast.If):
        return False
    test = node.test
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING")
