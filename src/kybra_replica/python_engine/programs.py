"""Sources read once: tests install the same canister over and over, and reading takes a tenth of a second."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kybra_replica.python_engine.declarations import Program
from kybra_replica.python_engine.source import read_program

_Stamp = tuple[tuple[str, int, int], ...]


class Programs:
    """Remembers what `read_program` answered for as long as none of the files it read has changed."""

    def __init__(self) -> None:
        self._known: dict[tuple[Path, tuple[Path, ...], bool], tuple[_Stamp, Program]] = {}

    def read(self, entry: Path, *, search_path: Sequence[Path], lenient: bool) -> Program:
        """As `read_program`, and raises what it raises."""
        key = (entry.resolve(), tuple(search_path), lenient)
        known = self._known.get(key)
        if known is not None and known[0] == _stamp(known[1]):
            return known[1]
        program = read_program(entry, search_path=search_path, lenient=lenient)
        self._known[key] = (_stamp(program), program)
        return program


def _stamp(program: Program) -> _Stamp:
    files = []
    for _, path in program.modules:
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        files.append((str(path), status.st_mtime_ns, status.st_size))
    return tuple(files)
