"""Orders that depend on a set: insertion order in the canister, hash order on CPython, so tests would prove nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.source import FUNCTIONS, Hit, Module, Rule, Scope, own_nodes, rule, spelled

_SET_METHODS = frozenset({"union", "intersection", "difference", "symmetric_difference", "copy"})
_ORDERED_CALLS = frozenset(
    f"builtins.{name}" for name in ("list", "tuple", "iter", "enumerate", "zip", "map", "filter", "next", "bytes", "bytearray")
)
_FREE_CALLS = frozenset(f"builtins.{name}" for name in ("sorted", "sum", "min", "max", "any", "all", "len", "set", "frozenset"))
_SET_ANNOTATIONS = frozenset({"set", "frozenset", "Set", "FrozenSet", "AbstractSet", "MutableSet"})
_OPERATORS = (ast.BitOr, ast.BitAnd, ast.Sub, ast.BitXor)


@rule(
    "set-order",
    why="a set is walked in the order of insertion in the canister and in the order of hashes on CPython",
    mend="walk sorted(the_set), or keep a dict or a tuple",
)
def set_order(module: Module) -> Iterator[Hit]:
    """Sets that are walked, listed, joined, unpacked or popped where the order shows."""
    module_sets = _set_names(module, module.tree, frozenset())
    for scope in module.scopes:
        names = module_sets if scope is module.tree else _set_names(module, scope, module_sets)
        for node in own_nodes(scope):
            for walked in _walked(module, node):
                if _is_set(module, walked, names):
                    yield walked, f"the order of a set shows: {spelled(walked)}"


RULES: tuple[Rule, ...] = (set_order,)


def _walked(module: Module, node: ast.AST) -> Iterator[ast.expr]:
    """The expressions whose order the node makes visible."""
    if isinstance(node, (ast.For, ast.AsyncFor)):
        yield node.iter
    elif isinstance(node, (ast.ListComp, ast.GeneratorExp, ast.DictComp)):
        if not _order_is_lost(module, node):
            yield from (generator.iter for generator in node.generators)
    elif isinstance(node, (ast.Starred, ast.YieldFrom, ast.Assign)) and _unpacks(module, node):
        yield node.value
    elif isinstance(node, ast.Call):
        yield from _walked_by_call(module, node)


def _unpacks(module: Module, node: ast.Starred | ast.YieldFrom | ast.Assign) -> bool:
    """Whether the node takes its value apart in its order."""
    if isinstance(node, ast.Assign):
        return isinstance(node.targets[0], (ast.Tuple, ast.List))
    return not isinstance(module.parents.get(node), ast.Set)


def _walked_by_call(module: Module, call: ast.Call) -> Iterator[ast.expr]:
    if module.origin(call.func) in _ORDERED_CALLS:
        if not _order_is_lost(module, call):
            yield from call.args
    elif isinstance(call.func, ast.Attribute):
        if call.func.attr in {"join", "extend", "fromkeys"}:
            yield from call.args[:1]
        elif call.func.attr == "pop" and not call.args:
            yield call.func.value


def _order_is_lost(module: Module, node: ast.AST) -> bool:
    """Whether the node is handed straight to something that does not care for order, such as `sorted`."""
    parent = module.parents.get(node)
    return isinstance(parent, ast.Call) and module.origin(parent.func) in _FREE_CALLS


def _is_set(module: Module, value: ast.AST, names: frozenset[str]) -> bool:
    if isinstance(value, (ast.Set, ast.SetComp)):
        return True
    if isinstance(value, ast.Name):
        return value.id in names
    if isinstance(value, ast.BinOp) and isinstance(value.op, _OPERATORS):
        return any(_is_set(module, side, names) or _is_view(side) for side in (value.left, value.right))
    if isinstance(value, ast.Call):
        if module.origin(value.func) in {"builtins.set", "builtins.frozenset"}:
            return True
        return isinstance(value.func, ast.Attribute) and value.func.attr in _SET_METHODS and _is_set(module, value.func.value, names)
    return isinstance(value, ast.IfExp) and (_is_set(module, value.body, names) or _is_set(module, value.orelse, names))


def _is_view(value: ast.AST) -> bool:
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in {"keys", "items"}


def _set_names(module: Module, scope: Scope, outer: frozenset[str]) -> frozenset[str]:
    """The names that stand for sets in a scope, as far as assignments and annotations tell."""
    found: set[str] = set()
    others: set[str] = set()
    if isinstance(scope, FUNCTIONS):
        for argument in (*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs):
            (found if _is_set_annotation(argument.annotation) else others).add(argument.arg)
    for node in own_nodes(scope):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            (found if _is_set_annotation(node.annotation) else others).add(node.target.id)
        elif isinstance(node, (ast.Assign, ast.NamedExpr)):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name):
                (found if _is_set(module, node.value, frozenset(found) | outer) else others).add(target.id)
    return frozenset(found | (outer - others))


def _is_set_annotation(annotation: ast.expr | None) -> bool:
    if isinstance(annotation, ast.Subscript):
        annotation = annotation.value
    name = annotation.attr if isinstance(annotation, ast.Attribute) else annotation.id if isinstance(annotation, ast.Name) else ""
    return name in _SET_ANNOTATIONS
