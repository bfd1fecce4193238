"""Who is paid without asking: a dense list of places, so that the timer can go round it without looking through a map."""

from __future__ import annotations

from collections.abc import Sequence

from payout_splitter_payouts import destination_of
from payout_splitter_store import (
    read_book,
    read_member,
    read_payee,
    read_push,
    read_state,
    remove_push,
    write_payee,
    write_push,
    write_state,
)

from ddsx_core.accounts import owner_of
from ddsx_core.number_lists import list_text
from ddsx_core.payout_rules import Push, check_streams, check_threshold, unknown_stream
from ddsx_core.refused import Refused
from ddsx_core.splitter_desk import Settings, decode_desk, encode_desk
from ddsx_core.units import PrincipalText
from ddsx_wire.payout_types import PushSettings
from ddsx_wire.principals import ANONYMOUS_TEXT


def enable_push(settings: Settings, name: PrincipalText, wish: PushSettings) -> None:
    """Write how a payee wants to be paid.

    Refuses (in order): AnonymousCaller, TooManyStreams, InvalidAccount, InvalidThreshold, UnknownStream, NotAPayee for who has nothing to
        do with the streams named and was never credited: a place costs the timer work for ever.
    """
    if name == ANONYMOUS_TEXT:
        raise Refused("AnonymousCaller")
    streams = check_streams(wish["streams"])
    push = Push(name, destination_of(settings, name, wish["to"]), list_text(streams), check_threshold(wish["threshold"]))
    payee = read_payee(name)
    if not _takes_part(name, streams) and not payee.credited_units and owner_of(settings.treasury) != name:
        raise Refused("NotAPayee")
    if payee.push_place:
        write_push(payee.push_place, push)
        return
    totals, desk_text, rows = read_state()
    desk = decode_desk(desk_text)
    place = desk.pushes + 1
    write_push(place, push)
    write_payee(name, payee._replace(push_place=place))
    write_state(totals, encode_desk(desk._replace(pushes=place)), rows)


def disable_push(name: str) -> None:
    """Take a payee off the list, if it is there; the last one takes its place."""
    payee = read_payee(name)
    place = payee.push_place
    if not place:
        return
    totals, desk_text, rows = read_state()
    desk = decode_desk(desk_text)
    if place != desk.pushes:
        last = read_push(desk.pushes)
        write_push(place, last)
        write_payee(last.payee, read_payee(last.payee)._replace(push_place=place))
    remove_push(desk.pushes)
    write_payee(name, payee._replace(push_place=0))
    write_state(totals, encode_desk(desk._replace(pushes=desk.pushes - 1)), rows)


def _takes_part(name: str, streams: Sequence[int]) -> bool:
    """Whether somebody provides one of the streams, or recorded work there; all of them must exist."""
    found = False
    for stream in streams:
        book = read_book(stream)
        if book is None:
            raise unknown_stream(stream)
        found = found or book.provider == name or read_member(stream, name) is not None
    return found
