"""Opening payouts: what a payee has is drawn and written down before anybody is asked to pay it.

The rules are in `ddsx_core.payout_rules` (what a payout is) and `ddsx_core.payment_rules` (what an answer proves); what answers do to the
books is in `payout_splitter_outcomes`.
"""

from __future__ import annotations

from collections.abc import Sequence

from kybra import ic
from payout_splitter_alarm import arm_soon
from payout_splitter_answers import Steps, start_soon
from payout_splitter_draws import Draws
from payout_splitter_log import append_block
from payout_splitter_outcomes import attempt_payout, known_payout, learn_ledger_fee
from payout_splitter_store import State, read_payee, read_push, read_state, write_payee, write_push, write_state

from ddsx_core.accounts import account_key, owner_of, subaccount_of
from ddsx_core.cycles_rules import PAYOUT_FEE, check_funds, destination, is_cycles, own_destination, refund_destination
from ddsx_core.open_rows import add_row, take_row
from ddsx_core.payment_rules import PAID, REFUSED
from ddsx_core.payout_rules import (
    NO_BLOCK,
    Payee,
    Payout,
    Wish,
    after_push,
    check_open_payouts,
    check_paid,
    check_request_time,
    check_streams,
    decode_payout,
    encode_payout,
    is_push_due,
    open_payouts_of,
    start_payout,
    stream_list,
    with_credit,
)
from ddsx_core.payout_totals import book_draw
from ddsx_core.refused import Refused
from ddsx_core.splitter_desk import decode_desk, desk_fields, fee_in, has_room_for_payout, payout_key, with_payouts
from ddsx_core.splitter_settings import CYCLES, Settings, ledger_kind, ledger_principal, settings_of
from ddsx_core.stream_accounts import Accounts
from ddsx_core.units import AccountKey, Nanoseconds, PrincipalText, Units
from ddsx_wire.ledger_service import PaymentLedger
from ddsx_wire.payout_types import ClaimArgs, PaidOut, PayTo
from ddsx_wire.principals import ANONYMOUS_TEXT, principal_of

LEAST_OFFICE_FEES = 100
"""Times the ledger's fee that a payout to an office's account must have, so that whoever asks for it cannot turn the money into fees."""


def open_claim(state: State, settings: Settings, name: PrincipalText, args: ClaimArgs, now: Nanoseconds) -> tuple[int, Payout, bool]:
    """The number and payout of a claim, and whether it is new: written down as tried, to be attempted in this message.

    Refuses (in order): AnonymousCaller, TooManyStreams, UnknownLedger, InvalidAccount, then as `check_request_time`, then as `open_payout`.
    """
    if name == ANONYMOUS_TEXT:
        raise Refused("AnonymousCaller")
    streams, ledger = check_streams(args["streams"]), args["ledger"]
    request_time = None if args["created_at_time"] is None else Nanoseconds(args["created_at_time"])
    wish = Wish(name, ledger, destination_of(settings, name, ledger, args["to"]), Units(0), request_time)
    if request_time is not None:
        started = check_request_time(read_payee(ledger, name), request_time, now)
        if started is not None:
            return started, known_payout(state, started), False
    number, payout = open_payout(state, settings, wish, streams, now)
    return number, payout, True


def paid_out_view(payout: Payout, number: int) -> PaidOut:
    """What happened. Refuses: as `check_paid`."""
    _, _, state, _, _, amount, fee, _, _, _, block_index, _ = payout
    if state != PAID:
        check_paid(payout, number)
    return {"payout": number, "amount": amount, "fee": fee, "block_index": None if block_index == NO_BLOCK else block_index}


def block_of(payout: Payout) -> int | None:
    """The ledger's block, None where there is none."""
    return None if payout.block_index < 0 else payout.block_index


def destination_of(settings: Settings, name: PrincipalText, ledger: int, to: PayTo | None) -> str:
    """Where a payee's money goes: to itself unless it says otherwise. Refuses (in order): UnknownLedger, InvalidAccount."""
    kind = ledger_kind(settings, ledger)
    if to is None:
        return own_destination(kind, name)
    account = to["Account"] if "Account" in to else to["CyclesLedger"]
    key = account_key(PrincipalText(account["owner"].to_str()), account["subaccount"])
    return destination(kind, key, settings.own, in_cycles_ledger="CyclesLedger" in to)


def open_payout(state: State, settings: Settings, wish: Wish, streams: Sequence[int], now: Nanoseconds) -> tuple[int, Payout]:
    """Draw all that a payee has in `streams` and in its balance for a new payout, written down as tried, to be attempted in this message.

    Refuses (in order): TemporarilyUnavailable while the ledger's fee is not known or too many payouts are open, UnknownStream, Pending
        while too many of the payee's own are open, NothingToClaim, TemporarilyUnavailable while the splitter is short of cycles. Nothing is
        written before the last of them.
    """
    name, ledger, to, *_ = wish
    _, _, _, treasury, validators, *_ = settings
    fee, draws = _fee_now(state, ledger, to), Draws(name, ledger)
    draws.from_streams(state, settings, streams, now)
    is_treasury, is_validators = str(treasury) == name or treasury.startswith(f"{name}."), validators == name
    if is_treasury or is_validators:
        draws.from_offices(state, is_treasury=is_treasury, is_validators=is_validators)
    return _open(state, draws, wish, fee, now)


def open_office_payout(state: State, settings: Settings, ledger: int, *, is_treasury: bool, now: Nanoseconds) -> tuple[int, Payout]:
    """Draw the protocol's fees, or else the validators' shares, for a payout to the account that governance has set.

    For holders of an office that call nobody, as a DAO's treasury. Anyone may ask for it, so it has to be worth its fee.
    Refuses (in order): UnknownLedger, InvalidAccount for an account that cannot be paid on that ledger, TemporarilyUnavailable, Pending,
        NothingToClaim unless `LEAST_OFFICE_FEES` times the fee is there; as `open_payout`.
    """
    holder = settings.treasury if is_treasury else account_key(settings.validators)
    name, kind = owner_of(holder), ledger_kind(settings, ledger)
    to = destination(kind, holder, settings.own, in_cycles_ledger=kind == CYCLES and subaccount_of(holder) is not None)
    fee, draws = _fee_now(state, ledger, to), Draws(name, ledger)
    office = draws.from_offices(state, is_treasury=is_treasury, is_validators=not is_treasury)
    wish = Wish(name, ledger, to, Units(fee * LEAST_OFFICE_FEES), None, office)
    return _open(state, draws, wish, fee, now)


def start_refund(state: State, accounts: Accounts, ledger: int, payer: AccountKey, amount: Units, now: Nanoseconds) -> int | None:
    """Credit a refund to its payer's balance, and open a payout of it to the payer's account, which is attempted in a message of its own.

    The number of the payout; None when the refund stays in the balance: on raw cycles, which were paid from there, when it does not exceed
    the ledger's fee, or while too much is open. The caller has booked the credit in the totals; it writes accounts and state afterwards.
    """
    name, settings = owner_of(payer), settings_of(state.settings, now)
    payee = with_credit(read_payee(ledger, name), amount)
    try:
        to = refund_destination(ledger_kind(settings, ledger), payer, settings.own)
        wish = Wish(name, ledger, to, Units(0), None, amount)
        payee, number, payout = _start(state, payee, wish, Units(0), _fee_now(state, ledger, to), now)
    except Refused:
        write_payee(ledger, name, payee)
        return None
    book_draw(accounts.totals(ledger), payout.amount, payout.fee)
    _write_opened(state, (payee, number, payout, ""), now)
    start_soon(first_attempt, number)
    return number


def first_attempt(number: int) -> Steps:
    """The attempt as which a payout was written, in a message of its own. Nothing if it has an outcome meanwhile, or was tried again."""
    state = read_state()
    row, _ = take_row(state.rows, payout_key(number))
    if row is None:
        return None
    payout = decode_payout(row)
    if payout.attempts != 1:
        return None
    return (yield from attempt_payout(settings_of(state.settings, Nanoseconds(ic.time())), number, payout))


def push_payout(place: int) -> Steps:
    """Pay who stands at a place of the pushes, if enough is due and none of its payouts is open."""
    now, state = Nanoseconds(ic.time()), read_state()
    if place > decode_desk(state.desk).pushes:
        return None
    push, settings = read_push(place), settings_of(state.settings, now)
    payee = read_payee(push.ledger, push.payee)
    if not is_push_due(push, now) or open_payouts_of(payee, state.rows, ""):
        return None
    wish = Wish(push.payee, push.ledger, push.to, push.threshold)
    try:
        number, payout = open_payout(state, settings, wish, stream_list(push), now)
    except Refused:
        return None
    payout = yield from attempt_payout(settings, number, payout)
    is_refused = payout.state == REFUSED
    # The payee may have left its place meanwhile, and another one taken it.
    place = read_payee(push.ledger, push.payee).push_place
    if place and (is_refused or push.failures):
        write_push(place, after_push(read_push(place), refused=is_refused, now=now))
    return payout


def ask_ledger_fee(ledger: int) -> Steps:
    """Learn a ledger's fee. It changes seldom, and a payout that names an old one is told the new."""
    settings = settings_of(read_state().settings, Nanoseconds(ic.time()))
    result = yield PaymentLedger(principal_of(ledger_principal(settings, ledger))).icrc1_fee()
    if result.Err is None:
        state = read_state()
        before = state.desk
        learn_ledger_fee(state, ledger, result.Ok)
        if state.desk != before:
            write_state(state)


def _open(state: State, draws: Draws, wish: Wish, fee: Units, now: Nanoseconds) -> tuple[int, Payout]:
    """Write a new payout, and everything that was drawn for it. Refuses (in order): Pending, NothingToClaim, TemporarilyUnavailable."""
    name, ledger, to, *_ = wish
    payee, number, payout = _start(state, read_payee(ledger, name), wish, Units(draws.gained), fee, now)
    _, _, _, _, _, amount, *_ = payout
    if is_cycles(to):
        check_funds(ic.canister_balance128(), amount)
    draws.write(state, amount, fee)
    payout = _write_opened(state, (payee, number, payout, draws.text), now)
    write_state(state)
    return number, payout


def _start(state: State, payee: Payee, wish: Wish, gained: Units, fee: Units, now: Nanoseconds) -> tuple[Payee, int, Payout]:
    """Payee, number and payout of a new payout. Refuses (in order): Pending, NothingToClaim."""
    unresolved, _, payouts = desk_fields(state.desk)
    open_payouts = open_payouts_of(payee, state.rows, unresolved)
    check_open_payouts(open_payouts)
    payee, payout = start_payout(payee, wish, gained, open_payouts, payouts + 1, fee, now)
    return payee, payouts + 1, payout


def _write_opened(state: State, opened: tuple[Payee, int, Payout, str], now: Nanoseconds) -> Payout:
    """Write a new payout and its payee, into the state but for the payee; the totals are the caller's. The payout as written."""
    payee, number, payout, draws = opened
    name, to, payout_state, refusal, ledger, amount, fee, created_at, attempts, tried_at, block_index, _ = payout
    write_payee(ledger, name, payee)
    block = append_block(state, now, "ddsx:payout", [number, name, ledger, draws, amount, fee, to])
    payout = Payout(name, to, payout_state, refusal, ledger, amount, fee, created_at, attempts, tried_at, block_index, block)
    state.desk = with_payouts(state.desk, number)
    state.rows = add_row(state.rows, payout_key(number), encode_payout(payout))
    arm_soon(state, now)
    return payout


def _fee_now(state: State, ledger: int, to: str) -> Units:
    """What a payout on a ledger costs its payee, if one can be opened now.

    Refuses: TemporarilyUnavailable while the ledger's fee is not known, it is asked then, or too many payouts are open.
    """
    if not has_room_for_payout(state.rows):
        raise Refused("TemporarilyUnavailable", {"reason": "too many payouts are open: the ledger does not answer"})
    if is_cycles(to):
        return Units(PAYOUT_FEE)
    _, fees, _ = desk_fields(state.desk)
    fee = fee_in(fees, ledger)
    if fee is None:
        start_soon(ask_ledger_fee, ledger)
        raise Refused("TemporarilyUnavailable", {"reason": "the ledger's fee is not known yet"})
    return Units(fee)
