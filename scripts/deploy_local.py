"""Deploys the four canisters to a running replica, wired to each other, and writes their ids where dfx and icp-cli look for them.

    kybra-replica start --state .dfx/local/replica        # in another terminal
    scripts/deploy_local
    scripts/deploy_local --mint PRINCIPAL=1000000000      # and give somebody test tokens

Who deploys is governance and minter of this exchange: the key in --identity. The protocol's fee goes to a key beside it, treasury.pem. Both
are made on the first run. A canister whose module has changed is upgraded, keeping its data; one that is the same is left alone; one that
the replica does not have is created.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "examples"))

from ddsx.agent import Agent
from ddsx.canister_ids import read_ids
from ddsx.command_line import LOCAL, LOCAL_URL
from ddsx.errors import BadSetting, DdsxError
from ddsx.identity import Identity, new_identity, read_identity
from ddsx.interface import Interface, encode_values
from ddsx.management import Management
from ddsx.payment_ledger import INTERFACE as PAYMENT_LEDGER
from ddsx.payment_ledger import account
from ddsx_core.accounts import parse_principal
from ddsx_core.refused import Refused
from exchange import NAMES, ROOT, entry, init_arguments
from kybra_replica.python_engine.packages import ModulePackages
from kybra_replica.python_engine.source import SourceRefused, read_program
from kybra_replica.system_api import ModuleRefused

EMPTY_ARGUMENT = encode_values("arguments of the upgrade", (), ())


def deploy(agent: Agent, treasury: str, folder: Path, say: Callable[[str], None]) -> dict[str, dict[str, str]]:
    """Bring the replica to what the sources say; each canister's id, and what was done with it."""
    ids_file = folder / ".dfx" / LOCAL / "canister_ids.json"
    known = read_ids(ids_file, LOCAL) if ids_file.exists() else {}
    ids = {name: known[name] for name in NAMES if name in known and is_ours(agent, name, known[name])}
    created = [name for name in NAMES if name not in ids]
    for name in created:
        ids[name] = Management(agent).create_canister()
        # At once, so that a run that is cut off is gone on with.
        write_ids(folder, ids_file, ids)
    write_ids(folder, ids_file, ids)
    me = agent.identity.principal
    arguments = init_arguments(ids, governance=me, treasury=treasury, minter=me)
    done = {}
    for name in NAMES:
        done[name] = {"id": ids[name], "done": fill(agent, name, ids[name], arguments[name])}
        say(f"  {name:<16} {ids[name]}  {done[name]['done']}")
    return done


def is_ours(agent: Agent, name: str, canister: str) -> bool:
    """Whether the replica has the canister: one started without --state forgets all of them. Raises BadSetting for somebody else's."""
    controllers = agent.controllers(canister)
    if controllers is not None and agent.identity.principal not in controllers:
        mend = "Name the key that deployed it with --identity, or remove .dfx/local/canister_ids.json to create another exchange."
        raise BadSetting(f"canister {name} ({canister})", f"it is controlled by {', '.join(controllers) or 'nobody'}", mend)
    return controllers is not None


def fill(agent: Agent, name: str, canister: str, argument: Mapping[str, Any]) -> str:
    """Install or upgrade one canister; what was done."""
    module = build(name)
    installed = agent.module_hash(canister)
    if installed == sha256(module).digest():
        return "unchanged"
    if installed is not None:
        Management(agent).install_code(canister, "upgrade", module, EMPTY_ARGUMENT)
        return "upgraded"
    did = entry(name).with_name(f"{name}.did").read_text(encoding="utf-8")
    Management(agent).install_code(canister, "install", module, Interface(did).encode_init(argument))
    return "installed"


def build(name: str) -> bytes:
    """The canister's module package, which the replica takes in place of Wasm."""
    try:
        return ModulePackages().pack(read_program(entry(name), search_path=[ROOT / "src"]))
    except (SourceRefused, ModuleRefused, OSError) as problem:
        raise BadSetting(f"canister {name}", f"its sources cannot be packed: {problem}", "Correct them: scripts/check says more.") from None


def write_ids(folder: Path, ids_file: Path, ids: Mapping[str, str]) -> None:
    """Where dfx keeps ids, others in its file left as they are, and where icp-cli does."""
    others = json.loads(ids_file.read_text(encoding="utf-8")) if ids_file.exists() else {}
    write_json(ids_file, {**others, **{name: {LOCAL: canister} for name, canister in ids.items()}})
    if (folder / "icp.yaml").exists():
        write_json(folder / ".icp" / "data" / "mappings" / f"{LOCAL}.ids.json", dict(ids))


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """So that nobody reads half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    part.replace(path)


def key(path: Path, say: Callable[[str], None]) -> Identity:
    """The key in the file, made now where there is none."""
    if path.exists():
        return read_identity(path)
    identity, text = new_identity()
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
    say(f"Made a key: {path}")
    return identity


def mint(agent: Agent, ledger: str, order: str) -> None:
    """Give somebody test tokens: PRINCIPAL=UNITS."""
    owner, _, units = order.partition("=")
    try:
        to = account(str(parse_principal(owner)))
    except Refused as refused:
        raise BadSetting(f"--mint {order}", str(refused), "Say whom and how much: --mint PRINCIPAL=UNITS.") from None
    if not units.isdecimal():
        raise BadSetting(f"--mint {order}", "it names no amount", "Say whom and how much: --mint PRINCIPAL=UNITS.")
    agent.canister(ledger, PAYMENT_LEDGER).ok("icrc1_transfer", {"to": to, "amount": int(units)})


def parser() -> argparse.ArgumentParser:
    """The command line."""
    commands = argparse.ArgumentParser(prog="deploy_local", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands.add_argument("--url", default=LOCAL_URL, help=f"address of the replica (default: {LOCAL_URL})")
    commands.add_argument("--local", action="store_true", help="trust the replica's root key, though it is not on this machine")
    commands.add_argument("--identity", type=Path, metavar="FILE", help="the deployer's key, PEM (default: .dfx/local/deployer.pem)")
    commands.add_argument("--folder", type=Path, default=ROOT, metavar="DIR", help="where ids and keys are kept (default: the project)")
    commands.add_argument("--mint", action="append", default=[], metavar="PRINCIPAL=UNITS", help="give test tokens; may be repeated")
    commands.add_argument("--json", action="store_true", help="print the outcome as one JSON object on the last line")
    return commands


def main() -> int:
    """Run the command; the exit code."""
    options = parser().parse_args()
    output = sys.stderr if options.json else sys.stdout

    def say(line: str) -> None:
        print(line, file=output, flush=True)

    try:
        keys = options.folder / ".dfx" / LOCAL
        identity = key(options.identity or keys / "deployer.pem", say)
        treasury = key(keys / "treasury.pem", say).principal
        with closing(Agent.connect(options.url, identity, local=options.local)) as agent:
            say(f"Deploying to {options.url} as {identity.principal}:")
            canisters = deploy(agent, treasury, options.folder, say)
            for order in options.mint:
                mint(agent, canisters["token_ledger"]["id"], order)
                say(f"Minted {order}.")
    except (DdsxError, OSError) as problem:
        print(f"deploy_local: {problem}", file=sys.stderr)
        if options.json:
            print(json.dumps({"ok": False, "error": type(problem).__name__, "message": str(problem)}))
        return 1
    if options.json:
        who = {"deployer": identity.principal, "treasury": treasury}
        print(json.dumps({"ok": True, "url": options.url, **who, "canisters": canisters, "minted": options.mint}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
