"""Every assertion of Candid's own conformance data, dfinity/candid's `test/` folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kybra_replica.candid import CandidError, decode, parse_args, parse_did
from kybra_replica.candid.types import NAT8, TEXT, Type, Vec
from kybra_replica.candid.values import Value

ROOT = Path(__file__).parents[3]
PLACES = (ROOT / "tests" / "candid_cases", ROOT.parent / "shared" / "candid-tests")
FOLDER = Path(os.environ.get("CANDID_TESTS", next((place for place in PLACES if place.is_dir()), PLACES[-1])))
ASSERTIONS = {"construct": 164, "overshoot": 10, "prim": 168, "reference": 50, "spacebomb": 17, "subtypes": 58}

needs_data = pytest.mark.skipif(
    not FOLDER.is_dir(),
    reason=f"{FOLDER} is absent: the data is dfinity/candid's test/ folder (Apache-2.0); set CANDID_TESTS to a copy of it",
)

_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/|[^"/]+|/', re.DOTALL)
_STRING = r'"(?:[^"\\]|\\.)*"'
_ASSERTION = re.compile(
    rf"assert\s+(?P<left>(?:blob\s+)?{_STRING})\s*(?P<mark>!:|==|!=|:)\s*(?:(?P<right>(?:blob\s+)?{_STRING})\s*:)?"
    rf"\s*(?P<types>\(.*\))\s*(?:{_STRING})?\s*\Z",
    re.DOTALL,
)


@dataclass(frozen=True)
class Assertion:
    """`left` at `types` decodes or not (`:`, `!:`), or is equal to `right` there or not (`==`, `!=`)."""

    source: str
    left: str
    mark: str
    right: str | None
    types: tuple[Type, ...]


def statements(text: str) -> Iterator[str]:
    """What semicolons end outside of texts, braces and parentheses, without comments."""
    depth = 0
    statement = ""
    for piece in _PIECE.findall(text):
        if piece.startswith(("//", "/*")):
            continue
        for part in [piece] if piece.startswith('"') else piece:
            depth += (part in "({") - (part in ")}")
            if part == ";" and depth == 0:
                yield statement.strip()
                statement = ""
            else:
                statement += part
    assert not statement.strip()


def read_assertions(path: Path) -> list[Assertion]:
    definitions = ""
    assertions = []
    for statement in statements(path.read_text()):
        if statement.startswith("type "):
            definitions += statement + ";\n"
            continue
        found = _ASSERTION.match(statement)
        assert found, statement
        interface = parse_did(f"{definitions} service : {{ m : {found['types']} -> () }}")
        assertions.append(Assertion(statement, found["left"], found["mark"], found["right"], interface.methods[0][1].arguments))
    return assertions


def values_of(written: str, types: tuple[Type, ...]) -> list[Value]:
    if written.startswith("blob"):
        (payload,) = parse_args(f"({written})", [Vec(NAT8)])
        return decode(payload, types)
    (text,) = parse_args(f"({written})", [TEXT])
    return parse_args(text, types)


def holds(assertion: Assertion) -> bool:
    try:
        left = values_of(assertion.left, assertion.types)
    except CandidError:
        return assertion.mark == "!:"
    if assertion.right is None:
        return assertion.mark == ":"
    right = values_of(assertion.right, assertion.types)
    return (left == right) == (assertion.mark == "==")


@needs_data
@pytest.mark.parametrize("name", ASSERTIONS)
def test_every_assertion_of_the_file_holds(name: str) -> None:
    assertions = read_assertions(FOLDER / f"{name}.test.did")
    assert len(assertions) == ASSERTIONS[name]
    assert [assertion.source for assertion in assertions if not holds(assertion)] == []


@needs_data
def test_all_files_are_read() -> None:
    lines = [line for path in FOLDER.glob("*.test.did") for line in path.read_text().splitlines()]
    in_a_comment = 4
    assert sum(ASSERTIONS.values()) + in_a_comment == sum(line.startswith("assert ") for line in lines) == 471
    assert sorted(path.name for path in FOLDER.glob("*.test.did")) == [f"{name}.test.did" for name in ASSERTIONS]


def test_a_statement_ends_at_a_semicolon_outside_of_texts_and_brackets() -> None:
    text = '/* a; */ type A = record { x : nat; y : text }; // b;\nassert blob "\\";" : (A) "c;";\n'
    assert list(statements(text)) == ["type A = record { x : nat; y : text }", 'assert blob "\\";" : (A) "c;"']
