"""What the splitter tells payees and those who watch it: balances, payouts, payments without outcome, parameters."""

from __future__ import annotations

from collections.abc import Sequence

from kybra import ic
from payout_splitter_books import accounts_of
from payout_splitter_outcomes import known_payout, look_up_payout
from payout_splitter_payouts import block_of
from payout_splitter_store import State, read_payee, read_state

from ddsx_core.accounts import account_text, owner_of
from ddsx_core.cycles_rules import PAYOUT_FEE, account_in, is_canister, is_cycles
from ddsx_core.fee_schedule import fee_at
from ddsx_core.number_lists import numbers_in
from ddsx_core.open_rows import keys_of
from ddsx_core.payment_rules import OPEN, PAID, REFUSED
from ddsx_core.payout_rules import Payout, balance_of, check_streams, open_payouts_of
from ddsx_core.splitter_changes import announced
from ddsx_core.splitter_desk import Desk, decode_desk, known_fee, open_numbers
from ddsx_core.splitter_settings import CYCLES, Settings, entry_of, ledger_count, ledger_kind, settings_of
from ddsx_core.units import Nanoseconds, PrincipalText
from ddsx_wire.governance_types import ListedLedger, Parameters, PendingChange
from ddsx_wire.payout_types import Balance, OpenPayments, PayoutState, PayoutStatus, PayoutWay


def view_balance(name: PrincipalText, ledger: int, named_streams: Sequence[int]) -> Balance:
    """What a payee has on a ledger, was paid and is being paid; of what it has not drawn from streams, that in the streams named.

    Refuses (in order): UnknownLedger, TooManyStreams, UnknownStream.
    """
    state, now = read_state(), Nanoseconds(ic.time())
    settings, desk = settings_of(state.settings, now), decode_desk(state.desk)
    ledger_kind(settings, ledger)
    accounts, undrawn, streams = accounts_of(state, settings.fees, now), 0, check_streams(named_streams)
    for stream in streams:
        accounts.touch(stream, ledger)
    for stream in streams:
        contribution, due = accounts.draw(ledger, stream, name)
        undrawn += contribution + due
    is_treasury, is_validators = owner_of(settings.treasury) == name, settings.validators == name
    undrawn += accounts.draw_offices(ledger, is_treasury=is_treasury, is_validators=is_validators)
    payee = read_payee(ledger, name)
    open_payouts = [known_payout(state, number) for number in open_payouts_of(payee, state.rows, desk.unresolved_payouts)]
    open_fees = sum([payout.fee for payout in open_payouts])
    in_flight = sum([payout.amount for payout in open_payouts]) + open_fees
    fees = payee.fee_units - open_fees
    return {
        "credited": payee.credited_units + undrawn,
        "claimable": balance_of(payee) + undrawn,
        "in_flight": in_flight,
        "paid": payee.drawn_units - in_flight - fees,
        "ledger_fees": fees,
        "spent": payee.spent_units,
        "ledger_fee": fee_of(settings, desk, ledger),
    }


def fee_of(settings: Settings, desk: Desk, ledger: int) -> int | None:
    """What a payout on a ledger costs, None until the ledger was asked."""
    return PAYOUT_FEE if ledger_kind(settings, ledger) == CYCLES else known_fee(desk, ledger)


def view_payout(number: int) -> PayoutState | None:
    """What is known of a payout, None for a number that was not given out."""
    payout = look_up_payout(read_state(), number)
    if payout is None:
        return None
    return {
        "payout": number,
        "payee": payout.payee,
        "ledger": payout.ledger,
        "to": account_text(account_in(payout.to)),
        "way": _way(payout.to),
        "amount": payout.amount,
        "fee": payout.fee,
        "created_at_time": payout.created_at,
        "attempts": payout.attempts,
        "status": _status(payout),
    }


def view_open_payments() -> OpenPayments:
    """Payments whose outcome is not known."""
    state = read_state()
    desk = decode_desk(state.desk)
    orders, payouts = open_numbers(keys_of(state.rows))
    return {
        "collections": orders,
        "payouts": payouts,
        "unresolved_collections": numbers_in(desk.unresolved_collections),
        "unresolved_payouts": numbers_in(desk.unresolved_payouts),
    }


def view_parameters() -> Parameters:
    """Who is who, and what governance set, as it holds now."""
    state, now = read_state(), Nanoseconds(ic.time())
    settings, desk = settings_of(state.settings, now), decode_desk(state.desk)
    return {
        "governance": settings.governance,
        "dst_ledger": settings.dst_ledger,
        "registries": settings.registries.split(",") if settings.registries else [],
        "ledgers": [_ledger_view(settings, desk, number) for number in range(ledger_count(settings))],
        "treasury": account_text(settings.treasury),
        "validators": settings.validators,
        "protocol_fee_ppm": fee_at(settings.fees, now),
        "plan_notice_seconds": settings.plan_notice_seconds,
        "change_delay_seconds": settings.change_delay_seconds,
        "paused": bool(settings.paused),
    }


def view_changes() -> list[PendingChange]:
    """What governance has decided and is not in force yet, the earliest first."""
    now = Nanoseconds(ic.time())
    settings = settings_of(read_state().settings, now)
    return [{"name": name, "value": value, "effective_at": moment} for moment, name, value in announced(settings, now)]


def _ledger_view(settings: Settings, desk: Desk, number: int) -> ListedLedger:
    entry = entry_of(settings, number)
    return {
        "ledger": number,
        "kind": {"Cycles": None} if entry[0] == CYCLES else {"Icrc": None},
        "canister": entry[3:],
        "sells": entry[1] == "1",
        "fee": fee_of(settings, desk, number),
    }


def _way(to: str) -> PayoutWay:
    if is_canister(to):
        return {"Canister": None}
    return {"CyclesLedger": None} if is_cycles(to) else {"Transfer": None}


def _status(payout: Payout) -> PayoutStatus:
    if payout.state == PAID:
        return {"Paid": block_of(payout)}
    if payout.state == REFUSED:
        return {"Refused": payout.refusal}
    return {"Open": None} if payout.state == OPEN else {"Unresolved": None}


def undecided_payouts(state: State) -> list[Payout]:
    """Payouts whose outcome is not known: at most `MAX_OPEN_PAYMENTS` and `MAX_UNRESOLVED`."""
    _, numbers = open_numbers(keys_of(state.rows))
    return [known_payout(state, number) for number in [*numbers, *numbers_in(decode_desk(state.desk).unresolved_payouts)]]
