"""`dfx.json`: one entry for each canister, the same as Kybra's dfx extension would expand to, and with the committed interface."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from checks.finding import Finding, Report
from checks.project import Canister, Project


def run(project: Project) -> Report:
    """Compare `dfx.json` with the canisters that are there."""
    path = project.root / "dfx.json"
    if not path.exists():
        missing = Finding(path, 1, "dfx", "dfx.json is missing", "dfx builds and installs the canisters by it", "add it")
        return Report.of("no dfx.json", [missing])
    text = path.read_text(encoding="utf-8")
    try:
        declared = json.loads(text).get("canisters", {})
    except json.JSONDecodeError as error:
        broken = Finding(path, error.lineno, "dfx", f"not JSON: {error.msg}", "dfx reads JSON without comments", "correct it")
        return Report.of("dfx.json cannot be read", [broken])
    return Report.of(f"{len(declared)} canisters declared", _compare(project, path, text, declared))


def expected(canister: Canister) -> dict[str, object]:
    """What `dfx.json` says of a canister."""
    name = canister.name
    return {
        "type": "custom",
        "build": f"python -m kybra {name} canisters/{name}/{name}_canister.py",
        "candid": f"canisters/{name}/{name}.did",
        "wasm": f".kybra/{name}/{name}.wasm",
        "gzip": True,
        "metadata": [{"name": "candid:service", "visibility": "public"}],
    }


def _compare(project: Project, path: Path, text: str, declared: dict[str, dict[str, object]]) -> Iterator[Finding]:
    canisters = {canister.name: canister for canister in project.canisters}
    for name in sorted(declared.keys() - canisters.keys()):
        what = f"{name} has no folder canisters/{name}"
        yield Finding(path, _line(text, name), "dfx", what, "dfx would build what is not there", "add the canister or remove the entry")
    for name in sorted(canisters.keys() - declared.keys()):
        yield Finding(path, 1, "dfx", f"{name} is not declared", "dfx does not know the canister", "add an entry like the others")
    for name in sorted(canisters.keys() & declared.keys()):
        for field, value in expected(canisters[name]).items():
            if declared[name].get(field) != value:
                what = f"{name}: {field} is {json.dumps(declared[name].get(field))}"
                why = "the canister is built, described and published by these fields"
                yield Finding(path, _line(text, name), "dfx", what, why, f"make it {json.dumps(value)}")


def _line(text: str, name: str) -> int:
    return next((number for number, line in enumerate(text.splitlines(), 1) if f'"{name}"' in line), 1)
