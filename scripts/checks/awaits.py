"""Around every await: what comes after the first one is caught, and nothing broad is caught before it.

After a resume an exception traps, and the trap undoes everything since the resume: the caller sees a reject for work half done, and nobody
finishes it. Before the first await it is the other way round: a trap undoes the whole message, as an unexpected error should.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from checks.source import SCOPES, Hit, Module, Rule, is_generator, nodes_in, own_nodes, rule, spelled

_METHODS = frozenset({"kybra.update", "kybra.query", "kybra.heartbeat"})
_TIMERS = frozenset({"kybra.ic.set_timer", "kybra.ic.set_timer_interval"})
_BROAD = frozenset({"builtins.Exception", "builtins.BaseException"})
_YIELDS = (ast.Yield, ast.YieldFrom)
_WHY_CAUGHT = "an exception after an await traps: the caller gets a reject for work half done, and what came after the await is undone"


@rule("uncaught-after-await", why=_WHY_CAUGHT, mend="put it inside try ... except Exception and answer an error variant")
def uncaught_after_await(module: Module) -> Iterator[Hit]:
    """What a method does after its first `yield` outside a `try` that catches Exception.

    Plain moves cannot raise and may stand outside: `return` and assignments of names, constants and displays of them.
    """
    for function in _functions(module):
        if is_generator(function) and any(_decorated(module, name) in _METHODS for name in function.decorator_list):
            yield from ((node, f"{function.name}: {what}") for node, what in _escapes(module, function, awaited=False))


@rule(
    "uncaught-in-timer",
    why="an exception in a timer's generator is thrown away in silence, and what came before it stays",
    mend="put the whole body inside try ... except Exception, and record what happened",
)
def uncaught_in_timer(module: Module) -> Iterator[Hit]:
    """What a generator handed to `ic.set_timer` does outside a `try` that catches Exception."""
    callbacks = frozenset(_callbacks(module))
    for function in _functions(module):
        if function.name in callbacks and is_generator(function):
            yield from ((node, f"{function.name}: {what}") for node, what in _escapes(module, function, awaited=True))


@rule(
    "broad-except-before-await",
    why="it keeps the changes of a message that should have been undone",
    mend="catch Refused, and let everything else trap; after an await catch Exception",
)
def broad_except_before_await(module: Module) -> Iterator[Hit]:
    """`except Exception` and wider around code that runs before the first await, or in a function without one.

    A generator that a timer runs has its whole body inside a `try` (see `uncaught_in_timer`), what runs before the first await too.
    """
    callbacks = frozenset(_callbacks(module))
    for function in _functions(module):
        first = min((_place(node) for node in own_nodes(function) if isinstance(node, _YIELDS)), default=None)
        for node in own_nodes(function):
            if isinstance(node, ast.Try) and (handler := _broad_handler(module, node)) is not None:
                awaits = [_place(inner) for inner in nodes_in(node.body) if isinstance(inner, _YIELDS)]
                if first is None or (not awaits and _place(node) < first):
                    yield handler, f"{function.name} catches everything where nothing was awaited"
                elif first in awaits and function.name not in callbacks and (early := _early_call(node.body)) is not None:
                    yield early, f"{function.name} calls {spelled(early.func)} inside the try, before the first await"


RULES: tuple[Rule, ...] = (uncaught_after_await, uncaught_in_timer, broad_except_before_await)


def _functions(module: Module) -> Iterator[ast.FunctionDef]:
    return (node for node in module.nodes if isinstance(node, ast.FunctionDef))


def _escapes(module: Module, function: ast.FunctionDef, *, awaited: bool) -> list[Hit]:
    """What a generator may raise once something was awaited, or from its start when something was."""
    found: list[Hit] = []
    _follow(module, function.body, awaited=awaited, found=found)
    return found


def _contained(module: Module, node: ast.YieldFrom) -> bool:
    """Whether what is yielded from is a generator of this file that lets nothing out once it has awaited."""
    if not (isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name)):
        return False
    named = [function for function in module.tree.body if isinstance(function, ast.FunctionDef) and function.name == node.value.func.id]
    recursive = any(isinstance(inner, ast.YieldFrom) and inner is node for function in named for inner in own_nodes(function))
    return bool(named) and not recursive and not any(_escapes(module, function, awaited=False) for function in named)


def _decorated(module: Module, decorator: ast.expr) -> str | None:
    return module.origin(decorator.func if isinstance(decorator, ast.Call) else decorator)


def _callbacks(module: Module) -> Iterator[str]:
    """The names of the functions that are handed to a timer, directly or called by a lambda that is."""
    for node in module.nodes:
        if isinstance(node, ast.Call) and module.origin(node.func) in _TIMERS and len(node.args) > 1:
            callback = node.args[1]
            called = callback.body.func if isinstance(callback, ast.Lambda) and isinstance(callback.body, ast.Call) else callback
            if isinstance(called, ast.Name):
                yield called.id


def _follow(module: Module, body: Sequence[ast.stmt], *, awaited: bool, found: list[Hit]) -> bool:
    """Collect what may raise once something was awaited; whether something was when the statements are done."""
    for statement in body:
        if isinstance(statement, ast.Try):
            awaited = _follow_try(module, statement, awaited=awaited, found=found)
        elif isinstance(statement, (ast.If, ast.While, ast.For, ast.With)):
            awaited = _follow_block(module, statement, awaited=awaited, found=found)
        elif not isinstance(statement, SCOPES):
            awaited = _judge(module, statement, awaited=awaited, found=found)
    return awaited


def _follow_try(module: Module, statement: ast.Try, *, awaited: bool, found: list[Hit]) -> bool:
    if _broad_handler(module, statement) is not None:
        # What the handlers do is the answer to the error itself; nothing could be caught for ever.
        inside = any(isinstance(node, _YIELDS) for node in own_nodes(statement))
        after = awaited or inside
    else:
        after = _follow(module, statement.body, awaited=awaited, found=found)
        for handler in statement.handlers:
            after = _follow(module, handler.body, awaited=after, found=found)
    after = _follow(module, statement.orelse, awaited=after, found=found)
    return _follow(module, statement.finalbody, awaited=after, found=found)


def _follow_block(module: Module, statement: ast.If | ast.While | ast.For | ast.With, *, awaited: bool, found: list[Hit]) -> bool:
    looped = isinstance(statement, (ast.While, ast.For)) and any(isinstance(node, _YIELDS) for node in own_nodes(statement))
    heads = [statement.test] if isinstance(statement, (ast.If, ast.While)) else [statement.iter] if isinstance(statement, ast.For) else []
    heads += [item.context_expr for item in statement.items] if isinstance(statement, ast.With) else []
    for head in heads:
        awaited = _judge(module, head, awaited=awaited or looped, found=found)
    first = _follow(module, statement.body, awaited=awaited, found=found)
    second = _follow(module, getattr(statement, "orelse", []), awaited=awaited, found=found)
    return first or second


def _judge(module: Module, node: ast.stmt | ast.expr, *, awaited: bool, found: list[Hit]) -> bool:
    """Note a statement or a condition that may raise after an await; whether something was awaited when it is done."""
    yields = [inner for inner in (node, *own_nodes(node)) if isinstance(inner, _YIELDS)]
    if any(isinstance(inner, ast.YieldFrom) and not _contained(module, inner) for inner in yields):
        found.append((node, "an exception of what it yields from is not caught"))
    elif awaited and not _is_plain(node):
        found.append((node, f"runs after an await, not caught: {spelled(node)}"))
    return awaited or bool(yields)


def _is_plain(node: ast.AST) -> bool:
    """Whether nothing in the node can raise: names, constants, attributes, displays and tests of them."""
    plain = (
        ast.Return,
        ast.Assign,
        ast.AnnAssign,
        ast.Expr,
        ast.Pass,
        ast.Break,
        ast.Continue,
        ast.Name,
        ast.Attribute,
        ast.Constant,
        ast.Dict,
    )
    parts = (ast.Tuple, ast.List, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.Yield)
    details = (ast.expr_context, ast.cmpop, ast.boolop, ast.unaryop)
    return all(isinstance(inner, (*plain, *parts, *details)) for inner in (node, *own_nodes(node)))


def _broad_handler(module: Module, statement: ast.Try) -> ast.ExceptHandler | None:
    for handler in statement.handlers:
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        if any(kind is None or module.origin(kind) in _BROAD for kind in kinds):
            return handler
    return None


def _early_call(body: Sequence[ast.stmt]) -> ast.Call | None:
    """A call in the statements of a try before the one that awaits first."""
    for statement in body:
        nodes = list(nodes_in([statement]))
        if any(isinstance(node, _YIELDS) for node in nodes):
            return None
        call = next((node for node in nodes if isinstance(node, ast.Call)), None)
        if call is not None:
            return call
    return None


def _place(node: ast.AST) -> tuple[int, int]:
    return (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
