"""The sixteen cases of the ICRC-1 and ICRC-2 acceptance suites against the ledger over HTTP, by their names there, and ICRC-3 beside them.

As there, one funded identity pays for everything, and each case makes fresh identities with just what it needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from icrc_accounts import FEE, IcrcLedger, now_ns
from replica_host import ReplicaHost, running

from ddsx.certificate import leb128, verify_certificate
from ddsx.errors import VerificationFailed
from ddsx_core.hash_tree import Found, lookup, parse_hash_tree, root_hash
from model.block_log import last_hash

ZEROS = bytes(32)
MAX_NAT64 = (1 << 64) - 1


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReplicaHost]:
    folder = tmp_path_factory.mktemp("icrc")
    with running(folder / "replica.log") as started:
        yield started
        assert "Traceback" not in started.words()


@pytest.fixture(scope="module")
def ledger(host: ReplicaHost, project_root: Path) -> Iterator[IcrcLedger]:
    client = host.client()
    yield IcrcLedger.deploy(client, project_root)
    client.close()


# -- ICRC-1 -----------------------------------------------------------------------------------------------------------------


def test_icrc1_transfer(ledger: IcrcLedger) -> None:
    sender, recipient = ledger.fork(10_000 + FEE), ledger.fork(0)
    assert "Ok" in sender.transfer(recipient.principal, 10_000)
    assert ledger.balance(recipient.principal) == ledger.balance((recipient.principal, ZEROS)) == 10_000
    assert ledger.balance(sender.principal) == 0


def test_icrc1_burn(ledger: IcrcLedger) -> None:
    minting_account = ledger.canister.query("icrc1_minting_account")
    assert minting_account == {"owner": ledger.minter, "subaccount": None}
    assert ledger.balance(ledger.minter) == 0
    holder = ledger.fork(10_000)
    assert "Ok" in holder.transfer(ledger.minter, 10_000)
    assert (ledger.balance(holder.principal), ledger.balance(ledger.minter)) == (0, 0)


def test_icrc1_metadata(ledger: IcrcLedger) -> None:
    entries = ledger.canister.query("icrc1_metadata")
    metadata = dict(entries)
    assert len(metadata) == len(entries)
    assert metadata["icrc1:name"] == {"Text": ledger.canister.query("icrc1_name")}
    assert metadata["icrc1:symbol"] == {"Text": ledger.canister.query("icrc1_symbol")}
    assert metadata["icrc1:decimals"] == {"Nat": ledger.canister.query("icrc1_decimals")}
    assert metadata["icrc1:fee"] == {"Nat": ledger.canister.query("icrc1_fee")} == {"Nat": FEE}


def test_icrc1_supported_standards(ledger: IcrcLedger) -> None:
    assert "ICRC-1" in ledger.standards()


def test_icrc1_tx_deduplication(ledger: IcrcLedger) -> None:
    sender, recipient = ledger.fork(7 * (10_000 + FEE)), ledger.fork(0).principal
    first, second = (sender.transfer(recipient, 10_000)["Ok"] for _ in range(2))
    assert second > first
    created = now_ns()
    calls: list[dict[str, Any]] = [
        {"created_at_time": created},
        {"created_at_time": created, "fee": FEE},
        {"created_at_time": created, "memo": b"\x01\x02\x03"},
        {"created_at_time": created, "from_subaccount": ZEROS},
    ]
    for said in calls:
        index = sender.transfer(recipient, 10_000, **said)["Ok"]
        assert sender.transfer(recipient, 10_000, **said) == {"Err": {"Duplicate": {"duplicate_of": index}}}
    index = sender.transfer((recipient, ZEROS), 10_000, created_at_time=created)["Ok"]
    assert sender.transfer((recipient, ZEROS), 10_000, created_at_time=created) == {"Err": {"Duplicate": {"duplicate_of": index}}}
    assert (ledger.balance(sender.principal), ledger.balance(recipient)) == (0, 70_000)


def test_icrc1_memo_bytes_length(ledger: IcrcLedger) -> None:
    sender = ledger.fork(10_000 + FEE)
    assert "Ok" in sender.transfer(ledger.fork(0).principal, 10_000, memo=b"\xff" * 32)


def test_icrc1_future_transfers(ledger: IcrcLedger) -> None:
    sender = ledger.fork(10_000 + FEE)
    answer = sender.transfer(ledger.fork(0).principal, 10_000, created_at_time=MAX_NAT64)
    assert answer.keys() == {"Err"}
    assert abs(answer["Err"]["CreatedInFuture"]["ledger_time"] - now_ns()) < 60 * 10**9
    assert ledger.balance(sender.principal) == 10_000 + FEE


def test_icrc1_bad_fee(ledger: IcrcLedger) -> None:
    sender, recipient = ledger.fork(10_000 + FEE), ledger.fork(0).principal
    assert sender.transfer(recipient, 10_000, fee=FEE + 1) == {"Err": {"BadFee": {"expected_fee": FEE}}}
    assert sender.transfer(recipient, 10_000, fee=FEE).keys() == {"Ok"}


# -- ICRC-2 -----------------------------------------------------------------------------------------------------------------


def test_icrc2_supported_standards(ledger: IcrcLedger) -> None:
    assert {"ICRC-1", "ICRC-2"} <= ledger.standards()


def test_icrc2_approve(ledger: IcrcLedger) -> None:
    holder, spender = ledger.fork(2 * FEE), ledger.fork(0).principal
    other = (spender, bytes([1] * 32))
    assert "Ok" in holder.approve(spender, 10_000)
    assert ledger.balance(holder.principal) == FEE
    assert "Ok" in holder.approve(other, 20_000)
    assert ledger.allowance(holder.principal, spender) == {"allowance": 10_000, "expires_at": None}
    assert ledger.allowance(holder.principal, other) == {"allowance": 20_000, "expires_at": None}
    assert holder.approve(spender, 30_000) == {"Err": {"InsufficientFunds": {"balance": 0}}}
    assert ledger.allowance(holder.principal, spender) == {"allowance": 10_000, "expires_at": None}


def test_icrc2_approve_expiration(ledger: IcrcLedger) -> None:
    holder, spender = ledger.fork(3 * FEE), ledger.fork(0).principal
    assert "Ok" in holder.approve(spender, 10_000)
    assert ledger.allowance(holder.principal, spender) == {"allowance": 10_000, "expires_at": None}
    assert holder.approve(spender, 20_000, expires_at=now_ns() - 60 * 10**9)["Err"].keys() == {"Expired"}
    assert ledger.balance(holder.principal) == 2 * FEE
    for expires_at in (MAX_NAT64, MAX_NAT64 - 1):
        assert "Ok" in holder.approve(spender, 20_000, expires_at=expires_at)
        assert ledger.allowance(holder.principal, spender) == {"allowance": 20_000, "expires_at": expires_at}


def test_icrc2_approve_expected_allowance(ledger: IcrcLedger) -> None:
    holder, spender = ledger.fork(3 * FEE), ledger.fork(0).principal
    assert "Ok" in holder.approve(spender, 100_000)
    wrong = holder.approve(spender, 200_000, expected_allowance=100_001)
    assert wrong == {"Err": {"AllowanceChanged": {"current_allowance": 100_000}}}
    assert "Ok" in holder.approve(spender, 200_000, expected_allowance=100_000)
    assert ledger.allowance(holder.principal, spender)["allowance"] == 200_000


def test_icrc2_transfer_from(ledger: IcrcLedger) -> None:
    holder, spender, recipient = ledger.fork(40_000 + 2 * FEE), ledger.fork(0), ledger.fork(0).principal
    assert "Ok" in holder.approve(spender.principal, 20_000 + FEE + 1)
    assert "Ok" in spender.transfer_from(holder.principal, recipient, 20_000)
    assert (ledger.balance(holder.principal), ledger.balance(recipient), ledger.balance(spender.principal)) == (20_000, 20_000, 0)
    assert ledger.allowance(holder.principal, spender.principal)["allowance"] == 1


def test_icrc2_transfer_from_insufficient_funds(ledger: IcrcLedger) -> None:
    holder, spender, recipient = ledger.fork(2 * FEE + 10_000), ledger.fork(0), ledger.fork(0).principal
    assert "Ok" in holder.approve(spender.principal, 40_000 + FEE)
    answer = spender.transfer_from(holder.principal, recipient, 40_000)
    assert answer == {"Err": {"InsufficientFunds": {"balance": FEE + 10_000}}}
    assert (ledger.allowance(holder.principal, spender.principal)["allowance"], ledger.balance(recipient)) == (40_000 + FEE, 0)


def test_icrc2_transfer_from_insufficient_allowance(ledger: IcrcLedger) -> None:
    holder, spender, recipient = ledger.fork(40_000), ledger.fork(0), ledger.fork(0).principal
    assert spender.transfer_from(holder.principal, recipient, 10_000) == {"Err": {"InsufficientAllowance": {"allowance": 0}}}
    assert (ledger.balance(holder.principal), ledger.balance(recipient)) == (40_000, 0)


def test_icrc2_transfer_from_self(ledger: IcrcLedger) -> None:
    holder, recipient = ledger.fork(20_000 + FEE), ledger.fork(0).principal
    assert "Ok" in holder.transfer_from(holder.principal, recipient, 20_000)
    assert (ledger.balance(holder.principal), ledger.balance(recipient)) == (0, 20_000)


# -- ICRC-3 -----------------------------------------------------------------------------------------------------------------


def test_icrc3_blocks_lead_to_the_tip_that_the_replica_signed(ledger: IcrcLedger, host: ReplicaHost) -> None:
    ledger.fork(1)
    tip = ledger.canister.query("icrc3_get_tip_certificate")
    length = ledger.canister.query("icrc3_get_blocks", [])["log_length"]
    blocks = [entry["block"] for entry in ledger.canister.query("icrc3_get_blocks", [{"start": 0, "length": length}])["blocks"]]
    certified = verify_certificate(tip["certificate"], canister=ledger.canister.id.raw, root_key=host.root_key)
    tree = parse_hash_tree(tip["hash_tree"])
    assert root_hash(tree) == certified.data
    index = lookup(tree, [b"last_block_index"])
    assert isinstance(index, Found)
    assert (leb128(index.value), len(blocks)) == (length - 1, length)
    digest = last_hash(blocks)
    assert digest is not None
    assert lookup(tree, [b"last_block_hash"]) == Found(digest)


def test_icrc3_the_tip_is_signed_by_this_replica_and_no_other(ledger: IcrcLedger, host: ReplicaHost) -> None:
    ledger.fork(1)
    tip = ledger.canister.query("icrc3_get_tip_certificate")
    state = {"canister": ledger.canister.id.raw, "root_key": host.root_key}
    assert verify_certificate(tip["certificate"], **state).data == root_hash(parse_hash_tree(tip["hash_tree"]))
    with pytest.raises(VerificationFailed):
        verify_certificate(tip["certificate"], **state | {"canister": ledger.minter.raw})
