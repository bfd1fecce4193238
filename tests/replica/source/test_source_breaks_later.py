"""What the generator takes, and the Rust compiler, the freezer or the running canister does not."""

from __future__ import annotations

import pytest

HEAD = "from kybra import *\n"


def record(line: str, name: str = "R") -> str:
    return f"{HEAD}class {name}(Record):\n    {line}\n"


def variant(line: str) -> str:
    return f"{HEAD}class V(Variant):\n    A: null\n    {line}\n"


def query(signature: str) -> str:
    return f"{HEAD}@query\ndef f{signature}: ...\n"


def stable(arguments: str = "0, 15, 100", types: str = "nat, text") -> str:
    return f"m = StableBTreeMap[{types}]({arguments})\n"


CASES = {
    "map id twice": ("map-id-twice", 3, HEAD + stable() + stable().replace("m =", "n ="), HEAD + stable() + stable("1, 15, 9").replace("m =", "n =")),
    "map id 255": ("map-id-reserved", 2, HEAD + stable("255, 15, 100"), HEAD + stable("254, 15, 100")),
    "tuple written into a map": ("map-inline-type", 2, HEAD + stable(types="Tuple[nat, nat], text"), HEAD + "P = Tuple[nat, nat]\n" + stable(types="P, text")),
    "func in Opt in a map": ("map-inline-type", 2, HEAD + stable(types="nat, Opt[Func(Query[[], nat])]"), HEAD + stable(types="nat, Opt[nat]")),
    "undefined type in a map": ("undefined-type", 2, HEAD + stable(types="nat, bytes"), HEAD + stable(types="nat, blob")),
    "three types in a map": ("map-call", 2, HEAD + stable(types="nat, text, text"), HEAD + stable()),
    "map argument twice": ("map-call", 2, HEAD + stable("0, 15, 100, memory_id=1"), HEAD + stable("0, max_value_size=15, max_key_size=100")),
    "map argument of another name": ("map-call", 2, HEAD + stable("0, 15, 100, size=1"), HEAD + stable()),
    "reserved in a map": ("unordered-type", 2, HEAD + stable(types="nat, reserved"), HEAD + stable(types="nat, null")),
    "void parameter": ("void-inside", 3, query("(x: void) -> nat"), query("(x: null) -> nat")),
    "Opt of void": ("void-inside", 3, query("() -> Opt[void]"), query("() -> Opt[null]")),
    "void field": ("void-inside", 3, record("x: void"), record("x: null")),
    "void tag": ("void-inside", 4, variant("B: void"), variant("B: null")),
    "void in a tuple": ("void-inside", 3, query("() -> Tuple[nat, void]"), query("() -> Tuple[nat, null]")),
    "reserved field": ("unordered-type", 3, record("x: reserved"), query("(x: reserved) -> reserved")),
    "reserved behind an alias": ("unordered-type", 3, record("x: Any") + "Any = Alias[Vec[reserved]]\n", query("(x: Any) -> nat") + "Any = Alias[reserved]\n"),
    "empty in a tuple": ("unordered-type", 3, query("() -> Tuple[empty]"), query("() -> empty")),
    "field twice": ("member-twice", 4, record("x: nat\n    x: text"), record("x: nat\n    y: text")),
    "labels that are one in Candid": ("member-twice", 4, record("from_: nat\n    from_: text"), record("from_: nat\n    from__: text")),
    "field called _": ("member-name", 3, record("_: nat"), record("_x: nat")),
    "Result": ("type-name", 2, record("x: nat", "Result"), record("x: nat", "Outcome")),
    "Option": ("type-name", 2, record("x: nat", "Option"), record("x: nat", "Optional")),
    "Box": ("type-name", 2, record("x: nat", "Box"), record("x: nat", "Chest")),
    "box": ("type-name", 2, record("x: nat", "box"), record("x: nat", "boxed")),
    "crate": ("type-name", 2, record("x: nat", "crate"), record("x: nat", "crates")),
    "String": ("type-name", 2, HEAD + "String = Alias[text]\n", HEAD + "Line = Alias[text]\n"),
    "candid": ("type-name", 2, record("x: nat", "candid"), record("x: nat", "Candid")),
    "a name of the generated code": ("type-name", 2, record("x: nat", "CandidError"), record("x: nat", "CandidErrors")),
    "Ok as a tuple": ("type-name", 2, HEAD + "Ok = Tuple[nat]\n", record("x: nat", "Ok")),
    "a type of Kybra's dialect": ("type-name", 2, record("x: nat", "nat64"), record("x: nat", "Nat64")),
    "alias of itself": ("alias-of-itself", 2, HEAD + "A = Alias[Opt['A']]\n", HEAD + "A = Alias[Opt['B']]\nclass B(Record):\n    a: 'A'\n"),
    "func with a tuple written in place": (
        "func-inline-type",
        2,
        HEAD + "F = Func(Query[[Tuple[nat, nat]], nat])\n",
        HEAD + "P = Tuple[nat, nat]\nF = Func(Query[[P], nat])\n",
    ),
    "two made-up names that are one": (
        "inline-name",
        5,
        HEAD + "@query\ndef get_x(a: Tuple[nat]) -> nat: ...\n@query\ndef getX(a: Tuple[nat]) -> nat: ...\n".replace("\n@query\ndef getX", " # one\n@query\ndef getX"),
        HEAD + "@query\ndef get_x(a: Tuple[nat]) -> nat: ...\n@query\ndef getX(b: Tuple[nat]) -> nat: ...\n",
    ),
    "guard that is a method": (
        "guard-is-method",
        3,
        HEAD + "@query\ndef g() -> GuardResult: ...\n@query(guard=g)\ndef f() -> nat: ...\n",
        HEAD + "def g() -> GuardResult: ...\n@query(guard=g)\ndef f() -> nat: ...\n",
    ),
    "pre_upgrade with a parameter": (
        "system-method-parameter",
        3,
        HEAD + "@pre_upgrade\ndef a(x: nat) -> void: ...\n",
        HEAD + "@post_upgrade\ndef a(x: nat) -> void: ...\n",
    ),
    "inspect_message with a parameter": (
        "system-method-parameter",
        3,
        HEAD + "@inspect_message\ndef a(x: nat) -> void: ...\n",
        HEAD + "@inspect_message\ndef a() -> void: ...\n",
    ),
    "heartbeat with a parameter": (
        "system-method-parameter",
        3,
        HEAD + "@heartbeat\ndef a(x) -> void: ...\n",
        HEAD + "@heartbeat\ndef a() -> void: ...\n",
    ),
    "init that would wait": (
        "system-method-async",
        3,
        HEAD + "@init\ndef a() -> Async[void]: ...\n",
        HEAD + "@heartbeat\ndef a() -> Async[void]: ...\n",
    ),
    "init called": ("decorator-call", 2, HEAD + "@init()\ndef a() -> void: ...\n", HEAD + "@init\ndef a() -> void: ...\n"),
    "unknown argument of a decorator": ("decorator-call", 2, HEAD + "@query(cached=True)\ndef f() -> nat: ...\n", HEAD + "@query()\ndef f() -> nat: ...\n"),
    "name with an underscore": ("not-exported", 3, query("() -> nat").replace("def f", "def _f"), query("() -> nat")),
    "left out of __all__": ("not-exported", 3, query("() -> nat") + "__all__ = ['g']\n", query("() -> nat").replace("def f", "def _f") + "__all__ = ['_f']\n"),
    "service method twice": (
        "service-method-twice",
        6,
        HEAD + "class S(Service):\n" + "    @service_query\n    def a(self) -> nat: ...\n" * 2,
        HEAD + "class S(Service):\n    @service_query\n    def a(self) -> nat: ...\n",
    ),
    "two services with one call name": (
        "service-method-name",
        5,
        HEAD + "class A(Service):\n    @service_query\n    def b_c(self) -> nat: ...\nclass A_b(Service):\n    @service_query\n    def c(self) -> nat: ...\n",
        HEAD + "class A(Service):\n    @service_query\n    def b(self) -> nat: ...\nclass A_b(Service):\n    @service_query\n    def c(self) -> nat: ...\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_bad_source_breaks_later_with_rule_and_line(sources, case):
    rule, line, bad, _ = CASES[case]
    assert (rule, "breaks-later", "entry.py", line) in sources.rules(bad)
    assert all(severity == "breaks-later" for _, severity, _, _ in sources.rules(bad))


@pytest.mark.parametrize("case", CASES)
def test_its_twin_has_no_finding(sources, case):
    assert sources.rules(CASES[case][3]) == []


@pytest.mark.parametrize("case", CASES)
def test_the_generator_takes_it_all_the_same(sources, case):
    rule, _, bad, _ = CASES[case]
    assert rule in [finding.rule for finding in sources.read(bad, lenient=True).ignored]


def test_a_method_of_a_library_must_be_brought_to_the_entry(sources):
    library = "from kybra import query, nat\n@query\ndef f() -> nat: ...\n"
    assert sources.rules({"entry.py": "import parts\n", "parts.py": library}) == [("not-exported", "breaks-later", "parts.py", 3)]
    for line in ("from parts import f\n", "from parts import *\n"):
        assert sources.rules({"entry.py": line, "parts.py": library}) == []


def test_a_method_that_another_function_hides_is_found(sources):
    library = "from kybra import query, nat\n@query\ndef f() -> nat: ...\n"
    entry = "from parts import f\ndef f(): ...\n"
    assert sources.rules({"entry.py": entry, "parts.py": library}) == [("not-exported", "breaks-later", "parts.py", 3)]


def test_a_used_guard_and_a_system_method_must_be_brought_to_the_entry_too(sources):
    library = """
        from kybra import *
        def g() -> GuardResult: ...
        @init
        def start() -> void: ...
    """
    entry = "from kybra import *\nimport parts\n@query(guard=g)\ndef f() -> nat: ...\n"
    assert sources.rules({"entry.py": entry, "parts.py": library}) == [
        ("not-exported", "breaks-later", "parts.py", 2),
        ("not-exported", "breaks-later", "parts.py", 4),
    ]
    assert sources.rules({"entry.py": entry.replace("import parts", "from parts import *"), "parts.py": library}) == []


def test_a_service_that_comes_in_must_be_brought_to_the_entry_and_one_that_goes_out_not(sources):
    library = "from kybra import *\nclass S(Service):\n    @service_query\n    def get(self) -> nat: ...\nclass R(Record):\n    s: Opt[S]\n"
    entry = "from kybra import *\nimport parts\n@query\ndef f{} : ...\n"
    assert sources.rules({"entry.py": entry.format("(r: R) -> nat"), "parts.py": library}) == [("not-exported", "breaks-later", "parts.py", 2)]
    assert sources.rules({"entry.py": entry.format("() -> R"), "parts.py": library}) == []
    star = entry.format("(r: R) -> nat").replace("import parts", "from parts import *")
    assert sources.rules({"entry.py": star, "parts.py": library}) == []
