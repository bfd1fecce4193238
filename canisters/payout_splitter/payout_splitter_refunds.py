"""Giving money back: orders that end early, refunds by providers, deposits that no order took.

What is given back is the payer's balance in the message that decides it, and sent to the account it came from in the same message where it
exceeds the ledger's fee. The rules are in `ddsx_core.collection_rules` and `ddsx_core.flows`.
"""

from __future__ import annotations

from kybra import CallResult
from payout_splitter_alarm import wake_pushes
from payout_splitter_answers import Steps, answer_in
from payout_splitter_books import accounts_of, write_accounts
from payout_splitter_log import append_block
from payout_splitter_orders import look_up
from payout_splitter_payouts import start_refund
from payout_splitter_store import State, read_state, write_collection, write_state

from ddsx_core.accounts import owner_of, subaccount_of
from ddsx_core.cascade import SECOND_NS
from ddsx_core.collection_rules import (
    WAITING,
    Collection,
    check_refund,
    end_refund,
    ended,
    memo_of,
    refusal_text,
)
from ddsx_core.deposits import deposit_subaccount
from ddsx_core.payment_rules import NO_ANSWER, OPEN, PAID, PAYING_ANSWERS, UNRESOLVED
from ddsx_core.refused import Refused
from ddsx_core.splitter_settings import CYCLES, Settings, ledger_kind, ledger_principal, settings_of, unknown_ledger
from ddsx_core.stream_books import BY_SECOND, PROVIDER_DUE
from ddsx_core.units import Nanoseconds, PrincipalText, Units
from ddsx_wire.icrc_types import Account
from ddsx_wire.ledger_service import PaymentLedger
from ddsx_wire.principals import principal_of
from ddsx_wire.refund_types import DepositReturnArgs, RefundArgs


def close_order(state: State, settings: Settings, caller: str, order: int, now: Nanoseconds) -> Units:
    """End an order: what of its price is in escrow and was not delivered is its payer's; all that was given back by ending it.

    Ending again answers the same. Refuses (in order): NotTheLicenceLedger, UnknownOrder, Pending while it is not known whether it was
        collected, NotCollected for one that was not.
    """
    if caller != settings.dst_ledger:
        raise Refused("NotTheLicenceLedger")
    collection = collected_order(state, order)
    before = end_refund(collection)
    if before is not None:
        return before
    accounts = accounts_of(state, settings.fees, now)
    _, _, _, _, stream, price, ledger, clock, ticks, *_ = collection
    tick, refund = accounts.release_rest(stream, ledger, price, clock, collection.start, ticks)
    append_block(state, now, "ddsx:end", [order, tick, refund])
    if refund:
        start_refund(state, accounts, ledger, collection.payer, refund, now)
    write_accounts(accounts, state)
    write_collection(order, ended(collection, refund))
    wake_pushes(state, now)
    write_state(state)
    return refund


def give_back(state: State, settings: Settings, caller: PrincipalText, args: RefundArgs, now: Nanoseconds) -> Units:
    """Give back part of an order's price out of its provider's undrawn shares of that stream; all that was given back of it.

    Refuses (in order): Paused, UnknownOrder, Pending, NotCollected, NotTheProvider, then as `check_refund`, then TooMuch with what is due
        to the provider when that is less.
    """
    if settings.paused:
        raise Refused("Paused")
    order, amount = args["order"], args["amount"]
    collection = collected_order(state, order)
    stream, ledger = collection.stream, collection.ledger
    accounts = accounts_of(state, settings.fees, now)
    book = accounts.touch(stream, ledger)
    if caller != book.provider:
        raise Refused("NotTheProvider")
    check_refund(collection, amount, args["refunded_before"], now // SECOND_NS if collection.clock == BY_SECOND else book.size)
    due = book.purse(ledger).numbers[PROVIDER_DUE]
    if amount > due:
        raise Refused("TooMuch", {"most": due})
    after = collection._replace(refunded=Units(collection.refunded + amount))
    accounts.give_back(stream, ledger, Units(amount))
    append_block(state, now, "ddsx:refund", [order, amount])
    start_refund(state, accounts, ledger, collection.payer, Units(amount), now)
    write_accounts(accounts, state)
    write_collection(order, after)
    write_state(state)
    return after.refunded


def collected_order(state: State, order: int) -> Collection:
    """The collection of an order whose price arrived. Refuses (in order): UnknownOrder, Pending, NotCollected."""
    collection = find_order(state, order)
    if collection.state in (OPEN, UNRESOLVED):
        raise Refused("Pending")
    if collection.state != PAID:
        raise Refused("NotCollected")
    return collection


def find_order(state: State, order: int) -> Collection:
    """The collection of an order, open or not. Refuses: UnknownOrder."""
    collection = look_up(state, order)
    if collection is None:
        raise Refused("UnknownOrder")
    return collection


# -- Deposits ---------------------------------------------------------------------------------------------------------------


def deposit_account_of(own: str, order: int) -> Account:
    """The account into which an order's price may be sent."""
    return {"owner": principal_of(own), "subaccount": deposit_subaccount(order)}


def return_deposit_of(caller: str, args: DepositReturnArgs, now: Nanoseconds) -> Steps:
    """Send what lies in an order's subaccount on a ledger back to the order's payer, less the ledger's fee; amount and block.

    It is in no book: what the ledger does with the call changes nothing here, and an order that is attempted meanwhile finds no deposit.
    Refuses: as `_check_return`; TemporarilyUnavailable when the ledger does not answer, NothingToReturn when no more than its fee is there,
        PaymentRefused with the ledger's words.
    """
    order = args["order"]
    settings = settings_of(read_state().settings, now)
    collection = _check_return(settings, caller, args)
    ledger = PaymentLedger(principal_of(ledger_principal(settings, args["ledger"])))
    fee = _told((yield ledger.icrc1_fee()))
    balance = _told((yield ledger.icrc1_balance_of(deposit_account_of(settings.own, order))))
    if balance <= fee:
        raise Refused("NothingToReturn", {"balance": balance, "fee": fee})
    _check_return(settings, caller, args)
    payer: Account = {"owner": principal_of(owner_of(collection.payer)), "subaccount": subaccount_of(collection.payer)}
    result = yield ledger.icrc1_transfer(
        {
            "from_subaccount": deposit_subaccount(order),
            "to": payer,
            "amount": balance - fee,
            "fee": fee,
            "memo": memo_of(order),
            "created_at_time": now,
        }
    )
    kind, data = answer_in(result)
    if kind in PAYING_ANSWERS:
        return {"amount": balance - fee, "block_index": data["block_index"]}
    if kind == NO_ANSWER:
        raise Refused("TemporarilyUnavailable", {"reason": str(data["message"])})
    raise Refused("PaymentRefused", {"reason": refusal_text(kind, data)})


def _check_return(settings: Settings, caller: str, args: DepositReturnArgs) -> Collection:
    """The collection of an order whose deposit may be sent back.

    Refuses (in order): UnknownOrder, Pending while the order is being collected, NotPermitted to anyone but payer and licence ledger for
        one that still waits for its deposit, UnknownLedger.
    """
    collection = find_order(read_state(), args["order"])
    if collection.state in (OPEN, UNRESOLVED):
        raise Refused("Pending")
    if collection.state == WAITING and caller not in (owner_of(collection.payer), settings.dst_ledger):
        raise Refused("NotPermitted")
    if ledger_kind(settings, args["ledger"]) == CYCLES:
        raise unknown_ledger(args["ledger"])
    return collection


def _told(result: CallResult[int]) -> int:
    """What a ledger's query answered. Refuses: TemporarilyUnavailable."""
    if result.Err is not None:
        raise Refused("TemporarilyUnavailable", {"reason": result.Err})
    return result.Ok
