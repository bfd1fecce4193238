"""`dfx.json` against the canisters that are there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_projects import WriteProject

from checks import dfx_file
from checks.project import Canister

RIGHT = dfx_file.expected(Canister("ledger", Path("canisters/ledger")))
FILES = {"canisters/ledger/ledger_canister.py": ""}


def broken(write_project: WriteProject, canisters: object) -> list[str]:
    report = dfx_file.run(write_project({**FILES, "dfx.json": json.dumps({"canisters": canisters}, indent=1)}))
    return [f"{finding.line} {finding.what}" for finding in report.findings]


def test_what_kybra_needs(write_project: WriteProject) -> None:
    assert broken(write_project, {"ledger": RIGHT}) == []


@pytest.mark.parametrize("field", RIGHT)
def test_every_field_counts(write_project: WriteProject, field: str) -> None:
    assert broken(write_project, {"ledger": {**RIGHT, field: "other"}}) == [f'3 ledger: {field} is "other"']


def test_other_fields_are_free(write_project: WriteProject) -> None:
    assert broken(write_project, {"ledger": {**RIGHT, "dependencies": []}}) == []


def test_a_canister_that_is_not_declared(write_project: WriteProject) -> None:
    assert broken(write_project, {}) == ["1 ledger is not declared"]


def test_a_declaration_without_a_canister(write_project: WriteProject) -> None:
    assert broken(write_project, {"ledger": RIGHT, "shop": {}}) == ["16 shop has no folder canisters/shop"]


def test_a_file_that_is_missing_or_not_json(write_project: WriteProject) -> None:
    assert [finding.what for finding in dfx_file.run(write_project(FILES)).findings] == ["dfx.json is missing"]
    assert [finding.line for finding in dfx_file.run(write_project({**FILES, "dfx.json": "{\n//\n}"})).findings] == [2]
