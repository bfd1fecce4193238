"""Collecting the price of an order: written down, asked of the ledger, credited in the message that brings the answer.

A price that is paid out of a balance needs no ledger and is credited at once. The rules are in `ddsx_core.collection_rules` (what a
collection is) and `ddsx_core.payment_rules` (what an answer proves); how a price is credited is in `payout_splitter_credits`.
"""

from __future__ import annotations

from kybra import ic
from payout_splitter_alarm import arm_soon
from payout_splitter_answers import Steps, answer_in, the_case
from payout_splitter_credits import credit_collection, spend_balance
from payout_splitter_orders import known_order, look_up
from payout_splitter_store import (
    State,
    has_book,
    read_state,
    write_collection,
    write_state,
)

from ddsx_core.accounts import owner_of, subaccount_of
from ddsx_core.collection_rules import (
    BALANCE,
    DEPOSIT,
    WAITING,
    Collection,
    Terms,
    check_collected,
    clock_of,
    decode_collection,
    encode_collection,
    memo_of,
    payment_refused,
    refused,
    source_of,
    start_collection,
    terms_of,
    tried,
    tried_anew,
    unresolved,
)
from ddsx_core.deposits import deposit_subaccount
from ddsx_core.number_lists import has_number
from ddsx_core.open_rows import add_row, take_row
from ddsx_core.order_index import with_started
from ddsx_core.payment_rules import PAYING_ANSWERS, REFUSED, UNRESOLVED, is_due, judge_answer, window_has_closed
from ddsx_core.payout_rules import NO_BLOCK
from ddsx_core.refused import Refused
from ddsx_core.splitter_desk import (
    collection_key,
    decode_desk,
    encode_desk,
    has_room_for_collection,
    known_fee,
    with_unresolved_collection,
    without_collection,
)
from ddsx_core.splitter_settings import CYCLES, Settings, entry_of, is_on_sale, ledger_principal, settings_of, unknown_ledger
from ddsx_core.units import Nanoseconds
from ddsx_wire.collect_types import CollectArgs, Collected
from ddsx_wire.icrc_types import Account
from ddsx_wire.ledger_service import PaymentLedger
from ddsx_wire.principals import principal_of


def open_collection(state: State, settings: Settings, caller: str, args: CollectArgs, now: Nanoseconds) -> tuple[Collection, bool]:
    """The collection of an order, and whether it is new: written down as tried, to be attempted in this message.

    Refuses (in order): NotTheLicenceLedger, ConflictingOrder for an order that was asked for in other words, PaymentRefused for a request
        that no ledger need be asked, Paused, UnknownLedger for one that takes no sales,
        UnknownStream, PaymentRefused while too many collections are open. A repeated order is answered in any case; one that waits for its
        deposit is attempted again.
    """
    if caller != settings.dst_ledger:
        raise Refused("NotTheLicenceLedger")
    order, terms = args["order"], _terms(args)
    before = look_up(state, order)
    if before is not None:
        if terms_of(before) != terms:
            raise Refused("ConflictingOrder")
        if before.state != WAITING:
            return before, False
    new = start_collection(terms, settings.own, now) if before is None else tried_anew(before, now)
    _check_sale(settings, terms)
    if new.source == BALANCE:
        state.orders = with_started(state.orders, order)
        return spend_balance(state, settings.fees, order, new, now), False
    if not has_room_for_collection(state.rows):
        raise payment_refused("too many collections are open: the ledger does not answer")
    state.rows = add_row(state.rows, collection_key(order), encode_collection(new))
    state.orders = with_started(state.orders, order)
    arm_soon(state, now)
    write_state(state)
    return new, True


def collected_view(collection: Collection) -> Collected:
    """What happened. Refuses: as `check_collected`."""
    check_collected(collection)
    _, _, _, _, _, price, _, clock, _, _, _, _, block_index, fee, to_provider, rest, *_ = collection
    escrowed = price if clock else 0
    return {
        "block_index": block_index,
        "price": price,
        "protocol_fee": fee,
        "provider_share": to_provider,
        "others_share": price - escrowed - fee - to_provider - rest,
        "contributors_share": rest,
        "escrowed": escrowed,
    }


def attempt_collection(settings: Settings, order: int, sent: Collection) -> Steps:
    """Ask the ledger for the price of a collection that is written as tried; the collection as it stands after the answer."""
    payer, _, source, _, _, price, number, _, _, created_at, *_ = sent
    ledger = PaymentLedger(principal_of(ledger_principal(settings, number)))
    to: Account = {"owner": principal_of(settings.own), "subaccount": None}
    if source == DEPOSIT:
        result = yield ledger.icrc1_transfer(
            {
                "from_subaccount": deposit_subaccount(order),
                "to": to,
                "amount": price,
                "fee": None,
                "memo": memo_of(order),
                "created_at_time": created_at,
            }
        )
    else:
        result = yield ledger.icrc2_transfer_from(
            {
                "spender_subaccount": None,
                "from_": {"owner": principal_of(owner_of(payer)), "subaccount": subaccount_of(payer)},
                "to": to,
                "amount": price,
                "fee": None,
                "memo": memo_of(order),
                "created_at_time": created_at,
            }
        )
    kind, data = answer_in(result)
    return conclude_collection(order, sent, kind, data)


def conclude_collection(order: int, sent: Collection, kind: str, data: dict[str, int | str]) -> Collection:
    """Write what an answer to the attempt `sent` proves; the collection as it stands. An answer that comes too late changes nothing."""
    now, state = Nanoseconds(ic.time()), read_state()
    row, others = take_row(state.rows, collection_key(order))
    if row is None:
        stored = known_order(state, order)
        if stored.state == UNRESOLVED and kind in PAYING_ANSWERS:
            state.desk = _without_order(state.desk, order)
            return credit_collection(state, order, stored, int(data["block_index"]), now)
        return stored
    state.rows = others
    if kind in PAYING_ANSWERS:
        return credit_collection(state, order, sent, int(data["block_index"]), now)
    stored = decode_collection(row)
    verdict = judge_answer(kind, sent.attempts, is_latest=stored == sent)
    if verdict == REFUSED:
        fee = known_fee(decode_desk(state.desk), stored.ledger) or 0
        return refuse_collection(state, order, refused(stored, kind, data, fee))
    if verdict == UNRESOLVED:
        return give_up_collection(state, order, stored)
    return stored


def refuse_collection(state: State, order: int, collection: Collection) -> Collection:
    """Write that a collection did not happen. state: without it among what is open or unresolved."""
    write_collection(order, collection)
    write_state(state)
    return collection


def give_up_collection(state: State, order: int, collection: Collection) -> Collection:
    """Write that no attempt can tell a collection's outcome any more; unchanged while too many wait for governance."""
    with_order = with_unresolved_collection(decode_desk(state.desk), order)
    if with_order is None:
        return collection
    after = unresolved(collection)
    write_collection(order, after)
    state.desk = encode_desk(with_order)
    write_state(state)
    return after


def check_unresolved_collection(state: State, order: int) -> Collection:
    """A collection that waits for governance. Refuses: NotUnresolved."""
    if not has_number(decode_desk(state.desk).unresolved_collections, order):
        raise Refused("NotUnresolved")
    return known_order(state, order)


def resolve_collection(state: State, order: int, block_index: int | None, refusal: str) -> None:
    """Write the outcome that governance found in the ledger's log: that block, or None for none. The state is written here.

    Refuses (in order): NotUnresolved, BlockNeeded for an outcome that no ledger's log would show.
    """
    collection = check_unresolved_collection(state, order)
    if block_index == NO_BLOCK:
        raise Refused("BlockNeeded")
    state.desk = _without_order(state.desk, order)
    if block_index is None:
        refuse_collection(state, order, refused(collection, refusal, {}, 0))
    else:
        credit_collection(state, order, collection, block_index, Nanoseconds(ic.time()))


def retry_collection(order: int) -> Steps:
    """Another attempt of a collection that is still open, when its time has come."""
    now, key, state = Nanoseconds(ic.time()), collection_key(order), read_state()
    row, others = take_row(state.rows, key)
    stored = None if row is None else decode_collection(row)
    if stored is None or not is_due(stored.attempts, stored.tried_at, now):
        return stored
    state.rows = others
    if window_has_closed(stored.created_at, now):
        return give_up_collection(state, order, stored)
    sent = tried(stored, now)
    state.rows = add_row(others, key, encode_collection(sent))
    write_state(state)
    return (yield from attempt_collection(settings_of(state.settings, now), order, sent))


def _check_sale(settings: Settings, terms: Terms) -> None:
    """Whether a sale may be begun on these terms. Refuses (in order): PaymentRefused, Paused, UnknownLedger, UnknownStream."""
    stream, _, _, ledger, source, _, _ = terms
    if settings.paused:
        raise Refused("Paused")
    entry = entry_of(settings, ledger)
    if not is_on_sale(entry):
        raise unknown_ledger(ledger)
    if source != BALANCE and entry[0] == CYCLES:
        raise payment_refused("raw cycles are paid out of a balance")
    if not has_book(stream):
        raise Refused("UnknownStream")


def _terms(args: CollectArgs) -> Terms:
    """What an order asks for."""
    source, _ = the_case(args["source"])
    earning, ticks = the_case(args["earning"])
    return args["stream"], args["payer"], args["price"], args["ledger"], source_of(source), clock_of(earning), ticks or 0


def _without_order(desk: str, order: int) -> str:
    """The stored desk without an unresolved collection."""
    return encode_desk(without_collection(decode_desk(desk), order))
