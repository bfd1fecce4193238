"""Which files a canister reaches, found as Kybra's bundler finds them: by following import statements, without running any.

Imports count wherever they stand: in functions, in `try`, under `if TYPE_CHECKING`. A module is searched in the folder of
the entry, then along the search path; the standard library is not bundled (RustPython brings its own), and an import that
is found nowhere is dropped without a word, with the packages on the way to it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.machinery import PathFinder
from pathlib import Path

from kybra_replica.python_engine.source.bindings import stored_names
from kybra_replica.python_engine.source.imports import ImportSite, imports_of
from kybra_replica.python_engine.source.report import Report
from kybra_replica.python_engine.source.source_file import SourceFile
from kybra_replica.python_engine.source.syntax import parse_file

KYBRA = "kybra"

_LEFT_THE_LIBRARY = frozenset(
    [
        "aifc",
        "asynchat",
        "asyncore",
        "audioop",
        "cgi",
        "cgitb",
        "chunk",
        "crypt",
        "distutils",
        "imghdr",
        "imp",
        "lib2to3",
        "mailcap",
        "msilib",
        "nis",
        "nntplib",
        "ossaudiodev",
        "pipes",
        "smtpd",
        "sndhdr",
        "spwd",
        "sunau",
        "telnetlib",
        "uu",
        "xdrlib",
    ]
)
STANDARD_LIBRARY = frozenset(sys.stdlib_module_names) | _LEFT_THE_LIBRARY
"""Names of the standard library, those that newer Pythons dropped included, so that every Python answers alike."""

_BUILTIN = frozenset(sys.builtin_module_names)


@dataclass(frozen=True)
class MissedImport:
    """An import of a reachable file of ours that leads nowhere. `handled` when the code itself provides for that."""

    path: Path
    line: int
    name: str
    handled: bool


@dataclass(eq=False)
class Module:
    """A node of the graph: the entry, a file, a package, a folder without `__init__.py` (no `path`), or nothing (no `folder` either)."""

    name: str
    path: Path | None
    folder: Path | None = None
    file: SourceFile | None = None
    report: Report = field(default_factory=Report)
    leads_to: list[Module] = field(default_factory=list)
    missed: list[MissedImport] = field(default_factory=list)
    stored: set[str] = field(default_factory=set)
    """The names that its code binds, those of its star imports included; empty until all that it imports is read."""
    is_read: bool = False

    @property
    def is_open_ended(self) -> bool:
        """Whether it may have names that are not to be seen: still being read, unreadable, or with a `__getattr__`."""
        return not self.is_read or "__getattr__" in self.stored


class ModuleGraph:
    """Everything reachable from the entry."""

    def __init__(self, entry: Path, search_path: Sequence[Path], report: Report) -> None:
        self._search_path = (entry.parent, *search_path)
        self._known: dict[str, Module | None] = {}
        self._stand_ins: dict[str, Module] = {}
        self._script = Module(entry.stem, entry)
        self._read(self._script, is_script=True)
        self.modules = _reachable(self._script)
        for module in self.modules:
            report.extend(module.report)

    @property
    def files(self) -> list[SourceFile]:
        """The files that could be parsed; the entry first."""
        return [module.file for module in self.modules if module.file is not None]

    @property
    def entry(self) -> SourceFile | None:
        """The entry, or None when it could not be parsed."""
        return self._script.file

    @property
    def packages(self) -> dict[str, Path]:
        """The folder of each package of ours, by its dotted name."""
        return {
            module.name: module.folder for module in self.modules if module.folder is not None and module.path and _is_ours(module.name)
        }

    def _read(self, module: Module, *, is_script: bool = False) -> None:
        """Parse the file of a module and follow its imports."""
        assert module.path is not None
        ours = _is_ours(module.name)
        tree = parse_file(module.path, module.report) if ours else ast.parse(module.path.read_bytes())
        if tree is None:
            return
        file = SourceFile(module.name, module.path, tree, module.folder is not None, is_script, ours)
        module.file = file
        starred: set[str] = set()
        for site in imports_of(tree):
            if isinstance(site.node, ast.Import):
                for alias in site.node.names:
                    self._link(module, self._absolute(module, site, alias.name))
            else:
                starred |= self._import_from(module, file, site, site.node)
        module.stored |= starred | set(stored_names(tree))
        module.is_read = True

    def _link(self, module: Module, target: Module | None) -> None:
        if target is not None:
            module.leads_to.append(target)

    def _import_from(self, module: Module, file: SourceFile, site: ImportSite, node: ast.ImportFrom) -> set[str]:
        source = self._relative(module, file, site, node) if node.level else self._absolute(module, site, node.module or "")
        if source is None:
            return set()
        self._link(module, source)
        starred: set[str] = set()
        for alias in node.names:
            if alias.name == "*":
                starred |= source.stored
            elif alias.name not in source.stored and source.folder is not None:
                part = self._load(f"{source.name}.{alias.name}", source)
                self._link(module, part)
                self._link(source, part)
                if part is None and not source.is_open_ended:
                    self._miss(module, site, f"{source.name}.{alias.name}")
        return starred

    def _absolute(self, module: Module, site: ImportSite, dotted: str) -> Module | None:
        """The last module of a dotted name, or None when the first is not found."""
        head, *rest = dotted.split(".")
        found = self._load(head, None)
        if found is None:
            if head not in STANDARD_LIBRARY | _BUILTIN:
                self._miss(module, site, dotted)
            return None
        return self._walk(module, site, found, rest, dotted)

    def _walk(self, module: Module, site: ImportSite, start: Module, rest: Sequence[str], written: str) -> Module:
        """The last module of a dotted name that begins at `start`; one that stands for nothing when it is not found.

        Such a stand-in leads to the package on the way only from the second import of that name on: the bundler forgets
        the way the first time, and then leaves the packages out if nothing else reaches them.
        """
        found = start
        for part in rest:
            name = f"{found.name}.{part}"
            inner = self._load(name, found)
            if inner is None:
                self._miss(module, site, written)
                if name in self._stand_ins:
                    self._link(self._stand_ins[name], found)
                inner = self._stand_ins.setdefault(name, Module(name, None))
            found = inner
        return found

    def _relative(self, module: Module, file: SourceFile, site: ImportSite, node: ast.ImportFrom) -> Module | None:
        """`from ..a import b`. The bundler tries the top level when the package has no such module; Python does not."""
        written = "." * node.level + (node.module or "")
        package = "" if file.is_script else (file.name if file.is_package else file.name.rpartition(".")[0])
        for _ in range(node.level - 1):
            package = package.rpartition(".")[0]
        parent = self._known.get(package) if package else None
        if parent is None:
            self._miss(module, site, written)
            return None
        if not node.module:
            return parent
        head, *rest = node.module.split(".")
        found = self._load(f"{parent.name}.{head}", parent)
        if found is None:
            self._miss(module, site, written)
            found = self._load(head, None)
        return self._walk(module, site, found, rest, written) if found is not None else None

    def _load(self, name: str, parent: Module | None) -> Module | None:
        """The module called `name`, read now if it is met for the first time. What lies in a package leads to it."""
        if name not in self._known:
            if parent is None and name in _BUILTIN:
                return None
            if parent is not None and parent.folder is None:
                return None
            self._known[name] = None
            self._find(name, self._search_path if parent is None else [parent.folder or Path()])
        module = self._known[name]
        if module is not None:
            self._link(module, parent)
        return module

    def _find(self, name: str, folders: Sequence[Path]) -> None:
        """Enter the module called `name` among the known ones and read it, when there is one."""
        last = name.rpartition(".")[2]
        for folder in folders:
            if (folder / last / "__init__.py").is_file():
                return self._enter(Module(name, folder / last / "__init__.py", folder / last))
            if (folder / f"{last}.py").is_file():
                return self._enter(Module(name, folder / f"{last}.py"))
        for folder in folders:
            if (folder / last).is_dir() and name not in STANDARD_LIBRARY:
                self._known[name] = Module(name, None, folder / last)
                return None
        installed = installed_kybra() if name == KYBRA else None
        if installed is not None:
            self._enter(Module(name, installed / "__init__.py", installed))
        return None

    def _enter(self, module: Module) -> None:
        """A module is known before it is read, since what it imports may import from it."""
        self._known[module.name] = module
        self._read(module)

    def _miss(self, module: Module, site: ImportSite, name: str) -> None:
        if module.path is not None and _is_ours(module.name):
            module.missed.append(MissedImport(module.path, site.node.lineno, name, site.handled))


def _is_ours(name: str) -> bool:
    return name.partition(".")[0] != KYBRA


def _reachable(start: Module) -> list[Module]:
    """Every module that `start` leads to, itself first, each once."""
    found: dict[int, Module] = {}
    waiting = [start]
    while waiting:
        module = waiting.pop()
        if id(module) not in found:
            found[id(module)] = module
            waiting.extend(reversed(module.leads_to))
    return list(found.values())


def installed_kybra() -> Path | None:
    """The folder of the `kybra` package that is installed here, found without running it."""
    found = PathFinder.find_spec(KYBRA)
    locations = found.submodule_search_locations if found is not None else None
    return Path(next(iter(locations))) if locations else None
