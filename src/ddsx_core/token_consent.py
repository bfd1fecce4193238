"""What a person agrees to by signing a call to a token ledger, in words: the consent messages of ICRC-21.

A message is an intent and a list of fields, each a label with an amount, a moment or a text. Wallets show it as fields or as Markdown.
Amounts are in whole tokens with all their decimals, accounts in the textual encoding of ICRC-1, moments in the time zone asked for.

Order of checks: UnsupportedCanisterCall for a method that moves nothing, and for an argument that is not what the method takes;
ConsentMessageUnavailable for a call that the ledger would refuse whatever its state: a person should not be asked to sign it.

Source: ICRC-21 (github.com/dfinity/ICRC).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from ddsx_core.accounts import ANONYMOUS, account_key, account_text, principal_text, subaccount_of
from ddsx_core.candid_arguments import ArgumentsUnreadable, Shape, read_argument
from ddsx_core.civil_time import civil_text
from ddsx_core.limits import MAX_AMOUNT, MAX_LEDGER_ARGUMENT_BYTES, MAX_MEMO_BYTES
from ddsx_core.refused import Refused
from ddsx_core.token_governance import amount_text
from ddsx_core.token_rows import LedgerState, Token
from ddsx_core.units import AccountKey, PrincipalText, Units

_ACCOUNT: Shape = (("owner", "principal"), ("subaccount", "opt blob"))
_SAID: Shape = (("fee", "opt nat"), ("memo", "opt blob"), ("created_at_time", "opt nat64"))
_TRANSFER: Shape = (("from_subaccount", "opt blob"), ("to", _ACCOUNT), ("amount", "nat"), *_SAID)
_APPROVAL: Shape = (
    ("from_subaccount", "opt blob"),
    ("spender", _ACCOUNT),
    ("amount", "nat"),
    ("expected_allowance", "opt nat"),
    ("expires_at", "opt nat64"),
    *_SAID,
)
_TRANSFER_FROM: Shape = (("spender_subaccount", "opt blob"), ("from", _ACCOUNT), ("to", _ACCOUNT), ("amount", "nat"), *_SAID)
_SHAPES: Mapping[str, Shape] = MappingProxyType(
    {"icrc1_transfer": _TRANSFER, "icrc2_approve": _APPROVAL, "icrc2_transfer_from": _TRANSFER_FROM}
)
_NS = 1_000_000_000
_MAX_NAT64 = (1 << 64) - 1

AMOUNT = "amount"
MOMENT = "moment"
WORDS = "words"
"""What a field holds: units of the token, nanoseconds since 1970, or text."""


class Field(NamedTuple):
    """A line of a message: what it is called, what it holds, and that."""

    label: str
    kind: str
    content: int | str


class Message(NamedTuple):
    """What a person agrees to: in a few words, and line by line."""

    intent: str
    fields: list[Field]


class Ledger(NamedTuple):
    """What a message says of the ledger."""

    token: Token
    fee: Units
    minting_account: AccountKey


def ledger_of(token: Token, state: LedgerState) -> Ledger:
    """The ledger in this state."""
    return Ledger(token, state.fee, state.minting_account)


def consent_to(ledger: Ledger, caller: PrincipalText | None, method: str, argument: bytes) -> Message:
    """What whoever signs this call agrees to.

    caller: who asks, and is taken to be who signs; None when he did not say who he is: the message then names no owner.
    Refuses: as the module says, each with a `description`.
    """
    shape = _SHAPES.get(method)
    if shape is None:
        raise _unsupported(f"no message for the method {method[:60]!r}: it moves no tokens, or does not exist")
    if len(argument) > MAX_LEDGER_ARGUMENT_BYTES:
        raise _unsupported(f"an argument has at most {MAX_LEDGER_ARGUMENT_BYTES} bytes")
    try:
        said = read_argument(argument, shape)
    except ArgumentsUnreadable as unreadable:
        raise _unsupported(f"the argument is not what {method} takes: {unreadable}") from unreadable
    if said["memo"] is not None and len(said["memo"]) > MAX_MEMO_BYTES:
        raise _unavailable(f"a memo has at most {MAX_MEMO_BYTES} bytes")
    if method == "icrc2_approve":
        return _approval(ledger, caller, said)
    return _transfer(ledger, caller, said) if method == "icrc1_transfer" else _transfer_from(ledger, caller, said)


def as_markdown(ledger: Ledger, message: Message, utc_offset_minutes: int) -> str:
    """The message as Markdown."""
    parts = [f"# {message.intent}"]
    for label, kind, content in message.fields:
        shown = str(content)
        if kind == AMOUNT:
            shown = amount_text(int(content), ledger.token)
        elif kind == MOMENT:
            shown = civil_text(int(content) // _NS, utc_offset_minutes)
        parts.append(f"**{label}:**\n`{shown}`")
    return "\n\n".join(parts)


def as_fields(ledger: Ledger, message: Message) -> list[tuple[str, dict[str, dict[str, int | str]]]]:
    """The message's fields as they stand on the wire; an amount that a nat64 cannot hold is a text."""
    token = ledger.token
    fields: list[tuple[str, dict[str, dict[str, int | str]]]] = []
    for label, kind, content in message.fields:
        if kind == MOMENT:
            fields.append((label, {"TimestampSeconds": {"amount": int(content) // _NS}}))
        elif kind == AMOUNT and int(content) <= _MAX_NAT64:
            fields.append((label, {"TokenAmount": {"decimals": token.decimals, "amount": int(content), "symbol": token.symbol}}))
        else:
            fields.append((label, {"Text": {"content": amount_text(int(content), token) if kind == AMOUNT else str(content)}}))
    return fields


# -- One method each --------------------------------------------------------------------------------------------------------


def _transfer(ledger: Ledger, caller: PrincipalText | None, said: dict[str, Any]) -> Message:
    source = None if caller is None else _account(caller, said["from_subaccount"])
    target = _named(said["to"])
    symbol = ledger.token.symbol
    intent, fee = f"Send {symbol}", ledger.fee
    if source == target == ledger.minting_account:
        raise _unavailable("the minting account cannot transfer to itself")
    if source == ledger.minting_account:
        intent, fee = f"Mint {symbol}", Units(0)
    elif target == ledger.minting_account:
        intent, fee = f"Burn {symbol}", Units(0)
    fields = [_own("From", caller, said["from_subaccount"]), _amount("Amount", said["amount"]), _words("To", account_text(target))]
    return Message(intent, [*fields, _fee(ledger, said, fee), *_memo(said)])


def _transfer_from(ledger: Ledger, caller: PrincipalText | None, said: dict[str, Any]) -> Message:
    source, target = _named(said["from"]), _named(said["to"])
    if source == ledger.minting_account:
        raise _unavailable("only a plain transfer can mint")
    burned = target == ledger.minting_account
    intent = f"{'Burn' if burned else 'Send'} {ledger.token.symbol} of an account that allowed it"
    fields = [
        _words("From", account_text(source)),
        _amount("Amount", said["amount"]),
        _words("To", account_text(target)),
        _own("Spender", caller, said["spender_subaccount"]),
        _fee(ledger, said, Units(0) if burned else ledger.fee),
    ]
    return Message(intent, [*fields, *_memo(said)])


def _approval(ledger: Ledger, caller: PrincipalText | None, said: dict[str, Any]) -> Message:
    spender, amount, expected, expires_at = _named(said["spender"]), said["amount"], said["expected_allowance"], said["expires_at"]
    source = None if caller is None else _account(caller, said["from_subaccount"])
    if source == spender:
        raise _unavailable("an account needs no approval for itself")
    if source == ledger.minting_account:
        raise _unavailable("the minting account cannot approve")
    fields = [
        _own("From", caller, said["from_subaccount"]),
        _words("Spender", account_text(spender)),
        _words("Allowance", "everything, without a limit") if amount >= MAX_AMOUNT else _amount("Allowance", amount),
    ]
    if expected is not None:
        fields.append(_amount("Only if the allowance is now", expected))
    fields.append(_words("Expires", "never") if expires_at is None else Field("Expires", MOMENT, expires_at))
    intent = f"Let somebody spend your {ledger.token.symbol}" if amount else f"Take back an allowance of {ledger.token.symbol}"
    return Message(intent, [*fields, _fee(ledger, said, ledger.fee), *_memo(said)])


# -- Lines ------------------------------------------------------------------------------------------------------------------


def _named(account: dict[str, Any]) -> AccountKey:
    owner = principal_text(account["owner"])
    if owner == ANONYMOUS:
        raise _unavailable("the anonymous principal cannot hold or move tokens")
    return _account(owner, account["subaccount"])


def _account(owner: PrincipalText, subaccount: bytes | None) -> AccountKey:
    try:
        return account_key(owner, subaccount)
    except Refused as refused:
        raise _unavailable(str(refused.data["reason"])) from refused


def _own(label: str, caller: PrincipalText | None, subaccount: bytes | None) -> Field:
    if caller is not None:
        return _words(label, account_text(_account(caller, subaccount)))
    digits = subaccount_of(_account(PrincipalText(""), subaccount))
    return _words(label, "your account" if digits is None else f"your subaccount {digits.hex()}")


def _amount(label: str, units: int) -> Field:
    if units > MAX_AMOUNT:
        raise _unavailable(f"an amount is at most {MAX_AMOUNT} units")
    return Field(label, AMOUNT, units)


def _fee(ledger: Ledger, said: dict[str, Any], due: Units) -> Field:
    if said["fee"] is not None and said["fee"] != due:
        raise _unavailable(f"this costs a fee of {amount_text(due, ledger.token)}, which the call does not name")
    return Field("Fee", AMOUNT, due)


def _memo(said: dict[str, Any]) -> list[Field]:
    """A memo that is plain ASCII as it reads, any other in hex digits: what is shown must not be able to look like another line."""
    memo = said["memo"]
    if memo is None:
        return []
    plain = all(32 <= octet < 127 and octet != 96 for octet in memo)
    return [_words("Memo", f"{memo.decode('ascii')}" if plain else f"0x{memo.hex()}")]


def _words(label: str, text: str) -> Field:
    return Field(label, WORDS, text)


def _unsupported(description: str) -> Refused:
    return Refused("UnsupportedCanisterCall", {"description": description})


def _unavailable(description: str) -> Refused:
    return Refused("ConsentMessageUnavailable", {"description": description})
