"""The stable maps of the payout splitter: the only place that reads and writes them.

Values are rows of `ddsx_core.stored_rows` and `ddsx_core.codec`. A text of n bytes takes n + 8 bytes of Candid below 128, n + 9 below
16,384, else n + 10; a nat64 takes 15. Widest fields in hex digits: a moment, a stream, an order or a payout 16, a price 32, a sum of
units 48, an index 80 (a sum of units, and the scale), a tally 97 (an index times a weight of 64 bits, and a sign), an account key 128.

| id | map | key | value |
|---|---|---|---|
| 0 | settings | 0 | who is who |
| 1 | state | 0 | the totals, certified; a line: the desk; a line each: what is open |
| 2 | books | stream | account book of a stream, with its pool |
| 3 | members | "stream in hex/principal" | one contributor's state in one pool |
| 4 | payees | principal | balance, latest claim |
| 5 | collections | order | one order's collection, once it is no longer open, for good |
| 6 | payouts | payout, densely from 1 | one payout, once it is no longer open, for good |
| 7 | pushes | place, densely from 1 | who is paid without asking, and how |

What changes with every payment stands in one value, `state`: each map that a message touches costs 0.3 M instructions, each entry of a
large one 1.6 M. A member's key is the text of stream and principal, one access of 0.5 M to 1 M; a dense member number would save key bytes
but need a second map from principal to number, and so a second access each time.
"""

from __future__ import annotations

from kybra import StableBTreeMap, ic, nat64

from ddsx_core.accrual import Member, decode_member, encode_member
from ddsx_core.collection_rules import Collection, decode_collection, encode_collection
from ddsx_core.payout_rules import Payee, Payout, Push, decode_payee, decode_payout, decode_push, encode_payee, encode_payout, encode_push
from ddsx_core.payout_totals import Totals, encode_totals, totals_root
from ddsx_core.refused import Broken
from ddsx_core.splitter_desk import Settings, decode_settings, encode_settings
from ddsx_core.stream_books import Book, Standing, decode_book, decode_standing, encode_book

State = tuple[str, str, str]
"""The stored totals, the stored desk, and the rows of open payments: each decoded by whom it concerns, as decoding is what costs."""

# Version 1, four principals of 63, account 128, 16 registries with commas 1,023, fee 5, pause 1, 8 bars: 1,418.
settings_map = StableBTreeMap[nat64, str](memory_id=0, max_key_size=15, max_value_size=1_427)

# Totals: version 1, ten sums of 48, owed 97, carried 81, 12 bars: 671. Desk: version 1, twice 200 numbers with commas 6,800, fee 32,
# payouts, pushes and cursor 48, 6 bars: 6,887. Open: 200 collections and 200 payouts of at most 484 and 447, each with key 17, a bar and a
# line break: 193,800. Two line breaks: 201,360.
state_map = StableBTreeMap[nat64, str](memory_id=1, max_key_size=15, max_value_size=201_370)

# Version 1, two principals 126, share 5, batch 16, two sums 96, index 80, remainder and weight 32, tally 97, three sums 144, 13 bars:
# 610.
books = StableBTreeMap[nat64, str](memory_id=2, max_key_size=15, max_value_size=619)

# Key: a stream 16, a slash, a principal 63: 80. Value: version 1, weight 16, tally 97, sum 48, 3 bars: 165.
members = StableBTreeMap[str, str](memory_id=3, max_key_size=88, max_value_size=174)

# Key: 63. Value: version 1, eight payouts with commas 135, three sums 144, time, payout and place 48, 7 bars: 335.
payees = StableBTreeMap[str, str](memory_id=4, max_key_size=71, max_value_size=344)

# Version 1, account 128, state 1, refusal 80, stream 16, price 32, two times 32, attempts 4, block 48, fee, share and found 96, needed
# 33, 13 bars: 484.
collections = StableBTreeMap[nat64, str](memory_id=5, max_key_size=15, max_value_size=493)

# Version 1, principal 63, account 128, state 1, refusal 80, amount 48, fee 32, two times 32, attempts 4, block 48, 10 bars: 447.
payouts = StableBTreeMap[nat64, str](memory_id=6, max_key_size=15, max_value_size=456)

# Version 1, principal 63, account 128, ten streams with commas 169, threshold 32, 4 bars: 397.
pushes = StableBTreeMap[nat64, str](memory_id=7, max_key_size=15, max_value_size=406)


# -- Settings and state -----------------------------------------------------------------------------------------------------


def read_settings() -> Settings:
    """Who is who, and what governance set."""
    return decode_settings(_present(settings_map.get(0)))


def write_settings(settings: Settings) -> None:
    """Set who is who, and what governance set."""
    settings_map.insert(0, encode_settings(settings))


def read_state() -> State:
    """What changes with every payment."""
    totals, desk, rows = _present(state_map.get(0)).split("\n", 2)
    return totals, desk, rows


def write_state(totals: str, desk: str, rows: str) -> None:
    """Set what changes with every payment, the totals as they were read."""
    state_map.insert(0, f"{totals}\n{desk}\n{rows}")


def write_state_with(totals: Totals, desk: str, rows: str) -> None:
    """Set what changes with every payment, with new totals, and certify them."""
    totals_text = encode_totals(totals)
    write_state(totals_text, desk, rows)
    certify_totals(totals_text)


def certify_totals(totals: str) -> None:
    """Certify stored totals."""
    ic.set_certified_data(totals_root(totals))


# -- Streams and payees -----------------------------------------------------------------------------------------------------


def read_book(stream: int) -> Book | None:
    """The account book of a stream, None before its batch 0."""
    text = books.get(stream)
    return None if text is None else decode_book(text)


def read_standing(stream: int) -> Standing | None:
    """What a claim needs to know of a stream's book, None before its batch 0."""
    text = books.get(stream)
    return None if text is None else decode_standing(text)


def has_book(stream: int) -> bool:
    """Whether the account book of a stream is open."""
    return books.contains_key(stream)


def write_book(stream: int, book: Book) -> None:
    """Set the account book of a stream."""
    books.insert(stream, encode_book(book))


def read_member(stream: int, principal: str) -> Member | None:
    """A contributor's state in the pool of a stream, None for one that never recorded work there."""
    text = members.get(f"{stream:x}/{principal}")
    return None if text is None else decode_member(text)


def write_member(stream: int, principal: str, member: Member) -> None:
    """Set a contributor's state in the pool of a stream."""
    members.insert(f"{stream:x}/{principal}", encode_member(member))


def read_payee(principal: str) -> Payee:
    """A payee's account; an empty one for who never had any."""
    text = payees.get(principal)
    return Payee() if text is None else decode_payee(text)


def write_payee(principal: str, payee: Payee) -> None:
    """Set a payee's account."""
    payees.insert(principal, encode_payee(payee))


# -- Payments ---------------------------------------------------------------------------------------------------------------


def find_collection(order: int) -> Collection | None:
    """An order's collection that is no longer open, None when it has none."""
    text = collections.get(order)
    return None if text is None else decode_collection(text)


def read_collection(order: int) -> Collection:
    """An order's collection that is no longer open, which must exist."""
    return decode_collection(_present(collections.get(order)))


def write_collection(order: int, collection: Collection) -> None:
    """Set an order's collection that is no longer open."""
    collections.insert(order, encode_collection(collection))


def find_payout(number: int) -> Payout | None:
    """A payout that is no longer open, None for any other number."""
    text = payouts.get(number)
    return None if text is None else decode_payout(text)


def read_payout(number: int) -> Payout:
    """A payout that is no longer open, which must exist."""
    return decode_payout(_present(payouts.get(number)))


def write_payout(number: int, payout: Payout) -> None:
    """Set a payout that is no longer open."""
    payouts.insert(number, encode_payout(payout))


# -- Pushes -----------------------------------------------------------------------------------------------------------------


def read_push(place: int) -> Push:
    """Who is paid without asking at a place, which must be taken."""
    return decode_push(_present(pushes.get(place)))


def write_push(place: int, push: Push) -> None:
    """Set who is paid without asking at a place."""
    pushes.insert(place, encode_push(push))


def remove_push(place: int) -> None:
    """Clear a place."""
    pushes.remove(place)


def _present(text: str | None) -> str:
    if text is None:
        raise Broken("a value that was written is not there")
    return text
