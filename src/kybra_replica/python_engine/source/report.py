"""What the source rules found: collected while reading, raised together.

Kybra's generator stops at the first kind of error and names neither file nor line; here every finding of every file is
listed at once, each with its place, what is wrong and why, and what to write instead.
"""

from __future__ import annotations

import ast
from pathlib import Path

from kybra_replica.python_engine.declarations import Finding, Position

REFUSED = "refused"
BREAKS_LATER = "breaks-later"
IGNORED = "ignored"

_ORDER = (REFUSED, BREAKS_LATER, IGNORED)

Where = ast.AST | int | Position
"""A place in a file: a node, a line, or a position of any file."""


class SourceRefused(Exception):
    """The source cannot become a canister. `findings` holds every reason, `refused` first, then in order of place."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__("\n".join(str(finding) for finding in findings))


def position_of(path: Path, where: Where) -> Position:
    """The position of `where` in the file at `path`; a node without a line counts as line 1."""
    if isinstance(where, Position):
        return where
    if isinstance(where, int):
        return Position(path, where)
    return Position(path, getattr(where, "lineno", 1))


class Report:
    """The findings so far, each kept once."""

    def __init__(self) -> None:
        self._findings: dict[tuple[str, Position, str], Finding] = {}

    def refuse(self, rule: str, path: Path, where: Where, message: str, mend: str) -> None:
        """Kybra's generator refuses this."""
        self._add(rule, REFUSED, path, where, message, mend)

    def breaks(self, rule: str, path: Path, where: Where, message: str, mend: str) -> None:
        """The generator accepts this; the Rust compiler, the freezer or the running canister does not."""
        self._add(rule, BREAKS_LATER, path, where, message, mend)

    def ignores(self, rule: str, path: Path, where: Where, message: str, mend: str) -> None:
        """The generator passes this over without a word."""
        self._add(rule, IGNORED, path, where, message, mend)

    def extend(self, other: Report) -> None:
        """Take over the findings of another report."""
        for key, finding in other._findings.items():
            self._findings.setdefault(key, finding)

    def _add(self, rule: str, severity: str, path: Path, where: Where, message: str, mend: str) -> None:
        position = position_of(path, where)
        self._findings.setdefault((rule, position, message), Finding(rule, severity, message, mend, position))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings: by severity, then by file and line."""
        return tuple(
            sorted(
                self._findings.values(),
                key=lambda finding: (_ORDER.index(finding.severity), str(finding.position.path), finding.position.line, finding.rule),
            )
        )

    @property
    def refused(self) -> tuple[Finding, ...]:
        """The findings for which Kybra's generator itself would stop."""
        return tuple(finding for finding in self.findings if finding.severity == REFUSED)
