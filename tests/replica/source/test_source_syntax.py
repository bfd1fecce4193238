"""Syntax that Kybra's older parsers refuse, on every Python alike."""

from __future__ import annotations

import sys

import pytest

NEWER = {
    "match": ("match-statement", 2, "def f(x):\n    match x:\n        case 1: pass\n", "match = {1: 2}\nmatch[1] += 1\n"),
    "two with items": ("parenthesised-with", 2, "def f(a, b):\n    with (a as x, b as y): pass\n", "def f(a, b):\n    with a as x, b as y: pass\n"),
    "one with item": ("parenthesised-with", 2, "def f(a):\n    with (a as x): pass\n", "def f(a):\n    with (a) as x: pass\n"),
    "with over lines": ("parenthesised-with", 2, "def f(a, b):\n    with (\n        a,\n        b as y,\n    ): pass\n", "def f(a, b):\n    with (a, b): pass\n"),
    "async with": ("parenthesised-with", 2, "async def f(a):\n    async with (a as x): pass\n", "async def f(a):\n    async with a as x: pass\n"),
    "walrus in a subscript": ("walrus-in-subscript", 2, "def f(x):\n    return x[n := 1]\n", "def f(x):\n    return x[(n := 1)]\n"),
    "walrus among indices": ("walrus-in-subscript", 1, "f = lambda x: x[0, n := 1]\n", "f = lambda x: x[0, (n := 1)]\n"),
    "walrus in an inner subscript": ("walrus-in-subscript", 1, "f = lambda x: x[[x[n := 1]]]\n", "f = lambda x: x[[n := 1][0]]\n"),
    "alias of a character": ("character-alias", 2, "x = 1\ny = '\\N{LF}'\n", "x = 1\ny = '\\N{BULLET}' r'\\N{LF}' '\\\\N{LF}'\n"),
    "escaped brace in an f-string": ("f-string-brace", 1, "x = f'\\x7b'\n", "x = f'{{' '\\x7b' rf'\\x7b'\n"),
    "syntax error": ("syntax", 2, "x = 1\nprint x\n", "x = 1\nprint(x)\n"),
    "f() = 1": ("syntax", 1, "f() = 1\n", "f = 1\n"),
    "open bracket": ("syntax", 1, "x = (1,\n", "x = (1,\n)\n"),
    "expression with a backslash": ("f-string-field" if sys.version_info >= (3, 12) else "syntax", 1, "x = f'{\"\\n\"}'\n", "x = f'\\n{1}'\n"),
    "own quote": ("f-string-field" if sys.version_info >= (3, 12) else "syntax", 2, "d = {}\nx = f'{d['a']}'\n", "d = {}\nx = f'{d[\"a\"]}'\n"),
    "line break in a field": ("f-string-field" if sys.version_info >= (3, 12) else "syntax", 1, "x = f'{\n1}'\n", "x = f'''{\n1}'''\n"),
    "fields nested thrice": ("f-string-nesting" if sys.version_info >= (3, 12) else "syntax", 1, "x = f'{1:{2:{3}}}'\n", "x = f'{1:{2}{3}}'\n"),
    "type statement": ("type-statement" if sys.version_info >= (3, 12) else "syntax", 1, "type X = int\n", "type = int\n"),
    "type parameters": ("type-parameters" if sys.version_info >= (3, 12) else "syntax", 1, "def f[T](x): pass\n", "def f(x): pass\n"),
    "except star": ("except-star" if sys.version_info >= (3, 11) else "syntax", 3, "try:\n    pass\nexcept* ValueError:\n    pass\n", "try:\n    pass\nexcept ValueError:\n    pass\n"),
    "star in a subscript": ("star-in-subscript" if sys.version_info >= (3, 11) else "syntax", 1, "f = lambda x, b: x[*b]\n", "f = lambda x, b: x[(*b, 1)]\n"),
    "star annotation": ("star-annotation" if sys.version_info >= (3, 11) else "syntax", 1, "def f(*a: *b): pass\n", "def f(*a: b): pass\n"),
}  # fmt: skip

FREEZER = {
    "async comprehension": ("async-comprehension", 2, "async def f(x):\n    return [i async for i in x]\n", "async def f(x):\n    async for i in x: pass\n"),
    "await in a comprehension": ("async-comprehension", 2, "async def f(x):\n    return [await i for i in x]\n", "async def f(x):\n    return [i for i in x]\n"),
    "lambda in a class decorator": ("class-decorator-scope", 2, "@(lambda c: c)\nclass A: ...\n", "@(lambda f: f)\ndef a(): ...\n"),
    "comprehension in a class decorator": ("class-decorator-scope", 3, "def d(x): return lambda c: c\n@d([i for i in ()])\nclass A: ...\n", "def d(x): return lambda c: c\n@d([])\nclass A: ...\n"),
    "unknown future": ("future-import", 1, "from __future__ import generator_stop\n", "from __future__ import annotations\n"),
    "return outside of a function": ("does-not-compile", 1, "return 1\n", "def f(): return 1\n"),
    "argument twice": ("does-not-compile", 1, "def f(a, a): ...\n", "def f(a, b): ...\n"),
    "backslash before a field": ("f-string-escape", 1, "x = f'\\{1}'\n", "x = f'\\\\{1}'\n"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", NEWER)
def test_what_the_generators_parser_refuses(sources, case):
    rule, line, bad, _ = NEWER[case]
    assert [(found, severity, at) for found, severity, _, at in sources.rules(bad)] == [(rule, "refused", line)] or (
        rule == "syntax" and sources.rules(bad)[0][:2] == ("syntax", "refused")
    )


@pytest.mark.parametrize("case", FREEZER)
def test_what_only_the_freezer_refuses(sources, case):
    rule, line, bad, _ = FREEZER[case]
    assert sources.rules(bad) == [(rule, "breaks-later", "entry.py", line)]
    assert sources.read(bad, lenient=True).methods == {}


@pytest.mark.parametrize("case", NEWER | FREEZER)
def test_its_twin_is_accepted(sources, case):
    assert sources.rules((NEWER | FREEZER)[case][3]) == []


@pytest.mark.parametrize(
    "source",
    [
        "if (n := 1) > 0: x = [y := n, {z := 1}]\n",
        "def f(a, /, b=1, *c, d, **e): return *c, a\n",
        "x = f\"{1!r:>{10}} {2=} {'a' if 1 else 'b'} {{}} {3:%H:%M}\"\n",
        "x = f'''{\n1}''' f\"{'#'}\"\n",
        "@print.__class__\ndef f(): ...\n",
        "x: list[int | None] = [*range(3)]\nx += x[(n := 0):]\n",
        "class A(dict, metaclass=type): type = match = case = 1\n",
        "x = lambda a, *b: {**{}, 'c': 0_1j}\n",
        "f = lambda x: x[lambda a, *b: 1]\n",
        "def f():\r\n\tx = 1;\r\n\treturn x\r\n",
    ],
)
def test_what_all_parsers_take(sources, source):
    assert sources.rules(source.encode()) == []


def test_only_utf8_without_a_mark_is_read(sources):
    assert sources.rules(b"x = 1\ny = '\xff'\n") == [("not-utf8", "refused", "entry.py", 2)]
    assert sources.rules("# coding: latin-1\nx = 'é'\n".encode("latin-1")) == [("not-utf8", "refused", "entry.py", 2)]
    assert sources.rules(b"\xef\xbb\xbfx = 1\n") == [("byte-order-mark", "refused", "entry.py", 1)]
    assert sources.rules("x = 'é'\n".encode()) == []
    assert sources.rules("# coding: latin-1\nx = 'é'\n".encode()) == []
    assert sources.rules(b"x = '\x00'\n")[0][:3] == ("syntax", "refused", "entry.py")


def test_a_file_that_does_not_parse_does_not_hide_what_others_do_wrong(sources):
    files = {"entry.py": "import one, two\n", "one.py": "x = (\n", "two.py": "a = b = 1\n"}
    assert [(rule, path) for rule, _, path, _ in sources.rules(files)] == [("syntax", "one.py"), ("chained-assignment", "two.py")]
