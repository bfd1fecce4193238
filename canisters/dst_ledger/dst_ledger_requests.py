"""What callers of the licence ledger say, as values of the core, and what they name, as the store has it."""

from collections.abc import Mapping
from typing import Any

import dst_ledger_store as store
from dst_ledger_sales import shard_of, time_now
from dst_ledger_settings import Shard

from ddsx_core.accounts import account_key
from ddsx_core.orders import Request, plain_reason
from ddsx_core.refused import Refused
from ddsx_core.terms import Offer, Subscription
from ddsx_core.units import PrincipalText


def subscription_of(terms: Mapping[str, Any]) -> Subscription:
    """The terms of an offer to be created."""
    asked = terms["Subscription"]
    return Subscription(asked["period_seconds"], asked["price"], asked["max_periods"])


def request_of(caller: PrincipalText, args: Mapping[str, Any]) -> Request:
    """A purchase.

    Refuses: InvalidAccount for a subaccount that is not 32 bytes.
    """
    payer = account_key(caller, args["payer_subaccount"])
    return Request(payer, args["offer"], args["periods"], args["max_price"], args["created_at_time"])


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


def known_fee() -> int:
    """The payment ledger's fee. Refuses: LedgerFeeUnknown."""
    fee = store.upkeep().ledger_fee
    if fee is None:
        raise Refused("LedgerFeeUnknown")
    return fee
