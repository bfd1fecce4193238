"""Module packages: the same sources give the same bytes, and damaged bytes give nothing."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kybra_replica import module_package
from kybra_replica.module_package import ModulePackage, pack, unpack
from kybra_replica.module_sources import Sources, _encode, decode_sources, encode_sources
from kybra_replica.system_api import ModuleRefused

SMALL = ModulePackage(
    Sources("main.py", {"main.py": b"import kybra\n", "pkg/__init__.py": b"", "pkg/part.py": b"x = 1\n"}),
    public={"candid:service": b"service : {}", "candid:args": b"()"},
    private={"note": b"for controllers"},
)
MODULE = pack(SMALL)

names = st.text("abcdef_é", min_size=1, max_size=8)
paths = st.lists(names, min_size=1, max_size=3).map(lambda parts: "/".join((*[f"{part}.d" for part in parts[:-1]], f"{parts[-1]}.py")))
sources = st.dictionaries(paths, st.binary(max_size=300), min_size=1, max_size=6).flatmap(
    lambda files: st.builds(Sources, st.sampled_from(sorted(files)), st.just(files), st.booleans())
)
packages = st.builds(ModulePackage, sources, st.dictionaries(names, st.binary(max_size=200), max_size=3))


@given(packages)
def test_a_package_comes_back_as_it_was_packed(package):
    module = pack(package)
    assert unpack(module) == package
    assert unpack(gzip.compress(module, mtime=0)) == package


@given(sources, st.randoms(use_true_random=False))
def test_bytes_follow_from_the_sources_alone(known, random):
    files = list(known.files.items())
    random.shuffle(files)
    assert encode_sources(Sources(known.entry, dict(files), known.lenient)) == encode_sources(known)


def survives(module):
    """What a damaged module still says of its sources; None when it is refused."""
    try:
        return unpack(module).sources
    except ModuleRefused:
        return None


@given(st.integers(0, len(MODULE) - 1), st.integers(1, 255))
@example(8, 1)
def test_a_changed_byte_is_refused_or_changes_no_source(position, difference):
    damaged = MODULE[:position] + bytes([MODULE[position] ^ difference]) + MODULE[position + 1 :]
    assert survives(damaged) in (None, SMALL.sources)


@given(st.integers(0, len(MODULE)), st.integers(0, len(MODULE)), st.binary(max_size=6))
def test_a_changed_range_is_refused_or_changes_no_source(start, end, inserted):
    damaged = MODULE[: min(start, end)] + inserted + MODULE[max(start, end) :]
    assert survives(damaged) in (None, SMALL.sources)


@given(st.binary(max_size=400), st.booleans())
def test_garbage_is_refused(garbage, has_magic):
    assert survives(MODULE[:8] + garbage if has_magic else garbage) is None


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_archive_is_refused_or_changes_no_source(data):
    archive = gzip.compress(MODULE, mtime=0)
    position = data.draw(st.integers(0, len(archive) - 1))
    damaged = archive[:position] + data.draw(st.binary(max_size=2)) + archive[position + 1 :]
    assert survives(damaged) in (None, SMALL.sources)


@given(st.binary(max_size=400))
def test_a_block_of_garbage_holds_no_sources(garbage):
    with pytest.raises(ModuleRefused):
        decode_sources(garbage)


def test_every_prefix_is_refused():
    sections = len(MODULE[:8]) + 2 + len("kybra:sources") + 2
    assert [length for length in range(sections + len(encode_sources(SMALL.sources)) - 1) if survives(MODULE[:length]) is not None] == []
    archive = gzip.compress(MODULE)
    assert [length for length in range(len(archive)) if survives(archive[:length]) is not None] == []


@pytest.mark.parametrize(
    "path",
    ["../a.py", "/a.py", "a/../b.py", "a//b.py", "./a.py", "a/./b.py", "", "a/", "..", "a\\b.py", "C:a.py", "a\x00", "a\n", "é" * 128],
)
def test_a_path_leads_nowhere_else(path):
    with pytest.raises(ModuleRefused, match="not a plain path"):
        unpack(pack(ModulePackage(Sources("main.py", {"main.py": b"", path: b""}))))


def test_a_name_may_have_255_bytes():
    name = "é" * 127 + "x"
    assert unpack(pack(ModulePackage(Sources(name, {name: b""})))).sources.entry == name


@pytest.mark.parametrize(
    ("files", "entry", "text"),
    [
        ({"a.py": b""}, "b.py", "'b.py' is not among its files"),
        ({"a.py": b"", "a.py/b.py": b""}, "a.py", "'a.py' is a file and a folder"),
        ({f"{number}.py": b"" for number in range(10_001)}, "0.py", "at most 10000"),
    ],
)
def test_files_that_cannot_stand_side_by_side_are_refused(files, entry, text):
    with pytest.raises(ModuleRefused, match=text):
        unpack(pack(ModulePackage(Sources(entry, files))))


def custom(name, content):
    body = bytes([len(name)]) + name + content
    return b"\x00" + bytes([len(body) & 127 | 128, len(body) >> 7]) + body


def test_foreign_sections_are_passed_over_and_the_ics_are_not_repeated():
    assert unpack(MODULE + custom(b"producers", b"x") + custom(b"producers", b"y")) == SMALL
    assert unpack(MODULE + custom(b"icp:public dfx", b"{}")).public == {**SMALL.public, "dfx": b"{}"}
    with pytest.raises(ModuleRefused, match="two sections called icp:public candid:args"):
        unpack(MODULE + custom(b"icp:public candid:args", b"()"))
    with pytest.raises(ModuleRefused, match="two sections called kybra:sources"):
        unpack(MODULE + custom(b"kybra:sources", b""))
    with pytest.raises(ModuleRefused, match="both public and private"):
        unpack(MODULE + custom(b"icp:public note", b""))


def test_sixteen_sections_of_metadata_are_the_most():
    extra = [custom(b"icp:public extra%02d" % number, b"") for number in range(14)]
    assert len(unpack(MODULE + b"".join(extra[:13])).public) == 15
    with pytest.raises(ModuleRefused, match="more metadata than 16 sections"):
        unpack(MODULE + b"".join(extra))


def test_a_section_with_code_is_refused_with_a_way_out():
    with pytest.raises(ModuleRefused, match=r"Wasm code.*dfx, icp-cli or PocketIC"):
        unpack(MODULE + b"\x0a\x04\x01\x02\x00\x0b")
    with pytest.raises(ModuleRefused, match="version of Wasm other than 1"):
        unpack(b"\x00asm\x02\x00\x00\x00" + MODULE[8:])


def test_another_format_says_what_to_do():
    with pytest.raises(ModuleRefused, match="have format 2; this replica reads format 1: package them anew"):
        decode_sources(_encode({"format": 2}))


def test_an_archive_holds_one_module_and_nothing_else():
    with pytest.raises(ModuleRefused, match="something follows"):
        unpack(gzip.compress(MODULE) + b"\x00")
    with pytest.raises(ModuleRefused, match="something follows"):
        unpack(gzip.compress(MODULE) + gzip.compress(b""))


def bomb(size):
    """A gzip file of `size` zero bytes, made without ever holding them."""
    deflate = zlib.compressobj(1, wbits=31)
    block = bytes(1024**2)
    return b"".join(deflate.compress(block[: min(len(block), size - start)]) for start in range(0, size, len(block))) + deflate.flush()


def test_a_decompression_bomb_is_refused_at_the_limit():
    limit = module_package.MAX_MODULE_BYTES
    with pytest.raises(ModuleRefused, match="neither Wasm"):
        unpack(bomb(limit))
    with pytest.raises(ModuleRefused, match=f"{limit + 1} exceeds the maximum allowed size of {limit}"):
        unpack(bomb(limit + 1))
