"""The two tools that others wrote: ruff and mypy, with what `pyproject.toml` says."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from checks.finding import Finding, Report
from checks.project import Project

_RUFF_FOLDERS = ("src", "canisters", "scripts", "tests", "examples")
_RUFF_LINE = re.compile(r"^(?P<path>[^:]+):(?P<line>\d+):\d+: (?P<rule>[A-Z]+\d+|[a-z-]+):? (?P<what>.*)$")
_MYPY_LINE = re.compile(r"^(?P<path>[^:]+):(?P<line>\d+): error: (?P<what>.*?)  \[(?P<rule>[\w-]+)\]$")


def run_ruff(project: Project) -> Report:
    """Ruff over every folder with Python in it."""
    folders = [folder for folder in _RUFF_FOLDERS if (project.root / folder).exists()]
    text = _output(project.root, ["ruff", "check", "--output-format", "concise", *folders])
    return _report(project.root, text, _RUFF_LINE, "see `ruff rule <name>`, and pyproject.toml for what is left out")


def run_mypy(project: Project) -> Report:
    """Mypy over `src` and the scripts, strict."""
    text = _output(project.root, ["mypy"])
    return _report(project.root, text, _MYPY_LINE, "mypy runs in strict mode")


def _output(root: Path, command: Sequence[str]) -> str:
    done = subprocess.run([sys.executable, "-m", *command], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def _report(root: Path, text: str, pattern: re.Pattern[str], why: str) -> Report:
    lines = text.strip().splitlines()
    matches = [match for line in lines if (match := pattern.match(line))]
    findings = [Finding(root / match["path"], int(match["line"]), match["rule"], match["what"], why, "as it says") for match in matches]
    closing = lines[-1] if lines else "no output"
    if not findings and not re.match(r"All checks passed|Success", closing):
        findings = [
            Finding(
                root / "pyproject.toml", 1, "tool", " / ".join(lines[-5:]), "the tool itself failed", "run it alone and read what it says"
            )
        ]
    return Report.of(closing, findings)
