"""A replica in a process of its own, which a test may end as roughly as a power cut would and start again on the same directory."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from raw_client import Client

HOST = "127.0.0.1"
STOPS_WITHIN_S = 20


class ReplicaHost:
    """`kybra-replica start` on a free port. Its words go to the file `log`.

    `state` keeps the replica there between starts; None keeps it in memory.
    """

    def __init__(self, log: Path, state: Path | None = None, *options: str | Path) -> None:
        self._log = log
        self._state = state
        self._options = tuple(map(str, options))
        self.announced = ""
        """What it said on standard output at its last start."""
        self._process: subprocess.Popen[str] | None = None
        self.port = 0
        self.root_key = b""

    def start(self) -> None:
        """Start it; it answers when this returns. Raises RuntimeError with its words when it does not."""
        command = [sys.executable, "-m", "kybra_replica.cli", "start", "--port", "0", *self._options]
        self.announced = ""
        if self._state is not None:
            command += ["--state", str(self._state)]
        with self._log.open("a", encoding="utf-8") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self._process.stdout is not None
        self.port = int(self._said(self._process.stdout, rf"http://{HOST}:(\d+)"))
        self.root_key = bytes.fromhex(self._said(self._process.stdout, r"root key\s+([0-9a-f]+)"))

    def _said(self, lines: IO[str], pattern: str) -> str:
        for line in lines:
            self.announced += line
            found = re.search(pattern, line)
            if found is not None:
                return found[1]
        self._end(signal.SIGKILL)
        raise RuntimeError(f"the replica did not start:\n{self.words()}")

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def words(self) -> str:
        """What it said on standard error since the first start."""
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""

    def client(self) -> Client:
        """A connection of its own."""
        return Client(HOST, self.port)

    def resident_bytes(self) -> int:
        """How much memory the process holds."""
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8"))
        assert found is not None
        return int(found[1]) * 1024

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as a person would."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        self._process.wait(STOPS_WITHIN_S)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None


@contextmanager
def running(log: Path, state: Path | None = None, *options: str | Path) -> Iterator[ReplicaHost]:
    """A replica that is there for the block."""
    host = ReplicaHost(log, state, *options)
    host.start()
    try:
        yield host
    finally:
        host.stop()
