"""Deploying to a running replica: what is new is created, what has changed is upgraded, what is the same is left alone."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from client_scripts import ROOT, Scripts
from replica_host import running

from ddsx.agent import Agent
from ddsx.identity import read_identity
from ddsx.management import Management
from ddsx.payment_ledger import account
from exchange import NAMES
from kybra_replica.python_engine.packages import ModulePackages
from kybra_replica.python_engine.source import read_program

pytestmark = pytest.mark.slow


def done(outcome: dict) -> dict[str, str]:
    return {name: canister["done"] for name, canister in outcome["canisters"].items()}


def another_module(name: str) -> bytes:
    """The same canister in other bytes."""
    entry = ROOT / "canisters" / name / f"{name}_canister.py"
    return ModulePackages().pack(read_program(entry, search_path=[ROOT / "src"], lenient=True), lenient=True)


def test_a_deployment_and_its_changes(tmp_path: Path) -> None:
    with running(tmp_path / "replica.log") as host:
        scripts = Scripts(tmp_path, host.url)
        first = scripts.deploy()
        assert done(first) == dict.fromkeys(NAMES, "installed")
        assert done(scripts.deploy()) == dict.fromkeys(NAMES, "unchanged")
        check_ids(tmp_path, first)

        deployer = read_identity(tmp_path / ".dfx/local/deployer.pem")
        assert deployer.principal == first["deployer"]
        ledger = first["canisters"]["token_ledger"]["id"]
        scripts.deploy("--mint", f"{first['treasury']}=7000000")
        with closing(Agent.connect(host.url, deployer)) as agent:
            assert agent.controllers(ledger) == [deployer.principal]
            Management(agent).install_code(ledger, "upgrade", another_module("token_ledger"), b"DIDL\0\0")
            assert done(scripts.deploy()) == {**dict.fromkeys(NAMES, "unchanged"), "token_ledger": "upgraded"}
            assert agent.canister(ledger).call("icrc1_balance_of", account(first["treasury"])) == 7_000_000


def check_ids(folder: Path, outcome: dict) -> None:
    ids = {name: canister["id"] for name, canister in outcome["canisters"].items()}
    dfx = json.loads((folder / ".dfx/local/canister_ids.json").read_text(encoding="utf-8"))
    assert dfx == {name: {"local": canister} for name, canister in ids.items()}


def test_a_replica_that_forgot_its_canisters_gets_them_anew(tmp_path: Path) -> None:
    kept = tmp_path / ".dfx/local/canister_ids.json"
    kept.parent.mkdir(parents=True)
    gone = {name: {"local": f"{text}"} for name, text in zip(NAMES, GONE, strict=True)}
    kept.write_text(json.dumps({**gone, "other": {"local": GONE[0]}, "elsewhere": {"ic": GONE[0]}}), encoding="utf-8")
    (tmp_path / "icp.yaml").write_text("canisters: []\n", encoding="utf-8")
    with running(tmp_path / "replica.log") as host:
        outcome = Scripts(tmp_path, host.url).deploy()
    assert done(outcome) == dict.fromkeys(NAMES, "installed")
    ids = {name: canister["id"] for name, canister in outcome["canisters"].items()}
    written = json.loads(kept.read_text(encoding="utf-8"))
    assert written == {**{name: {"local": ids[name]} for name in NAMES}, "other": {"local": GONE[0]}, "elsewhere": {"ic": GONE[0]}}
    assert json.loads((tmp_path / ".icp/data/mappings/local.ids.json").read_text(encoding="utf-8")) == ids


GONE = ("qaa6y-5yaaa-aaaaa-aaafa-cai", "qjdve-lqaaa-aaaaa-aaaeq-cai", "qhbym-qaaaa-aaaaa-aaafq-cai", "qsgjb-riaaa-aaaaa-aaaga-cai")
"""Canisters 10 and above, which no new replica has."""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--mint", "nobody=5"], "Say whom and how much"),
        (["--mint", "2vxsx-fae=many"], "it names no amount"),
        (["--mint", "2vxsx-fae"], "it names no amount"),
        (["--identity", "broken.pem"], "it is not a PEM file"),
    ],
)
def test_orders_that_make_no_sense_are_told(tmp_path: Path, deployed: Scripts, arguments: list[str], words: str) -> None:
    (deployed.folder / "broken.pem").write_text("key", encoding="utf-8")
    assert words in deployed.complaint("deploy_local.py", "--folder", str(deployed.folder), *arguments)


def test_canisters_of_somebody_else_are_left_alone(deployed: Scripts) -> None:
    deployed.key("intruder")
    complaint = deployed.complaint("deploy_local.py", "--folder", str(deployed.folder), "--identity", "intruder.pem")
    assert "canister token_ledger (" in complaint
    assert "Name the key that deployed it with --identity" in complaint


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory):
    """A replica with the exchange on it."""
    folder = tmp_path_factory.mktemp("deployed")
    with running(folder / "replica.log") as host:
        scripts = Scripts(folder, host.url)
        scripts.deploy()
        yield scripts
