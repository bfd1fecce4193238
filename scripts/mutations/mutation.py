"""One bug, and how it is put into a source."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path


class Stale(Exception):
    """A list of bugs does not fit the source any more."""


@dataclass(frozen=True)
class Mutation:
    """A bug: `old` becomes `new` in `file`.

    name: stable, lower case with hyphens.
    loss: what a user would lose, in one sentence.
    file: relative to the root of the checkout.
    old: text that occurs there exactly once.
    tests: the tests that must notice, as pytest names them: `file::test`.
    """

    name: str
    loss: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def apply(self, source: str) -> str:
        """The source with the bug. Raises: Stale, unless `old` occurs exactly once and what comes out is another valid program."""
        found = source.count(self.old)
        if found != 1:
            raise Stale(f"{self.name}: the text to replace occurs {found} times in {self.file}, not once")
        mutated = source.replace(self.old, self.new)
        try:
            changed = ast.dump(ast.parse(mutated)) != ast.dump(ast.parse(source))
        except SyntaxError as error:
            raise Stale(f"{self.name}: {self.file} is no Python with the bug in it: {error}") from error
        if not changed:
            raise Stale(f"{self.name}: the change in {self.file} is none to the program")
        return mutated

    def check(self, root: Path) -> None:
        """Whether bug and tests exist. Raises: Stale."""
        self.apply(read(root, self.file))
        for test in self.tests:
            file, _, name = test.partition("::")
            if name.partition("[")[0] not in _names(read(root, file)):
                raise Stale(f"{self.name}: there is no test {test}")


def read(root: Path, file: str) -> str:
    """The text of a file of the checkout. Raises: Stale when there is none."""
    try:
        return (root / file).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise Stale(f"there is no file {file}") from error


def _names(source: str) -> set[str]:
    """What a test file defines: its functions and, as pytest names the test of a state machine, `Name::runTest`."""
    names: set[str] = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names.update(f"{target.id}::runTest" for target in node.targets if isinstance(target, ast.Name))
    return names
