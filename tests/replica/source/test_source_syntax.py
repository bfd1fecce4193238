"""Syntax that Kybra's older parsers refuse, on every Python alike."""

from __future__ import annotations

import pytest
from source_cases import cases_of

NEWER = cases_of("newer_syntax")
FREEZER = cases_of("freezer")


@pytest.mark.parametrize("case", NEWER)
def test_what_the_generators_parser_refuses(sources, case):
    about = NEWER[case]
    found = sources.rules(about.bad)
    if about.by_cpython:
        assert [entry[:3] for entry in found] == [("syntax", "refused", "entry.py")]
    else:
        assert found == [(about.rule, "refused", "entry.py", about.line)]


@pytest.mark.parametrize("case", FREEZER)
def test_what_only_the_freezer_refuses(sources, case):
    about = FREEZER[case]
    assert sources.rules(about.bad) == [(about.rule, "breaks-later", "entry.py", about.line)]
    assert [finding.rule for finding in sources.read(about.bad, lenient=True).ignored] == [about.rule]


@pytest.mark.parametrize("case", NEWER | FREEZER)
def test_its_twin_is_accepted(sources, case):
    assert sources.rules((NEWER | FREEZER)[case].good) == []


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
