"""The client scripts as a person starts them: in a process of their own, in a folder of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ddsx.identity import new_identity

ROOT = Path(__file__).resolve().parents[2]
ENDS_WITHIN_S = 120


@dataclass(frozen=True)
class Outcome:
    """What a script left behind."""

    code: int
    said: str
    complained: str

    @property
    def result(self) -> dict[str, Any]:
        """The object on the last line."""
        found: dict[str, Any] = json.loads(self.said.splitlines()[-1])
        return found


@dataclass(frozen=True)
class Scripts:
    """Runs scripts in `folder` against the network at `url`."""

    folder: Path
    url: str

    def run(self, script: str, *arguments: str | int) -> Outcome:
        """Start a script and wait for its end."""
        command = [sys.executable, str(ROOT / "scripts" / script), *map(str, arguments), "--url", self.url]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, timeout=ENDS_WITHIN_S, check=False)
        return Outcome(done.returncode, done.stdout, done.stderr)

    def result(self, script: str, *arguments: str | int) -> dict[str, Any]:
        """The outcome of a script that must succeed."""
        outcome = self.run(script, *arguments, "--json")
        assert outcome.code == 0, outcome.complained
        return outcome.result

    def complaint(self, script: str, *arguments: str | int) -> str:
        """What a script says that must fail: in words, never as a stack trace."""
        outcome = self.run(script, *arguments)
        assert outcome.code == 1, outcome.said
        assert "Traceback" not in outcome.said + outcome.complained
        return outcome.complained

    def deploy(self, *arguments: str | int) -> dict[str, Any]:
        """Deploy the canisters from here."""
        return self.result("deploy_local.py", "--folder", str(self.folder), *arguments)

    def key(self, name: str) -> str:
        """A new key in a file of that name; its principal."""
        identity, text = new_identity()
        (self.folder / f"{name}.pem").write_text(text, encoding="utf-8")
        return identity.principal
