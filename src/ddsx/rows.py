"""Records of a stream from files: rows of CSV or lines of JSON, each held against the stream's schema, as one line of JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ddsx.errors import BadSetting
from ddsx_core.limits import MAX_RECORD_BYTES
from ddsx_core.refused import Refused
from ddsx_core.schema import Field, parse_schema


def read_schema(path: Path) -> str:
    """The text of a schema file. Raises BadSetting where the registry would refuse it."""
    text = _text(path, "schema")
    try:
        parse_schema(text)
    except Refused as refused:
        example = '{"fields":[{"name":"celsius","type":"float"}]}'
        raise BadSetting(f"schema {path}", str(refused), f"A schema looks like {example}.") from None
    return text


def read_records(path: Path, schema: str) -> list[str]:
    """Every record of a `.csv` (with a line of names first) or a `.jsonl` file, in its order. Raises BadSetting, naming the line."""
    fields = {field.name: field for field in parse_schema(schema)}
    text = _text(path, "records")
    if path.suffix.lower() == ".csv":
        rows: Iterable[tuple[int, Mapping[str, Any]]] = _csv_rows(path, text, fields)
    elif path.suffix.lower() in (".jsonl", ".ndjson"):
        rows = _json_rows(path, text)
    else:
        raise BadSetting(f"records {path}", "its name ends in neither .csv nor .jsonl", "Name it after its format.")
    return [_record(f"records {path}, line {line}", row, fields) for line, row in rows]


def _csv_rows(path: Path, text: str, fields: Mapping[str, Field]) -> Iterable[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(text.splitlines(keepends=True), strict=True)
    try:
        for row in reader:
            if None in row or None in row.values():
                why = "it has another number of columns than the first line"
                raise BadSetting(f"records {path}, line {reader.line_num}", why, "Correct it.")
            yield reader.line_num, {name: _parsed(path, reader.line_num, fields.get(name), value) for name, value in row.items()}
    except csv.Error as problem:
        raise BadSetting(f"records {path}, line {reader.reader.line_num}", str(problem), "Correct it.") from None


def _parsed(path: Path, line: int, field: Field | None, text: str) -> Any:
    if field is None or field.kind == "text":
        return text
    try:
        return _PARSERS[field.kind](text.strip())
    except (ValueError, KeyError):
        raise BadSetting(f"records {path}, line {line}", f"{field.name} is {text!r}, which is no {field.kind}", "Correct it.") from None


def _json_rows(path: Path, text: str) -> Iterable[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                row = json.loads(line, parse_constant=_no_number)
            except ValueError as problem:
                raise BadSetting(f"records {path}, line {number}", f"it is not JSON ({problem})", "Correct it.") from None
            if not isinstance(row, dict):
                raise BadSetting(f"records {path}, line {number}", "it is not a JSON object", "Correct it.")
            yield number, row


def _record(what: str, row: Mapping[str, Any], fields: Mapping[str, Field]) -> str:
    if set(row) != set(fields):
        odd = sorted(set(row) ^ set(fields))
        raise BadSetting(what, f"its fields are not those of the schema: {', '.join(odd)} stands in one of them only", "Correct either.")
    for name, value in row.items():
        if not _FITS[fields[name].kind](value):
            raise BadSetting(what, f"{name} is {json.dumps(value)}, which is no {fields[name].kind}", "Correct it.")
    record = json.dumps(row, separators=(",", ":"), ensure_ascii=False)
    if len(record.encode()) > MAX_RECORD_BYTES:
        raise BadSetting(what, f"as JSON it is longer than {MAX_RECORD_BYTES:,} bytes", "Split it.")
    return record


def _text(path: Path, what: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise BadSetting(f"{what} {path}", f"the file cannot be read ({problem})", "Name a text file in UTF-8.") from None


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _finite(text: str) -> float:
    number = float(text)
    if number - number != 0:
        raise ValueError(text)
    return number


_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}
_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "nat": int,
    "int": int,
    "time": int,
    "float": _finite,
    "bool": lambda text: _BOOLEANS[text.lower()],
}
_FITS: Mapping[str, Callable[[Any], bool]] = {
    "text": lambda value: isinstance(value, str),
    "nat": lambda value: _whole(value) and value >= 0,
    "int": _whole,
    "time": lambda value: _whole(value) and value >= 0,
    "float": lambda value: _whole(value) or isinstance(value, float),
    "bool": lambda value: isinstance(value, bool),
}
