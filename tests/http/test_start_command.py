"""`kybra-replica start`: what it says, what it keeps, and how it refuses."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from replica_host import HOST, running

HERE = Path(__file__).parent
COUNTER = (HERE.parents[1] / "scripts" / "benchmarks" / "counter_canister.py").read_text(encoding="utf-8")
GREETER = """from kybra import init, nat64, query, StableBTreeMap, void

words = StableBTreeMap[nat64, str](memory_id=0, max_key_size=16, max_value_size=100)


@init
def start(word: str) -> void:
    words.insert(0, word)


@query
def word() -> str:
    return words.get(0) or ""
"""


MORE = """

@query
def more() -> nat64:
    return 1
"""


def run(*options: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "kybra_replica.cli", "start", *map(str, options)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def write_project(folder: Path, **fields: object) -> Path:
    (folder / "counter.py").write_text(COUNTER, encoding="utf-8")
    (folder / "greeter.py").write_text(GREETER, encoding="utf-8")
    canisters = {
        "counter": {"type": "custom", "build": "python -m kybra counter counter.py"},
        "greeter": {"type": "kybra", "main": "greeter.py", **fields},
    }
    file = folder / "dfx.json"
    file.write_text(json.dumps({"canisters": canisters}), encoding="utf-8")
    return file


def test_a_taken_port_is_refused_with_advice(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        done = run("--port", str(other.getsockname()[1]))
    assert done.returncode == 1
    assert "choose --port, or 0 for a free one" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_directory_in_use_is_refused(tmp_path: Path) -> None:
    with running(tmp_path / "log", tmp_path / "state"):
        done = run("--port", "0", "--state", tmp_path / "state")
    assert done.returncode == 1
    assert str(tmp_path / "state") in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_where_the_directory_should_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("not a directory", encoding="utf-8")
    done = run("--port", "0", "--state", tmp_path / "state")
    assert done.returncode == 1
    assert "cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is not a dfx.json"),
        ('{"canisters": {"a": {"type": "motoko"}}}', "canister a has neither a main nor a build"),
        ('{"canisters": {"a": {"main": "missing.py"}}}', "canister a: "),
    ],
)
def test_a_project_file_that_cannot_be_used_is_refused(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "dfx.json").write_text(content, encoding="utf-8")
    done = run("--port", "0", "--canisters", tmp_path / "dfx.json")
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_project_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    done = run("--port", "0", "--canisters", tmp_path / "dfx.json")
    assert done.returncode == 1
    assert "dfx.json cannot be read: No such file or directory" in done.stderr


def test_canisters_of_a_project_are_installed_once_and_upgraded_when_they_change(tmp_path: Path) -> None:
    project = write_project(tmp_path, init_arg='("hello")')
    kept = tmp_path / ".dfx" / "local" / "canister_ids.json"
    with running(tmp_path / "log", tmp_path / "state", "--canisters", project) as host:
        assert host.announced.count("installed") == 2
    ids = json.loads(kept.read_text(encoding="utf-8"))
    assert set(ids) == {"counter", "greeter"}
    (tmp_path / "counter.py").write_text(COUNTER + MORE, encoding="utf-8")
    with running(tmp_path / "log", tmp_path / "state", "--canisters", project) as host:
        assert "upgraded" in host.announced
        assert "unchanged" in host.announced
    assert json.loads(kept.read_text(encoding="utf-8")) == ids


def test_a_canister_whose_argument_is_missing_is_left_empty(tmp_path: Path) -> None:
    with running(tmp_path / "log", None, "--canisters", write_project(tmp_path)) as host:
        assert "created, empty: its init needs an argument" in host.announced
