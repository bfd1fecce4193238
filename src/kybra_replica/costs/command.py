"""The command `kybra-replica cost`: what calls of a canister would cost on the real Wasm."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from kybra_replica.candid import CandidError, encode, parse_args
from kybra_replica.candid.types import Func
from kybra_replica.costs.estimate import estimating
from kybra_replica.costs.executions import Execution, causes, total
from kybra_replica.costs.meter import CostMeter
from kybra_replica.costs.prices import cycles
from kybra_replica.driver import CallRejected, Replica
from kybra_replica.principal import Principal
from kybra_replica.python_engine.source import SourceRefused, read_program

_CALL = re.compile(r"\s*([A-Za-z_]\w*)\s*(\(.*\))\s*", re.DOTALL)


def add_cost(commands: Any) -> None:
    """Add the command to those of `kybra-replica`."""
    parser = commands.add_parser("cost", help="estimate what calls of a canister cost on the real Wasm, by method and by cause")
    parser.add_argument("entry", type=Path, help="the canister's entry file")
    parser.add_argument("call", nargs="+", help="calls in order, as 'method(arguments in Candid text)'")
    parser.add_argument("--init", default="()", metavar="ARGUMENTS", help="what the canister is installed with, in Candid text")
    parser.add_argument("--search-path", type=Path, action="append", default=[], help="a folder in which the canister finds packages")
    parser.add_argument("--work", action="store_true", help="show the kinds of work as well, with how often each was done")
    parser.add_argument("--json", action="store_true", help="print everything as one JSON object instead")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Install the canister on a replica of its own, make the calls, print what each costs; the exit code."""
    replica = Replica(search_path=options.search_path, refuse_module_state=False)
    try:
        with estimating(replica) as meter:
            canister = _install(replica, options.entry, options.init)
            rows = [(text, *_call(replica, meter, canister, text)) for text in options.call]
    except (SourceRefused, CandidError, LookupError, CallRejected) as problem:
        sys.stderr.write(f"kybra-replica cost: {problem}\n")
        return 1
    finally:
        replica.close()
    if options.json:
        sys.stdout.write(json.dumps([_as_json(*row) for row in rows]) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for row in rows for line in _lines(*row, work=options.work))
    return 0


def _install(replica: Replica, entry: Path, arguments: str) -> Principal:
    canister = replica.create_canister()
    types = read_program(entry, search_path=replica.search_path, lenient=False).interface.init or ()
    replica.install_code(canister, entry, encode(types, parse_args(arguments, types)))
    replica.tick()
    return canister


def _call(replica: Replica, meter: CostMeter, canister: Principal, text: str) -> tuple[list[Execution], str | None]:
    """Make one call; its executions, and why it was rejected if it was. Raises LookupError, CandidError."""
    found = _CALL.fullmatch(text)
    if found is None:
        raise LookupError(f"{text!r} is not of the form 'method(arguments)'")
    function: Func = replica.canister(canister).function(found[1])
    payload = encode(function.arguments, parse_args(found[2], function.arguments))
    meter.executions.clear()
    is_query = "query" in function.modes or "composite_query" in function.modes
    try:
        (replica.query_call if is_query else replica.update_call)(canister, found[1], payload)
    except CallRejected as rejected:
        return list(meter.executions), str(rejected)
    return list(meter.executions), None


def _lines(text: str, executions: list[Execution], rejected: str | None, *, work: bool) -> list[str]:
    lines = [f"{text}: {total(executions):,} instructions, {cycles(executions):,} cycles"]
    if rejected is not None:
        lines.append(f"  rejected: {rejected}")
    whole = total(executions) or 1
    ordered = sorted(causes(executions).items(), key=lambda item: -item[1])
    lines += [f"  {instructions / whole:4.0%}  {instructions:>14,}  {cause}" for cause, instructions in ordered]
    if len(executions) > 1:
        names = ((f"{execution.method}{', after a call' if execution.is_callback else ''}", execution) for execution in executions)
        lines += [f"        {execution.instructions:>14,}  in {name}" for name, execution in names]
    if work:
        counted = _work(executions)
        lines += [f"        {times:>14,.0f}  x {kind}" for kind, times in sorted(counted.items(), key=lambda item: -item[1])]
    return lines


def _work(executions: list[Execution]) -> dict[str, float]:
    counted: dict[str, float] = {}
    for execution in executions:
        for kind, times in execution.work.items():
            counted[kind] = counted.get(kind, 0) + times
    return counted


def _as_json(text: str, executions: list[Execution], rejected: str | None) -> dict[str, Any]:
    return {
        "call": text,
        "instructions": total(executions),
        "cycles": cycles(executions),
        "causes": causes(executions),
        "work": _work(executions),
        "rejected": rejected,
    }
