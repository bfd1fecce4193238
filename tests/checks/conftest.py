"""Small projects for the checks to look at, written where a test can see them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import pytest
from small_projects import WriteProject

from checks.project import Project


@pytest.fixture
def write_project(tmp_path: Path) -> WriteProject:
    """Writes files by their paths below a fresh root, and answers the project there."""

    def write(files: Mapping[str, str]) -> Project:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")
        return Project(tmp_path)

    return write
