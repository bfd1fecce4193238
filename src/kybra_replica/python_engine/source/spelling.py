"""How the generator reads a name: as bare text, with no look at what the name is bound to."""

from __future__ import annotations

import ast

DECORATORS = frozenset({"query", "update", "init", "post_upgrade", "pre_upgrade", "heartbeat", "inspect_message"})
SYSTEM_METHODS = ("init", "post_upgrade", "pre_upgrade", "heartbeat", "inspect_message")
CLASS_BASES = frozenset({"Record", "Variant", "Service"})
SERVICE_DECORATORS = {"service_query": "query", "service_update": "update"}
FUNC_MODES = {"Query": "query", "Update": "update", "Oneway": "oneway"}
MAP = "StableBTreeMap"

PYTHON_KEYWORDS = frozenset(
    [
        "False",
        "None",
        "True",
        "and",
        "as",
        "assert",
        "async",
        "await",
        "break",
        "class",
        "continue",
        "def",
        "del",
        "elif",
        "else",
        "except",
        "finally",
        "for",
        "from",
        "global",
        "if",
        "import",
        "in",
        "is",
        "lambda",
        "nonlocal",
        "not",
        "or",
        "pass",
        "raise",
        "return",
        "try",
        "while",
        "with",
        "yield",
    ]
)
"""The words after which Kybra takes one trailing underscore of a field name off; no soft keywords."""


def text_of(node: ast.expr | None) -> str | None:
    """A name as the generator reads it: an identifier or a string constant; None for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def subscript_of(node: ast.expr | None, name: str) -> ast.expr | None:
    """What stands in the brackets of `name[...]`; None when `node` is something else."""
    if isinstance(node, ast.Subscript) and text_of(node.value) == name:
        return node.slice
    return None


def decorator_name(node: ast.expr) -> str | None:
    """The name of a decorator in the two forms that the generator knows: `@name` and `@name(...)`."""
    if isinstance(node, ast.Call):
        node = node.func
    return node.id if isinstance(node, ast.Name) else None


def is_decorated(function: ast.FunctionDef, name: str) -> bool:
    """Whether the generator takes `function` for a method of the kind `name`."""
    return any(decorator_name(decorator) == name for decorator in function.decorator_list)


def assigned_value(statement: ast.stmt) -> ast.expr | None:
    """The value of `x = value` or `x: T = value`; None for any other statement."""
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        return statement.value
    return None


def assigned_name(statement: ast.stmt) -> str | None:
    """The one plain name that an assignment binds; None when it has several targets or another kind of target."""
    if isinstance(statement, ast.Assign):
        return text_of(statement.targets[0]) if len(statement.targets) == 1 else None
    if isinstance(statement, ast.AnnAssign):
        return text_of(statement.target)
    return None


def candid_label(key: str) -> str:
    """The Candid label of a field that Python writes as `key`: a keyword with underscores loses one of them.

    `from_` is `from`, `from__` is `from_`; `type_` stays `type_`, since `type` is no keyword of Python.
    """
    stem = key.rstrip("_")
    return key[:-1] if stem != key and stem in PYTHON_KEYWORDS else key
