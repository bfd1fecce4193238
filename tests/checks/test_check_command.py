"""The command that runs the checks, and the tools behind two of its parts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from small_projects import WriteProject

from checks import tools
from checks.__main__ import PARTS, main

CLEAN = {
    "src/ddsx_core/__init__.py": '"""The meaning."""\n',
    "pyproject.toml": "[tool.ruff.lint]\nselect = ['F', 'D1']\n[tool.mypy]\nstrict = true\nfiles = ['src']\n",
}


def run(write_project: WriteProject, files: dict[str, str], *parts: str) -> int:
    return main([*parts, "--root", str(write_project({**CLEAN, **files}).root)])


def test_all_parts_are_run_and_all_findings_listed(write_project: WriteProject, capsys: pytest.CaptureFixture[str]) -> None:
    source = '"""Shares."""\nhalf = 0.5\nthird = 1 / 3\n'
    assert run(write_project, {"src/ddsx_core/share.py": source, "src/kybra_replica/a.py": "# ddsx\n"}, "layers", "source", "words") == 2
    printed = capsys.readouterr().out
    assert "src/ddsx_core/share.py:2: the number 0.5 [float]" in printed
    assert "src/ddsx_core/share.py:3: true division: 1 / 3 [float]" in printed
    assert "src/kybra_replica/a.py:1: the replica names the project that uses it [replica-knows-us]" in printed
    assert "words: ok (" in printed
    assert printed.endswith("check: 2 of 3 parts found something\n")


def test_a_clean_tree_is_well(write_project: WriteProject, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(write_project, {}, "ruff", "mypy", "layers", "source", "did", "bundle", "sizes", "words", "tests") == 0
    assert capsys.readouterr().out.endswith("check: all is well\n")


def test_an_unknown_part_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["layers", "spelling"])
    assert refused.value.code == 2
    assert "there is no part called spelling" in capsys.readouterr().err


def test_what_ruff_and_mypy_say_becomes_findings(write_project: WriteProject) -> None:
    project = write_project({**CLEAN, "src/ddsx_core/a.py": '"""A."""\nimport os\n\ndef f(x):\n    """F."""\n    return x\n'})
    assert [(finding.path.name, finding.line, finding.rule) for finding in tools.run_ruff(project).findings] == [("a.py", 2, "F401")]
    assert [(finding.path.name, finding.line, finding.rule) for finding in tools.run_mypy(project).findings] == [
        ("a.py", 4, "no-untyped-def")
    ]


def test_a_tool_that_fails_is_a_finding(write_project: WriteProject) -> None:
    project = write_project({**CLEAN, "pyproject.toml": "[tool.ruff]\nno-such-setting = 1\n"})
    assert [finding.rule for finding in tools.run_ruff(project).findings] == ["tool"]


@pytest.mark.parametrize("name", ["scripts/check", "scripts/test", "scripts/did", "scripts/demo", ".ci/run"])
def test_the_scripts_can_be_run(project_root: Path, name: str) -> None:
    path = project_root / name
    assert os.access(path, os.X_OK)
    assert path.read_text(encoding="utf-8").startswith("#!/bin/sh\n")


def test_every_part_is_described_by_its_module() -> None:
    assert all(part.__doc__ for part in PARTS.values())
