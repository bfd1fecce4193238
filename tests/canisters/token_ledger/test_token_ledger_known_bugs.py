"""Bugs that other systems had with money, each as a test that this ledger does not have it."""

from __future__ import annotations

import pytest
from token_ledger_driver import BUYER, DAY_NS, DRIFT_NS, FEE, GOVERNANCE, MINTER, ONE, OUTSIDER, PROVIDER, SPLITTER, Ledger, account

PRICE = 500_000


def test_equal_timestamps_do_not_make_two_payments_one(ledger: Ledger) -> None:
    """A voucher that had to be newer than the last one lost the second of two with one timestamp."""
    ledger.fund(BUYER, 2 * (PRICE + FEE))
    created = ledger.now()
    orders = [ledger.transfer(BUYER, PROVIDER, PRICE, memo=memo, created_at_time=created) for memo in (b"order 1", b"order 2")]
    assert (orders, ledger.balance(PROVIDER)) == ([{"Ok": 1}, {"Ok": 2}], 2 * PRICE)


def test_a_payment_in_another_envelope_is_the_same_payment(ledger: Ledger) -> None:
    """A signature that could be written in two ways made one payment two. What counts here is the call, not how it was signed or sent."""
    ledger.fund(BUYER, 2 * (PRICE + FEE))
    said = {"memo": b"order 1", "created_at_time": ledger.now()}
    first = ledger.transfer(BUYER, PROVIDER, PRICE, **said)
    ledger.replica.advance_time(5)
    assert [first, ledger.transfer(BUYER, PROVIDER, PRICE, **said)] == [{"Ok": 1}, {"Err": {"Duplicate": {"duplicate_of": 1}}}]
    assert ledger.balance(PROVIDER) == PRICE


def test_an_allowance_serves_the_spender_it_names_and_no_other(ledger: Ledger) -> None:
    """An order paid by one was valid for another."""
    ledger.fund(BUYER, PRICE + 2 * FEE)
    ledger.approve(BUYER, SPLITTER, PRICE + FEE)
    nothing = {"Err": {"InsufficientAllowance": {"allowance": 0}}}
    assert ledger.transfer_from(OUTSIDER, BUYER, PROVIDER, 1) == nothing
    assert ledger.transfer_from(SPLITTER, BUYER, PROVIDER, 1, spender_subaccount=ONE) == nothing
    assert ledger.transfer_from(SPLITTER, (BUYER, ONE), PROVIDER, 1) == nothing
    assert ledger.transfer_from(SPLITTER, BUYER, PROVIDER, PRICE) == {"Ok": 2}


def test_what_was_paid_can_be_read_at_once(ledger: Ledger) -> None:
    """A market read balances that lagged behind what it had written."""
    ledger.fund(BUYER, PRICE + FEE)
    index = ledger.transfer(BUYER, PROVIDER, PRICE)["Ok"]
    tip = ledger.tip()
    assert tip is not None
    assert (ledger.balance(PROVIDER), ledger.length(), tip[0]) == (PRICE, index + 1, index)


def test_a_payment_that_failed_is_not_lost(ledger: Ledger) -> None:
    """Rewards whose proof came late were never tried again. A refused call can be repeated as it was, once its reason is gone."""
    said = {"created_at_time": ledger.now(), "memo": b"claim 7"}
    assert ledger.transfer(BUYER, PROVIDER, PRICE, **said) == {"Err": {"InsufficientFunds": {"balance": 0}}}
    ledger.fund(BUYER, PRICE + FEE)
    assert ledger.transfer(BUYER, PROVIDER, PRICE, **said) == {"Ok": 1}


def test_a_claim_is_paid_once_however_often_it_is_sent(ledger: Ledger) -> None:
    """A reward was claimed twice. With its number as memo and a fixed time, a claim is carried out once while it can be repeated at all."""
    ledger.fund(SPLITTER, 10 * PRICE)
    created = ledger.now()
    said = {"memo": (7).to_bytes(8, "big"), "created_at_time": created}
    assert ledger.transfer(SPLITTER, PROVIDER, PRICE, **said) == {"Ok": 1}
    for later in (60, 3_601, 80_000):
        ledger.replica.advance_time(later)
        assert ledger.transfer(SPLITTER, PROVIDER, PRICE, **said)["Err"].keys() == {"Duplicate"}
    ledger.go_to(created + DAY_NS + DRIFT_NS + 1)
    assert ledger.transfer(SPLITTER, PROVIDER, PRICE, **said) == {"Err": {"TooOld": None}}
    assert ledger.balance(PROVIDER) == PRICE


def test_nothing_follows_from_a_supply_of_zero(ledger: Ledger) -> None:
    """Shares of an empty pool: the first to join with one unit could take what others added."""
    assert (ledger.supply(), ledger.tip()) == (0, None)
    assert ledger.transfer(BUYER, PROVIDER, 0) == {"Err": {"InsufficientFunds": {"balance": 0}}}
    ledger.fund(BUYER, 1)
    ledger.fund(PROVIDER, 10**12)
    assert (ledger.balance(BUYER), ledger.balance(PROVIDER), ledger.supply()) == (1, 10**12, 10**12 + 1)


def test_a_gift_to_the_ledger_changes_nobodys_share(ledger: Ledger) -> None:
    """A donation to a vault's balance moved the price of its shares."""
    ledger.fund(BUYER, PRICE + FEE)
    before = ledger.supply()
    assert ledger.transfer(BUYER, ledger.canister.id, PRICE) == {"Ok": 1}
    assert (ledger.balance(ledger.canister.id), ledger.supply()) == (PRICE, before - FEE)
    assert ledger.status()["minted"] - ledger.status()["burned"] == PRICE


@pytest.mark.parametrize("amount", [1, FEE - 1, FEE, FEE + 1, 3, 7, 999_999_999_999_999_989])
def test_no_amount_rounds(ledger: Ledger, amount: int) -> None:
    """A rounding that panicked for some amounts stopped a whole chain. Nothing here divides."""
    ledger.fund(BUYER, amount + FEE)
    assert ledger.transfer(BUYER, PROVIDER, amount) == {"Ok": 1}
    assert (ledger.balance(BUYER), ledger.balance(PROVIDER), ledger.supply()) == (0, amount, amount)


def test_dust_costs_whoever_sends_it(ledger: Ledger) -> None:
    """Tiny deposits were free, and filled lists that others had to walk. Each costs the fee, and no account without units is kept."""
    ledger.fund(BUYER, 2 * FEE + 1)
    assert ledger.transfer(BUYER, PROVIDER, 1) == {"Ok": 1}
    assert ledger.transfer(BUYER, OUTSIDER, 0) == {"Ok": 2}
    assert ledger.transfer(BUYER, OUTSIDER, 0) == {"Err": {"InsufficientFunds": {"balance": 0}}}
    assert ledger.transfer(PROVIDER, MINTER, 1) == {"Err": {"BadBurn": {"min_burn_amount": FEE}}}
    assert ledger.status()["accounts"] == 1


def test_too_little_money_is_said_and_not_passed_over(ledger: Ledger) -> None:
    """A transfer without the money for it did nothing, in silence."""
    ledger.fund(BUYER, PRICE + FEE - 1)
    before = (ledger.status(), ledger.tip())
    assert ledger.transfer(BUYER, PROVIDER, PRICE) == {"Err": {"InsufficientFunds": {"balance": PRICE + FEE - 1}}}
    assert (ledger.status(), ledger.tip()) == before


def test_what_is_spent_is_gone(ledger: Ledger) -> None:
    """An entry that was redeemed stayed, and could be redeemed again. An allowance spent to its last unit has no row any more."""
    ledger.fund(BUYER, 3 * (PRICE + FEE))
    ledger.approve(BUYER, SPLITTER, PRICE + FEE)
    assert ledger.status()["allowances"] == 1
    assert ledger.transfer_from(SPLITTER, BUYER, PROVIDER, PRICE) == {"Ok": 2}
    assert ledger.status()["allowances"] == 0
    assert ledger.transfer_from(SPLITTER, BUYER, PROVIDER, 0) == {"Err": {"InsufficientAllowance": {"allowance": 0}}}


def test_the_last_block_is_not_left_out(ledger: Ledger) -> None:
    """Resuming behind a boundary lost the last record. Reading on from the last block that one has misses none, at a page's end or not."""
    read: list[int] = []
    for count in range(1, 20):
        ledger.fund(BUYER, count)
        answer = ledger.canister.query("icrc3_get_blocks", [{"start": len(read), "length": 1_000}])
        read += [entry["id"] for entry in answer["blocks"]]
        assert read == list(range(count)) == list(range(answer["log_length"]))


def test_a_sum_of_the_largest_amounts_does_not_wrap(ledger: Ledger) -> None:
    """Sums that had as many bits as their parts wrapped around to almost nothing."""
    largest = (1 << 128) - 1
    for index in range(3):
        assert ledger.transfer(MINTER, BUYER, largest) == {"Ok": index}
    assert ledger.transfer(BUYER, PROVIDER, largest) == {"Ok": 3}
    assert (ledger.balance(BUYER), ledger.balance(PROVIDER), ledger.supply()) == (2 * largest - FEE, largest, 3 * largest - FEE)
    assert ledger.transfer(BUYER, PROVIDER, 1 << 256) == {"Err": {"InsufficientFunds": {"balance": 2 * largest - FEE}}}


def test_no_decimals_are_lost_between_ledger_and_people(ledger: Ledger) -> None:
    """Amounts of tokens with other decimals were shown, and paid, a thousandfold."""
    decimals = ledger.canister.query("icrc1_decimals")
    assert dict(ledger.canister.query("icrc1_metadata"))["icrc1:decimals"] == {"Nat": decimals} == {"Nat": 8}
    shown = ledger.canister.query("validate_set_fee", 10**decimals, sender=GOVERNANCE)["Ok"]
    assert "from 0.0001 LTT to 1 LTT" in shown


def test_a_fee_is_taken_once_and_by_nobody_twice(ledger: Ledger) -> None:
    """A fee was charged to payer and payee both. The allowance and the account pay it, once each; the payee and the spender nothing."""
    ledger.fund(BUYER, PRICE + 2 * FEE)
    ledger.approve(BUYER, SPLITTER, PRICE + FEE, fee=FEE)
    ledger.transfer_from(SPLITTER, BUYER, PROVIDER, PRICE, fee=FEE)
    assert [ledger.balance(party) for party in (BUYER, SPLITTER, PROVIDER)] == [0, 0, PRICE]
    assert ledger.status()["burned"] == 2 * FEE


def test_an_account_is_one_however_its_subaccount_is_spelt(ledger: Ledger) -> None:
    """A default subaccount that was left out and one that was spelt out were two accounts."""
    ledger.fund((BUYER, bytes(32)), PRICE)
    ledger.fund(BUYER, FEE)
    assert ledger.canister.query("icrc1_balance_of", account((BUYER, bytes(32)))) == PRICE + FEE
    assert ledger.transfer(BUYER, PROVIDER, PRICE, from_subaccount=bytes(32)) == {"Ok": 2}
    assert ledger.status()["accounts"] == 1
