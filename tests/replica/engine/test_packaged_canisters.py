"""A canister installed from a package is the canister installed from its files."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from kybra_replica.candid import encode, parse_did
from kybra_replica.driver import CallRejected, Replica, user
from kybra_replica.module_package import ModulePackage, pack, unpack
from kybra_replica.module_sources import Sources
from kybra_replica.network import lifecycle
from kybra_replica.python_engine.packages import ModulePackages, packed_files
from kybra_replica.python_engine.source import read_program
from kybra_replica.system_api import ModuleRefused

ENTRY = """
from kybra import ic, init, query, text, update, void
from helpers import shout
from pkg.inner import whisper


@init
def setup() -> void:
    ic.print("started")


@query
def speak(words: text) -> text:
    return shout(words) + whisper(words)


@query
def late() -> text:
    import pkg.found_late

    return pkg.found_late.WORDS


@update
def fails(how: text) -> text:
    if how == "import":
        from helpers import absent
    if how == "division":
        return str(1 // 0)
    return {}["key"]
"""
FILES = {
    "helpers.py": "def shout(words):\n    return words.upper()\n",
    "pkg/__init__.py": "",
    "pkg/inner.py": "def whisper(words):\n    return words.lower()\n",
    "pkg/found_late.py": "WORDS = 'late'\n",
    "pkg/deep/__init__.py": "",
    "pkg/deep/unused.py": "x = 1\n",
    "pkg/notes.txt": "no module",
    "beside.py": "y = 1\n",
}


@pytest.fixture
def entry(write_canister):
    return write_canister(ENTRY, "told", FILES)


@pytest.fixture
def program(entry):
    return read_program(entry, lenient=True)


@pytest.fixture
def packages(tmp_path):
    return ModulePackages(tmp_path / "cache")


def test_what_the_entry_reaches_is_packed_and_packages_whole(program):
    expected = {"told_canister.py", "helpers.py", *(f"pkg/{name}.py" for name in ("__init__", "inner", "found_late"))}
    assert set(packed_files(program)) == {*expected, "pkg/deep/__init__.py", "pkg/deep/unused.py"}


def test_a_file_on_the_search_path_is_packed_by_its_module_name(write_canister, tmp_path):
    library = tmp_path / "library" / "elsewhere"
    library.mkdir(parents=True)
    (library / "__init__.py").write_text("WORDS = 'found'\n")
    entry = write_canister("from elsewhere import WORDS\nfrom kybra import query, text\n\n\n@query\ndef f() -> text:\n    return WORDS\n")
    program = read_program(entry, search_path=[tmp_path / "library"])
    assert set(packed_files(program)) == {"small_canister.py", "elsewhere/__init__.py"}
    assert ModulePackages().open_module(ModulePackages().pack(program)).program.did == program.did


def test_the_same_sources_elsewhere_give_the_same_bytes(write_canister, tmp_path):
    first = write_canister(ENTRY, "told", FILES)
    moved = tmp_path / "moved" / "told"
    moved.parent.mkdir()
    first.parent.rename(moved)
    again = write_canister(ENTRY, "told", FILES)
    packed = [ModulePackages().pack(read_program(path, lenient=True), lenient=True) for path in (moved / first.name, again)]
    assert packed[0] == packed[1]


def test_a_file_that_changes_is_packed_anew(program, packages, entry):
    before = packages.pack(program)
    unused = entry.parent / "pkg" / "deep" / "unused.py"
    unused.write_text("x = 22\n")
    after = unpack(packages.pack(program)).sources.files
    assert unpack(before).sources.files != after
    assert after["pkg/deep/unused.py"] == b"x = 22\n"


@pytest.fixture
def twins(entry, packages):
    """The same canister from its files and from its package."""
    replica = Replica(lenient=True)
    by_path = replica.install(entry)
    by_package = replica.create_canister()
    module = ModulePackages().pack(replica.program(by_path.id), lenient=True)
    canister = replica.subnet.canisters[by_package]
    lifecycle.install(replica.subnet, canister, packages.open_module(module), b"", encode((), ()), user("owner"), module)
    yield by_path, replica.canister(by_package)
    replica.close()


def test_a_package_answers_as_its_files_do(twins):
    for canister in twins:
        assert canister.query("speak", "Words") == "WORDSwords"
        assert canister.query("late") == "late"
    assert twins[0].replica.program(twins[0].id).did == twins[1].replica.program(twins[1].id).did


@pytest.mark.parametrize("how", ["import", "division", "key"])
def test_a_package_fails_in_the_words_of_its_files(twins, how):
    texts = []
    for canister in twins:
        with pytest.raises(CallRejected) as rejected:
            canister.call("fails", how)
        texts.append(rejected.value.message.partition(": ")[2])
    assert texts[0] == texts[1] != ""


def test_a_program_read_leniently_is_opened_leniently(write_canister, packages):
    source = """
        from kybra import query, text


        class Unrelated:
            async def f(self):
                pass


        @query
        def f(*, x: text) -> text:
            return "f"
    """
    program = read_program(write_canister(source), lenient=True)
    assert program.ignored
    assert packages.open_module(packages.pack(program, lenient=True)).program.did == program.did
    with pytest.raises(ModuleRefused, match=r"sources are refused:\nsmall_canister\.py:\d+: "):
        packages.open_module(packages.pack(program))


def test_a_damaged_cache_is_put_right(program, packages, tmp_path):
    module = packages.pack(program, lenient=True)
    packages.open_module(module)
    (root,) = (tmp_path / "cache").iterdir()
    for damage in (
        lambda: (root / "helpers.py").write_text("raise SystemExit\n"),
        (root / "helpers.py").unlink,
        lambda: (root / "pkg" / "deep" / "found_late.py").write_text("more = 1\n"),
    ):
        damage()
        packages.open_module(module)
        kept = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*.py")}
        assert kept == unpack(module).sources.files
    assert list((tmp_path / "cache").iterdir()) == [root]


def test_those_who_unpack_at_once_find_it_whole(program, tmp_path):
    sources = unpack(ModulePackages().pack(program)).sources
    for attempt in range(20):
        cache = tmp_path / f"cache {attempt}"
        with ThreadPoolExecutor(4) as pool:
            unpacking = [pool.submit(ModulePackages(cache)._unpacked, sources) for _ in range(8)]
        roots = {future.result() for future in unpacking}
        assert {path.relative_to(root).as_posix(): path.read_bytes() for root in roots for path in root.rglob("*.py")} == sources.files
        assert set(cache.iterdir()) == roots


def test_the_section_may_say_the_interface_in_other_words_and_nothing_else(program, packages):
    known = unpack(packages.pack(program, lenient=True))

    def with_service(text):
        return pack(ModulePackage(known.sources, {**known.public, "candid:service": text}))

    commented = b"""// as published
service : () -> { fails : (how : text) -> (text); late : () -> (text) query; speak : (text) -> (text) query }"""
    engine = packages.open_module(with_service(commented))
    assert engine.metadata("candid:service") == commented
    assert packages.open_module(with_service(commented.replace(b"() -> {", b"{", 1))).program.did == program.did
    for wrong in (commented.replace(b"query", b""), commented.replace(b"how : text", b"nat"), commented.replace(b"late", b"later")):
        with pytest.raises(ModuleRefused, match="does not describe its sources"):
            packages.open_module(with_service(wrong))
    for garbage in (b"service : ", b"\xff"):
        with pytest.raises(ModuleRefused, match="is not Candid"):
            packages.open_module(with_service(garbage))


def test_metadata_of_a_package_is_served_and_private_metadata_is_not_public(program, packages):
    known = unpack(packages.pack(program, lenient=True))
    engine = packages.open_module(pack(ModulePackage(known.sources, {"git_commit_id": b"abc"}, {"note": b"secret"})))
    assert engine.metadata_names() == {"candid:service", "candid:args", "git_commit_id"}
    assert (engine.metadata("git_commit_id"), engine.metadata("note")) == (b"abc", None)
    assert engine.private_metadata() == {"note": b"secret"}
    assert engine.metadata("candid:service") == program.did.encode()


def test_an_entry_that_declares_nothing_readable_is_refused(packages):
    sources = Sources("main.py", {"main.py": b"def f(:\n"})
    with pytest.raises(ModuleRefused, match=r"main\.py:1: "):
        packages.open_module(pack(ModulePackage(sources)))


# the exchange's canisters ----------------------------------------------------------------------------------------------


NAMES = ("dst_ledger", "payout_splitter", "stream_registry", "token_ledger")


@pytest.fixture(scope="module")
def four(project_root, canisters_folder):
    """Each canister's program by name."""
    entries = {name: canisters_folder / name / f"{name}_canister.py" for name in NAMES}
    return {name: read_program(entry, search_path=[project_root / "src"]) for name, entry in entries.items()}


@pytest.mark.parametrize("name", NAMES)
def test_each_canister_of_the_exchange_fits_into_one_message(four, name, packages):
    module = packages.pack(four[name])
    assert len(module) < 1024**2
    opened = packages.open_module(module).program
    assert (opened.did, [module_name for module_name, _ in opened.modules]) == (four[name].did, [known for known, _ in four[name].modules])
    committed = parse_did(unpack(module).public["candid:service"].decode())
    assert [method for method, _ in committed.methods] == [method for method, _ in four[name].interface.methods]
