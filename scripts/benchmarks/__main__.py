"""The command behind `scripts/bench`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator

from benchmarks import http_calls, in_process, members, split_costs, splits, splitter_costs
from benchmarks.result import Result

BENCHMARKS: dict[str, Callable[[], Iterator[Result]]] = {
    "http_update_floor_ratio": http_calls.updates,
    "http_query_floor_ratio": http_calls.queries,
    "inprocess_update_floor_ratio": in_process.updates,
    "split_exact_floor_ratio": splits.against_floor,
    "split_exact_hamilton_ratio": splits.against_hamilton,
    "split_exact_fraction_ratio": splits.against_fractions,
    "split_exact_wasm_ratio": split_costs.instructions,
    "core_credit_members_ratio": members.credits_beside,
    "core_claim_members_ratio": members.claims_beside,
    "push_1e6_units_lost": members.settle_all,
    "credit_members_ratio": splitter_costs.credits_beside,
    "claim_members_ratio": splitter_costs.claims_beside,
    "push_instructions": splitter_costs.pushes,
}


def main() -> int:
    """Run the benchmarks that are named, all without names."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measure the project against floors, side by side.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to measure (default: everything)")
    parser.add_argument("--list", action="store_true", help="print the names")
    options = parser.parse_args()
    if options.list:
        print("\n".join(BENCHMARKS))
        return 0
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown:
        print(f"bench: there is no benchmark {', '.join(unknown)}; there are: {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    for name in options.names or BENCHMARKS:
        for result in BENCHMARKS[name]():
            print(json.dumps(result.as_json()), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
