"""What a caller reads of an exception that nobody caught is RustPython's wording on every CPython."""

from __future__ import annotations

import pytest

from kybra_replica.driver import CallRejected

WORDS = {
    "[][1]": "IndexError: index out of range",
    "()[1]": "IndexError: index out of range",
    "''[1]": "IndexError: index out of range",
    "1 // 0": "ZeroDivisionError: integer division by zero",
    "1 % 0": "ZeroDivisionError: integer modulo by zero",
    "divmod(1, 0)": "ZeroDivisionError: integer division or modulo by zero",
    "1 / 0": "ZeroDivisionError: division by zero",
    "1 + 'a'": "TypeError: '+' not supported between instances of 'int' and 'str'",
    "[] - {}": "TypeError: '-' not supported between instances of 'list' and 'dict'",
    "2 ** 'a'": "TypeError: unsupported operand type(s) for ** or pow(): 'int' and 'str'",
    "1 < 'a'": "TypeError: '<' not supported between instances of 'int' and 'str'",
    "'a' + 1": 'TypeError: can only concatenate str (not "int") to str',
    "[1] + 1": "TypeError: Cannot add list and int",
    "(1,) + 1": "TypeError: can only concatenate tuple (not 'int') to tuple",
    "[1]['a']": "TypeError: list indices must be integers or slices or classes that override __index__ operator, not 'str'",
    "setitem((1,), 0, 1)": "TypeError: 'tuple' does not support item assignment",
    "len(5)": "TypeError: object of type 'int' has no len()",
    "5()": "TypeError: 'int' object is not callable",
    "list(5)": "TypeError: 'int' object is not iterable",
    "one(1, 2)": "TypeError: one() takes 1 positional arguments but 2 were given",
    "one()": "TypeError: one() missing 1 required positional argument: 'x'",
    "unbound()": "UnboundLocalError: local variable 'late' referenced before assignment",
    "{}['missing']": "KeyError: 'missing'",
    "undefined": "NameError: name 'undefined' is not defined",
    "None.x": "AttributeError: 'NoneType' object has no attribute 'x'",
    "int('1.5')": "ValueError: invalid literal for int() with base 10: '1.5'",
    "[1].index(2)": "ValueError: '2' is not in list",
    "max([])": "ValueError: max() arg is an empty sequence",
    "{[]}": "TypeError: unhashable type: 'list'",
    "(256).to_bytes(1, 'big')": "OverflowError: int too big to convert",
    "f'{True:d}'": "TypeError: unsupported format string passed to bool.__format__",
    "f'{1 == 1:{5}}'": "TypeError: unsupported format string passed to bool.__format__",
    "format(False, 'x')": "TypeError: unsupported format string passed to bool.__format__",
    "fail(Strange())": "Attribute Error: 'Strange' object has no attribute '__str__'",
    "fail(ValueError())": "ValueError: ",
    "fail(KeyError('a', 1))": "KeyError: ('a', 1)",
}

SOURCE = """
from operator import setitem

from kybra import text, update


class Strange(Exception):
    def __str__(self) -> str:
        raise TypeError("no text")


def one(x):
    return x


def fail(problem):
    raise problem


def unbound():
    late
    late = 1


@update
def run(name: text) -> text:
    {branches}
    return "nothing"
"""


FORMATS = ("f'{True}'", "f'{True!s:>5}'", "f'{True!r:>5}'", "f'{5:>{3}d}'", "format(True)", "format(5, 'x')", "'%x' % True")


def test_what_both_format_alike_stays(install):
    canister = install(f"from kybra import Vec, query, text\n\n\n@query\ndef run() -> Vec[text]:\n    return [{', '.join(FORMATS)}]\n")
    assert canister.query("run") == ["True", " True", " True", "  5", "True", "5", "1"]


@pytest.fixture
def canister(install):
    branches = "\n    ".join(f"if name == {expression!r}:\n        return str({expression})" for expression in WORDS)
    return install(SOURCE.format(branches=branches))


@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_each_mistake_reads_as_on_chain(canister):
    found = {}
    for expression in WORDS:
        with pytest.raises(CallRejected) as rejected:
            canister.call("run", expression)
        found[expression] = rejected.value.message.partition("with message: '")[2].removesuffix("'")
    assert found == WORDS
