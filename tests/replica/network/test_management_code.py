"""Code is installed from bytes, whole and in chunks: all of it or nothing."""

from __future__ import annotations

import gzip
from hashlib import sha256

import pytest
from management_calls import manage, refused

from kybra_replica.candid import encode, parse_args_typed
from kybra_replica.candid.types import TEXT
from kybra_replica.driver import CallRejected, Replica, user
from kybra_replica.module_package import ModulePackage, pack
from kybra_replica.module_sources import Sources
from kybra_replica.network import module_store
from kybra_replica.principal import MANAGEMENT
from kybra_replica.python_engine.packages import ModulePackages
from kybra_replica.python_engine.source import read_program

OWNER, STRANGER = user("owner"), user("stranger")
CHUNK = 1024**2

SOURCE = """
from kybra import Opt, StableBTreeMap, Vec, init, ic, nat64, post_upgrade, pre_upgrade, query, text, void

log = StableBTreeMap[nat64, text](memory_id=0, max_key_size=15, max_value_size=100)


@init
def setup(word: text) -> void:
    if word == "fail":
        raise ValueError("init failed")
    log.insert(log.len(), "init " + word)


@pre_upgrade
def leave() -> void:
    log.insert(log.len(), "pre_upgrade")


@post_upgrade
def enter(word: text) -> void:
    if word == "fail":
        raise ValueError("post_upgrade failed")
    log.insert(log.len(), "post_upgrade " + word)


@query
def lines() -> Vec[text]:
    return log.values()
"""


@pytest.fixture
def module(write_canister):
    return ModulePackages().pack(read_program(write_canister(SOURCE)))


@pytest.fixture
def canister(replica):
    return replica.create_canister(sender=OWNER)


def install(replica, canister, module, word="first", mode="install", sender=OWNER):
    argument = {"mode": mode if isinstance(mode, dict) else {mode: None}, "canister_id": canister, "wasm_module": module}
    manage(replica, "install_code", {**argument, "arg": encode((TEXT,), (word,))}, sender=sender)


def lines(replica, canister):
    return replica.canister(canister).query("lines")


def test_a_package_runs_and_its_hash_is_that_of_the_bytes_sent(replica, canister, module):
    for sent in (module, gzip.compress(module)):
        before = replica.get_time()
        install(replica, canister, sent, mode="reinstall")
        assert lines(replica, canister) == ["init first"]
        installed = replica.subnet.canisters[canister]
        assert installed.module_hash == sha256(sent).digest()
        assert before <= installed.installed_ns < replica.get_time()


def test_install_wants_an_empty_canister_and_upgrade_a_full_one(replica, canister, module):
    refused(install, replica, canister, module, mode="upgrade", match="contains no Wasm module", code=5, error="IC0537")
    install(replica, canister, module)
    refused(install, replica, canister, module, match="the canister is not empty", code=5, error="IC0514")
    install(replica, canister, module, "again", mode="reinstall")
    assert lines(replica, canister) == ["init again"]


@pytest.mark.parametrize(
    ("options", "left"),
    [
        (None, ["pre_upgrade"]),
        ({"skip_pre_upgrade": None, "wasm_memory_persistence": None}, ["pre_upgrade"]),
        ({"skip_pre_upgrade": False, "wasm_memory_persistence": {"replace": None}}, ["pre_upgrade"]),
        ({"skip_pre_upgrade": True, "wasm_memory_persistence": None}, []),
    ],
)
def test_an_upgrade_keeps_stable_memory_and_may_skip_pre_upgrade(replica, canister, module, options, left):
    install(replica, canister, module)
    install(replica, canister, module, "second", mode={"upgrade": options})
    assert lines(replica, canister) == ["init first", *left, "post_upgrade second"]


def test_an_upgrade_in_the_old_form_without_options_is_read(replica, canister, module):
    install(replica, canister, module)
    old = """(record {{ mode = variant {{ upgrade }}; canister_id = principal "{}"; wasm_module = blob "{}"; arg = blob "{}" }})"""
    escaped = ["".join(f"\\{byte:02x}" for byte in data) for data in (module, encode((TEXT,), ("old",)))]
    types, values = parse_args_typed(old.format(canister, *escaped))
    replica.update_call(MANAGEMENT, "install_code", encode(types, values), sender=OWNER)
    assert lines(replica, canister) == ["init first", "pre_upgrade", "post_upgrade old"]


def test_memory_of_wasm_cannot_be_kept_where_there_is_none(replica, canister, module):
    install(replica, canister, module)
    keep = {"upgrade": {"skip_pre_upgrade": None, "wasm_memory_persistence": {"keep": None}}}
    refused(install, replica, canister, module, mode=keep, match="orthogonal persistence", code=5, error="IC0504")


def test_a_trap_in_init_or_post_upgrade_leaves_what_was_there(replica, canister, module):
    refused(install, replica, canister, module, "fail", match="ValueError: init failed", code=5, error="IC0503")
    empty = replica.subnet.canisters[canister]
    assert (empty.engine, empty.module_hash, empty.installed_ns, empty.version) == (None, None, 0, 0)
    install(replica, canister, module)
    replica.tick(2)
    before = (empty.module_hash, empty.installed_ns, empty.version, empty.history.total)
    for mode in ("reinstall", "upgrade"):
        refused(install, replica, canister, gzip.compress(module), "fail", mode=mode, match="failed", code=5, error="IC0503")
    assert (empty.module_hash, empty.installed_ns, empty.version, empty.history.total) == before
    assert lines(replica, canister) == ["init first"]


WASM_WITH_CODE = b"\x00asm\x01\x00\x00\x00" + b"\x01\x04\x01\x60\x00\x00"


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (b"", "neither Wasm nor"),
        (b"garbage", "neither Wasm nor"),
        (WASM_WITH_CODE[:6], "cut off"),
        (WASM_WITH_CODE[:8], "no section kybra:sources.*dfx, icp-cli or PocketIC"),
        (WASM_WITH_CODE, "Wasm code.*dfx, icp-cli or PocketIC"),
        (gzip.compress(WASM_WITH_CODE), "Wasm code"),
        (gzip.compress(WASM_WITH_CODE)[:-1], "cut off"),
    ],
)
def test_what_is_no_package_is_refused_with_a_way_out(replica, canister, sent, text):
    refused(install, replica, canister, sent, match=text, code=5, error="IC0505")
    assert replica.subnet.canisters[canister].engine is None


def test_sources_that_kybra_would_refuse_are_refused_with_their_places(replica, canister, write_canister):
    source = """
        from kybra import query, text


        @query
        def f(x) -> text:
            return x
    """
    entry = write_canister(source)
    sent = pack(ModulePackage(Sources("main.py", {"main.py": entry.read_bytes()})))
    refused(install, replica, canister, sent, match=r"sources are refused:\nmain\.py:6: ", code=5, error="IC0505")


def test_the_module_stays_in_the_store_while_somebody_runs_it(replica, canister, module):
    other, store = replica.create_canister(sender=OWNER), replica.subnet.store
    packed = gzip.compress(module)
    for target in (canister, other):
        install(replica, target, module)
    install(replica, canister, packed, mode="upgrade")
    assert module_store.module_of(store, sha256(module).digest()) == module
    manage(replica, "uninstall_code", {"canister_id": other}, sender=OWNER)
    assert module_store.module_of(store, sha256(module).digest()) is None
    assert module_store.module_of(store, sha256(packed).digest()) == packed


def test_a_replica_with_a_directory_keeps_modules_that_were_installed_from_files_too(tmp_path, write_canister, module):
    entry, argument = write_canister(SOURCE), encode((TEXT,), ("first",))
    kept, lost = Replica(directory=tmp_path / "replica"), Replica()
    for replica in (kept, lost):
        canister = replica.create_canister()
        replica.install_code(canister, entry, argument)
        assert replica.subnet.canisters[canister].module_hash == sha256(module).digest()
    assert module_store.module_of(kept.subnet.store, sha256(module).digest()) == module
    assert module_store.module_of(lost.subnet.store, sha256(module).digest()) is None
    kept.close()
    lost.close()


def upload(replica, holder, module, size=CHUNK, sender=OWNER):
    pieces = [module[start : start + size] for start in range(0, len(module), size)]
    return [manage(replica, "upload_chunk", {"canister_id": holder, "chunk": piece}, sender=sender) for piece in pieces]


def install_chunked(replica, target, hashes, module, sender=OWNER, **more):
    argument = {"mode": {"install": None}, "target_canister": target, "chunk_hashes_list": hashes, "arg": encode((TEXT,), ("chunked",))}
    manage(replica, "install_chunked_code", {**argument, "wasm_module_hash": sha256(module).digest(), **more}, sender=sender)


def test_chunks_in_the_canisters_own_store_make_a_module(replica, canister, module):
    hashes = upload(replica, canister, module, size=1_000)
    assert hashes[0] == {"hash": sha256(module[:1_000]).digest()}
    install_chunked(replica, canister, hashes, module)
    assert lines(replica, canister) == ["init chunked"]
    assert replica.subnet.canisters[canister].module_hash == sha256(module).digest()


def test_chunks_may_lie_with_another_canister_that_the_caller_controls(replica, canister, module):
    store, foreign = replica.create_canister(sender=OWNER), replica.create_canister(sender=STRANGER)
    hashes = upload(replica, store, module)
    upload(replica, foreign, module, sender=STRANGER)
    denied = {"match": f"Only controllers of canister {foreign}", "code": 5, "error": "IC0512"}
    refused(install_chunked, replica, canister, hashes, module, store_canister=foreign, **denied)
    refused(install_chunked, replica, canister, hashes, module, match="was not found", code=5, error="IC0504")
    install_chunked(replica, canister, hashes, module, store_canister=store)
    assert lines(replica, canister) == ["init chunked"]


def test_chunks_that_do_not_make_the_module_are_refused(replica, canister, module):
    hashes = upload(replica, canister, module, size=len(module) // 2 + 1)
    refused(install_chunked, replica, canister, hashes[::-1], module, match="does not match given hash", code=5, error="IC0504")
    refused(install_chunked, replica, canister, hashes * 51, module, match="at most 100 chunks, not 102", code=5, error="IC0504")
    assert replica.subnet.canisters[canister].engine is None


def test_a_chunk_has_at_most_a_mebibyte(replica, canister):
    assert upload(replica, canister, bytes(CHUNK)) == [{"hash": sha256(bytes(CHUNK)).digest()}]
    refused(upload, replica, canister, bytes(CHUNK + 1), size=CHUNK + 1, match="exceeds the maximum chunk size", code=5, error="IC0504")


def test_a_store_holds_a_hundred_different_chunks(replica, canister):
    hashes = upload(replica, canister, bytes(range(100)), size=1)
    assert upload(replica, canister, b"\x07") == [hashes[7]]
    refused(upload, replica, canister, b"\xff", match="maximum capacity", code=5, error="IC0504")
    stored = manage(replica, "stored_chunks", {"canister_id": canister}, sender=OWNER)
    assert stored == sorted(hashes, key=lambda entry: entry["hash"])
    manage(replica, "clear_chunk_store", {"canister_id": canister}, sender=OWNER)
    assert manage(replica, "stored_chunks", {"canister_id": canister}, sender=OWNER) == []
    assert upload(replica, canister, b"\xff") == [{"hash": sha256(b"\xff").digest()}]


def test_uninstalling_empties_memory_and_chunks_and_keeps_cycles(replica, canister, module):
    install(replica, canister, module)
    upload(replica, canister, b"left over")
    manage(replica, "uninstall_code", {"canister_id": canister}, sender=OWNER)
    emptied = replica.subnet.canisters[canister]
    assert (emptied.engine, emptied.module_hash, emptied.installed_ns) == (None, None, 0)
    assert replica.subnet.store.count(emptied.space + b"map\x00") == 0
    assert manage(replica, "stored_chunks", {"canister_id": canister}, sender=OWNER) == []
    with pytest.raises(CallRejected, match="contains no module"):
        replica.query_call(canister, "lines", encode((), ()))
    install(replica, canister, module, "anew")
    assert lines(replica, canister) == ["init anew"]
