"""Canister methods: top-level functions under a decorator that the generator knows by name."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from kybra_replica.python_engine.declarations import Method, SystemMethod
from kybra_replica.python_engine.source.guards import guard_of
from kybra_replica.python_engine.source.parameters import Parameters, is_void, read_parameters, read_return
from kybra_replica.python_engine.source.report import Report, position_of
from kybra_replica.python_engine.source.source_file import SourceFile
from kybra_replica.python_engine.source.spelling import SYSTEM_METHODS, is_decorated, subscript_of, text_of
from kybra_replica.python_engine.source.types import TypeReader

_WITH_PARAMETERS = ("init", "post_upgrade")


def functions_of(files: Sequence[SourceFile]) -> Iterator[tuple[SourceFile, ast.FunctionDef]]:
    """Every function that the generator looks at."""
    for file in files:
        for statement in file.body:
            if isinstance(statement, ast.FunctionDef):
                yield file, statement


def is_async(function: ast.FunctionDef) -> bool:
    """Whether the return type is written `Async[...]`, outermost."""
    return subscript_of(function.returns, "Async") is not None


def is_manual(function: ast.FunctionDef) -> bool:
    """Whether `Manual[...]` is met on the way into the brackets of the return type, whatever stands outside of it."""
    node = function.returns
    while isinstance(node, ast.Subscript):
        if text_of(node.value) == "Manual":
            return True
        node = node.slice
    return False


def read_methods(files: Sequence[SourceFile], guards: Mapping[str, object], reader: TypeReader) -> dict[str, Method]:
    """Every query and update method by name. Refuses a name that two of them share and a guard that is not defined."""
    methods: dict[str, Method] = {}
    for file, function in functions_of(files):
        kinds = [kind for kind in ("query", "update") if is_decorated(function, kind)]
        if not kinds:
            continue
        method = _method(kinds[0], file, function, reader)
        if method.guard is not None and method.guard not in guards:
            _report_guard(method, function, file, reader.report)
        if method.name in dict(method.parameters):
            _report_own_name(method, function, file, reader.report)
        if len(kinds) > 1 or method.name in methods:
            _report_twice(method, methods.get(method.name), file, function, reader.report)
        methods.setdefault(method.name, method)
    return methods


def _method(kind: str, file: SourceFile, function: ast.FunctionDef, reader: TypeReader) -> Method:
    parameters = read_parameters(function, file, reader)
    returns = read_return(function, file, reader, reason=function.name)
    return Method(
        name=function.name,
        kind=kind,
        parameters=parameters,
        returns=returns,
        is_async=is_async(function),
        manual=is_manual(function),
        guard=guard_of(function, file, reader.report),
        position=position_of(file.path, function),
    )


def _report_guard(method: Method, function: ast.FunctionDef, file: SourceFile, report: Report) -> None:
    report.refuse(
        "guard-undefined",
        file.path,
        function.decorator_list[0],
        f"the guard {method.guard} of {method.name} is no top-level function annotated -> GuardResult in a reachable module",
        f"define {method.guard}() -> GuardResult under that very name",
    )


def _report_own_name(method: Method, function: ast.FunctionDef, file: SourceFile, report: Report) -> None:
    report.breaks(
        "parameter-is-method",
        file.path,
        function,
        f"the method {method.name} has a parameter of its own name, which Kybra gives one name in Rust: calling the one calls the other",
        "rename the parameter",
    )


def _report_twice(method: Method, first: Method | None, file: SourceFile, function: ast.FunctionDef, report: Report) -> None:
    if first is None:
        message, mend = f"{method.name} is a query and an update at once", "keep one of the decorators"
    elif first.position == method.position:
        message = f"{method.name} is found twice, since another module imports the entry and Kybra then reads it again"
        mend = "move what both need into a module of its own"
    else:
        message, mend = f"the method {method.name} is defined already at {first.position}", "rename one of them"
    report.refuse("method-twice", file.path, function, message, mend)


def read_system_methods(files: Sequence[SourceFile], reader: TypeReader) -> dict[str, SystemMethod]:
    """The system methods by kind. Refused: two of one kind, a return type other than `void`."""
    found: dict[str, SystemMethod] = {}
    for kind in SYSTEM_METHODS:
        for file, function in functions_of(files):
            if not is_decorated(function, kind):
                continue
            method = _system_method(kind, file, function, reader)
            first = found.setdefault(kind, method)
            if first is not method:
                reader.report.refuse(
                    "system-method-twice",
                    file.path,
                    function,
                    f"a second {kind} method; the first is {first.function} at {first.position}",
                    "keep one and let it call the other",
                )
    return found


def _system_method(kind: str, file: SourceFile, function: ast.FunctionDef, reader: TypeReader) -> SystemMethod:
    report = reader.report
    checked = kind in _WITH_PARAMETERS
    parameters: Parameters = ()
    if kind != "heartbeat":
        parameters = read_parameters(function, file, reader, checked=checked)
    if not checked and _takes_any(function):
        report.breaks(
            "system-method-parameter",
            file.path,
            function,
            f"{kind} is called with nothing, and {function.name} takes parameters",
            "take none and read what it needs from ic",
        )
    returns = read_return(function, file, reader, reason=function.name, checked=False)
    if function.returns is not None and not is_void(returns):
        report.refuse(
            "system-method-return",
            file.path,
            function.returns,
            f"{kind} returns nothing, so {function.name} must say -> void",
            "write -> void",
        )
    if kind != "heartbeat" and is_async(function):
        report.breaks(
            "system-method-async",
            file.path,
            function,
            f"{kind} cannot wait: a generator returned from {function.name} traps",
            "set a timer with ic.set_timer(0, ...) and do it there",
        )
    return SystemMethod(kind, function.name, parameters if checked else (), position_of(file.path, function))


def _takes_any(function: ast.FunctionDef) -> bool:
    arguments = function.args
    return bool(arguments.args or arguments.posonlyargs or arguments.kwonlyargs or arguments.vararg or arguments.kwarg)
