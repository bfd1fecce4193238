"""Each rule of the generator: what breaks it, on which line, and the twin that keeps it."""

from __future__ import annotations

import pytest

QUERY = "from kybra import *\n{above}@query\ndef f({parameters}) -> {returns}: ...\n"


def signature(parameters: str = "", returns: str = "nat", above: str = "") -> str:
    return QUERY.format(parameters=parameters, returns=returns, above=above)


def record(line: str) -> str:
    return f"from kybra import *\nclass R(Record):\n    {line}\n@query\ndef f(r: R) -> nat: ...\n"


def service(body: str) -> str:
    return f"from kybra import *\nclass S(Service):\n{body}\n@query\ndef f() -> nat: ...\n"


def stable(arguments: str, types: str = "nat, text") -> str:
    return f"from kybra import *\nm = StableBTreeMap[{types}]({arguments})\n"


GET = "    @service_query\n    def get(self, x: nat) -> nat: ..."

CASES = {
    "none as a parameter": ("none-as-type", 3, signature("x: None"), signature("x: null")),
    "none returned": ("none-as-type", 3, signature("", "None"), signature("", "void")),
    "builtin list": ("unsupported-subscript", 3, signature("x: list[nat]"), signature("x: Vec[nat]")),
    "typing's Optional": ("unsupported-subscript", 3, signature("x: Optional[nat]"), signature("x: Opt[nat]")),
    "builtin dict": ("unsupported-subscript", 3, signature("x: dict[str, nat]"), signature("x: Vec[Tuple[str, nat]]")),
    "inner type": ("unsupported-subscript", 3, signature("x: Vec[list[nat]]"), signature("x: Vec[Vec[nat]]")),
    "union": ("unsupported-type", 3, signature("x: nat | None"), signature("x: Opt[nat]")),
    "dotted name": ("unsupported-type", 3, signature("x: kybra.nat", above="import kybra\n").replace("import kybra\n", ""), signature("x: nat")),
    "two types in Vec": ("unsupported-type", 3, signature("x: Vec[nat, text]"), signature("x: Vec[Tuple[nat, text]]")),
    "undefined type": ("undefined-type", 3, signature("x: bytes"), signature("x: blob")),
    "plain alias": ("undefined-type", 4, signature("x: Id", above="Id = nat64\n"), signature("x: Id", above="Id = Alias[nat64]\n")),
    "annotated tuple": (
        "undefined-type",
        4,
        signature("x: P", above="P: TypeAlias = Vec[nat]\n"),
        signature("x: P", above="P: TypeAlias = Alias[Vec[nat]]\n"),
    ),
    "quoted expression": ("undefined-type", 3, record("next: 'Opt[R]'"), record("next: Opt['R']")),
    "no return type": ("return-type", 3, "from kybra import *\n@query\ndef f(): ...\n", signature()),
    "no parameter type": ("parameter-type", 3, signature("x"), signature("x: nat")),
    "six parameters": (
        "too-many-parameters",
        3,
        signature(", ".join(f"p{i}: nat" for i in range(6))),
        signature(", ".join(f"p{i}: nat" for i in range(5))),
    ),
    "star": ("star-parameter", 3, signature("*x: nat"), signature("x: Vec[nat]")),
    "double star": ("star-parameter", 3, signature("**x: nat"), signature("x: nat")),
    "self": ("self-parameter", 3, signature("self: nat"), signature("me: nat")),
    "query and update": ("method-twice", 4, "from kybra import *\n@query\n@update\ndef f() -> nat: ...\n", signature()),
    "name twice": ("method-twice", 5, signature() + "@update\ndef f() -> nat: ...\n", signature() + "@update\ndef g() -> nat: ...\n"),
    "docstring in record": ("class-member", 3, record("'''about'''"), record("...")),
    "pass in record": ("class-member", 3, record("pass"), record("x: nat")),
    "method in record": ("class-member", 3, record("def m(self): ..."), record("m: nat")),
    "ellipsis in variant": ("class-member", 3, record("...").replace("Record", "Variant"), record("A: null").replace("Record", "Variant")),
    "unused bad record": ("undefined-type", 3, record("x: float"), record("x: float64")),
    "type twice": ("type-defined-twice", 6, record("x: nat") + "R = Tuple[nat]\n", record("x: nat") + "Q = Tuple[nat]\n"),
    "two kinds at once": ("type-defined-twice", 2, record("x: nat").replace("Record", "Record, Variant"), record("x: nat")),
    "type of Kybra's": ("type-defined-twice", 2, record("x: nat").replace("class R(", "class NotifyResult("), record("x: nat")),
    "several targets": ("assignment-target", 2, "from kybra import *\na, b = 1, 2\n", "from kybra import *\na = b = 1\n".replace("a = b", "a")),
    "item": ("assignment-target", 3, "from kybra import *\nd = {}\nd['k'] = 1\n", "from kybra import *\nd = {}\nd['k'] += 1\n"),
    "attribute with type": ("assignment-target", 3, "from kybra import *\nd = f\nd.x: int = 1\n", "from kybra import *\nd = f\nd.x: int\n"),
    "chain": ("chained-assignment", 2, "from kybra import *\na = b = 1\n", "from kybra import *\nif True:\n    a = b = 1\n"),
    "system method twice": (
        "system-method-twice",
        5,
        "from kybra import *\n@init\ndef a() -> void: ...\n@init\ndef b() -> void: ...\n",
        "from kybra import *\n@init\ndef a() -> void: ...\n@post_upgrade\ndef b() -> void: ...\n",
    ),
    "system method returns": (
        "system-method-return",
        3,
        "from kybra import *\n@pre_upgrade\ndef a() -> null: ...\n",
        "from kybra import *\n@pre_upgrade\ndef a() -> void: ...\n",
    ),
    "system method returns an alias of void": (
        "system-method-return",
        4,
        "from kybra import *\nNothing = Alias[void]\n@init\ndef a() -> Nothing: ...\n",
        "from kybra import *\nNothing = Alias[void]\n@init\ndef a() -> 'void': ...\n",
    ),
    "guard with a parameter": (
        "guard-parameter",
        2,
        "from kybra import *\ndef g(x: nat) -> GuardResult: ...\n",
        "from kybra import *\ndef g() -> GuardResult: ...\n",
    ),
    "guard twice": (
        "guard-twice",
        3,
        "from kybra import *\ndef g() -> GuardResult: ...\ndef g() -> GuardResult: ...\n",
        "from kybra import *\ndef g() -> GuardResult: ...\ndef h() -> GuardResult: ...\n",
    ),
    "guard that is a lambda": (
        "guard-reference",
        2,
        "from kybra import *\n@query(guard=lambda: {'Ok': None})\ndef f() -> nat: ...\n",
        "from kybra import *\ndef g() -> GuardResult: ...\n@query(guard=g)\ndef f() -> nat: ...\n",
    ),
    "guard of another decorator": (
        "guard-reference",
        3,
        "from kybra import *\ndef deco(guard): return lambda f: f\n@deco(guard=1)\n@query\ndef f() -> nat: ...\n",
        "from kybra import *\ndef deco(guard): return lambda f: f\n@deco(guards=1)\n@query\ndef f() -> nat: ...\n",
    ),
    "guard without its annotation": (
        "guard-undefined",
        3,
        "from kybra import *\ndef g(): ...\n@query(guard=g)\ndef f() -> nat: ...\n",
        "from kybra import *\ndef g() -> GuardResult: ...\n@query(guard='g')\ndef f() -> nat: ...\n",
    ),
    "func with two arguments": ("func-form", 2, signature("x: F", above="F = Func(Query[[nat], nat], 1)\n"), signature()),
    "func of another mode": ("func-form", 3, signature("x: Func(Call[[nat], nat])"), signature("x: Func(Query[[nat], nat])")),
    "func without a list": ("func-form", 3, signature("x: Func(Query[nat, nat])"), signature("x: Func(Query[[], nat])")),
    "service with docstring": ("service-body", 3, service("    '''about'''\n" + GET), service(GET)),
    "service with async def": ("service-body", 4, service(GET.replace("def", "async def")), service(GET)),
    "service method undecorated": ("service-decorator", 3, service("    def get(self) -> nat: ..."), service(GET)),
    "service method called decorator": ("service-decorator", 3, service(GET.replace("query", "query()")), service(GET)),
    "service method without self": ("self-parameter", 4, service(GET.replace("self, ", "")), service(GET)),
    "service method with seven": (
        "too-many-parameters",
        4,
        service(GET.replace("x: nat", ", ".join(f"p{i}: nat" for i in range(6)))),
        service(GET.replace("x: nat", ", ".join(f"p{i}: nat" for i in range(5)))),
    ),
    "map without size": ("map-argument", 2, stable("0, 15"), stable("0, 15, 100")),
    "map with a constant": ("map-argument", 3, "N = 1\n" + stable("0, 15, N"), stable("0, 15, 100")),
    "map with an expression": ("map-argument", 2, stable("memory_id=1 + 1, max_key_size=15, max_value_size=1"), stable("2, 15, 1")),
    "map with a bool": ("map-argument", 2, stable("True, 15, 1"), stable("1, 15, 1")),
    "map with a negative": ("map-argument", 2, stable("-1, 15, 1"), stable("0, 15, 1")),
    "map id too big": ("map-argument", 2, stable("256, 15, 1"), stable("254, 15, 1")),
    "map size zero": ("map-argument", 2, stable("0, 15, 0"), stable("0, 15, 1")),
    "map size too big": ("map-argument", 2, stable("0, 15, 4294967296"), stable("0, 15, 4294967295")),
    "map of one type": ("map-types", 2, stable("0, 15, 1", "nat"), stable("0, 15, 1")),
    "map of one type and a comma": ("map-types", 2, stable("0, 15, 1", "nat,"), stable("0, 15, 1")),
    "map of a quoted expression": ("undefined-type", 2, stable("0, 15, 1", "nat, 'Opt[nat]'"), stable("0, 15, 1", "nat, Opt['text']")),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_source_is_refused_with_rule_and_line(sources, case):
    rule, line, bad, _ = CASES[case]
    assert (rule, "refused", "entry.py", line) in sources.rules(bad)


@pytest.mark.parametrize("case", CASES)
def test_its_twin_is_accepted(sources, case):
    assert sources.rules(CASES[case][3]) == []


def test_all_findings_come_at_once_each_with_place_reason_and_mend(sources):
    findings = sources.findings(
        {
            "entry.py": "from kybra import *\nimport helper\n@query\ndef f(x: bytes, y) -> list[nat]: ...\n",
            "helper.py": "a = b = 1\n",
        }
    )
    assert [(finding.rule, finding.position.path.name, finding.position.line) for finding in findings] == [
        ("parameter-type", "entry.py", 4),
        ("undefined-type", "entry.py", 4),
        ("unsupported-subscript", "entry.py", 4),
        ("chained-assignment", "helper.py", 1),
    ]
    assert all(finding.mend and str(finding.position) in str(finding) and finding.mend in str(finding) for finding in findings)


def test_a_mend_says_what_to_write(sources):
    (finding,) = sources.findings(signature("x: bytes"))
    assert finding.mend == "write blob"
    (finding,) = sources.findings(signature("x: nat | None"))
    assert finding.mend == "write Opt[...] for a value that may be missing"


def test_what_is_refused_stands_before_what_breaks_later_and_what_is_ignored(sources):
    source = "from kybra import *\n@query\ndef f(a: nat = 1) -> nat: ...\n@query\ndef _g() -> nat: ...\n@query\ndef h() -> None: ...\n"
    assert [finding.severity for finding in sources.findings(source)] == ["refused", "breaks-later", "ignored"]


@pytest.mark.parametrize("statement", ["n: int = 1", "n = 1\nn += 1", "(n) = 1", "n: int", "if True:\n    a, b = 1, 2", "def g():\n    a, b = 1, 2"])
def test_assignments_that_the_generator_passes(sources, statement):
    assert sources.rules("from kybra import *\n" + statement + "\n") == []
