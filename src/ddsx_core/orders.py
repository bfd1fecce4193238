"""Orders: how a purchase comes to its end, whatever happens on the way.

    Settling ---> Collecting ---> Completed ---> Ending ---> Ended
       |              |
       +--> Declined <+

- Settling: the stream's recorded work is on its way to the splitter. Nothing has been paid, so the order may still be declined by us; one
  that cannot settle within `SETTLE_PATIENCE_NS` is, since nobody wants to be charged for a purchase that was forgotten.
- Collecting: the splitter was asked for the money, perhaps more than once. From here on only the splitter's word ends the order: a lost
  answer says nothing, so it is asked again, and it answers a repeated order as it answered the first.
  A price that is to come as a deposit may take its time: the splitter is asked again, less and less often, for `DEPOSIT_PATIENCE_NS`.
- Completed: paid, and a licence exists. Declined: nothing was paid, and never will be for this order; or what was
  paid is the payer's again.
- Ending: the licence has ended, and the splitter is asked what of the price is not earned. Ended: that much is the payer's again.

A state is written before the call that it names. An answer is taken only while the order still is in the state that asked for it: two
drivers of one order (its purchase and the timer) may both hold an answer, and the first one to come back moves the order on.

A repeated request (same buyer, paying account, time, offer, periods, limit and source) is the same order as long as `created_at_time` is
accepted.
For an order the absent subaccount and the one of 32 zero bytes are the same paying account: nobody means two purchases by them.

Units: amounts in the smallest unit of the offer's ledger, times in nanoseconds. Nothing is divided.

Invariants (tests/canisters/dst_ledger):
- ORDER-1: an order that was paid completes, and has exactly one licence.
- ORDER-2: an order that was declined was not paid, or its price is the payer's balance at the splitter.
- ORDER-3: equal requests make one order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from ddsx_core.accounts import ANONYMOUS, owner_of
from ddsx_core.deduplication import check_repetition, fingerprint, remember_until
from ddsx_core.limits import PERMITTED_DRIFT_NS
from ddsx_core.refused import Broken, PlainValue, Refused
from ddsx_core.terms import BY_RECORD, NS_PER_SECOND, Offer, price_of, seconds_of, ticks_of
from ddsx_core.units import AccountKey, Nanoseconds, PrincipalText, Units

SETTLE_PATIENCE_NS = 10 * 60 * 1_000_000_000
"""How long an order tries to settle its stream's work: 20 rounds of the timer, and a buyer still remembers it."""

DEPOSIT_PATIENCE_NS = 24 * 60 * 60 * 1_000_000_000
"""How long an order waits for its deposit: transfers between exchanges and from cold wallets take hours, and no price is good for ever."""

DEPOSIT_PAUSE_NS = 60 * 1_000_000_000
"""The shortest time between two looks for a deposit by the timer."""

MAX_SETTLE_CALLS = 8
"""Calls of `settle_work` in a row for one order; each delivers some batches of work, and what is left waits for the timer."""

MAX_REASON_LENGTH = 160
"""Characters kept of somebody else's words for a refusal."""

MAX_ROOT_LENGTH = 64
"""Characters of a stream's root: SHA-256 in hex."""

REASON = ("reason",)
"""The data of a refusal that has its reason in words."""

DECLINED_DATA: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "InsufficientAllowance": ("allowance", "needed"),
        "InsufficientFunds": ("balance", "needed"),
        "PaymentRefused": REASON,
        "PaymentRefunded": REASON,
        "StreamUnavailable": REASON,
    }
)
"""What refusals of an order carry, by their kinds."""


ALLOWANCE = 0
DEPOSIT = 1
BALANCE = 2


class Request(NamedTuple):
    """A purchase as the buyer asked for it.

    max_price: the most that it may cost, before the ledger's fee. source: where the price comes from, ALLOWANCE of the payer on the ledger,
    DEPOSIT into the order's own account, or BALANCE of the payer at the splitter.
    """

    payer: AccountKey
    offer: int
    periods: int
    max_price: Units
    created_at_time: Nanoseconds
    source: int = ALLOWANCE

    @property
    def buyer(self) -> PrincipalText:
        """Who asked, pays, and gets the licence."""
        return owner_of(self.payer)


class Settling:
    """Waiting for the registry. All are equal; a NamedTuple without fields would be false."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Settling)

    def __hash__(self) -> int:
        return hash(Settling)


class Collecting(NamedTuple):
    """Waiting for the splitter, which was asked `attempts` times, last at `asked_at`.

    Size and root are the stream's when its work was settled. awaited: what has to lie in the order's account, price and ledger fee, once
    the splitter found less there; 0 before.
    """

    attempts: int
    stream_size: int
    stream_root: str
    asked_at: Nanoseconds = Nanoseconds(0)
    awaited: Units = Units(0)


class Completed(NamedTuple):
    """The receipt: what was paid and how it was cut, the licence, and the stream's head that it was bought at.

    others_share: what the plan's payees other than the provider had. escrowed: the price, if it is earned as time or records pass, else 0;
    then the shares are 0.
    """

    licence: int
    valid_from: Nanoseconds
    valid_until: Nanoseconds
    stream_size: int
    stream_root: str
    block_index: int
    protocol_fee: Units
    provider_share: Units
    contributors_share: Units
    others_share: Units = Units(0)
    escrowed: Units = Units(0)


class Ending(NamedTuple):
    """The licence ended at `ended_at`; the splitter was not heard of since."""

    receipt: Completed
    ended_at: Nanoseconds


class Ended(NamedTuple):
    """The licence ended at `ended_at`, and `refunded` of the price went back to the payer."""

    receipt: Completed
    ended_at: Nanoseconds
    refunded: Units


class Declined(NamedTuple):
    """Why nothing was bought, as a refusal's kind and data, and when that was settled."""

    kind: str
    data: dict[str, PlainValue]
    declined_at: Nanoseconds


OrderState = Settling | Collecting | Completed | Declined | Ending | Ended


class Order(NamedTuple):
    """An accepted request. By the offer's terms it costs `price` in `ledger`, and its licence lasts `seconds`.

    clock, ticks: how long it takes until the price is earned, see `terms`.
    """

    order: int
    request: Request
    stream: int
    price: Units
    seconds: int
    accepted_at: Nanoseconds
    state: OrderState
    ledger: int = 0
    clock: int = 0
    ticks: int = 0

    @property
    def is_finished(self) -> bool:
        """Whether nothing about the order changes by itself any more."""
        return isinstance(self.state, (Completed, Declined, Ended))

    @property
    def receipt(self) -> Completed | None:
        """What a paid order brought, whatever became of it since; None for an order that is not paid."""
        state = self.state
        return state.receipt if isinstance(state, (Ending, Ended)) else state if isinstance(state, Completed) else None


class Payment(NamedTuple):
    """What the splitter answers for a collected order."""

    block_index: int
    protocol_fee: Units
    provider_share: Units
    contributors_share: Units
    others_share: Units
    escrowed: Units


# -- Accepting ----------------------------------------------------------------------------------------------------------------


def check_request(request: Request, now: Nanoseconds) -> None:
    """Whether a request can become an order, or be the repetition of one, by itself.

    Refuses (in order): AnonymousCaller, TooOld, CreatedInFuture.
    """
    if request.buyer == ANONYMOUS:
        raise Refused("AnonymousCaller")
    check_repetition(request.created_at_time, None, now)


def request_fingerprint(request: Request) -> str:
    """A text equal for two requests exactly when they are the same purchase."""
    return fingerprint("purchase", request.buyer, request)


def forgettable_from(order: Order) -> Nanoseconds:
    """The first moment at which a repetition of the order's request is certain to be TooOld. Ascends with the orders' numbers."""
    return Nanoseconds(remember_until(Nanoseconds(order.accepted_at + PERMITTED_DRIFT_NS)) + 1)


def accept(order: int, request: Request, offer: Offer, now: Nanoseconds) -> Order:
    """The order `order` for a checked request that is no repetition.

    Refuses (in order): OfferClosed, PeriodsOutOfRange (`terms.price_of`), PriceAboveLimit.
    """
    price = price_of(offer, request.periods)
    if price > request.max_price:
        raise Refused("PriceAboveLimit", {"price": price})
    terms = offer.terms
    payment = terms.ledger, terms.clock, ticks_of(terms, request.periods)
    return Order(order, request, offer.stream, price, seconds_of(terms, request.periods), now, Settling(), *payment)


# -- Moving on ----------------------------------------------------------------------------------------------------------------


def with_state(order: Order, state: OrderState) -> Order:
    """The same order, moved on."""
    number, request, stream, price, seconds, accepted_at, _, ledger, clock, ticks = order
    return Order(number, request, stream, price, seconds, accepted_at, state, ledger, clock, ticks)


def out_of_patience(order: Order, now: Nanoseconds) -> Declined | None:
    """The end of an order that still has not settled; None while it may go on."""
    if now < order.accepted_at + SETTLE_PATIENCE_NS:
        return None
    return unavailable("the stream's recorded work could not be settled in time", now)


def after_settling(size: int, root: str, remaining_batches: int, now: Nanoseconds) -> Collecting | Declined | None:
    """Where the registry's answer leads; None while work remains."""
    if remaining_batches:
        return None
    if len(root) > MAX_ROOT_LENGTH or "|" in root:
        return unavailable("the registry's root is no root", now)
    return Collecting(0, size, root)


def after_settling_refused(kind: str, now: Nanoseconds) -> Declined | None:
    """Where the registry's refusal leads: unknown streams and missing permission do not pass, anything else is tried again."""
    if kind in ("UnknownStream", "NotPermitted"):
        return unavailable(kind, now)
    return None


def asking(state: Collecting, now: Nanoseconds) -> Collecting:
    """The state to write before the splitter is asked."""
    return Collecting(state.attempts + 1, state.stream_size, state.stream_root, now, state.awaited)


def is_due(order: Order, now: Nanoseconds) -> bool:
    """Whether the timer should go on with an order now: one that waits for its deposit is looked after in steps of a quarter of its age.

    So a deposit that comes after a minute is seen a minute later, one that comes after a day some hours later; who cannot wait repeats
    the purchase.
    """
    state = order.state
    if not isinstance(state, Collecting) or not state.awaited:
        return True
    return now >= state.asked_at + max(DEPOSIT_PAUSE_NS, (state.asked_at - order.accepted_at) // 4)


def after_deposit_missed(
    order: Order, state: Collecting, attempt: int, data: Mapping[str, PlainValue], now: Nanoseconds
) -> Collecting | Declined | None:
    """Where it leads that the order's account holds too little: to waiting, and in the end to a refusal. None when that decides nothing.

    state, attempt: as for `after_collecting_refused`. What comes after the refusal is the payer's, by the splitter's `return_deposit`.
    """
    if attempt != state.attempts:
        return None
    if now >= order.accepted_at + DEPOSIT_PATIENCE_NS:
        return after_collecting_refused(state, attempt, "InsufficientFunds", data, now)
    awaited = Units(max(int(str(data["needed"])), order.price))
    return Collecting(state.attempts, state.stream_size, state.stream_root, state.asked_at, awaited)


def after_collecting_refused(
    state: Collecting, attempt: int, kind: str, data: Mapping[str, PlainValue], now: Nanoseconds
) -> Declined | None:
    """Where the splitter's refusal leads, None for one that decides nothing.

    state: as it is when the answer is there, not as it was when the call went out. attempt: the one that was answered.
    Only the last attempt's refusal decides: a later one may have been paid already. Earlier ones were looked at before it, and a paid order
    is answered as paid. Whoever does not know us, or is paused, may say so before looking the order up, which decides only where no other
    attempt was ever made.
    """
    if attempt != state.attempts:
        return None
    if kind in ("InsufficientAllowance", "InsufficientFunds"):
        return Declined(kind, {name: data[name] for name in DECLINED_DATA[kind]}, now)
    if kind in ("PaymentRefused", "PaymentRefunded"):
        return Declined(kind, {"reason": plain_reason(str(data["reason"]))}, now)
    if kind == "UnknownStream":
        return unavailable(kind, now)
    if kind == "ConflictingOrder" or (kind in ("Paused", "NotTheLicenceLedger", "UnknownLedger") and attempt == 1):
        return Declined("PaymentRefused", {"reason": kind}, now)
    return None


def ending(order: Order, now: Nanoseconds) -> Order:
    """The order of a licence that ends now. Breaks: for an order that is not completed."""
    if not isinstance(order.state, Completed):
        raise Broken(f"order {order.order} has no licence that could end")
    return with_state(order, Ending(order.state, now))


def ended(order: Order, refunded: int) -> Order:
    """The order after the splitter told what went back. Breaks: for an order that is not ending."""
    if not isinstance(order.state, Ending):
        raise Broken(f"order {order.order} is not ending")
    return with_state(order, Ended(order.state.receipt, order.state.ended_at, Units(refunded)))


def must_settle_to_end(order: Order, now: Nanoseconds) -> bool:
    """Whether the stream's work has to be settled before an ending order is told to the splitter, which counts records by it.

    One that cannot be settled for `SETTLE_PATIENCE_NS` is ended without: rather a few records too many are paid back than none.
    """
    return order.clock == BY_RECORD and isinstance(order.state, Ending) and now < order.state.ended_at + SETTLE_PATIENCE_NS


def complete(order: Order, state: Collecting, payment: Payment, licence: int, now: Nanoseconds) -> Order:
    """The order paid, with its receipt. The licence counts from now on, so a payment that took long costs the buyer no time."""
    end = Nanoseconds(now + order.seconds * NS_PER_SECOND)
    return with_state(order, Completed(licence, now, end, state.stream_size, state.stream_root, *payment))


def unavailable(reason: str, now: Nanoseconds) -> Declined:
    """Declined since the stream cannot be sold at the moment."""
    return Declined("StreamUnavailable", {"reason": plain_reason(reason)}, now)


def plain_reason(text: str) -> str:
    """Somebody else's words, cut to `MAX_REASON_LENGTH` characters, of which all but printable ASCII and bars become question marks."""
    return "".join([letter if " " <= letter <= "~" and letter != "|" else "?" for letter in text[:MAX_REASON_LENGTH]])
