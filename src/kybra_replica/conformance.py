"""Runs a set of recorded cases: what the real Kybra answered, compared with what this replica answers.

A set is a folder with `build.json` and `build/<case>/entry.py`, and `run/<case>.json` beside `run/<name>_canister.py` and
`run/<name>.did`. The report has the names of what failed; `explain` says how.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kybra_replica.candid import CandidError, decode, encode, is_equal, parse_did
from kybra_replica.candid.types import PRIMITIVES, Func, Interface, resolve
from kybra_replica.driver import CallRejected, Replica
from kybra_replica.network.messages import Reject
from kybra_replica.principal import Principal
from kybra_replica.python_engine.source import SourceRefused, build_case_methods, read_program

_SECOND = 1_000_000_000


@dataclass(slots=True)
class Part:
    """One part of the report; `failed` names cases, or for run cases `[case, step index]`."""

    passed: int = 0
    failed: list[Any] = field(default_factory=list)
    explained: list[str] = field(default_factory=list)

    def note(self, name: Any, difference: str | None) -> None:
        """Count a case that passed (`difference` None) or failed."""
        if difference is None:
            self.passed += 1
        else:
            self.failed.append(name)
            self.explained.append(f"{name}: {difference}")

    def as_json(self) -> dict[str, Any]:
        return {"passed": self.passed, "failed": self.failed}


@dataclass(slots=True)
class Report:
    """What passed and what did not."""

    build: Part = field(default_factory=Part)
    run: Part = field(default_factory=Part)
    did: Part = field(default_factory=Part)

    @property
    def ok(self) -> bool:
        return not (self.build.failed or self.run.failed or self.did.failed)

    def as_json(self) -> dict[str, Any]:
        return {"build": self.build.as_json(), "run": self.run.as_json(), "did": self.did.as_json()}


def run_set(folder: Path) -> Report:
    """Run everything in `folder`; a part that the set does not have stays empty."""
    report = Report()
    cases_file = folder / "build.json"
    if cases_file.exists():
        for name, expected in json.loads(cases_file.read_text()).items():
            report.build.note(name, _build_difference(folder / "build" / name / "entry.py", expected))
    run_folder = folder / "run"
    for did_file in sorted(run_folder.glob("*.did")):
        report.did.note(did_file.stem, _did_difference(did_file))
    for case_file in sorted(run_folder.glob("*.json")):
        content = json.loads(case_file.read_text())
        if isinstance(content, list):
            RecordedCase(case_file.stem, run_folder, report.run).run(content)
    return report


# build cases -----------------------------------------------------------------------------------------------------------


def _build_difference(entry: Path, expected: dict[str, Any]) -> str | None:
    try:
        program = read_program(entry, lenient=True)
    except SourceRefused as refused:
        return f"refused, Kybra accepts it: {refused}" if expected["accepted"] else None
    if not expected["accepted"]:
        return f"accepted, Kybra refuses it: {expected['message']}"
    methods = build_case_methods(program)
    wanted = {name: {key: value for key, value in method.items() if value} for name, method in expected["methods"].items()}
    found = {name: {key: value for key, value in method.items() if value} for name, method in methods.items()}
    return None if found == wanted else f"methods {found}, Kybra sees {wanted}"


# interfaces ------------------------------------------------------------------------------------------------------------


def _did_difference(did_file: Path) -> str | None:
    entry = did_file.with_name(f"{did_file.stem}_canister.py")
    try:
        program = read_program(entry, lenient=True)
        return interface_difference(parse_did(program.did), parse_did(did_file.read_text()))
    except (SourceRefused, CandidError) as problem:
        return str(problem)


def interface_difference(found: Interface, wanted: Interface) -> str | None:
    """How two interfaces differ in methods, their order, or types; None when they do not."""
    found_names, wanted_names = [name for name, _ in found.methods], [name for name, _ in wanted.methods]
    if found_names != wanted_names:
        return f"methods {found_names} instead of {wanted_names}"
    for (name, found_type), (_, wanted_type) in zip(found.methods, wanted.methods, strict=True):
        if not is_equal(found_type, wanted_type):
            return f"{name} : {found_type} instead of {wanted_type}"
    if not is_equal(Func(found.init or (), ()), Func(wanted.init or (), ())):
        return f"init arguments {found.init} instead of {wanted.init}"
    return None


# run cases -------------------------------------------------------------------------------------------------------------


class RecordedCase:
    """One run case: canisters, and the steps that are done to them.

    `replica` is where they run, `ids` says where each canister is.
    """

    def __init__(self, name: str, folder: Path, part: Part) -> None:
        self._name = name
        self._folder = folder
        self._part = part
        self.replica = Replica(lenient=True, refuse_module_state=False)
        self.ids: dict[str, Principal] = {}
        self._interfaces: dict[str, dict[str, Func]] = {}

    def run(self, steps: list[dict[str, Any]]) -> None:
        for index, step in enumerate(steps):
            try:
                difference = self.difference(step)
            except (SourceRefused, CandidError, LookupError) as problem:
                difference = f"{type(problem).__name__}: {problem}"
            self._part.note([self._name, index], difference)

    def difference(self, step: dict[str, Any]) -> str | None:
        """Do a step; how its outcome differs from the recorded one, None when it does not."""
        verb, outcome = step["verb"], step["outcome"]
        if verb == "advance":
            return self._advance(step["seconds"], outcome)
        sender = Principal.from_text(step["sender"]) if step.get("sender") else self.replica.sender
        payload = bytes.fromhex(step["args_hex"]) if step.get("args_hex") is not None else encode((), ())
        if verb in ("install", "upgrade", "reinstall"):
            return self._change_code(verb, step["canister"], payload, sender, outcome)
        canister = self.ids[step["canister"]]
        if verb == "inspect":
            accepted = self.replica.inspect(canister, step["method"], payload, sender=sender)
            return None if accepted == outcome["accepted"] else f"accepted is {accepted}"
        return self._call(verb, canister, step, payload, sender)

    def _advance(self, seconds: int, outcome: dict[str, Any]) -> str | None:
        subnet = self.replica.subnet
        subnet.system_traps.clear()
        for _ in range(seconds):
            subnet.time_ns += _SECOND
            subnet.round()
        traps = [text for _, text in subnet.system_traps]
        return None if traps == outcome.get("traps", []) else f"timers trapped with {traps}"

    def _change_code(self, verb: str, name: str, payload: bytes, sender: Principal, outcome: dict[str, Any]) -> str | None:
        entry = self._folder / f"{name}_canister.py"
        if verb == "install":
            self.ids[name] = self.replica.create_canister(sender=sender)
            self._interfaces[name] = dict(parse_did((self._folder / f"{name}.did").read_text()).methods)
        replica = self.replica
        change = {"install": replica.install_code, "upgrade": replica.upgrade_canister, "reinstall": replica.reinstall_code}[verb]
        try:
            change(self.ids[name], entry, payload, sender=sender)
        except CallRejected as rejected:
            trap = outcome.get("trap")
            return None if trap is not None and trap in rejected.message else f"failed: {rejected.message}"
        return None if outcome.get("ok") else f"succeeded, recorded {outcome}"

    def _call(self, verb: str, canister: Principal, step: dict[str, Any], payload: bytes, sender: Principal) -> str | None:
        outcome = step["outcome"]
        try:
            if verb == "query":
                reply = self.replica.query_call(canister, step["method"], payload, sender=sender)
            else:
                reply = self._update(canister, step["method"], payload, sender, step.get("cycles", 0))
        except CallRejected as rejected:
            return _reject_difference(rejected, outcome)
        return _reply_difference(reply, outcome, self._interfaces[step["canister"]][step["method"]])

    def _update(self, canister: Principal, method: str, payload: bytes, sender: Principal, cycles: int) -> bytes:
        """An update without inspect_message and timers: the recording host ran neither here."""
        subnet = self.replica.subnet
        answer = subnet.call_directly(sender, canister, method, payload, cycles)
        if isinstance(answer, Reject):
            raise CallRejected(answer)
        return answer.data


def _reject_difference(rejected: CallRejected, outcome: dict[str, Any]) -> str | None:
    found = f"rejected with {int(rejected.code)}: {rejected.message}"
    match = outcome.get("match")
    if match == "heap":
        return None
    if outcome.get("reject_code") != int(rejected.code):
        return f"{found}; recorded {_shown(outcome)}"
    recorded = outcome.get("reject_message")
    if match == "code" or recorded is None:
        return None
    if match == "prefix":
        return None if recorded in rejected.message else f"{found}; recorded prefix {recorded!r}"
    equal = rejected.message == recorded if int(rejected.code) == 4 else recorded in rejected.message
    return None if equal else f"{found}; recorded {recorded!r}"


def _reply_difference(reply: bytes, outcome: dict[str, Any], function: Func) -> str | None:
    if "reject_code" in outcome:
        return f"replied {reply.hex()}; recorded {_shown(outcome)}"
    match = outcome.get("match")
    if match == "code":
        return None
    values = decode(reply, function.results)
    if match == "fragment":
        return None if outcome["fragment"] in str(values) else f"replied {values}; recorded fragment {outcome['fragment']!r}"
    recorded = bytes.fromhex(outcome["reply"])
    if values != decode(recorded, function.results):
        return f"replied {values}; recorded {outcome.get('text')}"
    if all(resolve(type_) in PRIMITIVES for type_ in function.results) and reply != recorded:
        return f"replied the bytes {reply.hex()}; recorded {outcome['reply']}"
    return None


def _shown(outcome: dict[str, Any]) -> str:
    return str({key: value for key, value in outcome.items() if key not in ("instructions", "reply")})
