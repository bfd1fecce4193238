"""Running the tests that must notice a bug, and judging whether one did."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from mutations.failures_plugin import OTHER_ANSWER, TRAPPED
from mutations.mutation import Mutation
from mutations.working_copy import WorkingCopy

NOTICED = "noticed"
SURVIVED = "SURVIVED"
BROKE = "BROKE"
TIMED_OUT = "TIMED OUT"

TIME_LIMIT_SECONDS = 180
"""A bug that makes a test run for ever is not noticed by it."""

_ASSERTIONS = frozenset(
    {"builtins.AssertionError", "builtins.Failed", "ddsx_core.refused.Refused", "ddsx_core.refused.Broken", OTHER_ANSWER, TRAPPED}
)
"""What a test fails with when it saw something wrong: an assert; a `pytest.raises` that raised nothing (pytest says `builtins` for its own
module); money's own word that a request is refused or that its books are broken; a canister that answers otherwise or traps. Anything else
(a name, a type, an import) says that the bug is no program, not that it was noticed."""


@dataclass(frozen=True)
class Failure:
    """How a test failed: in which phase, with an exception of which kinds, in which words."""

    test: str
    phase: str
    kinds: frozenset[str]
    words: str

    @property
    def is_assertion(self) -> bool:
        """Whether the test itself saw something wrong."""
        return self.phase == "call" and not self.kinds.isdisjoint(_ASSERTIONS)


@dataclass(frozen=True)
class Trial:
    """What became of one bug: which verdict, by which test or in which words, after how long."""

    name: str
    verdict: str
    why: str
    seconds: float


def try_mutation(copy: WorkingCopy, mutation: Mutation) -> Trial:
    """Put the bug into the copy, run its tests up to the first failure, and take it out again."""
    start = monotonic()
    with copy.having(mutation):
        try:
            code, failures, output = run_tests(copy.folder, mutation.tests, "-x")
        except subprocess.TimeoutExpired:
            return Trial(mutation.name, TIMED_OUT, f"after {TIME_LIMIT_SECONDS} s a test", monotonic() - start)
    return Trial(mutation.name, *_judge(code, failures, output), monotonic() - start)


def run_tests(folder: Path, tests: Sequence[str], *options: str) -> tuple[int, list[Failure], str]:
    """Run tests in a copy: pytest's exit code, the failures, and what it printed."""
    with tempfile.TemporaryDirectory() as scratch:
        failures = Path(scratch) / "failures.json"
        command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", "-p", "mutations.failures_plugin"]
        # The replica's plugin is named by hand: it is known by its entry point only where the project is installed.
        command += ["-p", "no:kybra_replica", "-p", "kybra_replica.pytest_plugin", f"--failures-to={failures}", *options, *tests]
        paths = os.pathsep.join(str(folder / name) for name in ("src", "scripts", "examples"))
        environment = os.environ | {"PYTHONPATH": paths, "HYPOTHESIS_PROFILE": "ci"}
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=TIME_LIMIT_SECONDS * len(tests)
        )
        found = json.loads(failures.read_text(encoding="utf-8")) if failures.exists() else []
    listed = [Failure(each["test"], each["phase"], frozenset(each["kinds"]), each["words"]) for each in found]
    return done.returncode, listed, (done.stdout + done.stderr).strip()


def _judge(code: int, failures: Sequence[Failure], output: str) -> tuple[str, str]:
    """The verdict and why."""
    seen = next((failure for failure in failures if failure.is_assertion), None)
    if seen is not None:
        return NOTICED, seen.test
    if failures:
        return BROKE, f"{failures[0].phase} of {failures[0].test}: {failures[0].words}"
    if code == 0:
        return SURVIVED, "all of its tests pass"
    return BROKE, f"pytest ended with {code}: {' '.join(output.split())[-300:]}"
