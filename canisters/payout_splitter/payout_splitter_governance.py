"""What governance may do: set the settings, and enter the outcome of payments that no ledger can be asked about any more."""

from __future__ import annotations

from kybra import Principal, ic
from payout_splitter_collections import credit_collection, refuse_collection
from payout_splitter_payouts import refuse_payout, settle_payout
from payout_splitter_store import read_collection, read_payout, read_state, write_settings, write_state, write_state_with

from ddsx_core.accounts import account_key
from ddsx_core.collection_rules import refused as collection_refused
from ddsx_core.number_lists import has_number
from ddsx_core.payout_rules import refused as payout_refused
from ddsx_core.payout_totals import Totals
from ddsx_core.refused import Refused
from ddsx_core.splitter_desk import Desk, Settings, check_protocol_fee, check_settings, registry_list
from ddsx_core.units import AccountKey, PrincipalText
from ddsx_wire.icrc_types import Account
from ddsx_wire.payout_types import ConfigureArgs, ResolveArgs, SplitterInit

RESOLVED = "resolved by governance: it did not happen"


def write_first(args: SplitterInit) -> None:
    """Write the settings of a new splitter, and empty books.

    Refuses (in order): as `check_protocol_fee`, `account_key`, `check_settings`.
    """
    desk = Desk(protocol_fee_ppm=check_protocol_fee(args["protocol_fee_ppm"]))
    registries = registry_list([registry.to_str() for registry in args["registries"]])
    settings = Settings(
        governance=_text(args["governance"]),
        dst_ledger=_text(args["dst_ledger"]),
        payment_ledger=_text(args["payment_ledger"]),
        own=_text(ic.id()),
        treasury=_key(args["treasury"]),
        registries=registries,
    )
    write_settings(check_settings(settings))
    write_state_with(Totals(), desk, "")


def change_settings(settings: Settings, caller: str, args: ConfigureArgs) -> None:
    """Write what governance changes; what is None stays.

    Refuses (in order): NotGovernance, then as `check_protocol_fee`, `account_key`, `check_settings`.
    """
    if caller != settings.governance:
        raise Refused("NotGovernance")
    totals_text, desk, rows = read_state()
    if args["protocol_fee_ppm"] is not None:
        desk = desk._replace(protocol_fee_ppm=check_protocol_fee(args["protocol_fee_ppm"]))
    if args["paused"] is not None:
        desk = desk._replace(paused=int(args["paused"]))
    if args["governance"] is not None:
        settings = settings._replace(governance=_text(args["governance"]))
    if args["registries"] is not None:
        settings = settings._replace(registries=registry_list([registry.to_str() for registry in args["registries"]]))
    if args["treasury"] is not None:
        settings = settings._replace(treasury=_key(args["treasury"]))
    write_settings(check_settings(settings))
    write_state(totals_text, desk, rows)


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
    state = read_state()
    _, desk, rows = state
    if not has_number(desk.unresolved_payouts, number):
        raise Refused("NotUnresolved")
    payout = read_payout(rows, number)
    if block_index is None:
        refuse_payout(state, number, payout_refused(payout, RESOLVED))
    else:
        settle_payout(state, number, payout, block_index)


def _resolve_collection(order: int, block_index: int | None) -> None:
    state = read_state()
    _, desk, rows = state
    if not has_number(desk.unresolved_collections, order):
        raise Refused("NotUnresolved")
    collection = read_collection(rows, order)
    if block_index is None:
        refuse_collection(state, order, collection_refused(collection, RESOLVED, {}, 0))
    else:
        credit_collection(state, order, collection, block_index)


def _text(principal: Principal) -> PrincipalText:
    return PrincipalText(principal.to_str())


def _key(account: Account) -> AccountKey:
    return account_key(_text(account["owner"]), account["subaccount"])
