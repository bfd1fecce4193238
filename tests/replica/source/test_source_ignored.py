"""What Kybra passes over in silence is said, with a line and a mend; what only looks like it is left alone."""

from __future__ import annotations

import pytest
from source_cases import cases_of

CASES = cases_of("ignored")
FUNCTION = "@query\ndef f() -> nat: ...\n"


@pytest.mark.parametrize("case", CASES)
def test_what_is_ignored_is_said_with_rule_and_line(sources, case):
    about = CASES[case]
    assert sources.rules(about.bad) == [(about.rule, "ignored", "entry.py", about.line)]


@pytest.mark.parametrize("case", CASES)
def test_its_twin_has_no_finding(sources, case):
    assert sources.rules(CASES[case].good) == []


@pytest.mark.parametrize("case", CASES)
def test_lenient_reading_goes_on_and_keeps_the_finding(sources, case):
    about = CASES[case]
    assert [(finding.rule, finding.position.line) for finding in sources.read(about.bad, lenient=True).ignored] == [
        (about.rule, about.line)
    ]


@pytest.mark.parametrize(
    "source",
    [
        "def query(f): return f\nclass A:\n    @query\n    def f(self): ...\n",
        "class Record: ...\nclass Outer:\n    class Inner(Record): ...\n",
        "from typing import Tuple\nPair: object = Tuple[int, int]\n",
        "class A: ...\nclass B(A): ...\n",
        "from typing import Tuple\ndef f(x):\n    Pair = Tuple[int, int]\n    return Pair\n",
        "from kybra import ic as the_ic, Principal as P\ndef f(): return the_ic.time()\n",
        "from kybra import *\ndef f(*args, key=1): return args\n",
    ],
)
def test_what_is_not_kybras_or_of_no_account_is_left_alone(sources, source):
    assert sources.rules(source) == []


def test_ignored_methods_are_not_methods(sources):
    program = sources.read(
        "from kybra import *\n" + FUNCTION + "if True:\n    " + FUNCTION.replace("f()", "g()").replace("\ndef", "\n    def"), lenient=True
    )
    assert list(program.methods) == ["f"]


def test_a_strict_program_has_nothing_ignored(sources):
    assert sources.read("from kybra import *\n" + FUNCTION).ignored == ()
