"""Which files a canister reaches, found as Kybra's bundler finds them: by following import statements, without running any.

Imports count wherever they stand: in functions, in `try`, under `if TYPE_CHECKING`. A module is searched in the folder of
the entry, then along the search path; the standard library is not bundled (RustPython brings its own), and an import that
is found nowhere is dropped without a word.
"""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from kybra_replica.python_engine.source.bindings import stored_names
from kybra_replica.python_engine.source.report import Report
from kybra_replica.python_engine.source.source_file import SourceFile
from kybra_replica.python_engine.source.syntax import parse_file

KYBRA = "kybra"

_LEFT_THE_LIBRARY = frozenset(
    "aifc asynchat asyncore audioop cgi cgitb chunk crypt distutils imghdr imp lib2to3 mailcap msilib nis nntplib ossaudiodev "
    "pipes smtpd sndhdr spwd sunau telnetlib uu xdrlib".split()
)
STANDARD_LIBRARY = frozenset(sys.stdlib_module_names) | _LEFT_THE_LIBRARY
"""Names of the standard library, those that newer Pythons dropped included, so that every Python answers alike."""

_BUILTIN = frozenset(sys.builtin_module_names)
_CAUGHT = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})


@dataclass(frozen=True)
class Module:
    """A node of the graph: a file, a package, or a folder without `__init__.py` (`file` is None)."""

    name: str
    folder: Optional[Path]
    file: Optional[SourceFile]
    stored: frozenset[str]
    """The names that its code binds, those of its star imports included: they are no submodules."""


@dataclass(frozen=True)
class MissedImport:
    """An import of a reachable file of ours that leads nowhere. `handled` when the code itself provides for that."""

    path: Path
    line: int
    name: str
    handled: bool


class ModuleGraph:
    """Everything reachable from the entry, in the order in which it is found."""

    def __init__(self, entry: Path, search_path: Sequence[Path], report: Report) -> None:
        self._search_path = (entry.parent, *search_path)
        self._report = report
        self._modules: dict[str, Optional[Module]] = {}
        self.files: list[SourceFile] = []
        self.missed: list[MissedImport] = []
        self.namespaces: list[Module] = []
        self.folders: dict[str, Path] = {}
        """The folder of each package of ours, by its dotted name."""
        self._read_script(entry)

    @property
    def entry(self) -> Optional[SourceFile]:
        """The entry, or None when it could not be parsed."""
        return self.files[0] if self.files and self.files[0].is_script else None

    def file(self, name: str) -> Optional[SourceFile]:
        """The file of a reachable module by its dotted name."""
        module = self._modules.get(name)
        return module.file if module is not None else None

    def _read_script(self, entry: Path) -> None:
        tree = parse_file(entry, self._report)
        if tree is not None:
            file = SourceFile(entry.stem, entry, tree, is_package=False, is_script=True, ours=True)
            self.files.append(file)
            self._follow(file)

    def _read_module(self, name: str, path: Path, folder: Optional[Path]) -> Module:
        ours = name.partition(".")[0] != KYBRA
        tree = parse_file(path, self._report)
        if tree is None:
            return Module(name, folder, None, frozenset())
        file = SourceFile(name, path, tree, is_package=folder is not None, is_script=False, ours=ours)
        module = Module(name, folder, file, frozenset(stored_names(tree)))
        self._modules[name] = module
        self.files.append(file)
        starred = self._follow(file)
        return Module(name, folder, file, module.stored | starred)

    def _follow(self, file: SourceFile) -> frozenset[str]:
        """Find what the file imports; the names that its star imports bring."""
        starred: set[str] = set()
        for node, handled in imports_of(file.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self._absolute(file, node, alias.name, handled)
            else:
                starred |= self._import_from(file, node, handled)
        return frozenset(starred)

    def _import_from(self, file: SourceFile, node: ast.ImportFrom, handled: bool) -> set[str]:
        if node.level == 0:
            module = self._absolute(file, node, node.module or "", handled)
        else:
            module = self._relative(file, node, handled)
        if module is None:
            return set()
        starred: set[str] = set()
        for alias in node.names:
            if alias.name == "*":
                starred |= module.stored
            elif alias.name not in module.stored and module.folder is not None:
                if self._load(f"{module.name}.{alias.name}", module) is None and not _answers_any_name(module):
                    self._miss(file, node, f"{module.name}.{alias.name}", handled)
        return starred

    def _absolute(self, file: SourceFile, node: ast.stmt, dotted: str, handled: bool) -> Optional[Module]:
        module: Optional[Module] = None
        head = dotted.partition(".")[0]
        for index, part in enumerate(dotted.split(".")):
            name = part if module is None else f"{module.name}.{part}"
            found = self._load(name, module)
            if found is None:
                if index > 0 or head not in STANDARD_LIBRARY | _BUILTIN:
                    self._miss(file, node, dotted, handled)
                return None
            module = found
        return module

    def _relative(self, file: SourceFile, node: ast.ImportFrom, handled: bool) -> Optional[Module]:
        """`from ..a import b`. The bundler tries the top level when the package has no such module; Python does not."""
        written = "." * node.level + (node.module or "")
        package = "" if file.is_script else (file.name if file.is_package else file.name.rpartition(".")[0])
        for _ in range(node.level - 1):
            package = package.rpartition(".")[0]
        parent = self._modules.get(package) if package else None
        if parent is None:
            self._miss(file, node, written, handled)
            return None
        module = parent
        for index, part in enumerate(node.module.split(".") if node.module else ()):
            found = self._load(f"{module.name}.{part}", module)
            if found is None:
                self._miss(file, node, written, handled)
                found = self._load(part, None) if index == 0 else None
            if found is None:
                return None
            module = found
        return module

    def _load(self, name: str, parent: Optional[Module]) -> Optional[Module]:
        if name in self._modules:
            return self._modules[name]
        if parent is None and name in _BUILTIN:
            return None
        if parent is not None and parent.folder is None:
            return None
        self._modules[name] = None
        module = self._find(name, self._search_path if parent is None else (parent.folder or Path(),))
        self._modules[name] = module
        return module

    def _find(self, name: str, folders: Sequence[Path]) -> Optional[Module]:
        last = name.rpartition(".")[2]
        for folder in folders:
            if (folder / last / "__init__.py").is_file():
                return self._package(name, folder / last)
            if (folder / f"{last}.py").is_file():
                return self._read_module(name, folder / f"{last}.py", None)
        for folder in folders:
            if (folder / last).is_dir() and name not in STANDARD_LIBRARY:
                module = Module(name, folder / last, None, frozenset())
                self.namespaces.append(module)
                return module
        if name == KYBRA:
            folder_of_kybra = installed_kybra()
            return self._package(name, folder_of_kybra) if folder_of_kybra is not None else None
        return None

    def _package(self, name: str, folder: Path) -> Module:
        """The package is known before its `__init__` is read, which may import from it."""
        self._modules[name] = Module(name, folder, None, frozenset())
        if name.partition(".")[0] != KYBRA:
            self.folders[name] = folder
        return self._read_module(name, folder / "__init__.py", folder)

    def _miss(self, file: SourceFile, node: ast.stmt, name: str, handled: bool) -> None:
        if file.ours:
            self.missed.append(MissedImport(file.path, node.lineno, name, handled))


def installed_kybra() -> Optional[Path]:
    """The folder of the `kybra` package that is installed here, found without running it."""
    found = importlib.util.find_spec(KYBRA)
    locations = found.submodule_search_locations if found is not None else None
    return Path(next(iter(locations))) if locations else None


def _answers_any_name(module: Module) -> bool:
    return "__getattr__" in module.stored or module.file is None


def imports_of(tree: ast.Module) -> Iterator[tuple[ast.stmt, bool]]:
    """Every import statement of a file, with whether the file can do without: in a `try` that catches it, or for checkers only."""
    waiting: list[tuple[ast.AST, bool]] = [(tree, False)]
    while waiting:
        node, handled = waiting.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield node, handled
            continue
        inner: list[tuple[ast.AST, bool]] = []
        for name, value in ast.iter_fields(node):
            spared = handled or (name == "body" and (_catches_import_error(node) or _is_type_checking(node)))
            children = value if isinstance(value, list) else [value]
            inner.extend((child, spared) for child in children if isinstance(child, (ast.stmt, ast.excepthandler, ast.match_case)))
        waiting.extend(reversed(inner))


def _catches_import_error(node: ast.AST) -> bool:
    if not isinstance(node, ast.Try):
        return False
    for handler in node.handlers:
        caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        if any(kind is None or (isinstance(kind, ast.Name) and kind.id in _CAUGHT) for kind in caught):
            return True
    return False


def _is_type_checking(node: ast.AST) -> bool:
    if not isinstance(node, ast.If):
        return False
    test = node.test
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING")
