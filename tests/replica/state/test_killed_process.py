"""A process that is killed at any moment: what it said was done is done after the restart, and nothing is half done."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from state_sources import COUNTING, ECHO
from state_victim import opened
from state_world import Modules

from kybra_replica import state

KILLS = 4
SOURCES = Path(__file__).resolve().parents[3] / "src"


@pytest.fixture
def modules(tmp_path):
    folder, sources = tmp_path / "modules", tmp_path / "sources"
    folder.mkdir()
    sources.mkdir()
    made = Modules(sources)
    (folder / "1").write_bytes(made.of(ECHO))
    (folder / "2").write_bytes(made.of(COUNTING))
    return folder, made.packages


def run_until_killed(directory: Path, modules: Path, lines: int) -> list[str]:
    """Words that the process said were done before it was killed, a random moment after the given number of lines."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCES)}
    command = [sys.executable, str(Path(__file__).with_name("state_victim.py")), str(directory), str(modules)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(lines)]
        with suppress(subprocess.TimeoutExpired):
            process.wait(random.random() / 50)
        process.send_signal(signal.SIGKILL)
        said += process.stdout.readlines()
    assert process.returncode == -signal.SIGKILL
    # The last line may have been cut in the middle of writing.
    return [line.strip() for line in said if line.endswith("\n")]


def test_every_acknowledged_call_survives_and_no_call_is_half_done(tmp_path, modules):
    folder, packages = modules
    directory, acknowledged = tmp_path / "replica", []
    for lines in range(KILLS):
        acknowledged += run_until_killed(directory, folder, lines * 5 + 1)
        replica, losses = opened(directory, packages)
        assert losses == []
        _, heap = replica.subnet.canisters
        handle = replica.canister(heap)
        begun, ended, counter = handle.query("state")
        # Module state, stable memory and open calls are of the same moment.
        assert counter == begun
        assert begun - ended == len(replica.subnet.canisters[heap].contexts)
        assert set(acknowledged) <= set(handle.query("ended_words"))
        replica.subnet.store.close()
    while replica_has_work(directory, packages):
        pass
    replica, _ = opened(directory, packages)
    handle = replica.canister(list(replica.subnet.canisters)[1])
    begun, ended, counter = handle.query("state")
    assert begun == ended == counter
    assert sorted(handle.query("numbers")) == list(range(1, counter + 1))
    assert "wrong" not in acknowledged
    assert len(acknowledged) == len(set(acknowledged))


def replica_has_work(directory: Path, packages) -> bool:
    """Let all calls that were open end, one message and one restart at a time for the first of them."""
    replica, losses = opened(directory, packages)
    assert losses == []
    waiting = len(replica.subnet.pool)
    for _ in range(1 if waiting > 25 else 10_000):
        if len(replica.subnet.pool):
            replica.subnet.step()
    state.save(replica.subnet)
    replica.subnet.store.close()
    return waiting > 0
