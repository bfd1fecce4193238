"""Words that do not belong into the repository. They are put together here, so that this file does not hold them."""

from __future__ import annotations

import pytest
from small_projects import WriteProject

from checks import words


def broken(write_project: WriteProject, path: str, text: str) -> list[str]:
    return [f"{finding.line} {finding.rule}" for finding in words.run(write_project({path: text})).findings]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("x = 'https://" + "py" + "pi.org/simple'\n", "registry-host"),
        ("x = 'https://example.com/kybra" + ".tar.gz'\n", "registry-host"),
        ("x = '/wo" + "rk/main'\n", "workplace-path"),
        ("x = 1  # TO" + "DO later\n", "unfinished"),
        ("raise NotImplemented" + "Error\n", "unfinished"),
        ("x = 'ali" + "ce'\n", "stock-name"),
        ("Bo" + "b = 1\n", "stock-name"),
        ("x = 1  # see #" + "12\n", "issue-number"),
        ("x = 1  # as said in the last ses" + "sion\n", "origin-talk"),
    ],
)
def test_an_unwanted_word_is_found(write_project: WriteProject, text: str, rule: str) -> None:
    assert broken(write_project, "src/ddsx_core/sample.py", text) == [f"1 {rule}"]


@pytest.mark.parametrize(
    "text",
    [
        "x = 'https://internetcomputer.org'\n",
        "x = framework / 'main'\n",
        "malice = 'bobbin'\n",
        "@fixture(scope='ses" + "sion')\ndef f(): ...\n",
        "x = '#" + "12'\n",
        "x = 1  # a & b; RFC 6962\n",
    ],
)
def test_what_only_looks_like_one_passes(write_project: WriteProject, text: str) -> None:
    assert broken(write_project, "src/ddsx_core/sample.py", text) == []


def test_docstrings_are_prose(write_project: WriteProject) -> None:
    assert broken(write_project, "tests/test_sample.py", '"""Title.\n\nAs of #' + '7.\n"""\n') == ["3 issue-number"]


def test_documents_are_prose_throughout(write_project: WriteProject) -> None:
    assert broken(write_project, "docs/money.md", "# Money\n\nSince #" + "7 it is exact.\n") == ["3 issue-number"]
    assert broken(write_project, "CHANGELOG.md", "In this ses" + "sion.\n") == ["1 origin-talk", "3 issue-number"]


def test_recorded_cases_are_left_alone(write_project: WriteProject) -> None:
    assert broken(write_project, "tests/kybra_cases/run/a.py", "# TO" + "DO\n") == []
