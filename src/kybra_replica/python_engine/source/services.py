"""`class S(Service)`: another canister as this one sees it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from kybra_replica.python_engine.declarations import ServiceMethod, ServiceOf
from kybra_replica.python_engine.source.definitions import Definition
from kybra_replica.python_engine.source.parameters import read_parameters, read_return
from kybra_replica.python_engine.source.spelling import SERVICE_DECORATORS, text_of

if TYPE_CHECKING:
    from kybra_replica.python_engine.source.types import TypeReader


def read_service(definition: Definition, reader: TypeReader) -> ServiceOf:
    """The service that a class declares. Its body may hold nothing but methods with one service decorator each."""
    assert isinstance(definition.node, ast.ClassDef)
    methods: dict[str, ServiceMethod] = {}
    for statement in definition.node.body:
        if not isinstance(statement, ast.FunctionDef):
            _report_other(statement, definition, reader)
            continue
        method = _method(statement, definition, reader)
        if method is not None:
            if method.name in methods:
                reader.report.breaks(
                    "service-method-twice", definition.file.path, statement, f"{method.qualname} is declared twice", "rename one of them"
                )
            methods[method.name] = method
    return ServiceOf(definition.name, tuple(methods.values()))


def _report_other(statement: ast.stmt, definition: Definition, reader: TypeReader) -> None:
    what = "an async def" if isinstance(statement, ast.AsyncFunctionDef) else "anything else"
    reader.report.refuse(
        "service-body",
        definition.file.path,
        statement,
        f"service {definition.name} may hold function definitions only, not {what}",
        "move docstrings, attributes and helpers out of the class; write plain def for methods",
    )


def _method(function: ast.FunctionDef, definition: Definition, reader: TypeReader) -> ServiceMethod | None:
    service = definition.name
    parameters = read_parameters(function, definition.file, reader, service=service)
    returns = read_return(function, definition.file, reader, reason=f"{service}.{function.name}")
    mode = _mode(function, definition, reader)
    if mode is None:
        return None
    return ServiceMethod(service, function.name, mode, parameters, returns)


def _mode(function: ast.FunctionDef, definition: Definition, reader: TypeReader) -> str | None:
    decorators = function.decorator_list
    where = f"{definition.name}.{function.name}"
    mode = SERVICE_DECORATORS.get(text_of(decorators[0]) or "") if len(decorators) == 1 else None
    if mode is None:
        found = "none" if not decorators else f"{len(decorators)} of them" if len(decorators) > 1 else "another"
        reader.report.refuse(
            "service-decorator",
            definition.file.path,
            decorators[0] if decorators else function,
            f"{where} needs exactly one decorator, a plain @service_query or @service_update, and has {found}",
            "write @service_query or @service_update above it, and nothing more",
        )
    return mode
