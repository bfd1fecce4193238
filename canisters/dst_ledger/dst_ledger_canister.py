"""dst_ledger: offers, orders, and licences as ICRC-7 tokens.

Holds: offers (what a stream's provider asks), orders (purchases on their way and finished), licences and who holds them, the log of their
blocks, and the entitlements that are on their way to the registries. It never holds money: the payout splitter collects and credits it.

Who may call what:
- anyone: `quote`, `purchase` (not anonymously), all queries. Offers, orders and licences are public, buyers and prices included: a
  canister's state can be read by those who run its nodes anyway, and a market wants to be looked at.
- a stream's provider, as its registry names him: `create_offer`; an offer's provider: `close_offer`.
- a licence's holder: `icrc7_transfer`.
- its holder, or the stream's provider: `end_licence`.
- governance, named at installation: `add_registry`, `set_governance`, `set_change_delay`.

To pause sales, pause the splitter: it refuses to collect, and a purchase then ends as PaymentRefused before anything was paid.

An interrupted purchase is taken up by timers (`dst_ledger_upkeep`), which run while there is work for them.
Stable maps and their memory ids: `dst_ledger_store`; register: docs/memory_ids.md.
"""

import dst_ledger_lists_store as lists
import dst_ledger_store as store
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
from dst_ledger_endings import end_licence  # noqa: F401
from dst_ledger_governance import (  # noqa: F401
    add_registry,
    governs,
    ledger_status,
    pending_changes,
    set_change_delay,
    set_governance,
    validate_add_registry,
    validate_set_change_delay,
    validate_set_governance,
)
from dst_ledger_requests import (
    accept_once,
    add_offer,
    fee_in,
    known_offer,
    known_shard,
    orders_of_buyer,
    provider_of,
    request_of,
    subscription_of,
)
from dst_ledger_sales import drive, registry_of, time_now
from dst_ledger_settings import MAX_SHARDS, Settings, Shard, Upkeep
from dst_ledger_upkeep import start_timers, wake_soon
from dst_ledger_views import case_of, offer_view, order_view, purchase_outcome, quote_view
from kybra import Async, Opt, Principal, Vec, ic, init, inspect_message, nat64, post_upgrade, query, update, void

from ddsx_core.governed import check_delay
from ddsx_core.limits import MAX_PAGE_ITEMS
from ddsx_core.orders import Collecting, check_request
from ddsx_core.refused import Refused
from ddsx_core.terms import check_new_offer, check_provider, check_room, closed, price_of
from ddsx_core.units import PrincipalText
from ddsx_wire.inspection import is_internal
from ddsx_wire.offer_types import (
    CloseOfferResult,
    CreateOffer,
    CreateOfferResult,
    DstLedgerInit,
    Offer,
    Order,
    PurchaseArgs,
    PurchaseResult,
    QuoteArgs,
    QuoteResult,
)
from ddsx_wire.principals import ANONYMOUS_TEXT, caller_text

MAX_ARGUMENT_BYTES = 65_536
"""Bytes of an argument that `inspect_message` lets in: twice the longest batch of transfers."""

MAX_SALE_BYTES = 4_096
"""Bytes of an argument of the sales' methods: a title of 480 bytes and numbers fit several times."""

_PERSONAL = ("create_offer", "close_offer", "purchase", "end_licence", "icrc7_transfer")
_GOVERNED = ("add_registry", "set_governance", "set_change_delay")
_SMALL = ("create_offer", "close_offer", "purchase", "end_licence", *_GOVERNED)


@init
def initialize(args: DstLedgerInit) -> void:
    """Set up. Traps when a shard is named twice, for more than 256, and for a delay above 30 days."""
    shards = tuple([entry["shard"] for entry in args["registries"]])
    if len(shards) > MAX_SHARDS or len(set(shards)) != len(shards):
        ic.trap("each registry needs a shard of its own, 256 at most")
    principals = [args[name].to_str() for name in ("governance", "payout_splitter", "payment_ledger")]
    store.put_settings(Settings(principals[0], principals[1], principals[2], shards, check_delay(args["change_delay_seconds"])))
    store.put_upkeep(Upkeep())
    for entry in args["registries"]:
        store.put_shard(entry["shard"], Shard(entry["registry"].to_str()))
    start_timers()


@post_upgrade
def resume() -> void:
    """Start the timers again; everything else is in stable maps."""
    start_timers()


@inspect_message
def inspect() -> void:
    """Keep out what the method would refuse by its caller or size; the methods check for themselves."""
    caller, method, size = caller_text(), ic.method_name(), ic.arg_data_raw_size()
    if size > (MAX_SALE_BYTES if method in _SMALL else MAX_ARGUMENT_BYTES):
        return
    if is_internal(method) or (method in _PERSONAL and caller == ANONYMOUS_TEXT):
        return
    if method in _GOVERNED and not governs(caller):
        return
    ic.accept_message()


# -- Offers -------------------------------------------------------------------------------------------------------------------


@update
def create_offer(args: CreateOffer) -> Async[CreateOfferResult]:
    """Offer a stream for sale; the offer's number. The stream's registry is asked who its provider is.

    Refuses (in order): AnonymousCaller, TitleTooLong, InvalidTerms, UnknownStream for a shard without a registry; then, by what the
        registry answers, StreamUnavailable, UnknownStream, NotTheProvider; TooManyOffers.
    """
    # caller
    caller = PrincipalText(caller_text())
    # decode
    stream, title, subscription = args["stream"], args["title"], subscription_of(args["terms"])
    # decide
    try:
        check_new_offer(caller, title, subscription)
        shard = known_shard(stream)
    except Refused as refused:
        return {"Err": case_of(refused)}
    try:
        answer = yield registry_of(shard).stream_party(stream)
        check_provider(caller, provider_of(answer))
        check_room(lists.stream_offer_count(stream))
        # store, reply
        return {"Ok": add_offer(stream, caller, title, subscription)}
    except Refused as refused:
        return {"Err": case_of(refused)}
    except Exception as error:  # noqa: BLE001 - an offer is stored whole or not at all
        ic.trap(f"create_offer: {error}")


@update
def close_offer(number: nat64) -> CloseOfferResult:
    """End an offer's sales. Orders accepted before are carried through, and closing a closed offer changes nothing.

    Refuses (in order): UnknownOffer, NotTheProvider.
    """
    # caller
    caller = PrincipalText(caller_text())
    # decide
    try:
        offer = known_offer(number)
        check_provider(caller, offer.provider)
    except Refused as refused:
        return {"Err": case_of(refused)}
    # store
    store.put_offer(closed(offer))
    # reply
    return {"Ok": None}


@query
def offer(number: nat64) -> Opt[Offer]:
    """An offer, open or closed."""
    found = store.offer(number)
    return None if found is None else offer_view(found)


@query
def offers(start: nat64, take: nat64) -> Vec[Offer]:
    """Offers by ascending number from `start` on, at most `take` and at most 200."""
    last = min(store.offer_count(), max(start, 1) + min(take, MAX_PAGE_ITEMS) - 1)
    return [offer_view(known_offer(number)) for number in range(max(start, 1), last + 1)]


@query
def offers_of(stream: nat64, start: nat64, take: nat64) -> Vec[Offer]:
    """A stream's offers by ascending number from `start` on, at most `take` and at most 200."""
    return [offer_view(known_offer(number)) for number in lists.offers_of(stream, start, min(take, MAX_PAGE_ITEMS))]


@query
def quote(args: QuoteArgs) -> QuoteResult:
    """What a purchase would cost, and whom the buyer has to approve for how much on which ledger.

    Units: the smallest of the offer's ledger. `allowance` is price and fee, since `icrc2_transfer_from` takes both. Of other ledgers than
    number 0 the splitter's `parameters` tell fee and principal.
    Refuses (in order): UnknownOffer, OfferClosed, PeriodsOutOfRange, LedgerFeeUnknown in the first moments after installation.
    """
    try:
        # decode
        offer = known_offer(args["offer"])
        # decide
        price = price_of(offer, args["periods"])
        fee = fee_in(offer.terms.ledger)
    except Refused as refused:
        return {"Err": case_of(refused)}
    # reply
    return {"Ok": quote_view(store.settings(), offer.terms, args["periods"], price, fee)}


# -- Orders -------------------------------------------------------------------------------------------------------------------


@update
def purchase(args: PurchaseArgs) -> Async[PurchaseResult]:
    """Buy a licence at the offer's price, and get the token into the caller's default account.

    source: the price is taken from the caller's account by an allowance for the splitter; from what is sent to the order's own account,
    which AwaitingDeposit names; or from the caller's balance at the splitter. The same request sent again is the same order and answers its
    outcome, or Pending while there is none; a refused order stays refused, a new `created_at_time` makes a new one. An order that answers
    Pending or AwaitingDeposit goes on by itself: see `order`; sent again, one that awaits its deposit looks for it at once.
    Refuses (in order): InvalidAccount, AnonymousCaller, TooOld, CreatedInFuture, UnknownOffer, OfferClosed, PeriodsOutOfRange,
        PriceAboveLimit; as the outcome of an order StreamUnavailable, InsufficientAllowance, InsufficientFunds, PaymentRefused,
        PaymentRefunded; Pending, AwaitingDeposit.
    """
    # caller
    caller, now = PrincipalText(caller_text()), time_now()
    try:
        # decode
        request = request_of(caller, args)
        # decide
        check_request(request, now)
        order, is_new = accept_once(request, now)
    except Refused as refused:
        return {"Err": case_of(refused)}
    splitter = store.settings().payout_splitter
    if is_new:
        # store
        store.put_open_order(order)
        wake_soon(now)
    elif not (isinstance(order.state, Collecting) and order.state.awaited):
        return purchase_outcome(order, splitter)
    try:
        order = yield from drive(order)
        # reply
        return purchase_outcome(order, splitter)
    except Exception as error:  # noqa: BLE001 - a licence is minted whole or not at all: this message is undone, the timer takes the order up
        ic.trap(f"order {order.order}: {error}")


@query
def order(number: nat64) -> Opt[Order]:
    """An order with everything that is known of it."""
    found = store.order(number)
    return None if found is None else order_view(found)


@query
def orders_of(buyer: Principal, start: nat64, take: nat64) -> Vec[Order]:
    """A buyer's orders by ascending number from `start` on, at most `take` and at most 200.

    One that is under way is listed as long as fewer than 200 younger ones are, and in any case when it ends or is interrupted.
    """
    return [order_view(found) for found in orders_of_buyer(PrincipalText(buyer.to_str()), start, min(take, MAX_PAGE_ITEMS))]
