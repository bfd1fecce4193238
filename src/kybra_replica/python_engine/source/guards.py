"""Guard functions: which functions are some, and which one a method names."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from kybra_replica.python_engine.source.report import Report
from kybra_replica.python_engine.source.source_file import SourceFile
from kybra_replica.python_engine.source.spelling import text_of


def collect_guards(files: Sequence[SourceFile], report: Report) -> dict[str, tuple[SourceFile, ast.FunctionDef]]:
    """Every top-level function annotated `-> GuardResult`, by name. Refused: one with a parameter, one name twice."""
    guards: dict[str, tuple[SourceFile, ast.FunctionDef]] = {}
    for file in files:
        for statement in file.body:
            if not isinstance(statement, ast.FunctionDef) or text_of(statement.returns) != "GuardResult":
                continue
            if statement.args.args:
                report.refuse(
                    "guard-parameter",
                    file.path,
                    statement,
                    f"the guard {statement.name} takes a parameter, and Kybra calls it with none",
                    "read what it needs from ic.caller(), ic.method_name() or ic.arg_data_raw()",
                )
            if statement.name in guards:
                first = guards[statement.name]
                report.refuse(
                    "guard-twice",
                    file.path,
                    statement,
                    f"the guard {statement.name} is defined already at {first[0].path}:{first[1].lineno}; all modules share one namespace",
                    "rename one of them",
                )
            guards.setdefault(statement.name, (file, statement))
    return guards


def guard_of(function: ast.FunctionDef, file: SourceFile, report: Report) -> str | None:
    """The name that the first `guard=` of any decorator gives; a name or a string is taken, anything else refused."""
    found: str | None = None
    for decorator in function.decorator_list:
        keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
        keyword = next((keyword for keyword in keywords if keyword.arg == "guard"), None)
        if keyword is None:
            continue
        name = text_of(keyword.value)
        if name is None:
            report.refuse(
                "guard-reference",
                file.path,
                keyword.value,
                f"the guard of {function.name} must be the plain name of a function",
                "define a top-level function -> GuardResult and write guard=its_name",
            )
        found = found if found is not None else name
    return found
