"""Between sources and module packages: packing what Kybra would bundle, and making an engine of a package again."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

from kybra_replica.candid import CandidError, is_equal, parse_did
from kybra_replica.candid.did_printer import render_init_arguments
from kybra_replica.candid.types import Func, Interface
from kybra_replica.module_package import ModulePackage, pack, unpack
from kybra_replica.module_sources import Sources, encode_sources
from kybra_replica.python_engine.declarations import Program
from kybra_replica.python_engine.engine import PythonEngine
from kybra_replica.python_engine.programs import Programs
from kybra_replica.python_engine.source import SourceRefused
from kybra_replica.python_engine.source.bundle import frozen_files
from kybra_replica.system_api import ModuleRefused

_Stamp = tuple[tuple[str, Path, int, int], ...]


class ModulePackages:
    """Makes packages of programs and engines of packages, each once for as long as nothing has changed.

    Sources are unpacked below `directory`, in a folder named after their hash, where several replicas may look for them at
    once; None unpacks to a temporary directory that goes with this object.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory
        self._programs = Programs()
        self._packed: dict[tuple[Path, bool], tuple[_Stamp, bytes]] = {}

    def pack(self, program: Program, *, lenient: bool = False) -> bytes:
        """The module package of a program that was read from its files. Raises ModuleRefused when it is too large."""
        files = packed_files(program)
        stamp = tuple(_stamp(name, path) for name, path in sorted(files.items()))
        known = self._packed.get((program.entry, lenient))
        if known is not None and known[0] == stamp:
            return known[1]
        module = pack(package_of(program, files, lenient=lenient))
        self._packed[program.entry, lenient] = (stamp, module)
        return module

    def open_module(self, module: bytes) -> PythonEngine:
        """An engine that runs the package as it would run its files. Raises ModuleRefused with what is wrong with it."""
        package = unpack(module)
        root = self._unpacked(package.sources)
        try:
            program = self._programs.read(root / package.sources.entry, search_path=(), lenient=package.sources.lenient)
        except SourceRefused as refused:
            raise ModuleRefused(f"its sources are refused:\n{str(refused).replace(f'{root}{os.sep}', '')}") from refused
        service = package.public.get("candid:service")
        if service is not None:
            _check_service(service, program.interface)
        return PythonEngine(program, package.public, package.private)

    def _unpacked(self, sources: Sources) -> Path:
        """The folder that holds exactly what is in `sources`; what is damaged there is put right."""
        home = self._home()
        root = home / sha256(encode_sources(sources)).hexdigest()
        while not _is_intact(root, sources.files):
            fresh = Path(tempfile.mkdtemp(prefix="unpacking-", dir=home))
            try:
                _write(fresh / "new", sources.files)
                # Somebody else may have put it right meanwhile, and be reading it.
                if root.exists() and not _is_intact(root, sources.files):
                    _move(root, fresh / "old")
                _move(fresh / "new", root)
            finally:
                shutil.rmtree(fresh, ignore_errors=True)
        return root

    def _home(self) -> Path:
        if self._directory is None:
            self._directory = Path(tempfile.mkdtemp(prefix="kybra-replica-"))
            weakref.finalize(self, shutil.rmtree, self._directory, ignore_errors=True)
        self._directory.mkdir(parents=True, exist_ok=True)
        return self._directory


def package_of(program: Program, files: Mapping[str, Path], *, lenient: bool = False) -> ModulePackage:
    """The package of a program whose files stand where `files` says."""
    contents = {name: path.read_bytes() for name, path in files.items()}
    metadata = {"candid:service": program.did.encode(), "candid:args": render_init_arguments(program.interface).encode()}
    return ModulePackage(Sources(program.entry.name, contents, lenient=lenient), metadata)


def packed_files(program: Program) -> dict[str, Path]:
    """Path within the package -> file: every module that the entry reaches, and packages whole, as Kybra bundles them."""
    found = {program.entry.name: program.entry}
    for name, path in program.modules:
        if path == program.entry:
            continue
        base = name.replace(".", "/")
        if path.name == "__init__.py":
            for file in frozen_files(path.parent):
                found[f"{base}/{file.relative_to(path.parent).as_posix()}"] = file
        found[f"{base}/__init__.py" if path.name == "__init__.py" else f"{base}.py"] = path
    return found


def _check_service(section: bytes, interface: Interface) -> None:
    """The section may be worded otherwise than the sources' own interface, not say anything else."""
    try:
        described = parse_did(section.decode())
    except (UnicodeDecodeError, CandidError) as problem:
        raise ModuleRefused(f"its section candid:service is not Candid: {problem}") from problem
    told, meant = dict(described.methods), dict(interface.methods)
    same = told.keys() == meant.keys() and all(is_equal(told[name], meant[name]) for name in told)
    # dfx takes the init arguments out of the service that it writes.
    if not same or (described.init is not None and not is_equal(Func(described.init, ()), Func(interface.init or (), ()))):
        raise ModuleRefused("its section candid:service does not describe its sources")


def _is_intact(root: Path, files: Mapping[str, bytes]) -> bool:
    present = {path.relative_to(root).as_posix() for path in _regular_files(root)}
    return present == files.keys() and all((root / name).read_bytes() == content for name, content in files.items())


def _regular_files(root: Path) -> Iterator[Path]:
    return (path for path in root.rglob("*") if path.is_file())


def _write(root: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _move(source: Path, target: Path) -> None:
    """Rename, unless somebody else has just done so."""
    try:
        source.rename(target)
    except (FileNotFoundError, FileExistsError):
        return
    except OSError:
        if not target.exists():
            raise


def _stamp(name: str, path: Path) -> tuple[str, Path, int, int]:
    status = path.stat()
    return name, path, status.st_mtime_ns, status.st_size
