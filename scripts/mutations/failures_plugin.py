"""A pytest plugin that writes down how tests failed, and has Hypothesis stop at the first failing example instead of shrinking it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import Phase, settings

OTHER_ANSWER = "another answer"
"""Stands for the KeyError of a test that takes `Ok` or `Err` out of an answer which is the other of the two."""

TRAPPED = "trapped"
"""Stands for the rejection of a call to a canister, unless its message is that of a program that does not run."""

_NO_PROGRAM = re.compile(r"\b(?:Name|Type|Attribute|Import|ModuleNotFound|UnboundLocal|Syntax|Indentation|Key|Index|Value)Error\b")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The file to write to."""
    parser.addoption("--failures-to", help="write the failures to this file, as JSON")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """After the project's own profile is loaded, and before test files are, whose settings build on it."""
    settings.register_profile(
        "first-failure", settings(), phases=(Phase.explicit, Phase.reuse, Phase.generate), report_multiple_bugs=False, database=None
    )
    settings.load_profile("first-failure")
    config.pluginmanager.register(_Failures(Path(config.getoption("--failures-to"))))


class _Failures:
    """What failed so far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: list[dict[str, object]] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        """Each failing phase of each test."""
        report = yield
        if call.excinfo is not None and report.failed:  # type: ignore[attr-defined]
            self._add(item.nodeid, call.when, call.excinfo.value)
        return report

    def pytest_exception_interact(self, node: pytest.Item | pytest.Collector, call: pytest.CallInfo[None]) -> None:
        """Test files that cannot be read."""
        if isinstance(node, pytest.Collector) and call.excinfo is not None:
            self._add(node.nodeid, "collect", call.excinfo.value)

    def pytest_sessionfinish(self) -> None:
        """Write it down."""
        self.path.write_text(json.dumps(self.found), encoding="utf-8")

    def _add(self, test: str, phase: str, error: BaseException) -> None:
        causes = sorted({kind for leaf in _leaves(error) for kind in _kinds(leaf)})
        words = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        self.found.append({"test": test, "phase": phase, "kinds": causes, "words": words})


def _leaves(error: BaseException) -> list[BaseException]:
    """The exceptions of a group, which Hypothesis raises for several, else the exception itself."""
    parts = getattr(error, "exceptions", None)
    return [leaf for part in parts for leaf in _leaves(part)] if parts else [error]


def _kinds(error: BaseException) -> list[str]:
    """The exception's type and those it derives from, and what else it stands for."""
    kinds = [f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__]
    if isinstance(error, KeyError) and error.args in {("Ok",), ("Err",)}:
        kinds.append(OTHER_ANSWER)
    if type(error).__name__ == "CallRejected" and not _NO_PROGRAM.search(str(error)):
        kinds.append(TRAPPED)
    return kinds
