"""The sources of a canister as one block of bytes: canonical CBOR, the same sources always the same bytes.

A map with the keys `entry` (the path of the entry file), `files` (paths to contents), `format` (1), `sha256` (of the block
without this key) and `lenient` (whether the sources are read with Kybra's own leniency). Paths are relative, with `/`.
Source: RFC 8949, section 4.2.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from kybra_replica.system_api import ModuleRefused

FORMAT = 1
MAX_FILES = 10_000
MAX_NAME_BYTES = 255

_UNSIGNED, _BYTES, _TEXT, _MAP, _SIMPLE = 0, 2, 3, 5, 7
_WIDTHS = {24: 1, 25: 2, 26: 4, 27: 8}
_FALSE, _TRUE = 20, 21
_FORBIDDEN = frozenset('\\:*?"<>|') | frozenset(map(chr, range(32))) | {"\x7f"}
"""Characters that mean something to some file system."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The files of a canister. `entry` is the path of one of them."""

    entry: str
    files: Mapping[str, bytes]
    lenient: bool = False


def encode_sources(sources: Sources) -> bytes:
    """The block."""
    content = _content(sources)
    return _encode({**content, "sha256": sha256(_encode(content)).digest()})


def decode_sources(block: bytes) -> Sources:
    """The sources in a block. Raises ModuleRefused for damaged ones, and for paths that lead elsewhere."""
    try:
        value, end = _decode(block, 0, depth=0)
    except (IndexError, UnicodeDecodeError):
        raise ModuleRefused("its sources are damaged: they are no CBOR map of files") from None
    if end != len(block) or not isinstance(value, dict):
        raise ModuleRefused("its sources are damaged: they are no CBOR map of files")
    if value.get("format") != FORMAT:
        raise ModuleRefused(f"its sources have format {value.get('format')!r}; this replica reads format {FORMAT}: package them anew")
    sources = _sources(value)
    if encode_sources(sources) != block:
        raise ModuleRefused("its sources are damaged: they do not have the digest that they claim, or are not canonical")
    _check_paths(sources)
    return sources


def _content(sources: Sources) -> dict[str, Any]:
    return {"entry": sources.entry, "files": dict(sources.files), "format": FORMAT, "lenient": sources.lenient}


def _sources(value: dict[Any, Any]) -> Sources:
    entry, files, lenient = value.get("entry"), value.get("files"), value.get("lenient")
    if not isinstance(entry, str) or not isinstance(files, dict) or not isinstance(lenient, bool):
        raise ModuleRefused("its sources are damaged: an entry, files and whether they are read leniently are expected")
    if not all(isinstance(content, bytes) for content in files.values()):
        raise ModuleRefused("its sources are damaged: the content of a file is not bytes")
    return Sources(entry, files, lenient)


def _check_paths(sources: Sources) -> None:
    if sources.entry not in sources.files:
        raise ModuleRefused(f"its entry {sources.entry!r} is not among its files")
    if len(sources.files) > MAX_FILES:
        raise ModuleRefused(f"it has {len(sources.files)} files, and at most {MAX_FILES} are taken")
    folders: set[str] = set()
    for path in sources.files:
        parts = path.split("/")
        if any(not _is_name(part) for part in parts):
            raise ModuleRefused(f"it has a file called {path!r}, which is not a plain path below its own folder")
        folders.update("/".join(parts[:length]) for length in range(1, len(parts)))
    for path in sorted(folders & sources.files.keys()):
        raise ModuleRefused(f"{path!r} is a file and a folder in it")


def _is_name(part: str) -> bool:
    return 0 < len(part.encode()) <= MAX_NAME_BYTES and part not in (".", "..") and not _FORBIDDEN & set(part)


# CBOR ------------------------------------------------------------------------------------------------------------------


def _encode(value: Any) -> bytes:
    if isinstance(value, bool):
        return bytes([_SIMPLE << 5 | (_TRUE if value else _FALSE)])
    if isinstance(value, int):
        return _head(_UNSIGNED, value)
    if isinstance(value, bytes):
        return _head(_BYTES, len(value)) + value
    if isinstance(value, str):
        text = value.encode()
        return _head(_TEXT, len(text)) + text
    pairs = sorted((_encode(key), _encode(item)) for key, item in value.items())
    return _head(_MAP, len(pairs)) + b"".join(key + item for key, item in pairs)


def _head(kind: int, number: int) -> bytes:
    if number < 24:
        return bytes([kind << 5 | number])
    code, width = next((code, width) for code, width in _WIDTHS.items() if number < 1 << 8 * width)
    return bytes([kind << 5 | code]) + number.to_bytes(width, "big")


def _decode(block: bytes, offset: int, *, depth: int) -> tuple[Any, int]:
    """The value at `offset` and where it ends. Raises IndexError where the block ends before it or it is something else."""
    kind, number = block[offset] >> 5, block[offset] & 31
    offset += 1
    if kind == _SIMPLE and number in (_FALSE, _TRUE):
        return number == _TRUE, offset
    if number in _WIDTHS:
        width = _WIDTHS[number]
        number, offset = int.from_bytes(_slice(block, offset, width), "big"), offset + width
    elif number > max(_WIDTHS):
        raise IndexError(offset)
    if kind == _UNSIGNED:
        return number, offset
    if kind in (_BYTES, _TEXT):
        content = _slice(block, offset, number)
        return content.decode() if kind == _TEXT else content, offset + number
    if kind != _MAP or depth > 1:
        raise IndexError(offset)
    return _decode_map(block, offset, number, depth)


def _decode_map(block: bytes, offset: int, count: int, depth: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    for _ in range(count):
        key, offset = _decode(block, offset, depth=depth + 1)
        if not isinstance(key, str):
            raise IndexError(offset)
        found[key], offset = _decode(block, offset, depth=depth + 1)
    return found, offset


def _slice(block: bytes, offset: int, length: int) -> bytes:
    if offset + length > len(block):
        raise IndexError(offset)
    return block[offset : offset + length]
