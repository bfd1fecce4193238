"""The command behind `scripts/did`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from checks import interfaces
from checks.project import Project


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare the committed interfaces with the sources, or write them; the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/did", description="The committed interfaces of the canisters.")
    parser.add_argument("--write", action="store_true", help="write those that differ anew, their comments kept")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2], help="the checkout, this one when not given")
    options = parser.parse_args(arguments)
    project = Project(options.root.resolve())
    if not options.write:
        report = interfaces.run(project)
        for finding in report.findings:
            print(finding.render(project.root))
        return 1 if report.findings else 0
    failed = False
    for canister in project.canisters:
        try:
            print(f"{canister.did.relative_to(project.root)}: {'written' if interfaces.write(project, canister) else 'as it is'}")
        except interfaces.Unreadable as problem:
            print(problem, file=sys.stderr)
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
