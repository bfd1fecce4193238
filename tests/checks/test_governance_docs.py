"""`docs/governance.md` lists the functions of an SNS as the canisters have them: every pair, each once, with one argument for both."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CRITICAL = {"CriticalDappOperations", "TreasuryAssetManagement"}
TOPICS = CRITICAL | {"ApplicationBusinessLogic"}

Functions = dict[str, list[list[str]]]
Methods = dict[str, dict[str, tuple[str, str]]]


@pytest.fixture(scope="module")
def functions(project_root: Path) -> Functions:
    """The rows of the tables, by canister: id, validator, target, argument, bounds, topic."""
    text = (project_root / "docs/governance.md").read_text(encoding="utf-8")
    sections = re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL)
    rows = {canister: re.findall(r"^\| (\d.*) \|$", body, re.MULTILINE) for canister, body in sections}
    return {canister: [[cell.strip().strip("`") for cell in row.split("|")] for row in listed] for canister, listed in rows.items()}


@pytest.fixture(scope="module")
def methods(canisters_folder: Path) -> Methods:
    """Argument and answer of every method, by canister."""
    found = {}
    for did in canisters_folder.glob("*/*.did"):
        service = did.read_text(encoding="utf-8").partition("service :")[2]
        lines = re.findall(r"^  (\w+) : \((.*?)\) -> \((.*?)\)(?: query)?;$", service, re.MULTILINE)
        found[did.stem] = {name: (argument, answer) for name, argument, answer in lines}
    return found


def test_every_validator_of_a_canister_is_listed(functions, methods):
    for canister, named in methods.items():
        validators = {name for name in named if name.startswith("validate_")}
        assert {row[1] for row in functions[canister]} == validators, canister


def test_validator_and_target_take_the_same_argument(functions, methods):
    for canister, rows in functions.items():
        for _, validator, target, *_ in rows:
            assert validator == f"validate_{target}"
            assert methods[canister][validator][0] == methods[canister][target][0] != ""


def test_the_argument_is_the_one_listed(functions, methods):
    for canister, rows in functions.items():
        for _, _, target, argument, *_ in rows:
            assert methods[canister][target][0] == argument.split("`")[0], target


def test_a_target_answers_nothing(functions, methods):
    for canister, rows in functions.items():
        for row in rows:
            assert methods[canister][row[2]][1] == "", row[2]


def test_ids_are_the_daos_own_and_topics_exist(functions):
    rows = [row for listed in functions.values() for row in listed]
    numbers = [int(row[0]) for row in rows]
    assert len(set(numbers)) == len(numbers)
    assert min(numbers) >= 1_000
    assert {row[5] for row in rows} == TOPICS


def test_who_governs_and_who_is_paid_are_critical(functions):
    topics = {(canister, row[2]): row[5] for canister, rows in functions.items() for row in rows}
    for (_, target), topic in topics.items():
        if target in {"set_governance", "set_change_delay", "set_registries", "add_registry", "set_treasury", "set_validators", "resolve"}:
            assert topic in CRITICAL, target
