"""ic-py 1.0.1 as it is, with both generations of cbor2: a tagged answer is a frozen map in the newer one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from counting_target import Target

from kybra_replica.principal import Principal

HERE = Path(__file__).parent
ENDS_WITHIN_S = 120
pytestmark = pytest.mark.slow


def older_cbor2(project_root: Path) -> Path:
    """A folder with cbor2 5, installed once for each Python."""
    folder = project_root / "build" / f"cbor2-5-{sys.implementation.cache_tag}"
    wanted = HERE / "constraints-cbor2-5.txt"
    stamp = folder / "stamp"
    if not stamp.exists() or stamp.read_bytes() != wanted.read_bytes():
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--upgrade", "--no-deps"]
        subprocess.run([*pip, "--target", str(folder), "--requirement", str(wanted)], check=True)
        stamp.write_bytes(wanted.read_bytes())
    return folder


@pytest.fixture(scope="module", params=["5", "6"])
def seen(request: pytest.FixtureRequest, target: Target, project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a program with ic-py saw, under each cbor2."""
    module = tmp_path_factory.mktemp("module") / "target.wasm"
    module.write_bytes(target.module)
    path = [str(project_root / "src"), *([str(older_cbor2(project_root))] if request.param == "5" else [])]
    subnet = Principal.self_authenticating(target.host.root_key)
    done = subprocess.run(
        [sys.executable, str(HERE / "ic_py_client.py"), target.host.url, str(target.id), str(subnet), str(module)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(reversed(path))},
        capture_output=True,
        text=True,
        timeout=ENDS_WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert found["cbor2"].startswith(f"{request.param}.")
    return found


def test_every_identity_is_who_it_says(seen: dict[str, Any]) -> None:
    assert set(seen["callers"]) == {"Ed25519", "secp256k1", "anonymous", "Ed25519 from PEM", "secp256k1 from PEM", "delegated"}
    for principal, *answers in seen["callers"].values():
        assert answers == [principal] * 4
    assert seen["callers"]["anonymous"][0] == "2vxsx-fae"
    assert seen["callers"]["delegated"] == seen["callers"]["secp256k1"] == seen["callers"]["secp256k1 from PEM"]
    assert seen["callers"]["Ed25519"] == seen["callers"]["Ed25519 from PEM"]


def test_every_refusal_arrives_in_words(seen: dict[str, Any], target: Target) -> None:
    words = seen["rejects"]
    assert "no luck" in words["trap"]
    assert words["trap"].startswith("Exception: Rejected: ")
    assert words["reject"] == "Exception: Rejected: not today"
    assert "rejected the message" in words["inspected"]
    assert "no luck" in words["trap in query"]
    assert words["trap in query"].startswith("returned ")
    assert "has no update method 'subtract'" in words["no such method"]
    assert "has no query method 'difference'" in words["no such query"]
    assert words["no such canister"].startswith("Exception: Rejected: ")
    assert "not found" in words["no such canister"]
    assert "not found" in words["query of no canister"]
    assert words["path"] == "ValueError: Invalid path requested!"


def test_the_state_is_read_by_its_helpers(seen: dict[str, Any], target: Target) -> None:
    state = seen["state"]
    assert abs(state["time"] - time.time_ns()) < ENDS_WITHIN_S * 1_000_000_000
    assert state["subnet key"] == target.host.root_key.hex()
    assert state["ranges"] == [["rwlgt-iiaaa-aaaaa-aaaaa-cai", "37pka-5h777-77777-7777q-cai"]]
    assert state["module hash"] == sha256(target.module).hexdigest()
    assert state["controllers"] == [str(target.owner.principal)]


def test_a_canister_lives_through_the_management_canister(seen: dict[str, Any]) -> None:
    life = seen["life"]
    assert (life["added"], life["kept over an upgrade"], life["started"]) == (2, 2, 5)
    assert (life["running"], life["threshold"]) == (["running"], 1_000)
    assert "stopped" in life["stopped"]
    assert "not found" in life["deleted"]


def test_bytes_go_there_and_back(seen: dict[str, Any]) -> None:
    assert seen["echo"] is True


def test_equal_calls_at_once_are_one_request_or_two(seen: dict[str, Any]) -> None:
    answers, total = seen["twice"]
    assert total == max(answers) == seen["sdk"][1] + len(set(answers))


def test_the_sdk_proves_answers_under_either_cbor2(seen: dict[str, Any]) -> None:
    added, total = seen["sdk"]
    assert added == total
