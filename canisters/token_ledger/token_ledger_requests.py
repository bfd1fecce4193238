"""Calls as they come over the wire, made into the requests of `ddsx_core.token_rules`, and fingerprints to know them again by."""

from __future__ import annotations

from ddsx_core.accounts import account_key
from ddsx_core.deduplication import fingerprint
from ddsx_core.refused import Refused, generic_error
from ddsx_core.token_rules import INVALID_SUBACCOUNT, Approval, Transfer
from ddsx_core.units import AccountKey, Nanoseconds, PrincipalText, Units
from ddsx_wire.icrc_types import Account, TransferArgs, TransferFromArgs
from ddsx_wire.token_types import ApproveArgs


def key_of(account: Account) -> AccountKey:
    """The key of an account. Refuses: InvalidAccount for a subaccount that is not 32 bytes."""
    return account_key(PrincipalText(account["owner"].to_str()), account["subaccount"])


def transfer_of(caller: PrincipalText, args: TransferArgs) -> tuple[Transfer, str | None]:
    """The request of `icrc1_transfer`, and its fingerprint if it is to be carried out once only.

    Refuses: GenericError (INVALID_SUBACCOUNT).
    """
    to = PrincipalText(args["to"]["owner"].to_str())
    own, subaccount = args["from_subaccount"], args["to"]["subaccount"]
    amount, fee, memo, created_at_time = args["amount"], args["fee"], args["memo"], args["created_at_time"]
    request = Transfer(_key(caller, own), _key(to, subaccount), Units(amount), _units(fee), memo, _moment(created_at_time))
    if created_at_time is None:
        return request, None
    return request, fingerprint("icrc1_transfer", caller, [own, to, subaccount, amount, fee, memo, created_at_time])


def transfer_from_of(caller: PrincipalText, args: TransferFromArgs) -> tuple[Transfer, str | None]:
    """The request of `icrc2_transfer_from`, and its fingerprint; as `transfer_of`."""
    source, to = PrincipalText(args["from_"]["owner"].to_str()), PrincipalText(args["to"]["owner"].to_str())
    own, paying, receiving = args["spender_subaccount"], args["from_"]["subaccount"], args["to"]["subaccount"]
    amount, fee, memo, created_at_time = args["amount"], args["fee"], args["memo"], args["created_at_time"]
    request = Transfer(
        _key(source, paying), _key(to, receiving), Units(amount), _units(fee), memo, _moment(created_at_time), _key(caller, own)
    )
    if created_at_time is None:
        return request, None
    arguments = [own, source, paying, to, receiving, amount, fee, memo, created_at_time]
    return request, fingerprint("icrc2_transfer_from", caller, arguments)


def approval_of(caller: PrincipalText, args: ApproveArgs) -> tuple[Approval, str | None]:
    """The request of `icrc2_approve`, and its fingerprint; as `transfer_of`."""
    spender = PrincipalText(args["spender"]["owner"].to_str())
    own, subaccount, amount = args["from_subaccount"], args["spender"]["subaccount"], args["amount"]
    expected, expires_at = args["expected_allowance"], args["expires_at"]
    fee, memo, created_at_time = args["fee"], args["memo"], args["created_at_time"]
    request = Approval(
        _key(caller, own),
        _key(spender, subaccount),
        Units(amount),
        _units(expected),
        _moment(expires_at),
        _units(fee),
        memo,
        _moment(created_at_time),
    )
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


def _units(amount: int | None) -> Units | None:
    return None if amount is None else Units(amount)


def _moment(time_ns: int | None) -> Nanoseconds | None:
    return None if time_ns is None else Nanoseconds(time_ns)
