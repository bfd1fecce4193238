"""What payees call: claims, payment without asking, cycles paid in; and what anyone may ask about balances, payouts and parameters.

A pause stops nothing here: what is owed is paid.
"""

from kybra import Async, Opt, Vec, ic, nat32, nat64, query, update
from payout_splitter_answers import Steps, case_of, undo_message
from payout_splitter_balances import view_balance, view_changes, view_open_payments, view_parameters, view_payout
from payout_splitter_cycles import take_cycles
from payout_splitter_outcomes import attempt_payout
from payout_splitter_payouts import open_claim, open_office_payout, paid_out_view
from payout_splitter_pushes import disable_push, enable_push
from payout_splitter_store import read_state

from ddsx_core.payout_rules import Payout
from ddsx_core.refused import Refused
from ddsx_core.splitter_settings import Settings, settings_of
from ddsx_core.units import Nanoseconds, PrincipalText
from ddsx_wire.governance_types import Parameters, PendingChange
from ddsx_wire.payout_types import (
    BalanceArgs,
    BalanceResult,
    ClaimArgs,
    ClaimResult,
    OpenPayments,
    PayoutState,
    PushSettings,
    SetPushResult,
    TopUpResult,
)
from ddsx_wire.principals import caller_text


@update
def claim(args: ClaimArgs) -> Async[ClaimResult]:
    """Pay the caller its balance on a ledger and all it has in the streams named (10 at most), less the ledger's fee.

    to: who is paid, the caller itself if None. created_at_time: repeated with the same time, a claim answers what the first one did,
    whatever else it says; times of one payee ascend on each ledger. Whole units are paid; a contributor's fraction stays its own.
    Refuses: as `open_claim`; Pending while the ledger has given no answer that proves anything (it is asked again by a timer);
        PaymentRefused when it refused, the amount is back in the balance then.
    """
    now, state = Nanoseconds(ic.time()), read_state()
    settings = settings_of(state.settings, now)
    try:
        number, payout, is_new = open_claim(state, settings, PrincipalText(caller_text()), args, now)
        if not is_new:
            return {"Ok": paid_out_view(payout, number)}
    except Refused as refused:
        return {"Err": case_of(refused)}
    result: ClaimResult = yield from _carry_out(settings, number, payout)
    return result


@update
def pay_treasury(ledger: nat32) -> Async[ClaimResult]:
    """Pay the protocol's fees of a ledger to the treasury's account. Anyone may ask, as a DAO cannot; the owner may also `claim` them.

    Refuses: as `open_office_payout`, then as `claim`.
    """
    result: ClaimResult = yield from _pay_office(ledger, is_treasury=True)
    return result


@update
def pay_validators(ledger: nat32) -> Async[ClaimResult]:
    """Pay the validators' shares of a ledger to the validators' default account. Anyone may ask. Refuses: as `pay_treasury`."""
    result: ClaimResult = yield from _pay_office(ledger, is_treasury=False)
    return result


@update
def set_push(wish: PushSettings) -> SetPushResult:
    """Pay the caller without being asked, when at least `threshold` units are due in the streams named and in its balance; or stop that.

    A timer goes round all who wish it after money came in, and once a day. Refuses: as `enable_push`; stopping never.
    """
    now, state, caller = Nanoseconds(ic.time()), read_state(), PrincipalText(caller_text())
    try:
        if wish["enabled"]:
            enable_push(state, settings_of(state.settings, now), caller, wish, now)
        else:
            disable_push(state, caller, wish["ledger"])
    except Refused as refused:
        return {"Err": case_of(refused)}
    return {"Ok": None}


@update
def top_up() -> TopUpResult:
    """Take all cycles attached to the call into the caller's balance on raw cycles, to pay orders from; the balance.

    Refuses (in order): NoCyclesLedger while nothing is sold for cycles, TooFewCycles for less than a payout of them would cost.
    """
    try:
        return {"Ok": take_cycles(PrincipalText(caller_text()), Nanoseconds(ic.time()))}
    except Refused as refused:
        return {"Err": case_of(refused)}


@query
def balance_of(args: BalanceArgs) -> BalanceResult:
    """What a payee was credited on a ledger, can claim now, is being paid, was paid, and has spent on orders.

    credited = claimable + in_flight + paid + ledger_fees + spent. Counts what lies in the streams named (10 at most), and what was drawn
    from others before. Refuses: UnknownLedger, TooManyStreams, UnknownStream.
    """
    try:
        return {"Ok": view_balance(PrincipalText(args["payee"].to_str()), args["ledger"], args["streams"])}
    except Refused as refused:
        return {"Err": case_of(refused)}


@query
def payout_state(payout: nat64) -> Opt[PayoutState]:
    """What is known of a payout; null for a number that was not given out."""
    return view_payout(payout)


@query
def open_payments() -> OpenPayments:
    """Orders and payouts whose outcome is not known: those still tried, and those that wait for governance."""
    return view_open_payments()


@query
def parameters() -> Parameters:
    """Who is who, the ledgers with their fees (null until asked), the protocol's fee, and whether the splitter is paused, as of now."""
    return view_parameters()


@query
def pending_changes() -> Vec[PendingChange]:
    """What governance has decided and is not in force yet, the earliest first."""
    return view_changes()


def _pay_office(ledger: int, *, is_treasury: bool) -> Steps:
    now, state = Nanoseconds(ic.time()), read_state()
    settings = settings_of(state.settings, now)
    try:
        number, payout = open_office_payout(state, settings, ledger, is_treasury=is_treasury, now=now)
    except Refused as refused:
        return {"Err": case_of(refused)}
    return (yield from _carry_out(settings, number, payout))


def _carry_out(settings: Settings, number: int, payout: Payout) -> Steps:
    """Attempt a payout that is written as tried; what happened, as a claim answers it."""
    try:
        payout = yield from attempt_payout(settings, number, payout)
        return {"Ok": paid_out_view(payout, number)}
    except Refused as refused:
        return {"Err": case_of(refused)}
    except Exception as error:  # noqa: BLE001 - whatever it is, it has to become a trap
        undo_message(error)
