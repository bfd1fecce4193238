"""A canister's source read whole: as Kybra's generator reads it, and then with what the generator does not say."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kybra_replica.candid import render_did
from kybra_replica.python_engine.declarations import KybraType, Program, ServiceOf
from kybra_replica.python_engine.source.bindings import Bindings
from kybra_replica.python_engine.source.bundle import check_bundle
from kybra_replica.python_engine.source.definitions import collect_definitions
from kybra_replica.python_engine.source.guards import collect_guards
from kybra_replica.python_engine.source.ignored import check_ignored, note_unwrapped
from kybra_replica.python_engine.source.interface import interface_of
from kybra_replica.python_engine.source.maps import read_maps
from kybra_replica.python_engine.source.methods import read_methods, read_system_methods
from kybra_replica.python_engine.source.modules import ModuleGraph
from kybra_replica.python_engine.source.report import Report, SourceRefused, position_of
from kybra_replica.python_engine.source.rust_names import check_inline_names, check_service_names, check_type_names
from kybra_replica.python_engine.source.source_file import SourceFile
from kybra_replica.python_engine.source.types import TypeReader
from kybra_replica.python_engine.source.visible import Visibility, check_visible


def read_program(entry: Path, *, search_path: Sequence[Path] = (), lenient: bool = False) -> Program:
    """What the canister whose entry is `entry` declares.

    Modules are searched in the folder of the entry, then in `search_path`. Strictly read, a source must be free of every
    finding: of what Kybra's generator refuses, of what breaks later in the Rust compiler or the running canister, and of
    what Kybra silently ignores. Read leniently it is judged as the generator judges it, and the other findings are kept in
    `Program.ignored`.

    Raises:
        SourceRefused: with all findings at once, each with file, line, reason and mend.
        OSError: when the entry or a module cannot be read.
    """
    report = Report()
    graph = ModuleGraph(entry, tuple(search_path), report)
    parts = _Parts(graph, report)
    file = graph.entry
    if file is not None:
        parts.check(file)
    check_bundle(graph, entry, report)
    stopping = report.refused if lenient else report.findings
    if stopping:
        raise SourceRefused(stopping)
    return parts.program(entry, report)


class _Parts:
    """Everything that the files declare, read in one go; the findings go to the report."""

    def __init__(self, graph: ModuleGraph, report: Report) -> None:
        self._files = graph.files
        self._report = report
        self.definitions = collect_definitions(graph.files, report)
        self.reader = TypeReader(self.definitions, report)
        self.types = self.reader.read_all()
        self.guards = collect_guards(graph.files, report)
        self.methods = read_methods(graph.files, self.guards, self.reader)
        self.system = read_system_methods(graph.files, self.reader)
        self.maps = read_maps(graph.files, self.reader)
        self.services = {name: type_ for name, type_ in self.types.items() if isinstance(type_, ServiceOf) and type_.name == name}

    def check(self, entry: SourceFile) -> None:
        """What the generator does not say."""
        by_name: dict[str, SourceFile] = {}
        for file in self._files:
            by_name.setdefault(file.name, file)
        bindings = Bindings(by_name)
        check_type_names(self.definitions, self._report)
        check_inline_names(self.definitions, self.types, self.methods, self.system, self.reader)
        check_service_names(self.services, self.definitions, self._report)
        check_ignored(self._files, self.definitions, bindings, self._report)
        note_unwrapped(self.reader.unwrapped, self._report)
        self._check_guards()
        modules = {file.path: file.name for file in reversed(self._files)}
        guards = {name: position_of(file.path, function) for name, (file, function) in self.guards.items()}
        services = {name: self.definitions[name] for name in self.services}
        check_visible(Visibility(entry, modules, bindings, self._report), self.methods, self.system, guards, services, self._incoming())

    def _check_guards(self) -> None:
        """A guard and a method become Rust functions of one name."""
        for name, (file, function) in self.guards.items():
            if name in self.methods:
                self._report.breaks(
                    "guard-is-method",
                    file.path,
                    function,
                    f"{name} is a guard and a canister method, which Kybra gives one name in Rust",
                    "let the method call a function of its own, and the guard too",
                )

    def _incoming(self) -> list[KybraType]:
        """Every type of which Kybra builds Python values: parameters, replies of services, what maps hold."""
        types = [type_ for method in self.methods.values() for _, type_ in method.parameters]
        types += [type_ for function in self.system.values() for _, type_ in function.parameters]
        types += [
            method.returns for service in self.services.values() for method in service.methods if self.definitions[service.name].file.ours
        ]
        return types + [type_ for declaration in self.maps.values() for type_ in (declaration.key, declaration.value)]

    def program(self, entry: Path, report: Report) -> Program:
        """The program, once nothing stands against it."""
        interface = interface_of(self.methods, self.system.get("init"), self.reader.name_of)
        return Program(
            entry=entry,
            entry_module=entry.stem,
            modules=_modules(self._files),
            methods=self.methods,
            system_methods=self.system,
            services=self.services,
            maps=self.maps,
            interface=interface,
            did=render_did(interface),
            ignored=report.findings,
        )


def _modules(files: Sequence[SourceFile]) -> tuple[tuple[str, Path], ...]:
    seen: dict[str, Path] = {}
    for file in files:
        if file.ours:
            seen.setdefault(file.name, file.path)
    return tuple(seen.items())
