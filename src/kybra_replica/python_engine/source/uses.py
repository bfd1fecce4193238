"""The types that a name alone means, and where an annotation stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kybra_replica.python_engine.declarations import KybraType, Scalar, VecOf
from kybra_replica.python_engine.source.source_file import SourceFile

VOID = Scalar("void")
NULL = Scalar("null")
UNKNOWN = Scalar("empty")
"""What stands for a type that could not be read; a finding says why."""

SCALARS: Mapping[str, KybraType] = {
    **{
        name: Scalar(name)
        for name in (
            "bool",
            "empty",
            "float32",
            "float64",
            "int",
            "int8",
            "int16",
            "int32",
            "int64",
            "nat",
            "nat8",
            "nat16",
            "nat32",
            "nat64",
            "null",
            "reserved",
            "text",
            "void",
        )
    },
    "str": Scalar("text"),
    "Principal": Scalar("principal"),
    "blob": VecOf(Scalar("nat8")),
}


@dataclass(frozen=True)
class Use:
    """Where an annotation stands. `inside` names what holds it directly (`Opt`, a field, ...) or is empty at the outside.

    `checked` is False where the generator does not look whether the names exist (maps, some system methods): the Rust
    compiler then does. `generated` is False where the type does not even reach the Rust code. `ordered` is True where Kybra
    derives an order for the type that holds it.
    """

    file: SourceFile
    inside: str = ""
    checked: bool = True
    generated: bool = True
    ordered: bool = False
