"""`scripts/costs`: write `docs/costs.md` anew, or compare it."""

from __future__ import annotations

import argparse
import sys

from cost_table.compare import differences
from cost_table.table import price_all, render
from exchange import ROOT

DOCUMENT = ROOT / "docs" / "costs.md"


def main() -> int:
    """Run the command; the exit code."""
    parser = argparse.ArgumentParser(prog="scripts/costs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare the committed document instead of writing it")
    options = parser.parse_args()
    text = render(*price_all())
    if not options.check:
        DOCUMENT.write_text(text)
        return 0
    found = differences(DOCUMENT.read_text(), text)
    for line in found:
        print(f"docs/costs.md: {line}")
    if found:
        print("scripts/costs writes it anew")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
