"""Every recorded snippet that answers differently inside the canister is found by a rule, in the snippet's own source."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from checks.canister_source import RULES
from checks.source import Module, parse

CASES = Path(__file__).resolve().parents[1] / "kybra_cases" / "run"

COVERED = {
    "dict_unpack_override": "dict-unpacking",
    "set_order": "set-order",
    "set_text_order": "set-order",
    "round_negative_digits": "round",
    "round_digits": "round",
    "float_text": "float",
    "float_is_integer": "is-integer",
    "blake2b_sized": "blake2-options",
    "slots_enforced": "slots",
    "eq_without_hash": "eq-without-hash",
    "cache": "functools-cache",
    "format_width_comma": "format-width-and-groups",
    "split_text": "split-whitespace",
    "datetime_strptime": "strptime",
    "except_name": "names-as-values",
    "generator_dropped": "generator-dropped",
}
"""The rule for each snippet. None had to be left out: the form of all sixteen can be seen in source."""

DEFINED_APART = {
    "slots_enforced": "Slotted",
    "eq_without_hash": "OnlyEq",
    "except_name": "exception_name_survives",
    "generator_dropped": "generator_dropped",
}
"""The class or function that makes the difference, where it is not the snippet itself."""


@pytest.fixture(scope="module")
def library() -> Module:
    return parse(CASES / "library_canister.py", "library_canister")


def lines_of(library: Module, snippet: str) -> range:
    """The lines in which a snippet shows its difference."""
    for node in library.nodes:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name == DEFINED_APART.get(snippet):
            return range(node.lineno, (node.end_lineno or node.lineno) + 1)
        if isinstance(node, ast.Dict) and snippet not in DEFINED_APART:
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == snippet:
                    return range(value.lineno, (value.end_lineno or value.lineno) + 1)
    raise AssertionError(f"{snippet} is not in the file")


def test_every_recorded_difference_has_a_rule() -> None:
    snippets = json.loads((CASES / "library.json").read_text(encoding="utf-8"))["snippets"]
    assert COVERED.keys() == {name for name, answer in snippets.items() if answer["differs"]}


@pytest.mark.parametrize("snippet", COVERED)
def test_the_rule_finds_the_snippet(library: Module, snippet: str) -> None:
    (rule,) = (rule for rule in RULES if rule.name == COVERED[snippet])
    assert {finding.line for finding in rule.findings(library)} & set(lines_of(library, snippet))
