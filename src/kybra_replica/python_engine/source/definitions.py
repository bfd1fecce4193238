"""The named types of all files: which statements define one, and which statements the generator cannot pass.

All reachable files share one flat namespace of types: a name means the same in each, and may be defined once only.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kybra_replica.python_engine.source.report import Report
from kybra_replica.python_engine.source.source_file import SourceFile
from kybra_replica.python_engine.source.spelling import CLASS_BASES, assigned_name, assigned_value, subscript_of, text_of

RECORD, VARIANT, SERVICE, TUPLE, FUNC, ALIAS = "Record", "Variant", "Service", "Tuple", "Func", "Alias"


@dataclass(frozen=True)
class Definition:
    """A statement that defines a type: a class (`node`), or an assignment whose value is `expression`."""

    kind: str
    name: str
    file: SourceFile
    node: ast.stmt
    expression: ast.expr | None = None


def collect_definitions(files: Sequence[SourceFile], report: Report) -> dict[str, Definition]:
    """Every type by name. Reports assignments that the generator refuses and names that are taken already."""
    defined: dict[str, Definition] = {}
    for file in files:
        for statement in file.body:
            _check_target(statement, file, report)
            for definition in _definitions(statement, file):
                first = defined.setdefault(definition.name, definition)
                if first is not definition:
                    _report_twice(first, definition, report)
    return defined


def _definitions(statement: ast.stmt, file: SourceFile) -> Iterator[Definition]:
    if isinstance(statement, ast.ClassDef):
        bases = {text_of(base) for base in statement.bases}
        for kind in (RECORD, VARIANT, SERVICE):
            if kind in bases:
                yield Definition(kind, statement.name, file, statement)
        return
    value, name = assigned_value(statement), assigned_name(statement)
    if value is None or name is None:
        return
    if isinstance(value, ast.Call) and text_of(value.func) == FUNC:
        yield Definition(FUNC, name, file, statement, value)
    elif subscript_of(value, ALIAS) is not None:
        yield Definition(ALIAS, name, file, statement, subscript_of(value, ALIAS))
    elif isinstance(statement, ast.Assign) and subscript_of(value, TUPLE) is not None:
        yield Definition(TUPLE, name, file, statement, value)


def _check_target(statement: ast.stmt, file: SourceFile, report: Report) -> None:
    """The generator wants the name of every top-level assignment, of whatever value."""
    if assigned_value(statement) is None or assigned_name(statement) is not None:
        return
    if isinstance(statement, ast.Assign) and len(statement.targets) > 1:
        report.refuse(
            "chained-assignment",
            file.path,
            statement,
            "a chained assignment at module level: Kybra wants exactly one target",
            "assign the names one by one",
        )
    else:
        report.refuse(
            "assignment-target",
            file.path,
            statement,
            "an assignment at module level to something that is not one plain name, which Kybra refuses in every reachable module",
            "assign to a plain name, or move the statement into a function that the module calls",
        )


def _report_twice(first: Definition, second: Definition, report: Report) -> None:
    where = f"{first.file.path}:{first.node.lineno}"
    if not first.file.ours:
        message, mend = f"the type {second.name} is taken by Kybra itself ({where})", "choose another name"
    elif first.file.path == second.file.path and first.file is not second.file:
        message = f"the type {second.name} is defined twice, since another module imports the entry and Kybra then reads it again"
        mend = "move what both need into a module of its own"
    else:
        message, mend = (
            f"the type {second.name} is defined already at {where}; all modules share one namespace of types",
            "rename one of them",
        )
    shown = second if second.file.ours else first
    report.refuse("type-defined-twice", shown.file.path, shown.node, message, mend)


def is_type_class(statement: ast.stmt) -> bool:
    """Whether a class is one that the generator reads."""
    return isinstance(statement, ast.ClassDef) and any(text_of(base) in CLASS_BASES for base in statement.bases)
