"""The tree that is checked: where its packages and canisters stand, and how its files are called when imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ON_CHAIN_PACKAGES = ("ddsx_core", "ddsx_wire")
"""The packages of `src` that are bundled into canisters."""

RECORDED = ("tests/kybra_cases", "tests/candid_cases")
"""Cases recorded from other programs, kept as they were: data, though some of it is Python."""

CACHES = frozenset({"__pycache__", ".ruff_cache", ".mypy_cache", ".pytest_cache", ".hypothesis"})
STANDARD_LIBRARY = sys.stdlib_module_names


@dataclass(frozen=True)
class Canister:
    """A canister: `canisters/<name>/<name>_canister.py` with its stores and its interface beside it."""

    name: str
    folder: Path

    @property
    def entry(self) -> Path:
        """The file Kybra is given."""
        return self.folder / f"{self.name}_canister.py"

    @property
    def did(self) -> Path:
        """The committed interface."""
        return self.folder / f"{self.name}.did"

    @property
    def siblings(self) -> frozenset[str]:
        """The modules of its own folder, as they are imported."""
        return frozenset(path.stem for path in self.folder.glob("*.py"))


@dataclass(frozen=True)
class Project:
    """A checkout, by its root."""

    root: Path

    @property
    def source(self) -> Path:
        """Where the packages are."""
        return self.root / "src"

    @cached_property
    def canisters(self) -> tuple[Canister, ...]:
        """Every folder under `canisters`, in the order of names."""
        folders = sorted((self.root / "canisters").glob("*/"))
        return tuple(Canister(folder.name, folder) for folder in folders if folder.is_dir() and folder.name not in CACHES)

    @cached_property
    def canister_modules(self) -> frozenset[str]:
        """The names under which modules of canisters are imported."""
        return frozenset(name for canister in self.canisters for name in canister.siblings)

    def python_files(self, *folders: str) -> list[Path]:
        """The Python files under folders of the root, in the order of names."""
        return [path for path in self.files(*folders) if path.suffix == ".py"]

    def files(self, *folders: str) -> list[Path]:
        """Every file under folders of the root, caches and recorded cases left out, in the order of names."""
        recorded = [self.root / folder for folder in RECORDED]
        found = (path for folder in folders for path in _files(self.root / folder))
        return sorted(path for path in found if not any(path.is_relative_to(folder) for folder in recorded))

    def on_chain_files(self) -> list[Path]:
        """The Python files that become part of a canister."""
        return self.python_files(*(f"src/{package}" for package in ON_CHAIN_PACKAGES), "canisters")

    def module_name(self, path: Path) -> str:
        """How a file is imported: dotted for packages of `src`, the plain stem for everything else."""
        if not path.is_relative_to(self.source):
            return path.stem
        parts = path.relative_to(self.source).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def package(self, path: Path) -> str | None:
        """The package of `src` a file belongs to, None for what lies elsewhere."""
        return path.relative_to(self.source).parts[0] if path.is_relative_to(self.source) else None

    def canister_of(self, path: Path) -> Canister | None:
        """The canister a file belongs to."""
        return next((canister for canister in self.canisters if path.is_relative_to(canister.folder)), None)


def _files(folder: Path) -> Iterator[Path]:
    for directory, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in CACHES and not name.endswith(".egg-info")]
        yield from (Path(directory, name) for name in names)
