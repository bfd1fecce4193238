"""What a function of the seam costs beside the Python around it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from kybra_replica.costs import btree
from kybra_replica.costs.crossing import OUT, note_value
from kybra_replica.costs.tally import Tally

if TYPE_CHECKING:
    from kybra_replica.python_engine.engine import PythonEngine

_MAP = "stable_b_tree_map_"
_SCANS = {"keys": lambda key: (key, None), "values": lambda value: (None, value), "items": lambda item: item}


def entries_before(engine: PythonEngine, name: str, arguments: tuple[Any, ...]) -> int:
    """How many entries the map has that an operation is about to work on; 0 for anything else."""
    if not name.startswith(_MAP) or not arguments or arguments[0] not in engine.program.maps:
        return 0
    return engine.maps.entries(engine.api(), arguments[0])


def note(tally: Tally, engine: PythonEngine, name: str, arguments: tuple[Any, ...], result: Any, entries: int) -> None:
    """Note a call that has succeeded."""
    tally["system_call"] += 1
    if name.startswith(_MAP):
        _note_map(tally, engine, name[len(_MAP) :], arguments, result, entries)
    elif name in ("caller", "id"):
        tally["principal_in"] += 1
    elif name in ("candid_encode", "candid_decode"):
        tally["candid_call"] += 1
        tally["candid_text_byte"] += len(arguments[0] if name == "candid_encode" else result)
        _note_bytes(tally, arguments, result)
    elif name in ("set_timer", "set_timer_interval", "clear_timer"):
        tally["set_timer"] += 1
    elif name.startswith("stable"):
        tally["raw_memory"] += 1
        _note_bytes(tally, arguments, result)
    else:
        _note_bytes(tally, arguments, result)


def _note_bytes(tally: Tally, arguments: tuple[Any, ...], result: Any) -> None:
    tally["raw_byte_out"] += sum(len(argument) for argument in arguments if isinstance(argument, (bytes, bytearray)))
    if isinstance(result, bytes):
        tally["raw_byte_in"] += len(result)


def note_failed(tally: Tally, engine: PythonEngine, name: str, arguments: tuple[Any, ...]) -> None:
    """Note a call that has trapped or raised: what it had converted by then."""
    tally["system_call"] += 1
    if name.startswith("candid_"):
        tally["candid_error"] += 1
    elif name == f"{_MAP}insert" and arguments[0] in engine.program.maps:
        tally["map_refused"] += 1
        declaration = engine.program.maps[arguments[0]]
        for kybra_type, value in ((declaration.key, arguments[1]), (declaration.value, arguments[2])):
            with suppress(TypeError, KeyError, AttributeError):
                note_value(tally, OUT, kybra_type, value)


def _note_map(tally: Tally, engine: PythonEngine, name: str, arguments: tuple[Any, ...], result: Any, entries: int) -> None:
    declaration = engine.program.maps[arguments[0]]
    if name in ("len", "is_empty"):
        tally[f"map_{name}"] += 1
    elif name in _SCANS:
        btree.note_scan(tally, declaration, engine.maps.items(engine.api(), arguments[0]))
    else:
        btree.note_operation(tally, name, declaration, entries, arguments[1:], result)
