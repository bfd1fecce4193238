"""Paying payees: drawn from their streams and balance, written down, asked of the ledger, settled by its answer.

The rules are in `ddsx_core.payout_rules` (what a payout is) and `ddsx_core.payment_rules` (what an answer proves).
"""

from __future__ import annotations

from collections.abc import Sequence

from kybra import ic
from payout_splitter_answers import Steps, answer_in
from payout_splitter_store import (
    State,
    read_book,
    read_member,
    read_payee,
    read_payout,
    read_push,
    read_settings,
    read_standing,
    read_state,
    write_book,
    write_member,
    write_payee,
    write_payout,
    write_state,
    write_state_with,
)

from ddsx_core.accounts import account_key, owner_of, subaccount_of
from ddsx_core.accrual import Member
from ddsx_core.collection_rules import memo_of, refusal_text
from ddsx_core.number_lists import has_number
from ddsx_core.open_rows import add_row, take_row
from ddsx_core.payment_rules import OPEN, PAYING_ANSWERS, REFUSED, UNRESOLVED, is_due, judge_answer, window_has_closed
from ddsx_core.payout_rules import (
    Payee,
    Payout,
    Wish,
    check_destination,
    check_open_payouts,
    check_paid,
    check_request_time,
    check_streams,
    decode_payout,
    encode_payout,
    given_back,
    open_payouts_of,
    paid,
    refused,
    requoted,
    start_payout,
    stream_list,
    tried,
    unknown_stream,
    unresolved,
    with_fee,
)
from ddsx_core.payout_totals import after_draw, after_requote, after_return, decode_totals
from ddsx_core.refused import Refused
from ddsx_core.splitter_desk import (
    UNKNOWN_FEE,
    Settings,
    decode_desk,
    encode_desk,
    has_room_for_payout,
    payout_key,
    with_payout,
    with_unresolved_payout,
    without_payout,
)
from ddsx_core.stream_books import draw_contribution, due_to, without_due
from ddsx_core.units import AccountKey, Nanoseconds, PrincipalText, Units
from ddsx_wire.icrc_types import Account
from ddsx_wire.ledger_service import PaymentLedger
from ddsx_wire.payout_types import ClaimArgs, PaidOut
from ddsx_wire.principals import ANONYMOUS_TEXT, principal_of

Draw = tuple[int, Member, Units, Units]
"""What a payee draws: a stream, its membership there after, its contribution in whole units, the provider's shares that are due to it."""


def open_claim(settings: Settings, name: PrincipalText, args: ClaimArgs, now: Nanoseconds) -> tuple[int, Payout, bool]:
    """The number and payout of a claim, and whether it is new: written down as tried, to be attempted in this message.

    Refuses (in order): AnonymousCaller, TooManyStreams, InvalidAccount, then as `check_request_time`, then as `open_payout`.
    """
    if name == ANONYMOUS_TEXT:
        raise Refused("AnonymousCaller")
    streams = check_streams(args["streams"])
    request_time = None if args["created_at_time"] is None else Nanoseconds(args["created_at_time"])
    wish = Wish(name, destination_of(settings, name, args["to"]), Units(0), request_time)
    payee = read_payee(name)
    started = None if request_time is None else check_request_time(payee, request_time, now)
    if started is not None:
        return started, known_payout(read_state()[2], started), False
    number, payout = open_payout(settings, payee, wish, streams, now)
    return number, payout, True


def known_payout(rows: str, number: int) -> Payout:
    """A payout that was started, open or not."""
    row, _ = take_row(rows, payout_key(number))
    return read_payout(number) if row is None else decode_payout(row)


def paid_out_view(payout: Payout, number: int) -> PaidOut:
    """What happened. Refuses: as `check_paid`."""
    check_paid(payout, number)
    return {"payout": number, "amount": payout.amount, "fee": payout.fee, "block_index": payout.block_index}


def destination_of(settings: Settings, name: PrincipalText, to: Account | None) -> AccountKey:
    """Where a payee's money goes: its default account unless it says otherwise. Refuses: InvalidAccount."""
    if to is None:
        return account_key(name)
    return check_destination(account_key(PrincipalText(to["owner"].to_str()), to["subaccount"]), settings.own)


def open_payout(settings: Settings, payee: Payee, wish: Wish, streams: Sequence[int], now: Nanoseconds) -> tuple[int, Payout]:
    """Draw all that a payee has in `streams` and in its balance for a new payout, written down as tried, to be attempted in this message.

    Refuses (in order): Paused, UnknownStream, TemporarilyUnavailable while the ledger's fee is not known or too many payouts are open,
        Pending while too many of the payee's own are open, NothingToClaim. Nothing is written before the last of them.
    """
    if settings.paused:
        raise Refused("Paused")
    name = wish.payee
    draws = [_draw(stream, name) for stream in streams]
    totals, desk_text, rows = read_state()
    desk, sums = decode_desk(desk_text), decode_totals(totals)
    _, unresolved_payouts, ledger_fee, payouts, *_ = desk
    _check_readiness(ledger_fee, rows)
    open_payouts = open_payouts_of(payee, rows, unresolved_payouts)
    check_open_payouts(open_payouts)
    settled = Units(sum([contribution for _, _, contribution, _ in draws]))
    from_treasury = Units(sums.treasury_units if owner_of(settings.treasury) == name else 0)
    gained = Units(settled + from_treasury + sum([due for _, _, _, due in draws]))
    number = payouts + 1
    payee, payout = start_payout(payee, wish, gained, open_payouts, number, Units(ledger_fee), now)
    for draw in draws:
        _write_draw(name, draw)
    write_payee(name, payee)
    _, _, _, _, amount, fee, *_ = payout
    write_state_with(
        after_draw(sums, settled, from_treasury, amount, fee),
        encode_desk(with_payout(desk)),
        add_row(rows, payout_key(number), encode_payout(payout)),
    )
    return number, payout


def attempt_payout(settings: Settings, number: int, sent: Payout) -> Steps:
    """Ask the ledger for a payout that is written as tried; the payout as it stands after the answer.

    A first attempt that is told another fee is followed at once by one with that fee, once.
    """
    kind, data = yield from _transfer(settings, number, sent)
    after = conclude_payout(number, sent, kind, data, may_requote=True)
    if after.state != OPEN or after.fee == sent.fee:
        return after
    kind, data = yield from _transfer(settings, number, after)
    return conclude_payout(number, after, kind, data, may_requote=False)


def conclude_payout(number: int, sent: Payout, kind: str, data: dict[str, int | str], *, may_requote: bool) -> Payout:
    """Write what an answer to the attempt `sent` proves; the payout as it stands. An answer that comes too late changes nothing."""
    if kind == "BadFee":
        learn_ledger_fee(int(data["expected_fee"]))
    totals, desk, rows = read_state()
    row, others = take_row(rows, payout_key(number))
    if row is None:
        stored = read_payout(number)
        if stored.state == UNRESOLVED and kind in PAYING_ANSWERS:
            return settle_payout((totals, _without_number(desk, number), rows), number, stored, int(data["block_index"]))
        return stored
    if kind in PAYING_ANSWERS:
        return settle_payout((totals, desk, others), number, sent, int(data["block_index"]))
    stored = decode_payout(row)
    verdict = judge_answer(kind, sent.attempts, is_latest=stored == sent)
    if verdict == REFUSED:
        fee = Units(int(data["expected_fee"])) if kind == "BadFee" and may_requote else stored.fee
        again = requoted(stored, fee, Nanoseconds(ic.time()))
        if again is not None:
            return _start_over((totals, desk, others), number, stored, again)
        return refuse_payout((totals, desk, others), number, refused(stored, refusal_text(kind, data)))
    if verdict == UNRESOLVED:
        return give_up_payout((totals, desk, others), number, stored)
    return stored


def learn_ledger_fee(fee: int) -> None:
    """Write the ledger's fee."""
    totals, desk, rows = read_state()
    write_state(totals, encode_desk(decode_desk(desk)._replace(ledger_fee=fee)), rows)


def settle_payout(state: State, number: int, payout: Payout, block_index: int) -> Payout:
    """Book a payout that the ledger carried out: what it drew stays drawn.

    state: without the payout among what is open or unresolved; so too for the two below.
    """
    done = paid(payout, block_index)
    write_payout(number, done)
    write_state(*state)
    return done


def refuse_payout(state: State, number: int, payout: Payout) -> Payout:
    """Give amount and fee of a payout that did not happen back to the payee's balance."""
    totals, desk, rows = state
    payee = given_back(read_payee(payout.payee), payout, number)
    sums = after_return(decode_totals(totals), payout.amount, payout.fee)
    write_payee(payout.payee, payee)
    write_payout(number, payout)
    write_state_with(sums, desk, rows)
    return payout


def give_up_payout(state: State, number: int, payout: Payout) -> Payout:
    """Write that no attempt can tell a payout's outcome any more; unchanged while too many wait for governance."""
    totals, desk, rows = state
    with_number = with_unresolved_payout(decode_desk(desk), number)
    if with_number is None:
        return payout
    after = unresolved(payout)
    write_payout(number, after)
    write_state(totals, encode_desk(with_number), rows)
    return after


def resolve_payout(number: int, block_index: int | None, refusal: str) -> None:
    """Write the outcome that governance found in the ledger's log. Refuses: NotUnresolved."""
    totals, desk, rows = read_state()
    if not has_number(decode_desk(desk).unresolved_payouts, number):
        raise Refused("NotUnresolved")
    state, payout = (totals, _without_number(desk, number), rows), read_payout(number)
    if block_index is None:
        refuse_payout(state, number, refused(payout, refusal))
    else:
        settle_payout(state, number, payout, block_index)


def retry_payout(number: int) -> Steps:
    """Another attempt of a payout that is still open, when its time has come."""
    now, key = Nanoseconds(ic.time()), payout_key(number)
    totals, desk, rows = read_state()
    row, others = take_row(rows, key)
    stored = None if row is None else decode_payout(row)
    if stored is None or not is_due(stored.attempts, stored.tried_at, now):
        return stored
    if window_has_closed(stored.created_at, now):
        return give_up_payout((totals, desk, others), number, stored)
    sent = tried(stored, now)
    write_state(totals, desk, add_row(others, key, encode_payout(sent)))
    return (yield from attempt_payout(read_settings(), number, sent))


def push_payout(place: int) -> Steps:
    """Pay who stands at a place of the pushes, if enough is due and none of its payouts is open."""
    _, desk, rows = read_state()
    if place > decode_desk(desk).pushes:
        return None
    push = read_push(place)
    payee, settings = read_payee(push.payee), read_settings()
    if open_payouts_of(payee, rows, ""):
        return None
    wish = Wish(push.payee, push.to, push.threshold)
    try:
        number, payout = open_payout(settings, payee, wish, stream_list(push), Nanoseconds(ic.time()))
    except Refused:
        return None
    return (yield from attempt_payout(settings, number, payout))


def _transfer(settings: Settings, number: int, payout: Payout) -> Steps:
    """The ledger's answer to a payout's call."""
    _, to, _, _, amount, fee, created_at, *_ = payout
    result = yield PaymentLedger(principal_of(settings.payment_ledger)).icrc1_transfer(
        {
            "from_subaccount": None,
            "to": {"owner": principal_of(owner_of(to)), "subaccount": subaccount_of(to)},
            "amount": amount,
            "fee": fee,
            "memo": memo_of(number),
            "created_at_time": created_at,
        }
    )
    return answer_in(result)


def _start_over(state: State, number: int, before: Payout, again: Payout) -> Payout:
    """Write a payout with another fee."""
    totals, desk, others = state
    sums = after_requote(decode_totals(totals), before.fee, again.fee)
    write_payee(before.payee, with_fee(read_payee(before.payee), before, again))
    write_state_with(sums, desk, add_row(others, payout_key(number), encode_payout(again)))
    return again


def _without_number(desk: str, number: int) -> str:
    """The stored desk without an unresolved payout."""
    return encode_desk(without_payout(decode_desk(desk), number))


def _check_readiness(ledger_fee: int, rows: str) -> None:
    """Whether any payout can be opened now. Refuses: TemporarilyUnavailable."""
    if ledger_fee == UNKNOWN_FEE:
        raise Refused("TemporarilyUnavailable", {"reason": "the ledger's fee is not known yet"})
    if not has_room_for_payout(rows):
        raise Refused("TemporarilyUnavailable", {"reason": "too many payouts are open: the ledger does not answer"})


def _draw(stream: int, name: PrincipalText) -> Draw:
    """What a payee can draw from a stream. Refuses: UnknownStream."""
    standing = read_standing(stream)
    if standing is None:
        raise unknown_stream(stream)
    member, contribution = draw_contribution(standing, read_member(stream, name) or Member())
    return stream, member, contribution, due_to(standing, name)


def _write_draw(name: PrincipalText, draw: Draw) -> None:
    """Write what changed: nothing where nothing was due."""
    stream, member, contribution, due = draw
    if contribution:
        write_member(stream, name, member)
    book = read_book(stream) if due else None
    if book is not None:
        write_book(stream, without_due(book))
