"""Offers: what a stream's provider asks, and what a number of periods comes to.

An offer's terms never change, so a price that was quoted holds while the offer is open; closing an offer ends sales and touches no
licence. One kind of terms exists, the subscription: reading for a number of periods of equal length at one price a period, in one of the
splitter's ledgers, which are numbered.

A price is earned at once, or held in escrow and earned along a clock: by the seconds of the licence, or by the records that the stream
gets, so many a period. What is not earned can come back, so only such licences can be ended early.

Units: prices in the smallest unit of the offer's ledger, lengths in seconds, moments in nanoseconds. Prices are multiplied, never divided,
so nothing is rounded.
"""

from __future__ import annotations

from typing import NamedTuple

from ddsx_core.accounts import ANONYMOUS
from ddsx_core.codec import decode_fields, encode_fields, encode_ints, quote, unquote
from ddsx_core.limits import MAX_AMOUNT, MAX_FLOW_TICKS, MAX_TITLE_LENGTH
from ddsx_core.refused import Refused
from ddsx_core.units import Nanoseconds, PrincipalText, Units

NS_PER_SECOND = 1_000_000_000

MAX_LICENCE_SECONDS = 100 * 365 * 24 * 60 * 60
"""The longest licence, 100 years of 365 days: "for ever" to a reader, and it still ends before nanoseconds leave a nat64 in 2554."""

MAX_STREAM_OFFERS = 1_000
"""Offers of one stream, open and closed: an offer is stored for ever and costs its provider nothing."""

MAX_LEDGER = 7
"""The highest number of a ledger: the splitter lists 8, from 0. Whether one is listed is the splitter's to know, when somebody buys."""

AT_ONCE = 0
BY_SECOND = 1
BY_RECORD = 2

_SUBSCRIPTION_OFFER = "2s"
_NUMBERS = 11
_OFFER_FIELDS = 13


class Subscription(NamedTuple):
    """Reading for up to `max_periods` periods of `period_seconds` each, `price` a period, in ledger number `ledger` of the splitter.

    clock: how the price is earned, AT_ONCE, BY_SECOND or BY_RECORD; records: how many a period, for BY_RECORD, else 0.
    cancellable: whether the holder may end the licence before its time, and have back what is not earned.
    """

    period_seconds: int
    price: Units
    max_periods: int
    ledger: int = 0
    clock: int = AT_ONCE
    records: int = 0
    cancellable: bool = False


class Offer(NamedTuple):
    """What `provider` asks for reading `stream`. `title` is None where none was given."""

    offer: int
    stream: int
    provider: PrincipalText
    title: str | None
    terms: Subscription
    created_at: Nanoseconds
    is_open: bool


def check_new_offer(caller: PrincipalText, title: str | None, terms: Subscription) -> None:
    """Whether an offer could be made, as far as it goes by itself.

    Refuses (in order): AnonymousCaller; TitleTooLong above `MAX_TITLE_LENGTH` characters; InvalidTerms for a length, a price or a number of
        periods below one, for all periods together longer than `MAX_LICENCE_SECONDS`, for their price above `MAX_AMOUNT`, for a ledger
        above `MAX_LEDGER`, for records below one or for all periods together above `MAX_FLOW_TICKS`, and for a cancellable licence whose
        price is earned at once.
    """
    if caller == ANONYMOUS:
        raise Refused("AnonymousCaller")
    if title is not None and len(title) > MAX_TITLE_LENGTH:
        raise Refused("TitleTooLong", {"most": MAX_TITLE_LENGTH})
    if terms.period_seconds < 1 or terms.price < 1 or terms.max_periods < 1:
        raise _invalid_terms("the length of a period, its price and the number of periods are at least 1")
    if terms.period_seconds * terms.max_periods > MAX_LICENCE_SECONDS:
        raise _invalid_terms(f"all periods together last at most {MAX_LICENCE_SECONDS} seconds")
    if terms.price * terms.max_periods > MAX_AMOUNT:
        raise _invalid_terms("the price of all periods together is above the largest amount")
    _check_payment(terms)


def _check_payment(terms: Subscription) -> None:
    """Refuses: InvalidTerms for a ledger, records or a right to cancel that cannot be."""
    if terms.ledger > MAX_LEDGER:
        raise _invalid_terms(f"a ledger's number is 0 to {MAX_LEDGER}")
    if terms.clock == BY_RECORD and not 0 < terms.records * terms.max_periods <= MAX_FLOW_TICKS:
        raise _invalid_terms(f"all periods together are earned by 1 to {MAX_FLOW_TICKS} records")
    if terms.cancellable and terms.clock == AT_ONCE:
        raise _invalid_terms("what is earned at once cannot come back, so nothing can be cancelled")


def check_room(stream_offers: int) -> None:
    """Refuses: TooManyOffers for a stream that has `MAX_STREAM_OFFERS` already."""
    if stream_offers >= MAX_STREAM_OFFERS:
        raise Refused("TooManyOffers", {"most": MAX_STREAM_OFFERS})


def check_provider(caller: PrincipalText, provider: PrincipalText) -> None:
    """Refuses: NotTheProvider."""
    if caller != provider:
        raise Refused("NotTheProvider")


def closed(offer: Offer) -> Offer:
    """The same offer, closed."""
    return Offer(offer.offer, offer.stream, offer.provider, offer.title, offer.terms, offer.created_at, is_open=False)


def price_of(offer: Offer, periods: int) -> Units:
    """What `periods` periods cost, before the payment ledger's fee.

    Refuses (in order): OfferClosed; PeriodsOutOfRange for none, and for more than the terms allow.
    """
    if not offer.is_open:
        raise Refused("OfferClosed")
    if not 1 <= periods <= offer.terms.max_periods:
        raise Refused("PeriodsOutOfRange", {"most": offer.terms.max_periods})
    return Units(offer.terms.price * periods)


def seconds_of(terms: Subscription, periods: int) -> int:
    """How long a licence for `periods` periods lasts."""
    return terms.period_seconds * periods


def ticks_of(terms: Subscription, periods: int) -> int:
    """How many ticks of its clock it takes until the price of `periods` periods is earned; 0 for at once."""
    return (0, terms.period_seconds, terms.records)[terms.clock] * periods


def encode_offer(offer: Offer) -> str:
    """One text of an offer; its version names the kind of terms."""
    period_seconds, price, max_periods, ledger, clock, records, cancellable = offer.terms
    head = (offer.offer, offer.stream, offer.created_at, period_seconds, price, max_periods, offer.is_open)
    title = "-" if offer.title is None else "t" + quote(offer.title)
    return encode_ints(_SUBSCRIPTION_OFFER, (*head, ledger, clock, records, cancellable)) + encode_fields("", [offer.provider, title])


def decode_offer(text: str) -> Offer:
    """The offer that `encode_offer` was given."""
    fields = decode_fields(_SUBSCRIPTION_OFFER, _OFFER_FIELDS, text)
    numbers = [int(field, 16) for field in fields[:_NUMBERS]]
    number, stream, created_at, period_seconds, price, max_periods, is_open, ledger, clock, records, cancellable = numbers
    title = unquote(fields[-1][1:]) if fields[-1].startswith("t") else None
    terms = Subscription(period_seconds, Units(price), max_periods, ledger, clock, records, bool(cancellable))
    return Offer(number, stream, PrincipalText(fields[_NUMBERS]), title, terms, Nanoseconds(created_at), is_open=bool(is_open))


def _invalid_terms(reason: str) -> Refused:
    return Refused("InvalidTerms", {"reason": reason})
