"""What the licence ledger answers: values of the core as the records and variants of its interface."""

from typing import Any

from dst_ledger_settings import Settings, Shard

from ddsx_core import licences, orders, terms
from ddsx_core.accounts import owner_of, subaccount_of
from ddsx_core.refused import Refused
from ddsx_core.units import AccountKey
from ddsx_wire.entitlement_types import Entitlement
from ddsx_wire.icrc_types import Account
from ddsx_wire.licence_types import Licence, MetadataEntry
from ddsx_wire.offer_types import Offer, Order, OrderState, PurchaseResult, Quote, RegistryStatus
from ddsx_wire.principals import principal_of


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
        "terms": {"Subscription": {"period_seconds": asked.period_seconds, "price": asked.price, "max_periods": asked.max_periods}},
        "created_at": offer.created_at,
        "open": offer.is_open,
    }


def quote_view(settings: Settings, price: int, fee: int, seconds: int) -> Quote:
    """What a purchase would need."""
    return {
        "price": price,
        "ledger_fee": fee,
        "allowance": price + fee,
        "spender": principal_of(settings.payout_splitter),
        "payment_ledger": principal_of(settings.payment_ledger),
        "valid_seconds": seconds,
    }


def order_view(order: orders.Order) -> Order:
    """An order with everything that is known of it."""
    request = order.request
    return {
        "order": order.order,
        "buyer": principal_of(request.buyer),
        "payer_subaccount": subaccount_of(request.payer),
        "offer": request.offer,
        "periods": request.periods,
        "max_price": request.max_price,
        "created_at_time": request.created_at_time,
        "stream": order.stream,
        "price": order.price,
        "accepted_at": order.accepted_at,
        "state": _state_view(order.state),
    }


def _state_view(state: orders.OrderState) -> OrderState:
    if isinstance(state, orders.Settling):
        return {"Settling": None}
    if isinstance(state, orders.Collecting):
        return {"Collecting": {"attempts": state.attempts, "stream_size": state.stream_size, "stream_root": state.stream_root}}
    if isinstance(state, orders.Declined):
        return {"Refused": {"reason": _reason(state), "refused_at": state.declined_at}}
    return {
        "Completed": {
            "licence": state.licence,
            "valid_from": state.valid_from,
            "valid_until": state.valid_until,
            "stream_size": state.stream_size,
            "stream_root": state.stream_root,
            "block_index": state.block_index,
            "protocol_fee": state.protocol_fee,
            "provider_share": state.provider_share,
            "contributors_share": state.contributors_share,
        }
    }


def purchase_outcome(order: orders.Order) -> PurchaseResult:
    """What a purchase answers as its order stands: the first outcome, however often it is asked."""
    state = order.state
    if isinstance(state, orders.Declined):
        return {"Err": _reason(state)}
    if not isinstance(state, orders.Completed):
        return {"Err": {"Pending": {"order": order.order}}}
    return {
        "Ok": {
            "order": order.order,
            "licence": state.licence,
            "stream": order.stream,
            "price": order.price,
            "valid_from": state.valid_from,
            "valid_until": state.valid_until,
            "stream_size": state.stream_size,
            "stream_root": state.stream_root,
            "block_index": state.block_index,
        }
    }


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
