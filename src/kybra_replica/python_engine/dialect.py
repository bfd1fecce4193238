"""Where RustPython words an exception differently from CPython: the text that a caller sees is RustPython's.

Source: RustPython of April 2023, the revision that Kybra 0.7.1 embeds. Only what a plain mistake in a canister raises is
here; a canister must not depend on any of these texts, and a test may.
"""

from __future__ import annotations

import dis
import re
from collections.abc import Callable
from types import TracebackType
from typing import TypeVar

_Problem = TypeVar("_Problem", bound=BaseException)

_NATIVE = "__kybra_native__"


def native(problem: _Problem) -> _Problem:
    """Mark an exception that Kybra's own Rust raises: its text is final."""
    setattr(problem, _NATIVE, True)
    return problem


def describe(problem: BaseException) -> str:
    """`TypeName: text`, as Kybra's glue traps with it for an exception that nobody caught."""
    name = type(problem).__name__
    if isinstance(problem, RecursionError):
        return "stack overflow"
    try:
        text = str(problem)
    except Exception:  # noqa: BLE001 - a canister's own __str__ may raise anything
        return f"Attribute Error: '{name}' object has no attribute '__str__'"
    return f"{name}: {text if hasattr(problem, _NATIVE) else _translate(problem, text)}"


def _translate(problem: BaseException, text: str) -> str:
    if type(problem) is ZeroDivisionError:
        return _division(problem.__traceback__, text)
    for kind, pattern, words in _RULES:
        if isinstance(problem, kind):
            found = pattern.fullmatch(text)
            if found is not None:
                return found.expand(words) if isinstance(words, str) else words(found)
    return text


def _plural(found: re.Match[str]) -> str:
    return f"{found[1]}() takes {found[2]} positional arguments but {found[3]} were given"


_Words = str | Callable[[re.Match[str]], str]


def _rule(kind: type[BaseException], pattern: str, words: _Words) -> tuple[type[BaseException], re.Pattern[str], _Words]:
    return kind, re.compile(pattern, re.DOTALL), words


_RULES = (
    _rule(IndexError, r"(?:list|tuple|string|bytearray) index out of range|index out of range", "index out of range"),
    _rule(IndexError, r"list assignment index out of range", "assignment index out of range"),
    _rule(
        TypeError,
        r"unsupported operand type\(s\) for (?!\*\* or pow\(\))(\S+): ('.*' and '.*')",
        r"'\1' not supported between instances of \2",
    ),
    _rule(TypeError, r'can only concatenate list \(not "(.*)"\) to list', r"Cannot add list and \1"),
    _rule(TypeError, r'can only concatenate tuple \(not "(.*)"\) to tuple', r"can only concatenate tuple (not '\1') to tuple"),
    _rule(
        TypeError,
        r"(list|tuple) indices must be integers or slices, not (.*)",
        r"\1 indices must be integers or slices or classes that override __index__ operator, not '\2'",
    ),
    _rule(TypeError, r"('.*') object does not support item assignment", r"\1 does not support item assignment"),
    _rule(TypeError, r"('.*') object (?:doesn't|does not) support item deletion", r"\1 does not support item deletion"),
    _rule(TypeError, r"(.*)\(\) takes (?:from \d+ to )?(\d+) positional arguments? but (\d+) (?:was|were) given", _plural),
    _rule(
        UnboundLocalError,
        r"cannot access local variable ('.*') where it is not associated with a value",
        r"local variable \1 referenced before assignment",
    ),
    _rule(
        NameError,
        r"(?:cannot access )?free variable ('.*') (?:where it is not associated with a value|referenced before assignment) "
        r"in enclosing scope",
        r"free variable \1 referenced before assignment in enclosing scope",
    ),
    _rule(ValueError, r"(\d.*|'.*'|None|True|False) is not in list", r"'\1' is not in list"),
    _rule(ValueError, r"(max|min)\(\) iterable argument is empty", r"\1() arg is an empty sequence"),
)

_DIVISIONS = {"//": "integer division by zero", "%": "integer modulo by zero"}
_FLOAT_DIVISIONS = {"/": "float division by zero", "//": "float floordiv by zero", "%": "float mod by zero"}
_OLD_OPERATIONS = {
    "BINARY_FLOOR_DIVIDE": "//",
    "INPLACE_FLOOR_DIVIDE": "//",
    "BINARY_MODULO": "%",
    "INPLACE_MODULO": "%",
    "BINARY_TRUE_DIVIDE": "/",
    "INPLACE_TRUE_DIVIDE": "/",
}
"""What CPython 3.10 calls them."""


def _division(traceback: TracebackType | None, text: str) -> str:
    """CPython has one text for several operators; which one it was stands in the bytecode."""
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    if traceback is None:
        return text
    operator = ""
    for instruction in dis.get_instructions(traceback.tb_frame.f_code):
        if instruction.offset == traceback.tb_lasti:
            operator = _OLD_OPERATIONS.get(instruction.opname, str(instruction.argrepr or "")).rstrip("=")
    return (_FLOAT_DIVISIONS if "float" in text else _DIVISIONS).get(operator, text)
