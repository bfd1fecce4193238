"""Each rule of the generator: what breaks it, on which line, and the twin that keeps it."""

from __future__ import annotations

import pytest
from source_cases import cases_of

CASES = cases_of("refused_types") | cases_of("refused_methods_and_maps")


@pytest.mark.parametrize("case", CASES)
def test_bad_source_is_refused_with_rule_and_line(sources, case):
    about = CASES[case]
    assert (about.rule, "refused", "entry.py", about.line) in sources.rules(about.bad)


@pytest.mark.parametrize("case", CASES)
def test_its_twin_is_accepted(sources, case):
    assert sources.rules(CASES[case].good) == []


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
    (finding,) = sources.findings("@query\ndef f(x: bytes) -> nat: ...\n")
    assert finding.mend == "write blob"
    (finding,) = sources.findings("@query\ndef f(x: nat | None) -> nat: ...\n")
    assert finding.mend == "write Opt[...] for a value that may be missing"


def test_what_is_refused_stands_before_what_breaks_later_and_what_is_ignored(sources):
    source = "from kybra import *\n@query\ndef f(a: nat = 1) -> nat: ...\n@query\ndef _g() -> nat: ...\n@query\ndef h() -> None: ...\n"
    assert [finding.severity for finding in sources.findings(source)] == ["refused", "breaks-later", "ignored"]


@pytest.mark.parametrize(
    "statement", ["n: int = 1", "n = 1\nn += 1", "(n) = 1", "n: int", "if True:\n    a, b = 1, 2", "def g():\n    a, b = 1, 2"]
)
def test_assignments_that_the_generator_passes(sources, statement):
    assert sources.rules("from kybra import *\n" + statement + "\n") == []
