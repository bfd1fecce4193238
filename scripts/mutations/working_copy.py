"""Copies of the checkout in which bugs are tried, so that the checkout itself never holds one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mutations.mutation import Mutation

_LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "*.egg-info", "build", "dist", "kybra_cases", "candid_cases")


class WorkingCopy:
    """A copy of the checkout; several bugs are tried in it one after the other."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.folder = folder
        self._tries = 0
        shutil.copytree(root, folder, ignore=_LEFT_OUT)

    @contextmanager
    def having(self, mutation: Mutation) -> Iterator[None]:
        """The copy with the bug, for as long as the block lasts."""
        path = self.folder / mutation.file
        before = path.stat()
        source = path.read_bytes()
        path.write_text(mutation.apply(source.decode()), encoding="utf-8")
        # Python takes compiled code for current by the source's second and size, which a mutated file may share with the one before it.
        self._tries += 1
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + self._tries * 1_000_000_000))
        try:
            yield
        finally:
            path.write_bytes(source)
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
