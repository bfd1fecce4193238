"""Python files as the checks see them, and the few questions all checks ask of a syntax tree."""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from pathlib import Path

from checks.finding import Finding

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SCOPES = (*FUNCTIONS, ast.ClassDef)
_ALLOW = re.compile(r"# allow ([a-z0-9-]+): \S")

Scope = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
Hit = tuple[ast.AST, str]
"""Where a rule is broken, and in which words."""


@dataclass(eq=False)
class Module:
    """One Python file that parses."""

    path: Path
    name: str
    """Dotted, as it is imported."""
    text: str
    tree: ast.Module

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the tree."""
        return list(ast.walk(self.tree))

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The node around each node."""
        return {child: node for node in self.nodes for child in ast.iter_child_nodes(node)}

    @cached_property
    def scopes(self) -> list[Scope]:
        """The module and every class and function in it, however deep. A lambda belongs to the scope it stands in."""
        return [self.tree, *(node for node in self.nodes if isinstance(node, SCOPES))]

    @cached_property
    def imports(self) -> dict[str, str]:
        """The local name of everything imported, and what it stands for."""
        return dict(pair for node in self.nodes for pair in _imported(node))

    @cached_property
    def bound(self) -> frozenset[str]:
        """Every name the file binds anywhere. A name outside it is a builtin."""
        return frozenset(name for node in self.nodes for name in _bound(node))

    def origin(self, expression: ast.AST) -> str | None:
        """What a name or attribute chain stands for: `hashlib.blake2b`, `builtins.round`; None for what the file itself made."""
        if isinstance(expression, ast.Name):
            if expression.id in self.imports:
                return self.imports[expression.id]
            return None if expression.id in self.bound else f"builtins.{expression.id}"
        if isinstance(expression, ast.Attribute):
            base = self.origin(expression.value)
            return f"{base}.{expression.attr}" if base else None
        return None

    @cached_property
    def allowances(self) -> dict[tuple[int, str], int]:
        """The breaches that comments allow: the line and rule they are about, and the line of the comment."""
        found: dict[tuple[int, str], int] = {}
        for token in tokenize.generate_tokens(StringIO(self.text).readline):
            match = _ALLOW.match(token.string) if token.type == tokenize.COMMENT else None
            if match:
                alone = not token.line[: token.start[1]].strip()
                found[token.start[0] + alone, match.group(1)] = token.start[0]
        return found


@dataclass(frozen=True)
class Rule:
    """A rule over one file: `find` yields where it is broken."""

    name: str
    why: str
    mend: str
    find: Callable[[Module], Iterable[Hit]]

    def findings(self, module: Module) -> Iterator[Finding]:
        """What breaks the rule and is not allowed where it stands."""
        for node, what in self.find(module):
            line = getattr(node, "lineno", 1)
            if (line, self.name) not in module.allowances:
                yield Finding(module.path, line, self.name, what, self.why, self.mend)


def rule(name: str, *, why: str, mend: str) -> Callable[[Callable[[Module], Iterable[Hit]]], Rule]:
    """Make a rule of the function that finds its breaches."""
    return lambda find: Rule(name, why, mend, find)


def parse(path: Path, name: str, text: str | None = None) -> Module:
    """The file, parsed. Raises SyntaxError."""
    source = path.read_text(encoding="utf-8") if text is None else text
    return Module(path, name, source, ast.parse(source, filename=str(path)))


def own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope in their order, without those of functions and classes inside it."""
    for child in ast.iter_child_nodes(scope):
        yield child
        if not isinstance(child, SCOPES):
            yield from own_nodes(child)


def nodes_in(statements: Iterable[ast.stmt]) -> Iterator[ast.AST]:
    """The statements and their nodes, without those of functions and classes among them."""
    for statement in statements:
        yield statement
        if not isinstance(statement, SCOPES):
            yield from own_nodes(statement)


def is_generator(function: ast.AST) -> bool:
    """Whether a function yields."""
    return any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in own_nodes(function))


def spelled(expression: ast.AST) -> str:
    """The expression as text, short enough for a message."""
    text = " ".join(ast.unparse(expression).split())
    return text if len(text) <= 60 else text[:57] + "..."


def _imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield (alias.asname, alias.name) if alias.asname else (alias.name.partition(".")[0], alias.name.partition(".")[0])
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        for alias in node.names:
            yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _bound(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, (*FUNCTIONS, ast.ClassDef)):
        yield node.name
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        for alias in node.names:
            yield (alias.asname or alias.name).partition(".")[0]
