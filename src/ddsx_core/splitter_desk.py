"""What the payout splitter knows about itself: who is who (`Settings`), and what lies on its desk right now (`Desk`).

Settings change by governance alone. The desk changes with nearly every payment and is one small value, so that finding what is open never
means looking through a map.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ddsx_core.accounts import is_anonymous
from ddsx_core.number_lists import add_number, count_numbers, remove_number, rotate_numbers
from ddsx_core.refused import Refused, invalid_account
from ddsx_core.stored_rows import decode_row, encode_row
from ddsx_core.stream_books import invalid_share
from ddsx_core.units import AccountKey, Ppm, PrincipalText, Units

_SETTINGS_VERSION = "1"
_DESK_VERSION = "1"

MAX_REGISTRIES = 16
"""Registries that may record work; each is a shard with millions of streams."""

MAX_PROTOCOL_FEE_PPM = 100_000
"""The most that governance may take of a sale: 10 %. Providers and contributors list under this promise."""

MAX_OPEN_PAYMENTS = 500
"""Payments of a kind that may be open or unresolved at once. A canister may have 500 calls to another one outstanding; a ledger that lets
so many pile up is down, and taking on more would only make more of them doubtful."""

UNKNOWN_FEE = -1
"""Stands for the ledger's fee until it was asked."""


class Settings(NamedTuple):
    """Who is who; the stored value has texts before numbers, in this order. registries: principals between commas."""

    governance: PrincipalText
    dst_ledger: PrincipalText
    payment_ledger: PrincipalText
    own: PrincipalText
    treasury: AccountKey
    registries: str
    protocol_fee_ppm: Ppm
    paused: int


class Desk(NamedTuple):
    """What is under way; the stored value has texts before numbers, in this order.

    The four lists are number lists, oldest first: orders and payouts. collecting_units: the prices of all open and unresolved collections.
    """

    open_collections: str = ""
    open_payouts: str = ""
    unresolved_collections: str = ""
    unresolved_payouts: str = ""
    ledger_fee: int = UNKNOWN_FEE
    payouts: int = 0
    pushes: int = 0
    push_cursor: int = 0
    collecting_units: Units = Units(0)


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


def has_room_for_collection(desk: Desk) -> bool:
    """Whether another collection may be opened."""
    return count_numbers(desk.open_collections) + count_numbers(desk.unresolved_collections) < MAX_OPEN_PAYMENTS


def has_room_for_payout(desk: Desk) -> bool:
    """Whether another payout may be opened."""
    return count_numbers(desk.open_payouts) + count_numbers(desk.unresolved_payouts) < MAX_OPEN_PAYMENTS


def with_collection(desk: Desk, order: int, price: Units) -> Desk:
    """The desk after a collection was opened."""
    return desk._replace(
        open_collections=add_number(desk.open_collections, order), collecting_units=Units(desk.collecting_units + price)
    )


def without_collection(desk: Desk, order: int, price: Units) -> Desk:
    """The desk after a collection's outcome is known."""
    return desk._replace(
        open_collections=remove_number(desk.open_collections, order),
        unresolved_collections=remove_number(desk.unresolved_collections, order),
        collecting_units=Units(desk.collecting_units - price),
    )


def with_unresolved_collection(desk: Desk, order: int) -> Desk:
    """The desk after an open collection was given up until governance resolves it."""
    return desk._replace(
        open_collections=remove_number(desk.open_collections, order),
        unresolved_collections=add_number(desk.unresolved_collections, order),
    )


def payouts_under_way(desk: Desk) -> str:
    """The number list of all payouts whose outcome is not known."""
    return f"{desk.open_payouts},{desk.unresolved_payouts}"


def with_payout(desk: Desk) -> tuple[Desk, int]:
    """The desk after a payout was opened, and its number; payouts are numbered densely from 1."""
    number = desk.payouts + 1
    return desk._replace(open_payouts=add_number(desk.open_payouts, number), payouts=number), number


def without_payout(desk: Desk, number: int) -> Desk:
    """The desk after a payout's outcome is known."""
    return desk._replace(
        open_payouts=remove_number(desk.open_payouts, number), unresolved_payouts=remove_number(desk.unresolved_payouts, number)
    )


def with_unresolved_payout(desk: Desk, number: int) -> Desk:
    """The desk after an open payout was given up until governance resolves it."""
    return desk._replace(
        open_payouts=remove_number(desk.open_payouts, number), unresolved_payouts=add_number(desk.unresolved_payouts, number)
    )


# -- The round of the timer -------------------------------------------------------------------------------------------------


def after_round(desk: Desk, looked_at: int, pushed: int) -> Desk:
    """The desk after a round of the timer: what it looked at goes behind the rest, so that nothing waits for what keeps failing."""
    return desk._replace(
        open_collections=rotate_numbers(desk.open_collections, looked_at),
        open_payouts=rotate_numbers(desk.open_payouts, looked_at),
        push_cursor=(desk.push_cursor + pushed) % desk.pushes if desk.pushes else 0,
    )


def push_places(desk: Desk, most: int) -> list[int]:
    """The places, counted from 1, of those whose turn it is to be pushed to: at most so many, each once."""
    return [(desk.push_cursor + step) % desk.pushes + 1 for step in range(min(most, desk.pushes))]


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
    return encode_row(_DESK_VERSION, desk[:4], desk[4:])


def decode_desk(text: str) -> Desk:
    """What `encode_desk` wrote; anything else is Broken."""
    texts, numbers = decode_row(_DESK_VERSION, 4, 5, text)
    return Desk(*texts, *numbers)  # type: ignore[arg-type]
