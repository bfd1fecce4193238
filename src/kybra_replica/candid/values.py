"""How Candid values look in Python, for every function of this package.

| Candid                 | Python                                                                    |
|------------------------|---------------------------------------------------------------------------|
| null, reserved         | None                                                                      |
| bool                   | bool                                                                      |
| nat, int, natN, intN   | int                                                                       |
| float32, float64       | float                                                                     |
| text                   | str                                                                       |
| vec nat8               | bytes                                                                     |
| vec T                  | list                                                                      |
| opt T                  | None, or `Some(value)`                                                    |
| record                 | dict from label (str, or int where the field has no name) to value        |
| variant                | dict with one entry, from the tag's label to its value                    |
| principal, service     | `Principal`                                                               |
| func                   | `FuncReference(principal, method)`                                        |

The labels are those of the type that was asked for; a value decoded without a type has numbers for labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kybra_replica.principal import Principal

Value = Any


@dataclass(frozen=True, slots=True)
class Some:
    """A present optional value; what keeps `opt null` and `null` of an `opt opt` type apart."""

    value: Value


@dataclass(frozen=True, slots=True)
class FuncReference:
    """A function of a canister."""

    principal: Principal
    method: str
