"""Collecting the price of an order: one record an order, from the request to its outcome and whatever is given back of it later.

A price comes from one of three sources: an *allowance* of the payer on the ledger, a *deposit* that the payer sent to the order's own
subaccount of the splitter, or the payer's *balance* with the splitter. It is earned *now*, by the *second* or by the delivered *record*.

A collection never changes its order and terms, nor the `created_at_time` and memo of its call, so that repeating it is harmless. It names
no fee: the ledger takes its own from the payer's account or deposit, and the splitter receives the price exactly. So a fee that changes
while a collection is open cannot make its outcome doubtful.

A deposit that is not there yet ends nothing: the collection waits (WAITING) and may be asked for again, as a call of its own. A price that
arrived and cannot be credited is ASTRAY: it is the payer's balance.

Invariants (tests/core/payouts/test_collection_rules.py):
- COLLECT-1: an order is collected at most once, and its price is credited exactly when it was collected.
- COLLECT-2: asked again, an order answers what happened; asked for something else under the same order, it is refused.
- COLLECT-3: no order gives back more than its price.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from ddsx_core.accounts import is_anonymous, owner_of
from ddsx_core.flows import pro_rata_refund, rounded_end
from ddsx_core.limits import MAX_AMOUNT, MAX_FLOW_TICKS, MAX_PRINCIPAL_LENGTH
from ddsx_core.payment_rules import OPEN, PAID, REFUSED, UNRESOLVED
from ddsx_core.refused import Broken, Refused
from ddsx_core.stored_rows import decode_row, encode_row
from ddsx_core.stream_books import BY_RECORD, BY_SECOND
from ddsx_core.units import AccountKey, Nanoseconds, PrincipalText, Units

_VERSION = "2"
_TEXTS = 4
_NUMBERS = 18

WAITING = "w"
"""The deposit is not there; nothing is under way."""

ASTRAY = "a"
"""The price arrived and is the payer's balance."""

ALLOWANCE = "a"
DEPOSIT = "d"
BALANCE = "b"

AT_ONCE = 0
"""The clock of what is earned now; the others are `BY_SECOND` and `BY_RECORD` of `stream_books`."""

_SOURCES = MappingProxyType({ALLOWANCE: "allowance", DEPOSIT: "deposit", BALANCE: "balance"})

MAX_REFUSAL_LENGTH = 80
"""Characters kept of a ledger's refusal: its tag and the beginning of its own words."""

MEMO_BYTES = 8
"""A memo holds the number of the order or payout, big-endian, and so tells it to whoever reads the ledger's log."""

Terms = tuple[int, str, int, int, str, int, int]
"""What an order asks for: stream, payer, price, ledger, source, clock, and ticks of that clock (0 for at once)."""


class Collection(NamedTuple):
    """One order's collection; the stored value has texts before numbers, in this order.

    state: one of `payment_rules`, WAITING or ASTRAY. source, clock, ticks: see `Terms`.
    refusal: empty, or the tag of the ledger's refusal, with its words behind a colon where it has some.
    found: the allowance or balance that was too low, else 0; needed: price and ledger fee at that time.
    start: the tick of its clock at which it began to be earned; ended: 0, or one more than what came back when it was closed.
    refunded: all that was given back of it. block: the block of the splitter's log that tells of it.
    """

    payer: AccountKey
    state: str
    source: str
    refusal: str
    stream: int
    price: Units
    ledger: int
    clock: int
    ticks: int
    created_at: Nanoseconds
    attempts: int
    tried_at: Nanoseconds
    block_index: int
    protocol_fee: Units
    provider_share: Units
    contributors_share: Units
    start: int
    ended: int
    refunded: Units
    found: Units
    needed: Units
    block: int


def start_collection(terms: Terms, own: PrincipalText, now: Nanoseconds) -> Collection:
    """A new collection, written as tried once: to be attempted in this message.

    Refuses (in order): PaymentRefused for a price of 0 or above `MAX_AMOUNT`, a payer that is no account key, anonymous, or the splitter
        itself (a transfer to oneself needs no allowance and would be booked as revenue that nobody paid), and for a length that no flow
        has.
    """
    stream, key, price, ledger, source, clock, ticks = terms
    payer = AccountKey(key)
    if not 0 < price <= MAX_AMOUNT:
        raise payment_refused("a price is 1 to 2^128 - 1 units")
    if not _looks_like_key(payer):
        raise payment_refused("the payer is no account")
    if is_anonymous(payer):
        raise payment_refused("the payer is anonymous")
    if owner_of(payer) == own:
        raise payment_refused("the payer is the splitter")
    if clock and not 0 < ticks <= MAX_FLOW_TICKS:
        raise payment_refused(f"money is earned in 1 to {MAX_FLOW_TICKS} seconds or records")
    zero = Units(0)
    return Collection(
        payer, OPEN, source, "", stream, Units(price), ledger, clock, ticks, now, 1, now, 0, zero, zero, zero, 0, 0, zero, zero, zero, 0
    )


def _looks_like_key(text: str) -> bool:
    """Whether text has the characters of an account key, and no more of them. The licence ledger keeps keys; this keeps rows whole."""
    owner, dot, digits = text.partition(".")
    return 0 < len(owner) <= MAX_PRINCIPAL_LENGTH and len(digits) == 64 * len(dot) and text.isascii() and _alphanumeric(owner + digits)


def _alphanumeric(text: str) -> bool:
    return text.replace("-", "").isalnum()


def payment_refused(reason: str) -> Refused:
    """The price cannot be collected, for a reason that has no case of its own."""
    return Refused("PaymentRefused", {"reason": reason})


def terms_of(collection: Collection) -> Terms:
    """What a collection was asked for."""
    payer, _, source, _, stream, price, ledger, clock, ticks, *_ = collection
    return stream, payer, price, ledger, source, clock, ticks


def terms_text(collection: Collection) -> str:
    """Source and earning as a block of the log tells them."""
    _, _, source, _, _, _, _, clock, ticks, *_ = collection
    if clock == AT_ONCE:
        return f"{_SOURCES[source]} now"
    return f"{_SOURCES[source]} {'seconds' if clock == BY_SECOND else 'records'}:{ticks:x}"


def shares_text(fee: int, to_provider: int, rest: int) -> str:
    """How a price was shared, as its block tells it."""
    return f"{fee:x},{to_provider:x},{rest:x}"


def collection_in_block(block: tuple[str, int, list[int | str], str], index: int) -> Collection:
    """The collection that a block tells of, of a price that was credited at once. Breaks: on any other block."""
    btype, ts, fields, _ = block
    if btype != "ddsx:sale" or not fields[-1]:
        raise Broken("a block that should tell of a sale does not")
    _, stream, ledger, payer, price, terms, ledger_block, shares = fields
    source = str(terms).partition(" ")[0][0]
    fee, to_provider, rest = [Units(int(share, 16)) for share in str(shares).split(",")]
    now, zero = Nanoseconds(ts), Units(0)
    asked = (AccountKey(str(payer)), PAID, source, "", int(stream), Units(int(price)), int(ledger), AT_ONCE, 0, now, 1, now)
    return Collection(*asked, int(ledger_block), fee, to_provider, rest, 0, 0, zero, zero, zero, index)


def clock_of(kind: str) -> int:
    """The clock that a case of `Earning` names."""
    return {"AtOnce": AT_ONCE, "BySecond": BY_SECOND, "ByRecord": BY_RECORD}[kind]


def source_of(kind: str) -> str:
    """The source that a case of `PaymentSource` names."""
    return {"Allowance": ALLOWANCE, "Deposit": DEPOSIT, "Balance": BALANCE}[kind]


# -- The course of a collection ---------------------------------------------------------------------------------------------


def tried(collection: Collection, now: Nanoseconds) -> Collection:
    """The collection with one more attempt."""
    return collection._replace(attempts=collection.attempts + 1, tried_at=now)


def tried_anew(collection: Collection, now: Nanoseconds) -> Collection:
    """A collection that waited, to be attempted in this message by a call of its own."""
    return collection._replace(state=OPEN, refusal="", created_at=now, attempts=1, tried_at=now, found=Units(0), needed=Units(0))


def sold(collection: Collection, block_index: int, shares: tuple[int, int, int], block: int) -> Collection:
    """The collection after it was carried out as that block of the ledger, and credited at once.

    shares: the protocol's fee, the provider's share, the contributors' share. block: the log's, that tells of it.
    """
    payer, _, source, refusal, stream, price, ledger, clock, ticks, created_at, attempts, tried_at, *_ = collection
    fee, to_provider, rest = shares
    zero = Units(0)
    done = (payer, PAID, source, refusal, stream, price, ledger, clock, ticks, created_at, attempts, tried_at, block_index)
    return Collection(*done, Units(fee), Units(to_provider), Units(rest), 0, 0, zero, zero, zero, block)


def held(collection: Collection, block_index: int, start: int, block: int) -> Collection:
    """The collection after it was carried out, and is earned from that tick on."""
    return collection._replace(state=PAID, block_index=block_index, start=start, block=block)


def astray(collection: Collection, block_index: int, reason: str, block: int) -> Collection:
    """The collection after it was carried out and could not be credited."""
    return collection._replace(state=ASTRAY, block_index=block_index, refusal=reason, refunded=collection.price, block=block)


def refused(collection: Collection, kind: str, data: Mapping[str, int | str], ledger_fee: int) -> Collection:
    """The collection after the ledger refused it for good, by `Err` case and its fields; a deposit that is not there yet waits."""
    # What a ledger says may be any number, the stored value is of bounded size; more than enough is enough.
    found = Units(min(int(data.get("allowance", data.get("balance", 0))), MAX_AMOUNT))
    needed = Units(collection.price + ledger_fee)
    state = WAITING if kind == "InsufficientFunds" and collection.source == DEPOSIT else REFUSED
    return collection._replace(state=state, refusal=refusal_text(kind, data), found=found, needed=needed)


def unresolved(collection: Collection) -> Collection:
    """The collection whose outcome no further attempt can tell."""
    return collection._replace(state=UNRESOLVED)


def ended(collection: Collection, refund: Units) -> Collection:
    """The collection after it was closed, and so much given back."""
    return collection._replace(ended=refund + 1, refunded=Units(collection.refunded + refund))


def end_refund(collection: Collection) -> Units | None:
    """What came back when an order was closed, None while it is not; nothing is in escrow for one that was earned at once."""
    if collection.clock == AT_ONCE:
        return Units(0)
    return Units(collection.ended - 1) if collection.ended else None


def refusal_text(kind: str, data: Mapping[str, int | str]) -> str:
    """A ledger's refusal in words: the tag, and what it says itself. Printable ASCII without bars, so that it can be stored as it is."""
    words = f"{kind}: {data['message']}" if "message" in data else kind
    return "".join([letter if " " <= letter <= "~" and letter != "|" else "?" for letter in words[:MAX_REFUSAL_LENGTH]])


# -- What it came to --------------------------------------------------------------------------------------------------------


def check_collected(collection: Collection) -> None:
    """Whether a collection happened.

    Refuses: Pending while nobody knows; PaymentRefunded when the price arrived and is the payer's balance; else what the ledger refused:
        InsufficientAllowance, InsufficientFunds or PaymentRefused.
    """
    _, state, *_ = collection
    if state == PAID:
        return
    if state == ASTRAY:
        raise Refused("PaymentRefunded", {"reason": collection.refusal})
    if state not in (REFUSED, WAITING):
        raise Refused("Pending")
    if collection.refusal == "InsufficientAllowance":
        raise Refused("InsufficientAllowance", {"allowance": collection.found, "needed": collection.needed})
    if collection.refusal == "InsufficientFunds":
        raise Refused("InsufficientFunds", {"balance": collection.found, "needed": collection.needed})
    raise payment_refused(collection.refusal)


def unearned(collection: Collection, tick: int) -> Units:
    """What the payer would have back if its order were closed at a tick of its clock."""
    if not collection.clock or collection.ended or tick >= rounded_end(collection.start, collection.start + collection.ticks):
        return Units(0)
    return pro_rata_refund(collection.price, tick - collection.start, collection.ticks)


def check_refund(collection: Collection, amount: int, refunded_before: int, tick: int) -> None:
    """Whether a provider may give back so much, as far as the order is concerned. tick: where the order's clock stands.

    refunded_before: what had been given back when the provider decided, so that a repeated call is recognised.
    Refuses (in order): AlreadyRefunded with all that was given back; TooMuch, with the most, for an amount of 0 or above what is earned and
        not given back: what is not earned comes back when the order ends.
    """
    if collection.refunded != refunded_before:
        raise Refused("AlreadyRefunded", {"refunded": collection.refunded})
    most = collection.price - collection.refunded - unearned(collection, tick)
    if not 0 < amount <= most:
        raise Refused("TooMuch", {"most": most})


def memo_of(number: int) -> bytes:
    """The memo of the payment with this number."""
    return number.to_bytes(MEMO_BYTES, "big")


def encode_collection(collection: Collection) -> str:
    """The stored value of a collection."""
    return encode_row(_VERSION, collection[:4], collection[4:])


def decode_collection(text: str) -> Collection:
    """What `encode_collection` wrote; anything else is Broken."""
    texts, numbers = decode_row(_VERSION, _TEXTS, _NUMBERS, text)
    return Collection(*texts, *numbers)  # type: ignore[arg-type]
