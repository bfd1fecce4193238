"""The cases of the ICRC-1 and ICRC-2 acceptance suites, one test each, by the names they have there."""

from __future__ import annotations

from typing import Any

from token_ledger_driver import BUYER, FEE, MAX_NAT64, MINTER, PROVIDER, SPLITTER, Ledger, account

ZEROS = bytes(32)


def standards(ledger: Ledger) -> list[str]:
    return [standard["name"] for standard in ledger.canister.query("icrc1_supported_standards")]


def test_icrc1_transfer(ledger: Ledger) -> None:
    ledger.fund(BUYER, 10_000 + FEE)
    assert ledger.transfer(BUYER, PROVIDER, 10_000) == {"Ok": 1}
    assert ledger.balance(PROVIDER) == ledger.balance((PROVIDER, ZEROS)) == 10_000
    assert ledger.balance(BUYER) == ledger.balance((BUYER, ZEROS)) == 0


def test_icrc1_burn(ledger: Ledger) -> None:
    assert ledger.canister.query("icrc1_minting_account") == account(MINTER)
    ledger.fund(BUYER, 10_000)
    assert ledger.balance(MINTER) == 0
    assert ledger.transfer(BUYER, MINTER, 10_000) == {"Ok": 1}
    assert (ledger.balance(BUYER), ledger.balance(MINTER), ledger.supply()) == (0, 0, 0)


def test_icrc1_metadata(ledger: Ledger) -> None:
    entries = ledger.canister.query("icrc1_metadata")
    metadata = dict(entries)
    assert len(metadata) == len(entries)
    assert metadata["icrc1:name"] == {"Text": ledger.canister.query("icrc1_name")} == {"Text": "Local test token"}
    assert metadata["icrc1:symbol"] == {"Text": ledger.canister.query("icrc1_symbol")} == {"Text": "LTT"}
    assert metadata["icrc1:decimals"] == {"Nat": ledger.canister.query("icrc1_decimals")} == {"Nat": 8}
    assert metadata["icrc1:fee"] == {"Nat": ledger.canister.query("icrc1_fee")} == {"Nat": FEE}


def test_icrc1_supported_standards(ledger: Ledger) -> None:
    assert {"name": "ICRC-1", "url": "https://github.com/dfinity/ICRC-1"} in ledger.canister.query("icrc1_supported_standards")


def test_icrc1_tx_deduplication(ledger: Ledger) -> None:
    ledger.fund(BUYER, 7 * (10_000 + FEE))
    ledger.transfer(BUYER, PROVIDER, 10_000)
    assert ledger.transfer(BUYER, PROVIDER, 10_000) == {"Ok": 2}
    time = ledger.now()
    variants: list[dict[str, Any]] = [
        {"created_at_time": time},
        {"created_at_time": time, "fee": FEE},
        {"created_at_time": time, "memo": b"\x01\x02\x03"},
        {"created_at_time": time, "from_subaccount": ZEROS},
    ]
    for index, said in enumerate(variants, start=3):
        assert ledger.transfer(BUYER, PROVIDER, 10_000, **said) == {"Ok": index}
    assert ledger.transfer(BUYER, (PROVIDER, ZEROS), 10_000, created_at_time=time) == {"Ok": 7}
    for index, said in enumerate(variants, start=3):
        assert ledger.transfer(BUYER, PROVIDER, 10_000, **said) == {"Err": {"Duplicate": {"duplicate_of": index}}}
    assert (ledger.balance(BUYER), ledger.balance(PROVIDER)) == (0, 70_000)


def test_icrc1_memo_bytes_length(ledger: Ledger) -> None:
    ledger.fund(BUYER, 10_000 + FEE)
    assert ledger.transfer(BUYER, PROVIDER, 10_000, memo=b"\xff" * 32) == {"Ok": 1}


def test_icrc1_future_transfers(ledger: Ledger) -> None:
    ledger.fund(BUYER, 10_000 + FEE)
    answer = ledger.transfer(BUYER, PROVIDER, 10_000, created_at_time=MAX_NAT64)
    assert answer.keys() == {"Err"}
    assert answer["Err"].keys() == {"CreatedInFuture"}
    assert 0 < answer["Err"]["CreatedInFuture"]["ledger_time"] <= ledger.now()


def test_icrc1_bad_fee(ledger: Ledger) -> None:
    ledger.fund(BUYER, 10_000 + FEE)
    assert ledger.transfer(BUYER, PROVIDER, 10_000, fee=FEE + 1) == {"Err": {"BadFee": {"expected_fee": FEE}}}
    assert ledger.balance(BUYER) == 10_000 + FEE
    assert ledger.transfer(BUYER, PROVIDER, 10_000, fee=FEE) == {"Ok": 1}


def test_icrc2_supported_standards(ledger: Ledger) -> None:
    assert standards(ledger) == ["ICRC-1", "ICRC-2", "ICRC-3", "ICRC-10", "ICRC-21"]
    assert ledger.canister.query("icrc10_supported_standards") == ledger.canister.query("icrc1_supported_standards")


def test_icrc2_approve(ledger: Ledger) -> None:
    ledger.fund(BUYER, 2 * FEE)
    sub = (SPLITTER, bytes([1] * 32))
    assert ledger.approve(BUYER, SPLITTER, 40_000) == {"Ok": 1}
    assert ledger.balance(BUYER) == FEE
    assert ledger.approve(BUYER, sub, 80_000) == {"Ok": 2}
    assert ledger.balance(BUYER) == 0
    assert (ledger.allowance(BUYER, SPLITTER), ledger.allowance(BUYER, sub)) == ((40_000, None), (80_000, None))
    assert ledger.approve(BUYER, SPLITTER, 1) == {"Err": {"InsufficientFunds": {"balance": 0}}}
    assert ledger.allowance(BUYER, SPLITTER) == (40_000, None)


def test_icrc2_approve_expiration(ledger: Ledger) -> None:
    ledger.fund(BUYER, 3 * FEE)
    ledger.approve(BUYER, SPLITTER, 40_000)
    assert ledger.allowance(BUYER, SPLITTER) == (40_000, None)
    answer = ledger.approve(BUYER, SPLITTER, 80_000, expires_at=ledger.now() - 1)
    assert answer["Err"].keys() == {"Expired"}
    assert (ledger.balance(BUYER), ledger.allowance(BUYER, SPLITTER)) == (2 * FEE, (40_000, None))
    for expires_at in (MAX_NAT64, MAX_NAT64 - 1):
        ledger.approve(BUYER, SPLITTER, 80_000, expires_at=expires_at)
        assert ledger.allowance(BUYER, SPLITTER) == (80_000, expires_at)


def test_icrc2_approve_expected_allowance(ledger: Ledger) -> None:
    ledger.fund(BUYER, 3 * FEE)
    ledger.approve(BUYER, SPLITTER, 100_000)
    wrong = ledger.approve(BUYER, SPLITTER, 200_000, expected_allowance=100_001)
    assert wrong == {"Err": {"AllowanceChanged": {"current_allowance": 100_000}}}
    assert ledger.approve(BUYER, SPLITTER, 200_000, expected_allowance=100_000) == {"Ok": 2}
    assert ledger.allowance(BUYER, SPLITTER) == (200_000, None)


def test_icrc2_transfer_from(ledger: Ledger) -> None:
    ledger.fund(BUYER, 40_000 + 2 * FEE)
    ledger.approve(BUYER, SPLITTER, 20_000 + FEE + 1)
    assert ledger.transfer_from(SPLITTER, BUYER, PROVIDER, 20_000) == {"Ok": 2}
    assert (ledger.balance(BUYER), ledger.balance(PROVIDER), ledger.balance(SPLITTER)) == (20_000, 20_000, 0)
    assert ledger.allowance(BUYER, SPLITTER) == (1, None)


def test_icrc2_transfer_from_insufficient_funds(ledger: Ledger) -> None:
    ledger.fund(BUYER, 2 * FEE + 10_000)
    ledger.approve(BUYER, SPLITTER, 40_000 + FEE)
    answer = ledger.transfer_from(SPLITTER, BUYER, PROVIDER, 40_000)
    assert answer == {"Err": {"InsufficientFunds": {"balance": FEE + 10_000}}}
    assert (ledger.allowance(BUYER, SPLITTER), ledger.balance(PROVIDER)) == ((40_000 + FEE, None), 0)


def test_icrc2_transfer_from_insufficient_allowance(ledger: Ledger) -> None:
    ledger.fund(BUYER, 40_000)
    answer = ledger.transfer_from(SPLITTER, BUYER, PROVIDER, 10_000)
    assert answer == {"Err": {"InsufficientAllowance": {"allowance": 0}}}
    assert (ledger.balance(BUYER), ledger.balance(PROVIDER)) == (40_000, 0)


def test_icrc2_transfer_from_self(ledger: Ledger) -> None:
    ledger.fund(BUYER, 20_000 + FEE)
    assert ledger.transfer_from(BUYER, BUYER, PROVIDER, 20_000) == {"Ok": 1}
    assert (ledger.balance(BUYER), ledger.balance(PROVIDER)) == (0, 20_000)
    assert ledger.allowance(BUYER, BUYER) == (0, None)
