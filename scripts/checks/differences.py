"""Where RustPython, the interpreter inside the canister, does something else than CPython: displays, classes, exceptions, text."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from checks.source import FUNCTIONS, Hit, Module, Rule, nodes_in, own_nodes, rule, spelled

_LATIN_1 = frozenset({"latin1", "latin", "l1", "iso88591", "88591", "cp819"})
_STRUCT_CALLS = frozenset(f"struct.{name}" for name in ("pack", "unpack", "pack_into", "unpack_from", "iter_unpack", "calcsize", "Struct"))
_FIXED_ORDERS = "<>!="


@rule(
    "dict-unpacking",
    why="in the canister what ** brings is put in after all other keys, so {**d, 'k': 1} keeps the k of d",
    mend="write d | {'k': 1}, or update a copy",
)
def dict_unpacking(module: Module) -> Iterator[Hit]:
    """`**` in a dict display beside anything else."""
    for node in module.nodes:
        if isinstance(node, ast.Dict) and None in node.keys and len(node.keys) > 1:
            yield node, f"** beside other entries: {spelled(node)}"


@rule(
    "eq-without-hash",
    why="on CPython a class with __eq__ alone cannot be hashed; in the canister it can, by identity",
    mend="define __hash__ too, or make it a frozen dataclass",
)
def eq_without_hash(module: Module) -> Iterator[Hit]:
    """Classes that define `__eq__` and not `__hash__`."""
    for node in module.nodes:
        if isinstance(node, ast.ClassDef):
            names = {name for statement in node.body for name in _class_names(statement)}
            if "__eq__" in names and "__hash__" not in names:
                yield node, f"{node.name} defines __eq__ and not __hash__"


@rule(
    "slots",
    why="in the canister __slots__ forbids nothing and saves nothing",
    mend="leave it out; a frozen dataclass forbids new attributes",
)
def slots(module: Module) -> Iterator[Hit]:
    """`__slots__`, and `slots=True` on a dataclass that is not frozen."""
    for node in module.nodes:
        if isinstance(node, ast.ClassDef):
            if any("__slots__" in _class_names(statement) for statement in node.body):
                yield node, f"{node.name} declares __slots__"
            for decorator in node.decorator_list:
                flags = {word.arg for word in decorator.keywords if _is_true(word.value)} if isinstance(decorator, ast.Call) else set()
                if "slots" in flags and "frozen" not in flags:
                    yield node, f"{node.name} has slots=True and is not frozen"


@rule(
    "del-method",
    why="finalisers run outside the interpreter's guard in the canister, and cycles are never collected",
    mend="close things by name",
)
def del_method(module: Module) -> Iterator[Hit]:
    """`__del__`."""
    return ((node, "__del__") for node in module.nodes if isinstance(node, FUNCTIONS) and node.name == "__del__")


@rule(
    "except-name",
    why="CPython unbinds the name of `except ... as name` after the block, the canister keeps it",
    mend="store it under another name",
)
def except_name(module: Module) -> Iterator[Hit]:
    """The name of an exception read after its block."""
    for scope in module.scopes:
        nodes = list(own_nodes(scope))
        handlers = [node for node in nodes if isinstance(node, ast.ExceptHandler) and node.name]
        for handler in handlers:
            names = [node for node in nodes if isinstance(node, ast.Name) and node.id == handler.name and node.lineno > _end(handler)]
            others = [other for other in handlers if other.name == handler.name and other.lineno > _end(handler)]
            after = [name for name in names if not any(other.lineno <= name.lineno <= _end(other) for other in others)]
            first = min(after, key=lambda name: (name.lineno, name.col_offset), default=None)
            if first is not None and isinstance(first.ctx, ast.Load):
                yield first, f"{handler.name} is read after its except block"


@rule(
    "generator-dropped",
    why="in the canister a generator that is dropped, or whose message traps, never runs its finally or leaves its with block",
    mend="do the clean-up in a timer or on the next call; write the pending state before the yield",
)
def generator_dropped(module: Module) -> Iterator[Hit]:
    """`yield` inside `try ... finally` or `with`."""
    for scope in module.scopes:
        if not isinstance(scope, FUNCTIONS) or any((module.origin(name) or "").endswith("contextmanager") for name in scope.decorator_list):
            continue
        for node in own_nodes(scope):
            guarded = node.body if isinstance(node, ast.With) or (isinstance(node, ast.Try) and node.finalbody) else []
            yields = (inner for inner in nodes_in(guarded) if isinstance(inner, (ast.Yield, ast.YieldFrom)))
            yield from ((inner, "a yield inside finally or with") for inner in yields)


@rule("blake2-options", why="blake2 takes no options in the canister: TypeError", mend="use sha256 and cut the digest")
def blake2_options(module: Module) -> Iterator[Hit]:
    """`hashlib.blake2b` and `blake2s` with keywords."""
    for node in module.nodes:
        if isinstance(node, ast.Call) and module.origin(node.func) in {"hashlib.blake2b", "hashlib.blake2s"} and node.keywords:
            yield node, spelled(node)


@rule("latin-1", why="encoding as latin-1 is quadratic in the canister: 51 kB took 69 billion instructions", mend="encode as UTF-8")
def latin_1(module: Module) -> Iterator[Hit]:
    """`text.encode("latin-1")` under any of its names."""
    for node in module.nodes:
        if isinstance(node, ast.Call) and _encodes(module, node):
            values = [*node.args, *(word.value for word in node.keywords)]
            if any(isinstance(value, ast.Constant) and _codec(value.value) in _LATIN_1 for value in values):
                yield node, spelled(node)


@rule(
    "split-whitespace",
    why="split() without a separator splits only at ASCII white space in the canister",
    mend="name the separator: split(' ')",
)
def split_whitespace(module: Module) -> Iterator[Hit]:
    """`text.split()` and `rsplit()` without a separator."""
    for node in module.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"split", "rsplit"}:
            given = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "sep")]
            if all(isinstance(value, ast.Constant) and value.value is None for value in given):
                yield node, spelled(node)


@rule(
    "struct-order",
    why="without < > ! or = a format has the sizes and padding of the machine: 32 bits in the canister",
    mend="begin the format with < or >",
)
def struct_order(module: Module) -> Iterator[Hit]:
    """Formats of `struct` that leave byte order and sizes to the machine."""
    for node in module.nodes:
        if isinstance(node, ast.Call) and module.origin(node.func) in _STRUCT_CALLS and node.args:
            start = node.args[0]
            while isinstance(start, (ast.BinOp, ast.JoinedStr)):
                start = start.left if isinstance(start, ast.BinOp) else (start.values or [ast.Constant("<")])[0]
            fixed = isinstance(start, ast.Constant) and str(start.value)[:1] in _FIXED_ORDERS
            if isinstance(start, (ast.Constant, ast.FormattedValue)) and not fixed:
                yield node, spelled(node)


@rule(
    "hash-value",
    why="hash() of text differs from run to run on CPython and id() from machine to machine",
    mend="use sha256, or compare the values",
)
def hash_value(module: Module) -> Iterator[Hit]:
    """`hash()` outside `__hash__`, and `id()`."""
    for scope in module.scopes:
        if isinstance(scope, FUNCTIONS) and scope.name == "__hash__":
            continue
        for node in own_nodes(scope):
            if isinstance(node, ast.Call) and module.origin(node.func) in {"builtins.hash", "builtins.id"}:
                yield node, spelled(node)


RULES: tuple[Rule, ...] = (
    *(dict_unpacking, eq_without_hash, slots, del_method, except_name, generator_dropped),
    *(blake2_options, latin_1, split_whitespace, struct_order, hash_value),
)


def _class_names(statement: ast.stmt) -> tuple[str, ...]:
    if isinstance(statement, FUNCTIONS):
        return (statement.name,)
    if isinstance(statement, ast.Assign):
        return tuple(target.id for target in statement.targets if isinstance(target, ast.Name))
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return (statement.target.id,)
    return ()


def _is_true(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is True


def _end(handler: ast.ExceptHandler) -> int:
    return handler.end_lineno or handler.lineno


def _encodes(module: Module, call: ast.Call) -> bool:
    if isinstance(call.func, ast.Attribute) and call.func.attr == "encode":
        return True
    return module.origin(call.func) in {"builtins.bytes", "builtins.bytearray", "codecs.encode"}


def _codec(value: object) -> str:
    return "".join(letter for letter in value.lower() if letter.isalnum()) if isinstance(value, str) else ""
