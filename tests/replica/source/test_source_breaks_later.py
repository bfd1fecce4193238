"""What the generator takes, and the Rust compiler, the freezer or the running canister does not."""

from __future__ import annotations

import pytest
from source_cases import cases_of

CASES = cases_of("breaks_later")


@pytest.mark.parametrize("case", CASES)
def test_bad_source_breaks_later_with_rule_and_line(sources, case):
    about = CASES[case]
    assert (about.rule, "breaks-later", "entry.py", about.line) in sources.rules(about.bad)
    assert {severity for _, severity, _, _ in sources.rules(about.bad)} == {"breaks-later"}


@pytest.mark.parametrize("case", CASES)
def test_its_twin_has_no_finding(sources, case):
    assert sources.rules(CASES[case].good) == []


@pytest.mark.parametrize("case", CASES)
def test_the_generator_takes_it_all_the_same(sources, case):
    assert CASES[case].rule in [finding.rule for finding in sources.read(CASES[case].bad, lenient=True).ignored]


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
    assert sources.rules({"entry.py": entry.format("(r: R) -> nat"), "parts.py": library}) == [
        ("not-exported", "breaks-later", "parts.py", 2)
    ]
    assert sources.rules({"entry.py": entry.format("() -> R"), "parts.py": library}) == []
    star = entry.format("(r: R) -> nat").replace("import parts", "from parts import *")
    assert sources.rules({"entry.py": star, "parts.py": library}) == []
