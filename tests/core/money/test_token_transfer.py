"""Transfers, mints and burns, by the holder and by a spender: a plan to the unit, or the exact refusal at the first unit beyond."""

from __future__ import annotations

from typing import Any

import pytest

from ddsx_core import token_rules
from ddsx_core.accounts import account_key
from ddsx_core.limits import MAX_AMOUNT, PERMITTED_DRIFT_NS, TX_WINDOW_NS
from ddsx_core.refused import Broken
from ddsx_core.token_rules import NO_ALLOWANCE, Allowance, Block, Plan, TokenRules, Transfer, View, live_allowance
from ddsx_core.units import AccountKey, Nanoseconds, PrincipalText, Units
from model.expect import refuses

MINTER, BUYER, PROVIDER, SPENDER = AccountKey("minter"), AccountKey("buyer"), AccountKey("provider"), AccountKey("splitter")
SAVINGS = account_key(PrincipalText("buyer"), bytes(31) + b"\x01")
ANYONE = account_key(PrincipalText("2vxsx-fae"), bytes(31) + b"\x01")
NOW = Nanoseconds(1_700_000_000 * 10**9)
RULES = TokenRules(fee=Units(10), minting_account=MINTER, min_burn=Units(7))
ANONYMOUS = {"error_code": 2, "message": "the anonymous principal cannot hold or move tokens"}


def plan(
    source: AccountKey, target: AccountKey, amount: int, *, has: int = 0, target_has: int = 0, may: Any = NO_ALLOWANCE, **rest: Any
) -> Plan:
    """What happens to a transfer when the source has, the target has, and the spender may move so much."""
    allowance = may if isinstance(may, Allowance) else Allowance(Units(may))
    duplicate_of = rest.pop("duplicate_of", None)
    view = View(NOW, Units(has), Units(target_has), duplicate_of, allowance)
    return token_rules.plan_transfer(RULES, Transfer(source, target, Units(amount), **rest), view)


# -- What a transfer does ---------------------------------------------------------------------------------------------------


def test_the_source_pays_amount_and_fee_and_the_fee_is_burned() -> None:
    assert plan(BUYER, PROVIDER, 90, has=150, target_has=5) == Plan(
        balances=[(BUYER, Units(50)), (PROVIDER, Units(95))],
        allowance=None,
        supply_change=-10,
        block=Block("1xfer", {"amt": 90, "from": BUYER, "to": PROVIDER}, Units(10), NOW),
    )


def test_everything_can_be_spent_but_not_one_unit_more() -> None:
    assert plan(BUYER, PROVIDER, 90, has=100).balances == [(BUYER, 0), (PROVIDER, 90)]
    with refuses("InsufficientFunds", balance=99):
        plan(BUYER, PROVIDER, 90, has=99)


def test_an_amount_beyond_any_supply_is_insufficient_funds() -> None:
    with refuses("InsufficientFunds", balance=99):
        plan(BUYER, PROVIDER, 2**4_096, has=99)


def test_nothing_can_be_transferred_for_the_fee() -> None:
    assert plan(BUYER, PROVIDER, 0, has=10).balances == [(BUYER, 0), (PROVIDER, 0)]
    with refuses("InsufficientFunds", balance=9):
        plan(BUYER, PROVIDER, 0, has=9)


def test_a_transfer_to_oneself_costs_the_fee_alone() -> None:
    own = plan(BUYER, BUYER, 90, has=100, target_has=100)
    assert (own.balances, own.supply_change) == ([(BUYER, 90)], -10)
    with refuses("InsufficientFunds", balance=99):
        plan(BUYER, BUYER, 90, has=99, target_has=99)


def test_two_subaccounts_of_one_owner_are_two_accounts() -> None:
    assert plan(BUYER, SAVINGS, 90, has=100, target_has=1).balances == [(BUYER, 0), (SAVINGS, 91)]


@pytest.mark.parametrize("fee", [0, 9, 11])
def test_the_fee_named_must_be_the_fee(fee: int) -> None:
    assert plan(BUYER, PROVIDER, 90, has=100, fee=10) == plan(BUYER, PROVIDER, 90, has=100)._replace(
        block=Block("1xfer", {"amt": 90, "from": BUYER, "to": PROVIDER, "fee": 10}, None, NOW)
    )
    with refuses("BadFee", expected_fee=10):
        plan(BUYER, PROVIDER, 90, has=100, fee=fee)


def test_a_memo_of_32_bytes_is_kept_and_one_of_33_refused() -> None:
    assert plan(BUYER, PROVIDER, 0, has=10, memo=b"m" * 32, created_at_time=NOW).block.tx == {
        "amt": 0,
        "from": BUYER,
        "to": PROVIDER,
        "memo": b"m" * 32,
        "ts": NOW,
    }
    with refuses("GenericError", error_code=1, message="a memo has at most 32 bytes"):
        plan(BUYER, PROVIDER, 0, has=10, memo=b"m" * 33)


def test_without_a_fee_no_fee_is_logged() -> None:
    free = RULES._replace(fee=Units(0))
    done = token_rules.plan_transfer(free, Transfer(BUYER, PROVIDER, Units(5)), View(NOW, Units(5)))
    assert (done.balances, done.supply_change, done.block.fee) == ([(BUYER, 0), (PROVIDER, 5)], 0, None)


# -- Mint and burn ----------------------------------------------------------------------------------------------------------


def test_a_transfer_out_of_the_minting_account_mints() -> None:
    assert plan(MINTER, BUYER, 100, target_has=1) == Plan(
        [(BUYER, Units(101))], None, 100, Block("1mint", {"amt": 100, "to": BUYER}, None, NOW)
    )
    assert plan(MINTER, BUYER, 100, fee=0).block.tx == {"amt": 100, "to": BUYER, "fee": 0}
    with refuses("BadFee", expected_fee=0):
        plan(MINTER, BUYER, 100, fee=10)


def test_a_mint_has_a_limit() -> None:
    assert plan(MINTER, BUYER, MAX_AMOUNT).balances == [(BUYER, MAX_AMOUNT)]
    with refuses("GenericError", error_code=5, message=f"at most {MAX_AMOUNT} units are minted at once"):
        plan(MINTER, BUYER, MAX_AMOUNT + 1)


def test_a_transfer_to_the_minting_account_burns_without_a_fee() -> None:
    assert plan(BUYER, MINTER, 100, has=100) == Plan(
        [(BUYER, Units(0))], None, -100, Block("1burn", {"amt": 100, "from": BUYER}, None, NOW)
    )
    with refuses("InsufficientFunds", balance=99):
        plan(BUYER, MINTER, 100, has=99)
    with refuses("BadFee", expected_fee=0):
        plan(BUYER, MINTER, 100, has=100, fee=10)


def test_a_burn_has_a_least_amount() -> None:
    assert plan(BUYER, MINTER, 7, has=7).supply_change == -7
    with refuses("BadBurn", min_burn_amount=7):
        plan(BUYER, MINTER, 6, has=7)


def test_the_minting_account_does_not_transfer_to_itself() -> None:
    with refuses("GenericError", error_code=4, message="the minting account cannot transfer to itself"):
        plan(MINTER, MINTER, 100)
    with refuses("GenericError", error_code=4, message="the minting account cannot transfer to itself"):
        plan(MINTER, MINTER, 100, spender=SPENDER)


# -- By a spender -----------------------------------------------------------------------------------------------------------


def test_a_spender_uses_up_amount_and_fee_and_the_expiry_stays() -> None:
    assert plan(BUYER, PROVIDER, 90, has=150, spender=SPENDER, may=Allowance(Units(101), Nanoseconds(NOW + 1))) == Plan(
        balances=[(BUYER, Units(50)), (PROVIDER, Units(90))],
        allowance=Allowance(Units(1), Nanoseconds(NOW + 1)),
        supply_change=-10,
        block=Block("2xfer", {"amt": 90, "from": BUYER, "to": PROVIDER, "spender": SPENDER}, Units(10), NOW),
    )


def test_an_allowance_can_be_spent_to_the_last_unit_but_not_beyond() -> None:
    assert plan(BUYER, PROVIDER, 90, has=100, spender=SPENDER, may=Allowance(Units(100), Nanoseconds(NOW + 1))).allowance == NO_ALLOWANCE
    with refuses("InsufficientAllowance", allowance=99):
        plan(BUYER, PROVIDER, 90, has=100, spender=SPENDER, may=99)


def test_the_allowance_is_looked_at_before_the_funds() -> None:
    with refuses("InsufficientAllowance", allowance=99):
        plan(BUYER, PROVIDER, 90, has=0, spender=SPENDER, may=99)
    with refuses("InsufficientFunds", balance=0):
        plan(BUYER, PROVIDER, 90, has=0, spender=SPENDER, may=100)


def test_an_allowance_ends_with_its_last_nanosecond() -> None:
    assert plan(BUYER, PROVIDER, 0, has=10, spender=SPENDER, may=Allowance(Units(10), Nanoseconds(NOW + 1))).allowance == NO_ALLOWANCE
    with refuses("InsufficientAllowance", allowance=0):
        plan(BUYER, PROVIDER, 0, has=10, spender=SPENDER, may=Allowance(Units(10), NOW))
    assert live_allowance(Allowance(Units(10), Nanoseconds(NOW + 1)), NOW) == Allowance(Units(10), Nanoseconds(NOW + 1))
    assert live_allowance(Allowance(Units(10), NOW), NOW) == NO_ALLOWANCE
    assert live_allowance(Allowance(Units(10)), NOW) == Allowance(Units(10))


def test_without_an_allowance_not_even_nothing_moves_for_free() -> None:
    free = RULES._replace(fee=Units(0))
    request = Transfer(BUYER, PROVIDER, Units(0), spender=SPENDER)
    with refuses("InsufficientAllowance", allowance=0):
        token_rules.plan_transfer(free, request, View(NOW, Units(5)))
    done = token_rules.plan_transfer(free, request, View(NOW, Units(5), allowance=Allowance(Units(1))))
    assert done.allowance == Allowance(Units(1))


def test_the_owner_needs_and_uses_no_allowance_for_its_own_account() -> None:
    own = plan(BUYER, PROVIDER, 90, has=100, spender=BUYER, may=5)
    assert (own.allowance, own.block.btype) == (None, "2xfer")
    with refuses("InsufficientAllowance", allowance=5):
        plan(BUYER, PROVIDER, 90, has=100, spender=SAVINGS, may=5)


def test_a_spender_may_transfer_to_the_source_itself() -> None:
    done = plan(BUYER, BUYER, 90, has=100, target_has=100, spender=SPENDER, may=100)
    assert (done.balances, done.allowance) == ([(BUYER, 90)], NO_ALLOWANCE)


def test_a_spender_may_burn_for_the_amount_alone() -> None:
    assert plan(BUYER, MINTER, 90, has=90, spender=SPENDER, may=90) == Plan(
        [(BUYER, Units(0))], NO_ALLOWANCE, -90, Block("1burn", {"amt": 90, "from": BUYER, "spender": SPENDER}, None, NOW)
    )
    with refuses("InsufficientAllowance", allowance=89):
        plan(BUYER, MINTER, 90, has=90, spender=SPENDER, may=89)


@pytest.mark.parametrize("spender", [SPENDER, MINTER])
def test_nobody_mints_as_a_spender(spender: AccountKey) -> None:
    with refuses("GenericError", error_code=4, message="only a plain transfer can mint"):
        plan(MINTER, BUYER, 1, spender=spender, may=100)


# -- Anyone -----------------------------------------------------------------------------------------------------------------


def test_the_anonymous_principal_neither_pays_nor_receives_nor_spends() -> None:
    with refuses("GenericError", **ANONYMOUS):
        plan(ANYONE, BUYER, 1, has=100)
    with refuses("GenericError", **ANONYMOUS):
        plan(BUYER, ANYONE, 1, has=100)
    with refuses("GenericError", **ANONYMOUS):
        plan(BUYER, PROVIDER, 1, has=100, spender=ANYONE, may=100)
    assert plan(BUYER, PROVIDER, 1, has=100, spender=SPENDER, may=100).supply_change == -10


# -- Order and time ---------------------------------------------------------------------------------------------------------


def test_the_checks_come_in_their_documented_order() -> None:
    """One request with everything wrong; mended step by step, it is refused for the next reason each time."""
    request: dict[str, Any] = {"memo": b"m" * 33, "created_at_time": 0, "fee": 3, "spender": ANYONE, "duplicate_of": 4}
    with refuses("GenericError", error_code=1, message="a memo has at most 32 bytes"):
        plan(MINTER, MINTER, 6, **request)
    request["memo"] = None
    with refuses("GenericError", **ANONYMOUS):
        plan(MINTER, MINTER, 6, **request)
    request["spender"] = SPENDER
    with refuses("TooOld"):
        plan(MINTER, MINTER, 6, **request)
    request["created_at_time"] = 2 * NOW
    with refuses("CreatedInFuture", ledger_time=NOW):
        plan(MINTER, MINTER, 6, **request)
    request["created_at_time"] = NOW
    with refuses("Duplicate", duplicate_of=4):
        plan(MINTER, MINTER, 6, **request)
    request["duplicate_of"] = None
    with refuses("GenericError", error_code=4, message="the minting account cannot transfer to itself"):
        plan(MINTER, MINTER, 6, **request)
    with refuses("BadFee", expected_fee=0):
        plan(BUYER, MINTER, 6, **request)
    request["fee"] = 0
    with refuses("BadBurn", min_burn_amount=7):
        plan(BUYER, MINTER, 6, **request)
    with refuses("InsufficientAllowance", allowance=0):
        plan(BUYER, MINTER, 7, **request)
    with refuses("InsufficientFunds", balance=6):
        plan(BUYER, MINTER, 7, has=6, may=7, **request)
    assert plan(BUYER, MINTER, 7, has=7, may=7, **request).supply_change == -7


def test_a_repetition_is_recognised_before_the_fee() -> None:
    """A client that lost the answer and repeats the call after the fee rose learns that it was carried out."""
    with refuses("Duplicate", duplicate_of=0):
        plan(BUYER, PROVIDER, 90, has=0, fee=5, created_at_time=NOW, duplicate_of=0)
    with refuses("BadFee", expected_fee=10):
        plan(BUYER, PROVIDER, 90, has=0, fee=5, created_at_time=NOW)


def test_the_window_is_the_tokens_own() -> None:
    oldest = NOW - TX_WINDOW_NS - PERMITTED_DRIFT_NS
    assert plan(BUYER, PROVIDER, 0, has=10, created_at_time=oldest).block.tx["ts"] == oldest
    short = RULES._replace(tx_window_ns=10, permitted_drift_ns=5)
    request = Transfer(BUYER, PROVIDER, Units(0), created_at_time=Nanoseconds(NOW - 15))
    assert token_rules.plan_transfer(short, request, View(NOW, Units(10))).block.tx["ts"] == NOW - 15
    with refuses("TooOld"):
        token_rules.plan_transfer(short, request._replace(created_at_time=Nanoseconds(NOW - 16)), View(NOW, Units(10)))


def test_a_negative_amount_is_a_bug_of_the_edge() -> None:
    with pytest.raises(Broken, match="natural numbers"):
        plan(BUYER, PROVIDER, -1, has=100)
