"""How long files and functions may get."""

from __future__ import annotations

import pytest
from small_projects import WriteProject

from checks import sizes


def broken(write_project: WriteProject, source: str) -> list[str]:
    return [finding.what for finding in sizes.run(write_project({"src/ddsx_core/sample.py": source})).findings]


@pytest.mark.parametrize(("lines", "findings"), [(400, []), (401, ["401 lines, more than 400"])])
def test_a_file(write_project: WriteProject, lines: int, findings: list[str]) -> None:
    assert broken(write_project, "x = 1\n" * lines) == findings


@pytest.mark.parametrize(("lines", "findings"), [(39, []), (40, ["f has 41 lines, more than 40"])])
def test_a_function(write_project: WriteProject, lines: int, findings: list[str]) -> None:
    assert broken(write_project, "def f():\n" + "    x = 1\n" * lines) == findings


def test_its_docstring_does_not_count(write_project: WriteProject) -> None:
    assert broken(write_project, 'def f():\n    """Says.\n\n    More.\n    """\n' + "    x = 1\n" * 39) == []
