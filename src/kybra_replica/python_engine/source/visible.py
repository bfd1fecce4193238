"""Which functions and classes Kybra finds again at run time: it looks each up in the scope of `from <entry> import *`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from kybra_replica.python_engine.declarations import (
    FuncOf,
    KybraType,
    Method,
    OptOf,
    Position,
    RecordOf,
    Reference,
    ServiceOf,
    SystemMethod,
    TupleOf,
    VariantOf,
    VecOf,
)
from kybra_replica.python_engine.source.bindings import Bindings, Origin
from kybra_replica.python_engine.source.definitions import Definition
from kybra_replica.python_engine.source.report import Report
from kybra_replica.python_engine.source.source_file import SourceFile


class Visibility:
    """Checks names against what a star import of the entry brings."""

    def __init__(self, entry: SourceFile, modules: Mapping[Path, str], bindings: Bindings, report: Report) -> None:
        self._entry = entry
        self._modules = modules
        self._bindings = bindings
        self._report = report
        self._exports = bindings.exports(entry.name)

    def check(self, what: str, name: str, position: Position) -> None:
        """`name`, defined at `position`, must be brought by the star import, and be that very object."""
        entry = self._entry
        if name not in self._exports:
            if name.startswith("_") and not self._bindings.lists_its_names(entry.name):
                reason, mend = "its name begins with an underscore", f"rename it, or list it in __all__ of {entry.path.name}"
            elif self._bindings.lists_its_names(entry.name):
                reason, mend = f"__all__ of {entry.path.name} leaves it out", f"list {name!r} there"
            else:
                reason, mend = f"{entry.path.name} does not import it", f"import {name} in {entry.path.name}"
            self._report.breaks(
                "not-exported", position.path, position, f"{what} {name} is not there after `from {entry.name} import *`: {reason}", mend
            )
            return
        origin = self._bindings.origin(entry.name, name)
        module = self._modules.get(position.path)
        if origin is not None and module is not None and origin != Origin(module, name):
            self._report.breaks(
                "not-exported",
                position.path,
                position,
                f"{what} {name} is hidden: after `from {entry.name} import *` the name means that of module {origin.module}",
                "give the two different names",
            )


def check_visible(
    visibility: Visibility,
    methods: Mapping[str, Method],
    system: Mapping[str, SystemMethod],
    guards: Mapping[str, Position],
    services: Mapping[str, Definition],
    types: Iterable[KybraType],
) -> None:
    """Every method, system method, used guard, and class of a service that Kybra must build from a Candid value."""
    for method in methods.values():
        visibility.check("the method", method.name, method.position)
        if method.guard in guards:
            visibility.check("the guard", method.guard or "", guards[method.guard or ""])
    for function in system.values():
        visibility.check(f"the {function.kind} function", function.function, function.position)
    seen: set[int] = set()
    for service in sorted({found.name for type_ in types for found in _services_in(type_, seen)}):
        definition = services[service]
        if definition.file.ours:
            visibility.check("the service", service, Position(definition.file.path, definition.node.lineno))


def _services_in(type_: KybraType, seen: set[int]) -> Iterator[ServiceOf]:
    if id(type_) in seen:
        return
    seen.add(id(type_))
    if isinstance(type_, ServiceOf):
        yield type_
        return
    parts: tuple[KybraType | None, ...] = ()
    if isinstance(type_, (OptOf, VecOf)):
        parts = (type_.inner,)
    elif isinstance(type_, TupleOf):
        parts = type_.items
    elif isinstance(type_, (RecordOf, VariantOf)):
        parts = tuple(member.type for member in type_.members)
    elif isinstance(type_, Reference):
        parts = (type_.definition,)
    elif isinstance(type_, FuncOf):
        parts = ()
    for part in parts:
        if part is not None:
            yield from _services_in(part, seen)
