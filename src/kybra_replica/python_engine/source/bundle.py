"""What becomes of the files in Kybra's bundle: a flat copy of every module, whole packages, RustPython's library on top."""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from pathlib import Path

from kybra_replica.python_engine.source.modules import STANDARD_LIBRARY, ModuleGraph
from kybra_replica.python_engine.source.report import Report, Where
from kybra_replica.python_engine.source.source_file import SourceFile
from kybra_replica.python_engine.source.syntax import parse_file


def check_bundle(graph: ModuleGraph, entry: Path, report: Report) -> None:
    """Imports that are dropped, names that hide each other, folders that are left out, files that stop the freezer."""
    _check_imports(graph, report)
    _check_names(graph, entry, report)
    _check_folders(graph, report)
    _check_packages(graph, report)


def _check_imports(graph: ModuleGraph, report: Report) -> None:
    for missed in (missed for module in graph.modules for missed in module.missed if not missed.handled):
        relative = missed.name.startswith(".")
        report.breaks(
            "import-not-found",
            missed.path,
            missed.line,
            f"{missed.name} is found nowhere; Kybra drops such an import in silence and the canister traps when it runs it",
            "write the absolute name of a module" if relative else "mend the name, or put the folder of the package on the search path",
        )


def _check_names(graph: ModuleGraph, entry: Path, report: Report) -> None:
    if not entry.stem.isidentifier() or keyword.iskeyword(entry.stem):
        report.breaks(
            "entry-name", entry, 1, f"{entry.stem!r} cannot be imported, and Kybra imports the entry by that name", "rename the file"
        )
    for file in graph.files:
        if "," in str(file.path) and file.ours:
            report.refuse(
                "comma-in-path", file.path, 1, "Kybra joins its list of files with commas and cannot read this path", "rename the folder"
            )
        if file.ours and "." not in file.name and file.name in STANDARD_LIBRARY:
            report.breaks(
                "shadowed-module",
                file.path,
                1,
                f"the standard library has a module {file.name}, which takes its place in the canister",
                "rename it",
            )
    _check_flat_copies(graph, report)


def _check_flat_copies(graph: ModuleGraph, report: Report) -> None:
    """Every plain module is copied to `<basename>.py`, sub-modules too, each over the one before."""
    copies: dict[str, SourceFile] = {}
    packages = {name for name in graph.packages if "." not in name}
    for file in graph.files:
        if file.is_package:
            continue
        base = file.name.rpartition(".")[2]
        first = copies.setdefault(base, file)
        if first.path != file.path and (first.ours or file.ours):
            lost, kept = (first, file) if "." not in first.name else (file, first)
            if "." not in lost.name and lost.ours:
                rule = "entry-overwritten" if lost.is_script else "module-overwritten"
                report.breaks(
                    rule,
                    lost.path,
                    1,
                    f"in Kybra's bundle {kept.name} is copied to {base}.py too, over this file",
                    "give the files different names",
                )
        if base in packages and file.ours:
            report.breaks(
                "module-overwritten",
                file.path,
                1,
                f"in Kybra's bundle this file becomes {base}.py, beside the package {base}",
                "rename the file",
            )


def _check_folders(graph: ModuleGraph, report: Report) -> None:
    for module in graph.modules:
        if module.path is None and module.folder is not None:
            report.breaks(
                "missing-init",
                module.folder,
                1,
                f"{module.name} has no __init__.py, and Kybra freezes no module of such a folder",
                "add an empty __init__.py",
            )


def _check_packages(graph: ModuleGraph, report: Report) -> None:
    """A package is bundled whole, and the freezer compiles every file in it, imported or not."""
    read, packages = {module.path for module in graph.modules}, graph.packages

    def complain(rule: str, path: Path, line: Where, message: str, mend: str) -> None:
        report.breaks(rule, path, line, f"{message}; nothing imports the file, but its package is bundled whole", mend)

    for name, folder in packages.items():
        if "." in name and name.rpartition(".")[0] in packages:
            continue
        for path in frozen_files(folder):
            if path not in read:
                parse_file(path, report, complain)


def frozen_files(folder: Path) -> Iterator[Path]:
    """The files that the freezer compiles: in folders with `__init__.py`, but for those that mark themselves as broken."""
    for path in sorted(folder.iterdir()):
        if path.is_dir() and (path / "__init__.py").is_file():
            yield from frozen_files(path)
        elif path.suffix == ".py" and not path.name.startswith("badsyntax_"):
            yield path
