"""The same bundle as seen by modulegraph, the finder that Kybra's own bundler uses, where it can be imported."""

from __future__ import annotations

import importlib
import os
import site
import sys
import warnings
from collections.abc import Iterator
from types import ModuleType

from checks.finding import Finding
from checks.project import Canister, Project

_PLAIN_KINDS = frozenset({"Script", "SourceModule", "Package", "NamespacePackage"})


def availability() -> str:
    """Whether modulegraph takes part, as a remark for the summary."""
    if _modulegraph() is not None:
        return "modulegraph agrees"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return f"modulegraph cannot be imported by Python {version}: imports were followed by reading alone"


def differences(project: Project, canister: Canister, expected: frozenset[str]) -> Iterator[Finding]:
    """Where modulegraph finds other modules of ours than reading the imports did."""
    if _modulegraph() is None or not canister.entry.exists():
        return
    found = modules(project, canister)
    why = "Kybra bundles what modulegraph finds under the root of the build, and drops the rest without a word"
    for name in sorted(expected - found):
        mend = f"install the project from {project.root}: pip install -e ."
        yield Finding(canister.entry, 1, "modulegraph", f"modulegraph does not find {name}", why, mend)
    for name in sorted(found - expected):
        yield Finding(canister.entry, 1, "modulegraph", f"modulegraph also finds {name}", why, "import it by name, or not at all")


def modules(project: Project, canister: Canister) -> frozenset[str]:
    """The modules of ours in the graph that Kybra would build: packages by their names, the entry by its stem."""
    library = _modulegraph()
    assert library is not None, "asked only where it can be imported"
    root = str(project.root)
    # As in Kybra's `bundle_python_code`: what of sys.path lies under the folder of the build, the entry's folder, the installed packages.
    path = [entry for entry in sys.path if entry.startswith(root)] + [str(canister.folder), *site.getsitepackages()]
    with warnings.catch_warnings():
        # It finds modules by ways that Python deprecated and removed in 3.12.
        warnings.simplefilter("ignore")
        graph = library.ModuleGraph(path)
        start = graph.run_script(str(canister.entry))
    names = set()
    for node in graph.flatten(start=start):
        ours = node.filename and os.path.realpath(node.filename).startswith((str(project.source), str(canister.folder)))
        if type(node).__name__ in _PLAIN_KINDS and ours:
            names.add(canister.entry.stem if node is start else node.identifier)
    return frozenset(names)


def _modulegraph() -> ModuleType | None:
    """The library, or None from Python 3.12 on, and where setuptools no longer has pkg_resources."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module("modulegraph.modulegraph")
        except ImportError:
            return None
