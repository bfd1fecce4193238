"""The replica answers as the real Kybra did, in every recorded case."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kybra_replica.cli import main
from kybra_replica.conformance import run_set

CASES = Path(__file__).parents[1] / "kybra_cases"


@pytest.fixture(scope="module")
def report():
    return run_set(CASES)


def test_every_build_case_has_kybras_verdict_and_methods(report):
    assert (report.build.explained, report.build.passed) == ([], 119)


def test_every_interface_is_the_one_in_the_wasm(report):
    assert (report.did.explained, report.did.passed) == ([], 6)


def test_every_step_of_every_run_case_is_answered_as_recorded(report):
    assert (report.run.explained, report.run.passed) == ([], 269)


def test_the_command_ends_with_one_json_object_and_says_what_failed(tmp_path, capsys):
    folder = tmp_path / "build" / "wrong"
    folder.mkdir(parents=True)
    (folder / "entry.py").write_text("from kybra import *\n@query\ndef f() -> nat:\n    return 1\n")
    (tmp_path / "build.json").write_text(json.dumps({"wrong": {"accepted": False, "message": "recorded refusal"}}))
    assert main(["conformance", str(tmp_path), "--json"]) == 1
    lines = capsys.readouterr().out.splitlines()
    nothing = {"passed": 0, "failed": []}
    assert json.loads(lines[-1]) == {"build": {"passed": 0, "failed": ["wrong"]}, "run": nothing, "did": nothing}
    assert any("recorded refusal" in line for line in lines[:-1])


def test_a_folder_without_cases_is_refused(tmp_path, capsys):
    assert main(["conformance", str(tmp_path)]) == 2
    assert "holds no cases" in capsys.readouterr().err
