"""Sources written where a test can see them, and read by the rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from kybra_replica.python_engine.declarations import Finding, Program
from kybra_replica.python_engine.source import SourceRefused, read_program

ROOT = Path(__file__).resolve().parents[3]
Source = str | bytes | Mapping[str, str | bytes]


class Sources:
    """Reads sources given as text: the entry alone, or several files by path. `library` is on the search path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, source: Source) -> Path:
        files = source if isinstance(source, Mapping) else {"entry.py": source}
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else dedent(text).lstrip("\n").encode())
        return self.folder / "entry.py"

    def read(self, source: Source, *, lenient: bool = False) -> Program:
        return read_program(self.write(source), search_path=[self.folder / "library"], lenient=lenient)

    def findings(self, source: Source) -> list[Finding]:
        try:
            self.read(source)
        except SourceRefused as refused:
            return list(refused.findings)
        return []

    def rules(self, source: Source) -> list[tuple[str, str, str, int]]:
        """Rule, severity, file and line of each finding."""
        return [
            (finding.rule, finding.severity, finding.position.path.relative_to(self.folder).as_posix(), finding.position.line)
            for finding in self.findings(source)
        ]


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    return Sources(tmp_path)


@pytest.fixture(scope="session")
def new_sources(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Sources]:
    """A fresh folder for each example of a property."""
    return lambda: Sources(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="session")
def kybra_cases() -> Path:
    """The recorded cases: the project's own copy, else the one handed out beside the checkout."""
    for folder in (ROOT / "tests" / "kybra_cases", ROOT.parent / "shared" / "kybra-cases"):
        if (folder / "build.json").is_file():
            return folder
    pytest.fail("the recorded cases are missing")
