"""Collecting the price of an order from the payer's account: one record an order, from the request to its outcome.

A collection never changes its order, stream, payer and price, nor the `created_at_time` and memo of its call, so that repeating it is
harmless. It names no fee: the ledger takes its own from the payer, within what the payer approved, and the splitter receives the price
exactly. So a fee that changes while a collection is open cannot make its outcome doubtful.

Invariants:
- COLLECT-1: an order is collected at most once, and its price is credited exactly when it was collected.
- COLLECT-2: asked again, an order answers what happened; asked for something else under the same order, it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ddsx_core.accounts import is_anonymous, owner_of
from ddsx_core.limits import MAX_AMOUNT
from ddsx_core.payment_rules import OPEN, PAID, REFUSED, UNRESOLVED
from ddsx_core.refused import Refused
from ddsx_core.stored_rows import decode_row, encode_row
from ddsx_core.stream_books import Sale
from ddsx_core.units import AccountKey, Nanoseconds, PrincipalText, Units

_VERSION = "1"
_TEXTS = 3
_NUMBERS = 10

MAX_REFUSAL_LENGTH = 80
"""Characters kept of a ledger's refusal: its tag and the beginning of its own words."""

MEMO_BYTES = 8
"""A memo holds the number of the order or payout, big-endian, and so tells it to whoever reads the ledger's log."""


class Collection(NamedTuple):
    """One order's collection; the stored value has texts before numbers, in this order.

    state: one of `payment_rules`.
    refusal: empty, or the tag of the ledger's refusal, with its words behind a colon where it has some.
    found: the allowance or balance that was too low, else 0; needed: price and ledger fee at that time.
    """

    payer: AccountKey
    state: str
    refusal: str
    stream: int
    price: Units
    created_at: Nanoseconds
    attempts: int
    tried_at: Nanoseconds
    block_index: int
    protocol_fee: Units
    provider_share: Units
    found: Units
    needed: Units


def start_collection(stream: int, payer: AccountKey, price: int, own: PrincipalText, now: Nanoseconds) -> Collection:
    """A new collection, written as tried once: to be attempted in this message.

    Refuses (in order): PaymentRefused for a price of 0 or above `MAX_AMOUNT`, a payer that is anonymous, or the splitter itself: a
        transfer to oneself needs no allowance and would be booked as revenue that nobody paid.
    """
    if not 0 < price <= MAX_AMOUNT:
        raise payment_refused("a price is 1 to 2^128 - 1 units")
    if is_anonymous(payer):
        raise payment_refused("the payer is anonymous")
    if owner_of(payer) == own:
        raise payment_refused("the payer is the splitter")
    zero = Units(0)
    return Collection(payer, OPEN, "", stream, Units(price), now, 1, now, 0, zero, zero, zero, zero)


def payment_refused(reason: str) -> Refused:
    """The price cannot be collected, for a reason that has no case of its own."""
    return Refused("PaymentRefused", {"reason": reason})


def is_same_request(collection: Collection, stream: int, payer: AccountKey, price: int) -> bool:
    """Whether a collection was asked for in these words."""
    return (collection.stream, collection.payer, collection.price) == (stream, payer, price)


def tried(collection: Collection, now: Nanoseconds) -> Collection:
    """The collection with one more attempt."""
    return collection._replace(attempts=collection.attempts + 1, tried_at=now)


def collected(collection: Collection, block_index: int, sale: Sale) -> Collection:
    """The collection after the ledger carried it out as that block."""
    return collection._replace(
        state=PAID, block_index=block_index, protocol_fee=sale.protocol_fee, provider_share=sale.provider_share
    )


def refused(collection: Collection, kind: str, data: Mapping[str, int | str], ledger_fee: int) -> Collection:
    """The collection after the ledger refused it for good, by `Err` case and its fields."""
    # What a ledger says may be any number, the stored value is of bounded size; more than enough is enough.
    found = Units(min(int(data.get("allowance", data.get("balance", 0))), MAX_AMOUNT))
    needed = Units(collection.price + ledger_fee)
    return collection._replace(state=REFUSED, refusal=refusal_text(kind, data), found=found, needed=needed)


def unresolved(collection: Collection) -> Collection:
    """The collection whose outcome no further attempt can tell."""
    return collection._replace(state=UNRESOLVED)


def refusal_text(kind: str, data: Mapping[str, int | str]) -> str:
    """A ledger's refusal in words: the tag, and what it says itself. Printable ASCII without bars, so that it can be stored as it is."""
    words = f"{kind}: {data['message']}" if "message" in data else kind
    return "".join([letter if " " <= letter <= "~" and letter != "|" else "?" for letter in words[:MAX_REFUSAL_LENGTH]])


def contributors_share(collection: Collection) -> Units:
    """What protocol fee and provider's share left of a price that was collected."""
    return Units(collection.price - collection.protocol_fee - collection.provider_share)


def check_collected(collection: Collection) -> None:
    """Whether a collection happened.

    Refuses: Pending while nobody knows, else what the ledger refused: InsufficientAllowance, InsufficientFunds or PaymentRefused.
    """
    if collection.state == PAID:
        return
    if collection.state != REFUSED:
        raise Refused("Pending")
    if collection.refusal == "InsufficientAllowance":
        raise Refused("InsufficientAllowance", {"allowance": collection.found, "needed": collection.needed})
    if collection.refusal == "InsufficientFunds":
        raise Refused("InsufficientFunds", {"balance": collection.found, "needed": collection.needed})
    raise payment_refused(collection.refusal)


def memo_of(number: int) -> bytes:
    """The memo of the payment with this number."""
    return number.to_bytes(MEMO_BYTES, "big")


def encode_collection(collection: Collection) -> str:
    """The stored value of a collection."""
    return encode_row(_VERSION, collection[:3], collection[3:])


def decode_collection(text: str) -> Collection:
    """What `encode_collection` wrote; anything else is Broken."""
    texts, numbers = decode_row(_VERSION, _TEXTS, _NUMBERS, text)
    return Collection(*texts, *numbers)  # type: ignore[arg-type]
