"""The committed `.did` files, compared with what the sources say, and written anew from them.

Types are compared by structure, methods by name and order, so a committed file may carry comments, where units and ranges stand.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from checks.finding import Finding, Report
from checks.project import Canister, Project
from kybra_replica.candid import CandidError, is_equal, parse_did
from kybra_replica.candid.types import Interface
from kybra_replica.python_engine.declarations import Program
from kybra_replica.python_engine.source import SourceRefused, read_program

_WHY = "clients are written against the committed file, and the canister answers by its source"
_MEND = "scripts/did --write, and look at the difference"
_HEAD = re.compile(r'^(type\s+\w+|service)|^\s*("[^"]*"|\w+)\s*(?=[:;}]|$)')


class Unreadable(Exception):
    """The source is refused; the text lists every reason."""


def run(project: Project) -> Report:
    """Every canister, read by Kybra's rules and compared with its committed interface."""
    findings: list[Finding] = []
    methods = 0
    for canister in project.canisters:
        program = read(project, canister)
        if isinstance(program, Program):
            methods += len(program.methods)
            findings += _compare(canister, program)
        else:
            findings += program
    return Report.of(f"{len(project.canisters)} canisters, {methods} methods", findings)


def read(project: Project, canister: Canister) -> Program | list[Finding]:
    """What a canister's source declares, or what Kybra would refuse, break or overlook in it."""
    if not canister.entry.exists():
        return []
    try:
        return read_program(canister.entry, search_path=[project.source])
    except SourceRefused as refused:
        why = "Kybra refuses it, or accepts and breaks it, or passes over it in silence"
        return [
            Finding(each.position.path, each.position.line, each.rule, f"{each.message} ({each.severity})", why, each.mend)
            for each in refused.findings
        ]


def write(project: Project, canister: Canister) -> bool:
    """Write the committed interface anew where it differs, comments kept; whether it did. Raises Unreadable for a refused source."""
    program = read(project, canister)
    if isinstance(program, list):
        reasons = "\n".join(finding.render(project.root) for finding in program)
        raise Unreadable(f"{canister.name} cannot be read\n{reasons}")
    if not list(_compare(canister, program)):
        return False
    old = canister.did.read_text(encoding="utf-8") if canister.did.exists() else ""
    canister.did.write_text(with_comments(program.did, old), encoding="utf-8")
    return True


def _compare(canister: Canister, program: Program) -> Iterator[Finding]:
    if not canister.did.exists():
        yield Finding(canister.did, 1, "did", "the interface is not committed", _WHY, _MEND)
        return
    text = canister.did.read_text(encoding="utf-8")
    try:
        committed = parse_did(text)
    except CandidError as error:
        line = re.search(r"line (\d+)", str(error))
        yield Finding(canister.did, int(line.group(1)) if line else 1, "did", f"the file is not Candid: {error}", _WHY, _MEND)
        return
    for what in _differences(committed, parse_did(program.did)):
        yield Finding(canister.did, _line_of(text, what), "did", what, _WHY, _MEND)


def _differences(committed: Interface, declared: Interface) -> Iterator[str]:
    old, new = dict(committed.methods), dict(declared.methods)
    yield from (f"{name} is not in the committed file" for name in new if name not in old)
    yield from (f"{name} is in the committed file alone" for name in old if name not in new)
    yield from (f"{name} has another type in the source" for name in new if name in old and not is_equal(old[name], new[name]))
    if list(old) != list(new) and old.keys() == new.keys():
        yield "the methods stand in another order"
    first, second = committed.init or (), declared.init or ()
    if len(first) != len(second) or not all(is_equal(one, other) for one, other in zip(first, second, strict=True)):
        yield "the arguments of init are others in the source"


def _line_of(text: str, what: str) -> int:
    """Where a method stands in the file, 1 where it does not."""
    name = what.partition(" ")[0]
    pattern = re.compile(rf'^\s*"?{re.escape(name)}"?\s*:')
    return next((number for number, line in enumerate(text.splitlines(), 1) if pattern.match(line)), 1)


def with_comments(generated: str, committed: str) -> str:
    """The generated text with the comments of the committed one, each above the line it stood above.

    A comment whose line is gone stands above its definition, and at the top of the file where that is gone too. Comments at the end of a
    line are not kept: the house writes them on lines of their own.
    """
    waiting = _comments(committed)
    tops = {place[0] for place, _, _ in _places(generated)}
    present = {place for place, _, _ in _places(generated)}
    placed: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for (head, label), comments in waiting.items():
        home = (head, label) if (head, label) in present else (head, head) if head in tops else ("", "")
        placed[home] += comments
    lines = list(placed[("", "")])
    for place, line, first in _places(generated):
        indent = line[: len(line) - len(line.lstrip())]
        lines += [indent + comment for comment in placed[place]] if first else []
        lines.append(line)
    return "\n".join(lines) + "\n"


def _comments(text: str) -> dict[tuple[str, str], list[str]]:
    """The comment lines of a file, by the definition and the label they stand above."""
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    pending: list[str] = []
    first_block = True
    for place, line, _ in _places(text):
        if line.lstrip().startswith("//"):
            pending.append(line.strip())
        elif line.strip():
            found[place] += pending
            pending, first_block = [], False
        elif pending and first_block:
            # A block set off by an empty line at the top speaks of the file.
            found["", ""] += pending
            pending = []
    return {place: comments for place, comments in found.items() if comments}


def _places(text: str) -> Iterator[tuple[tuple[str, str], str, bool]]:
    """Each line with its definition and label, and whether it is the first line of that place."""
    head, seen = "", set()
    for line in text.splitlines():
        match = None if line.lstrip().startswith("//") else _HEAD.match(line)
        if match and match.group(1):
            head = label = " ".join(match.group(1).split())
        else:
            label = match.group(2) if match and match.group(2) else ""
        place = (head, label)
        first = bool(label) and place not in seen
        seen.add(place)
        yield place, line, first
