"""The command behind `scripts/mutate`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from queue import SimpleQueue

from mutations.catalogue import ALL
from mutations.mutation import Mutation, Stale
from mutations.trial import NOTICED, Trial, run_tests, try_mutation
from mutations.working_copy import WorkingCopy

ROOT = Path(__file__).resolve().parents[2]

Copies = SimpleQueue[WorkingCopy]
"""Copies that nobody is working in."""


def main(arguments: Sequence[str] | None = None, mutations: Sequence[Mutation] = ALL, root: Path = ROOT) -> int:
    """0 when every bug is noticed, 1 when one is not, 2 when the lists are stale or the tests fail without any bug."""
    parser = argparse.ArgumentParser(prog="scripts/mutate", description="Put known bugs into copies of the money code; tests must notice.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="the bugs to try (default: all)")
    parser.add_argument("--list", action="store_true", help="print the names, and what each would cost a user")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="how many to try at once (default: one a core)")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - {mutation.name for mutation in mutations})
    if unknown:
        print(f"mutate: there is no bug {', '.join(unknown)}; --list names them", file=sys.stderr)
        return 2
    chosen = [mutation for mutation in mutations if not options.names or mutation.name in options.names]
    if options.list:
        width = max((len(mutation.name) for mutation in chosen), default=0)
        print("\n".join(f"{mutation.name:<{width}}  {mutation.loss}" for mutation in chosen))
        return 0
    stale = list(_stale(chosen, root))
    if stale:
        print("\n".join(f"mutate: {words}" for words in stale), file=sys.stderr)
        return 2
    return _try_all(chosen, root, max(1, min(options.jobs, len(chosen))))


def _stale(mutations: Sequence[Mutation], root: Path) -> Iterator[str]:
    """What in the lists does not fit the checkout."""
    for mutation in mutations:
        try:
            mutation.check(root)
        except Stale as error:
            yield str(error)


def _try_all(mutations: Sequence[Mutation], root: Path, jobs: int) -> int:
    """Try the tests without bugs first: a test that fails anyway notices nothing."""
    with tempfile.TemporaryDirectory(prefix="ddsx-mutate-") as folder, ThreadPoolExecutor(jobs) as pool:
        copies: Copies = SimpleQueue()
        for number in range(jobs):
            copies.put(WorkingCopy(root, Path(folder) / str(number)))
        tests = sorted({test for mutation in mutations for test in mutation.tests})
        failing = [words for found in pool.map(lambda part: _failing(copies, part), _parts(tests, jobs)) for words in found]
        if failing:
            print("\n".join(f"mutate: without any bug: {words}" for words in failing), file=sys.stderr)
            return 2
        width = max(len(mutation.name) for mutation in mutations)
        trials: list[Trial] = []
        for trial in pool.map(lambda mutation: _try_one(copies, mutation), mutations):
            trials.append(trial)
            print(f"{trial.name:<{width}}  {trial.verdict:<9}  {trial.seconds:5.1f} s  {trial.why}", flush=True)
    missed = [trial for trial in trials if trial.verdict != NOTICED]
    seconds = sum(trial.seconds for trial in trials)
    print(f"mutate: {len(trials) - len(missed)} of {len(trials)} bugs noticed ({seconds:.0f} s of testing, {jobs} at once)")
    return 1 if missed else 0


def _failing(copies: Copies, tests: Sequence[str]) -> list[str]:
    """Tests that fail without any bug."""
    copy = copies.get()
    try:
        code, failures, output = run_tests(copy.folder, tests)
    finally:
        copies.put(copy)
    if failures:
        return [f"{failure.test} fails: {failure.words}" for failure in failures]
    return [f"pytest ended with {code}: {output[-1000:]}"] if code else []


def _try_one(copies: Copies, mutation: Mutation) -> Trial:
    """Try one bug in a copy that is free."""
    copy = copies.get()
    try:
        return try_mutation(copy, mutation)
    finally:
        copies.put(copy)


def _parts(tests: Sequence[str], count: int) -> list[list[str]]:
    """The tests in as many parts, none empty."""
    return [part for start in range(count) if (part := list(islice(tests, start, None, count)))]


if __name__ == "__main__":
    sys.exit(main())
