"""What lies on the payout splitter's desk right now: what waits for governance, what ledgers charge, where the timer stands.

It changes with every payment and is one small line of the splitter's state, so that nothing has to be looked for in a map to be found
again. What governance has set is in `splitter_settings`.

Pushes go round a dense list of places. A round that is under way has `push_left` places to go and begins anew with every credit; the alarm
is set only while there is something to do, so that a splitter where nothing happens does nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ddsx_core.number_lists import add_number, count_numbers, remove_number
from ddsx_core.open_rows import count_rows
from ddsx_core.stored_rows import decode_row, encode_row
from ddsx_core.units import Nanoseconds

_VERSION = "2"
_TEXTS = 4
_NUMBERS = 6
_RECENT = 4
_PAYOUTS = 5
_PUSHES = 6
_PUSH_LEFT = 8
_ALARM_AT = 9
"""Places among the fields of the stored line, the version at 0."""

MAX_OPEN_PAYMENTS = 200
"""Collections, and as many payouts, that may be open at once. All of them stand in one value: with some 200 characters each, a full desk
makes a message 1 M to 2 M instructions dearer. A ledger that lets so many pile up is down, and more would only be doubtful."""

MAX_UNRESOLVED = 200
"""Collections, and as many payouts, that may wait for governance; one more than that stays among the open ones."""

_COLLECTION = "c"
_PAYOUT = "p"


class Desk(NamedTuple):
    """What is under way, beside the rows of open payments; the stored line has texts before numbers, in this order.

    unresolved_collections, unresolved_payouts: number lists of orders and payouts.
    fees: what each ledger charges, by its number, between commas; empty where it was not asked yet.
    recent: the latest entries of the `payout_index`.
    pushes: places of the push list; push_cursor: those that had their turn lately; push_left: those still to go in this round.
    alarm_at: when the timer fires next, 0 when it is not set.
    payouts_seen: how many payouts there were when the timer fired last.
    """

    unresolved_collections: str = ""
    unresolved_payouts: str = ""
    fees: str = ""
    recent: str = ""
    payouts: int = 0
    pushes: int = 0
    push_cursor: int = 0
    push_left: int = 0
    alarm_at: Nanoseconds = Nanoseconds(0)
    payouts_seen: int = 0


# -- The ledgers' fees ------------------------------------------------------------------------------------------------------


def known_fee(desk: Desk, ledger: int) -> int | None:
    """What a ledger charges for a transfer, None until it was asked."""
    return fee_in(desk.fees, ledger)


def fee_in(fees: str, ledger: int) -> int | None:
    """What a ledger charges, of the text of all fees."""
    listed = fees.split(",")
    return int(listed[ledger], 16) if ledger < len(listed) and listed[ledger] else None


def with_known_fee(desk: Desk, ledger: int, fee: int) -> Desk:
    """The desk after a ledger told its fee."""
    fees = desk.fees.split(",")
    fees += [""] * (ledger + 1 - len(fees))
    fees[ledger] = f"{fee:x}"
    return desk._replace(fees=",".join(fees))


# -- Open payments ----------------------------------------------------------------------------------------------------------


def collection_key(order: int) -> str:
    """The key of an order's collection among the open rows."""
    return f"{_COLLECTION}{order:x}"


def payout_key(number: int) -> str:
    """The key of a payout among the open rows."""
    return f"{_PAYOUT}{number:x}"


def open_numbers(keys: Sequence[str]) -> tuple[list[int], list[int]]:
    """The orders and the payouts that keys stand for."""
    orders = [int(key[1:], 16) for key in keys if key[0] == _COLLECTION]
    return orders, [int(key[1:], 16) for key in keys if key[0] == _PAYOUT]


def open_number(key: str) -> int:
    """The order or payout that a key stands for."""
    return int(key[1:], 16)


def has_room_for_collection(rows: str) -> bool:
    """Whether another collection may be opened."""
    return count_rows(rows, _COLLECTION) < MAX_OPEN_PAYMENTS


def has_room_for_payout(rows: str) -> bool:
    """Whether another payout may be opened."""
    return count_rows(rows, _PAYOUT) < MAX_OPEN_PAYMENTS


def with_unresolved_collection(desk: Desk, order: int) -> Desk | None:
    """The desk after an open collection was given up until governance resolves it; None when too many wait for that."""
    if count_numbers(desk.unresolved_collections) >= MAX_UNRESOLVED:
        return None
    return desk._replace(unresolved_collections=add_number(desk.unresolved_collections, order))


def without_collection(desk: Desk, order: int) -> Desk:
    """The desk after an unresolved collection's outcome is known."""
    return desk._replace(unresolved_collections=remove_number(desk.unresolved_collections, order))


def with_unresolved_payout(desk: Desk, number: int) -> Desk | None:
    """The desk after an open payout was given up until governance resolves it; None when too many wait for that."""
    if count_numbers(desk.unresolved_payouts) >= MAX_UNRESOLVED:
        return None
    return desk._replace(unresolved_payouts=add_number(desk.unresolved_payouts, number))


def without_payout(desk: Desk, number: int) -> Desk:
    """The desk after an unresolved payout's outcome is known."""
    return desk._replace(unresolved_payouts=remove_number(desk.unresolved_payouts, number))


# -- The timer --------------------------------------------------------------------------------------------------------------


def push_places(desk: Desk, most: int) -> list[int]:
    """The places, counted from 1, of those whose turn it is in this round: at most so many, each once."""
    return [(desk.push_cursor + step) % desk.pushes + 1 for step in range(min(most, desk.push_left, desk.pushes))]


def after_pushes(desk: Desk, pushed: int) -> Desk:
    """The desk after so many places had their turn."""
    cursor = (desk.push_cursor + pushed) % desk.pushes if desk.pushes else 0
    return desk._replace(push_cursor=cursor, push_left=min(desk.push_left - pushed, desk.pushes))


def with_alarm(desk: str, at: Nanoseconds, now: Nanoseconds) -> str | None:
    """The stored desk with the timer set to fire at a moment; None when it fires before that anyway.

    One that should have fired and did not, because its message trapped, counts as not set. Cost: a split, as most messages set none.
    """
    fields = desk.split("|")
    if now < int(fields[_ALARM_AT], 16) <= at:
        return None
    fields[_ALARM_AT] = f"{at:x}"
    return "|".join(fields)


def awakened(desk: str) -> str | None:
    """The stored desk after money came in: all who want to be paid without asking are to be looked at. None when nobody wants that."""
    fields = desk.split("|")
    if fields[_PUSHES] == "0":
        return None
    fields[_PUSH_LEFT] = fields[_PUSHES]
    return "|".join(fields)


# -- Payouts: of the stored line only what they need, as every claim does that -------------------------------------------


def desk_fields(desk: str) -> tuple[str, str, int]:
    """Of a stored desk the unresolved payouts, the ledgers' fees, and how many payouts there are."""
    fields = desk.split("|", _PUSHES)
    return fields[2], fields[3], int(fields[_PAYOUTS], 16)


def with_payouts(desk: str, payouts: int) -> str:
    """The stored desk after payouts up to that number were opened."""
    fields = desk.split("|", _PUSHES)
    fields[_PAYOUTS] = f"{payouts:x}"
    return "|".join(fields)


def recent_in(desk: str) -> str:
    """Of a stored desk the latest entries of the payout index."""
    return desk.split("|", _PAYOUTS)[_RECENT]


def with_recent(desk: str, recent: str) -> str:
    """The stored desk with other latest entries of the payout index."""
    fields = desk.split("|", _PAYOUTS)
    fields[_RECENT] = recent
    return "|".join(fields)


# -- Stored values ----------------------------------------------------------------------------------------------------------


def encode_desk(desk: Desk) -> str:
    """The stored line of the desk."""
    return encode_row(_VERSION, desk[:4], desk[4:])


def decode_desk(text: str) -> Desk:
    """What `encode_desk` wrote; anything else is Broken."""
    texts, numbers = decode_row(_VERSION, _TEXTS, _NUMBERS, text)
    return Desk(*texts, *numbers)  # type: ignore[arg-type]
