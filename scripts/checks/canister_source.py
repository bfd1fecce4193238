"""Every rule over the sources that run inside a canister: both parsers, RustPython, and the ways of the Internet Computer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from checks import awaits, differences, identities, library, numbers, sets, state, syntax
from checks.finding import Finding, Report
from checks.project import Project
from checks.source import Module, Rule

RULES: tuple[Rule, ...] = tuple(
    found for part in (syntax, numbers, sets, differences, library, identities, state, awaits) for found in part.RULES
)


def run(project: Project) -> Report:
    """The rules over `ddsx_core`, `ddsx_wire` and the canisters."""
    files = project.on_chain_files()
    findings = [finding for path in files for finding in judge(path, project.module_name(path))]
    return Report.of(f"{len(files)} files under {len(RULES)} rules", findings)


def judge(path: Path, name: str, rules: Iterable[Rule] = RULES) -> Iterator[Finding]:
    """What one file breaks. A file that cannot be read is one finding."""
    module = syntax.read(path, name)
    if isinstance(module, Module):
        for each in rules:
            yield from each.findings(module)
        if module.allowances:
            yield from _unused(module, tuple(rules))
    else:
        yield module


def _unused(module: Module, rules: tuple[Rule, ...]) -> Iterator[Finding]:
    """Allowances for what is not broken there, or for rules that do not exist."""
    broken = {(getattr(node, "lineno", 1), each.name) for each in rules for node, _ in each.find(module)}
    for place, line in module.allowances.items():
        if place not in broken:
            why = "it would hide the next breach of the rule"
            yield Finding(module.path, line, "unused-allowance", f"nothing breaks {place[1]} here", why, "remove the comment")
