"""Collecting the price of an order: written down, asked of the ledger, credited in the message that brings the answer.

The rules are in `ddsx_core.collection_rules` (what a collection is) and `ddsx_core.payment_rules` (what an answer proves).
"""

from __future__ import annotations

from kybra import ic
from payout_splitter_answers import Steps, answer_in
from payout_splitter_store import (
    State,
    find_collection,
    has_book,
    read_book,
    read_collection,
    read_settings,
    read_state,
    write_book,
    write_collection,
    write_state,
    write_state_with,
)

from ddsx_core.accounts import account_key, owner_of, subaccount_of
from ddsx_core.collection_rules import (
    Collection,
    check_collected,
    collected,
    contributors_share,
    decode_collection,
    encode_collection,
    is_same_request,
    memo_of,
    payment_refused,
    refused,
    start_collection,
    tried,
    unresolved,
)
from ddsx_core.number_lists import has_number
from ddsx_core.open_rows import add_row, find_row, has_row, remove_row, replace_row
from ddsx_core.payment_rules import OPEN, PAYING_ANSWERS, REFUSED, UNRESOLVED, is_due, judge_answer, window_has_closed
from ddsx_core.payout_totals import after_sale, decode_totals
from ddsx_core.refused import Broken, Refused
from ddsx_core.splitter_desk import (
    Settings,
    collection_key,
    has_room_for_collection,
    with_collection,
    with_unresolved_collection,
    without_collection,
)
from ddsx_core.stream_books import share_sale
from ddsx_core.units import AccountKey, Nanoseconds, PrincipalText
from ddsx_wire.collect_types import CollectArgs, Collected
from ddsx_wire.icrc_types import Account
from ddsx_wire.ledger_service import PaymentLedger
from ddsx_wire.principals import principal_of


def open_collection(settings: Settings, caller: str, args: CollectArgs, now: Nanoseconds) -> tuple[Collection, bool]:
    """The collection of an order, and whether it is new: written down as tried, to be attempted in this message.

    Refuses (in order): NotTheLicenceLedger, PaymentRefused for an account that cannot be, ConflictingOrder for an order that was asked for
        in other words, PaymentRefused for a request that no ledger need be asked, Paused, UnknownStream, PaymentRefused while too many
        collections are open. A repeated order is answered in any case.
    """
    if caller != settings.dst_ledger:
        raise Refused("NotTheLicenceLedger")
    order, stream, price = args["order"], args["stream"], args["price"]
    payer = _payer_key(args["payer"])
    totals_text, desk, rows = read_state()
    before = find_collection(rows, order)
    if before is not None:
        if not is_same_request(before, stream, payer, price):
            raise Refused("ConflictingOrder")
        return before, False
    new = start_collection(stream, payer, price, settings.own, now)
    if desk.paused:
        raise Refused("Paused")
    if not has_book(stream):
        raise Refused("UnknownStream")
    if not has_room_for_collection(desk, rows):
        raise payment_refused("too many collections are open: the ledger does not answer")
    write_state(totals_text, with_collection(desk, new.price), add_row(rows, collection_key(order), encode_collection(new)))
    return new, True


def collected_view(collection: Collection) -> Collected:
    """What happened. Refuses: as `check_collected`."""
    check_collected(collection)
    return {
        "block_index": collection.block_index,
        "price": collection.price,
        "protocol_fee": collection.protocol_fee,
        "provider_share": collection.provider_share,
        "contributors_share": contributors_share(collection),
    }


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
    state = read_state()
    _, desk, rows = state
    is_undecided = has_row(rows, collection_key(order)) or has_number(desk.unresolved_collections, order)
    if is_undecided and kind in PAYING_ANSWERS:
        return credit_collection(state, order, sent, int(data["block_index"]))
    stored = read_collection(rows, order)
    verdict = judge_answer(kind, sent.attempts, is_latest=stored == sent)
    if stored.state == OPEN and verdict == REFUSED:
        return refuse_collection(state, order, refused(stored, kind, data, max(desk.ledger_fee, 0)))
    if stored.state == OPEN and verdict == UNRESOLVED:
        return give_up_collection(state, order, stored)
    return stored


def credit_collection(state: State, order: int, collection: Collection, block_index: int) -> Collection:
    """Book a price that the ledger moved: everybody is credited in this message, by one write to the stream's book."""
    totals_text, desk, rows = state
    book = read_book(collection.stream)
    if book is None:
        raise Broken("a collection has no book")
    after, sale = share_sale(book, collection.price, desk.protocol_fee_ppm)
    done = collected(collection, block_index, sale)
    totals = after_sale(decode_totals(totals_text), sale, book.pool, after.pool)
    write_book(collection.stream, after)
    write_collection(order, done)
    write_state_with(totals, without_collection(desk, order, collection.price), remove_row(rows, collection_key(order)))
    return done


def refuse_collection(state: State, order: int, collection: Collection) -> Collection:
    """Write that a collection did not happen."""
    totals_text, desk, rows = state
    write_collection(order, collection)
    write_state(totals_text, without_collection(desk, order, collection.price), remove_row(rows, collection_key(order)))
    return collection


def give_up_collection(state: State, order: int, collection: Collection) -> Collection:
    """Write that no attempt can tell a collection's outcome any more."""
    totals_text, desk, rows = state
    after = unresolved(collection)
    write_collection(order, after)
    write_state(totals_text, with_unresolved_collection(desk, order), remove_row(rows, collection_key(order)))
    return after


def retry_collection(order: int) -> Steps:
    """Another attempt of a collection that is still open, when its time has come."""
    now = Nanoseconds(ic.time())
    state = read_state()
    totals_text, desk, rows = state
    row = find_row(rows, collection_key(order))
    stored = None if row is None else decode_collection(row)
    if stored is None or not is_due(stored.attempts, stored.tried_at, now):
        return stored
    if window_has_closed(stored.created_at, now):
        return give_up_collection(state, order, stored)
    sent = tried(stored, now)
    write_state(totals_text, desk, replace_row(rows, collection_key(order), encode_collection(sent)))
    return (yield from attempt_collection(read_settings(), order, sent))


def _payer_key(payer: Account) -> AccountKey:
    try:
        return account_key(PrincipalText(payer["owner"].to_str()), payer["subaccount"])
    except Refused as invalid:
        raise payment_refused(str(invalid.data["reason"])) from invalid
