"""Canister source, rewritten so that it counts the work it does. The result behaves as the source does.

Work is counted on the syntax tree, not on CPython's bytecode, so that every CPython counts the same. A run of statements is a
block: what it does whenever it runs is known from its text, and the rewritten code counts how often it ran. What a text does
not tell, such as which function a call reaches or how long an operand is, a probe looks at while it happens.
"""

from __future__ import annotations

# ruff: noqa: N802 - the names of the methods are those of the syntax tree's classes
import ast
from collections.abc import Sequence
from types import CodeType

from kybra_replica.costs.expressions import Blocks, ExpressionRewriter, names_bound
from kybra_replica.python_engine.formats import with_checked_formats


def instrument(source: bytes, path: str, blocks: Blocks, *, is_principal: bool) -> CodeType:
    """The code of a module that counts what its functions do; `is_principal` marks work that Principals cause."""
    tree = ast.parse(source, path)
    rewritten = _Rewriter(blocks, path, is_principal=is_principal).visit(tree)
    return compile(with_checked_formats(rewritten), path, "exec", dont_inherit=True)


class _Rewriter(ExpressionRewriter):
    """Rewrites functions; code that runs once, when a module is loaded, stays as it is."""

    def _count(self, number: int, near: ast.AST) -> ast.stmt:
        target = ast.Subscript(ast.Name("__cost_counts__", ast.Load()), ast.Constant(number), ast.Store())
        return ast.fix_missing_locations(ast.copy_location(ast.AugAssign(target, ast.Add(), ast.Constant(1)), near))

    def _body(self, statements: Sequence[ast.stmt], **work: int) -> list[ast.stmt]:
        """A suite, cut into blocks behind each statement that may leave it or run others."""
        outer = self._work
        rewritten: list[ast.stmt] = []
        fresh = True
        for place, statement in enumerate(statements):
            if place == 0 and _is_docstring(statement):
                rewritten.append(statement)
                continue
            if fresh:
                rewritten.append(self._count(self._open(**work), statement))
                work = {}
            rewritten.append(self.visit(statement))
            fresh = isinstance(statement, (ast.If, ast.For, ast.While, ast.Try, ast.With))
        if work and statements:
            rewritten.append(self._count(self._open(**work), statements[-1]))
        self._work = outer
        return rewritten

    # functions -------------------------------------------------------------------------------------------------------

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self._add("function")
        self._add("op", 1 + len(node.decorator_list))
        if self._work is not None:
            node.decorator_list = [self._expression(decorator) for decorator in node.decorator_list]
            node.args.defaults = [self._expression(default) for default in node.args.defaults]
        outer, self._work = self._work, None
        around, self._place = self._place, f"{self._module}.{node.name}"
        self._scopes.append(names_bound(node))
        node.body = self._body(node.body, frame=1)
        self._scopes.pop()
        self._work, self._place = outer, around
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        self._add("class")
        outer, self._work = self._work, None
        node.body = [self.visit(statement) for statement in node.body]
        self._work = outer
        return node

    # statements ------------------------------------------------------------------------------------------------------

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AnnAssign:
        self._add("op")
        if node.value is not None:
            node.value = self._expression(node.value)
            self._store(node.target)
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.Assign:
        node.value = self._expression(node.value)
        for target in node.targets:
            self._store(target)
        return node

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AugAssign:
        self._add("arithmetic")
        self._add("op", 2)
        if isinstance(node.target, ast.Attribute):
            self._add("attribute_of_instance")
        elif isinstance(node.target, ast.Subscript):
            self._add("subscript")
        node.value = self._expression(node.value)
        self._store(node.target)
        return node

    def _store(self, target: ast.expr) -> None:
        """Count an assignment to `target`, and rewrite the expressions in it."""
        self._add("op")
        if isinstance(target, (ast.Tuple, ast.List)):
            self._add("unpack")
            for element in target.elts:
                self._store(element)
        elif isinstance(target, ast.Starred):
            self._store(target.value)
        elif isinstance(target, ast.Attribute):
            self._add("attribute_stored")
            target.value = self._expression(target.value)
        elif isinstance(target, ast.Subscript):
            self._add("item_stored")
            target.value = self._expression(target.value)
            target.slice = self._expression(target.slice)

    def visit_If(self, node: ast.If) -> ast.AST:
        if self._work is None:
            return super().generic_visit(node)
        self._add("op")
        node.test = self._expression(node.test)
        node.body = self._body(node.body)
        node.orelse = self._body(node.orelse)
        return node

    def visit_For(self, node: ast.For) -> ast.AST:
        if self._work is None:
            return super().generic_visit(node)
        self._add("op", 2)
        self._add("loop")
        node.iter = self._expression(node.iter)
        outer = self._work
        number = self._open(iteration=1, op=1)
        self._store(node.target)
        self._work = outer
        node.body = [self._count(number, node.body[0]), *self._body(node.body)]
        node.orelse = self._body(node.orelse)
        return node

    def visit_While(self, node: ast.While) -> ast.AST:
        if self._work is None:
            return super().generic_visit(node)
        node.test = self._inner(node.test, op=2)
        node.body = self._body(node.body)
        node.orelse = self._body(node.orelse)
        return node

    def visit_Try(self, node: ast.Try) -> ast.AST:
        if self._work is None:
            return super().generic_visit(node)
        self._add("op", 2)
        node.body = self._body(node.body)
        for handler in node.handlers:
            handler.body = self._body(handler.body, handler=1)
        node.orelse = self._body(node.orelse)
        node.finalbody = self._body(node.finalbody)
        return node

    def visit_With(self, node: ast.With) -> ast.AST:
        if self._work is None:
            return super().generic_visit(node)
        for item in node.items:
            self._add("with")
            item.context_expr = self._expression(item.context_expr)
            if item.optional_vars is not None:
                self._store(item.optional_vars)
        node.body = self._body(node.body)
        return node

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        self._add("raise")
        return super().generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> ast.Assert:
        self._add("op")
        node.test = self._expression(node.test)
        if node.msg is not None:
            node.msg = self._inner(node.msg, op=2)
        return node

    def visit_Import(self, node: ast.Import) -> ast.Import:
        self._add("import", len(node.names))
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom:
        self._add("import")
        self._add("op", 2 * len(node.names))
        return node


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, str)
