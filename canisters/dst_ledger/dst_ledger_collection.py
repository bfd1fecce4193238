"""Licences as an ICRC-7 collection: the methods of the standard, with the rules of `ddsx_core.licences`.

Batches: an item is answered at its position. Of a batch above its limit only the first items are processed, and the answer ends there. A
transfer is one block; one that moves reading to another principal is told to the stream's registry at once.
"""

import dst_ledger_lists_store as lists
import dst_ledger_store as store
from dst_ledger_sales import shard_of, time_now
from dst_ledger_upkeep import serve_registries, wake_soon
from dst_ledger_views import account_view, case_of, licence_view, token_metadata
from kybra import Opt, Vec, ic, nat, nat64, query, text, update

from ddsx_core import licences
from ddsx_core.accounts import account_key
from ddsx_core.licences import (
    MAX_TRANSFERS,
    LicenceTransfer,
    Transferred,
    check_transfer,
    entitlement_of,
    moved,
    moves_entitlement,
    transfer_fingerprint,
)
from ddsx_core.limits import MAX_MEMO_BYTES, MAX_PAGE_ITEMS, PERMITTED_DRIFT_NS, TX_WINDOW_NS
from ddsx_core.refused import Refused
from ddsx_core.terms import NS_PER_SECOND
from ddsx_core.units import AccountKey, Nanoseconds, PrincipalText
from ddsx_wire.icrc_types import Account
from ddsx_wire.licence_types import Licence, LicenceTransferArg, LicenceTransferResult, MetadataEntry, SupportedStandard
from ddsx_wire.principals import caller_text

NAME = "DDSX Data Stream Tokens"
SYMBOL = "DST"
DESCRIPTION = "Licences to read data streams, each for one stream and a stretch of time."

_MAX_NAT64 = (1 << 64) - 1


@query
def icrc10_supported_standards() -> Vec[SupportedStandard]:
    """ICRC-7 with all its methods, and ICRC-10."""
    return [
        {"name": "ICRC-7", "url": "https://github.com/dfinity/ICRC/ICRCs/ICRC-7"},
        {"name": "ICRC-10", "url": "https://github.com/dfinity/ICRC/ICRCs/ICRC-10"},
    ]


@query
def icrc7_collection_metadata() -> Vec[MetadataEntry]:
    """All of the collection's properties; equal to what the single methods answer."""
    return [
        ("icrc7:symbol", {"Text": SYMBOL}),
        ("icrc7:name", {"Text": NAME}),
        ("icrc7:description", {"Text": DESCRIPTION}),
        ("icrc7:total_supply", {"Nat": store.licence_count()}),
        ("icrc7:max_query_batch_size", {"Nat": MAX_PAGE_ITEMS}),
        ("icrc7:max_update_batch_size", {"Nat": MAX_TRANSFERS}),
        ("icrc7:default_take_value", {"Nat": MAX_PAGE_ITEMS}),
        ("icrc7:max_take_value", {"Nat": MAX_PAGE_ITEMS}),
        ("icrc7:max_memo_size", {"Nat": MAX_MEMO_BYTES}),
        ("icrc7:tx_window", {"Nat": TX_WINDOW_NS // NS_PER_SECOND}),
        ("icrc7:permitted_drift", {"Nat": PERMITTED_DRIFT_NS // NS_PER_SECOND}),
    ]


@query
def icrc7_name() -> text:
    """The collection's name."""
    return NAME


@query
def icrc7_symbol() -> text:
    """The collection's symbol."""
    return SYMBOL


@query
def icrc7_description() -> Opt[text]:
    """What a token is."""
    return DESCRIPTION


@query
def icrc7_logo() -> Opt[text]:
    """None."""
    return None


@query
def icrc7_total_supply() -> nat:
    """How many licences were ever minted; none is burned, expired ones included."""
    return store.licence_count()


@query
def icrc7_supply_cap() -> Opt[nat]:
    """None."""
    return None


@query
def icrc7_max_query_batch_size() -> Opt[nat]:
    """Items of a batch query that are answered."""
    return MAX_PAGE_ITEMS


@query
def icrc7_max_update_batch_size() -> Opt[nat]:
    """Transfers of a batch that are processed."""
    return MAX_TRANSFERS


@query
def icrc7_default_take_value() -> Opt[nat]:
    """Items of a page where the caller does not say."""
    return MAX_PAGE_ITEMS


@query
def icrc7_max_take_value() -> Opt[nat]:
    """Items of a page at most."""
    return MAX_PAGE_ITEMS


@query
def icrc7_max_memo_size() -> Opt[nat]:
    """Bytes of a memo at most."""
    return MAX_MEMO_BYTES


@query
def icrc7_atomic_batch_transfers() -> Opt[bool]:
    """False: each transfer of a batch succeeds or fails by itself."""
    return False


@query
def icrc7_tx_window() -> Opt[nat]:
    """Seconds in which a repeated transfer is recognised."""
    return TX_WINDOW_NS // NS_PER_SECOND


@query
def icrc7_permitted_drift() -> Opt[nat]:
    """Seconds that a caller's clock may be off."""
    return PERMITTED_DRIFT_NS // NS_PER_SECOND


@query
def icrc7_token_metadata(token_ids: Vec[nat]) -> Vec[Opt[Vec[MetadataEntry]]]:
    """What each licence allows, null for one that does not exist. Of more than `max_query_batch_size`, the first."""
    found = [_licence(token) for token in token_ids[:MAX_PAGE_ITEMS]]
    return [None if licence is None else token_metadata(licence) for licence in found]


@query
def icrc7_owner_of(token_ids: Vec[nat]) -> Vec[Opt[Account]]:
    """Each licence's account, null for one that does not exist. Of more than `max_query_batch_size`, the first."""
    found = [_licence(token) for token in token_ids[:MAX_PAGE_ITEMS]]
    return [None if licence is None else account_view(licence.holder) for licence in found]


@query
def icrc7_balance_of(accounts: Vec[Account]) -> Vec[nat]:
    """How many licences each account holds, expired ones included. Of more than `max_query_batch_size`, the first."""
    keys = [_account_key(account) for account in accounts[:MAX_PAGE_ITEMS]]
    return [0 if key is None else lists.balance_of(key) for key in keys]


@query
def icrc7_tokens(prev: Opt[nat], take: Opt[nat]) -> Vec[nat]:
    """Numbers of licences, ascending after `prev`."""
    first = 1 if prev is None else prev + 1
    return list(range(first, min(store.licence_count(), first + _page(take) - 1) + 1))


@query
def icrc7_tokens_of(account: Account, prev: Opt[nat], take: Opt[nat]) -> Vec[nat]:
    """Numbers of an account's licences, ascending after `prev`."""
    key = _account_key(account)
    return [] if key is None else lists.licences_of(key, 0 if prev is None else prev + 1, _page(take))


@update
def icrc7_transfer(transfers: Vec[LicenceTransferArg]) -> Vec[Opt[LicenceTransferResult]]:
    """Move licences out of the caller's accounts, one by one. Of more than `max_update_batch_size`, the first.

    Each item: the block's number, or an error, checked in the order that `ddsx_core.licences` lists. A batch is not atomic.
    """
    # caller
    caller, now = PrincipalText(caller_text()), time_now()
    results: list[LicenceTransferResult | None] = []
    told = False
    for arg in transfers[:MAX_TRANSFERS]:
        # decode
        transfer = _transfer(caller, arg)
        try:
            # decide, store
            block, moves = _carry_out(transfer, now)
        except Refused as refused:
            results.append({"Err": case_of(refused)})
            continue
        told = told or moves
        results.append({"Ok": block})
    # reply
    if told:
        ic.set_timer(0, serve_registries)
    wake_soon(now)
    return results


@query
def licence(number: nat64) -> Opt[Licence]:
    """A licence: what it allows, from when until when, and who holds it."""
    found = store.licence(number)
    return None if found is None else licence_view(found)


def _transfer(caller: PrincipalText, arg: LicenceTransferArg) -> LicenceTransfer:
    to, created_at_time = arg["to"], arg["created_at_time"]
    return LicenceTransfer(
        caller,
        arg["from_subaccount"],
        PrincipalText(to["owner"].to_str()),
        to["subaccount"],
        arg["token_id"],
        arg["memo"],
        None if created_at_time is None else Nanoseconds(created_at_time),
    )


def _carry_out(transfer: LicenceTransfer, now: Nanoseconds) -> tuple[int, bool]:
    """Move one licence; the block's number, and whether a registry has to know. Raises Refused before anything is written."""
    mark = transfer_fingerprint(transfer)
    duplicate_of = None if mark is None else store.remembered(mark)
    before, target = check_transfer(transfer, _licence(transfer.licence), duplicate_of, now)
    after = moved(before, target)
    moves = moves_entitlement(before, target, now)
    store.move_licence(before, after)
    block = store.block_count()
    store.append_block(Transferred(block, now, transfer))
    if mark is not None:
        store.remember(mark, block)
    if moves:
        store.queue_entitlement(shard_of(after.stream), entitlement_of(after))
    return block, moves


def _licence(token: int) -> licences.Licence | None:
    return store.licence(token) if token <= _MAX_NAT64 else None


def _account_key(account: Account) -> AccountKey | None:
    """The key of an account, None for a subaccount that is none: nobody holds anything there."""
    try:
        return account_key(PrincipalText(account["owner"].to_str()), account["subaccount"])
    except Refused:
        return None


def _page(take: int | None) -> int:
    return MAX_PAGE_ITEMS if take is None else min(take, MAX_PAGE_ITEMS)
