"""Calls as they come over the wire, made into the requests of `ddsx_core.token_rules`, and fingerprints to know them again by."""

from __future__ import annotations

from typing import Any

from ddsx_core.accounts import account_key
from ddsx_core.deduplication import fingerprint
from ddsx_core.refused import Refused, generic_error
from ddsx_core.token_rules import INVALID_SUBACCOUNT, Approval, Transfer
from ddsx_core.units import AccountKey, PrincipalText
from ddsx_wire.icrc_types import Account, TransferArgs, TransferFromArgs
from ddsx_wire.token_types import ApproveArgs

_Said = Any
"""Arguments as they arrive. To name the kind of each number again, for the type checker alone, would cost 7 to 20 k instructions each."""


def key_of(account: Account) -> AccountKey:
    """The key of an account. Refuses: InvalidAccount for a subaccount that is not 32 bytes."""
    return account_key(PrincipalText(account["owner"].to_str()), account["subaccount"])


def transfer_of(caller: PrincipalText, args: TransferArgs) -> tuple[Transfer, str | None]:
    """The request of `icrc1_transfer`, and its fingerprint if it is to be carried out once only.

    Refuses: GenericError (INVALID_SUBACCOUNT).
    """
    said: _Said = args
    to = PrincipalText(said["to"]["owner"].to_str())
    own, subaccount = said["from_subaccount"], said["to"]["subaccount"]
    amount, fee, memo, created_at_time = said["amount"], said["fee"], said["memo"], said["created_at_time"]
    request = Transfer(_key(caller, own), _key(to, subaccount), amount, fee, memo, created_at_time)
    if created_at_time is None:
        return request, None
    return request, fingerprint("icrc1_transfer", caller, [own, to, subaccount, amount, fee, memo, created_at_time])


def transfer_from_of(caller: PrincipalText, args: TransferFromArgs) -> tuple[Transfer, str | None]:
    """The request of `icrc2_transfer_from`, and its fingerprint; as `transfer_of`."""
    said: _Said = args
    source, to = PrincipalText(said["from_"]["owner"].to_str()), PrincipalText(said["to"]["owner"].to_str())
    own, paying, receiving = said["spender_subaccount"], said["from_"]["subaccount"], said["to"]["subaccount"]
    amount, fee, memo, created_at_time = said["amount"], said["fee"], said["memo"], said["created_at_time"]
    request = Transfer(_key(source, paying), _key(to, receiving), amount, fee, memo, created_at_time, _key(caller, own))
    if created_at_time is None:
        return request, None
    arguments = [own, source, paying, to, receiving, amount, fee, memo, created_at_time]
    return request, fingerprint("icrc2_transfer_from", caller, arguments)


def approval_of(caller: PrincipalText, args: ApproveArgs) -> tuple[Approval, str | None]:
    """The request of `icrc2_approve`, and its fingerprint; as `transfer_of`."""
    said: _Said = args
    spender = PrincipalText(said["spender"]["owner"].to_str())
    own, subaccount, amount = said["from_subaccount"], said["spender"]["subaccount"], said["amount"]
    expected, expires_at = said["expected_allowance"], said["expires_at"]
    fee, memo, created_at_time = said["fee"], said["memo"], said["created_at_time"]
    request = Approval(_key(caller, own), _key(spender, subaccount), amount, expected, expires_at, fee, memo, created_at_time)
    if created_at_time is None:
        return request, None
    arguments = [own, spender, subaccount, amount, expected, expires_at, fee, memo, created_at_time]
    return request, fingerprint("icrc2_approve", caller, arguments)


def _key(owner: PrincipalText, subaccount: bytes | None) -> AccountKey:
    try:
        return account_key(owner, subaccount)
    except Refused as refused:
        # The standards' errors have no case of their own for it.
        raise generic_error(INVALID_SUBACCOUNT, str(refused.data["reason"])) from refused
