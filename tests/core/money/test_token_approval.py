"""Approvals: an allowance is set, with the exact refusal beside it."""

from __future__ import annotations

from typing import Any

import pytest

from ddsx_core import token_rules
from ddsx_core.accounts import account_key
from ddsx_core.limits import MAX_AMOUNT, MAX_TIMESTAMP_NS
from ddsx_core.refused import Broken
from ddsx_core.token_rules import NO_ALLOWANCE, Allowance, Approval, Block, Plan, TokenRules, View
from ddsx_core.units import AccountKey, Nanoseconds, PrincipalText, Units
from model.expect import refuses

MINTER, BUYER, SPENDER = AccountKey("minter"), AccountKey("buyer"), AccountKey("splitter")
SAVINGS = account_key(PrincipalText("buyer"), bytes(31) + b"\x01")
ANYONE = AccountKey("2vxsx-fae")
NOW = Nanoseconds(1_700_000_000 * 10**9)
RULES = TokenRules(fee=Units(10), minting_account=MINTER, min_burn=Units(7))
ANONYMOUS = {"error_code": 2, "message": "the anonymous principal cannot hold or move tokens"}


def plan(source: AccountKey, spender: AccountKey, amount: int, *, has: int = 10, stands: Allowance = NO_ALLOWANCE, **rest: Any) -> Plan:
    """What happens to an approval when the source has so much, and so much was approved before."""
    view = View(NOW, Units(has), duplicate_of=rest.pop("duplicate_of", None), allowance=stands)
    return token_rules.plan_approval(RULES, Approval(source, spender, Units(amount), **rest), view)


def test_an_approval_sets_the_allowance_and_costs_the_fee() -> None:
    assert plan(BUYER, SPENDER, 500, has=30) == Plan(
        balances=[(BUYER, Units(20))],
        allowance=Allowance(Units(500)),
        supply_change=-10,
        block=Block("2approve", {"amt": 500, "from": BUYER, "spender": SPENDER}, Units(10), NOW),
    )


def test_it_replaces_amount_and_expiry_of_what_stood() -> None:
    stands = Allowance(Units(300), Nanoseconds(NOW + 1))
    assert plan(BUYER, SPENDER, 500, stands=stands).allowance == Allowance(Units(500))
    later = Nanoseconds(NOW + 2)
    assert plan(BUYER, SPENDER, 5, stands=stands, expires_at=later).allowance == Allowance(Units(5), later)


def test_zero_removes_the_allowance_for_the_fee() -> None:
    removed = plan(BUYER, SPENDER, 0, stands=Allowance(Units(300)), expires_at=Nanoseconds(NOW + 1))
    assert (removed.allowance, removed.balances) == (NO_ALLOWANCE, [(BUYER, 0)])


def test_the_source_must_hold_the_fee_but_not_the_amount() -> None:
    assert plan(BUYER, SPENDER, 10**9, has=10).balances == [(BUYER, 0)]
    with refuses("InsufficientFunds", balance=9):
        plan(BUYER, SPENDER, 0, has=9)


@pytest.mark.parametrize("fee", [0, 9, 11])
def test_the_fee_named_must_be_the_fee(fee: int) -> None:
    named = plan(BUYER, SPENDER, 1, fee=10).block
    assert (named.tx["fee"], named.fee) == (10, None)
    with refuses("BadFee", expected_fee=10):
        plan(BUYER, SPENDER, 1, fee=fee)


def test_an_approval_must_end_later_than_now() -> None:
    assert plan(BUYER, SPENDER, 1, expires_at=Nanoseconds(NOW + 1)).block.tx["expires_at"] == NOW + 1
    assert plan(BUYER, SPENDER, 1, expires_at=Nanoseconds(MAX_TIMESTAMP_NS)).allowance == Allowance(Units(1), Nanoseconds(MAX_TIMESTAMP_NS))
    with refuses("Expired", ledger_time=NOW):
        plan(BUYER, SPENDER, 1, expires_at=NOW)


def test_what_was_expected_must_stand() -> None:
    stands = Allowance(Units(300), Nanoseconds(NOW + 1))
    assert plan(BUYER, SPENDER, 1, stands=stands, expected_allowance=300).block.tx["expected_allowance"] == 300
    with refuses("AllowanceChanged", current_allowance=300):
        plan(BUYER, SPENDER, 1, stands=stands, expected_allowance=299)
    with refuses("AllowanceChanged", current_allowance=300):
        plan(BUYER, SPENDER, 1, stands=stands, expected_allowance=0)


def test_an_expired_allowance_counts_as_none() -> None:
    stands = Allowance(Units(300), NOW)
    assert plan(BUYER, SPENDER, 1, stands=stands, expected_allowance=0).allowance == Allowance(Units(1))
    with refuses("AllowanceChanged", current_allowance=0):
        plan(BUYER, SPENDER, 1, stands=stands, expected_allowance=300)


def test_an_approval_beyond_any_supply_counts_as_the_largest_amount() -> None:
    assert plan(BUYER, SPENDER, MAX_AMOUNT).allowance == Allowance(Units(MAX_AMOUNT))
    capped = plan(BUYER, SPENDER, 2**4_096)
    assert (capped.allowance, capped.block.tx["amt"]) == (Allowance(Units(MAX_AMOUNT)), MAX_AMOUNT)


def test_an_account_does_not_approve_itself_but_another_of_its_owner() -> None:
    with refuses("GenericError", error_code=3, message="an account needs no approval for itself"):
        plan(BUYER, BUYER, 1)
    assert plan(BUYER, SAVINGS, 1).allowance == Allowance(Units(1))


def test_the_minting_account_does_not_approve_but_may_be_approved() -> None:
    with refuses("GenericError", error_code=4, message="the minting account cannot approve"):
        plan(MINTER, SPENDER, 1)
    assert plan(BUYER, MINTER, 1).allowance == Allowance(Units(1))


def test_the_anonymous_principal_neither_approves_nor_is_approved() -> None:
    with refuses("GenericError", **ANONYMOUS):
        plan(ANYONE, SPENDER, 1)
    with refuses("GenericError", **ANONYMOUS):
        plan(BUYER, ANYONE, 1)


def test_a_memo_of_32_bytes_is_kept() -> None:
    assert plan(BUYER, SPENDER, 1, memo=b"m" * 32, created_at_time=NOW).block.tx == {
        "amt": 1,
        "from": BUYER,
        "spender": SPENDER,
        "memo": b"m" * 32,
        "ts": NOW,
    }


def test_the_checks_come_in_their_documented_order() -> None:
    """One request with everything wrong; mended step by step, it is refused for the next reason each time."""
    request: dict[str, Any] = {
        "memo": b"m" * 33,
        "created_at_time": 0,
        "fee": 3,
        "expires_at": NOW,
        "expected_allowance": 5,
        "duplicate_of": 4,
        "has": 9,
    }
    with refuses("GenericError", error_code=1, message="a memo has at most 32 bytes"):
        plan(ANYONE, ANYONE, 1, **request)
    request["memo"] = None
    with refuses("GenericError", **ANONYMOUS):
        plan(ANYONE, ANYONE, 1, **request)
    with refuses("GenericError", error_code=3, message="an account needs no approval for itself"):
        plan(MINTER, MINTER, 1, **request)
    with refuses("TooOld"):
        plan(MINTER, SPENDER, 1, **request)
    request["created_at_time"] = 2 * NOW
    with refuses("CreatedInFuture", ledger_time=NOW):
        plan(MINTER, SPENDER, 1, **request)
    request["created_at_time"] = NOW
    with refuses("Duplicate", duplicate_of=4):
        plan(MINTER, SPENDER, 1, **request)
    request["duplicate_of"] = None
    with refuses("GenericError", error_code=4, message="the minting account cannot approve"):
        plan(MINTER, SPENDER, 1, **request)
    with refuses("BadFee", expected_fee=10):
        plan(BUYER, SPENDER, 1, **request)
    request["fee"] = 10
    with refuses("Expired", ledger_time=NOW):
        plan(BUYER, SPENDER, 1, **request)
    request["expires_at"] = NOW + 1
    with refuses("AllowanceChanged", current_allowance=0):
        plan(BUYER, SPENDER, 1, **request)
    request["expected_allowance"] = 0
    with refuses("InsufficientFunds", balance=9):
        plan(BUYER, SPENDER, 1, **request)
    request["has"] = 10
    assert plan(BUYER, SPENDER, 1, **request).allowance == Allowance(Units(1), Nanoseconds(NOW + 1))


def test_a_negative_amount_is_a_bug_of_the_edge() -> None:
    with pytest.raises(Broken, match="natural numbers"):
        plan(BUYER, SPENDER, -1)
