"""Installing and upgrading a token ledger, who is let in, and what it publishes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from token_ledger_driver import ANONYMOUS, BUYER, FEE, MINTER, ONE, OUTSIDER, PROVIDER, SECOND_NS, SPLITTER, Ledger, account, install

from ddsx_core.token_log import decode_block
from kybra_replica.driver import CallRejected, Replica


def test_a_ledger_starts_with_nothing(ledger: Ledger) -> None:
    nothing = {"blocks": 0, "minted": 0, "burned": 0, "accounts": 0, "allowances": 0, "expiring_allowances": 0}
    assert ledger.status() == nothing
    assert ledger.supply() == ledger.length() == ledger.balance(BUYER) == 0
    assert ledger.canister.query("block", 0) is None


def test_it_says_what_it_was_installed_with(replica: Replica) -> None:
    minting_account = account((MINTER, ONE))
    ledger = install(replica, name="Pipe | 100%", symbol="§" * 16, decimals=255, transfer_fee=0, minting_account=minting_account)
    answers = [ledger.canister.query(f"icrc1_{what}") for what in ("name", "symbol", "decimals", "fee", "minting_account")]
    assert answers == ["Pipe | 100%", "§" * 16, 255, 0, minting_account]
    assert ledger.canister.query("icrc1_metadata") == [
        ("icrc1:name", {"Text": "Pipe | 100%"}),
        ("icrc1:symbol", {"Text": "§" * 16}),
        ("icrc1:decimals", {"Nat": 255}),
        ("icrc1:fee", {"Nat": 0}),
        ("icrc1:max_memo_length", {"Nat": 32}),
    ]


def test_a_ledger_without_a_fee_still_burns_no_nothing(replica: Replica) -> None:
    ledger = install(replica, transfer_fee=0)
    ledger.fund(BUYER, 1)
    assert ledger.transfer(BUYER, MINTER, 0) == {"Err": {"BadBurn": {"min_burn_amount": 1}}}
    assert ledger.transfer(BUYER, MINTER, 1) == {"Ok": 1}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"name": ""}, "a name has 1 to 64 characters"),
        ({"name": "n" * 65}, "a name has 1 to 64 characters"),
        ({"symbol": ""}, "a symbol has 1 to 16 characters"),
        ({"symbol": "s" * 17}, "a symbol has 1 to 16 characters"),
        ({"transfer_fee": 1 << 128}, "a fee is at most"),
        ({"minting_account": account(ANONYMOUS)}, "the anonymous principal cannot mint"),
        ({"governance": ANONYMOUS}, "the anonymous principal cannot govern"),
        ({"minting_account": account((MINTER, b"short"))}, "a subaccount has 32 bytes, not 5"),
    ],
)
def test_what_cannot_be_a_token_is_not_installed(replica: Replica, changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(CallRejected, match=reason):
        install(replica, **changed)


def test_the_longest_token_is_installed(replica: Replica) -> None:
    ledger = install(replica, name="\U0001f4b0" * 64, symbol="\U0001f4b0" * 16, transfer_fee=(1 << 128) - 1)
    assert ledger.canister.query("icrc1_name") == "\U0001f4b0" * 64


# -- Who is let in ----------------------------------------------------------------------------------------------------------


def test_anonymous_calls_that_move_tokens_are_not_let_in(ledger: Ledger) -> None:
    calls: list[Callable[[], object]] = [
        lambda: ledger.transfer(ANONYMOUS, BUYER, 1),
        lambda: ledger.approve(ANONYMOUS, BUYER, 1),
        lambda: ledger.transfer_from(ANONYMOUS, BUYER, PROVIDER, 1),
    ]
    for call in calls:
        with pytest.raises(CallRejected) as rejected:
            call()
        assert rejected.value.code.name == "CANISTER_REJECT"
    assert ledger.canister.call("icrc1_balance_of", account(BUYER), sender=ANONYMOUS) == 0


def test_a_call_larger_than_any_that_could_succeed_is_not_let_in(ledger: Ledger) -> None:
    ledger.fund(BUYER, 1 + FEE)
    assert ledger.transfer(BUYER, PROVIDER, 1, memo=bytes(3_000))["Err"].keys() == {"GenericError"}
    with pytest.raises(CallRejected) as rejected:
        ledger.transfer(BUYER, PROVIDER, 1, memo=bytes(4_096))
    assert rejected.value.code.name == "CANISTER_REJECT"


def test_the_largest_call_that_can_succeed_is_let_in(ledger: Ledger) -> None:
    largest = (1 << 128) - 1
    for _ in range(2):
        ledger.fund((BUYER, ONE), largest)
    said = {"fee": FEE, "memo": b"m" * 32, "created_at_time": ledger.now()}
    only_here = {"from_subaccount": ONE, "expected_allowance": 0, "expires_at": 2**64 - 1}
    assert ledger.approve(BUYER, (SPLITTER, ONE), largest, **only_here, **said) == {"Ok": 2}
    spent = ledger.transfer_from(SPLITTER, (BUYER, ONE), (PROVIDER, ONE), largest - FEE, spender_subaccount=ONE, **said)
    assert spent == {"Ok": 3}


# -- Upgrading --------------------------------------------------------------------------------------------------------------


def test_everything_survives_an_upgrade(ledger: Ledger) -> None:
    ledger.fund(BUYER, 1_000_000)
    created = ledger.now()
    ledger.transfer(BUYER, PROVIDER, 7, created_at_time=created)
    ledger.approve(BUYER, SPLITTER, 90_000, expires_at=ledger.now() + 7_200 * SECOND_NS)
    before = (ledger.status(), [ledger.canister.query("block", index) for index in range(3)], ledger.canister.query("icrc1_metadata"))

    ledger.canister.upgrade()

    after = (ledger.status(), [ledger.canister.query("block", index) for index in range(3)], ledger.canister.query("icrc1_metadata"))
    assert after == before
    assert (ledger.balance(BUYER), ledger.balance(PROVIDER)) == (1_000_000 - 7 - 2 * FEE, 7)
    assert ledger.transfer(BUYER, PROVIDER, 7, created_at_time=created) == {"Err": {"Duplicate": {"duplicate_of": 1}}}
    assert ledger.transfer_from(SPLITTER, BUYER, PROVIDER, 1) == {"Ok": 3}
    assert ledger.transfer(MINTER, BUYER, 1) == {"Ok": 4}


def test_expired_allowances_are_removed_after_an_upgrade_too(ledger: Ledger) -> None:
    ledger.fund(BUYER, FEE)
    ledger.approve(BUYER, SPLITTER, 90_000, expires_at=ledger.now() + 60 * SECOND_NS)
    ledger.canister.upgrade()
    assert ledger.status()["allowances"] == 1
    ledger.replica.advance_time(3_600)
    ledger.replica.tick()
    assert (ledger.status()["allowances"], ledger.status()["expiring_allowances"]) == (0, 0)


# -- What it publishes --------------------------------------------------------------------------------------------------------


def test_the_log_tells_what_happened(ledger: Ledger) -> None:
    minted = ledger.now()
    ledger.fund(BUYER, 1_000_000)
    moved = ledger.now()
    ledger.transfer(BUYER, (PROVIDER, ONE), 5, fee=FEE, memo=b"", created_at_time=moved)
    approved = ledger.now()
    ledger.approve(BUYER, SPLITTER, FEE + 7, expected_allowance=0, expires_at=moved + 10**12)
    spent = ledger.now()
    ledger.transfer_from(SPLITTER, BUYER, OUTSIDER, 7)
    burned = ledger.now()
    ledger.transfer(BUYER, MINTER, FEE)
    buyer, splitter, outsider = (str(principal) for principal in (BUYER, SPLITTER, OUTSIDER))
    provider = f"{PROVIDER}.{ONE.hex()}"
    blocks: list[tuple[Any, ...]] = [decode_block(ledger.canister.query("block", index)) for index in range(ledger.length())]
    told = {"amt": FEE + 7, "from": buyer, "spender": splitter, "expected_allowance": 0, "expires_at": moved + 10**12}
    assert blocks == [
        ("1mint", {"amt": 1_000_000, "to": buyer}, None, minted),
        ("1xfer", {"amt": 5, "from": buyer, "to": provider, "fee": FEE, "memo": b"", "ts": moved}, None, moved),
        ("2approve", told, FEE, approved),
        ("2xfer", {"amt": 7, "from": buyer, "to": outsider, "spender": splitter}, FEE, spent),
        ("1burn", {"amt": FEE, "from": buyer}, None, burned),
    ]


def test_an_account_without_units_has_no_entry(ledger: Ledger) -> None:
    ledger.fund(BUYER, FEE + 5)
    assert ledger.status()["accounts"] == 1
    ledger.transfer(BUYER, PROVIDER, 5)
    assert ledger.status() == {"blocks": 2, "minted": FEE + 5, "burned": FEE, "accounts": 1, "allowances": 0, "expiring_allowances": 0}
    assert (ledger.balance(BUYER), ledger.balance(PROVIDER)) == (0, 5)
