"""One file of the source, read and parsed."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SourceFile:
    """A module that the canister can reach. `ours` is False for the files of the `kybra` package itself.

    `is_script` marks the entry: it has no package, so its relative imports lead nowhere. When another module imports the
    entry, it is there a second time, as a module.
    """

    name: str
    path: Path
    tree: ast.Module
    is_package: bool
    is_script: bool
    ours: bool

    @property
    def body(self) -> list[ast.stmt]:
        """The top-level statements: all that the generator looks at."""
        return self.tree.body
