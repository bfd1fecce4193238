"""Makes the project's virtual environment, or finds that the one there still fits, and prints the path of its Python.

Needs nothing but the standard library of a Python 3. Everything it says goes to standard error; standard output is the path alone.
The environment stands in `.venv` and is made anew when the pinned versions, the project's declaration or the interpreter change.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST = (3, 10)
STAMP = "ddsx-stamp"
INPUTS = ("pyproject.toml", "constraints.txt", "scripts/bootstrap.py")
EXTRAS = "demo,dev"


class CannotSetUp(Exception):
    """The environment cannot be made; the text says why and what to do."""


def main() -> int:
    """Make or find the environment; the exit code."""
    try:
        check_version(sys.version_info[:2])
        print(environment(ROOT))
    except CannotSetUp as problem:
        say(str(problem))
        return 1
    return 0


def check_version(version: "tuple[int, ...]") -> None:
    """Raises CannotSetUp for a Python that is too old."""
    if version < OLDEST:
        running = ".".join(str(part) for part in version)
        raise CannotSetUp(
            f"this is Python {running} at {sys.executable}, and the project needs {OLDEST[0]}.{OLDEST[1]} or newer.\n"
            "Name another one: DDSX_PYTHON=/path/to/python3.11 scripts/test"
        )


def environment(root: Path) -> Path:
    """The Python of an environment that fits, made now if need be. Raises CannotSetUp."""
    folder = root / ".venv"
    python = folder / "bin" / "python"
    wanted = stamp(root)
    marker = folder / STAMP
    if python.exists() and marker.exists() and marker.read_text(encoding="utf-8") == wanted:
        return python
    say(f"making a virtual environment in {folder} with Python {sys.version.split()[0]}; this takes a minute or two")
    if folder.exists():
        shutil.rmtree(folder)
    create(folder)
    install(root, python)
    marker.write_text(wanted, encoding="utf-8")
    say("the environment is ready")
    return python


def stamp(root: Path) -> str:
    """What the environment depends on, as a digest: the interpreter, its place, and the files that say what is installed."""
    digest = hashlib.sha256(f"{sys.version}\n{os.path.realpath(sys.executable)}\n{root}\n".encode())
    for name in INPUTS:
        digest.update(name.encode() + b"\0" + (root / name).read_bytes() + b"\0")
    return digest.hexdigest()


def create(folder: Path) -> None:
    """Make an empty environment with pip in it, installing Debian's part of Python that does so where it is missing."""
    first = _venv(folder)
    if first.returncode == 0:
        return
    shutil.rmtree(folder, ignore_errors=True)
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    if not shutil.which("apt-get"):
        raise CannotSetUp(f"this Python cannot make virtual environments:\n{first.stdout}\nInstall its venv and ensurepip modules.")
    if os.geteuid() != 0:
        raise CannotSetUp(f"this Python lacks ensurepip, which Debian keeps in a package of its own: sudo apt-get install {package}")
    say(f"this Python lacks ensurepip: installing {package} with apt-get")
    # The package list of a fresh machine may be empty, so it is fetched first.
    run(["apt-get", "update", "-q"])
    run(["apt-get", "install", "-q", "-y", "--no-install-recommends", package])
    second = _venv(folder)
    if second.returncode != 0:
        raise CannotSetUp(f"the environment cannot be made, {package} or not:\n{second.stdout}")


def _venv(folder: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "venv", str(folder)]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def install(root: Path, python: Path) -> None:
    """Install the pinned build tool, then the project and everything it uses; built here, so no build brings tools of its own."""
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--constraint", str(root / "constraints.txt")]
    run([*pip, "setuptools"])
    run([*pip, "--use-pep517", "--no-build-isolation", "--editable", f"{root}[{EXTRAS}]"])


def run(command: "list[str]") -> None:
    """Run a command, what it prints going to standard error. Raises CannotSetUp when it fails."""
    done = subprocess.run(command, stdout=sys.stderr, check=False)
    if done.returncode != 0:
        raise CannotSetUp(f"this failed with exit code {done.returncode}: {' '.join(command)}")


def say(text: str) -> None:
    """A line for the person who waits."""
    print(f"ddsx: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
