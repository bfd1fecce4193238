"""What tests must not do."""

from __future__ import annotations

import pytest
from small_projects import WriteProject

from checks import tests_lint


def broken(write_project: WriteProject, source: str) -> list[str]:
    return [f"{finding.line} {finding.rule}" for finding in tests_lint.run(write_project({"tests/test_sample.py": source})).findings]


@pytest.mark.parametrize(
    ("bad", "good", "rule"),
    [
        ("try:\n    f()\nexcept:\n    pass\n", "try:\n    f()\nexcept KeyError:\n    pass\n", "3 broad-except"),
        ("try:\n    f()\nexcept Exception:\n    pass\n", "with pytest.raises(KeyError):\n    f()\n", "3 broad-except"),
        ("import pytest\npytest.raises(Exception)\n", "import pytest\npytest.raises(KeyError)\n", "2 broad-except"),
        ("assert True\n", "assert f() is True\n", "1 empty-assert"),
        ("assert (f(), 'reason')\n", "assert f(), 'reason'\n", "1 empty-assert"),
        ("from time import sleep\nsleep(1)\n", "replica.advance_time(1)\n", "2 sleep"),
        ("import pytest\npytest.skip()\n", "import pytest\npytest.skip('needs a terminal')\n", "2 silent-skip"),
        (
            "import pytest\n@pytest.mark.skip\ndef f(): ...\n",
            "import pytest\n@pytest.mark.skip(reason='slow')\ndef f(): ...\n",
            "2 silent-skip",
        ),
        (
            "import pytest\n@pytest.mark.xfail(strict=True)\ndef f(): ...\n",
            "import pytest\n@pytest.mark.xfail(reason='known')\ndef f(): ...\n",
            "2 silent-skip",
        ),
        ("from unittest import mock\n", "import unittest\n", "1 mock"),
        ("from unittest.mock import patch\n", "from types import SimpleNamespace\n", "1 mock"),
        ("import pytest\nassert a == pytest.approx(1)\n", "assert a == 1\n", "2 approximate"),
    ],
)
def test_each_rule_and_its_twin(write_project: WriteProject, bad: str, good: str, rule: str) -> None:
    assert broken(write_project, bad) == [rule]
    assert broken(write_project, good) == []


def test_names_of_test_files_are_unique(write_project: WriteProject) -> None:
    project = write_project(
        {"tests/core/test_split.py": "", "tests/wire/test_split.py": "", "tests/wire/conftest.py": "", "tests/conftest.py": ""}
    )
    findings = tests_lint.run(project).findings
    assert [(finding.path.parent.name, finding.rule) for finding in findings] == [("core", "test-name"), ("wire", "test-name")]
