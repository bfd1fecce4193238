"""Changing the fee: the pair of methods that an SNS calls, and what a new fee means to calls that come after it."""

from __future__ import annotations

import pytest
from token_ledger_driver import ANONYMOUS, BUYER, FEE, GOVERNANCE, MINTER, OUTSIDER, PROVIDER, SPLITTER, Ledger, install

from kybra_replica.driver import CallRejected, Replica

WHOLE_TOKEN = 10**8


def test_governance_sets_the_fee(ledger: Ledger) -> None:
    ledger.fund(BUYER, 10 * FEE)
    assert ledger.canister.call("set_fee", FEE + 1, sender=GOVERNANCE) is None
    assert ledger.canister.query("icrc1_fee") == FEE + 1
    assert dict(ledger.canister.query("icrc1_metadata"))["icrc1:fee"] == {"Nat": FEE + 1}
    assert ledger.transfer(BUYER, PROVIDER, 1, fee=FEE) == {"Err": {"BadFee": {"expected_fee": FEE + 1}}}
    assert ledger.transfer(BUYER, PROVIDER, 1, fee=FEE + 1) == {"Ok": 1}
    assert ledger.balance(BUYER) == 10 * FEE - 1 - (FEE + 1)


def test_every_call_that_costs_the_fee_meets_the_new_one(ledger: Ledger) -> None:
    ledger.fund(BUYER, 10 * FEE)
    ledger.approve(BUYER, SPLITTER, 5 * FEE)
    ledger.set_fee(2 * FEE)
    bad = {"Err": {"BadFee": {"expected_fee": 2 * FEE}}}
    assert ledger.approve(BUYER, SPLITTER, 1, fee=FEE) == bad
    assert ledger.transfer_from(SPLITTER, BUYER, PROVIDER, 3 * FEE, fee=FEE) == bad
    assert ledger.transfer(BUYER, MINTER, 2 * FEE - 1) == {"Err": {"BadBurn": {"min_burn_amount": 2 * FEE}}}
    assert ledger.transfer_from(SPLITTER, BUYER, PROVIDER, 3 * FEE + 1) == {"Err": {"InsufficientAllowance": {"allowance": 5 * FEE}}}
    assert ledger.transfer_from(SPLITTER, BUYER, PROVIDER, 3 * FEE) == {"Ok": 2}
    assert (ledger.balance(BUYER), ledger.allowance(BUYER, SPLITTER)) == (4 * FEE, (0, None))


def test_a_call_sent_again_after_the_fee_changed_is_a_duplicate_and_no_bad_fee(ledger: Ledger) -> None:
    ledger.fund(BUYER, 10 * FEE)
    created = ledger.now()
    assert ledger.transfer(BUYER, PROVIDER, 1, fee=FEE, created_at_time=created) == {"Ok": 1}
    ledger.set_fee(FEE + 1)
    assert ledger.transfer(BUYER, PROVIDER, 1, fee=FEE, created_at_time=created) == {"Err": {"Duplicate": {"duplicate_of": 1}}}


def test_a_token_may_become_free(ledger: Ledger) -> None:
    ledger.fund(BUYER, 5)
    ledger.set_fee(0)
    assert ledger.transfer(BUYER, PROVIDER, 5) == {"Ok": 1}
    assert ledger.transfer(PROVIDER, MINTER, 0) == {"Err": {"BadBurn": {"min_burn_amount": 1}}}
    assert ledger.supply() == 5


def test_a_fee_above_one_whole_token_is_refused_by_both(ledger: Ledger) -> None:
    refused = f"FeeOutOfBounds: fee = {WHOLE_TOKEN + 1}, max_fee = {WHOLE_TOKEN}"
    assert ledger.canister.query("validate_set_fee", WHOLE_TOKEN + 1) == {"Err": refused}
    with pytest.raises(CallRejected, match=refused) as rejected:
        ledger.set_fee(WHOLE_TOKEN + 1)
    assert rejected.value.code.name == "CANISTER_ERROR"
    assert ledger.canister.query("icrc1_fee") == FEE
    assert "Ok" in ledger.canister.query("validate_set_fee", WHOLE_TOKEN)
    ledger.set_fee(WHOLE_TOKEN)
    assert ledger.canister.query("icrc1_fee") == WHOLE_TOKEN


def test_voters_read_what_they_decide_on(ledger: Ledger) -> None:
    shown = ledger.canister.query("validate_set_fee", 25_000, sender=OUTSIDER)
    assert shown["Ok"].startswith("Change what a transfer or approval of LTT costs from 0.0001 LTT to 0.00025 LTT.")
    assert ledger.canister.query("icrc1_fee") == FEE


@pytest.mark.parametrize("sender", [OUTSIDER, MINTER, BUYER, ANONYMOUS], ids=["outsider", "minter", "buyer", "anonymous"])
def test_nobody_else_is_let_in(ledger: Ledger, sender) -> None:
    with pytest.raises(CallRejected) as rejected:
        ledger.canister.call("set_fee", 1, sender=sender)
    assert rejected.value.code.name == "CANISTER_REJECT"
    assert ledger.canister.query("icrc1_fee") == FEE


def test_without_governance_the_fee_stays(replica: Replica) -> None:
    ledger = install(replica, governance=None)
    with pytest.raises(CallRejected):
        ledger.set_fee(1)
    assert ledger.canister.query("icrc1_fee") == FEE


def test_a_changed_fee_survives_an_upgrade(ledger: Ledger) -> None:
    ledger.set_fee(7)
    ledger.canister.upgrade()
    assert ledger.canister.query("icrc1_fee") == 7
    ledger.set_fee(8)
    assert ledger.canister.query("icrc1_fee") == 8
