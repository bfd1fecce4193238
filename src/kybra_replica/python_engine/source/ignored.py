"""What Kybra passes over in silence: methods, types and maps that stand where it does not look, or under another name."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from kybra_replica.python_engine.source.bindings import Bindings, Origin, absolute_name
from kybra_replica.python_engine.source.definitions import Definition, is_type_class
from kybra_replica.python_engine.source.modules import KYBRA
from kybra_replica.python_engine.source.report import Report
from kybra_replica.python_engine.source.source_file import SourceFile
from kybra_replica.python_engine.source.spelling import CLASS_BASES, DECORATORS, MAP, subscript_of, text_of

_TYPE_MAKERS = frozenset({"Alias", "Tuple"})
_ONCE = frozenset({"init", "post_upgrade"})
_PLAIN_ONLY = "`from kybra import ...` under its own name is the only form that it knows"


class KybraNames:
    """What an expression of a file means among the names that `kybra` exports, however it is spelled."""

    def __init__(self, file: SourceFile, bindings: Bindings) -> None:
        self._file = file
        self._bindings = bindings
        self._local = dict(_local_imports(file))

    def meaning(self, node: ast.expr | None) -> str | None:
        """`query` for `query`, for `kybra.query` and for a renamed import of it; None for what is not Kybra's."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner = self.origin(node.value.id)
            return node.attr if owner == Origin(KYBRA, "") else None
        if isinstance(node, ast.Name):
            origin = self.origin(node.id)
            return origin.name or None if origin is not None and origin.module == KYBRA else None
        return None

    def origin(self, name: str) -> Origin | None:
        """Where a name of the file is defined, imports inside of functions included."""
        return self._local.get(name) or self._bindings.origin(self._file.name, name)


def _local_imports(file: SourceFile) -> Iterator[tuple[str, Origin]]:
    """Imports from `kybra` anywhere in the file, in functions too."""
    for node in ast.walk(file.tree):
        if isinstance(node, ast.ImportFrom) and absolute_name(file, node) == KYBRA:
            yield from ((alias.asname or alias.name, Origin(KYBRA, alias.name)) for alias in node.names if alias.name != "*")
        elif isinstance(node, ast.Import):
            yield from ((alias.asname or KYBRA, Origin(KYBRA, "")) for alias in node.names if alias.name == KYBRA)


def check_ignored(files: Sequence[SourceFile], definitions: Mapping[str, Definition], bindings: Bindings, report: Report) -> None:
    """Every thing of Kybra's in files of ours that its generator does not see."""
    records = {Origin(definition.file.name, name) for name, definition in definitions.items() if definition.kind in CLASS_BASES}
    for file in files:
        if file.ours:
            _File(file, KybraNames(file, bindings), records, report).check()


class _File:
    """The checks of one file."""

    def __init__(self, file: SourceFile, names: KybraNames, records: set[Origin], report: Report) -> None:
        self._path = file.path
        self._file = file
        self._names = names
        self._records = records
        self._report = report
        self._seen: set[int] = set()
        """Calls and decorators that stand where the generator reads them, by identity of the node."""

    def check(self) -> None:
        """Top-level statements first: what they say in the right place is not reported again below."""
        for statement in self._file.body:
            self._check_top_level(statement)
        top_level = {id(statement) for statement in self._file.body}
        for node in ast.walk(self._file.tree):
            nested = id(node) not in top_level
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self._check_function(node, nested=nested)
            elif isinstance(node, ast.ClassDef):
                self._check_class(node, nested=nested)
            elif isinstance(node, ast.Call) and id(node) not in self._seen:
                self._check_call(node)
        self._check_rebound_maps()

    def _ignore(self, rule: str, node: ast.AST, message: str, mend: str) -> None:
        self._report.ignores(rule, self._path, node, message, mend)

    def _check_top_level(self, statement: ast.stmt) -> None:
        value = getattr(statement, "value", None)
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and isinstance(value, ast.Call) and subscript_of(value.func, MAP) is not None:
            self._seen.add(id(value))
        if isinstance(statement, ast.AnnAssign) and isinstance(value, ast.Subscript) and self._names.meaning(value.value) == "Tuple":
            self._ignore("annotated-tuple", statement, "Kybra sees a tuple alias only in a plain assignment", "leave the annotation out")
        if isinstance(statement, (ast.If, ast.Try, ast.With, ast.For, ast.While)):
            self._check_conditional(statement)

    def _check_conditional(self, block: ast.stmt) -> None:
        for node in ast.walk(block):
            if isinstance(node, ast.Assign):
                value = node.value.value if isinstance(node.value, ast.Subscript) else getattr(node.value, "func", None)
                if self._names.meaning(value) in _TYPE_MAKERS | {"Func"}:
                    self._ignore("nested-type", node, "Kybra sees types at the top level of a module only", "move it out of the block")

    def _check_function(self, function: ast.FunctionDef | ast.AsyncFunctionDef, *, nested: bool) -> None:
        kinds = []
        for decorator in function.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            self._seen.add(id(decorator))
            kind = self._names.meaning(called)
            if kind in DECORATORS:
                kinds.append(kind)
                self._check_decorator(decorator, called, str(kind), function)
        if not kinds:
            return
        if isinstance(function, ast.AsyncFunctionDef):
            self._ignore(
                "async-def",
                function,
                f"Kybra does not see {function.name}: methods are plain functions",
                "write def, and -> Async[...] for a generator",
            )
        elif nested:
            self._ignore(
                "nested-method",
                function,
                f"Kybra does not see {function.name}: it looks at the top level of a module only",
                "move it there",
            )
        if len(set(kinds)) < len(kinds):
            self._ignore("decorator-twice", function, f"{function.name} has one decorator twice", "keep one")

    def _check_decorator(self, decorator: ast.expr, called: ast.expr, kind: str, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        if text_of(called) != kind:
            self._ignore("renamed-decorator", decorator, f"Kybra does not see @{ast.unparse(called)}: {_PLAIN_ONLY}", f"write @{kind}")
        if not isinstance(decorator, ast.Call):
            return
        if kind in _ONCE:
            self._report.breaks(
                "decorator-call",
                self._path,
                decorator,
                f"@{kind}(...) raises when the module is imported: it takes the function alone",
                f"write @{kind}",
            )
            return
        if decorator.args:
            self._ignore(
                "guard-positional",
                decorator,
                f"Kybra drops what stands in @{kind}(...) without a name: {function.name} has no guard",
                "write guard=",
            )
        for keyword in decorator.keywords:
            if keyword.arg == "guard" and kind not in ("query", "update"):
                self._ignore("guard-unused", keyword.value, f"Kybra runs no guard before {kind}", f"check inside {function.name}")
            elif keyword.arg != "guard":
                self._report.breaks(
                    "decorator-call",
                    self._path,
                    keyword.value,
                    f"@{kind} knows no argument but guard and raises when the module is imported",
                    "leave it out",
                )

    def _check_class(self, node: ast.ClassDef, *, nested: bool) -> None:
        for base in node.bases:
            kind = self._names.meaning(base)
            if kind in CLASS_BASES:
                if nested:
                    self._ignore(
                        "nested-type", node, f"Kybra does not see {node.name}: it looks at the top level of a module only", "move it there"
                    )
                elif text_of(base) != kind:
                    self._ignore("renamed-base", node, f"Kybra does not see {node.name}: {_PLAIN_ONLY}", f"write class {node.name}({kind})")
            elif isinstance(base, ast.Name) and self._names.origin(base.id) in self._records and not is_type_class(node):
                self._ignore(
                    "type-subclass",
                    node,
                    f"Kybra does not see {node.name}: it knows direct subclasses of Record, Variant and Service only",
                    "repeat the members",
                )

    def _check_call(self, node: ast.Call) -> None:
        self._seen.add(id(node.func))
        target = node.func.value if isinstance(node.func, ast.Subscript) else node.func
        kind = self._names.meaning(target)
        if kind == MAP:
            self._ignore(
                "map-unseen",
                node,
                "Kybra registers no map here: its first use raises LookupError",
                f"write name = {MAP}[K, V](...) at the top level of a module",
            )
        elif kind in DECORATORS:
            self._ignore("decorator-as-function", node, f"Kybra does not see a method made by calling {kind}", f"write @{kind} above a def")
        elif kind in ("Record", "Variant"):
            self._ignore("type-call", node, f"Kybra does not see a type made by calling {kind}", f"write class Name({kind})")

    def _check_rebound_maps(self) -> None:
        """One name for two maps: both exist in the Wasm, and Python reaches the last alone."""
        names: set[str] = set()
        for statement in self._file.body:
            if isinstance(statement, (ast.Assign, ast.AnnAssign)) and isinstance(statement.value, ast.Call):
                target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
                name = text_of(target)
                if name is not None and subscript_of(statement.value.func, MAP) is not None:
                    if name in names:
                        self._ignore("map-rebound", statement, f"{name} is a map already, which this one hides", "choose another name")
                    names.add(name)


def note_unwrapped(uses: Sequence[tuple[SourceFile, ast.expr, str]], report: Report) -> None:
    """`Async` and `Manual` inside of other types: Kybra reads past them."""
    for file, node, name in uses:
        if file.ours:
            report.ignores(
                "unwrapped-type",
                file.path,
                node,
                f"{name}[...] counts around a whole return type only; here Kybra reads past it",
                "leave it out",
            )
