"""Words that do not belong into the repository: places nobody else can reach, talk about how it came to be, work left undone, stock names.

Places and unfinished work are looked for everywhere. Talk is looked for in prose: the comments and docstrings of Python, and every file
that is not Python. The patterns are written so that this file does not hold what it looks for.
"""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from checks.finding import Finding, Report
from checks.project import Project

FOLDERS = ("src", "canisters", "scripts", "tests", "docs", "examples", ".ci")
TOP_FILES = ("pyproject.toml", "constraints.txt", "dfx.json", "icp.yaml", "sns_init.yaml", "README.md", "CHANGELOG.md", ".gitignore")
_FREE_TEXT = frozenset({".md", ".txt", ".toml", ".json", ".did", ".sh", ""})


@dataclass(frozen=True)
class Words:
    """Patterns that share a reason. `prose` is for those that have another meaning in code."""

    rule: str
    pattern: re.Pattern[str]
    why: str
    mend: str
    prose: bool = False


_WORDS = (
    Words(
        "registry-host",
        re.compile(
            r"pypi[.]org|pythonhosted[.]org|registry[.]npmjs|npmjs[.]com|crates[.]io|proxy[.]golang[.]org|repo[.]maven|maven[.]org|deb[.]debian[.]org"
            r"|security[.]debian[.]org|static[.]rust-lang[.]org|index[.]docker[.]io|https?://\S+[.](?:whl|zip|deb|wasm|tar[.]\w+|tgz)\b",
            re.IGNORECASE,
        ),
        "which mirror serves a package is the machine's affair, and an address goes stale",
        "name the package",
    ),
    Words(
        "workplace-path",
        re.compile(r"(?<![\w.])/(?:work|root|home|Users)/\w|/tmp/[A-Za-z]"),
        "the path exists on one machine",
        "make it relative",
    ),
    Words(
        "unfinished",
        re.compile(r"\b(?:TO[D]O|FIX[M]E|X[X]X|HA[C]K|NotImplemented[E]rror)\b"),
        "work is finished or left out",
        "finish it or leave it out",
    ),
    Words("stock-name", re.compile(r"\b(?:ali[c]e|bo[b]|mallor[y])\b", re.IGNORECASE), "actors are named by what they do", "name the role"),
    Words(
        "origin-talk",
        re.compile(
            r"\b(?:ses[s]ion|helper ag[e]nt|sub-?ag[e]nt|clau[d]e|anthropi[c]|chatgp[t]|copilo[t]|as reque[s]ted|the brie[f])\b",
            re.IGNORECASE,
        ),
        "the text is for who reads the product, not about how it was written",
        "say what the thing is",
        prose=True,
    ),
    Words(
        "issue-number",
        re.compile(r"(?<![\w&/#])#\d+\b"),
        "numbers of issues mean nothing beside the code",
        "say what it is about",
        prose=True,
    ),
)


def run(project: Project) -> Report:
    """Every text file of the repository."""
    files = project.files(*FOLDERS) + [path for name in TOP_FILES if (path := project.root / name).exists()]
    findings = [finding for path in files for finding in judge(path)]
    return Report.of(f"{len(files)} files", findings)


def judge(path: Path) -> Iterator[Finding]:
    """The unwanted words of one file; a file that is not text has none."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    lines = list(enumerate(text.splitlines(), 1))
    prose = list(_prose(text)) if path.suffix in {".py", ".pyi"} else lines if path.suffix in _FREE_TEXT else []
    for words in _WORDS:
        for number, line in prose if words.prose else lines:
            found = words.pattern.search(line)
            if found:
                yield Finding(path, number, words.rule, f"{found.group()!r} is written here", words.why, words.mend)


def _prose(text: str) -> Iterator[tuple[int, str]]:
    """The comments and docstrings of a Python file, line by line."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return
    for token in tokenize.generate_tokens(StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string.lstrip("# ")
    lines = text.splitlines()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            for number in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                yield number, lines[number - 1]
