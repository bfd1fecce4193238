"""What callers of the licence ledger say, as values of the core, and what they name, as the store has it."""

from collections.abc import Mapping
from typing import Any

import dst_ledger_lists_store as lists
import dst_ledger_store as store
from dst_ledger_sales import shard_of, time_now, variant_case
from dst_ledger_settings import Shard
from dst_ledger_views import EARNINGS, SOURCES

from ddsx_core.accounts import account_key
from ddsx_core.orders import Order, Request, accept, plain_reason, request_fingerprint
from ddsx_core.refused import Refused
from ddsx_core.terms import Offer, Subscription
from ddsx_core.units import Nanoseconds, PrincipalText

MAX_YOUNG_ORDERS = 200
"""Orders under way that a listing looks at, of all buyers: 0.1 B instructions."""


def subscription_of(terms: Mapping[str, Any]) -> Subscription:
    """The terms of an offer to be created."""
    asked = terms["Subscription"]
    earning, records = variant_case(asked["earning"])
    length = asked["period_seconds"], asked["price"], asked["max_periods"]
    return Subscription(*length, asked["ledger"], EARNINGS.index(earning), records or 0, asked["cancellable"])


def request_of(caller: PrincipalText, args: Mapping[str, Any]) -> Request:
    """A purchase.

    Refuses: InvalidAccount for a subaccount that is not 32 bytes.
    """
    payer = account_key(caller, args["payer_subaccount"])
    source = SOURCES.index(variant_case(args["source"])[0])
    return Request(payer, args["offer"], args["periods"], args["max_price"], args["created_at_time"], source)


def provider_of(answer: Any) -> PrincipalText:
    """The provider that a registry named in its answer.

    Refuses (in order): StreamUnavailable without an answer, UnknownStream.
    """
    if answer.Err is not None:
        raise Refused("StreamUnavailable", {"reason": plain_reason(answer.Err)})
    if "Ok" not in answer.Ok:
        raise Refused("UnknownStream")
    return PrincipalText(answer.Ok["Ok"]["provider"])


def known_shard(stream: int) -> Shard:
    """The shard of a stream. Refuses: UnknownStream."""
    shard = store.shard(shard_of(stream))
    if shard is None:
        raise Refused("UnknownStream")
    return shard


def known_offer(number: int) -> Offer:
    """An offer. Refuses: UnknownOffer."""
    offer = store.offer(number)
    if offer is None:
        raise Refused("UnknownOffer")
    return offer


def add_offer(stream: int, provider: PrincipalText, title: str | None, terms: Subscription) -> int:
    """Keep a new offer; its number."""
    number = store.offer_count() + 1
    store.add_offer(Offer(number, stream, provider, title, terms, time_now(), is_open=True))
    return number


def accept_once(request: Request, now: Nanoseconds) -> tuple[Order, bool]:
    """The order of a checked request and whether it is new: remembered by its request then, but not stored yet.

    A repeated request is its first order, whatever became of the offer since. It is noticed when it is remembered, or where it would be
    refused: looking it up before would cost every purchase 0.6 M instructions.
    Refuses (in order): UnknownOffer, and as `orders.accept`.
    """
    mark = request_fingerprint(request)
    try:
        order = accept(store.order_count() + 1, request, known_offer(request.offer), now)
        known = store.remember(mark, order.order)
    except Refused:
        known = store.remembered(mark)
        if known is None:
            raise
    return (order, True) if known is None else (store.known_order(known), False)


def orders_of_buyer(buyer: PrincipalText, start: int, take: int) -> list[Order]:
    """A buyer's orders by ascending number from `start` on: those listed under him, and of those under way the youngest.

    An order is listed when it ends, or when the timer takes it up, so one that is not listed is above `Upkeep.swept`.
    """
    numbers = set(lists.listed_orders(account_key(buyer), start, take))
    last = store.order_count()
    for number in range(max(start, store.upkeep().swept + 1, last - MAX_YOUNG_ORDERS + 1), last + 1):
        order = store.open_order(number)
        if order is not None and order.request.buyer == buyer:
            numbers.add(number)
    return [store.known_order(number) for number in sorted(numbers)[:take]]


def fee_in(ledger: int) -> int | None:
    """The fee of the payment ledger, which is the splitter's number 0; None for another one. Refuses: LedgerFeeUnknown."""
    if ledger:
        return None
    fee = store.upkeep().ledger_fee
    if fee is None:
        raise Refused("LedgerFeeUnknown")
    return fee
