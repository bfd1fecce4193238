"""The splitter's methods for money that comes in, and goes back: work, sales, plans, refunds, deposits."""

from __future__ import annotations

from kybra import Async, Opt, Vec, ic, nat64, query, update
from payout_splitter_answers import case_of, undo_message
from payout_splitter_books import take_batch
from payout_splitter_collections import attempt_collection, collected_view, open_collection
from payout_splitter_plans import announce_plan, view_history, view_plan
from payout_splitter_refunds import close_order, deposit_account_of, give_back, return_deposit_of
from payout_splitter_store import read_state

from ddsx_core.refused import Refused
from ddsx_core.splitter_settings import settings_of
from ddsx_core.units import Nanoseconds, PrincipalText
from ddsx_wire.collect_types import CollectArgs, CollectResult
from ddsx_wire.icrc_types import Account
from ddsx_wire.plan_types import CurrentPlan, PlanEntry, SetPlanArgs, SetPlanResult
from ddsx_wire.principals import caller_text
from ddsx_wire.refund_types import DepositReturnArgs, DepositReturnResult, EndOrderArgs, EndOrderResult, RefundArgs, RefundResult
from ddsx_wire.work_types import RecordWorkResult, WorkBatch


@update
def record_work(batch: WorkBatch) -> RecordWorkResult:
    """Record work of a stream's contributors, or open its book with batch 0; the number of the batch expected next.

    A batch that was taken before changes nothing and is answered in the same way.
    Refuses: NotARegistry, OversizedBatch, Gap, InvalidBatch, as `take_batch`.
    """
    now, state = Nanoseconds(ic.time()), read_state()
    try:
        return {"Ok": take_batch(state, settings_of(state.settings, now), PrincipalText(caller_text()), batch, now)}
    except Refused as refused:
        return {"Err": case_of(refused)}


@update
def collect(args: CollectArgs) -> Async[CollectResult]:
    """Collect the price of an order and credit it, or put it in escrow until it is earned; what happened, if asked again.

    source: an allowance of price and ledger fee; a deposit of as much in `deposit_account`; or the payer's balance here.
    Rounding: the protocol's fee and the steps of the plan up, all revenue since they began together; the contributors have the rest.
    Refuses: as `open_collection`; Pending while the ledger has given no answer that proves anything (it is asked again by a timer);
        InsufficientFunds for a deposit or balance that may still come; InsufficientAllowance, InsufficientFunds, PaymentRefused for an
        order that will never be collected; PaymentRefunded for a price that could not be credited and is sent back.
    """
    now, state = Nanoseconds(ic.time()), read_state()
    settings = settings_of(state.settings, now)
    try:
        collection, is_new = open_collection(state, settings, caller_text(), args, now)
    except Refused as refused:
        return {"Err": case_of(refused)}
    try:
        if is_new:
            collection = yield from attempt_collection(settings, args["order"], collection)
        return {"Ok": collected_view(collection)}
    except Refused as refused:
        return {"Err": case_of(refused)}
    except Exception as error:  # noqa: BLE001 - whatever it is, it has to become a trap
        undo_message(error)


@update
def end_order(args: EndOrderArgs) -> EndOrderResult:
    """End an order: what of its price is still in escrow goes back to the payer, rounded down; how much that was, if asked again.

    Refuses: as `close_order`.
    """
    now, state = Nanoseconds(ic.time()), read_state()
    try:
        return {"Ok": {"refunded": close_order(state, settings_of(state.settings, now), caller_text(), args["order"], now)}}
    except Refused as refused:
        return {"Err": case_of(refused)}


@update
def refund(args: RefundArgs) -> RefundResult:
    """Give back part of an order's price out of the provider's undrawn shares of that stream; all that was given back of it then.

    refunded_before: what had been given back when the provider decided; so a repeated call gives nothing back twice.
    Refuses: as `give_back`.
    """
    now, state = Nanoseconds(ic.time()), read_state()
    try:
        return {"Ok": {"refunded": give_back(state, settings_of(state.settings, now), PrincipalText(caller_text()), args, now)}}
    except Refused as refused:
        return {"Err": case_of(refused)}


@update
def return_deposit(args: DepositReturnArgs) -> Async[DepositReturnResult]:
    """Send what lies in an order's subaccount back to its payer, less the ledger's fee; anyone may call it once the order has an outcome.

    Refuses: as `return_deposit_of`.
    """
    try:
        return {"Ok": (yield from return_deposit_of(caller_text(), args, Nanoseconds(ic.time())))}
    except Refused as refused:
        return {"Err": case_of(refused)}
    except Exception as error:  # noqa: BLE001 - whatever it is, it has to become a trap
        undo_message(error)


@query
def deposit_account(order: nat64) -> Account:
    """The account, on every ledger, into which the price of an order may be sent, with the ledger's fee for moving it on."""
    state = read_state()
    return deposit_account_of(settings_of(state.settings, Nanoseconds(ic.time())).own, order)


@update
def set_plan(args: SetPlanArgs) -> SetPlanResult:
    """Announce how a stream's revenue is shared, after notice; sales and what is earned before go by the plan that is in force.

    Refuses (in order): Paused, UnknownStream, NotTheProvider, InvalidPlan.
    """
    now, state = Nanoseconds(ic.time()), read_state()
    try:
        return {"Ok": announce_plan(state, settings_of(state.settings, now), PrincipalText(caller_text()), args, now)}
    except Refused as refused:
        return {"Err": case_of(refused)}


@query
def plan_of(stream: nat64) -> Opt[CurrentPlan]:
    """The plan in force, and the one announced; null for a stream without a book."""
    return view_plan(stream, ic.time())


@query
def plan_history(stream: nat64, start: nat64, take: nat64) -> Vec[PlanEntry]:
    """Every plan of a stream that was announced, from version `start` on (the first is 1), 50 at most."""
    return view_history(stream, start, take)
