"""State: none in modules, all of it in stable maps, and no map is ever listed whole."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from checks.source import Hit, Module, Rule, own_nodes, rule, spelled

_MUTABLE_CALLS = frozenset(
    {
        *(
            f"builtins.{name}"
            for name in ("list", "dict", "set", "bytearray", "iter", "enumerate", "zip", "map", "filter", "open", "sorted", "object")
        ),
        *(f"collections.{name}" for name in ("deque", "defaultdict", "Counter", "OrderedDict", "ChainMap", "UserDict", "UserList")),
        *(
            "array.array",
            "itertools.count",
            "itertools.cycle",
            "types.SimpleNamespace",
            "io.BytesIO",
            "io.StringIO",
            "queue.Queue",
            "copy.deepcopy",
        ),
        *(
            f"hashlib.{name}"
            for name in ("new", "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "shake_128", "shake_256", "blake2b")
        ),
    }
)
_MUTABLE_DISPLAYS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp)
_FREEZERS = frozenset({"builtins.tuple", "builtins.frozenset", "builtins.bytes", "builtins.sum", "builtins.len", "types.MappingProxyType"})
_MAP = "kybra.StableBTreeMap"
_ENUMERATIONS = frozenset({"keys", "values", "items"})
_BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try)


@rule(
    "module-state",
    why="what a module holds is lost on upgrade and kept after a trap on CPython, so state would have two meanings",
    mend="keep it in a stable map; make a constant a tuple, a frozenset or a MappingProxyType",
)
def module_state(module: Module) -> Iterator[Hit]:
    """Module and class names bound to something that can change: displays, containers, iterators, hash objects.

    `tuple(...)`, `frozenset(...)` and `MappingProxyType(...)` around a display make a constant of it. `__all__` is the interpreter's own.
    """
    bodies = [module.tree.body, *(node.body for node in module.nodes if isinstance(node, ast.ClassDef))]
    for body in bodies:
        for name, value in _bindings(body):
            if name != "__all__" and (mutable := _mutable(module, value)) is not None:
                yield mutable, f"{name} holds something that can change: {spelled(mutable)}"


@rule(
    "global-statement",
    why="a function that rebinds a module's name keeps state in the module",
    mend="return the value, or keep it in a stable map",
)
def global_statement(module: Module) -> Iterator[Hit]:
    """`global`."""
    return ((node, f"global {', '.join(node.names)}") for node in module.nodes if isinstance(node, ast.Global))


@rule(
    "map-listed",
    why="keys(), values() and items() cost 120 k instructions an entry, and there is no limit to the entries",
    mend="number the entries densely and page by number",
)
def map_listed(module: Module) -> Iterator[Hit]:
    """`keys`, `values` and `items` of a stable map declared in this file, or imported from one that declares maps."""
    maps = frozenset(stable_maps(module)) | frozenset(local for local, origin in module.imports.items() if _looks_stored(origin))
    for scope in module.scopes:
        own = (
            {node.id for node in own_nodes(scope) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
            if scope is not module.tree
            else set()
        )
        for node in own_nodes(scope):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ENUMERATIONS and not node.args:
                owner = node.func.value
                if (
                    isinstance(owner, ast.Attribute)
                    and isinstance(owner.value, ast.Name)
                    and _looks_stored(module.imports.get(owner.value.id, "") + ".")
                ) or (isinstance(owner, ast.Name) and owner.id in maps - own):
                    yield node, spelled(node)


RULES: tuple[Rule, ...] = (module_state, global_statement, map_listed)


def stable_maps(module: Module) -> tuple[str, ...]:
    """The names of the stable maps that a file declares."""
    return tuple(name for name, value in _bindings(module.tree.body) if _is_map(module, value))


def _is_map(module: Module, value: ast.expr) -> bool:
    if not isinstance(value, ast.Call):
        return False
    made = value.func.value if isinstance(value.func, ast.Subscript) else value.func
    return module.origin(made) == _MAP


def _looks_stored(origin: str) -> bool:
    """Whether a name comes from a store: by house rule the maps of a canister stand in `<name>_store`."""
    return origin.rpartition(".")[0].endswith("_store")


def _bindings(body: Sequence[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """The names bound by the statements of a module or class, those inside `if`, `for`, `with` and `try` too."""
    for statement in body:
        if isinstance(statement, _BLOCKS):
            yield from _bindings([inner for inner in ast.walk(statement) if isinstance(inner, (ast.Assign, ast.AnnAssign))])
        elif isinstance(statement, ast.Assign):
            yield from ((spelled(target), statement.value) for target in statement.targets)
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            yield spelled(statement.target), statement.value


def _mutable(module: Module, value: ast.expr) -> ast.expr | None:
    """The part of a value that can change, if any."""
    if isinstance(value, _MUTABLE_DISPLAYS):
        return value
    if isinstance(value, ast.Call):
        origin = module.origin(value.func)
        if origin in _MUTABLE_CALLS:
            return value
        frozen = origin in _FREEZERS
        return next((found for item in value.args if frozen for found in _inside(module, item) if found is not None), None)
    if isinstance(value, (ast.Tuple, ast.BinOp, ast.IfExp)):
        return next((found for found in _inside(module, value) if found is not None), None)
    return None


def _inside(module: Module, value: ast.expr) -> Iterator[ast.expr | None]:
    """What can change among the parts of a value that is itself a constant."""
    if isinstance(value, (ast.Dict, ast.DictComp)):
        parts = value.values if isinstance(value, ast.Dict) else [value.value]
    elif isinstance(value, (ast.List, ast.Set, ast.Tuple)):
        parts = value.elts
    elif isinstance(value, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
        parts = [value.elt]
    else:
        parts = [part for part in ast.iter_child_nodes(value) if isinstance(part, ast.expr)] if not isinstance(value, ast.Call) else []
    return (_mutable(module, part) for part in parts)
