"""The command `kybra-replica package`: a canister's sources as one file that can be sent where a Wasm module is sent."""

from __future__ import annotations

import argparse
import gzip
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

from kybra_replica.python_engine.packages import ModulePackages
from kybra_replica.python_engine.source import SourceRefused, read_program
from kybra_replica.system_api import ModuleRefused


def add_parser(commands: Any) -> None:
    """Add the subcommand to what `add_subparsers` answered; its options carry `run`, which takes them and gives the exit code."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "package", help="pack a canister's sources into a module that the replica installs by bytes"
    )
    parser.add_argument("entry", type=Path, help="the canister's entry file")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="FILE", help="where the module goes (.wasm, or .wasm.gz)")
    parser.add_argument(
        "--search-path",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="where packages are found that the canister imports, beside its own folder; may be given again",
    )
    parser.add_argument("--gzip", action="store_true", help="compress; also done where FILE ends in .gz")
    parser.add_argument("--lenient", action="store_true", help="pass over what Kybra itself passes over in silence")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Write the module and say its hash. 1 for sources that are refused, 2 for files that cannot be read or written."""
    try:
        program = read_program(options.entry, search_path=options.search_path, lenient=options.lenient)
        module = ModulePackages().pack(program, lenient=options.lenient)
        if options.gzip or options.output.suffix == ".gz":
            module = gzip.compress(module, mtime=0)
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.write_bytes(module)
    except (SourceRefused, ModuleRefused) as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    except OSError as problem:
        sys.stderr.write(f"kybra-replica: {problem}\n")
        return 2
    sys.stdout.write(f"{options.output}: {len(module)} bytes, sha256 {sha256(module).hexdigest()}\n")
    return 0
