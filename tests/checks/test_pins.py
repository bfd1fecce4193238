"""Exact versions: everything the project installs is pinned, nothing else is, and what is installed here is what is pinned."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

EXTRAS = ("demo", "dev")
PYTHONS = ("3.10", "3.11", "3.12", "3.13")


@pytest.fixture(scope="module")
def pins(project_root: Path) -> list[Requirement]:
    lines = (project_root / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith("#")]


def applying(pins: list[Requirement], python: str | None = None) -> dict[str, str]:
    """The pinned versions by name, for this interpreter or for another."""
    environment = {"python_version": python} if python else None
    found = [pin for pin in pins if pin.marker is None or pin.marker.evaluate(environment)]
    assert len({canonicalize_name(pin.name) for pin in found}) == len(found)
    return {canonicalize_name(pin.name): str(pin.specifier) for pin in found}


def installed() -> dict[str, str]:
    """What the project with all extras needs here, and in which version it is installed."""
    todo: list[tuple[str, tuple[str, ...]]] = [("ddsx", EXTRAS)]
    seen: dict[str, str] = {}
    while todo:
        name, extras = todo.pop()
        for requirement in _requirements(name, extras):
            needed = canonicalize_name(requirement.name)
            if needed not in seen:
                seen[needed] = f"=={distribution(requirement.name).version}"
                todo.append((requirement.name, tuple(requirement.extras)))
    return seen


def _requirements(name: str, extras: tuple[str, ...]) -> Iterator[Requirement]:
    for text in distribution(name).requires or ():
        requirement = Requirement(text)
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield requirement


def test_every_pin_is_exact(pins: list[Requirement]) -> None:
    assert [str(pin) for pin in pins if not re.fullmatch(r"==[0-9][\w.]*", str(pin.specifier))] == []


@pytest.mark.parametrize("python", PYTHONS)
def test_a_name_has_one_version(pins: list[Requirement], python: str) -> None:
    assert len(applying(pins, python)) > 40


def test_pins_are_in_the_order_of_names(pins: list[Requirement]) -> None:
    names = [canonicalize_name(pin.name) for pin in pins]
    assert names == sorted(names)


def test_no_address_is_named(project_root: Path) -> None:
    text = (project_root / "constraints.txt").read_text(encoding="utf-8") + (project_root / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(r"https?:|--index|--find-links|--extra|@ ", text) is None


def test_the_build_tool_is_the_pinned_one(project_root: Path, pins: list[Requirement]) -> None:
    build = re.search(
        r'^requires = \["setuptools(==[^"]+)"\]$', (project_root / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert build is not None
    assert build.group(1) == applying(pins)["setuptools"]


def test_what_is_installed_is_what_is_pinned(pins: list[Requirement]) -> None:
    try:
        needed = installed()
    except PackageNotFoundError as missing:
        pytest.skip(f"{missing}: run scripts/test, which installs the project")
    assert needed == applying(pins)
