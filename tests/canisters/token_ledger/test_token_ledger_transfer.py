"""`icrc1_transfer`: transfers, mints and burns, with the exact refusal beside each."""

from __future__ import annotations

from typing import Any

import pytest
from token_ledger_driver import ANONYMOUS, BUYER, DAY_NS, DRIFT_NS, FEE, MINTER, ONE, OUTSIDER, PROVIDER, Ledger, account

from ddsx_core.token_log import decode_block
from kybra_replica.driver import CallRejected


def generic(code: int, message: str) -> dict[str, Any]:
    return {"Err": {"GenericError": {"error_code": code, "message": message}}}


def untouched(ledger: Ledger, blocks: int = 1) -> bool:
    """Whether nothing happened since the buyer was given what a transfer of one unit costs."""
    return (ledger.length(), ledger.balance(BUYER), ledger.supply()) == (blocks, 1 + FEE, 1 + FEE)


@pytest.fixture
def funded(ledger: Ledger) -> Ledger:
    """The buyer can pay for a transfer of exactly one unit."""
    ledger.fund(BUYER, 1 + FEE)
    return ledger


def test_a_transfer_moves_the_amount_and_burns_the_fee(funded: Ledger) -> None:
    assert funded.transfer(BUYER, PROVIDER, 1) == {"Ok": 1}
    assert (funded.balance(BUYER), funded.balance(PROVIDER), funded.supply(), funded.length()) == (0, 1, 1, 2)


def test_one_unit_more_than_there_is_is_refused(funded: Ledger) -> None:
    assert funded.transfer(BUYER, PROVIDER, 2) == {"Err": {"InsufficientFunds": {"balance": 1 + FEE}}}
    assert untouched(funded)


def test_an_amount_beyond_all_numbers_in_use_is_insufficient_funds(funded: Ledger) -> None:
    assert funded.transfer(BUYER, PROVIDER, 1 << 300) == {"Err": {"InsufficientFunds": {"balance": 1 + FEE}}}


def test_subaccounts_are_accounts_of_their_own(ledger: Ledger) -> None:
    ledger.fund((BUYER, ONE), 5 + FEE)
    assert ledger.transfer(BUYER, PROVIDER, 5) == {"Err": {"InsufficientFunds": {"balance": 0}}}
    assert ledger.transfer(BUYER, (PROVIDER, ONE), 5, from_subaccount=ONE) == {"Ok": 1}
    assert [ledger.balance(party) for party in (PROVIDER, (PROVIDER, ONE), (BUYER, ONE))] == [0, 5, 0]


def test_a_transfer_to_oneself_and_one_of_nothing_cost_the_fee(ledger: Ledger) -> None:
    ledger.fund(BUYER, 3 * FEE)
    assert ledger.transfer(BUYER, BUYER, 2 * FEE) == {"Ok": 1}
    assert ledger.balance(BUYER) == 2 * FEE
    assert ledger.transfer(BUYER, PROVIDER, 0) == {"Ok": 2}
    assert (ledger.balance(BUYER), ledger.balance(PROVIDER), ledger.supply()) == (FEE, 0, FEE)


@pytest.mark.parametrize("size", [0, 1, 31, 33, 64])
def test_a_subaccount_has_32_bytes(funded: Ledger, size: int) -> None:
    refused = generic(6, f"a subaccount has 32 bytes, not {size}")
    assert funded.transfer(BUYER, (PROVIDER, bytes(size)), 1) == refused
    assert funded.transfer(BUYER, PROVIDER, 1, from_subaccount=bytes(size)) == refused
    assert untouched(funded)
    with pytest.raises(CallRejected, match=f"InvalidAccount: reason = 'a subaccount has 32 bytes, not {size}'"):
        funded.canister.query("icrc1_balance_of", account((BUYER, bytes(size))))


def test_a_memo_of_33_bytes_is_refused_and_one_of_32_kept(funded: Ledger) -> None:
    assert funded.transfer(BUYER, PROVIDER, 1, memo=b"m" * 33) == generic(1, "a memo has at most 32 bytes")
    assert untouched(funded)
    assert funded.transfer(BUYER, PROVIDER, 1, memo=b"m" * 32) == {"Ok": 1}
    assert decode_block(funded.canister.query("block", 1)).tx["memo"] == b"m" * 32


def test_the_anonymous_principal_gets_nothing(funded: Ledger) -> None:
    refused = generic(2, "the anonymous principal cannot hold or move tokens")
    assert funded.transfer(BUYER, ANONYMOUS, 1) == refused
    assert funded.transfer(BUYER, (ANONYMOUS, ONE), 1) == refused
    assert untouched(funded)


def test_the_minting_account_mints_without_a_fee(ledger: Ledger) -> None:
    assert ledger.transfer(MINTER, BUYER, 7, fee=0) == {"Ok": 0}
    assert ledger.transfer(MINTER, BUYER, 7, fee=FEE) == {"Err": {"BadFee": {"expected_fee": 0}}}
    assert (ledger.balance(BUYER), ledger.balance(MINTER), ledger.supply()) == (7, 0, 7)


def test_only_the_very_minting_account_mints(ledger: Ledger) -> None:
    assert ledger.transfer(OUTSIDER, BUYER, 7) == {"Err": {"InsufficientFunds": {"balance": 0}}}
    assert ledger.transfer(MINTER, BUYER, 7, from_subaccount=ONE) == {"Err": {"InsufficientFunds": {"balance": 0}}}
    assert ledger.transfer(MINTER, BUYER, 7, from_subaccount=bytes(32)) == {"Ok": 0}


def test_the_minting_account_does_not_mint_for_itself_nor_without_measure(ledger: Ledger) -> None:
    assert ledger.transfer(MINTER, MINTER, 7) == generic(4, "the minting account cannot transfer to itself")
    limit = (1 << 128) - 1
    assert ledger.transfer(MINTER, BUYER, limit + 1) == generic(5, f"at most {limit} units are minted at once")
    assert ledger.transfer(MINTER, BUYER, limit) == {"Ok": 0}
    assert ledger.transfer(MINTER, BUYER, limit) == {"Ok": 1}
    assert ledger.balance(BUYER) == ledger.supply() == 2 * limit


def test_a_burn_is_at_least_a_fee(ledger: Ledger) -> None:
    ledger.fund(BUYER, FEE + 5)
    assert ledger.transfer(BUYER, MINTER, FEE - 1) == {"Err": {"BadBurn": {"min_burn_amount": FEE}}}
    assert ledger.transfer(BUYER, MINTER, FEE, fee=FEE) == {"Err": {"BadFee": {"expected_fee": 0}}}
    assert ledger.transfer(BUYER, MINTER, FEE, fee=0) == {"Ok": 1}
    assert (ledger.balance(BUYER), ledger.balance(MINTER), ledger.supply()) == (5, 0, 5)


def test_a_call_is_a_duplicate_until_it_is_too_old(ledger: Ledger) -> None:
    ledger.fund(BUYER, 10 * FEE)
    created = ledger.now()
    assert ledger.transfer(BUYER, PROVIDER, 1, created_at_time=created) == {"Ok": 1}
    ledger.go_to(created + DAY_NS + DRIFT_NS)
    assert ledger.transfer(BUYER, PROVIDER, 1, created_at_time=created) == {"Err": {"Duplicate": {"duplicate_of": 1}}}
    assert ledger.now() == created + DAY_NS + DRIFT_NS + 1
    assert ledger.transfer(BUYER, PROVIDER, 1, created_at_time=created) == {"Err": {"TooOld": None}}
    assert (ledger.length(), ledger.balance(PROVIDER)) == (2, 1)


def test_a_clock_may_run_ahead_by_a_minute(ledger: Ledger) -> None:
    ledger.fund(BUYER, 10 * FEE)
    now = ledger.now()
    answer = ledger.transfer(BUYER, PROVIDER, 1, created_at_time=now + DRIFT_NS + 1)
    assert answer == {"Err": {"CreatedInFuture": {"ledger_time": now}}}
    assert ledger.transfer(BUYER, PROVIDER, 1, created_at_time=ledger.now() + DRIFT_NS) == {"Ok": 1}


def test_a_refused_call_is_not_remembered(ledger: Ledger) -> None:
    created = ledger.now()
    assert ledger.transfer(BUYER, PROVIDER, 1, created_at_time=created) == {"Err": {"InsufficientFunds": {"balance": 0}}}
    ledger.fund(BUYER, 1 + FEE)
    assert ledger.transfer(BUYER, PROVIDER, 1, created_at_time=created) == {"Ok": 1}


def test_a_duplicate_is_told_before_anything_that_may_have_changed(funded: Ledger) -> None:
    created = funded.now()
    assert funded.transfer(BUYER, PROVIDER, 1, created_at_time=created) == {"Ok": 1}
    assert funded.balance(BUYER) == 0
    assert funded.transfer(BUYER, PROVIDER, 1, created_at_time=created) == {"Err": {"Duplicate": {"duplicate_of": 1}}}


def test_callers_do_not_share_duplicates(ledger: Ledger) -> None:
    created = ledger.now()
    for place, sender in enumerate((BUYER, OUTSIDER)):
        ledger.fund(sender, 1 + FEE)
        assert ledger.transfer(sender, PROVIDER, 1, created_at_time=created) == {"Ok": 2 * place + 1}
