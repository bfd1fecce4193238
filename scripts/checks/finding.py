"""What a check finds, and how it is shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Finding:
    """Something to mend. `path` and `line` say where, `rule` is a stable name."""

    path: Path
    line: int
    rule: str
    what: str
    why: str
    mend: str

    def render(self, root: Path) -> str:
        """The finding as text, its path relative to `root` where it lies below it."""
        path = self.path.relative_to(root) if self.path.is_relative_to(root) else self.path
        return f"{path}:{self.line}: {self.what} [{self.rule}]\n    why: {self.why}\n    mend: {self.mend}"


@dataclass(frozen=True)
class Report:
    """What one part of the checks says: a line that sums up what it looked at, and the findings."""

    summary: str
    findings: tuple[Finding, ...] = ()

    @classmethod
    def of(cls, summary: str, findings: Iterable[Finding]) -> Report:
        """A report with its findings in the order of files and lines, each once."""
        return cls(summary, tuple(sorted(set(findings))))
