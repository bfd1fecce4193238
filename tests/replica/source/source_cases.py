"""Cases of the source rules as readable text, in `cases/`: what is wrong, the rule and line that say so, the twin that is right.

    === a name for the case | rule | line
    the bad source
    --- twin
    the good source

A rule written `name since 3.12` is `syntax` on older Pythons, whose own parser refuses the source.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class SourceCase:
    rule: str
    line: int
    bad: str
    good: str

    @property
    def by_cpython(self) -> bool:
        """Whether CPython's own parser refuses it: where its error stands differs between versions."""
        return self.rule == "syntax"


def cases_of(file: str) -> dict[str, SourceCase]:
    """The cases of `cases/<file>.txt` by name. Raises ValueError when two have one name or one has no twin."""
    cases: dict[str, SourceCase] = {}
    for block in (FOLDER / f"{file}.txt").read_text(encoding="utf-8").split("=== ")[1:]:
        head, _, body = block.partition("\n")
        name, rule, line = (part.strip() for part in head.split("|"))
        bad, separator, good = body.partition("--- twin\n")
        if name in cases or not separator:
            raise ValueError(name)
        cases[name] = SourceCase(_rule(rule), int(line), bad, good)
    return cases


def _rule(written: str) -> str:
    match = re.fullmatch(r"(\S+) since 3\.(\d+)", written)
    if match is None:
        return written
    return match.group(1) if sys.version_info >= (3, int(match.group(2))) else "syntax"
