"""Where RustPython words an exception differently from CPython: the text that a caller sees is RustPython's."""

from __future__ import annotations

import re


def describe(problem: BaseException) -> str:
    """`TypeName: text`, as Kybra's glue traps with it for an exception that nobody caught."""
    name = type(problem).__name__
    if isinstance(problem, RecursionError):
        return "stack overflow"
    try:
        text = str(problem)
    except Exception:  # noqa: BLE001 - a canister's own __str__ may raise anything
        return f"Attribute Error: '{name}' object has no attribute '__str__'"
    return f"{name}: {_translate(name, text)}"


_OPERAND = re.compile(r"unsupported operand type\(s\) for (\S+?)(?: or pow\(\))?: ('.*' and '.*')")

_EXACT = {
    ("IndexError", "list index out of range"): "index out of range",
    ("ZeroDivisionError", "integer division or modulo by zero"): "integer division by zero",
}


def _translate(name: str, text: str) -> str:
    exact = _EXACT.get((name, text))
    if exact is not None:
        return exact
    if name == "TypeError":
        operand = _OPERAND.fullmatch(text)
        if operand is not None:
            return f"'{operand.group(1)}' not supported between instances of {operand.group(2)}"
    return text
