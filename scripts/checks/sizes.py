"""How long files and functions may get before they are hard to take in: split by noun, not into utilities."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks import syntax
from checks.finding import Finding, Report
from checks.project import Project
from checks.source import FUNCTIONS, Module

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40
"""Lines of a function from its `def` to its end, docstring left out."""


def run(project: Project) -> Report:
    """Every Python file of the product and of the scripts, and the functions in it."""
    files = project.python_files("src", "canisters", "scripts", "examples")
    findings: list[Finding] = []
    for path in files:
        module = syntax.read(path, project.module_name(path))
        if isinstance(module, Module):
            findings += _long(module)
    return Report.of(f"{len(files)} files", findings)


def _long(module: Module) -> Iterator[Finding]:
    lines = len(module.text.splitlines())
    why = "a reader holds a screen in mind, and a page of files"
    if lines > MAX_FILE_LINES:
        yield Finding(module.path, 1, "file-length", f"{lines} lines, more than {MAX_FILE_LINES}", why, "split it by what it speaks of")
    for node in module.nodes:
        if isinstance(node, FUNCTIONS) and (length := _length(node)) > MAX_FUNCTION_LINES:
            what = f"{node.name} has {length} lines, more than {MAX_FUNCTION_LINES}"
            yield Finding(module.path, node.lineno, "function-length", what, why, "give its parts names of their own")


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    total = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    return total - ((first.end_lineno or first.lineno) - first.lineno + 1 if documented else 0)
