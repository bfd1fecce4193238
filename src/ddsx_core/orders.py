"""Orders: how a purchase comes to its end, whatever happens on the way.

    Settling ---> Collecting ---> Completed
       |              |
       +--> Declined <+

- Settling: the stream's recorded work is on its way to the splitter. Nothing has been paid, so the order may still be declined by us; one
  that cannot settle within `SETTLE_PATIENCE_NS` is, since nobody wants to be charged for a purchase that was forgotten.
- Collecting: the splitter was asked for the money, perhaps more than once. From here on only the splitter's word ends the order: a lost
  answer says nothing, so it is asked again, and it answers a repeated order as it answered the first.
- Completed: paid, and a licence exists. Declined: nothing was paid, and never will be for this order.

A state is written before the call that it names. An answer is taken only while the order still is in the state that asked for it: two
drivers of one order (its purchase and the timer) may both hold an answer, and the first one to come back moves the order on.

A repeated request (same buyer, paying account, time, offer, periods and limit) is the same order as long as `created_at_time` is accepted.
For an order the absent subaccount and the one of 32 zero bytes are the same paying account: nobody means two purchases by them.

Units: amounts in the payment ledger's smallest unit, times in nanoseconds. Nothing is divided.

Invariants (tests/canisters/dst_ledger):
- ORDER-1: an order that was paid completes, and has exactly one licence.
- ORDER-2: an order that was declined was not paid.
- ORDER-3: equal requests make one order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from ddsx_core.accounts import ANONYMOUS, owner_of
from ddsx_core.codec import decode_fields, encode_fields, encode_ints, version_of
from ddsx_core.deduplication import check_repetition, fingerprint, remember_until
from ddsx_core.limits import PERMITTED_DRIFT_NS
from ddsx_core.refused import Broken, PlainValue, Refused
from ddsx_core.terms import NS_PER_SECOND, Offer, price_of, seconds_of
from ddsx_core.units import AccountKey, Nanoseconds, PrincipalText, Units

SETTLE_PATIENCE_NS = 10 * 60 * 1_000_000_000
"""How long an order tries to settle its stream's work: 20 rounds of the timer, and a buyer still remembers it."""

MAX_SETTLE_CALLS = 8
"""Calls of `settle_work` in a row for one order; each delivers some batches of work, and what is left waits for the timer."""

MAX_REASON_LENGTH = 160
"""Characters kept of somebody else's words for a refusal."""

MAX_ROOT_LENGTH = 64
"""Characters of a stream's root: SHA-256 in hex."""

_REASON = ("reason",)

_DECLINED_DATA: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "InsufficientAllowance": ("allowance", "needed"),
        "InsufficientFunds": ("balance", "needed"),
        "PaymentRefused": _REASON,
        "StreamUnavailable": _REASON,
    }
)


class Request(NamedTuple):
    """A purchase as the buyer asked for it. `max_price` is the most that it may cost, before the payment ledger's fee."""

    payer: AccountKey
    offer: int
    periods: int
    max_price: Units
    created_at_time: Nanoseconds

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
    """Waiting for the splitter, which was asked `attempts` times. Size and root are the stream's when its work was settled."""

    attempts: int
    stream_size: int
    stream_root: str


class Completed(NamedTuple):
    """The receipt: what was paid and how it was cut, the licence, and the stream's head that it was bought at."""

    licence: int
    valid_from: Nanoseconds
    valid_until: Nanoseconds
    stream_size: int
    stream_root: str
    block_index: int
    protocol_fee: Units
    provider_share: Units
    contributors_share: Units


class Declined(NamedTuple):
    """Why nothing was bought, as a refusal's kind and data, and when that was settled."""

    kind: str
    data: dict[str, PlainValue]
    declined_at: Nanoseconds


OrderState = Settling | Collecting | Completed | Declined


class Order(NamedTuple):
    """An accepted request. By the offer's terms it costs `price`, and its licence lasts `seconds`."""

    order: int
    request: Request
    stream: int
    price: Units
    seconds: int
    accepted_at: Nanoseconds
    state: OrderState

    @property
    def is_finished(self) -> bool:
        """Whether nothing about the order changes any more."""
        return isinstance(self.state, (Completed, Declined))


class Payment(NamedTuple):
    """What the splitter answers for a collected order."""

    block_index: int
    protocol_fee: Units
    provider_share: Units
    contributors_share: Units


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
    return Order(order, request, offer.stream, price, seconds_of(offer.terms, request.periods), now, Settling())


# -- Moving on ----------------------------------------------------------------------------------------------------------------


def with_state(order: Order, state: OrderState) -> Order:
    """The same order, moved on."""
    number, request, stream, price, seconds, accepted_at, _ = order
    return Order(number, request, stream, price, seconds, accepted_at, state)


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


def asking(state: Collecting) -> Collecting:
    """The state to write before the splitter is asked."""
    return Collecting(state.attempts + 1, state.stream_size, state.stream_root)


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
        return Declined(kind, {name: data[name] for name in _DECLINED_DATA[kind]}, now)
    if kind == "PaymentRefused":
        return Declined(kind, {"reason": plain_reason(str(data["reason"]))}, now)
    if kind == "UnknownStream":
        return unavailable(kind, now)
    if kind == "ConflictingOrder" or (kind in ("Paused", "NotTheLicenceLedger") and attempt == 1):
        return Declined("PaymentRefused", {"reason": kind}, now)
    return None


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


# -- Storing ------------------------------------------------------------------------------------------------------------------

_SETTLING = "1s"
_COLLECTING = "1c"
_COMPLETED = "1d"
_DECLINED = "1r"

_HEAD_NUMBERS = 9

_FIELDS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {_SETTLING: (9, 1), _COLLECTING: (11, 2), _COMPLETED: (17, 2), _DECLINED: (10, 3)}
)
"""How many numbers, and then texts, the encoding of an order in each state has."""


def encode_order(order: Order) -> str:
    """One text of an order; its version names the state."""
    number, request, stream, price, seconds, accepted_at, state = order
    payer, offer, periods, max_price, created_at_time = request
    head = (number, stream, price, seconds, accepted_at, offer, periods, max_price, created_at_time)
    version, numbers, texts = _encode_state(state)
    return encode_ints(version, head + numbers) + encode_fields("", [payer, *texts])


def decode_order(text: str) -> Order:
    """The order that `encode_order` was given.

    Breaks: on another version, and on another number of fields.
    """
    version = version_of(text)
    if version not in _FIELDS:
        raise Broken(f"an order has version {version[:20]!r}")
    count, texts = _FIELDS[version]
    fields = decode_fields(version, count + texts, text)
    numbers = [int(field, 16) for field in fields[:count]]
    order, stream, price, seconds, accepted_at, offer, periods, max_price, created_at_time = numbers[:_HEAD_NUMBERS]
    request = Request(AccountKey(fields[count]), offer, periods, Units(max_price), Nanoseconds(created_at_time))
    state = _decode_state(version, numbers[_HEAD_NUMBERS:], fields[count + 1 :])
    return Order(order, request, stream, Units(price), seconds, Nanoseconds(accepted_at), state)


def _encode_state(state: OrderState) -> tuple[str, tuple[int, ...], list[str]]:
    if isinstance(state, Settling):
        return _SETTLING, (), []
    if isinstance(state, Collecting):
        return _COLLECTING, (state.attempts, state.stream_size), [state.stream_root]
    if isinstance(state, Completed):
        licence, valid_from, valid_until, size, root, *paid = state
        return _COMPLETED, (licence, valid_from, valid_until, size, *paid), [root]
    values = [f"{value:x}" if isinstance(value, int) else str(value) for value in state.data.values()]
    return _DECLINED, (state.declined_at,), [state.kind, "~".join(values)]


def _decode_state(version: str, numbers: Sequence[int], texts: Sequence[str]) -> OrderState:
    if version == _SETTLING:
        return Settling()
    if version == _COLLECTING:
        return Collecting(numbers[0], numbers[1], texts[0])
    if version == _COMPLETED:
        licence, begin, end, size, block, fee, provider, contributors = numbers
        shares = (Units(fee), Units(provider), Units(contributors))
        return Completed(licence, Nanoseconds(begin), Nanoseconds(end), size, texts[0], block, *shares)
    return Declined(texts[0], _decode_data(texts[0], texts[1]), Nanoseconds(numbers[0]))


def _decode_data(kind: str, text: str) -> dict[str, PlainValue]:
    names = _DECLINED_DATA[kind]
    values = text.split("~")
    return {"reason": text} if names == _REASON else {names[at]: int(values[at], 16) for at in range(len(names))}
