"""What every test may use: the checkout's paths, and how hard Hypothesis searches.

The profile is chosen by HYPOTHESIS_PROFILE: `dev` (without it) looks at other examples on every run, `ci` always at the same ones
and prints how to repeat a failure, `soak` looks for long. Machines take more steps in `soak` too.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

PROJECT_ROOT = Path(__file__).resolve().parent.parent

# A deadline would measure the machine; and an example that starts canisters is slow on purpose.
settings.register_profile("dev", deadline=None, print_blob=True)
settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
settings.register_profile(
    "soak",
    deadline=None,
    print_blob=True,
    max_examples=2_000,
    stateful_step_count=200,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


def pytest_configure(config: pytest.Config) -> None:
    """Canisters find the project's packages in `src`.

    Said here and not in pyproject.toml, so that tests of the core run where the replica's plugin, which knows the option, is not loaded.
    """
    if any(config.pluginmanager.hasplugin(name) for name in ("kybra_replica", "kybra_replica.pytest_plugin")):
        config.addinivalue_line("kybra_search_path", str(PROJECT_ROOT / "src"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked `soak` run for minutes: they are left out unless the profile asks for them or they are named with -m."""
    if os.environ.get("HYPOTHESIS_PROFILE") == "soak" or "soak" in config.getoption("-m"):
        return
    left_out = [item for item in items if item.get_closest_marker("soak")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def project_root() -> Path:
    """The root of the checkout."""
    return PROJECT_ROOT


@pytest.fixture(scope="session")
def canisters_folder() -> Path:
    """Where the canisters' folders stand."""
    return PROJECT_ROOT / "canisters"
