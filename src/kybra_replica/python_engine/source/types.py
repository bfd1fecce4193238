"""From an annotation to the type it means, as Kybra reads annotations: by name, one flat namespace, no import resolution."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace

from kybra_replica.python_engine.declarations import FuncOf, KybraType, OptOf, Reference, Scalar, TupleOf, VecOf
from kybra_replica.python_engine.source.definitions import ALIAS, FUNC, SERVICE, TUPLE, Definition
from kybra_replica.python_engine.source.members import read_members
from kybra_replica.python_engine.source.report import Report
from kybra_replica.python_engine.source.services import read_service
from kybra_replica.python_engine.source.source_file import SourceFile
from kybra_replica.python_engine.source.spelling import FUNC_MODES, subscript_of, text_of
from kybra_replica.python_engine.source.uses import NULL, SCALARS, UNKNOWN, VOID, Use

_EXPRESSIONS = {
    "BinOp": "a union with |",
    "Attribute": "a dotted name",
    "Call": "a call",
    "List": "a list",
    "Tuple": "a tuple of types",
    "Starred": "a starred expression",
    "JoinedStr": "an f-string",
    "Constant": "this constant",
}


class TypeReader:
    """Reads annotations. Each named type is read once, when it is first used or at the latest by `read_all`."""

    def __init__(self, definitions: Mapping[str, Definition], report: Report) -> None:
        self._definitions = definitions
        self._report = report
        self._done: dict[str, KybraType] = {}
        self._open: dict[str, Reference] = {}
        self._names: dict[int, str] = {}
        self.unwrapped: list[tuple[SourceFile, ast.expr, str]] = []
        """Every `Async` or `Manual` that stands where it means nothing."""

    @property
    def report(self) -> Report:
        """Where the readers of members and services leave their findings."""
        return self._report

    def read_all(self) -> dict[str, KybraType]:
        """Every named type by name, aliases too: the generator wants each well-formed, used or not."""
        return {name: self._named(name) for name in self._definitions}

    def name_of(self, type_: KybraType) -> str | None:
        """The name of a tuple or func that an assignment defined; None for one written in place."""
        return self._names.get(id(type_))

    def read(self, node: ast.expr, use: Use) -> KybraType:
        """The type that `node` means at `use`. What cannot be read is reported and answered with `UNKNOWN`."""
        name = text_of(node)
        if name is not None and name in SCALARS:
            return self._scalar(SCALARS[name], node, use)
        for wrapper, make in (("Vec", VecOf), ("Opt", OptOf)):
            inner = subscript_of(node, wrapper)
            if inner is not None:
                return make(self.read(inner, replace(use, inside=wrapper)))
        inner = subscript_of(node, TUPLE)
        if inner is not None:
            return self._tuple(inner, use)
        if name is not None:
            return self._reference(name, node, use)
        if isinstance(node, ast.Call) and text_of(node.func) == FUNC:
            return self._func(node, use)
        if isinstance(node, ast.Subscript):
            return self._unwrapped(node, use)
        return self._unsupported(node, use)

    def _scalar(self, type_: KybraType, node: ast.expr, use: Use) -> KybraType:
        if type_ == VOID and use.inside:
            self._report.breaks(
                "void-inside", use.file.path, node, f"void in {use.inside} stands for nothing at all, which Rust cannot hold", "write null"
            )
        self._check_order(type_, node, use)
        return type_

    def _check_order(self, type_: KybraType, node: ast.expr, use: Use) -> None:
        while isinstance(type_, (OptOf, VecOf)):
            type_ = type_.inner
        if use.ordered and isinstance(type_, Scalar) and type_.name in ("reserved", "empty"):
            self._report.breaks(
                "unordered-type",
                use.file.path,
                node,
                f"Kybra derives an order for every record, variant, tuple and map, and {type_.name} has none",
                "keep it to parameters and return types, outside of them",
            )

    def _tuple(self, inner: ast.expr, use: Use) -> TupleOf:
        parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        held = replace(use, inside="Tuple", ordered=True)
        return TupleOf(tuple(self.read(part, held) for part in parts))

    def _reference(self, name: str, node: ast.expr, use: Use) -> KybraType:
        definition = self._definitions.get(name)
        if definition is None:
            self._undefined(name, node, use)
            return Reference(name)
        found = self._named(name)
        if definition.kind == ALIAS:
            self._check_order(found, node, use)
        return found

    def _undefined(self, name: str, node: ast.expr, use: Use) -> None:
        message = f"the type {name!r} is used, but no reachable module defines it at its top level"
        mend = _mend_for_undefined(name)
        if use.checked or (use.generated and not name.isidentifier()):
            self._report.refuse("undefined-type", use.file.path, node, message, mend)
        else:
            self._report.breaks("undefined-type", use.file.path, node, message, mend)

    def _named(self, name: str) -> KybraType:
        if name in self._done:
            return self._done[name]
        if name in self._open:
            return self._open[name]
        reference = self._open[name] = Reference(name)
        definition = self._definitions[name]
        type_ = self._define(definition)
        if type_ is reference:
            self._report.breaks(
                "alias-of-itself", definition.file.path, definition.node, f"the alias {name} stands for itself", "name a type"
            )
            type_ = UNKNOWN
        reference.definition = type_
        if definition.kind in (TUPLE, FUNC):
            self._names[id(type_)] = name
        del self._open[name]
        self._done[name] = type_
        return type_

    def _define(self, definition: Definition) -> KybraType:
        use = Use(definition.file)
        if definition.kind == SERVICE:
            return read_service(definition, self)
        if definition.expression is None:
            return read_members(definition, self)
        if definition.kind == ALIAS:
            type_ = self.read(definition.expression, use)
            self._check_alias_cycle(definition, type_)
            return NULL if type_ == VOID else type_
        if definition.kind == FUNC and isinstance(definition.expression, ast.Call):
            return self._func(definition.expression, use)
        return self.read(definition.expression, use)

    def _check_alias_cycle(self, definition: Definition, type_: KybraType) -> None:
        """An alias is only another spelling for Rust: a cycle through aliases, `Opt` and `Vec` alone never ends."""
        while isinstance(type_, (OptOf, VecOf)):
            type_ = type_.inner
        if isinstance(type_, Reference) and type_.name in self._open and self._definitions[type_.name].kind == ALIAS:
            self._report.breaks(
                "alias-of-itself",
                definition.file.path,
                definition.node,
                f"the alias {definition.name} stands for itself; only records, variants and tuples may be recursive",
                "put a record between",
            )

    def _func(self, node: ast.Call, use: Use) -> KybraType:
        shape = _func_shape(node)
        if isinstance(shape, str):
            self._report.refuse(
                "func-form", use.file.path, node, shape, "write Func(Query[[A, B], C]), Func(Update[...]) or Func(Oneway[...])"
            )
            return UNKNOWN
        mode, parameters, returns = shape
        held = replace(use, inside="", ordered=False)
        types = tuple(self.read(parameter, replace(held, inside="the parameters of a Func")) for parameter in parameters)
        if mode == "oneway":
            if text_of(returns) != "void":
                self._report.ignores(
                    "oneway-return", use.file.path, returns, "a Oneway func returns nothing: Kybra does not look at this type", "write void"
                )
            return FuncOf(mode, types, VOID)
        return FuncOf(mode, types, self.read(returns, held))

    def _unwrapped(self, node: ast.Subscript, use: Use) -> KybraType:
        name = text_of(node.value)
        if name in ("Async", "Manual"):
            self.unwrapped.append((use.file, node, str(name)))
            return self.read(node.slice, use)
        shown = name or "something"
        self._report.refuse(
            "unsupported-subscript",
            use.file.path,
            node,
            f"{shown}[...] means nothing to Kybra, which knows only Vec, Opt, Tuple, Async and Manual",
            {"list": "write Vec[...]", "Optional": "write Opt[...]", "tuple": "write Tuple[...]"}.get(shown, "use Kybra's own types"),
        )
        return UNKNOWN

    def _unsupported(self, node: ast.expr, use: Use) -> KybraType:
        if isinstance(node, ast.Constant) and node.value is None:
            self._report.refuse(
                "none-as-type", use.file.path, node, "None is a value, not a type", "write null, or void where nothing is returned"
            )
        else:
            shown = _EXPRESSIONS.get(type(node).__name__, "this expression")
            mend = "write Opt[...] for a value that may be missing" if isinstance(node, ast.BinOp) else "write the plain name of a type"
            self._report.refuse("unsupported-type", use.file.path, node, f"{shown} is no type to Kybra", mend)
        return UNKNOWN


def _func_shape(node: ast.Call) -> tuple[str, list[ast.expr], ast.expr] | str:
    """Mode, parameters and return of `Func(Mode[[...], R])`, or what is wrong with it."""
    if len(node.args) != 1:
        return f"Func() takes exactly one argument in its place, not {len(node.args)}"
    inner = node.args[0]
    mode = FUNC_MODES.get(text_of(inner.value) or "") if isinstance(inner, ast.Subscript) else None
    if not isinstance(inner, ast.Subscript) or mode is None:
        return "the argument of Func() must be Query[...], Update[...] or Oneway[...]"
    parts = inner.slice.elts if isinstance(inner.slice, ast.Tuple) else []
    if len(parts) != 2 or not isinstance(parts[0], ast.List):
        return "the brackets in Func() must hold a list of parameter types and a return type"
    return mode, parts[0].elts, parts[1]


_BUILTINS = {
    "bytes": "write blob",
    "float": "write float64",
    "list": "write Vec[...]",
    "dict": "declare a Record",
    "object": "write reserved",
}


def _mend_for_undefined(name: str) -> str:
    if name in _BUILTINS:
        return _BUILTINS[name]
    if not name.isidentifier():
        return "quote the name alone: Opt['Node'], not 'Opt[Node]'"
    return f"declare {name} as a class of Record or Variant, or as {name} = Alias[...], at the top level of an imported module"
