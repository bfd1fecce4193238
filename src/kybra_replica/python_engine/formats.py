"""Formatting a bool with a specification, which CPython does as with a number and RustPython refuses: `f"{True:d}"`.

Nothing of it can be seen before the line runs, so a canister that works on CPython would trap once it is deployed. Every value in an
f-string that has a specification is therefore shown to `checked` first, and so are the arguments of `format`.

Source: RustPython of April 2023, the revision that Kybra 0.7.1 embeds, `bool.__format__`. `str.format` is not looked into.
"""

from __future__ import annotations

import ast
from typing import Any

CHECKED = "__checked_format__"
"""Under what name code finds `checked` among its builtins."""


def checked(value: Any) -> Any:
    """`value`. Raises TypeError, in RustPython's words, for a bool."""
    if value is True or value is False:
        raise TypeError("unsupported format string passed to bool.__format__")
    return value


def checked_format(value: Any, specification: str = "") -> str:
    """What `format` answers. Raises TypeError as `checked`, unless the specification is empty."""
    return format(checked(value) if specification else value, specification)


def with_checked_formats(tree: ast.Module) -> ast.Module:
    """The tree, changed in place, with every value that has a specification shown to `checked`."""
    _Formats().visit(tree)
    return ast.fix_missing_locations(tree)


class _Formats(ast.NodeTransformer):
    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.FormattedValue:
        self.generic_visit(node)
        if node.format_spec is not None and node.conversion == -1:
            called = ast.copy_location(ast.Name(CHECKED, ast.Load()), node.value)
            node.value = ast.copy_location(ast.Call(called, [node.value], []), node.value)
        return node
