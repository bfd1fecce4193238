"""Making the environment: when it is made anew, and what is said when it cannot be."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import bootstrap


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A root with the files an environment depends on, and an environment that fits."""
    for name in bootstrap.INPUTS:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    (tmp_path / ".venv" / bootstrap.STAMP).write_text(bootstrap.stamp(tmp_path), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("version", [(3, 10), (3, 13), (4, 0)])
def test_a_python_that_is_new_enough(version: tuple[int, ...]) -> None:
    bootstrap.check_version(version)


@pytest.mark.parametrize("version", [(3, 9), (3, 6), (2, 7)])
def test_a_python_that_is_too_old_is_named(version: tuple[int, ...]) -> None:
    with pytest.raises(bootstrap.CannotSetUp, match=rf"this is Python {version[0]}\.{version[1]} at .*needs 3\.10 or newer") as refused:
        bootstrap.check_version(version)
    assert "DDSX_PYTHON=" in str(refused.value)


def test_an_environment_that_fits_is_used(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bootstrap.environment(checkout) == checkout / ".venv" / "bin" / "python"
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("name", bootstrap.INPUTS)
def test_the_stamp_depends_on_every_input(checkout: Path, name: str) -> None:
    before = bootstrap.stamp(checkout)
    (checkout / name).write_text("other", encoding="utf-8")
    assert bootstrap.stamp(checkout) != before


def test_the_stamp_depends_on_the_place(checkout: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    for name in bootstrap.INPUTS:
        (moved / name).parent.mkdir(parents=True, exist_ok=True)
        (moved / name).write_bytes((checkout / name).read_bytes())
    assert bootstrap.stamp(moved) != bootstrap.stamp(checkout)


def test_a_command_that_fails_is_named() -> None:
    with pytest.raises(bootstrap.CannotSetUp, match=r"failed with exit code 3: .*python"):
        bootstrap.run([sys.executable, "-c", "raise SystemExit(3)"])


def test_what_commands_print_goes_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    bootstrap.run([sys.executable, "-c", "print('collected')"])
    assert capfd.readouterr() == ("", "collected\n")


def test_no_python_at_all_is_said(project_root: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", str(project_root / "scripts" / "check")],
        env={"DDSX_PYTHON": "no-such-python", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == "ddsx: there is no no-such-python: install Python 3.10 or newer, or name one with DDSX_PYTHON\n"


@pytest.fixture
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH, and a Python without ensurepip until a file `installed` stands in it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    python = folder / "python"
    python.write_text(f"#!/bin/sh\n[ -e {folder}/installed ] && exit 0\necho ensurepip is not available\nexit 1\n", encoding="utf-8")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    monkeypatch.setenv("PATH", str(folder))
    return folder


def add_apt_get(folder: Path, monkeypatch: pytest.MonkeyPatch, *, user: int) -> None:
    """Debian's installer, which keeps what it was asked and installs the missing part."""
    apt_get = folder / "apt-get"
    apt_get.write_text(f'#!/bin/sh\necho "$*" >> {folder}/asked\ncase "$1" in install) : > {folder}/installed;; esac\n', encoding="utf-8")
    apt_get.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: user)


def test_on_debian_root_gets_the_missing_part_installed(bare_machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_apt_get(bare_machine, monkeypatch, user=0)
    bootstrap.create(tmp_path / ".venv")
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    asked = (bare_machine / "asked").read_text(encoding="utf-8").splitlines()
    assert asked == ["update -q", f"install -q -y --no-install-recommends {package}"]


def test_on_debian_anybody_else_is_told_what_to_install(bare_machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_apt_get(bare_machine, monkeypatch, user=1000)
    with pytest.raises(bootstrap.CannotSetUp, match=r"sudo apt-get install python3\.\d+-venv$"):
        bootstrap.create(tmp_path / ".venv")
    assert not (bare_machine / "asked").exists()


def test_elsewhere_the_reason_is_shown(bare_machine: Path, tmp_path: Path) -> None:
    with pytest.raises(bootstrap.CannotSetUp, match=r"ensurepip is not available\n\nInstall its venv and ensurepip modules"):
        bootstrap.create(tmp_path / ".venv")
    assert bare_machine.exists()
