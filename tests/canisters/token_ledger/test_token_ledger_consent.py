"""`icrc21_canister_call_consent_message`: what a wallet gets, over Candid; the messages themselves have their tests in the core."""

from __future__ import annotations

from typing import Any

import pytest
from token_ledger_driver import ANONYMOUS, BUYER, FEE, ONE, PROVIDER, SPLITTER, Ledger, account

from ddsx_core.limits import MAX_CONSENT_ARGUMENT_BYTES
from kybra_replica.driver import CallRejected, _encode
from kybra_replica.principal import Principal

PRICE = 150_000_000


def ask(ledger: Ledger, method: str, arg: bytes, *, sender: Principal = BUYER, device: Any = None, offset: int | None = None) -> Any:
    preferences = {"metadata": {"language": "de", "utc_offset_minutes": offset}, "device_spec": device}
    request = {"method": method, "arg": arg, "user_preferences": preferences}
    return ledger.canister.call("icrc21_canister_call_consent_message", request, sender=sender)


def argument(ledger: Ledger, method: str, **said: Any) -> bytes:
    return _encode(ledger.canister.function(method).arguments, [said])


def test_a_wallet_shows_markdown(ledger: Ledger) -> None:
    arg = argument(ledger, "icrc1_transfer", to=account(PROVIDER), amount=PRICE)
    assert ask(ledger, "icrc1_transfer", arg) == {
        "Ok": {
            "consent_message": {
                "GenericDisplayMessage": (
                    f"# Send LTT\n\n**From:**\n`{BUYER}`\n\n**Amount:**\n`1.5 LTT`\n\n**To:**\n`{PROVIDER}`\n\n**Fee:**\n`0.0001 LTT`"
                )
            },
            "metadata": {"language": "en", "utc_offset_minutes": None},
        }
    }


def test_a_device_shows_fields(ledger: Ledger) -> None:
    arg = argument(ledger, "icrc2_transfer_from", **{"from": account(PROVIDER)}, to=account(BUYER), amount=PRICE)
    amount = {"TokenAmount": {"decimals": 8, "amount": PRICE, "symbol": "LTT"}}
    fee = {"TokenAmount": {"decimals": 8, "amount": FEE, "symbol": "LTT"}}
    assert ask(ledger, "icrc2_transfer_from", arg, sender=SPLITTER, device={"FieldsDisplay": None})["Ok"]["consent_message"] == {
        "FieldsDisplayMessage": {
            "intent": "Send LTT of an account that allowed it",
            "fields": [
                ("From", {"Text": {"content": str(PROVIDER)}}),
                ("Amount", amount),
                ("To", {"Text": {"content": str(BUYER)}}),
                ("Spender", {"Text": {"content": str(SPLITTER)}}),
                ("Fee", fee),
            ],
        }
    }


def test_an_approval_is_shown_in_the_clocks_of_the_reader(ledger: Ledger) -> None:
    arg = argument(ledger, "icrc2_approve", spender=account(SPLITTER), amount=PRICE, expires_at=1_700_000_000 * 10**9)
    shown = ask(ledger, "icrc2_approve", arg, device={"GenericDisplay": None}, offset=-330)["Ok"]
    assert "`2023-11-14 16:43:20 UTC-05:30`" in shown["consent_message"]["GenericDisplayMessage"]
    assert shown["metadata"]["utc_offset_minutes"] == -330
    nowhere = ask(ledger, "icrc2_approve", arg, offset=1_441)["Ok"]
    assert "`2023-11-14 22:13:20 UTC`" in nowhere["consent_message"]["GenericDisplayMessage"]
    assert nowhere["metadata"]["utc_offset_minutes"] is None


def test_the_fee_shown_is_the_one_that_will_be_charged(ledger: Ledger) -> None:
    ledger.set_fee(2 * FEE)
    arg = argument(ledger, "icrc1_transfer", to=account(PROVIDER), amount=PRICE)
    assert "**Fee:**\n`0.0002 LTT`" in ask(ledger, "icrc1_transfer", arg)["Ok"]["consent_message"]["GenericDisplayMessage"]


def test_anybody_may_ask_and_nothing_changes(ledger: Ledger) -> None:
    before = ledger.status()
    arg = argument(ledger, "icrc1_transfer", to=account(PROVIDER), amount=1, from_subaccount=ONE)
    shown = ask(ledger, "icrc1_transfer", arg, sender=ANONYMOUS)["Ok"]["consent_message"]["GenericDisplayMessage"]
    assert f"**From:**\n`your subaccount {ONE.hex()}`" in shown
    assert ledger.status() == before


def test_an_unknown_method_has_no_message(ledger: Ledger) -> None:
    description = "no message for the method 'icrc7_transfer': it moves no tokens, or does not exist"
    assert ask(ledger, "icrc7_transfer", b"") == {"Err": {"UnsupportedCanisterCall": {"description": description}}}


def test_an_argument_that_the_method_does_not_take_has_no_message(ledger: Ledger) -> None:
    arg = argument(ledger, "icrc1_transfer", to=account(PROVIDER), amount=1)
    answer = ask(ledger, "icrc2_approve", arg)
    assert answer["Err"].keys() == {"UnsupportedCanisterCall"}
    assert "Ok" in ask(ledger, "icrc1_transfer", arg)


def test_a_call_that_cannot_succeed_has_no_message(ledger: Ledger) -> None:
    arg = argument(ledger, "icrc1_transfer", to=account(PROVIDER), amount=1, fee=FEE - 1)
    description = "this costs a fee of 0.0001 LTT, which the call does not name"
    assert ask(ledger, "icrc1_transfer", arg) == {"Err": {"ConsentMessageUnavailable": {"description": description}}}


def test_an_argument_larger_than_any_that_could_be_shown_is_not_let_in(ledger: Ledger) -> None:
    answer = ask(ledger, "icrc1_transfer", bytes(MAX_CONSENT_ARGUMENT_BYTES - 1_000))
    assert answer["Err"]["UnsupportedCanisterCall"]["description"] == "an argument has at most 4096 bytes"
    with pytest.raises(CallRejected) as rejected:
        ask(ledger, "icrc1_transfer", bytes(MAX_CONSENT_ARGUMENT_BYTES))
    assert rejected.value.code.name == "CANISTER_REJECT"
