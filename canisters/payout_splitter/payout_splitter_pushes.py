"""Who is paid without asking: a dense list of places, so that the timer can go round it without looking through a map."""

from __future__ import annotations

from collections.abc import Sequence

from payout_splitter_alarm import wake_pushes
from payout_splitter_payouts import destination_of
from payout_splitter_store import (
    State,
    find_book,
    find_membership,
    read_payee,
    read_push,
    remove_push,
    write_payee,
    write_push,
    write_state,
)

from ddsx_core.accounts import owner_of
from ddsx_core.number_lists import list_text
from ddsx_core.payout_rules import Push, check_streams, check_threshold, unknown_stream
from ddsx_core.refused import Refused
from ddsx_core.splitter_desk import decode_desk, encode_desk
from ddsx_core.splitter_settings import Settings
from ddsx_core.stream_books import Book
from ddsx_core.units import Nanoseconds, PrincipalText
from ddsx_wire.payout_types import PushSettings
from ddsx_wire.principals import ANONYMOUS_TEXT


def enable_push(state: State, settings: Settings, name: PrincipalText, wish: PushSettings, now: Nanoseconds) -> None:
    """Write how a payee wants to be paid on a ledger, and look soon whether it is to be paid already.

    Refuses (in order): AnonymousCaller, TooManyStreams, UnknownLedger, InvalidAccount, InvalidThreshold, UnknownStream, NotAPayee for who
        has nothing to do with the streams named and was never credited: a place costs the timer work for ever.
    """
    if name == ANONYMOUS_TEXT:
        raise Refused("AnonymousCaller")
    streams, ledger = check_streams(wish["streams"]), wish["ledger"]
    to = destination_of(settings, name, ledger, wish["to"])
    push = Push(name, to, list_text(streams), ledger, check_threshold(wish["threshold"]))
    payee = read_payee(ledger, name)
    holds_office = name in (owner_of(settings.treasury), settings.validators)
    if not _takes_part(name, streams) and not payee.credited_units and not holds_office:
        raise Refused("NotAPayee")
    place = payee.push_place
    if not place:
        desk = decode_desk(state.desk)
        place = desk.pushes + 1
        write_payee(ledger, name, payee._replace(push_place=place))
        state.desk = encode_desk(desk._replace(pushes=place))
    write_push(place, push)
    wake_pushes(state, now)
    write_state(state)


def disable_push(state: State, name: PrincipalText, ledger: int) -> None:
    """Take a payee off the list of a ledger, if it is there; the last one takes its place."""
    payee = read_payee(ledger, name)
    place = payee.push_place
    if not place:
        return
    desk = decode_desk(state.desk)
    if place != desk.pushes:
        last = read_push(desk.pushes)
        write_push(place, last)
        write_payee(last.ledger, last.payee, read_payee(last.ledger, last.payee)._replace(push_place=place))
    remove_push(desk.pushes)
    write_payee(ledger, name, payee._replace(push_place=0))
    state.desk = encode_desk(desk._replace(pushes=desk.pushes - 1, push_left=min(desk.push_left, desk.pushes - 1)))
    write_state(state)


def _takes_part(name: PrincipalText, streams: Sequence[int]) -> bool:
    """Whether somebody is named by the plan of one of the streams, or recorded work there; all of them must exist."""
    found = False
    for stream in streams:
        book = find_book(stream)
        if book is None:
            raise unknown_stream(stream)
        found = found or _is_named(book, name) or find_membership(stream, name) is not None
    return found


def _is_named(book: Book, name: PrincipalText) -> bool:
    return name == book.provider or f"p:{name}" in [step.payee for step in book.steps()]
