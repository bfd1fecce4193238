"""Each canister's own copy of every module that it imports: its heap.

Modules of the canister, of its packages and of `kybra` are executed anew for every installed canister; what one patches
reaches neither another canister nor the process around it. The standard library is shared, but for what would tell a
canister about the machine it runs on: time, randomness, files.
"""

from __future__ import annotations

import ast
import datetime as host_datetime
import importlib
import importlib.util
import os
import sys
import time as host_time
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from kybra_replica.python_engine.formats import CHECKED, checked, checked_format, with_checked_formats
from kybra_replica.system_api import Trap

STANDARD_LIBRARY = frozenset(sys.stdlib_module_names) | frozenset(sys.builtin_module_names)


@lru_cache(maxsize=512)
def _compiled(path: Path, modified_ns: int, size: int) -> CodeType:
    return compile(with_checked_formats(ast.parse(path.read_bytes(), str(path))), str(path), "exec", dont_inherit=True)


def code_of(path: Path) -> CodeType:
    """The code of a module's file, the same object for as long as the file stays as it is."""
    status = path.stat()
    return _compiled(path, status.st_mtime_ns, status.st_size)


def kybra_folder() -> Path:
    """Where the installed `kybra` package lies. Raises ModuleNotFoundError when it is not installed."""
    spec = importlib.util.find_spec("kybra")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the package kybra is not installed: pip install kybra==0.7.1", name="kybra")
    return Path(spec.origin).parent


class ModuleSpace:
    """The modules of one canister.

    `bundle` maps dotted names to files, as the source rules found them; a package's other modules are found beside the
    ones named there, since Kybra bundles packages whole. `seam` becomes `builtins._kybra_ic`; `time_ns` answers the
    simulated time; `trap` ends the message.
    """

    def __init__(self, bundle: Mapping[str, Path], seam: object, time_ns: Callable[[], int], trap: Callable[[Trap], Any]) -> None:
        self.modules: dict[str, ModuleType] = {}
        self._files = {**bundle, "kybra": kybra_folder() / "__init__.py"}
        self.builtins = {**vars(importlib.import_module("builtins"))}
        self.builtins.update(__import__=self._import, print=_silent, open=_no_files, _kybra_ic=seam)
        self.builtins.update({CHECKED: checked, "format": checked_format})
        self.random_imported = False
        """Whether code of the canister has imported `random`, and could have drawn from it."""
        self._substitutes = _substitutes(time_ns, trap)
        self._loading = False

    def scope(self, entry: str) -> dict[str, Any]:
        """A namespace after `from <entry> import *`: where Kybra's glue looks methods up."""
        scope: dict[str, Any] = {"__builtins__": self.builtins}
        names = self._known_names()
        shadowed = {name: sys.modules.pop(name) for name in names}
        self._loading = True
        try:
            # Class creation (dataclasses, typing) looks modules up in sys.modules; while ours load, ours stand there.
            exec(compile(f"from {entry} import *", "<entry>", "exec"), scope)  # noqa: S102 - what the glue does
        finally:
            self._loading = False
            for name in self.modules:
                if name not in STANDARD_LIBRARY:
                    sys.modules.pop(name, None)
            sys.modules.update(shadowed)
        return scope

    def load(self, name: str) -> ModuleType:
        """The module `name`, executed if it was not before. Raises ModuleNotFoundError, and what its code raises."""
        if name in self.modules:
            return self.modules[name]
        top = name.partition(".")[0]
        if top in STANDARD_LIBRARY:
            return self._substitutes.get(name) or self._shared(name)
        parent_name, _, child = name.rpartition(".")
        parent = self.load(parent_name) if parent_name else None
        if name in self.modules:
            return self.modules[name]
        path = self._find(name)
        if path is None:
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)
        module = self._execute(name, path)
        if parent is not None:
            setattr(parent, child, module)
        return module

    def paths(self) -> list[Path]:
        """Files of the modules that are loaded."""
        return [self._files[name] for name in self.modules if name in self._files]

    def unload(self, count: int) -> None:
        """Forget all but the first `count` modules that were loaded."""
        for name in list(self.modules)[count:]:
            del self.modules[name]

    def _known_names(self) -> list[str]:
        own = {known.partition(".")[0] for known in self._files} - STANDARD_LIBRARY
        return [name for name in sys.modules if name.partition(".")[0] in own]

    def _shared(self, name: str) -> ModuleType:
        if name == "random":
            self.modules["random"] = _private_random()
            return self.modules["random"]
        return importlib.import_module(name)

    def _find(self, name: str) -> Path | None:
        known = self._files.get(name)
        if known is not None:
            return known
        parent = name.rpartition(".")[0]
        if not parent or self._files.get(parent, Path()).name != "__init__.py":
            return None
        folder = self._files[parent].parent
        child = name.rpartition(".")[2]
        for path in (folder / child / "__init__.py", folder / f"{child}.py"):
            if path.is_file():
                self._files[name] = path
                return path
        return None

    def _execute(self, name: str, path: Path) -> ModuleType:
        module = ModuleType(name)
        is_package = path.name == "__init__.py"
        # No __file__: a canister has no files, and code that asks for one must fail here as it does there.
        namespace = vars(module)
        namespace.update(__builtins__=self.builtins, __package__=name if is_package else name.rpartition(".")[0])
        if is_package:
            namespace["__path__"] = []
        self.modules[name] = module
        if self._loading:
            sys.modules[name] = module
        try:
            exec(code_of(path), namespace)  # noqa: S102 - running the canister is the point
        except BaseException:
            del self.modules[name]
            raise
        return module

    def _import(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,  # noqa: A002 - the protocol of __import__
        locals: Mapping[str, object] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        absolute = _absolute(name, globals or {}, level)
        self.random_imported |= absolute == "random"
        module = self.load(absolute)
        if not fromlist:
            return module if level else self.load(name.partition(".")[0])
        if hasattr(module, "__path__"):
            wanted = getattr(module, "__all__", ()) if "*" in fromlist else fromlist
            for child in wanted:
                if not hasattr(module, child):
                    self._load_optional(f"{absolute}.{child}")
        return module

    def _load_optional(self, name: str) -> None:
        try:
            self.load(name)
        except ModuleNotFoundError as problem:
            if problem.name != name:
                raise


def _absolute(name: str, importer: Mapping[str, object], level: int) -> str:
    if level == 0:
        return name
    package = str(importer.get("__package__") or "")
    parts = package.split(".") if package else []
    if len(parts) < level:
        raise ImportError("attempted relative import beyond top-level package")
    base = ".".join(parts[: len(parts) - level + 1])
    return f"{base}.{name}" if name else base


def _silent(*_values: object, **_options: object) -> None:
    """`print` in a canister is buffered and shown to nobody; `ic.print` is what people see."""


def _no_files(file: object, *_arguments: object, **_options: object) -> Any:
    raise FileNotFoundError(f"No such file or directory (os error 44): {file!r}")


def _private_random() -> ModuleType:
    """A `random` module of the canister's own, in the fixed state that it has until the seed timer has run."""
    spec = importlib.util.find_spec("random")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    # CPython 3.13 binds what it needs for bytes in the module when it is first given some: not while messages run.
    module.seed(b"")
    module.seed(0)
    return module


def _substitutes(time_ns: Callable[[], int], trap: Callable[[Trap], Any]) -> dict[str, ModuleType]:
    def predictable(name: str) -> Callable[..., Any]:
        def refuse(*_arguments: object, **_options: object) -> Any:
            trap(Trap(f"{name} answers the same bytes in every canister, so this replica refuses it: await raw_rand"))

        return refuse

    modules = {
        "time": _copy(
            host_time,
            time=lambda: time_ns() / 1e9,
            time_ns=time_ns,
            monotonic=lambda: time_ns() / 1e9,
            monotonic_ns=time_ns,
            perf_counter=lambda: time_ns() / 1e9,
            perf_counter_ns=time_ns,
        ),
        "os": _copy(os, urandom=predictable("os.urandom")),
        "datetime": _datetime(time_ns),
    }
    drawing = {"secrets": ("token_bytes", "token_hex", "token_urlsafe", "randbelow", "randbits", "choice"), "uuid": ("uuid1", "uuid4")}
    for name, functions in drawing.items():
        module = importlib.import_module(name)
        modules[name] = _copy(module, **{function: predictable(f"{name}.{function}") for function in functions})
    return modules


def _copy(module: ModuleType, **replaced: Any) -> ModuleType:
    copy = ModuleType(module.__name__)
    vars(copy).update(vars(module))
    vars(copy).update(replaced)
    return copy


def _datetime(time_ns: Callable[[], int]) -> ModuleType:
    class datetime(host_datetime.datetime):  # noqa: N801 - it stands in for that class
        def __repr__(self) -> str:
            return f"datetime.{super().__repr__()}"

        @classmethod
        def now(cls, tz: host_datetime.tzinfo | None = None) -> Any:
            seconds, rest = divmod(time_ns(), 1_000_000_000)
            moment = cls.fromtimestamp(seconds, host_datetime.timezone.utc).replace(microsecond=rest // 1_000)
            return moment.replace(tzinfo=None) if tz is None else moment.astimezone(tz)

        @classmethod
        def utcnow(cls) -> Any:
            return cls.now()

        @classmethod
        def today(cls) -> Any:
            return cls.now()

    class date(host_datetime.date):  # noqa: N801
        def __repr__(self) -> str:
            return f"datetime.{super().__repr__()}"

        @classmethod
        def today(cls) -> Any:
            moment = datetime.now()
            return cls(moment.year, moment.month, moment.day)

    return _copy(host_datetime, datetime=datetime, date=date)
