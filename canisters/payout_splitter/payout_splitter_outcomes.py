"""The course of a payout that was opened: attempted, attempted again, and booked by what an answer proves.

The rules are in `ddsx_core.payout_rules` (what a payout is), and in `ddsx_core.payment_rules` and `cycles_rules` (what an answer proves).
"""

from __future__ import annotations

from kybra import ic
from payout_splitter_alarm import arm_soon
from payout_splitter_answers import Steps
from payout_splitter_log import append_block, block_lines
from payout_splitter_store import (
    State,
    find_payout,
    find_payout_page,
    read_payee,
    read_payout,
    read_state,
    write_payee,
    write_payout,
    write_payout_page,
    write_state,
)
from payout_splitter_transfers import send_payout

from ddsx_core.collection_rules import refusal_text
from ddsx_core.cycles_rules import ANSWER_NS, NOT_ACCEPTED, is_cycles
from ddsx_core.money_log import decode_block
from ddsx_core.number_lists import has_number
from ddsx_core.open_rows import add_row, take_row
from ddsx_core.payment_rules import OPEN, PAYING_ANSWERS, REFUSED, UNRESOLVED, due_at, judge_answer, window_has_closed
from ddsx_core.payout_index import blocks_of, page_of, payout_in_blocks, with_paid
from ddsx_core.payout_rules import (
    NO_BLOCK,
    Payout,
    decode_payout,
    encode_payout,
    given_back,
    paid,
    refused,
    requoted,
    tried,
    unresolved,
    with_credit,
    with_fee,
)
from ddsx_core.payout_totals import book_requote, book_return, book_top_up, decode_totals, encode_totals
from ddsx_core.refused import Broken, Refused
from ddsx_core.splitter_desk import (
    decode_desk,
    encode_desk,
    known_fee,
    payout_key,
    recent_in,
    with_known_fee,
    with_recent,
    with_unresolved_payout,
    without_payout,
)
from ddsx_core.splitter_settings import Settings, settings_of
from ddsx_core.units import Nanoseconds, Units

Data = dict[str, int | str]
"""The fields of a ledger's answer."""


def look_up_payout(state: State, number: int) -> Payout | None:
    """A payout, open or not; None for a number that was not given out."""
    row, _ = take_row(state.rows, payout_key(number))
    if row is not None:
        return decode_payout(row)
    blocks = blocks_of(recent_in(state.desk), number)
    if blocks is None:
        stored = find_payout(number)
        if stored is not None:
            return stored
        blocks = blocks_of(find_payout_page(page_of(number)) or "", number)
    if blocks is None:
        return None
    opened, done = [decode_block(block_lines(state, block, 1)[0][1]) for block in blocks]
    return payout_in_blocks(opened, done)


def known_payout(state: State, number: int) -> Payout:
    """A payout that was started, open or not."""
    payout = look_up_payout(state, number)
    if payout is None:
        raise Broken("a payout that was started is not there")
    return payout


def payout_due_at(payout: Payout) -> int:
    """When an open payout is to be looked at again: for another attempt, or, as cycles are not sent twice, to be given up."""
    return payout.created_at + ANSWER_NS if is_cycles(payout.to) else due_at(payout.attempts, payout.tried_at)


# -- Attempts ---------------------------------------------------------------------------------------------------------------


def attempt_payout(settings: Settings, number: int, sent: Payout) -> Steps:
    """Ask for a payout that is written as tried to be carried out; the payout as it stands after the answer.

    A first attempt that is told another fee is followed at once by one with that fee, once.
    """
    kind, data = yield from send_payout(settings, number, sent)
    after = conclude_payout(number, sent, kind, data, may_requote=True)
    if kind != "BadFee" or after.state != OPEN or after.fee == sent.fee:
        return after
    kind, data = yield from send_payout(settings, number, after)
    return conclude_payout(number, after, kind, data, may_requote=False)


def retry_payout(number: int) -> Steps:
    """Another attempt of a payout that is still open, when its time has come."""
    now, key, state = Nanoseconds(ic.time()), payout_key(number), read_state()
    row, others = take_row(state.rows, key)
    stored = None if row is None else decode_payout(row)
    if stored is None or now < payout_due_at(stored):
        return stored
    if is_cycles(stored.to) or window_has_closed(stored.created_at, now):
        state.rows = others
        return _give_up(state, number, stored)
    sent = tried(stored, now)
    state.rows = add_row(others, key, encode_payout(sent))
    arm_soon(state, now)
    write_state(state)
    return (yield from attempt_payout(settings_of(state.settings, now), number, sent))


def conclude_payout(number: int, sent: Payout, kind: str, data: Data, *, may_requote: bool) -> Payout:
    """Write what an answer to the attempt `sent` proves; the payout as it stands. An answer that comes too late changes nothing."""
    state = read_state()
    if kind == "BadFee":
        learn_ledger_fee(state, sent.ledger, int(data["expected_fee"]))
    row, others = take_row(state.rows, payout_key(number))
    if row is None:
        return _conclude_late(state, number, kind, data)
    state.rows = others
    if kind in PAYING_ANSWERS:
        return _settle(state, number, sent, data)
    stored = decode_payout(row)
    verdict = judge_answer(kind, sent.attempts, is_latest=stored == sent)
    if verdict == REFUSED:
        fee = Units(int(data["expected_fee"])) if kind == "BadFee" and may_requote else stored.fee
        again = requoted(stored, fee, Nanoseconds(ic.time()))
        if again is not None:
            return _start_over(state, number, stored, again)
        return _refuse(state, number, refused(stored, refusal_text(kind, data)))
    if verdict == UNRESOLVED:
        return _give_up(state, number, stored)
    if kind == "BadFee":
        state.rows = add_row(others, payout_key(number), row)
        write_state(state)
    return stored


def _conclude_late(state: State, number: int, kind: str, data: Data) -> Payout:
    """Write what proves the outcome of a payout that was given up; the payout as it stands."""
    stored = known_payout(state, number)
    if stored.state == UNRESOLVED and (kind in PAYING_ANSWERS or kind == NOT_ACCEPTED):
        state.desk = encode_desk(without_payout(decode_desk(state.desk), number))
        if kind == NOT_ACCEPTED:
            return _refuse(state, number, refused(stored, refusal_text(kind, data)))
        return _settle(state, number, stored, data)
    if kind == "BadFee":
        write_state(state)
    return stored


def learn_ledger_fee(state: State, ledger: int, fee: int) -> None:
    """Put a ledger's fee into the state, which the caller writes."""
    desk = decode_desk(state.desk)
    if known_fee(desk, ledger) != fee:
        state.desk = encode_desk(with_known_fee(desk, ledger, fee))


# -- Outcomes: the state comes without the payout among what is open or unresolved, and is written ---------------------------------


def _settle(state: State, number: int, payout: Payout, data: Data) -> Payout:
    """Book a payout that was carried out: what it drew stays drawn. Cycles that the receiver did not keep are the payee's again."""
    done, now = paid(payout, int(data["block_index"])), Nanoseconds(ic.time())
    block = append_block(state, now, "ddsx:paid", [number, max(done.block_index, 0)])
    _, _, _, _, _, _, _, _, _, _, _, opened_in = done
    if opened_in == NO_BLOCK:
        write_payout(number, done)
    else:
        recent, pages = with_paid(recent_in(state.desk), number, opened_in, block)
        state.desk = with_recent(state.desk, recent)
        for page, entries in pages.items():
            before = find_payout_page(page)
            write_payout_page(page, f"{before},{entries}" if before else entries)
    returned = Units(int(data.get("returned", 0)))
    if returned:
        write_payee(payout.ledger, payout.payee, with_credit(read_payee(payout.ledger, payout.payee), returned))
        totals = decode_totals(state.totals[payout.ledger])
        book_top_up(totals, returned)
        state.totals[payout.ledger] = encode_totals(totals)
        append_block(state, now, "ddsx:topup", [payout.payee, payout.ledger, returned])
    write_state(state)
    return done


def _refuse(state: State, number: int, payout: Payout) -> Payout:
    """Give amount and fee of a payout that did not happen back to the payee's balance."""
    ledger, totals = payout.ledger, decode_totals(state.totals[payout.ledger])
    book_return(totals, payout.amount, payout.fee)
    state.totals[ledger] = encode_totals(totals)
    write_payee(ledger, payout.payee, given_back(read_payee(ledger, payout.payee), payout, number))
    write_payout(number, payout)
    append_block(state, ic.time(), "ddsx:unpaid", [number, payout.refusal])
    write_state(state)
    return payout


def _give_up(state: State, number: int, payout: Payout) -> Payout:
    """Write that no attempt can tell a payout's outcome any more; it stays open while too many wait for governance."""
    desk = with_unresolved_payout(decode_desk(state.desk), number)
    if desk is None:
        return payout
    after = unresolved(payout)._replace(opened_in=NO_BLOCK)
    write_payout(number, after)
    state.desk = encode_desk(desk)
    write_state(state)
    return after


def _start_over(state: State, number: int, before: Payout, again: Payout) -> Payout:
    """Write a payout with another fee."""
    ledger, totals = before.ledger, decode_totals(state.totals[before.ledger])
    book_requote(totals, before.fee, again.fee)
    state.totals[ledger] = encode_totals(totals)
    write_payee(ledger, before.payee, with_fee(read_payee(ledger, before.payee), before, again))
    state.rows = add_row(state.rows, payout_key(number), encode_payout(again))
    append_block(state, again.created_at, "ddsx:requote", [number, again.amount, again.fee])
    write_state(state)
    return again


# -- Governance -------------------------------------------------------------------------------------------------------------


def check_unresolved_payout(state: State, number: int) -> Payout:
    """A payout that waits for governance. Refuses: NotUnresolved."""
    if not has_number(decode_desk(state.desk).unresolved_payouts, number):
        raise Refused("NotUnresolved")
    return read_payout(number)


def resolve_payout(state: State, number: int, block_index: int | None, refusal: str) -> None:
    """Write the outcome that governance found: carried out as that block, `NO_BLOCK` for cycles, or, with None, not at all.

    Refuses (in order): NotUnresolved, BlockNeeded where a ledger's log must have a block.
    """
    payout = check_unresolved_payout(state, number)
    if block_index == NO_BLOCK and not is_cycles(payout.to):
        raise Refused("BlockNeeded")
    state.desk = encode_desk(without_payout(decode_desk(state.desk), number))
    if block_index is None:
        _refuse(state, number, refused(payout, refusal))
    else:
        _settle(state, number, payout, {"block_index": block_index})
