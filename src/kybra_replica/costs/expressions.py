"""Expressions, rewritten so that they count the work they do: the part of `instrument` below statements."""

from __future__ import annotations

# ruff: noqa: N815 - the names of the methods are those of the syntax tree's classes
import ast
from pathlib import Path

from kybra_replica.costs.tally import Tally

_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp

_MEASURED_RESULT = (ast.Add, ast.Mult, ast.LShift, ast.Pow, ast.BitOr, ast.BitAnd, ast.BitXor)
"""Operators whose result tells how much work they were; with the others the left operand does."""


class Blocks:
    """What one run of each block does, by number; shared by all modules that one meter counts."""

    def __init__(self) -> None:
        self.work: list[Tally] = []
        self.is_principal: list[bool] = []
        self.place: list[str] = []

    def new(self, place: str, *, is_principal: bool) -> tuple[int, Tally]:
        """A new block of the function `place`: its number, and its work to be filled in."""
        self.work.append(Tally())
        self.is_principal.append(is_principal)
        self.place.append(place)
        return len(self.work) - 1, self.work[-1]


def names_bound(scope: _Scope) -> frozenset[str]:
    """Names that are local to a function: looking one up is a single cheap operation."""
    arguments = scope.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *filter(None, (arguments.vararg, arguments.kwarg))]
    bound = {argument.arg for argument in every}
    pending: list[ast.AST] = [scope.body] if isinstance(scope, ast.Lambda) else list(scope.body)
    elsewhere: set[str] = set()
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            bound.add(node.name)
            continue
        elif isinstance(node, ast.Global):
            elsewhere.update(node.names)
        elif isinstance(node, ast.Lambda):
            continue
        pending.extend(ast.iter_child_nodes(node))
    return frozenset(bound - elsewhere)


class ExpressionRewriter(ast.NodeTransformer):
    """Rewrites expressions; those that run once, when a module is loaded, stay as they are."""

    def __init__(self, blocks: Blocks, path: str, *, is_principal: bool) -> None:
        self._blocks = blocks
        self._module = Path(path).stem
        self._place = self._module
        self._is_principal = is_principal
        self._work: Tally | None = None
        self._scopes: list[frozenset[str]] = []

    # blocks ----------------------------------------------------------------------------------------------------------

    def _call(self, probe: str, *arguments: ast.expr) -> ast.Call:
        prefix = "__principal_cost" if self._is_principal else "__cost"
        return ast.Call(ast.Name(f"{prefix}_{probe}__", ast.Load()), list(arguments), [])

    def _open(self, **work: int) -> int:
        """Begin a block; its number."""
        number, self._work = self._blocks.new(self._place, is_principal=self._is_principal)
        self._work.add(work)
        return number

    def _add(self, kind: str, times: int = 1) -> None:
        if self._work is not None:
            self._work[kind] += times

    def _hit(self, number: int, value: ast.expr) -> ast.expr:
        return self._call("hit", ast.Constant(number), value)

    def _inner(self, expression: ast.expr, **work: int) -> ast.expr:
        """An expression that does not run whenever the block around it does: a block of its own."""
        if self._work is None:
            return self._expression(expression)
        outer = self._work
        number = self._open(**work)
        visited = self._expression(expression)
        self._work = outer
        return self._hit(number, visited)

    def _expression(self, node: ast.expr) -> ast.expr:
        visited = self.visit(node)
        assert isinstance(visited, ast.expr)
        return visited

    def generic_visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, (ast.stmt, ast.expr)):
            self._add("op")
        return super().generic_visit(node)

    # expressions ----------------------------------------------------------------------------------------------------------

    def visit_Lambda(self, node: ast.Lambda) -> ast.Lambda:
        self._add("function")
        outer = self._work
        self._scopes.append(names_bound(node))
        number = self._open(frame=1, op=1)
        node.body = self._hit(number, self._expression(node.body))
        self._scopes.pop()
        self._work = outer
        return node

    def visit_Name(self, node: ast.Name) -> ast.Name:
        self._add("op" if any(node.id in scope for scope in self._scopes) else "global")
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.Attribute:
        if self._work is None:
            return node
        owner = self._expression(node.value)
        if isinstance(node.ctx, ast.Load):
            node.value = self._call("attribute", owner)
        return node

    def visit_Call(self, node: ast.Call) -> ast.Call:
        if self._work is None:
            # A call while a module is loaded; functions among its arguments run later.
            super().generic_visit(node)
            return node
        function = self._expression(node.func)
        self._add("op")
        self._add("argument", len(node.args) + len(node.keywords))
        node.args = [self._expression(argument) for argument in node.args]
        for keyword in node.keywords:
            self._add("op")
            keyword.value = self._expression(keyword.value)
        node.func = self._call("call", function)
        return node

    def visit_Starred(self, node: ast.Starred) -> ast.Starred:
        self._add("star")
        node.value = self._expression(node.value)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self._add("arithmetic")
        node.left, node.right = self._expression(node.left), self._expression(node.right)
        if self._work is None or isinstance(node.op, (ast.Sub, ast.RShift)):
            return node
        name = ast.Constant(type(node.op).__name__)
        if isinstance(node.op, _MEASURED_RESULT):
            return self._call("result", name, node)
        node.left = self._call("operand", name, node.left)
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.BoolOp:
        self._add("op", 1)
        node.values = [self._expression(node.values[0]), *[self._inner(value, op=1) for value in node.values[1:]]]
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.Compare:
        node.left = self._expression(node.left)
        for operator in node.ops:
            self._add("contains" if isinstance(operator, (ast.In, ast.NotIn)) else "compare")
        node.comparators = [self._expression(operand) for operand in node.comparators]
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.IfExp:
        self._add("op", 2)
        node.test = self._expression(node.test)
        node.body, node.orelse = self._inner(node.body), self._inner(node.orelse)
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.JoinedStr:
        self._add("fstring")
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self._add("formatted")
                part.value = self._expression(part.value)
                if isinstance(part.format_spec, ast.JoinedStr):
                    self._add("format_spec")
                    self.visit_JoinedStr(part.format_spec)
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        is_slice = isinstance(node.slice, ast.Slice)
        self._add("slice" if is_slice else "subscript")
        node.value, node.slice = self._expression(node.value), self._expression(node.slice)
        if is_slice and self._work is not None and isinstance(node.ctx, ast.Load):
            return self._call("result", ast.Constant("Slice"), node)
        return node

    def _display(self, node: ast.List | ast.Tuple | ast.Set) -> ast.expr:
        self._add("display")
        self._add("display_item", len(node.elts))
        node.elts = [self._expression(element) for element in node.elts]
        return node

    visit_List = visit_Tuple = visit_Set = _display

    def visit_Dict(self, node: ast.Dict) -> ast.Dict:
        self._add("display")
        self._add("dict_item", len(node.keys))
        node.keys = [None if key is None else self._expression(key) for key in node.keys]
        node.values = [self._expression(value) for value in node.values]
        return node

    def visit_Yield(self, node: ast.Yield) -> ast.AST:
        self._add("yield")
        return super().generic_visit(node)

    def visit_YieldFrom(self, node: ast.YieldFrom) -> ast.AST:
        self._add("yield")
        return super().generic_visit(node)

    def _comprehension(self, node: _Comprehension) -> ast.expr:
        if self._work is None:
            return node
        is_generator = isinstance(node, ast.GeneratorExp)
        self._add("generator" if is_generator else "comprehension")
        targets = {name.id for generator in node.generators for name in ast.walk(generator.target) if isinstance(name, ast.Name)}
        node.generators[0].iter = self._expression(node.generators[0].iter)
        self._scopes.append(frozenset(targets))
        iteration = {"iteration": 1, "op": 2}
        for place, generator in enumerate(node.generators):
            if place:
                generator.iter = self._inner(generator.iter, **{"loop": 1, **iteration})
                iteration = {"iteration": 1, "op": 2}
            for number, condition in enumerate(generator.ifs):
                generator.ifs[number] = self._inner(condition, **{"op": 1, **iteration})
                iteration = {}
        self._element(node, {**iteration, "op": 2, **({"yield": 1} if is_generator else {"collected": 1})})
        self._scopes.pop()
        return node

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def _element(self, node: _Comprehension, work: dict[str, int]) -> None:
        if isinstance(node, ast.DictComp):
            node.key, node.value = self._inner(node.key), self._inner(node.value, **work, dict_item=1)
        else:
            node.elt = self._inner(node.elt, **work)
