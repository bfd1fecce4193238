"""The bench of the splitter's tests: made once a module, and put back after each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from splitter_bench import Bench


@pytest.fixture(scope="module")
def fresh_bench() -> Iterator[Bench]:
    """A bench for the whole module; tests use `bench`."""
    made = Bench()
    yield made
    made.replica.close()


@pytest.fixture
def bench(fresh_bench: Bench) -> Iterator[Bench]:
    """A bench that is as new."""
    with fresh_bench.replica.isolated():
        yield fresh_bench
    del fresh_bench.ledgers[1:]
