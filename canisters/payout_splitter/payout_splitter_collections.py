"""Collecting the price of an order: written down, asked of the ledger, credited in the message that brings the answer.

The rules are in `ddsx_core.collection_rules` (what a collection is) and `ddsx_core.payment_rules` (what an answer proves).
"""

from __future__ import annotations

from kybra import ic
from payout_splitter_answers import Steps, answer_in
from payout_splitter_store import (
    add_collection,
    find_collection,
    has_book,
    read_book,
    read_collection,
    read_desk,
    read_settings,
    read_totals,
    write_book,
    write_collection,
    write_desk,
    write_totals,
)

from ddsx_core.accounts import account_key, owner_of, subaccount_of
from ddsx_core.collection_rules import (
    Collection,
    collected,
    is_same_request,
    memo_of,
    payment_refused,
    refused,
    start_collection,
    tried,
    unresolved,
)
from ddsx_core.number_lists import has_number
from ddsx_core.payment_rules import OPEN, PAYING_ANSWERS, REFUSED, UNRESOLVED, is_due, judge_answer, window_has_closed
from ddsx_core.payout_totals import add_changes, pool_change, sale_change
from ddsx_core.refused import Broken, Refused
from ddsx_core.splitter_desk import (
    Desk,
    Settings,
    has_room_for_collection,
    with_collection,
    with_unresolved_collection,
    without_collection,
)
from ddsx_core.stream_books import share_sale
from ddsx_wire.collect_types import CollectArgs
from ddsx_wire.icrc_types import Account
from ddsx_wire.ledger_service import PaymentLedger
from ddsx_wire.principals import principal_of


def open_collection(settings: Settings, caller: str, args: CollectArgs, now: int) -> tuple[Collection, bool]:
    """The collection of an order, and whether it is new: written down as tried, to be attempted in this message.

    Refuses (in order): NotTheLicenceLedger, PaymentRefused for a request that no ledger need be asked, ConflictingOrder for an order that
        was asked for in other words, Paused, UnknownStream, PaymentRefused while too many collections are open. A repeated order is
        answered in any case.
    """
    if caller != settings.dst_ledger:
        raise Refused("NotTheLicenceLedger")
    order, stream, price = args["order"], args["stream"], args["price"]
    payer = _payer_key(args["payer"])
    new = tried(start_collection(stream, payer, price, settings.own, now), now)
    desk = read_desk()
    obstacle = _obstacle(settings, desk, stream)
    before = add_collection(order, new) if obstacle is None else find_collection(order)
    if before is not None:
        if not is_same_request(before, stream, payer, price):
            raise Refused("ConflictingOrder")
        return before, False
    if obstacle is not None:
        raise obstacle
    write_desk(with_collection(desk, order, new.price))
    return new, True


def attempt_collection(settings: Settings, order: int, sent: Collection) -> Steps:
    """Ask the ledger for the price of a collection that is written as tried; the collection as it stands after the answer."""
    result = yield PaymentLedger(principal_of(settings.payment_ledger)).icrc2_transfer_from(
        {
            "spender_subaccount": None,
            "from_": {"owner": principal_of(owner_of(sent.payer)), "subaccount": subaccount_of(sent.payer)},
            "to": {"owner": principal_of(settings.own), "subaccount": None},
            "amount": sent.price,
            "fee": None,
            "memo": memo_of(order),
            "created_at_time": sent.created_at,
        }
    )
    kind, data = answer_in(result)
    return conclude_collection(order, sent, kind, data)


def conclude_collection(order: int, sent: Collection, kind: str, data: dict[str, int | str]) -> Collection:
    """Write what an answer to the attempt `sent` proves; the collection as it stands. An answer that comes too late changes nothing."""
    desk = read_desk()
    if not has_number(desk.open_collections, order) and not has_number(desk.unresolved_collections, order):
        return read_collection(order)
    if kind in PAYING_ANSWERS:
        return credit_collection(desk, order, sent, int(data["block_index"]))
    stored = read_collection(order)
    state = judge_answer(kind, sent.attempts, is_latest=stored == sent)
    if stored.state == OPEN and state == REFUSED:
        return refuse_collection(desk, order, refused(stored, kind, data, max(desk.ledger_fee, 0)))
    if stored.state == OPEN and state == UNRESOLVED:
        return give_up_collection(desk, order, stored)
    return stored


def credit_collection(desk: Desk, order: int, collection: Collection, block_index: int) -> Collection:
    """Book a price that the ledger moved: everybody is credited in this message, by one write to the stream's book."""
    book = read_book(collection.stream)
    if book is None:
        raise Broken("a collection has no book")
    after, sale = share_sale(book, collection.price, read_settings().protocol_fee_ppm)
    done = collected(collection, block_index, sale)
    totals = add_changes(read_totals(), sale_change(*sale), pool_change(book.pool, after.pool))
    write_book(collection.stream, after)
    write_collection(order, done)
    write_desk(without_collection(desk, order, collection.price))
    write_totals(totals)
    return done


def refuse_collection(desk: Desk, order: int, collection: Collection) -> Collection:
    """Write that a collection did not happen."""
    write_collection(order, collection)
    write_desk(without_collection(desk, order, collection.price))
    return collection


def give_up_collection(desk: Desk, order: int, collection: Collection) -> Collection:
    """Write that no attempt can tell a collection's outcome any more."""
    after = unresolved(collection)
    write_collection(order, after)
    write_desk(with_unresolved_collection(desk, order))
    return after


def retry_collection(order: int) -> Steps:
    """Another attempt of a collection that is still open, when its time has come."""
    now = ic.time()
    stored = read_collection(order)
    if stored.state != OPEN or not is_due(stored.attempts, stored.tried_at, now):
        return stored
    if window_has_closed(stored.created_at, now):
        return give_up_collection(read_desk(), order, stored)
    sent = tried(stored, now)
    write_collection(order, sent)
    return (yield from attempt_collection(read_settings(), order, sent))


def _obstacle(settings: Settings, desk: Desk, stream: int) -> Refused | None:
    """Why no new collection can be opened now."""
    if settings.paused:
        return Refused("Paused")
    if not has_book(stream):
        return Refused("UnknownStream")
    if not has_room_for_collection(desk):
        return payment_refused("too many collections are open: the ledger does not answer")
    return None


def _payer_key(payer: Account) -> str:
    try:
        return account_key(payer["owner"].to_str(), payer["subaccount"])
    except Refused as invalid:
        raise payment_refused(str(invalid.data["reason"])) from invalid
