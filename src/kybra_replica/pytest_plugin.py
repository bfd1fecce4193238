"""Pytest fixtures for canister tests.

- `replica`: a fresh replica for each test.
- `shared_replica`: one replica for a module, for tests that install much; what a test does to it is undone at its end, and
  what one Hypothesis example does is undone before the next.
- `estimated_cost`: estimates what calls on the test's `replica` would cost on the real Wasm.
- marker `kybra_replica(search_path=[...], lenient=..., refuse_module_state=...)`: options of the test's replica.
- ini option `kybra_search_path`: folders, relative to the root, in which canisters find the packages that they import.

A message that changes a canister's module state fails the test, unless the marker allows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import wraps
from typing import Any

import pytest

from kybra_replica.costs.estimate import CostEstimator, estimating
from kybra_replica.driver import Replica

MARKER = "kybra_replica"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The ini option."""
    parser.addini("kybra_search_path", "folders in which canisters find the packages that they import", type="paths", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """The marker."""
    config.addinivalue_line("markers", f"{MARKER}(**options): options of the test's replica")


def _new_replica(request: pytest.FixtureRequest) -> Replica:
    options: dict[str, Any] = {"search_path": request.config.getini("kybra_search_path")}
    marker = request.node.get_closest_marker(MARKER)
    if marker is not None:
        options.update(marker.kwargs)
    return Replica(**options)


@pytest.fixture
def replica(request: pytest.FixtureRequest) -> Iterator[Replica]:
    """A replica of the test's own."""
    fresh = _new_replica(request)
    yield fresh
    fresh.close()


@pytest.fixture
def estimated_cost(replica: Replica) -> Iterator[CostEstimator]:
    """Called with a function, answers what the calls in it cost: `estimated_cost(lambda: canister.call("add", 1)).instructions`."""
    with estimating(replica) as meter:
        yield CostEstimator(meter)


@pytest.fixture(scope="module")
def module_replica(request: pytest.FixtureRequest) -> Iterator[Replica]:
    """The replica behind `shared_replica`: what a module's set-up fixtures install on."""
    shared = _new_replica(request)
    yield shared
    shared.close()


@pytest.fixture
def _undone_after_test(module_replica: Replica) -> Iterator[None]:
    with module_replica.isolated():
        yield


@pytest.fixture
def shared_replica(module_replica: Replica, _undone_after_test: None) -> Replica:
    """The module's replica; the test's changes are undone at its end."""
    return module_replica


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Undo between the examples of a Hypothesis test whatever an example did to the module's replica."""
    arguments = getattr(item, "funcargs", {})
    shared = arguments.get("module_replica")
    handle = getattr(getattr(item, "obj", None), "hypothesis", None)
    if not isinstance(shared, Replica) or handle is None:
        return
    inner = handle.inner_test

    @wraps(inner)
    def isolated(*positional: Any, **named: Any) -> Any:
        with shared.isolated():
            return inner(*positional, **named)

    handle.inner_test = isolated
