"""Run the checks named, or all of them, and list everything they find."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

from checks import bundle, canister_source, dfx_file, interfaces, layers, sizes, tests_lint, tools, words
from checks.project import Project

PARTS = {
    "ruff": tools.run_ruff,
    "mypy": tools.run_mypy,
    "layers": layers.run,
    "source": canister_source.run,
    "did": interfaces.run,
    "bundle": bundle.run,
    "dfx": dfx_file.run,
    "sizes": sizes.run,
    "words": words.run,
    "tests": tests_lint.run,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """The number of parts that found something, 0 when all is well."""
    parser = argparse.ArgumentParser(prog="scripts/check", description="Check the sources of the project.")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"what to check, all when none is named: {', '.join(PARTS)}")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2], help="the checkout, this one when not given")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.parts) - PARTS.keys())
    if unknown:
        parser.error(f"there is no part called {', '.join(unknown)}")
    project = Project(options.root.resolve())
    failed = 0
    for name in options.parts or PARTS:
        failed += _run(name, project)
    print("check: all is well" if not failed else f"check: {failed} of {len(options.parts or PARTS)} parts found something", flush=True)
    return failed


def _run(name: str, project: Project) -> bool:
    """Run one part and print what it says; whether it found anything."""
    start = monotonic()
    report = PARTS[name](project)
    for finding in report.findings:
        print(finding.render(project.root))
    verdict = f"{len(report.findings)} findings" if report.findings else "ok"
    print(f"{name}: {verdict} ({report.summary}; {monotonic() - start:.1f} s)", flush=True)
    return bool(report.findings)


if __name__ == "__main__":
    sys.exit(main())
