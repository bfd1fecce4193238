"""The methods of a program in the shape of the recorded build cases."""

from __future__ import annotations

from typing import Any

from kybra_replica.python_engine.declarations import Program


def build_case_methods(program: Program) -> dict[str, dict[str, Any]]:
    """Every method that Kybra sees, by name: `kind`, `parameters`, and where they hold `composite`, `manual` and `guard`.

    System methods stand under their kind. Kybra's Rust code always has an `init` and a `post_upgrade`: they are listed only
    when they take parameters; the others whenever they are declared.
    """
    described: dict[str, dict[str, Any]] = {}
    for name, method in program.methods.items():
        entry: dict[str, Any] = {"kind": method.kind, "parameters": [parameter for parameter, _ in method.parameters]}
        if method.composite:
            entry["composite"] = True
        if method.manual:
            entry["manual"] = True
        if method.guard is not None:
            entry["guard"] = method.guard
        described[name] = entry
    for kind, function in program.system_methods.items():
        if function.parameters or kind not in ("init", "post_upgrade"):
            described[kind] = {"kind": kind, "parameters": [parameter for parameter, _ in function.parameters]}
    return described
