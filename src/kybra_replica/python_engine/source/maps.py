"""Stable maps: `name = StableBTreeMap[K, V](memory_id, max_key_size, max_value_size)` at the top level of a module."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kybra_replica.python_engine.declarations import FuncOf, KybraType, MapDeclaration, OptOf, TupleOf, VecOf
from kybra_replica.python_engine.source.report import Report, position_of
from kybra_replica.python_engine.source.source_file import SourceFile
from kybra_replica.python_engine.source.spelling import MAP, assigned_name, assigned_value, text_of
from kybra_replica.python_engine.source.types import TypeReader
from kybra_replica.python_engine.source.uses import UNKNOWN, Use

MOST_MEMORY_ID = 254
"""Memory 255 marks free buckets of the memory manager; the generator takes it and the first use of the map traps."""
_ARGUMENTS = ("memory_id", "max_key_size", "max_value_size")
_LIMITS = {"memory_id": 0xFF, "max_key_size": 0xFFFFFFFF, "max_value_size": 0xFFFFFFFF}


@dataclass(frozen=True)
class _Statement:
    file: SourceFile
    statement: ast.stmt
    call: ast.Call
    types: ast.expr


def map_call(node: ast.expr | None) -> ast.Call | None:
    """The call in `StableBTreeMap[...](...)`, when `node` is one."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Subscript) and text_of(node.func.value) == MAP:
        return node
    return None


def read_maps(files: Sequence[SourceFile], reader: TypeReader) -> dict[int, MapDeclaration]:
    """Every map by memory id. Refuses arguments that are no integer literals in range and brackets without two types."""
    maps: dict[int, MapDeclaration] = {}
    for found in _statements(files):
        declaration = _map(found, reader)
        if declaration is None:
            continue
        first = maps.setdefault(declaration.memory_id, declaration)
        if first is not declaration:
            reader.report.breaks(
                "map-id-twice",
                found.file.path,
                found.statement,
                f"memory {declaration.memory_id} belongs to {first.name} at {first.position}",
                "give every map a memory id of its own",
            )
    return maps


def _statements(files: Sequence[SourceFile]) -> Iterator[_Statement]:
    for file in files:
        for statement in file.body:
            call = map_call(assigned_value(statement))
            if call is not None and isinstance(call.func, ast.Subscript):
                yield _Statement(file, statement, call, call.func.slice)


def _map(found: _Statement, reader: TypeReader) -> MapDeclaration | None:
    numbers = [_number(found, index, reader.report) for index in range(3)]
    types = _types(found, reader)
    _check_call(found, reader.report)
    if types is None or any(number is None for number in numbers):
        return None
    memory_id, max_key_size, max_value_size = (number or 0 for number in numbers)
    if memory_id > MOST_MEMORY_ID:
        reader.report.breaks(
            "map-id-reserved",
            found.file.path,
            found.statement,
            f"memory {memory_id} is reserved: the first use of the map traps",
            f"use an id from 0 to {MOST_MEMORY_ID}",
        )
    name = assigned_name(found.statement) or ""
    position = position_of(found.file.path, found.statement)
    return MapDeclaration(name, memory_id, types[0], types[1], max_key_size, max_value_size, position)


def _number(found: _Statement, index: int, report: Report) -> int | None:
    """The argument at `index`, positional before keyword; None when a finding says what is wrong with it."""
    name = _ARGUMENTS[index]
    keywords = [keyword.value for keyword in found.call.keywords if keyword.arg == name]
    node = found.call.args[index] if len(found.call.args) > index else keywords[0] if keywords else None
    problem = _problem(name, node)
    if problem is not None:
        report.refuse("map-argument", found.file.path, node or found.statement, problem[0], problem[1])
        return None
    assert isinstance(node, ast.Constant)
    assert isinstance(node.value, int)
    return node.value


def _problem(name: str, node: ast.expr | None) -> tuple[str, str] | None:
    if node is None:
        return f"the map has no {name}", f"write {name}= with an integer"
    if not (isinstance(node, ast.Constant) and type(node.value) is int):
        return f"{name} must be an integer literal: Kybra computes nothing and looks up no constant", "write the number itself"
    if node.value > _LIMITS[name]:
        return f"{name} is {node.value} and may be {_LIMITS[name]} at most", "write a smaller number"
    if node.value == 0 and name != "memory_id":
        return f"{name} is 0, over which Kybra's generator falls", "write the size of the largest value in bytes of Candid"
    return None


def _types(found: _Statement, reader: TypeReader) -> tuple[KybraType, KybraType] | None:
    parts = found.types.elts if isinstance(found.types, ast.Tuple) else []
    if len(parts) < 2:
        reader.report.refuse(
            "map-types", found.file.path, found.types, "a map needs the type of its keys and that of its values", f"write {MAP}[K, V](...)"
        )
        return None
    use = Use(found.file, inside="a map", checked=False, ordered=True)
    key, value = reader.read(parts[0], use), reader.read(parts[1], use)
    for part, type_ in ((parts[0], key), (parts[1], value)):
        if type_ is not UNKNOWN and _written_in_place(type_, reader):
            reader.report.breaks(
                "map-inline-type",
                found.file.path,
                part,
                "Kybra declares no Rust type for a tuple or func written in the brackets of a map",
                "give it a name first: Pair = Tuple[...]",
            )
    return key, value


def _written_in_place(type_: KybraType, reader: TypeReader) -> bool:
    while isinstance(type_, (OptOf, VecOf)):
        type_ = type_.inner
    return isinstance(type_, (TupleOf, FuncOf)) and reader.name_of(type_) is None


def _check_call(found: _Statement, report: Report) -> None:
    """What the generator reads past and Python's own constructor refuses when the module is imported."""
    names = [keyword.arg for keyword in found.call.keywords]
    given = [*_ARGUMENTS[: len(found.call.args)], *names]
    types = found.types.elts if isinstance(found.types, ast.Tuple) else []
    if len(found.call.args) > 3 or len(given) != len(set(given)) or any(name not in _ARGUMENTS for name in given) or len(types) > 2:
        report.breaks(
            "map-call",
            found.file.path,
            found.call,
            "the map is made with more, other or repeated arguments, over which its constructor raises",
            f"give it two types and {', '.join(_ARGUMENTS)}, each once",
        )
