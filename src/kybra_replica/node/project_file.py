"""Canisters of a `dfx.json`, put on a node when it starts.

Read of each canister: `build` (`python -m kybra NAME ENTRY`) or `main`, `specified_id`, `init_arg` (Candid text). Ids are written
where dfx writes them, in `.dfx/local/canister_ids.json` beside the file. A canister that is there already is upgraded when its
module has changed. Everybody controls these canisters: calls to install them are made by the anonymous principal.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from kybra_replica.candid import CandidError, decode, encode, parse_args, parse_did
from kybra_replica.candid.values import Some
from kybra_replica.network.management import INTERFACE
from kybra_replica.network.messages import Reject
from kybra_replica.node.node import Node
from kybra_replica.principal import ANONYMOUS, MANAGEMENT, Principal
from kybra_replica.python_engine.packages import ModulePackages
from kybra_replica.python_engine.source import SourceRefused, read_program
from kybra_replica.system_api import ModuleRefused

NETWORK = "local"


class BadProject(Exception):
    """The file cannot be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A canister as the file declares it."""

    name: str
    entry: Path
    specified_id: Principal | None
    init_arg: str | None


def deploy(node: Node, file: Path) -> Iterator[str]:
    """Create and install what `file` declares; a line about each canister. Raises BadProject."""
    root = file.resolve().parent
    declared = list(_read(file))
    kept = root / ".dfx" / NETWORK / "canister_ids.json"
    ids = _known_ids(node, kept)
    for canister in declared:
        if canister.name not in ids:
            ids[canister.name] = _create(node, canister)
    kept.parent.mkdir(parents=True, exist_ok=True)
    entries = {name: {NETWORK: canister.text} for name, canister in ids.items()}
    kept.write_text(json.dumps(entries, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    for canister in declared:
        yield f"  {canister.name}  {ids[canister.name]}  {_install(node, root, canister, ids[canister.name])}"
    node.make_block()


def _read(file: Path) -> Iterator[Declared]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        canisters = content["canisters"]
        for name, fields in canisters.items():
            specified = fields.get("specified_id")
            identity = None if specified is None else Principal.from_text(specified)
            yield Declared(name, file.parent / _entry_of(name, fields), identity, fields.get("init_arg"))
    except OSError as problem:
        raise BadProject(f"{file} cannot be read: {problem.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise BadProject(f"{file} is not a dfx.json: {problem}") from None


def _entry_of(name: str, fields: dict[str, Any]) -> str:
    if isinstance(fields.get("main"), str):
        return str(fields["main"])
    build = fields.get("build")
    words = shlex.split(build[-1] if isinstance(build, list) else build or "")
    if "kybra" not in words or not words[-1].endswith(".py"):
        raise ValueError(f"canister {name} has neither a main nor a build of the form 'python -m kybra {name} ENTRY.py'")
    return words[-1]


def _known_ids(node: Node, kept: Path) -> dict[str, Principal]:
    """Ids written earlier, as far as the canisters are on this node."""
    try:
        entries = json.loads(kept.read_text(encoding="utf-8"))
        ids = {name: Principal.from_text(networks[NETWORK]) for name, networks in entries.items() if NETWORK in networks}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError) as problem:
        raise BadProject(f"{kept} cannot be read: {problem}. Delete it to create the canisters anew") from None
    return {name: canister for name, canister in ids.items() if canister in node.subnet.canisters}


def _manage(node: Node, method: str, argument: dict[str, Any]) -> list[Any]:
    function = dict(parse_did(INTERFACE).methods)[method]
    answer = node.subnet.call_directly(ANONYMOUS, MANAGEMENT, method, encode(function.arguments, [argument]))
    if isinstance(answer, Reject):
        raise BadProject(answer.message)
    return decode(answer.data, function.results)


def _create(node: Node, declared: Declared) -> Principal:
    specified = None if declared.specified_id is None else Some(declared.specified_id)
    wanted = {"amount": None, "settings": None, "specified_id": specified, "sender_canister_version": None}
    created: Principal = _manage(node, "provisional_create_canister_with_cycles", wanted)[0]["canister_id"]
    return created


def _install(node: Node, root: Path, declared: Declared, canister: Principal) -> str:
    search_path = [path for path in (root / "src",) if path.is_dir()]
    try:
        program = read_program(declared.entry, search_path=search_path, lenient=False)
        module = ModulePackages().pack(program)
    except (SourceRefused, ModuleRefused, OSError) as problem:
        raise BadProject(f"canister {declared.name}: {problem}") from None
    installed = node.subnet.canisters[canister].module_hash
    if installed == sha256(module).digest():
        return "unchanged"
    types = program.interface.init or ()
    if installed is None and types and declared.init_arg is None:
        return "created, empty: its init needs an argument, which dfx.json does not give (init_arg)"
    try:
        argument = encode(types, parse_args(declared.init_arg or "()", types)) if installed is None else encode((), ())
    except CandidError as problem:
        raise BadProject(f"canister {declared.name}: init_arg: {problem}") from None
    mode = {"install": None} if installed is None else {"upgrade": None}
    wanted = {"mode": mode, "canister_id": canister, "wasm_module": module, "arg": argument, "sender_canister_version": None}
    _manage(node, "install_code", wanted)
    return "installed" if installed is None else "upgraded"
