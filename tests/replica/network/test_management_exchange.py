"""The exchange's own canisters go in as packages: whole, in chunks, upgraded and reinstalled."""

from __future__ import annotations

from hashlib import sha256

import pytest
from management_calls import manage, refused

from kybra_replica.candid import Encoder, decode, encode
from kybra_replica.candid.types import TEXT
from kybra_replica.driver import Replica, user
from kybra_replica.plain import from_plain
from kybra_replica.principal import Principal
from kybra_replica.python_engine.packages import ModulePackages
from kybra_replica.python_engine.source import read_program

OWNER = user("owner")
OTHER = Principal.canister(1_000)
ACCOUNT = {"owner": OWNER, "subaccount": None}
INIT = {
    "token_ledger": {"name": "Token", "symbol": "TOK", "decimals": 8, "transfer_fee": 10, "minting_account": ACCOUNT},
    "stream_registry": {"shard": 0, "governance": OWNER, "dst_ledger": OTHER, "payout_splitter": OTHER, "change_delay_seconds": 0},
    "dst_ledger": {"governance": OWNER, "payout_splitter": OTHER, "registries": [], "payment_ledger": OTHER, "change_delay_seconds": 0},
    "payout_splitter": {
        "governance": OWNER,
        "dst_ledger": OTHER,
        "registries": [],
        "ledgers": [{"kind": {"Icrc": None}, "ledger": OTHER}],
        "treasury": ACCOUNT,
        "validators": None,
        "protocol_fee_ppm": 1,
        "plan_notice_seconds": 0,
        "change_delay_seconds": 0,
    },
}
QUERIES = {
    "token_ledger": "icrc1_name",
    "stream_registry": "status",
    "dst_ledger": "ledger_status",
    "payout_splitter": "parameters",
}
"""A query of each without arguments, whose answer follows from the init argument."""


@pytest.fixture(scope="module")
def packed(project_root, canisters_folder):
    """Program and module of each canister, by name."""
    found, packages = {}, ModulePackages()
    for name in INIT:
        program = read_program(canisters_folder / name / f"{name}_canister.py", search_path=[project_root / "src"])
        found[name] = (program, packages.pack(program))
    return found


@pytest.fixture(scope="module")
def open_module():
    """Opens packages, each read once for all tests."""
    return ModulePackages().open_module


@pytest.fixture
def fresh(open_module):
    replica = Replica()
    replica.subnet.open_module = open_module
    yield replica
    replica.close()


def install(replica, canister, module, argument, mode):
    settings = {"mode": {mode: None}, "canister_id": canister, "wasm_module": module, "arg": argument}
    manage(replica, "install_code", settings, sender=OWNER)


def install_in_chunks(replica, canister, module, argument):
    pieces = [module[start : start + 100_000] for start in range(0, len(module), 100_000)]
    hashes = [manage(replica, "upload_chunk", {"canister_id": canister, "chunk": piece}, sender=OWNER) for piece in pieces]
    settings = {"mode": {"install": None}, "target_canister": canister, "chunk_hashes_list": hashes, "arg": argument}
    manage(replica, "install_chunked_code", {**settings, "wasm_module_hash": sha256(module).digest()}, sender=OWNER)


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("name", INIT)
def test_a_canister_lives_through_all_that_tools_do_to_it(fresh, packed, name, chunked):
    program, module = packed[name]
    query = QUERIES[name]
    argument = Encoder(program.interface.init)([from_plain(program.interface.init[0], INIT[name])])
    canister = fresh.create_canister(sender=OWNER)
    if chunked:
        install_in_chunks(fresh, canister, module, argument)
    else:
        install(fresh, canister, module, argument, "install")
    fresh.tick(2)
    first = fresh.query_call(canister, query, encode((), ()))
    garbage = {"match": "failed to decode call arguments", "code": 5, "error": "IC0503"}
    refused(install, fresh, canister, module, encode((TEXT,), ("garbage",)), "reinstall", **garbage)
    assert fresh.query_call(canister, query, encode((), ())) == first
    install(fresh, canister, module, encode((), ()), "upgrade")
    assert fresh.query_call(canister, query, encode((), ())) == first
    install(fresh, canister, module, argument, "reinstall")
    assert fresh.subnet.canisters[canister].module_hash == sha256(module).digest()
    info = manage(fresh, "canister_status", {"canister_id": canister}, sender=OWNER)
    assert (info["memory_metrics"]["wasm_binary_size"], info["memory_metrics"]["wasm_chunk_store_size"] > 0) == (len(module), chunked)


def test_state_survives_an_upgrade_and_not_a_reinstall(fresh, packed):
    program, module = packed["token_ledger"]
    argument = Encoder(program.interface.init)([from_plain(program.interface.init[0], INIT["token_ledger"])])
    canister = fresh.create_canister(sender=OWNER)
    install(fresh, canister, module, argument, "install")
    ledger = fresh.canister(canister)
    holder = {"owner": user("holder"), "subaccount": None}
    transfer = {"from_subaccount": None, "to": holder, "amount": 500, "fee": None, "memo": None, "created_at_time": None}
    assert ledger.call("icrc1_transfer", transfer, sender=OWNER) == {"Ok": 0}
    install(fresh, canister, module, encode((), ()), "upgrade")
    assert ledger.query("icrc1_balance_of", holder) == 500
    assert decode(fresh.query_call(canister, "icrc1_name", encode((), ())), (TEXT,)) == ["Token"]
    install(fresh, canister, module, argument, "reinstall")
    assert ledger.query("icrc1_balance_of", holder) == 0
