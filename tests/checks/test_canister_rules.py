"""Every rule over canister sources: it finds what breaks it, on the right line, and lets the twin pass."""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import dedent

import pytest
from rule_examples import EXAMPLES, Example

from checks.canister_source import RULES, judge

IDS = [f"{example.rule}-{number}" for number, example in enumerate(EXAMPLES)]


def found(tmp_path: Path, source: str) -> list[tuple[str, int]]:
    """The rules that a source breaks, and where."""
    path = tmp_path / "sample.py"
    path.write_text(dedent(source), encoding="utf-8")
    return [(finding.rule, finding.line) for finding in judge(path, "sample")]


def parses(source: str) -> bool:
    """Whether the interpreter that runs this test knows the form at all."""
    try:
        ast.parse(dedent(source))
    except SyntaxError:
        return False
    return True


@pytest.mark.parametrize("example", EXAMPLES, ids=IDS)
def test_what_breaks_a_rule_is_found_on_its_line(tmp_path: Path, example: Example) -> None:
    lines = dedent(example.bad).splitlines()
    marked = {number for number, line in enumerate(lines, 1) if line.endswith("# here")}
    if parses(example.bad):
        assert {line for rule, line in found(tmp_path, example.bad) if rule == example.rule} == marked
    else:
        assert [rule for rule, _ in found(tmp_path, example.bad)] == ["syntax"]


@pytest.mark.parametrize("example", EXAMPLES, ids=IDS)
def test_the_twin_passes(tmp_path: Path, example: Example) -> None:
    assert example.rule not in {rule for rule, _ in found(tmp_path, example.good)}
    assert parses(example.good)


def test_every_rule_has_an_example() -> None:
    assert {example.rule for example in EXAMPLES} == {rule.name for rule in RULES}


def test_names_of_rules_are_unique() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_a_breach_on_purpose_says_so_on_its_line_or_the_line_above(tmp_path: Path) -> None:
    assert found(tmp_path, "words = text.split()  # allow split-whitespace: the text is ours\n") == []
    assert found(tmp_path, "# allow split-whitespace: the text is ours\nwords = text.split()\n") == []


@pytest.mark.parametrize(
    "comment", ["# allow split-whitespace:", "# allow round: not this rule", "# split-whitespace: no", "x = '# allow split-whitespace: a'"]
)
def test_an_allowance_needs_the_rule_and_a_reason(tmp_path: Path, comment: str) -> None:
    assert ("split-whitespace", 2) in found(tmp_path, f"{comment}\nwords = text.split()\n")


def test_an_allowance_for_nothing_is_a_finding(tmp_path: Path) -> None:
    assert found(tmp_path, "words = text.split(' ')  # allow split-whitespace: once needed\n") == [("unused-allowance", 1)]


@pytest.mark.parametrize(
    ("raw", "line"),
    [(b"\xef\xbb\xbfx = 1\n", 1), (b"x = 1\ny = '\xe9'\n", 2), (b"# -*- coding: latin-1 -*-\n# \xe9\n", 2), (b"x = 1\n\ny = = 2\n", 3)],
    ids=["byte order mark", "latin-1", "latin-1 with a cookie", "no Python"],
)
def test_what_neither_parser_reads_is_one_finding(tmp_path: Path, raw: bytes, line: int) -> None:
    path = tmp_path / "sample.py"
    path.write_bytes(raw)
    assert [(finding.rule, finding.line) for finding in judge(path, "sample")] == [("syntax", line)]


def test_a_finding_shows_place_rule_reason_and_mend(tmp_path: Path) -> None:
    path = tmp_path / "sample.py"
    path.write_text("share = round(7)\n", encoding="utf-8")
    (finding,) = judge(path, "sample")
    assert finding.render(tmp_path) == (
        "sample.py:1: round() [round]\n"
        "    why: round(1234, -2) is 1234 in the canister and 1200 elsewhere, and digits of floats are rounded in another way\n"
        "    mend: say which way: // for down, -(-a // b) for up"
    )
