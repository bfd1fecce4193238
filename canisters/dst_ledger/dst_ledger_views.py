"""What the licence ledger answers: values of the core as the records and variants of its interface."""

from typing import Any

from dst_ledger_settings import Settings, Shard

from ddsx_core import licences, orders, terms
from ddsx_core.accounts import owner_of, subaccount_of
from ddsx_core.deposits import deposit_subaccount
from ddsx_core.refused import Refused
from ddsx_core.units import AccountKey
from ddsx_wire.collect_types import Earning, PaymentSource
from ddsx_wire.entitlement_types import Entitlement
from ddsx_wire.icrc_types import Account
from ddsx_wire.licence_types import Licence, MetadataEntry
from ddsx_wire.offer_types import (
    CollectingOrder,
    CompletedOrder,
    EndLicenceResult,
    Offer,
    Order,
    OrderState,
    PurchaseResult,
    Quote,
    RegistryStatus,
    SubscriptionTerms,
)
from ddsx_wire.principals import principal_of

EARNINGS = ("AtOnce", "BySecond", "ByRecord")
"""The cases of an earning, by the clocks of `ddsx_core.terms`."""

SOURCES = ("Allowance", "Deposit", "Balance")
"""The cases of a source, by the numbers of `ddsx_core.orders`."""


def case_of(refused: Refused) -> Any:
    """The case of a refusal, in whatever variant of errors it belongs to."""
    return refused.as_case()


def account_view(key: AccountKey) -> Account:
    """An account by its key."""
    return {"owner": principal_of(owner_of(key)), "subaccount": subaccount_of(key)}


def shard_view(number: int, shard: Shard) -> RegistryStatus:
    """A registry and how far it is served."""
    registry = principal_of(shard.registry)
    return {"shard": number, "registry": registry, "entitlements": shard.entitlements, "delivered": shard.delivered}


def offer_view(offer: terms.Offer) -> Offer:
    """An offer."""
    asked = offer.terms
    return {
        "offer": offer.offer,
        "stream": offer.stream,
        "provider": principal_of(offer.provider),
        "title": offer.title,
        "terms": {"Subscription": _terms_view(asked)},
        "created_at": offer.created_at,
        "open": offer.is_open,
    }


def _terms_view(asked: terms.Subscription) -> SubscriptionTerms:
    return {
        "period_seconds": asked.period_seconds,
        "price": asked.price,
        "max_periods": asked.max_periods,
        "ledger": asked.ledger,
        "earning": _case(EARNINGS[asked.clock], asked.records if asked.clock == terms.BY_RECORD else None),
        "cancellable": asked.cancellable,
    }


def _case(tag: str, value: int | None) -> Any:
    """A variant's case by its name."""
    return {tag: value}


def earning_view(clock: int, ticks: int) -> Earning:
    """How the splitter is to let a price be earned."""
    earning: Earning = _case(EARNINGS[clock], ticks if clock else None)
    return earning


def source_view(source: int) -> PaymentSource:
    """Where a price comes from."""
    case: PaymentSource = _case(SOURCES[source], None)
    return case


def quote_view(settings: Settings, asked: terms.Subscription, periods: int, price: int, fee: int | None) -> Quote:
    """What a purchase would need. fee: of ledger 0 for an offer in it; other ledgers are the splitter's to tell of."""
    is_first = asked.ledger == 0
    return {
        "price": price,
        "ledger": asked.ledger,
        "ledger_fee": fee,
        "allowance": None if fee is None else price + fee,
        "spender": principal_of(settings.payout_splitter),
        "payment_ledger": principal_of(settings.payment_ledger) if is_first else None,
        "valid_seconds": terms.seconds_of(asked, periods),
    }


def order_view(order: orders.Order) -> Order:
    """An order with everything that is known of it."""
    request = order.request
    return {
        "order": order.order,
        "buyer": principal_of(request.buyer),
        "payer_subaccount": subaccount_of(request.payer),
        "source": source_view(request.source),
        "offer": request.offer,
        "periods": request.periods,
        "max_price": request.max_price,
        "created_at_time": request.created_at_time,
        "stream": order.stream,
        "price": order.price,
        "ledger": order.ledger,
        "accepted_at": order.accepted_at,
        "state": _state_view(order.state),
    }


def _state_view(state: orders.OrderState) -> OrderState:
    if isinstance(state, orders.Settling):
        return {"Settling": None}
    if isinstance(state, orders.Collecting):
        return {"Collecting": _collecting_view(state)}
    if isinstance(state, orders.Declined):
        return {"Refused": {"reason": _reason(state), "refused_at": state.declined_at}}
    if isinstance(state, orders.Ending):
        return {"Ending": _receipt_view(state.receipt, state.ended_at, None)}
    if isinstance(state, orders.Ended):
        return {"Ended": _receipt_view(state.receipt, state.ended_at, state.refunded)}
    return {"Completed": _receipt_view(state, None, None)}


def _collecting_view(state: orders.Collecting) -> CollectingOrder:
    return {
        "attempts": state.attempts,
        "stream_size": state.stream_size,
        "stream_root": state.stream_root,
        "awaited": state.awaited or None,
    }


def _receipt_view(receipt: orders.Completed, ended_at: int | None, refunded: int | None) -> CompletedOrder:
    return {
        "licence": receipt.licence,
        "valid_from": receipt.valid_from,
        "valid_until": receipt.valid_until,
        "stream_size": receipt.stream_size,
        "stream_root": receipt.stream_root,
        "block_index": receipt.block_index,
        "protocol_fee": receipt.protocol_fee,
        "provider_share": receipt.provider_share,
        "others_share": receipt.others_share,
        "contributors_share": receipt.contributors_share,
        "escrowed": receipt.escrowed,
        "ended_at": ended_at,
        "refunded": refunded,
    }


def purchase_outcome(order: orders.Order, splitter: str) -> PurchaseResult:
    """What a purchase answers as its order stands: the first outcome, however often it is asked. splitter: whose account a deposit is."""
    state, receipt = order.state, order.receipt
    if isinstance(state, orders.Declined):
        return {"Err": _reason(state)}
    if isinstance(state, orders.Collecting) and state.awaited:
        account: Account = {"owner": principal_of(splitter), "subaccount": deposit_subaccount(order.order)}
        return {"Err": {"AwaitingDeposit": {"account": account, "amount": state.awaited}}}
    if receipt is None:
        return {"Err": {"Pending": {"order": order.order}}}
    return {
        "Ok": {
            "order": order.order,
            "licence": receipt.licence,
            "stream": order.stream,
            "price": order.price,
            "valid_from": receipt.valid_from,
            "valid_until": receipt.valid_until,
            "stream_size": receipt.stream_size,
            "stream_root": receipt.stream_root,
            "block_index": receipt.block_index,
        }
    }


def end_outcome(order: orders.Order, valid_until: int) -> EndLicenceResult:
    """What ending a licence answers as its order stands."""
    if isinstance(order.state, orders.Ended):
        return {"Ok": {"order": order.order, "valid_until": valid_until, "refunded": order.state.refunded}}
    return {"Err": {"Pending": {"order": order.order}}}


def _reason(state: orders.Declined) -> Any:
    """Why an order was declined, as a case of PurchaseError."""
    return {state.kind: state.data}


def licence_view(licence: licences.Licence) -> Licence:
    """A licence and who holds it."""
    return {
        "licence": licence.licence,
        "stream": licence.stream,
        "offer": licence.offer,
        "order": licence.order,
        "holder": account_view(licence.holder),
        "valid_from": licence.valid_from,
        "valid_until": licence.valid_until,
    }


def token_metadata(licence: licences.Licence) -> list[MetadataEntry]:
    """A licence as the metadata of a token."""
    return [
        ("ddsx:stream", {"Nat": licence.stream}),
        ("ddsx:offer", {"Nat": licence.offer}),
        ("ddsx:order", {"Nat": licence.order}),
        ("ddsx:valid_from", {"Nat": licence.valid_from}),
        ("ddsx:valid_until", {"Nat": licence.valid_until}),
    ]


def entitlement_view(entitlement: licences.Entitlement) -> Entitlement:
    """An entitlement on its way to a registry."""
    return {
        "licence": entitlement.licence,
        "stream": entitlement.stream,
        "holder": entitlement.holder,
        "valid_from": entitlement.valid_from,
        "valid_until": entitlement.valid_until,
    }
