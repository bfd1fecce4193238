"""Principals: never compared as objects, and fetched once."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from checks.source import FUNCTIONS, Hit, Module, Rule, Scope, nodes_in, own_nodes, rule, spelled

_MAKERS = frozenset(
    {
        *("kybra.ic.caller", "kybra.ic.id", "kybra.Principal", "kybra.Principal.from_str", "kybra.Principal.from_hex"),
        *("kybra.Principal.anonymous", "kybra.Principal.management_canister", "kybra.Principal.self_authenticating"),
        "ddsx_wire.principals.principal_of",
    }
)
_CALLERS = frozenset({"kybra.ic.caller", "ddsx_wire.principals.caller_text"})
_KEYED_METHODS = frozenset({"add", "discard", "setdefault", "index", "count"})
_LOOPS = (ast.For, ast.While, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@rule(
    "principal-compared",
    why="Principal has no equality: == is always False, != always True, and sets and dicts never find one",
    mend="compare .to_str() or .bytes",
)
def principal_compared(module: Module) -> Iterator[Hit]:
    """Principals in comparisons, as keys, and in sets."""
    for scope in module.scopes:
        names = _principal_names(module, scope)
        for node in own_nodes(scope):
            for value in _compared(module, node):
                if _is_principal(module, value, names):
                    yield value, f"{spelled(value)} is a Principal, compared or used as a key"


@rule(
    "caller-read-once", why="ic.caller() costs 0.4 to 2.5 M instructions each time", mend="read it once at the top and pass the text along"
)
def caller_read_once(module: Module) -> Iterator[Hit]:
    """A second read of the caller in one function, or one in a loop."""
    for scope in module.scopes:
        if isinstance(scope, FUNCTIONS):
            reads = list(_reads(module, own_nodes(scope)))
            yield from ((read, f"{scope.name} reads the caller again") for read in reads[1:])
            loops = (node for node in own_nodes(scope) if isinstance(node, _LOOPS))
            yield from ((read, f"{scope.name} reads the caller in a loop") for loop in loops for read in _reads(module, _repeated(loop)))


RULES: tuple[Rule, ...] = (principal_compared, caller_read_once)


def _reads(module: Module, nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    return (node for node in nodes if isinstance(node, ast.Call) and module.origin(node.func) in _CALLERS)


def _repeated(loop: ast.AST) -> Iterator[ast.AST]:
    """What runs again on every turn of a loop."""
    if isinstance(loop, (ast.For, ast.While)):
        return nodes_in(loop.body)
    return own_nodes(loop)


def _compared(module: Module, node: ast.AST) -> Iterator[ast.expr]:
    """The expressions that a node compares or hashes."""
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        if not any(isinstance(side, ast.Constant) and side.value is None for side in sides):
            yield from sides
    elif isinstance(node, ast.Subscript) and isinstance(node.value, (ast.Name, ast.Attribute)):
        yield node.slice
    elif isinstance(node, ast.Dict):
        yield from (key for key in node.keys if key is not None)
    elif isinstance(node, ast.Set):
        yield from node.elts
    elif isinstance(node, ast.Call):
        keyed = isinstance(node.func, ast.Attribute) and node.func.attr in _KEYED_METHODS
        if keyed or module.origin(node.func) == "builtins.hash":
            yield from node.args[:1]


def _is_principal(module: Module, value: ast.AST, names: frozenset[str]) -> bool:
    if isinstance(value, ast.Name):
        return value.id in names
    return isinstance(value, ast.Call) and module.origin(value.func) in _MAKERS


def _principal_names(module: Module, scope: Scope) -> frozenset[str]:
    """The names that stand for a Principal in a scope."""
    found: set[str] = set()
    if isinstance(scope, FUNCTIONS):
        arguments = (*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs)
        found |= {argument.arg for argument in arguments if argument.annotation and _says_principal(module, argument.annotation)}
    for node in own_nodes(scope):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and _says_principal(module, node.annotation):
            found.add(node.target.id)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and _is_principal(module, node.value, frozenset(found)):
            found.add(node.targets[0].id)
    return frozenset(found)


def _says_principal(module: Module, annotation: ast.expr) -> bool:
    if isinstance(annotation, ast.Subscript) and module.origin(annotation.value) in {"kybra.Opt", "typing.Optional"}:
        annotation = annotation.slice
    return module.origin(annotation) == "kybra.Principal"
