"""Numbers and their text: no float near money, and the forms of numbers that RustPython prints or rounds in its own way."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from string import Formatter

from checks.source import Hit, Module, Rule, rule, spelled

_INTEGER_MATH = frozenset({"isqrt", "gcd", "lcm", "comb", "perm", "factorial", "prod"})
_FLOAT_ORIGINS = frozenset({"builtins.float", "builtins.complex", "kybra.float32", "kybra.float64", "time.time", "time.perf_counter"})
_FLOAT_MODULES = ("math", "cmath", "statistics")
_WIDTH_AND_GROUPS = re.compile(r"^(.?[<>=^])?[-+ ]?z?#?0?[0-9]+[,_]")
_BOOLEAN_CALLS = frozenset(f"builtins.{name}" for name in ("bool", "isinstance", "issubclass", "any", "all", "callable", "hasattr"))


@rule(
    "float",
    why="money and shares are integers, and RustPython prints and compares floats in its own way (0.9999999999999999 prints as 1.0)",
    mend="count in the smallest unit, divide with // or divmod, and carry the remainder",
)
def float_number(module: Module) -> Iterator[Hit]:
    """Literals, `/`, `float()`, float types, and functions that answer a float."""
    for node in module.nodes:
        what = _float_form(module, node)
        if what:
            yield node, what


def _float_form(module: Module, node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, (float, complex)):
        return f"the number {node.value!r}"
    if isinstance(node, (ast.BinOp, ast.AugAssign)):
        if isinstance(node.op, ast.Div):
            return f"true division: {spelled(node)}"
        return _negative_power(node)
    origin = module.origin(node) if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load) else None
    if origin in _FLOAT_ORIGINS:
        return f"{spelled(node)}"
    owner, _, function = (origin or "").rpartition(".")
    if owner in _FLOAT_MODULES and function not in _INTEGER_MATH:
        return f"{origin} answers a float"
    return None


def _negative_power(node: ast.BinOp | ast.AugAssign) -> str | None:
    power = node.right if isinstance(node, ast.BinOp) else node.value
    if isinstance(node.op, ast.Pow) and isinstance(power, ast.UnaryOp) and isinstance(power.op, ast.USub):
        return f"a negative power: {spelled(node)}"
    return None


@rule(
    "round",
    why="round(1234, -2) is 1234 in the canister and 1200 elsewhere, and digits of floats are rounded in another way",
    mend="say which way: // for down, -(-a // b) for up",
)
def round_call(module: Module) -> Iterator[Hit]:
    """Any use of `round`."""
    return ((node, "round()") for node in module.nodes if isinstance(node, ast.Name) and module.origin(node) == "builtins.round")


@rule(
    "is-integer",
    why="float.is_integer() answers True for 0.9999999999999999 in the canister",
    mend="keep the value an int from the start",
)
def is_integer(module: Module) -> Iterator[Hit]:
    """`float.is_integer`."""
    return ((node, spelled(node)) for node in module.nodes if isinstance(node, ast.Attribute) and node.attr == "is_integer")


@rule(
    "format-width-and-groups",
    why="a width together with , or _ fills with zeros in the canister: f'{1234:10,}' is 00,001,234",
    mend="group first and pad the text: f'{f\"{n:,}\":>10}'",
)
def format_width_and_groups(module: Module) -> Iterator[Hit]:
    """Format specifications such as `10,`."""
    for node, spec in _format_specs(module):
        if _WIDTH_AND_GROUPS.match(spec):
            yield node, f"the format {spec!r}"


@rule("format-of-bool", why="a bool with a format specification raises in the canister", mend="write int(flag) or str(flag) first")
def format_of_bool(module: Module) -> Iterator[Hit]:
    """Format specifications on what is visibly a bool."""
    for node in module.nodes:
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None and _is_bool(module, node.value):
            yield node.value, f"{spelled(node.value)} is a bool with a format"


RULES: tuple[Rule, ...] = (float_number, round_call, is_integer, format_width_and_groups, format_of_bool)


def _is_bool(module: Module, value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return module.origin(value.func) in _BOOLEAN_CALLS
    if isinstance(value, ast.Constant):
        return isinstance(value.value, bool)
    return isinstance(value, ast.Compare) or (isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.Not))


def _format_specs(module: Module) -> Iterator[tuple[ast.AST, str]]:
    """Every format specification in sight, with a digit where a nested field stands."""
    for node in module.nodes:
        if isinstance(node, ast.FormattedValue) and isinstance(node.format_spec, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "1" for part in node.format_spec.values]
            yield node.value, "".join(str(part) for part in parts)
        elif isinstance(node, ast.Call):
            yield from ((node, spec) for spec in _call_specs(module, node))


def _call_specs(module: Module, call: ast.Call) -> Iterator[str]:
    if isinstance(call.func, ast.Attribute) and call.func.attr == "format":
        if isinstance(call.func.value, ast.Constant) and isinstance(call.func.value.value, str):
            for _, _, spec, _ in Formatter().parse(call.func.value.value):
                yield re.sub(r"{[^{}]*}", "1", spec or "")
    elif module.origin(call.func) == "builtins.format" and len(call.args) == 2:  # format(value, spec)
        given = call.args[1]
        if isinstance(given, ast.Constant) and isinstance(given.value, str):
            yield given.value
