"""`icp.yaml` says the same as `dfx.json` and as the folders of the canisters, in the words of icp-cli."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ddsx.endpoint import MAINNET_URL

WASM = '"$ICP_WASM_OUTPUT_PATH"'


@pytest.fixture(scope="module")
def project(project_root: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((project_root / "icp.yaml").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def dfx(project_root: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((project_root / "dfx.json").read_text(encoding="utf-8"))["canisters"]
    return loaded


def test_it_has_what_icp_cli_knows(project):
    assert set(project) == {"canisters", "networks", "environments"}
    for canister in project["canisters"]:
        assert set(canister) == {"name", "build"}
        assert [set(step) for step in canister["build"]["steps"]] == [{"type", "commands"}]
        assert canister["build"]["steps"][0]["type"] == "script"


def test_the_canisters_are_those_of_dfx_and_of_the_folders(project, dfx, canisters_folder):
    names = [canister["name"] for canister in project["canisters"]]
    assert names == list(dfx)
    assert sorted(names) == sorted(path.parent.name for path in canisters_folder.glob("*/*.did"))


def test_each_is_built_as_dfx_builds_it(project, dfx):
    for canister in project["canisters"]:
        declared = dfx[canister["name"]]
        (metadata,) = declared["metadata"]
        assert declared["gzip"] is True
        assert canister["build"]["steps"][0]["commands"] == [
            declared["build"],
            f"cp {declared['wasm']} {WASM}",
            f"ic-wasm {WASM} -o {WASM} metadata {metadata['name']} -f {declared['candid']} -v {metadata['visibility']} --keep-name-section",
            f"gzip --no-name {WASM}",
            f'mv {WASM[:-1]}.gz" {WASM}',
        ]


def test_our_replica_is_a_network_whose_root_key_is_asked_for(project):
    local = {network["name"]: network for network in project["networks"]}["local"]
    assert local == {"name": "local", "mode": "connected", "url": "http://127.0.0.1:4943", "root-key": "fetch"}


def test_mainnet_is_a_network_whose_root_key_is_known(project):
    mainnet = {network["name"]: network for network in project["networks"]}["mainnet"]
    assert mainnet == {"name": "mainnet", "mode": "connected", "api-url": MAINNET_URL, "root-key": "mainnet"}


def test_every_environment_stands_on_a_network_that_is_declared(project):
    networks = {network["name"] for network in project["networks"]}
    assert {environment["network"] for environment in project["environments"]} <= networks
    assert "ic" not in networks, "icp-cli keeps that name"


def test_the_default_port_is_the_replicas(project, project_root):
    command = (project_root / "src/kybra_replica/http/start_command.py").read_text(encoding="utf-8")
    (port,) = re.findall(r"^DEFAULT_PORT = (\d+)$", command, re.MULTILINE)
    assert project["networks"][0]["url"].endswith(f":{port}")
