"""Small canisters for the replica's own tests, written where a test can see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from kybra_replica.driver import CanisterHandle, Replica


@pytest.fixture
def write_canister(tmp_path: Path) -> Callable[..., Path]:
    """Writes a canister's entry file, and files beside it, and answers the entry's path."""

    def write(source: str, name: str = "small", files: Mapping[str, str] | None = None) -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for file, text in (files or {}).items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text))
        entry = folder / f"{name}_canister.py"
        entry.write_text(dedent(source))
        return entry

    return write


@pytest.fixture
def install(replica: Replica, write_canister: Callable[..., Path]) -> Callable[..., CanisterHandle]:
    """Installs a canister from its source text."""

    def install_source(source: str, *arguments: Any, name: str = "small", files: Mapping[str, str] | None = None) -> CanisterHandle:
        return replica.install(write_canister(source, name, files), *arguments)

    return install_source
