"""A replica of the benchmark's own, in a process of its own, with one canister on it."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.requests import Identity, reply_of
from kybra_replica.candid import decode, encode, parse_did
from kybra_replica.network.management import INTERFACE
from kybra_replica.principal import MANAGEMENT, Principal
from kybra_replica.python_engine.packages import ModulePackages
from kybra_replica.python_engine.source import read_program

HOST = "127.0.0.1"
CANISTER = Path(__file__).with_name("counter_canister.py")


@dataclass(frozen=True, slots=True)
class Server:
    """Where it listens, and the canister on it."""

    port: int
    canister: Principal
    owner: Identity
    pid: int

    def resident_bytes(self) -> int:
        """How much memory the process holds."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        return 0 if found is None else int(found[1]) * 1024


@contextmanager
def running() -> Iterator[Server]:
    """Start a replica that keeps its state on disk, install the counter, and end it by its own pid."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        command = [sys.executable, "-m", "kybra_replica.cli", "start", "--port", "0", "--state", folder]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            yield _install(process)
        finally:
            process.terminate()
            process.wait(10)


def _install(process: subprocess.Popen[str]) -> Server:
    assert process.stdout is not None
    port = next(int(found[1]) for line in process.stdout if (found := re.search(rf"http://{HOST}:(\d+)", line)))
    owner = Identity.generate()
    methods = dict(parse_did(INTERFACE).methods)

    def manage(method: str, argument: Mapping[str, object]) -> list[object]:
        function = methods[method]
        body = owner.envelope("call", MANAGEMENT, method, encode(function.arguments, [argument]))
        url = f"http://{HOST}:{port}/api/v3/canister/{MANAGEMENT}/call"
        answer = httpx.post(url, content=body, headers={"content-type": "application/cbor"}, timeout=30)
        answer.raise_for_status()
        return decode(reply_of(answer.content), function.results)

    nothing = {"amount": None, "settings": None, "specified_id": None, "sender_canister_version": None}
    created = manage("provisional_create_canister_with_cycles", nothing)[0]
    canister = created["canister_id"]  # type: ignore[index]
    module = ModulePackages().pack(read_program(CANISTER, search_path=(), lenient=False))
    install = {"mode": {"install": None}, "canister_id": canister, "wasm_module": module, "arg": encode((), ())}
    manage("install_code", {**install, "sender_canister_version": None})
    return Server(port, canister, owner, process.pid)
