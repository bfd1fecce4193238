"""What Kybra would bundle for each canister, and what would go wrong with it.

Kybra's bundler follows imports with modulegraph and copies packages whole; every plain module, sub-modules of packages included, is also
copied flat under its basename, later ones over earlier ones. What it does not find it drops without a word, and the canister traps at
install.
"""

from __future__ import annotations

import ast
import keyword
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from checks import modulegraph_view
from checks.finding import Finding, Report
from checks.layers import absolute, imported
from checks.project import CACHES, STANDARD_LIBRARY, Canister, Project
from checks.source import Module
from checks.syntax import read

_ALWAYS_THERE = frozenset({"principal", "kybra"})
"""Top-level names that Kybra itself puts into every bundle."""

_CRATES = frozenset(
    {"candid", "serde", "rand", "base64", "slotmap", "async-recursion", "getrandom", "lazy_static", "kybra_generate", "rustpython"}
)
_TEST_FOLDERS = frozenset({"test", "tests", "testing"})
_WHY_COPY = "every plain module is also copied flat under its basename, later ones over earlier ones"
_WHY_MISSING = "the bundler drops what it does not find without a word, and the canister traps at install"


@dataclass
class Bundle:
    """The first-party part of what a canister's build takes in."""

    canister: Canister
    modules: dict[str, Path] = field(default_factory=dict)
    """Every reachable module by dotted name; a package stands for its `__init__.py`."""
    findings: list[Finding] = field(default_factory=list)

    @property
    def packages(self) -> list[Path]:
        """The folders that are copied whole."""
        return [path.parent for name, path in self.modules.items() if path.name == "__init__.py" and "." not in name]

    def files(self) -> list[Path]:
        """Every Python file that is frozen, once."""
        copied = {path for package in self.packages for path in package.rglob("*.py") if not CACHES & set(path.parts)}
        return sorted(copied | set(self.modules.values()))


def run(project: Project) -> Report:
    """The bundle of every canister, by reading and, where it can be imported, by modulegraph itself."""
    findings: list[Finding] = []
    parts = []
    for canister in project.canisters:
        bundle = collect(project, canister)
        findings += [*bundle.findings, *_names(bundle), *_folders(bundle)]
        files = bundle.files()
        size = sum(path.stat().st_size for path in files)
        parts.append(f"{canister.name} {len(bundle.modules)} modules, {len(files)} files, {size // 1_000} kB")
        findings += modulegraph_view.differences(project, canister, frozenset(bundle.modules))
    parts.append(modulegraph_view.availability())
    return Report.of("; ".join(parts), findings)


def collect(project: Project, canister: Canister) -> Bundle:
    """Follow the imports of a canister's entry through everything of ours."""
    bundle = Bundle(canister)
    if not canister.entry.exists():
        bundle.findings.append(
            Finding(canister.folder, 1, "entry", f"{canister.entry.name} is missing", "Kybra is given that file", "add it")
        )
        return bundle
    todo = deque([(canister.entry.stem, canister.entry)])
    while todo:
        name, path = todo.popleft()
        if name in bundle.modules:
            continue
        bundle.modules[name] = path
        module = read(path, name)
        if isinstance(module, Module):
            todo += _follow(project, bundle, module)
    return bundle


def _follow(project: Project, bundle: Bundle, module: Module) -> Iterator[tuple[str, Path]]:
    """The modules of ours that a module brings in, parents of packages first."""
    for line, name in imported(module):
        top = name.partition(".")[0]
        if top in _ALWAYS_THERE or (top in STANDARD_LIBRARY and not _find(project, bundle.canister, top)):
            continue
        parts = name.split(".")
        for length in range(1, len(parts) + 1):
            prefix = ".".join(parts[:length])
            path = _find(project, bundle.canister, prefix)
            if path is None:
                what = f"{module.name} imports {name}: there is no {prefix}"
                bundle.findings.append(
                    Finding(module.path, line, "import-not-found", what, _WHY_MISSING, "correct the name, or add the module")
                )
                break
            yield prefix, path
    yield from _names_taken(project, bundle, module)


def _names_taken(project: Project, bundle: Bundle, module: Module) -> Iterator[tuple[str, Path]]:
    """The sub-modules among the names that `from ... import` takes; a name that is nowhere is a finding."""
    for node in module.nodes:
        source = _find(project, bundle.canister, absolute(module, node)) if isinstance(node, ast.ImportFrom) else None
        if not isinstance(node, ast.ImportFrom) or source is None:
            continue
        target = read(source, "")
        bound = _bound_at_top(target) if isinstance(target, Module) else None
        for alias in node.names:
            full = f"{absolute(module, node)}.{alias.name}"
            path = _find(project, bundle.canister, full)
            if path is not None:
                yield full, path
            elif bound is not None and alias.name not in bound and alias.name != "*":
                what = f"{module.name} imports {alias.name}, which {source.name} does not define"
                bundle.findings.append(Finding(module.path, node.lineno, "import-not-found", what, _WHY_MISSING, "correct the name"))


def _bound_at_top(module: Module) -> frozenset[str] | None:
    """The names a module has for others; None where a star import hides them."""
    if any(isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names) for node in module.nodes):
        return None
    return module.bound


def _find(project: Project, canister: Canister, name: str) -> Path | None:
    """The file of a module of ours: in the packages, or beside the entry."""
    for base in (project.source, canister.folder):
        path = base.joinpath(*name.split("."))
        for candidate in (path / "__init__.py", path.with_name(f"{path.name}.py")):
            if name and candidate.exists():
                return candidate
    return None


def _names(bundle: Bundle) -> Iterator[Finding]:
    """What is wrong with the names of the files that are bundled."""
    canister, entry = bundle.canister, bundle.canister.entry
    if keyword.iskeyword(entry.stem) or not entry.stem.isidentifier() or not canister.name.isidentifier():
        why = "the entry is imported by its stem, and the canister's name becomes that of a Rust crate"
        yield Finding(entry, 1, "entry", f"{entry.stem} is not an identifier", why, "use letters, digits and underscores")
    if canister.name in _CRATES:
        why = "the canister's name becomes that of a Rust crate beside this one"
        yield Finding(entry, 1, "entry", f"{canister.name} is the name of a crate that Kybra builds with", why, "choose another name")
    top_level = {name: path for name, path in bundle.modules.items() if "." not in name}
    for name, path in top_level.items():
        if name in STANDARD_LIBRARY:
            why = "frozen modules of the standard library come last and overwrite equal names"
            yield Finding(path, 1, "basename", f"{name} is the name of a standard module", why, "rename the file")
    for path in bundle.files():
        if path.name == "__init__.py":
            continue
        clash = next((other for name, other in top_level.items() if name == path.stem and other != path), None)
        if clash is not None or (path.stem in _ALWAYS_THERE):
            what = f"{path.stem} is also the name of {clash.name if clash else 'a module of Kybra itself'}"
            yield Finding(path, 1, "basename", what, _WHY_COPY, "rename one of the two")
        if path.name.startswith("badsyntax_") or "," in str(path):
            why = "Kybra skips badsyntax_ files that fail to compile, and lists files with commas between"
            yield Finding(path, 1, "basename", f"{path.name} cannot be bundled", why, "rename it")


def _folders(bundle: Bundle) -> Iterator[Finding]:
    """What is wrong with the folders that are copied whole, and with the canister's own."""
    canister = bundle.canister
    if (canister.folder / "__init__.py").exists() or (canister.folder.parent / "__init__.py").exists():
        why = "the entry would be found as part of a package and under a second name"
        yield Finding(canister.folder, 1, "package", "there is an __init__.py under canisters", why, "remove it")
    for package in bundle.packages:
        folders = [package, *(path for path in package.rglob("*/") if path.is_dir() and not CACHES & set(path.parts))]
        for folder in folders:
            if not (folder / "__init__.py").exists():
                why = "a folder without it is copied but never frozen, so its modules cannot be imported"
                yield Finding(folder, 1, "package", f"{folder.name} has no __init__.py", why, "add one with a docstring")
            if folder.name in _TEST_FOLDERS:
                yield Finding(folder, 1, "package", f"{folder.name} lies in a package", "packages are bundled whole", "move it under tests")
        for path in package.rglob("*"):
            foreign = path.is_file() and path.suffix != ".py" and path.name != "py.typed" and not CACHES & set(path.parts)
            if foreign:
                yield Finding(path, 1, "package", f"{path.name} is no Python", "only .py becomes part of the Wasm", "embed it as a literal")
