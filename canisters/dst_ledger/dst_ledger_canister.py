"""dst_ledger: offers, orders, and licences as ICRC-7 tokens.

Holds: offers (what a stream's provider asks), orders (purchases on their way and finished), licences and who holds them, the log of their
blocks, and the entitlements that are on their way to the registries. It never holds money: the payout splitter collects and credits it.

Who may call what:
- anyone: `quote`, `purchase` (not anonymously), all queries. Offers, orders and licences are public, buyers and prices included: a
  canister's state can be read by those who run its nodes anyway, and a market wants to be looked at.
- a stream's provider, as its registry names him: `create_offer`; an offer's provider: `close_offer`.
- a licence's holder: `icrc7_transfer`.
- governance, named at installation: `add_registry`.

To pause sales, pause the splitter: it refuses to collect, and a purchase then ends as PaymentRefused before anything was paid.

An interrupted purchase is taken up by timers (`dst_ledger_upkeep`), which start with every installation and upgrade.
Stable maps and their memory ids: `dst_ledger_store`; register: docs/memory_ids.md.
"""

import dst_ledger_store as store
from ddsx_core import orders, terms
from ddsx_core.accounts import account_key
from ddsx_core.limits import MAX_PAGE_ITEMS
from ddsx_core.refused import Refused
from ddsx_wire.offer_types import (
    AddRegistryResult,
    CloseOfferResult,
    CreateOffer,
    CreateOfferResult,
    DstLedgerInit,
    DstLedgerStatus,
    Offer,
    Order,
    PurchaseArgs,
    PurchaseResult,
    QuoteArgs,
    QuoteResult,
    RegistryShard,
)
from ddsx_wire.principals import ANONYMOUS_TEXT, caller_text, principal_of
from dst_ledger_collection import (  # noqa: F401 - Kybra looks every method up in the entry
    icrc7_atomic_batch_transfers,
    icrc7_balance_of,
    icrc7_collection_metadata,
    icrc7_default_take_value,
    icrc7_description,
    icrc7_logo,
    icrc7_max_memo_size,
    icrc7_max_query_batch_size,
    icrc7_max_take_value,
    icrc7_max_update_batch_size,
    icrc7_name,
    icrc7_owner_of,
    icrc7_permitted_drift,
    icrc7_supply_cap,
    icrc7_symbol,
    icrc7_token_metadata,
    icrc7_tokens,
    icrc7_tokens_of,
    icrc7_total_supply,
    icrc7_transfer,
    icrc7_tx_window,
    icrc10_supported_standards,
    licence,
)
from dst_ledger_sales import deliver_entitlements, drive, registry_of, shard_of
from dst_ledger_settings import MAX_SHARDS, Settings, Shard, Upkeep
from dst_ledger_upkeep import start_timers
from dst_ledger_views import offer_view, order_view, purchase_outcome, refusal
from kybra import Async, Opt, Principal, Vec, ic, init, inspect_message, nat32, nat64, post_upgrade, query, update, void

MAX_ARGUMENT_BYTES = 65_536
"""Bytes of an argument that `inspect_message` lets in: twice the longest batch of transfers."""

MAX_SALE_BYTES = 4_096
"""Bytes of an argument of the sales' methods: a title of 480 bytes and numbers fit several times."""

_PERSONAL = ("create_offer", "close_offer", "purchase", "icrc7_transfer")
_SMALL = ("create_offer", "close_offer", "purchase", "add_registry")


@init
def initialize(args: DstLedgerInit) -> void:
    """Set up. Traps when a shard is named twice, and for more than 256."""
    shards = tuple([entry["shard"] for entry in args["registries"]])
    if len(shards) > MAX_SHARDS or len(set(shards)) != len(shards):
        ic.trap("each registry needs a shard of its own, 256 at most")
    principals = [args[name].to_str() for name in ("governance", "payout_splitter", "payment_ledger")]
    store.put_settings(Settings(principals[0], principals[1], principals[2], shards))
    store.put_upkeep(Upkeep())
    for entry in args["registries"]:
        store.put_shard(entry["shard"], Shard(entry["registry"].to_str(), 0, 0))
    start_timers()


@post_upgrade
def resume() -> void:
    """Start the timers again; everything else is in stable maps."""
    start_timers()


@inspect_message
def inspect() -> void:
    """Keep out what the method would refuse by its caller or size; the methods check for themselves."""
    method, size = ic.method_name(), ic.arg_data_raw_size()
    if size > (MAX_SALE_BYTES if method in _SMALL else MAX_ARGUMENT_BYTES):
        return
    if method in _PERSONAL and caller_text() == ANONYMOUS_TEXT:
        return
    if method == "add_registry" and caller_text() != store.settings().governance:
        return
    ic.accept_message()


# -- Governance ---------------------------------------------------------------------------------------------------------------


@update
def add_registry(entry: RegistryShard) -> AddRegistryResult:
    """Sell the streams of one more registry. Naming the registry of a shard again changes nothing.

    Refuses (in order): NotGovernance, ShardTaken by another registry, TooManyShards.
    """
    # caller
    settings = store.settings()
    if caller_text() != settings.governance:
        return {"Err": {"NotGovernance": None}}
    # decode
    number, registry = entry["shard"], entry["registry"].to_str()
    # decide
    taken = store.shard(number)
    if taken is not None and taken.registry != registry:
        return {"Err": {"ShardTaken": {"registry": principal_of(taken.registry)}}}
    if taken is None and len(settings.shards) == MAX_SHARDS:
        return {"Err": {"TooManyShards": None}}
    # store
    if taken is None:
        store.put_shard(number, Shard(registry, 0, 0))
        store.put_settings(settings._replace(shards=(*settings.shards, number)))
    # reply
    return {"Ok": None}


@query
def ledger_status() -> DstLedgerStatus:
    """What the ledger was set up with, how much it holds, and what waits."""
    settings = store.settings()
    shards = [(number, store.shard(number)) for number in settings.shards]
    return {
        "governance": principal_of(settings.governance),
        "payout_splitter": principal_of(settings.payout_splitter),
        "payment_ledger": principal_of(settings.payment_ledger),
        "ledger_fee": store.upkeep().ledger_fee,
        "offers": store.offer_count(),
        "orders": store.order_count(),
        "unfinished_orders": store.open_order_count(),
        "licences": store.licence_count(),
        "blocks": store.block_count(),
        "registries": [shard_view(number, shard) for number, shard in shards if shard is not None],
    }


# -- Offers -------------------------------------------------------------------------------------------------------------------


@update
def create_offer(args: CreateOffer) -> Async[CreateOfferResult]:
    """Offer a stream for sale; the offer's number. The stream's registry is asked who its provider is.

    Refuses (in order): AnonymousCaller, TitleTooLong, InvalidTerms, UnknownStream, TooManyOffers; then, with the registry's answer,
        StreamUnavailable when there was none, UnknownStream, NotTheProvider, TooManyOffers.
    """
    # caller
    caller = caller_text()
    try:
        # decode
        wanted = offer_wanted(caller, args)
        # decide
        terms.check_offer(wanted, store.stream_offer_count(wanted.stream))
        shard = known_shard(wanted.stream)
        answer = yield registry_of(shard).stream_party(wanted.stream)
        terms.check_provider(wanted, provider_named(answer))
        terms.check_offer(wanted, store.stream_offer_count(wanted.stream))
    except Refused as refused:
        return refusal(refused)
    # store
    offer = terms.numbered(wanted, store.offer_count() + 1, ic.time())
    store.add_offer(offer)
    # reply
    return {"Ok": offer.offer}
