"""What governance may do: set the settings, and enter the outcome of payments that no ledger can be asked about any more."""

from __future__ import annotations

from kybra import ic
from payout_splitter_collections import credit_collection, refuse_collection
from payout_splitter_payouts import refuse_payout, settle_payout
from payout_splitter_store import read_collection, read_desk, read_payout

from ddsx_core.accounts import account_key
from ddsx_core.collection_rules import refused as collection_refused
from ddsx_core.number_lists import has_number
from ddsx_core.payout_rules import refused as payout_refused
from ddsx_core.refused import Refused
from ddsx_core.splitter_desk import Settings, check_settings, registry_list
from ddsx_wire.icrc_types import Account
from ddsx_wire.payout_types import ConfigureArgs, ResolveArgs, SplitterInit

RESOLVED = "resolved by governance: it did not happen"


def first_settings(args: SplitterInit) -> Settings:
    """The settings of a new splitter. Refuses: as `check_settings`."""
    registries = registry_list([registry.to_str() for registry in args["registries"]])
    return check_settings(
        Settings(
            args["governance"].to_str(),
            args["dst_ledger"].to_str(),
            args["payment_ledger"].to_str(),
            ic.id().to_str(),
            _key(args["treasury"]),
            registries,
            args["protocol_fee_ppm"],
            0,
        )
    )


def changed_settings(settings: Settings, caller: str, args: ConfigureArgs) -> Settings:
    """The settings with what governance changes; what is None stays. Refuses (in order): NotGovernance, then as `check_settings`."""
    if caller != settings.governance:
        raise Refused("NotGovernance")
    if args["governance"] is not None:
        settings = settings._replace(governance=args["governance"].to_str())
    if args["registries"] is not None:
        settings = settings._replace(registries=registry_list([registry.to_str() for registry in args["registries"]]))
    if args["treasury"] is not None:
        settings = settings._replace(treasury=_key(args["treasury"]))
    if args["protocol_fee_ppm"] is not None:
        settings = settings._replace(protocol_fee_ppm=args["protocol_fee_ppm"])
    if args["paused"] is not None:
        settings = settings._replace(paused=int(args["paused"]))
    return check_settings(settings)


def resolve_payment(settings: Settings, caller: str, args: ResolveArgs) -> None:
    """Write the outcome of an unresolved payment as the ledger's log shows it: carried out as that block, or not at all.

    Refuses (in order): NotGovernance, NotUnresolved for a payment that is settled, still open, or does not exist.
    """
    if caller != settings.governance:
        raise Refused("NotGovernance")
    if "Payout" in args["payment"]:
        _resolve_payout(args["payment"]["Payout"], args["block_index"])
    else:
        _resolve_collection(args["payment"]["Collection"], args["block_index"])


def _resolve_payout(number: int, block_index: int | None) -> None:
    desk = read_desk()
    if not has_number(desk.unresolved_payouts, number):
        raise Refused("NotUnresolved")
    payout = read_payout(number)
    if block_index is None:
        refuse_payout(desk, number, payout_refused(payout, RESOLVED))
    else:
        settle_payout(desk, number, payout, block_index)


def _resolve_collection(order: int, block_index: int | None) -> None:
    desk = read_desk()
    if not has_number(desk.unresolved_collections, order):
        raise Refused("NotUnresolved")
    collection = read_collection(order)
    if block_index is None:
        refuse_collection(desk, order, collection_refused(collection, RESOLVED, {}, 0))
    else:
        credit_collection(desk, order, collection, block_index)


def _key(account: Account) -> str:
    return account_key(account["owner"].to_str(), account["subaccount"])
