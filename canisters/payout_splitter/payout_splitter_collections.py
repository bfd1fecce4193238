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
from ddsx_core.open_rows import add_row, take_row
from ddsx_core.payment_rules import PAYING_ANSWERS, REFUSED, UNRESOLVED, is_due, judge_answer, window_has_closed
from ddsx_core.payout_totals import after_sale, decode_totals
from ddsx_core.refused import Broken, Refused
from ddsx_core.splitter_desk import (
    Settings,
    collection_key,
    decode_desk,
    encode_desk,
    has_room_for_collection,
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
    payer, key = _payer_key(args["payer"]), collection_key(order)
    totals, desk, rows = read_state()
    row, _ = take_row(rows, key)
    before = find_collection(order) if row is None else decode_collection(row)
    if before is not None:
        if not is_same_request(before, stream, payer, price):
            raise Refused("ConflictingOrder")
        return before, False
    new = start_collection(stream, payer, price, settings.own, now)
    if settings.paused:
        raise Refused("Paused")
    if not has_book(stream):
        raise Refused("UnknownStream")
    if not has_room_for_collection(rows):
        raise payment_refused("too many collections are open: the ledger does not answer")
    write_state(totals, desk, add_row(rows, key, encode_collection(new)))
    return new, True


def known_collection(rows: str, order: int) -> Collection:
    """A collection that was started, open or not."""
    row, _ = take_row(rows, collection_key(order))
    return read_collection(order) if row is None else decode_collection(row)


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
    totals, desk, rows = read_state()
    row, others = take_row(rows, collection_key(order))
    if row is None:
        stored = read_collection(order)
        if stored.state == UNRESOLVED and kind in PAYING_ANSWERS:
            return credit_collection((totals, _without_order(desk, order), rows), order, stored, int(data["block_index"]))
        return stored
    if kind in PAYING_ANSWERS:
        return credit_collection((totals, desk, others), order, sent, int(data["block_index"]))
    stored = decode_collection(row)
    verdict = judge_answer(kind, sent.attempts, is_latest=stored == sent)
    if verdict == REFUSED:
        fee = max(decode_desk(desk).ledger_fee, 0)
        return refuse_collection((totals, desk, others), order, refused(stored, kind, data, fee))
    if verdict == UNRESOLVED:
        return give_up_collection((totals, desk, others), order, stored)
    return stored


def credit_collection(state: State, order: int, collection: Collection, block_index: int) -> Collection:
    """Book a price that the ledger moved: everybody is credited in this message, by one write to the stream's book.

    state: without the collection among what is open or unresolved; so too for the two below.
    """
    totals, desk, rows = state
    book = read_book(collection.stream)
    if book is None:
        raise Broken("a collection has no book")
    after, sale = share_sale(book, collection.price, read_settings().protocol_fee_ppm)
    done = collected(collection, block_index, sale)
    sums = after_sale(decode_totals(totals), sale, book.pool, after.pool)
    write_book(collection.stream, after)
    write_collection(order, done)
    write_state_with(sums, desk, rows)
    return done


def refuse_collection(state: State, order: int, collection: Collection) -> Collection:
    """Write that a collection did not happen."""
    write_collection(order, collection)
    write_state(*state)
    return collection


def give_up_collection(state: State, order: int, collection: Collection) -> Collection:
    """Write that no attempt can tell a collection's outcome any more; unchanged while too many wait for governance."""
    totals, desk, rows = state
    with_order = with_unresolved_collection(decode_desk(desk), order)
    if with_order is None:
        return collection
    after = unresolved(collection)
    write_collection(order, after)
    write_state(totals, encode_desk(with_order), rows)
    return after


def resolve_collection(order: int, block_index: int | None, refusal: str) -> None:
    """Write the outcome that governance found in the ledger's log. Refuses: NotUnresolved."""
    totals, desk, rows = read_state()
    if not has_number(decode_desk(desk).unresolved_collections, order):
        raise Refused("NotUnresolved")
    state, collection = (totals, _without_order(desk, order), rows), read_collection(order)
    if block_index is None:
        refuse_collection(state, order, refused(collection, refusal, {}, 0))
    else:
        credit_collection(state, order, collection, block_index)


def retry_collection(order: int) -> Steps:
    """Another attempt of a collection that is still open, when its time has come."""
    now, key = Nanoseconds(ic.time()), collection_key(order)
    totals, desk, rows = read_state()
    row, others = take_row(rows, key)
    stored = None if row is None else decode_collection(row)
    if stored is None or not is_due(stored.attempts, stored.tried_at, now):
        return stored
    if window_has_closed(stored.created_at, now):
        return give_up_collection((totals, desk, others), order, stored)
    sent = tried(stored, now)
    write_state(totals, desk, add_row(others, key, encode_collection(sent)))
    return (yield from attempt_collection(read_settings(), order, sent))


def _without_order(desk: str, order: int) -> str:
    """The stored desk without an unresolved collection."""
    return encode_desk(without_collection(decode_desk(desk), order))


def _payer_key(payer: Account) -> AccountKey:
    try:
        return account_key(PrincipalText(payer["owner"].to_str()), payer["subaccount"])
    except Refused as invalid:
        raise payment_refused(str(invalid.data["reason"])) from invalid
