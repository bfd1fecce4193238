"""What the payout splitter knows about itself: who is who (`Settings`), and what lies on its desk right now (`Desk`).

Settings change by governance alone. The desk changes with every payment and is one small value, so that nothing has to be looked for in a
map to be found again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ddsx_core.accounts import is_anonymous
from ddsx_core.number_lists import add_number, count_numbers, remove_number
from ddsx_core.open_rows import count_rows
from ddsx_core.refused import Refused, invalid_account
from ddsx_core.stored_rows import decode_row, encode_row
from ddsx_core.stream_books import invalid_share
from ddsx_core.units import AccountKey, Ppm, PrincipalText

_SETTINGS_VERSION = "1"
_DESK_VERSION = "1"

MAX_REGISTRIES = 16
"""Registries that may record work; each is a shard with millions of streams."""

MAX_PROTOCOL_FEE_PPM = 100_000
"""The most that governance may take of a sale: 10 %. Providers and contributors list under this promise."""

MAX_OPEN_PAYMENTS = 200
"""Collections, and as many payouts, that may be open at once. All of them stand in one value: with some 200 characters each, a full desk
makes a message 1 M to 2 M instructions dearer. A ledger that lets so many pile up is down, and more would only be doubtful."""

MAX_UNRESOLVED = 200
"""Collections, and as many payouts, that may wait for governance; one more than that stays among the open ones."""

UNKNOWN_FEE = -1
"""Stands for the ledger's fee until it was asked."""

_COLLECTION = "c"
_PAYOUT = "p"


class Settings(NamedTuple):
    """Who is who, and what governance set; the stored value has texts before numbers, in this order.

    registries: principals between commas.
    """

    governance: PrincipalText
    dst_ledger: PrincipalText
    payment_ledger: PrincipalText
    own: PrincipalText
    treasury: AccountKey
    registries: str
    protocol_fee_ppm: Ppm
    paused: int


class Desk(NamedTuple):
    """What is under way, beside the rows of open payments; the stored value has texts before numbers, in this order.

    unresolved_collections, unresolved_payouts: number lists of orders and payouts.
    """

    unresolved_collections: str = ""
    unresolved_payouts: str = ""
    ledger_fee: int = UNKNOWN_FEE
    payouts: int = 0
    pushes: int = 0
    push_cursor: int = 0


# -- Settings ---------------------------------------------------------------------------------------------------------------


def check_settings(settings: Settings) -> Settings:
    """The settings, if they may stand.

    Refuses (in order): InvalidShare for a protocol fee above `MAX_PROTOCOL_FEE_PPM`, InvalidAccount for an anonymous treasury,
        TooManyRegistries for more than `MAX_REGISTRIES`.
    """
    if settings.protocol_fee_ppm > MAX_PROTOCOL_FEE_PPM:
        raise invalid_share(MAX_PROTOCOL_FEE_PPM)
    if is_anonymous(settings.treasury):
        raise invalid_account("an account of the anonymous principal")
    if settings.registries.count(",") >= MAX_REGISTRIES:
        raise Refused("TooManyRegistries", {"most": MAX_REGISTRIES})
    return settings


def registry_list(registries: Sequence[str]) -> str:
    """The text of a list of registries."""
    return ",".join(registries)


def is_registry(settings: Settings, principal: str) -> bool:
    """Whether a principal is among the registries."""
    return f",{principal}," in f",{settings.registries},"


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


def with_payout(desk: Desk) -> Desk:
    """The desk after payout number `desk.payouts + 1` was opened."""
    unresolved_collections, unresolved_payouts, ledger_fee, payouts, pushes, cursor = desk
    return Desk(unresolved_collections, unresolved_payouts, ledger_fee, payouts + 1, pushes, cursor)


def with_unresolved_payout(desk: Desk, number: int) -> Desk | None:
    """The desk after an open payout was given up until governance resolves it; None when too many wait for that."""
    if count_numbers(desk.unresolved_payouts) >= MAX_UNRESOLVED:
        return None
    return desk._replace(unresolved_payouts=add_number(desk.unresolved_payouts, number))


def without_payout(desk: Desk, number: int) -> Desk:
    """The desk after an unresolved payout's outcome is known."""
    return desk._replace(unresolved_payouts=remove_number(desk.unresolved_payouts, number))


# -- The round of the timer -------------------------------------------------------------------------------------------------


def push_places(desk: Desk, most: int) -> list[int]:
    """The places, counted from 1, of those whose turn it is to be pushed to: at most so many, each once."""
    return [(desk.push_cursor + step) % desk.pushes + 1 for step in range(min(most, desk.pushes))]


def after_pushes(desk: Desk, pushed: int) -> Desk:
    """The desk after so many places had their turn."""
    return desk._replace(push_cursor=(desk.push_cursor + pushed) % desk.pushes if desk.pushes else 0)


# -- Stored values ----------------------------------------------------------------------------------------------------------


def encode_settings(settings: Settings) -> str:
    """The stored value of the settings."""
    return encode_row(_SETTINGS_VERSION, settings[:6], settings[6:])


def decode_settings(text: str) -> Settings:
    """What `encode_settings` wrote; anything else is Broken."""
    texts, numbers = decode_row(_SETTINGS_VERSION, 6, 2, text)
    return Settings(*texts, *numbers)  # type: ignore[arg-type]


def encode_desk(desk: Desk) -> str:
    """The stored value of the desk."""
    return encode_row(_DESK_VERSION, desk[:2], desk[2:])


def decode_desk(text: str) -> Desk:
    """What `encode_desk` wrote; anything else is Broken."""
    texts, numbers = decode_row(_DESK_VERSION, 2, 4, text)
    return Desk(*texts, *numbers)  # type: ignore[arg-type]
