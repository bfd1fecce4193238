"""Who may import whom: `ddsx_core` <- `ddsx_wire` <- canisters, and the two outsiders that never see each other.

The local replica knows nothing of what runs on it: its files do not even hold the project's name.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from checks.finding import Finding, Report
from checks.project import STANDARD_LIBRARY, Project
from checks.source import Module
from checks.syntax import read

_WHY = "packages stand apart so that each can be understood, bundled and replaced alone"
_CORE = frozenset({"ddsx_core"})
_WIRE = frozenset({"ddsx_core", "ddsx_wire", "kybra"})
_STRANGERS = {
    "ddsx": frozenset({"ddsx_wire", "kybra_replica", "kybra"}),
    "kybra_replica": frozenset({"ddsx_core", "ddsx_wire", "ddsx"}),
}
_PROJECT_NAME = "ddsx"


def run(project: Project) -> Report:
    """Every import in `src` and `canisters`, and every word of the replica."""
    files = project.python_files("src", "canisters")
    findings: list[Finding] = []
    for path in files:
        module = read(path, project.module_name(path))
        if isinstance(module, Module):
            findings += _imports(project, module)
    replica = project.files("src/kybra_replica")
    for path in replica:
        findings += _mentions(path)
    return Report.of(f"{len(files)} files, {len(replica)} of the replica read for names", findings)


def imported(module: Module) -> Iterator[tuple[int, str]]:
    """The line and the absolute dotted name of every import of modules, wherever it stands in a file."""
    for node in module.nodes:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, absolute(module, node)


def absolute(module: Module, node: ast.ImportFrom) -> str:
    """The module an import statement takes names from, relative ones resolved."""
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    package = parts if module.path.name == "__init__.py" else parts[:-1]
    base = package[: len(package) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def _imports(project: Project, module: Module) -> Iterator[Finding]:
    for line, name in imported(module):
        top = name.partition(".")[0]
        complaint = _complaint(project, module.path, top)
        if complaint:
            yield Finding(module.path, line, "layers", f"{module.name} imports {name}", _WHY, complaint)
        elif top == "kybra" and name != "kybra" and project.package(module.path) != "kybra_replica":
            why = "modules of kybra add all their types to the canister, where type names are global"
            yield Finding(
                module.path, line, "kybra-module", f"{module.name} imports {name}", why, "declare the few types and services it needs"
            )


def _complaint(project: Project, path: Path, top: str) -> str | None:
    """How to mend an import of the top-level name `top` by the file, or None where it is right."""
    package, canister = project.package(path), project.canister_of(path)
    if package == "ddsx_core":
        right = top in _CORE or top in STANDARD_LIBRARY
        return None if right else "ddsx_core imports the standard library and itself: pass what is needed as an argument"
    if package == "ddsx_wire":
        right = top in _WIRE or top in STANDARD_LIBRARY
        return None if right else "ddsx_wire imports kybra, ddsx_core and itself"
    if canister is not None:
        right = top in _WIRE | canister.siblings or top in STANDARD_LIBRARY
        return None if right else "a canister imports kybra, ddsx_core, ddsx_wire and the files beside it"
    if top in _STRANGERS.get(package or "", ()):
        return f"{package} never imports {top}: what both need belongs into ddsx_core, or is given as an argument"
    return "a canister is called, never imported, outside tests, scripts and examples" if top in project.canister_modules else None


def _mentions(path: Path) -> Iterator[Finding]:
    why = "kybra_replica runs any canister and could be published alone"
    lines = path.read_bytes().decode("utf-8", errors="replace").splitlines()
    found = [number for number, line in enumerate(lines, 1) if _PROJECT_NAME in line.lower()]
    found += [1] if _PROJECT_NAME in path.name.lower() else []
    for number in found:
        yield Finding(path, number, "replica-knows-us", "the replica names the project that uses it", why, "say it in general terms")
