"""Parts of the standard library that are missing or different inside the canister, or that our rules keep out of it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from checks.source import Hit, Module, Rule, spelled


@dataclass(frozen=True)
class Kept:
    """A rule over names: dotted origins, whole modules (`gzip.*`), and attributes of anything (`.strptime`)."""

    name: str
    uses: tuple[str, ...]
    why: str
    mend: str
    but: tuple[str, ...] = ()

    def covers(self, origin: str) -> bool:
        """Whether a dotted origin is one of the uses."""
        if origin in self.but:
            return False
        return any(origin == use or (use.endswith(".*") and (origin + ".").startswith(use[:-1])) for use in self.uses)

    def rule(self) -> Rule:
        """The rule that finds the uses in a file."""
        return Rule(self.name, self.why, self.mend, _finder(self))


def _finder(kept: Kept) -> Callable[[Module], Iterable[Hit]]:
    attributes = frozenset(use[1:] for use in kept.uses if use.startswith("."))

    def find(module: Module) -> Iterator[Hit]:
        for node in module.nodes:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                yield from ((node, f"{name} is imported") for name in _whole_modules(node) if kept.covers(name))
            elif isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
                attribute = node.attr if isinstance(node, ast.Attribute) else ""
                whole = not isinstance(module.parents[node], ast.Attribute)
                if attribute in attributes or (whole and kept.covers(module.origin(node) or "")):
                    yield node, f"{spelled(node)} is used"

    return find


def _whole_modules(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """The modules a statement names. A name taken from a module is judged where it is used."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif node.module and not node.level:
        yield node.module


_KEPT = (
    Kept("functools-cache", ("functools.cache",), "functools.cache does not exist in the canister", "pass the value along instead"),
    Kept(
        "hidden-cache",
        ("functools.lru_cache", "functools.cached_property"),
        "a cache is module state that an upgrade loses, and a hit costs 75 k instructions",
        "compute it once and pass it along",
    ),
    Kept("strptime", (".strptime",), "there is no _strptime in the canister: ModuleNotFoundError", "take times as nanoseconds, as int"),
    Kept(
        "csv-forms",
        ("csv.writer", "csv.DictWriter", "csv.DictReader"),
        "quoted fields come out with a comma too many, and DictReader fails",
        "join the fields yourself; csv.reader is right",
    ),
    Kept(
        "compression",
        ("zlib.*", "gzip.*"),
        "in the canister zlib could not read back its own output, and gzip fails",
        "store text as it is; crc32 and adler32 are right",
        but=("zlib", "zlib.crc32", "zlib.adler32"),
    ),
    Kept(
        "randomness",
        ("os.urandom", "secrets.*", "uuid.*", "random.*"),
        "the canister's random numbers are the same for everyone who runs its code",
        "await raw_rand of the management canister, and hash it for more",
    ),
    Kept(
        "clock",
        ("time.*", "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today"),
        "time comes in as an argument, so that a test can say what time it is",
        "read ic.time() in the method and pass it along",
    ),
    Kept(
        "hash-functions",
        ("hashlib.pbkdf2_hmac", "hashlib.scrypt", "hashlib.algorithms_guaranteed", "hashlib.file_digest"),
        "hashlib in the canister does not have it",
        "use sha256",
    ),
    Kept(
        "missing-library",
        (
            *("asyncio.*", "socket.*", "ssl.*", "subprocess.*", "multiprocessing.*", "sqlite3.*", "ctypes.*", "bz2.*", "lzma.*", "xml.*"),
            *("zoneinfo.*", "tkinter.*", "email.*", "importlib.metadata", "platform.*", "tomllib.*"),
        ),
        "the module is missing or broken in the canister",
        "do it outside the canister",
    ),
    Kept(
        "outside-world",
        (
            *("os.*", "pathlib.*", "io.open", "tempfile.*", "shutil.*", "glob.*", "logging.*", "threading.*", "signal.*", "builtins.open"),
            *("builtins.input", "sys.stdin", "sys.stdout", "sys.stderr", "sys.argv", "sys.exit"),
        ),
        "a canister has no files, environment, threads or log of that kind",
        "take what is needed as an argument; ic.print is the log",
        but=("os.urandom",),
    ),
    Kept("host-size", ("sys.maxsize", "sys.platform"), "the canister is a 32-bit machine of its own", "state the size you mean"),
    Kept(
        "annotations",
        ("typing.get_type_hints", "inspect.get_annotations", ".__annotations__", "typing.runtime_checkable"),
        "annotations are listed in another order in the canister, and runtime_checkable protocols answer wrongly",
        "keep what you need in a tuple of your own",
    ),
    Kept(
        "names-as-values",
        ("builtins.locals", "builtins.vars", "builtins.globals", "builtins.eval", "builtins.exec", "builtins.compile"),
        "which names exist differs in the canister: `except ... as name` leaves its name behind",
        "use a dict of your own",
    ),
    Kept(
        "dynamic-import",
        ("importlib.*", "builtins.__import__"),
        "the bundler finds imports by reading: what is imported by a computed name is not in the canister",
        "write an import statement",
        but=("importlib.metadata",),
    ),
    Kept(
        "newer-library",
        (
            *(
                f"typing.{name}"
                for name in (
                    "Self",
                    "NotRequired",
                    "Required",
                    "Never",
                    "LiteralString",
                    "assert_never",
                    "TypeVarTuple",
                    "Unpack",
                    "override",
                )
            ),
            *(
                "enum.StrEnum",
                "enum.verify",
                "datetime.UTC",
                "itertools.batched",
                "math.cbrt",
                "math.exp2",
                "operator.call",
                "contextlib.chdir",
            ),
            *(".add_note", "builtins.ExceptionGroup", "builtins.BaseExceptionGroup"),
        ),
        "it came with Python 3.11 or later, which the canister does not know",
        "write what Python 3.10 knows",
    ),
)

RULES: tuple[Rule, ...] = tuple(kept.rule() for kept in _KEPT)
