"""What a test must not do: pass whatever happens, sleep, skip in silence, or put something else in the place of our own code."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator

from checks import syntax
from checks.finding import Finding, Report
from checks.project import Project
from checks.source import Hit, Module, Rule, rule, spelled

_BROAD = frozenset({"builtins.Exception", "builtins.BaseException"})
_SKIPS = frozenset({"pytest.skip", "pytest.xfail", "pytest.mark.skip", "pytest.mark.skipif", "pytest.mark.xfail"})
_WHY_PROVES = "such a test passes whatever the code does"


@rule("broad-except", why="it also catches the failure that the test is there to show", mend="name the exception, with pytest.raises")
def broad_except(module: Module) -> Iterator[Hit]:
    """Bare `except`, `except Exception`, and `pytest.raises(Exception)`."""
    for node in module.nodes:
        if isinstance(node, ast.ExceptHandler) and (node.type is None or module.origin(node.type) in _BROAD):
            yield node, "an except that catches everything"
        elif (
            isinstance(node, ast.Call)
            and module.origin(node.func) == "pytest.raises"
            and any(module.origin(kind) in _BROAD for kind in node.args)
        ):
            yield node, spelled(node)


@rule("empty-assert", why=_WHY_PROVES, mend="assert the value that a user would see")
def empty_assert(module: Module) -> Iterator[Hit]:
    """`assert True`, an assert of any other true constant or of a tuple."""
    for node in module.nodes:
        if isinstance(node, ast.Assert) and (isinstance(node.test, ast.Tuple) or (isinstance(node.test, ast.Constant) and node.test.value)):
            yield node, spelled(node)


@rule(
    "sleep",
    why="a test that waits is slow where it works and fails where the machine is slow",
    mend="advance the replica's time, or wait for an event",
)
def sleep(module: Module) -> Iterator[Hit]:
    """`time.sleep` and its kin."""
    calls = (node for node in module.nodes if isinstance(node, ast.Call))
    return ((node, spelled(node)) for node in calls if module.origin(node.func) in {"time.sleep", "asyncio.sleep"})


@rule("silent-skip", why="nobody learns why the test does not run", mend="give a reason")
def silent_skip(module: Module) -> Iterator[Hit]:
    """Skipping and expected failures without a reason."""
    for node in module.nodes:
        if isinstance(node, ast.Call) and module.origin(node.func) in _SKIPS:
            said = {word.arg for word in node.keywords}
            positional = bool(node.args) and module.origin(node.func) in {"pytest.skip", "pytest.xfail"}
            if "reason" not in said and not positional:
                yield node, spelled(node)
        elif isinstance(node, ast.Attribute) and module.origin(node) in _SKIPS and not isinstance(module.parents[node], ast.Call):
            yield node, spelled(node)


@rule("mock", why="what is put in the place of our code proves nothing of our code", mend="use the replica or the in-memory transport")
def mock(module: Module) -> Iterator[Hit]:
    """`unittest.mock` and `monkeypatch.setattr`."""
    for node in module.nodes:
        names = [alias.name for alias in node.names] if isinstance(node, (ast.Import, ast.ImportFrom)) else []
        source = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        if any(f"{source}.{name}".strip(".").startswith("unittest.mock") for name in names):
            yield node, spelled(node)


@rule("approximate", why="money and counts are exact", mend="assert the exact value")
def approximate(module: Module) -> Iterator[Hit]:
    """`pytest.approx` and `math.isclose`."""
    for node in module.nodes:
        if isinstance(node, ast.Call) and module.origin(node.func) in {"pytest.approx", "math.isclose"}:
            yield node, spelled(node)


RULES: tuple[Rule, ...] = (broad_except, empty_assert, sleep, silent_skip, mock, approximate)


def run(project: Project) -> Report:
    """Every Python file under `tests`."""
    files = project.python_files("tests")
    findings: list[Finding] = []
    for path in files:
        module = syntax.read(path, path.stem)
        findings += [found for each in RULES for found in each.findings(module)] if isinstance(module, Module) else [module]
    stems = Counter(path.stem for path in files if path.stem.startswith("test_"))
    for path in files:
        if stems[path.stem] > 1:
            why = "test folders are no packages, so a name can be imported once"
            findings.append(Finding(path, 1, "test-name", f"there are {stems[path.stem]} files called {path.name}", why, "rename it"))
    return Report.of(f"{len(files)} files", findings)
