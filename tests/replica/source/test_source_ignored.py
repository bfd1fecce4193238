"""What Kybra passes over in silence is said, with a line and a mend; what only looks like it is left alone."""

from __future__ import annotations

import pytest

HEAD = "from kybra import *\n"
FUNCTION = "@query\ndef f() -> nat: ...\n"
INDENTED = "    @query\n    def f() -> nat: ...\n"
MAP = "StableBTreeMap[nat, text](0, 15, 100)"

CASES = {
    "method under if": ("nested-method", 4, HEAD + "if True:\n" + INDENTED, HEAD + FUNCTION),
    "method under TYPE_CHECKING": ("nested-method", 5, HEAD + "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n" + INDENTED, HEAD + FUNCTION),
    "method in a class": ("nested-method", 4, HEAD + "class A:\n" + INDENTED, HEAD + "class A:\n    ...\n" + FUNCTION),
    "method in a function": ("nested-method", 4, HEAD + "def g():\n" + INDENTED, HEAD + FUNCTION),
    "async def": ("async-def", 3, HEAD + FUNCTION.replace("def", "async def"), HEAD + FUNCTION.replace("nat", "Async[nat]")),
    "renamed decorator": ("renamed-decorator", 2, "from kybra import query as q, nat\n@q\ndef f() -> nat: ...\n", "from kybra import query, nat\n" + FUNCTION),
    "dotted decorator": ("renamed-decorator", 2, "import kybra\n@kybra.query\ndef f() -> nat: ...\n", "import kybra\nfrom kybra import query, nat\n" + FUNCTION),
    "dotted decorator, called": ("renamed-decorator", 2, "import kybra as k\n@k.update()\ndef f() -> nat: ...\n", HEAD + FUNCTION),
    "decorator as a function": ("decorator-as-function", 3, HEAD + "def f() -> nat: ...\ng = query(f)\n", HEAD + FUNCTION),
    "decorator twice": ("decorator-twice", 4, HEAD + "@query\n" + FUNCTION, HEAD + FUNCTION),
    "record under if": ("nested-type", 3, HEAD + "if True:\n    class R(Record):\n        x: nat\n", HEAD + "class R(Record):\n    x: nat\n"),
    "alias under if": ("nested-type", 3, HEAD + "if True:\n    A = Alias[nat]\n", HEAD + "A = Alias[nat]\n"),
    "renamed base": ("renamed-base", 2, "import kybra\nclass R(kybra.Record):\n    x: nat\n", HEAD + "class R(Record):\n    x: nat\n"),
    "subclass of a record": ("type-subclass", 4, HEAD + "class A(Record):\n    x: nat\nclass B(A):\n    y: nat\n", HEAD + "class A(Record):\n    x: nat\nclass B(Record):\n    x: nat\n    y: nat\n"),
    "record by call": ("type-call", 2, HEAD + "R = Record('R', {'x': nat})\n", HEAD + "class R(Record):\n    x: nat\n"),
    "tuple with annotation": ("annotated-tuple", 2, HEAD + "P: object = Tuple[nat, nat]\n", HEAD + "P = Tuple[nat, nat]\n"),
    "map in a function": ("map-unseen", 3, HEAD + f"def g():\n    return {MAP}\n", HEAD + f"m = {MAP}\n"),
    "map in a list": ("map-unseen", 2, HEAD + f"m = [{MAP}]\n", HEAD + f"m: object = {MAP}\n"),
    "map under a renamed name": ("map-unseen", 2, "from kybra import StableBTreeMap as M, nat\nm = M[nat, nat](0, 1, 1)\n", HEAD + f"m = {MAP}\n"),
    "map rebound": ("map-rebound", 3, HEAD + f"m = {MAP}\nm = {MAP.replace('(0', '(1')}\n", HEAD + f"m = {MAP}\nn = {MAP.replace('(0', '(1')}\n"),
    "keyword-only": ("keyword-only-parameter", 3, HEAD + "@query\ndef f(*, a: nat) -> nat: ...\n", HEAD + "@query\ndef f(a: nat) -> nat: ...\n"),
    "positional-only": ("positional-only-parameter", 3, HEAD + "@query\ndef f(a: nat, /) -> nat: ...\n", HEAD + "def f(a: nat, /) -> nat: ...\n"),
    "default": ("default-value", 3, HEAD + "@query\ndef f(a: nat = 1) -> nat: ...\n", HEAD + "def f(a: nat = 1) -> nat: ...\n"),
    "default of a field": ("member-default", 3, HEAD + "class R(Record):\n    x: nat = 1\n", HEAD + "class R(Record):\n    x: nat\n"),
    "guard without a name": ("guard-positional", 3, HEAD + "def g() -> GuardResult: ...\n@query(g)\ndef f() -> nat: ...\n", HEAD + "def g() -> GuardResult: ...\n@query(guard=g)\ndef f() -> nat: ...\n"),
    "guard of inspect_message": ("guard-unused", 3, HEAD + "def g() -> GuardResult: ...\n@inspect_message(guard=g)\ndef f() -> void: ...\n", HEAD + "def g() -> GuardResult: ...\n@inspect_message\ndef f() -> void: ...\n"),
    "guard of heartbeat": ("guard-unused", 3, HEAD + "def g() -> GuardResult: ...\n@heartbeat(guard=g)\ndef f() -> void: ...\n", HEAD + "@heartbeat\ndef f() -> void: ...\n"),
    "what a oneway returns": ("oneway-return", 2, HEAD + "F = Func(Oneway[[text], nat])\n", HEAD + "F = Func(Oneway[[text], void])\n"),
    "Async in a field": ("unwrapped-type", 3, HEAD + "class R(Record):\n    x: Async[nat]\n", HEAD + "@query\ndef f() -> Async[Manual[nat]]: ...\n"),
    "Manual in a parameter": ("unwrapped-type", 3, HEAD + "@query\ndef f(x: Manual[nat]) -> nat: ...\n", HEAD + "@query\ndef f(x: nat) -> Manual[nat]: ...\n"),
    "Async of a service": ("unwrapped-type", 4, HEAD + "class S(Service):\n    @service_query\n    def a(self) -> Opt[Async[nat]]: ...\n", HEAD + "class S(Service):\n    @service_query\n    def a(self) -> Opt[nat]: ...\n"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_ignored_is_said_with_rule_and_line(sources, case):
    rule, line, bad, _ = CASES[case]
    assert sources.rules(bad) == [(rule, "ignored", "entry.py", line)]


@pytest.mark.parametrize("case", CASES)
def test_its_twin_has_no_finding(sources, case):
    assert sources.rules(CASES[case][3]) == []


@pytest.mark.parametrize("case", CASES)
def test_lenient_reading_goes_on_and_keeps_the_finding(sources, case):
    rule, line, bad, _ = CASES[case]
    assert [(finding.rule, finding.position.line) for finding in sources.read(bad, lenient=True).ignored] == [(rule, line)]


@pytest.mark.parametrize(
    "source",
    [
        "def query(f): return f\nclass A:\n    @query\n    def f(self): ...\n",
        "class Record: ...\nclass Outer:\n    class Inner(Record): ...\n",
        "from typing import Tuple\ndef f(x):\n    Pair = Tuple[int, int]\n    return Pair\n",
        "from kybra import ic as the_ic, Principal as P\ndef f(): return the_ic.time()\n",
        "from kybra import *\ndef f(*args, key=1): return args\n",
    ],
)
def test_what_is_not_kybras_or_of_no_account_is_left_alone(sources, source):
    assert sources.rules(source) == []


def test_ignored_methods_are_not_methods(sources):
    program = sources.read(HEAD + FUNCTION + "if True:\n" + INDENTED.replace("f()", "g()"), lenient=True)
    assert list(program.methods) == ["f"]


def test_a_strict_program_has_nothing_ignored(sources):
    assert sources.read(HEAD + FUNCTION).ignored == ()
