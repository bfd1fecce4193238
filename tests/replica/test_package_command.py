"""The command that packs a canister."""

from __future__ import annotations

import argparse
from hashlib import sha256

import pytest

from kybra_replica import package_command
from kybra_replica.module_package import unpack
from kybra_replica.python_engine.packages import ModulePackages

SOURCE = """
from kybra import query, text


@query
def hello() -> text:
    return "hello"
"""


@pytest.fixture
def command():
    parser = argparse.ArgumentParser()
    package_command.add_parser(parser.add_subparsers())

    def run(*arguments):
        options = parser.parse_args(["package", *map(str, arguments)])
        return options.run(options)

    return run


def test_a_package_is_written_and_its_hash_said(command, write_canister, tmp_path, capsys):
    output = tmp_path / "made" / "hello.wasm"
    assert command(write_canister(SOURCE), "-o", output) == 0
    module = output.read_bytes()
    assert capsys.readouterr().out == f"{output}: {len(module)} bytes, sha256 {sha256(module).hexdigest()}\n"
    assert [name for name, _ in ModulePackages().open_module(module).program.interface.methods] == ["hello"]


def test_a_compressed_package_holds_the_same(command, write_canister, tmp_path):
    entry = write_canister(SOURCE)
    for name, *options in (("a.wasm",), ("b.wasm.gz",), ("c.wasm", "--gzip")):
        assert command(entry, "-o", tmp_path / name, *options) == 0
    plain, by_name, by_option = ((tmp_path / name).read_bytes() for name in ("a.wasm", "b.wasm.gz", "c.wasm"))
    assert by_name == by_option != plain
    assert unpack(by_name) == unpack(plain)


def test_packages_are_found_on_the_search_path_alone(command, write_canister, tmp_path, capsys):
    library = tmp_path / "library"
    library.mkdir()
    (library / "words.py").write_text("WORD = 'word'\n")
    entry = write_canister(f"from words import WORD\n{SOURCE}")
    assert command(entry, "-o", tmp_path / "x.wasm") == 1
    assert "words is found nowhere" in capsys.readouterr().err
    assert not (tmp_path / "x.wasm").exists()
    assert command(entry, "-o", tmp_path / "x.wasm", "--search-path", library) == 0
    assert set(unpack((tmp_path / "x.wasm").read_bytes()).sources.files) == {"small_canister.py", "words.py"}


def test_what_cannot_be_read_is_told(command, tmp_path, capsys):
    assert command(tmp_path / "absent.py", "-o", tmp_path / "x.wasm") == 2
    assert capsys.readouterr().err.startswith("kybra-replica: ")
