"""What people are told before they sign a call to a token ledger, line by line, and what they are not asked to sign."""

from __future__ import annotations

from typing import Any

import pytest

from ddsx_core.limits import MAX_AMOUNT, MAX_LEDGER_ARGUMENT_BYTES
from ddsx_core.token_consent import Message, as_fields, as_markdown, consent_to, ledger_of
from ddsx_core.token_rows import LedgerState, Token
from ddsx_core.units import AccountKey, PrincipalText, Units
from kybra_replica.candid import encode
from kybra_replica.candid.did_parser import parse_type
from kybra_replica.plain import from_plain
from kybra_replica.principal import Principal
from model.expect import refuses

BUYER = Principal.from_text("rrkah-fqaaa-aaaaa-aaaaq-cai")
SELLER = Principal.from_text("ryjl3-tyaaa-aaaaa-aaaba-cai")
MINTER = Principal.from_text("r7inp-6aaaa-aaaaa-aaabq-cai")
ANONYMOUS = Principal.from_text("2vxsx-fae")
CALLER = PrincipalText(str(BUYER))
ONE = bytes(31) + b"\x01"
LEDGER = ledger_of(Token("Test token", "TT", 8), LedgerState(Units(10_000), AccountKey(str(MINTER))))
TYPES = {
    "icrc1_transfer": "from_subaccount : opt blob; to : A; amount : nat",
    "icrc2_approve": "from_subaccount : opt blob; spender : A; amount : nat; expected_allowance : opt nat; expires_at : opt nat64",
    "icrc2_transfer_from": "spender_subaccount : opt blob; from : A; to : A; amount : nat",
}
FEE = ("Fee", "amount", 10_000)
FREE = ("Fee", "amount", 0)


def account(owner: Principal, subaccount: bytes | None = None) -> dict[str, Any]:
    return {"owner": owner, "subaccount": subaccount}


def argument(method: str, **said: Any) -> bytes:
    fields = TYPES[method].replace(": A", ": record { owner : principal; subaccount : opt blob }")
    kind = parse_type(f"record {{ {fields}; fee : opt nat; memo : opt blob; created_at_time : opt nat64 }}")
    return encode([kind], [from_plain(kind, said)])


def asked(method: str, *, caller: PrincipalText | None = CALLER, **said: Any) -> Message:
    return consent_to(LEDGER, caller, method, argument(method, **said))


def lines(message: Message) -> list[tuple[str, str, int | str]]:
    return [tuple(field) for field in message.fields]


# -- Transfers --------------------------------------------------------------------------------------------------------------


def test_a_transfer() -> None:
    message = asked("icrc1_transfer", from_subaccount=ONE, to=account(SELLER), amount=5, memo=b"order 7", fee=10_000)
    assert message.intent == "Send TT"
    assert lines(message)[1:] == [("Amount", "amount", 5), ("To", "words", str(SELLER)), FEE, ("Memo", "words", "order 7")]
    assert lines(message)[0][2].endswith(".1")


def test_minting_and_burning_are_called_so_and_cost_nothing() -> None:
    minted = asked("icrc1_transfer", caller=PrincipalText(str(MINTER)), to=account(SELLER), amount=5, fee=0)
    burned = asked("icrc1_transfer", to=account(MINTER, bytes(32)), amount=5)
    assert (minted.intent, lines(minted)[3], burned.intent, lines(burned)[3]) == ("Mint TT", FREE, "Burn TT", FREE)
    with refuses("ConsentMessageUnavailable", description="the minting account cannot transfer to itself"):
        asked("icrc1_transfer", caller=PrincipalText(str(MINTER)), to=account(MINTER), amount=5)


def test_who_does_not_say_who_he_is_is_told_what_he_named() -> None:
    said = {"to": account(SELLER), "amount": 5}
    assert lines(asked("icrc1_transfer", caller=None, **said))[0] == ("From", "words", "your account")
    assert lines(asked("icrc1_transfer", caller=None, from_subaccount=bytes(32), **said))[0] == ("From", "words", "your account")
    subaccount = lines(asked("icrc1_transfer", caller=None, from_subaccount=ONE, **said))[0]
    assert subaccount == ("From", "words", f"your subaccount {ONE.hex()}")


def test_a_memo_cannot_look_like_another_line() -> None:
    for memo, shown in ((b"a`b", "0x616062"), (b"a\nb", "0x610a62"), ("é".encode(), "0xc3a9"), (b"", ""), (b" ~", " ~"), (b"\x7f", "0x7f")):
        assert lines(asked("icrc1_transfer", to=account(SELLER), amount=5, memo=memo))[-1] == ("Memo", "words", shown)


def test_a_transfer_from_an_account_that_allowed_it() -> None:
    message = asked("icrc2_transfer_from", **{"from": account(SELLER)}, to=account(BUYER), amount=5)
    assert message.intent == "Send TT of an account that allowed it"
    parties = [("From", "words", str(SELLER)), ("Amount", "amount", 5), ("To", "words", str(BUYER)), ("Spender", "words", str(BUYER))]
    assert lines(message) == [*parties, FEE]
    burned = asked("icrc2_transfer_from", **{"from": account(SELLER)}, to=account(MINTER), amount=5)
    assert (burned.intent, lines(burned)[-1]) == ("Burn TT of an account that allowed it", FREE)
    with refuses("ConsentMessageUnavailable", description="only a plain transfer can mint"):
        asked("icrc2_transfer_from", **{"from": account(MINTER)}, to=account(BUYER), amount=5)


# -- Approvals --------------------------------------------------------------------------------------------------------------


def test_an_approval() -> None:
    message = asked("icrc2_approve", spender=account(SELLER), amount=5, expected_allowance=7, expires_at=10**18)
    assert message.intent == "Let somebody spend your TT"
    assert lines(message) == [
        ("From", "words", str(BUYER)),
        ("Spender", "words", str(SELLER)),
        ("Allowance", "amount", 5),
        ("Only if the allowance is now", "amount", 7),
        ("Expires", "moment", 10**18),
        FEE,
    ]


def test_an_approval_without_end_or_measure_says_so() -> None:
    largest = lines(asked("icrc2_approve", spender=account(SELLER), amount=MAX_AMOUNT))
    assert largest[2:4] == [("Allowance", "words", "everything, without a limit"), ("Expires", "words", "never")]
    assert lines(asked("icrc2_approve", spender=account(SELLER), amount=MAX_AMOUNT - 1))[2] == ("Allowance", "amount", MAX_AMOUNT - 1)
    assert asked("icrc2_approve", spender=account(SELLER), amount=0).intent == "Take back an allowance of TT"


def test_approvals_that_the_ledger_refuses_in_any_case() -> None:
    with refuses("ConsentMessageUnavailable", description="an account needs no approval for itself"):
        asked("icrc2_approve", spender=account(BUYER, bytes(32)), amount=5)
    with refuses("ConsentMessageUnavailable", description="the minting account cannot approve"):
        asked("icrc2_approve", caller=PrincipalText(str(MINTER)), spender=account(BUYER), amount=5)
    assert asked("icrc2_approve", spender=account(BUYER, ONE), amount=5).intent == "Let somebody spend your TT"


# -- What nobody is asked to sign -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "description"),
    [
        ({"memo": b"m" * 33}, "a memo has at most 32 bytes"),
        ({"from_subaccount": b"short"}, "a subaccount has 32 bytes, not 5"),
        ({"to": account(SELLER, b"")}, "a subaccount has 32 bytes, not 0"),
        ({"to": account(ANONYMOUS)}, "the anonymous principal cannot hold or move tokens"),
        ({"fee": 9_999}, "this costs a fee of 0.0001 TT, which the call does not name"),
        ({"amount": MAX_AMOUNT + 1}, f"an amount is at most {MAX_AMOUNT} units"),
    ],
)
def test_a_call_that_cannot_succeed_gets_no_message(said: dict[str, Any], description: str) -> None:
    with refuses("ConsentMessageUnavailable", description=description):
        asked("icrc1_transfer", **({"to": account(SELLER), "amount": 5} | said))


def test_the_largest_that_can_gets_one() -> None:
    said = {"to": account(SELLER, ONE), "amount": MAX_AMOUNT, "memo": b"m" * 32, "fee": 10_000, "from_subaccount": ONE}
    assert asked("icrc1_transfer", **said).intent == "Send TT"


def test_other_methods_and_arguments_are_not_supported() -> None:
    with refuses("UnsupportedCanisterCall", description="no message for the method 'icrc1_name': it moves no tokens, or does not exist"):
        consent_to(LEDGER, CALLER, "icrc1_name", b"DIDL\0\0")
    with refuses("UnsupportedCanisterCall", description="the argument is not what icrc1_transfer takes: it does not begin with DIDL"):
        consent_to(LEDGER, CALLER, "icrc1_transfer", b"hello")
    with refuses("UnsupportedCanisterCall", description=f"an argument has at most {MAX_LEDGER_ARGUMENT_BYTES} bytes"):
        consent_to(LEDGER, CALLER, "icrc1_transfer", b"DIDL" + bytes(MAX_LEDGER_ARGUMENT_BYTES - 3))


# -- How it is shown --------------------------------------------------------------------------------------------------------


def test_markdown() -> None:
    message = asked("icrc2_approve", spender=account(SELLER), amount=150_000_000, expires_at=1_700_000_000 * 10**9 + 999)
    assert as_markdown(LEDGER, message, 60) == (
        "# Let somebody spend your TT\n\n"
        f"**From:**\n`{BUYER}`\n\n"
        f"**Spender:**\n`{SELLER}`\n\n"
        "**Allowance:**\n`1.5 TT`\n\n"
        "**Expires:**\n`2023-11-14 23:13:20 UTC+01:00`\n\n"
        "**Fee:**\n`0.0001 TT`"
    )


def test_fields() -> None:
    largest = (1 << 64) - 1
    message = asked("icrc2_approve", spender=account(SELLER), amount=largest, expected_allowance=largest + 1, expires_at=10**18 + 1)
    assert as_fields(LEDGER, message) == [
        ("From", {"Text": {"content": str(BUYER)}}),
        ("Spender", {"Text": {"content": str(SELLER)}}),
        ("Allowance", {"TokenAmount": {"decimals": 8, "amount": largest, "symbol": "TT"}}),
        ("Only if the allowance is now", {"Text": {"content": "184467440737.09551616 TT"}}),
        ("Expires", {"TimestampSeconds": {"amount": 10**9}}),
        ("Fee", {"TokenAmount": {"decimals": 8, "amount": 10_000, "symbol": "TT"}}),
    ]
