"""Paying payees: drawn from their streams and balance, written down, asked of the ledger, settled by its answer.

The rules are in `ddsx_core.payout_rules` (what a payout is) and `ddsx_core.payment_rules` (what an answer proves).
"""

from __future__ import annotations

from collections.abc import Sequence

from kybra import ic
from payout_splitter_answers import Steps, answer_in
from payout_splitter_store import (
    read_book,
    read_desk,
    read_member,
    read_payee,
    read_payout,
    read_push,
    read_settings,
    read_totals,
    write_book,
    write_desk,
    write_member,
    write_payee,
    write_payout,
    write_totals,
)

from ddsx_core.accounts import account_key, owner_of, subaccount_of
from ddsx_core.accrual import Member
from ddsx_core.collection_rules import memo_of, refusal_text
from ddsx_core.number_lists import has_number
from ddsx_core.payment_rules import OPEN, PAYING_ANSWERS, REFUSED, UNRESOLVED, is_due, judge_answer, window_has_closed
from ddsx_core.payout_rules import (
    Payout,
    check_destination,
    check_open_payouts,
    check_request_time,
    check_streams,
    claimed,
    credited,
    given_back,
    paid,
    payouts_among,
    refused,
    requoted,
    start_payout,
    stream_list,
    tried,
    unknown_stream,
    unresolved,
    with_fee,
)
from ddsx_core.payout_totals import add_changes, payment_change, pool_change, return_change, withdrawal_change
from ddsx_core.refused import Refused
from ddsx_core.splitter_desk import (
    UNKNOWN_FEE,
    Desk,
    Settings,
    has_room_for_payout,
    payouts_under_way,
    with_payout,
    with_unresolved_payout,
    without_payout,
)
from ddsx_core.stream_books import Book, Drawn, draw
from ddsx_wire.icrc_types import Account
from ddsx_wire.ledger_service import PaymentLedger
from ddsx_wire.payout_types import ClaimArgs
from ddsx_wire.principals import ANONYMOUS_TEXT, principal_of


def open_claim(settings: Settings, name: str, args: ClaimArgs, now: int) -> tuple[int, Payout, bool]:
    """The number and payout of a claim, and whether it is new: written down as tried, to be attempted in this message.

    Refuses (in order): AnonymousCaller, TooManyStreams, InvalidAccount, then as `check_request_time`, then as `open_payout`.
    """
    if name == ANONYMOUS_TEXT:
        raise Refused("AnonymousCaller")
    streams = check_streams(args["streams"])
    to = destination_of(settings, name, args["to"])
    request_time = args["created_at_time"]
    started = None if request_time is None else check_request_time(read_payee(name), request_time, now)
    if started is not None:
        return started, read_payout(started), False
    number, payout = open_payout(settings, name, streams, to, 0, request_time, now)
    return number, payout, True


def destination_of(settings: Settings, name: str, to: Account | None) -> str:
    """Where a payee's money goes: its default account unless it says otherwise. Refuses: InvalidAccount."""
    key = account_key(name) if to is None else account_key(to["owner"].to_str(), to["subaccount"])
    return check_destination(key, settings.own)


def open_payout(
    settings: Settings, name: str, streams: Sequence[int], to: str, least: int, request_time: int | None, now: int
) -> tuple[int, Payout]:
    """Draw all that a payee has in `streams` and in its balance for a new payout, written down as tried, to be attempted in this message.

    Refuses (in order): Paused, UnknownStream, TemporarilyUnavailable while the ledger's fee is not known or too many payouts are open,
        Pending while too many of the payee's own are open, NothingToClaim. Nothing is written before the last of them.
    """
    if settings.paused:
        raise Refused("Paused")
    draws = [(stream, *_draw(stream, name)) for stream in streams]
    desk = read_desk()
    if desk.ledger_fee == UNKNOWN_FEE:
        raise Refused("TemporarilyUnavailable", {"reason": "the ledger's fee is not known yet"})
    if not has_room_for_payout(desk):
        raise Refused("TemporarilyUnavailable", {"reason": "too many payouts are open: the ledger does not answer"})
    payee = check_open_payouts(read_payee(name), payouts_under_way(desk))
    totals = read_totals()
    from_treasury = totals.treasury_units if owner_of(settings.treasury) == name else 0
    payee = credited(payee, from_treasury + sum([drawn.contribution_units + drawn.provider_units for _, _, drawn in draws]))
    desk, number = with_payout(desk)
    payee, payout = start_payout(payee, name, to, number, desk.ledger_fee, least, now)
    payout = tried(payout, now)
    if request_time is not None:
        payee = claimed(payee, request_time, number)
    changes = [pool_change(before.pool, drawn.book.pool) for _, before, drawn in draws]
    totals = add_changes(totals, *changes, withdrawal_change(payout.amount + payout.fee, from_treasury))
    for stream, _, drawn in draws:
        _write_drawn(stream, name, drawn)
    write_payee(name, payee)
    write_payout(number, payout)
    write_desk(desk)
    write_totals(totals)
    return number, payout


def attempt_payout(settings: Settings, number: int, sent: Payout) -> Steps:
    """Ask the ledger for a payout that is written as tried; the payout as it stands after the answer.

    A first attempt that is told another fee is followed at once by one with that fee, once.
    """
    after = conclude_payout(number, sent, *(yield from _transfer(settings, number, sent)), may_requote=True)
    if after.state == OPEN and after.fee != sent.fee:
        return conclude_payout(number, after, *(yield from _transfer(settings, number, after)), may_requote=False)
    return after


def conclude_payout(number: int, sent: Payout, kind: str, data: dict[str, int | str], *, may_requote: bool) -> Payout:
    """Write what an answer to the attempt `sent` proves; the payout as it stands. An answer that comes too late changes nothing."""
    desk = read_desk()
    if kind == "BadFee":
        desk = desk._replace(ledger_fee=int(data["expected_fee"]))
        write_desk(desk)
    if not has_number(desk.open_payouts, number) and not has_number(desk.unresolved_payouts, number):
        return read_payout(number)
    if kind in PAYING_ANSWERS:
        return settle_payout(desk, number, sent, int(data["block_index"]))
    stored = read_payout(number)
    state = judge_answer(kind, sent.attempts, is_latest=stored == sent)
    if stored.state == OPEN and state == REFUSED:
        again = requoted(stored, desk.ledger_fee, ic.time()) if kind == "BadFee" and may_requote else None
        if again is not None:
            return _start_over(number, stored, again)
        return refuse_payout(desk, number, refused(stored, refusal_text(kind, data)))
    if stored.state == OPEN and state == UNRESOLVED:
        return give_up_payout(desk, number, stored)
    return stored


def settle_payout(desk: Desk, number: int, payout: Payout, block_index: int) -> Payout:
    """Book a payout that the ledger carried out."""
    done = paid(payout, block_index)
    totals = add_changes(read_totals(), payment_change(payout.amount, payout.fee))
    write_payout(number, done)
    write_desk(without_payout(desk, number))
    write_totals(totals)
    return done


def refuse_payout(desk: Desk, number: int, payout: Payout) -> Payout:
    """Give amount and fee of a payout that did not happen back to the payee's balance."""
    payee = given_back(read_payee(payout.payee), payout, number)
    totals = add_changes(read_totals(), return_change(payout.amount + payout.fee))
    write_payee(payout.payee, payee)
    write_payout(number, payout)
    write_desk(without_payout(desk, number))
    write_totals(totals)
    return payout


def give_up_payout(desk: Desk, number: int, payout: Payout) -> Payout:
    """Write that no attempt can tell a payout's outcome any more."""
    after = unresolved(payout)
    write_payout(number, after)
    write_desk(with_unresolved_payout(desk, number))
    return after


def retry_payout(number: int) -> Steps:
    """Another attempt of a payout that is still open, when its time has come."""
    now = ic.time()
    stored = read_payout(number)
    if stored.state != OPEN or not is_due(stored.attempts, stored.tried_at, now):
        return stored
    if window_has_closed(stored.created_at, now):
        return give_up_payout(read_desk(), number, stored)
    sent = tried(stored, now)
    write_payout(number, sent)
    return (yield from attempt_payout(read_settings(), number, sent))


def push_payout(place: int) -> Steps:
    """Pay who stands at a place of the pushes, if enough is due and none of its payouts is open."""
    desk = read_desk()
    if place > desk.pushes:
        return None
    push = read_push(place)
    if payouts_among(read_payee(push.payee), desk.open_payouts):
        return None
    settings = read_settings()
    try:
        number, payout = open_payout(settings, push.payee, stream_list(push), push.to, push.threshold, None, ic.time())
    except Refused:
        return None
    return (yield from attempt_payout(settings, number, payout))


def _transfer(settings: Settings, number: int, payout: Payout) -> Steps:
    """The ledger's answer to a payout's call."""
    result = yield PaymentLedger(principal_of(settings.payment_ledger)).icrc1_transfer(
        {
            "from_subaccount": None,
            "to": {"owner": principal_of(owner_of(payout.to)), "subaccount": subaccount_of(payout.to)},
            "amount": payout.amount,
            "fee": payout.fee,
            "memo": memo_of(number),
            "created_at_time": payout.created_at,
        }
    )
    return answer_in(result)


def _start_over(number: int, before: Payout, again: Payout) -> Payout:
    """Write a payout with another fee."""
    write_payee(before.payee, with_fee(read_payee(before.payee), before, again))
    write_payout(number, again)
    return again


def _draw(stream: int, name: str) -> tuple[Book, Drawn]:
    """A stream's book, and what drawing from it makes of it."""
    book = read_book(stream)
    if book is None:
        raise unknown_stream(stream)
    return book, draw(book, read_member(stream, name) or Member(), name)


def _write_drawn(stream: int, name: str, drawn: Drawn) -> None:
    """Write what changed: nothing where nothing was due."""
    if drawn.contribution_units:
        write_member(stream, name, drawn.member)
    if drawn.contribution_units or drawn.provider_units:
        write_book(stream, drawn.book)
