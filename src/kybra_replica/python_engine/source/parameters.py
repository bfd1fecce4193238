"""The parameters and the return type of a function that reaches Candid."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from kybra_replica.python_engine.declarations import KybraType
from kybra_replica.python_engine.source.source_file import SourceFile
from kybra_replica.python_engine.source.spelling import text_of
from kybra_replica.python_engine.source.uses import UNKNOWN, VOID, Use

if TYPE_CHECKING:
    from kybra_replica.python_engine.source.types import TypeReader

MOST_PARAMETERS = 5
"""Of a canister method; a service method has `self` besides. The reason is RustPython's limit on argument tuples."""

Parameters = tuple[tuple[str, KybraType], ...]


def read_parameters(
    function: ast.FunctionDef, file: SourceFile, reader: TypeReader, *, service: str = "", checked: bool = True
) -> Parameters:
    """The parameters that reach Candid: those that are neither keyword-only nor positional-only.

    Refused, in this order: `*args` and `**kwargs`; a `self` that is there or is not; too many; one without annotation.
    `service` names the class when the function is a service method, whose first parameter must be `self`.
    """
    where = f"{service}.{function.name}" if service else function.name
    if _refuse_stars(function, file, reader, where):
        return ()
    arguments = function.args.args
    if _refuse_self(function, file, reader, service) or _refuse_many(function, file, reader, where, service):
        return ()
    parameters: list[tuple[str, KybraType]] = []
    for argument in arguments[1:] if service else arguments:
        if argument.annotation is None:
            reader.report.refuse(
                "parameter-type", file.path, argument, f"parameter {argument.arg} of {where} has no type", "annotate it with a Kybra type"
            )
            continue
        use = Use(file, inside="a parameter", checked=checked, generated=checked)
        parameters.append((argument.arg, reader.read(argument.annotation, use)))
    _note_dropped(function, file, reader, where)
    return tuple(parameters)


def read_return(function: ast.FunctionDef, file: SourceFile, reader: TypeReader, *, reason: str, checked: bool = True) -> KybraType:
    """The return type with `Async` and `Manual` taken off, which belong around it. A missing one is refused."""
    if function.returns is None:
        reader.report.refuse("return-type", file.path, function, f"{reason} has no return type", "write -> void when nothing comes back")
        return UNKNOWN
    node = function.returns
    while isinstance(node, ast.Subscript) and text_of(node.value) in ("Async", "Manual"):
        node = node.slice
    return reader.read(node, Use(file, checked=checked, generated=checked))


def is_void(type_: KybraType) -> bool:
    """Whether a return type is `void` itself; an alias of it is a `null`."""
    return type_ == VOID


def _refuse_stars(function: ast.FunctionDef, file: SourceFile, reader: TypeReader, where: str) -> bool:
    for argument, sign in ((function.args.vararg, "*"), (function.args.kwarg, "**")):
        if argument is not None:
            reader.report.refuse(
                "star-parameter",
                file.path,
                argument,
                f"{where} takes {sign}{argument.arg}, and Candid has no open-ended parameters",
                "name every parameter",
            )
    return function.args.vararg is not None or function.args.kwarg is not None


def _refuse_self(function: ast.FunctionDef, file: SourceFile, reader: TypeReader, service: str) -> bool:
    has_self = bool(function.args.args) and function.args.args[0].arg == "self"
    if has_self == bool(service):
        return False
    if service:
        reader.report.refuse("self-parameter", file.path, function, f"{service}.{function.name} must take self first", "write self first")
    else:
        reader.report.refuse("self-parameter", file.path, function, f"the first parameter of {function.name} is called self", "rename it")
    return True


def _refuse_many(function: ast.FunctionDef, file: SourceFile, reader: TypeReader, where: str, service: str) -> bool:
    most = MOST_PARAMETERS + bool(service)
    if len(function.args.args) <= most:
        return False
    counted = f"{MOST_PARAMETERS} besides self" if service else str(MOST_PARAMETERS)
    reader.report.refuse(
        "too-many-parameters", file.path, function, f"{where} takes more than {counted} parameters", "gather some of them in a Record"
    )
    return True


def _note_dropped(function: ast.FunctionDef, file: SourceFile, reader: TypeReader, where: str) -> None:
    """What Python sees in the signature and Candid does not."""
    if not file.ours:
        return
    report = reader.report
    for kind, dropped in (("positional-only", function.args.posonlyargs), ("keyword-only", function.args.kwonlyargs)):
        for argument in dropped:
            report.ignores(
                f"{kind}-parameter",
                file.path,
                argument,
                f"{argument.arg} of {where} is {kind}: Kybra leaves it out of the Candid signature",
                "make it a plain parameter",
            )
    for default in function.args.defaults:
        report.ignores(
            "default-value",
            file.path,
            default,
            f"{where} gives a parameter a default, which Kybra ignores: the argument stays required",
            "write Opt[...] for what may be left out",
        )
