"""Which names a module binds, and what `from module import *` brings: where a method must be visible to be called."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kybra_replica.python_engine.source.source_file import SourceFile


def stored_names(tree: ast.Module) -> Iterator[str]:
    """Every name that the code stores at module level or in a class body, and every `global` of a function."""
    waiting: list[tuple[ast.AST, bool]] = [(tree, True)]
    while waiting:
        node, stores = waiting.pop()
        if isinstance(node, ast.Global):
            yield from node.names
        elif stores:
            yield from _bound_by(node)
        stores_within = (stores or isinstance(node, ast.ClassDef)) and not isinstance(
            node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
        )
        # An expression binds nothing where nothing is stored, and holds no statements.
        waiting.extend((child, stores_within) for child in ast.iter_child_nodes(node) if stores_within or not isinstance(child, ast.expr))


def _bound_by(node: ast.AST) -> Iterator[str]:
    """The names that this one node binds in its own scope."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.ExceptHandler) and node.name:
        yield node.name
    elif isinstance(node, ast.Import):
        yield from ((alias.asname or alias.name.partition(".")[0]) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield from ((alias.asname or alias.name) for alias in node.names if alias.name != "*")


@dataclass(frozen=True)
class Origin:
    """Where a name comes from: the module that defines it and its name there; `name` is empty for a module itself."""

    module: str
    name: str


class Bindings:
    """The names of every reachable module, looked up through imports."""

    def __init__(self, files: Mapping[str, SourceFile]) -> None:
        self._files = dict(files)
        self._tables = {name: _Table(file) for name, file in self._files.items()}

    def origin(self, module: str, name: str) -> Origin | None:
        """Where `name`, as the top level of `module` sees it, is defined; None when it is bound nowhere that is known."""
        return self._origin(module, name, frozenset())

    def _origin(self, module: str, name: str, seen: frozenset[tuple[str, str]]) -> Origin | None:
        table = self._tables.get(module)
        if table is None or (module, name) in seen:
            return None
        seen |= {(module, name)}
        imported = table.imported.get(name)
        if name in table.defined:
            return Origin(module, name)
        if imported is not None:
            if imported.name == "" or imported.module not in self._tables:
                return imported
            return self._origin(imported.module, imported.name, seen) or imported
        for starred in table.starred:
            if name in self._exports(starred, seen):
                found = self._origin(starred, name, seen)
                if found is not None:
                    return found
        return None

    def exports(self, module: str) -> frozenset[str]:
        """The names that `from module import *` brings, as far as they can be read off the source."""
        return self._exports(module, frozenset())

    def _exports(self, module: str, seen: frozenset[tuple[str, str]]) -> frozenset[str]:
        table = self._tables.get(module)
        if table is None or (module, "*") in seen:
            return frozenset()
        if table.listed is not None:
            return table.listed
        names = table.defined | set(table.imported)
        for starred in table.starred:
            names |= self._exports(starred, seen | {(module, "*")})
        return frozenset(name for name in names if not name.startswith("_"))

    def lists_its_names(self, module: str) -> bool:
        """Whether the module has an `__all__` that can be read."""
        return module in self._tables and self._tables[module].listed is not None


class _Table:
    """What one module binds: by definition, by import, by star import."""

    def __init__(self, file: SourceFile) -> None:
        self.defined: set[str] = set()
        self.imported: dict[str, Origin] = {}
        self.starred: list[str] = []
        self.listed: frozenset[str] | None = None
        for node in _module_level(file.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    self.imported[alias.asname or alias.name.partition(".")[0]] = _module_origin(alias)
            elif isinstance(node, ast.ImportFrom):
                self._import_from(file, node)
            else:
                self.defined.update(_bound_by(node))
                self._read_all(node)
        self.defined -= {"__all__"}

    def _import_from(self, file: SourceFile, node: ast.ImportFrom) -> None:
        module = absolute_name(file, node)
        for alias in node.names:
            if alias.name == "*":
                self.starred.append(module)
            else:
                self.imported[alias.asname or alias.name] = Origin(module, alias.name)

    def _read_all(self, node: ast.AST) -> None:
        """`__all__ = [...]` or `__all__ += [...]` with strings; anything else leaves the list unknown."""
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if not (isinstance(target, ast.Name) and target.id == "__all__" and isinstance(value, (ast.List, ast.Tuple))):
            return
        names = frozenset(item.value for item in value.elts if isinstance(item, ast.Constant) and isinstance(item.value, str))
        self.listed = names | (self.listed or frozenset()) if isinstance(node, ast.AugAssign) else names


def _module_origin(alias: ast.alias) -> Origin:
    return Origin(alias.name if alias.asname else alias.name.partition(".")[0], "")


def absolute_name(file: SourceFile, node: ast.ImportFrom) -> str:
    """The dotted name of the module that a `from ... import` names, relative ones resolved."""
    if node.level == 0:
        return node.module or ""
    package = file.name if file.is_package else file.name.rpartition(".")[0]
    for _ in range(node.level - 1):
        package = package.rpartition(".")[0]
    return f"{package}.{node.module}" if node.module and package else (node.module or package)


def _module_level(tree: ast.Module) -> Iterator[ast.AST]:
    """Every node that runs in the scope of the module: not those inside functions, classes and lambdas."""
    waiting: list[ast.AST] = list(reversed(tree.body))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))
