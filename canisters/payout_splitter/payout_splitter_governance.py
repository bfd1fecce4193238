"""What governance may do: set the settings, and enter the outcome of payments that no ledger can be asked about any more."""

from __future__ import annotations

from kybra import Principal, ic
from payout_splitter_collections import resolve_collection
from payout_splitter_payouts import resolve_payout
from payout_splitter_store import write_settings, write_state_with

from ddsx_core.accounts import account_key
from ddsx_core.payout_totals import Totals
from ddsx_core.refused import Refused
from ddsx_core.splitter_desk import Desk, Settings, check_settings, encode_desk, registry_list
from ddsx_core.units import AccountKey, Ppm, PrincipalText
from ddsx_wire.icrc_types import Account
from ddsx_wire.payout_types import ConfigureArgs, ResolveArgs, SplitterInit

RESOLVED = "resolved by governance: it did not happen"


def write_first(args: SplitterInit) -> None:
    """Write the settings of a new splitter, and empty books. Refuses (in order): as `account_key`, `check_settings`."""
    settings = Settings(
        governance=_text(args["governance"]),
        dst_ledger=_text(args["dst_ledger"]),
        payment_ledger=_text(args["payment_ledger"]),
        own=_text(ic.id()),
        treasury=_key(args["treasury"]),
        registries=registry_list([registry.to_str() for registry in args["registries"]]),
        protocol_fee_ppm=Ppm(args["protocol_fee_ppm"]),
        paused=0,
    )
    write_settings(check_settings(settings))
    write_state_with(Totals(), encode_desk(Desk()), "")


def change_settings(settings: Settings, caller: str, args: ConfigureArgs) -> None:
    """Write what governance changes; what is None stays. Refuses (in order): NotGovernance, then as `account_key`, `check_settings`."""
    if caller != settings.governance:
        raise Refused("NotGovernance")
    if args["governance"] is not None:
        settings = settings._replace(governance=_text(args["governance"]))
    if args["registries"] is not None:
        settings = settings._replace(registries=registry_list([registry.to_str() for registry in args["registries"]]))
    if args["treasury"] is not None:
        settings = settings._replace(treasury=_key(args["treasury"]))
    if args["protocol_fee_ppm"] is not None:
        settings = settings._replace(protocol_fee_ppm=Ppm(args["protocol_fee_ppm"]))
    if args["paused"] is not None:
        settings = settings._replace(paused=int(args["paused"]))
    write_settings(check_settings(settings))


def resolve_payment(settings: Settings, caller: str, args: ResolveArgs) -> None:
    """Write the outcome of an unresolved payment as the ledger's log shows it: carried out as that block, or not at all.

    Refuses (in order): NotGovernance, NotUnresolved for a payment that is settled, still open, or does not exist.
    """
    if caller != settings.governance:
        raise Refused("NotGovernance")
    if "Payout" in args["payment"]:
        resolve_payout(args["payment"]["Payout"], args["block_index"], RESOLVED)
    else:
        resolve_collection(args["payment"]["Collection"], args["block_index"], RESOLVED)


def _text(principal: Principal) -> PrincipalText:
    return PrincipalText(principal.to_str())


def _key(account: Account) -> AccountKey:
    return account_key(_text(account["owner"]), account["subaccount"])
