"""Recorded steps compared once for all tests here: it takes some seconds."""

from __future__ import annotations

from pathlib import Path

import pytest

from kybra_replica.costs.recorded import Comparison, compare_library, compare_run

RECORDED = Path(__file__).parents[2] / "kybra_cases" / "run"


@pytest.fixture(scope="session")
def run_steps() -> list[Comparison]:
    return list(compare_run(RECORDED))


@pytest.fixture(scope="session")
def library_steps() -> list[Comparison]:
    return list(compare_library(RECORDED))
