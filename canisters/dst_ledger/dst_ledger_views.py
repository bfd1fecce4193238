"""What the licence ledger answers: values of the core as the records and variants of its interface."""

from collections.abc import Mapping
from typing import Any

from ddsx_core.accounts import owner_of, subaccount_of
from ddsx_core.licences import Entitlement, Licence
from ddsx_core.orders import Collecting, Completed, Declined, Order, OrderState
from ddsx_core.refused import Refused
from ddsx_core.terms import Offer
from ddsx_wire.principals import principal_of

Answer = Mapping[str, Any]
"""A record or a variant case."""


def refusal(refused: Refused) -> Answer:
    """The `Err` case of a refusal."""
    return {"Err": refused.as_case()}


def account_view(key: str) -> Answer:
    """An account by its key."""
    return {"owner": principal_of(owner_of(key)), "subaccount": subaccount_of(key)}


def offer_view(offer: Offer) -> Answer:
    """An offer."""
    terms = offer.terms
    subscription = {"period_seconds": terms.period_seconds, "price": terms.price, "max_periods": terms.max_periods}
    return {
        "offer": offer.offer,
        "stream": offer.stream,
        "provider": principal_of(offer.provider),
        "title": offer.title,
        "terms": {"Subscription": subscription},
        "created_at": offer.created_at,
        "open": offer.is_open,
    }


def order_view(order: Order) -> Answer:
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


def _state_view(state: OrderState) -> Answer:
    if isinstance(state, Completed):
        return {"Completed": state._asdict()}
    if isinstance(state, Declined):
        return {"Refused": {"reason": {state.kind: state.data}, "refused_at": state.declined_at}}
    if isinstance(state, Collecting):
        return {"Collecting": state._asdict()}
    return {"Settling": None}


def purchase_outcome(order: Order) -> Answer:
    """What a purchase answers as its order stands: the first outcome, however often it is asked."""
    state = order.state
    if isinstance(state, Declined):
        return {"Err": {state.kind: state.data}}
    if not isinstance(state, Completed):
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


def licence_view(licence: Licence) -> Answer:
    """A licence and who holds it."""
    view = licence._asdict()
    view["holder"] = account_view(licence.holder)
    return view


def token_metadata(licence: Licence) -> list[tuple[str, Answer]]:
    """A licence as the metadata of a token."""
    return [
        ("ddsx:stream", {"Nat": licence.stream}),
        ("ddsx:offer", {"Nat": licence.offer}),
        ("ddsx:order", {"Nat": licence.order}),
        ("ddsx:valid_from", {"Nat": licence.valid_from}),
        ("ddsx:valid_until", {"Nat": licence.valid_until}),
    ]


def entitlement_view(entitlement: Entitlement) -> Answer:
    """An entitlement on its way to a registry."""
    return entitlement._asdict()
