"""Module packages: what is sent to the replica where a Wasm module is sent to the IC.

A package is a valid Wasm module of custom sections only: `kybra:sources` with the canister's files, and the public metadata
`candid:service` and `candid:args` under the names that tools look for. It may be compressed with gzip; its hash is that of
the bytes as they are sent. Source: WebAssembly core specification, section "Modules"; IC interface specification, section
"Canister module format".
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kybra_replica.candid.leb128 import encode_unsigned
from kybra_replica.module_sources import Sources, decode_sources, encode_sources
from kybra_replica.system_api import ModuleRefused

MAX_MODULE_BYTES = 100 * 1024**2
"""Unpacked; the IC's limit."""
MAX_METADATA_BYTES = 1024**2
MAX_METADATA_SECTIONS = 16
SOURCES_SECTION = "kybra:sources"
PUBLIC, PRIVATE = "icp:public ", "icp:private "

_MAGIC = b"\x00asm\x01\x00\x00\x00"
_WASM, _GZIP = b"\x00asm", b"\x1f\x8b\x08"
_GZIP_WINDOW = 31
_ELSEWHERE = "this replica runs packages of Python sources (kybra-replica package); deploy Wasm with dfx, icp-cli or PocketIC"


@dataclass(frozen=True, slots=True)
class ModulePackage:
    """A package, taken apart: the sources, and the sections `icp:public <name>` and `icp:private <name>` by name."""

    sources: Sources
    public: Mapping[str, bytes] = field(default_factory=dict)
    private: Mapping[str, bytes] = field(default_factory=dict)


def pack(package: ModulePackage) -> bytes:
    """The Wasm module; equal packages give equal bytes. Raises ModuleRefused where it would be larger than the IC takes."""
    sections = [(SOURCES_SECTION, encode_sources(package.sources))]
    sections += [(PUBLIC + name, content) for name, content in sorted(package.public.items())]
    sections += [(PRIVATE + name, content) for name, content in sorted(package.private.items())]
    module = _MAGIC + b"".join(_custom_section(name, content) for name, content in sections)
    _check_size(len(module))
    return module


def unpack(module: bytes) -> ModulePackage:
    """What a module holds, compressed or not. Raises ModuleRefused with what is wrong and what to do about it."""
    _check_size(len(module))
    plain = _inflate(module) if module.startswith(_GZIP) else module
    if not plain.startswith(_WASM):
        raise ModuleRefused(f"it is neither Wasm nor Wasm in gzip: {_ELSEWHERE}")
    if not plain.startswith(_MAGIC):
        raise ModuleRefused(f"it is cut off, or of a version of Wasm other than 1: {_ELSEWHERE}")
    sections: dict[str, bytes] = {}
    for name, content in _custom_sections(plain):
        if name in sections and (name == SOURCES_SECTION or name.startswith("icp:")):
            raise ModuleRefused(f"it has two sections called {name}")
        sections[name] = content
    if SOURCES_SECTION not in sections:
        raise ModuleRefused(f"it has no section {SOURCES_SECTION}: {_ELSEWHERE}")
    public, private = _metadata(sections, PUBLIC), _metadata(sections, PRIVATE)
    if public.keys() & private.keys():
        raise ModuleRefused(f"its metadata {', '.join(sorted(public.keys() & private.keys()))} is both public and private")
    contents = (*public.values(), *private.values())
    if len(contents) > MAX_METADATA_SECTIONS or sum(map(len, contents)) > MAX_METADATA_BYTES:
        raise ModuleRefused(f"it has more metadata than {MAX_METADATA_SECTIONS} sections of {MAX_METADATA_BYTES} bytes together")
    return ModulePackage(decode_sources(sections[SOURCES_SECTION]), public, private)


def _metadata(sections: Mapping[str, bytes], prefix: str) -> dict[str, bytes]:
    return {name.removeprefix(prefix): content for name, content in sections.items() if name.startswith(prefix)}


def _check_size(size: int) -> None:
    if size > MAX_MODULE_BYTES:
        raise ModuleRefused(f"Wasm module size of {size} exceeds the maximum allowed size of {MAX_MODULE_BYTES}.")


def _inflate(module: bytes) -> bytes:
    """The content of a gzip file of one member, never more than the limit of it in memory."""
    inflating = zlib.decompressobj(_GZIP_WINDOW)
    try:
        plain = inflating.decompress(module, MAX_MODULE_BYTES + 1)
    except zlib.error as problem:
        raise ModuleRefused(f"its gzip data is damaged: {problem}") from None
    _check_size(len(plain))
    if not inflating.eof:
        raise ModuleRefused("its gzip data is cut off")
    if inflating.unused_data:
        raise ModuleRefused("something follows its gzip data")
    return plain


def _custom_sections(module: bytes) -> Iterator[tuple[str, bytes]]:
    """Names and contents, in order. Raises ModuleRefused for any other section and for damaged ones."""
    offset = len(_MAGIC)
    while offset < len(module):
        kind = module[offset]
        if kind != 0:
            raise ModuleRefused(f"it has Wasm code in it: {_ELSEWHERE}")
        size, offset = _read_number(module, offset + 1)
        end = offset + size
        if end > len(module):
            raise ModuleRefused("it is cut off within a section")
        length, start = _read_number(module, offset)
        if start + length > end:
            raise ModuleRefused("a section in it has no name")
        try:
            name = module[start : start + length].decode()
        except UnicodeDecodeError:
            raise ModuleRefused("a section in it has a name that is not text") from None
        yield name, module[start + length : end]
        offset = end


def _custom_section(name: str, content: bytes) -> bytes:
    raw = name.encode()
    body = encode_unsigned(len(raw)) + raw + content
    return b"\x00" + encode_unsigned(len(body)) + body


def _read_number(module: bytes, offset: int) -> tuple[int, int]:
    """An unsigned 32-bit LEB128 number and where it ends."""
    value = 0
    for position, byte in enumerate(module[offset : offset + 5]):
        value |= (byte & 127) << 7 * position
        if byte < 128:
            if value >= 2**32:
                break
            return value, offset + position + 1
    raise ModuleRefused("it is cut off, or a length in it is no number")
