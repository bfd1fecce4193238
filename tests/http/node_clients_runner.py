"""JavaScript clients under Node, each a small program that carries out plans."""

from __future__ import annotations

import json
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

SOURCES = Path(__file__).with_name("node_clients")
CLIENTS = ("dfinity_agent", "icp_sdk_core")
"""Programs: @dfinity/agent and @icp-sdk/core."""

Plan = dict[str, Any]


class NodeClients:
    """The programs, each started when it is first used."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: dict[str, subprocess.Popen[str]] = {}

    def run(self, client: str, plan: Plan) -> list[dict[str, Any]]:
        """The result of each action of the plan. Raises RuntimeError when the program ended instead: Node says why."""
        program = self._running.get(client) or self._start(client)
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdin.write(json.dumps(plan) + "\n")
        program.stdin.flush()
        line = program.stdout.readline()
        if not line:
            raise RuntimeError(f"{client} ended with code {program.wait()}")
        results: list[dict[str, Any]] = json.loads(line)
        return results

    def _start(self, client: str) -> subprocess.Popen[str]:
        command = ["node", str(self._folder / f"{client}.mjs")]
        self._running[client] = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return self._running[client]

    def close(self) -> None:
        """End the programs: they stop when nothing more can come."""
        for program in self._running.values():
            program.communicate(timeout=10)


def installed_node_clients(cache: Path) -> NodeClients:
    """Install what the lock file names below `cache`, unless it is there. Skips the test where there is no npm."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("neither @dfinity/agent nor @icp-sdk/core is tested: there is no Node with npm on this machine")
    lock = (SOURCES / "package-lock.json").read_bytes()
    folder = cache.resolve() / f"node_clients-{sha256(lock).hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    for source in filter(Path.is_file, SOURCES.iterdir()):
        shutil.copyfile(source, folder / source.name)
    done = folder / "installed"
    if not done.exists():
        command = ["npm", "ci"]
        installed = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if installed.returncode != 0:
            raise RuntimeError(f"npm could not install the JavaScript clients:\n{installed.stdout}")
        done.touch()
    return NodeClients(folder)
