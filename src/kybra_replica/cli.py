"""The command `kybra-replica`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from kybra_replica.conformance import Part, Report, run_set
from kybra_replica.costs.command import add_cost
from kybra_replica.http.start_command import add_start
from kybra_replica.package_command import add_parser as add_package


def command() -> int:
    """What the console script runs: `main`, with the same hashes of text in every run of `start`.

    What waits in a replica's directory is rebuilt by repeating what canisters did; sets of text have the same order then.
    """
    if sys.argv[1:2] == ["start"] and os.environ.get("PYTHONHASHSEED", "random") == "random":
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, "PYTHONHASHSEED": "0"})  # noqa: S606 - itself
    return main()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code."""
    parser = argparse.ArgumentParser(prog="kybra-replica", description="A local replica for canisters written with Kybra.")
    commands = parser.add_subparsers(dest="command", required=True)
    conformance = commands.add_parser("conformance", help="compare the replica with recorded answers of the real Kybra")
    conformance.add_argument("folder", type=Path, help="a set of cases: build.json, build/, run/")
    conformance.add_argument("--json", action="store_true", help="print the report as one JSON object on the last line")
    conformance.set_defaults(run=_conformance)
    add_start(commands)
    add_package(commands)
    add_cost(commands)
    options = parser.parse_args(arguments)
    code: int = options.run(options)
    return code


def _conformance(options: argparse.Namespace) -> int:
    folder: Path = options.folder
    if not (folder / "build.json").exists() and not (folder / "run").is_dir():
        print(f"kybra-replica: {folder} holds no cases: neither build.json nor run/ is there", file=sys.stderr)
        return 2
    report = run_set(folder)
    for name, part in _parts(report):
        print(f"{name}: {part.passed} passed, {len(part.failed)} failed")
        for line in part.explained:
            print(f"  {line}")
    if options.json:
        print(json.dumps(report.as_json()))
    return 0 if report.ok else 1


def _parts(report: Report) -> list[tuple[str, Part]]:
    return [("build", report.build), ("did", report.did), ("run", report.run)]


if __name__ == "__main__":
    sys.exit(command())
