"""`icrc2_approve`, `icrc2_allowance` and `icrc2_transfer_from`, and the removal of what has expired."""

from __future__ import annotations

from typing import Any

import pytest
from token_ledger_driver import (
    ANONYMOUS,
    BUYER,
    DRIFT_NS,
    FEE,
    MAX_NAT64,
    MINTER,
    ONE,
    OUTSIDER,
    PROVIDER,
    SECOND_NS,
    SPLITTER,
    Ledger,
    account,
)

from ddsx_core.limits import MAX_ALLOWANCES_SWEPT
from kybra_replica.driver import CallRejected

HOUR = 3_600
PRICE = 500_000
MAX_AMOUNT = (1 << 128) - 1


def generic(code: int, message: str) -> dict[str, Any]:
    return {"Err": {"GenericError": {"error_code": code, "message": message}}}


@pytest.fixture
def funded(ledger: Ledger) -> Ledger:
    """The buyer can pay a price, and the fees of an approval and a transfer."""
    ledger.fund(BUYER, PRICE + 2 * FEE)
    return ledger


# -- Approving --------------------------------------------------------------------------------------------------------------


def test_an_approval_sets_and_does_not_add(funded: Ledger) -> None:
    assert funded.approve(BUYER, SPLITTER, 300, expires_at=MAX_NAT64) == {"Ok": 1}
    assert funded.approve(BUYER, SPLITTER, 200) == {"Ok": 2}
    assert (funded.allowance(BUYER, SPLITTER), funded.balance(BUYER), funded.supply()) == ((200, None), PRICE, PRICE)


def test_zero_takes_an_approval_back_for_the_fee(funded: Ledger) -> None:
    funded.approve(BUYER, SPLITTER, 300)
    assert funded.approve(BUYER, SPLITTER, 0) == {"Ok": 2}
    assert funded.allowance(BUYER, SPLITTER) == (0, None)
    assert funded.balance(BUYER) == PRICE
    assert funded.transfer_from(SPLITTER, BUYER, PROVIDER, 1) == {"Err": {"InsufficientAllowance": {"allowance": 0}}}


def test_a_huge_approval_counts_as_the_largest_amount(funded: Ledger) -> None:
    assert funded.approve(BUYER, SPLITTER, MAX_AMOUNT + 1) == {"Ok": 1}
    assert funded.allowance(BUYER, SPLITTER) == (MAX_AMOUNT, None)


def test_subaccounts_of_both_sides_count(funded: Ledger) -> None:
    funded.fund((BUYER, ONE), FEE)
    assert funded.approve(BUYER, (SPLITTER, ONE), 300, from_subaccount=ONE) == {"Ok": 2}
    assert funded.allowance((BUYER, ONE), (SPLITTER, ONE)) == (300, None)
    for source, spender in ((BUYER, SPLITTER), (BUYER, (SPLITTER, ONE)), ((BUYER, ONE), SPLITTER)):
        assert funded.allowance(source, spender) == (0, None)


def test_who_cannot_approve_whom(funded: Ledger) -> None:
    nobody = generic(2, "the anonymous principal cannot hold or move tokens")
    assert funded.approve(BUYER, ANONYMOUS, 5) == nobody
    assert funded.approve(BUYER, (BUYER, bytes(32)), 5) == generic(3, "an account needs no approval for itself")
    assert funded.approve(MINTER, SPLITTER, 5) == generic(4, "the minting account cannot approve")
    assert funded.approve(BUYER, (SPLITTER, b"short"), 5) == generic(6, "a subaccount has 32 bytes, not 5")
    assert funded.approve(BUYER, SPLITTER, 5, memo=bytes(33)) == generic(1, "a memo has at most 32 bytes")
    assert funded.length() == 1
    assert funded.approve(BUYER, (BUYER, ONE), 5, memo=bytes(32)) == {"Ok": 1}


def test_fee_and_times_of_an_approval(funded: Ledger) -> None:
    assert funded.approve(BUYER, SPLITTER, 5, fee=FEE - 1) == {"Err": {"BadFee": {"expected_fee": FEE}}}
    long_ago = funded.approve(BUYER, SPLITTER, 5, created_at_time=0)
    assert long_ago == {"Err": {"TooOld": None}}
    now = funded.now()
    soon = funded.approve(BUYER, SPLITTER, 5, created_at_time=now + DRIFT_NS + 1)
    assert soon == {"Err": {"CreatedInFuture": {"ledger_time": now}}}
    assert (funded.length(), funded.balance(BUYER)) == (1, PRICE + 2 * FEE)


def test_an_approval_must_outlast_its_own_moment(funded: Ledger) -> None:
    now = funded.now()
    assert funded.approve(BUYER, SPLITTER, 5, expires_at=now) == {"Err": {"Expired": {"ledger_time": now}}}
    now = funded.now()
    assert funded.approve(BUYER, SPLITTER, 5, expires_at=now + 1) == {"Ok": 1}


def test_an_approval_sent_again_is_a_duplicate_whatever_was_spent_since(funded: Ledger) -> None:
    said = {"created_at_time": funded.now(), "expected_allowance": 0}
    assert funded.approve(BUYER, SPLITTER, PRICE + FEE, **said) == {"Ok": 1}
    assert funded.transfer_from(SPLITTER, BUYER, PROVIDER, PRICE) == {"Ok": 2}
    assert funded.approve(BUYER, SPLITTER, PRICE + FEE, **said) == {"Err": {"Duplicate": {"duplicate_of": 1}}}
    assert funded.allowance(BUYER, SPLITTER) == (0, None)


def test_an_allowance_of_no_account_is_refused(ledger: Ledger) -> None:
    with pytest.raises(CallRejected, match="a subaccount has 32 bytes, not 2"):
        ledger.canister.query("icrc2_allowance", {"account": account(BUYER), "spender": account((SPLITTER, b"ab"))})


# -- Spending ---------------------------------------------------------------------------------------------------------------


def test_an_allowance_is_spent_to_its_last_unit(funded: Ledger) -> None:
    funded.approve(BUYER, SPLITTER, PRICE + FEE)
    assert funded.transfer_from(SPLITTER, BUYER, PROVIDER, PRICE) == {"Ok": 2}
    assert (funded.balance(BUYER), funded.balance(PROVIDER), funded.supply()) == (0, PRICE, PRICE)
    assert funded.allowance(BUYER, SPLITTER) == (0, None)


def test_the_fee_is_part_of_what_must_be_allowed(funded: Ledger) -> None:
    funded.approve(BUYER, SPLITTER, PRICE + FEE - 1)
    answer = funded.transfer_from(SPLITTER, BUYER, PROVIDER, PRICE)
    assert answer == {"Err": {"InsufficientAllowance": {"allowance": PRICE + FEE - 1}}}
    assert (funded.balance(BUYER), funded.length()) == (PRICE + FEE, 2)


def test_allowance_is_looked_at_before_funds(funded: Ledger) -> None:
    funded.approve(BUYER, SPLITTER, 1)
    both = funded.transfer_from(SPLITTER, BUYER, PROVIDER, 2 * PRICE)
    assert both == {"Err": {"InsufficientAllowance": {"allowance": 1}}}


def test_nobody_spends_what_others_were_allowed(funded: Ledger) -> None:
    funded.approve(BUYER, SPLITTER, PRICE)
    stranger = funded.transfer_from(OUTSIDER, BUYER, OUTSIDER, 1)
    assert stranger == {"Err": {"InsufficientAllowance": {"allowance": 0}}}
    from_a_subaccount = funded.transfer_from(SPLITTER, BUYER, SPLITTER, 1, spender_subaccount=ONE)
    assert from_a_subaccount == {"Err": {"InsufficientAllowance": {"allowance": 0}}}
    assert funded.transfer_from(SPLITTER, BUYER, PROVIDER, 1) == {"Ok": 2}


def test_a_spender_may_burn_but_not_mint(funded: Ledger) -> None:
    funded.approve(BUYER, SPLITTER, FEE)
    assert funded.transfer_from(SPLITTER, BUYER, MINTER, FEE - 1) == {"Err": {"BadBurn": {"min_burn_amount": FEE}}}
    assert funded.transfer_from(SPLITTER, BUYER, MINTER, FEE) == {"Ok": 2}
    assert funded.supply() == funded.balance(BUYER) == PRICE
    assert funded.transfer_from(SPLITTER, MINTER, BUYER, 1) == generic(4, "only a plain transfer can mint")
    assert funded.transfer_from(MINTER, MINTER, BUYER, 1) == generic(4, "only a plain transfer can mint")


def test_form_fee_and_times_of_a_transfer_from(funded: Ledger) -> None:
    funded.approve(BUYER, SPLITTER, PRICE + FEE)
    assert funded.transfer_from(SPLITTER, BUYER, PROVIDER, 1, fee=0) == {"Err": {"BadFee": {"expected_fee": FEE}}}
    assert funded.transfer_from(SPLITTER, BUYER, PROVIDER, 1, created_at_time=0) == {"Err": {"TooOld": None}}
    now = funded.now()
    soon = funded.transfer_from(SPLITTER, BUYER, PROVIDER, 1, created_at_time=now + DRIFT_NS + 1)
    assert soon == {"Err": {"CreatedInFuture": {"ledger_time": now}}}
    assert funded.transfer_from(SPLITTER, BUYER, PROVIDER, 1, memo=bytes(33)) == generic(1, "a memo has at most 32 bytes")
    assert funded.transfer_from(SPLITTER, (BUYER, b""), PROVIDER, 1) == generic(6, "a subaccount has 32 bytes, not 0")
    assert funded.transfer_from(SPLITTER, BUYER, ANONYMOUS, 1) == generic(2, "the anonymous principal cannot hold or move tokens")
    assert funded.length() == 2


def test_a_transfer_from_sent_again_is_a_duplicate_though_the_allowance_is_spent(funded: Ledger) -> None:
    funded.approve(BUYER, SPLITTER, PRICE + FEE)
    said = {"created_at_time": funded.now(), "memo": b"order"}
    assert funded.transfer_from(SPLITTER, BUYER, PROVIDER, PRICE, **said) == {"Ok": 2}
    assert funded.transfer_from(SPLITTER, BUYER, PROVIDER, PRICE, **said) == {"Err": {"Duplicate": {"duplicate_of": 2}}}
    assert funded.balance(PROVIDER) == PRICE


# -- Expiring ---------------------------------------------------------------------------------------------------------------


def test_an_allowance_expires_at_its_moment(funded: Ledger) -> None:
    expires_at = funded.now() + 100 * SECOND_NS
    funded.approve(BUYER, SPLITTER, PRICE, expires_at=expires_at)
    funded.go_to(expires_at - 1)
    assert funded.allowance(BUYER, SPLITTER) == (PRICE, expires_at)
    funded.go_to(expires_at)
    assert funded.allowance(BUYER, SPLITTER) == (0, None)
    assert funded.transfer_from(SPLITTER, BUYER, PROVIDER, 1) == {"Err": {"InsufficientAllowance": {"allowance": 0}}}
    assert funded.approve(BUYER, SPLITTER, 7, expected_allowance=0) == {"Ok": 2}
    assert funded.allowance(BUYER, SPLITTER) == (7, None)


def test_expired_allowances_are_removed_and_others_stay(funded: Ledger) -> None:
    funded.fund(BUYER, 10 * FEE)
    half_an_hour = funded.now() + 1_800 * SECOND_NS
    funded.approve(BUYER, SPLITTER, PRICE, expires_at=half_an_hour)
    funded.approve(BUYER, PROVIDER, PRICE, expires_at=MAX_NAT64)
    funded.approve(BUYER, OUTSIDER, PRICE)
    assert kept(funded) == (3, 2)
    for _ in range(3):
        funded.replica.advance_time(HOUR)
        funded.replica.tick()
        assert kept(funded) == (2, 1)
    assert [funded.allowance(BUYER, spender)[0] for spender in (SPLITTER, PROVIDER, OUTSIDER)] == [0, PRICE, PRICE]


def test_a_new_approval_takes_the_place_of_the_old_in_the_queue(funded: Ledger) -> None:
    funded.fund(BUYER, 10 * FEE)
    for later in (1, 2, 3):
        funded.approve(BUYER, SPLITTER, PRICE, expires_at=funded.now() + later * HOUR * SECOND_NS)
        assert kept(funded) == (1, 1)
    funded.approve(BUYER, SPLITTER, PRICE)
    sweep(funded)
    assert kept(funded) == (1, 0)
    assert funded.allowance(BUYER, SPLITTER) == (PRICE, None)


def test_a_spent_allowance_leaves_nothing_behind(funded: Ledger) -> None:
    funded.approve(BUYER, SPLITTER, PRICE + FEE, expires_at=MAX_NAT64)
    funded.transfer_from(SPLITTER, BUYER, PROVIDER, PRICE)
    assert kept(funded) == (0, 1)
    funded.fund(BUYER, FEE)
    funded.approve(BUYER, SPLITTER, 5, expires_at=MAX_NAT64)
    assert kept(funded) == (1, 2)
    sweep(funded)
    assert kept(funded) == (1, 1)
    assert funded.allowance(BUYER, SPLITTER) == (5, MAX_NAT64)


def test_a_part_of_an_allowance_spent_keeps_its_place(funded: Ledger) -> None:
    expires_at = funded.now() + 1_800 * SECOND_NS
    funded.approve(BUYER, SPLITTER, PRICE, expires_at=expires_at)
    funded.transfer_from(SPLITTER, BUYER, PROVIDER, 1)
    assert funded.allowance(BUYER, SPLITTER) == (PRICE - 1 - FEE, expires_at)
    sweep(funded)
    assert kept(funded) == (0, 0)


def kept(ledger: Ledger) -> tuple[int, int]:
    """How many allowances are stored, and how many places the queue has."""
    status = ledger.status()
    return status["allowances"], status["expiring_allowances"]


def sweep(ledger: Ledger) -> None:
    ledger.replica.advance_time(HOUR)
    ledger.replica.tick()


def test_one_firing_looks_at_500_allowances(ledger: Ledger) -> None:
    ledger.fund(BUYER, (MAX_ALLOWANCES_SWEPT + 1) * FEE)
    expires_at = ledger.now() + 60 * SECOND_NS
    for number in range(MAX_ALLOWANCES_SWEPT + 1):
        ledger.approve(BUYER, (SPLITTER, number.to_bytes(32, "big")), 5, expires_at=expires_at)
    assert kept(ledger) == (501, 501)
    sweep(ledger)
    assert kept(ledger) == (1, 1)
    sweep(ledger)
    assert kept(ledger) == (0, 0)
