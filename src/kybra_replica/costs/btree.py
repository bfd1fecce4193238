"""What an operation on a StableBTreeMap costs: nodes visited, entries decoded, bytes moved.

ic-stable-structures 0.5.6 keeps at most 11 entries a node and decodes every key of each node that it visits, so the work
grows with the depth. How full nodes are is estimated from the number of entries, as keys that only ascend leave them.
"""

from __future__ import annotations

from math import log
from typing import Any

from kybra_replica.costs.crossing import IN, OUT, definition, note_table, note_value
from kybra_replica.costs.tally import Tally
from kybra_replica.python_engine.declarations import KybraType, MapDeclaration, Scalar, VecOf

NODE_ENTRIES = 11
"""The most entries that a node has."""

TYPICAL_ENTRIES = 5.5
"""How many a node has in a large map with ascending keys."""


_LOADS = {"get": 1, "contains_key": 1, "insert": 2, "remove": 3}
"""How often an operation loads a node on its way: `insert` looks at each below the root to see whether it is full, and then goes there;
`remove` looks at the nodes beside it too, from which one that gets too small borrows."""


def visited(entries: int) -> tuple[float, float]:
    """How many nodes an operation visits in a map of so many entries, and how many entries these have together."""
    if entries <= NODE_ENTRIES:
        return 1.0, float(entries)
    depth = 1 + log(entries / TYPICAL_ENTRIES) / log(TYPICAL_ENTRIES + 1)
    return depth, depth * TYPICAL_ENTRIES


def note_operation(tally: Tally, name: str, declaration: MapDeclaration, entries: int, arguments: tuple[Any, ...], result: Any) -> None:
    """Note `get`, `insert`, `remove` or `contains_key`: `entries` before it, its arguments and result as Python has them."""
    operation = Tally()
    note_value(operation, OUT, declaration.key, arguments[0])
    nodes, decoded = visited(entries)
    if entries > NODE_ENTRIES:
        nodes, decoded = (part * _LOADS[name] - (0 if name != "insert" else part / nodes) for part in (nodes, decoded))
    tally[f"map_{name}"] += 1
    tally["map_node"] += nodes
    _note_keys(tally, declaration.key, arguments[0], decoded)
    if name in ("insert", "remove"):
        tally["map_node_written"] += nodes
        tally["map_entry_written"] += min(decoded, NODE_ENTRIES)
    if name == "insert":
        note_value(operation, OUT, declaration.value, arguments[1])
        note_table(operation, OUT, [declaration.value])
    if result is not None and name in ("get", "insert", "remove"):
        note_table(operation, IN, [declaration.value])
        note_value(operation, IN, declaration.value, result)
    tally.add({f"map_{kind}" if kind in _OF_MAPS else kind: times for kind, times in operation.items()})


def note_scan(tally: Tally, declaration: MapDeclaration, items: list[tuple[Any, Any]]) -> None:
    """Note `keys`, `values` or `items`: each decodes keys and values of all entries."""
    tally["map_scan"] += 1
    operation = Tally()
    tally["map_scanned_entry"] += len(items)
    # Beyond a single node, the iterator loads one anew for every entry that it has in it.
    is_small = len(items) <= NODE_ENTRIES
    tally["map_node"] += 1 if is_small else len(items)
    tally["map_entry"] += len(items) * (1 if is_small else TYPICAL_ENTRIES)
    for key, value in items:
        note_value(operation, IN, declaration.key, key)
        note_value(operation, IN, declaration.value, value)
        note_table(operation, IN, [declaration.key])
        note_table(operation, IN, [declaration.value])
    tally.add({f"map_{kind}" if kind in _OF_MAPS else kind: times for kind, times in operation.items()})


_OF_MAPS = frozenset({"text_byte_in", "text_byte_out", "blob_byte_in", "blob_byte_out"})
"""Kinds that a map does several times over, so they weigh more there."""


def _note_keys(tally: Tally, key_type: KybraType, key: Any, decoded: float) -> None:
    """The keys of the visited nodes, taken to be like the one that is asked for."""
    tally["map_entry"] += decoded
    key_type = definition(key_type)
    if key_type == VecOf(Scalar("nat8")):
        tally["map_key_blob_byte"] += decoded * len(key)
    elif not isinstance(key_type, Scalar):
        each = Tally()
        note_table(each, IN, [key_type])
        tally["map_key_type"] += decoded * each["type_in"]
        tally["map_key_member"] += decoded * each["type_member_in"]
    elif key_type.name in {"text", "principal", "nat", "int"}:
        tally["map_key_text"] += decoded
