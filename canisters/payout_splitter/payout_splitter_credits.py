"""Crediting a price that has arrived: everybody who earned it, in one message, by one write to the stream's book.

A sale that is earned at once needs no row of its own: its block in the log tells all of it.
"""

from __future__ import annotations

from payout_splitter_alarm import wake_pushes
from payout_splitter_books import accounts_of, write_accounts
from payout_splitter_log import append_block
from payout_splitter_orders import note_block
from payout_splitter_payouts import start_refund
from payout_splitter_store import State, find_book_text, read_payee, write_book_text, write_collection, write_payee, write_state

from ddsx_core.accounts import owner_of
from ddsx_core.collection_rules import AT_ONCE, DEPOSIT, Collection, astray, held, payment_refused, shares_text, sold, terms_text
from ddsx_core.money_log import Field
from ddsx_core.payment_rules import UNRESOLVED
from ddsx_core.payout_rules import with_spent
from ddsx_core.payout_totals import book_given_back, book_spent
from ddsx_core.plain_sales import sell_plainly
from ddsx_core.splitter_settings import fees_of
from ddsx_core.stream_accounts import Accounts
from ddsx_core.units import Nanoseconds

NO_ROOM = "the stream's book does not take this price"


def credit_collection(state: State, order: int, collection: Collection, block_index: int, now: Nanoseconds) -> Collection:
    """Book a price that the ledger moved; one that the stream's book cannot take is the payer's balance, and is sent back.

    state: without the collection among what is open or unresolved; written here.
    """
    fees = fees_of(state.settings)
    done = _credit_plainly(state, fees, order, collection, block_index, now)
    if done is None:
        accounts = accounts_of(state, fees, now)
        if accounts.has_room(collection.stream, collection.ledger, collection.price):
            done = _credit(state, accounts, order, collection, block_index, now)
        else:
            done = _send_back(state, accounts, order, collection, block_index, now)
        write_accounts(accounts, state)
    wake_pushes(state, now)
    write_state(state)
    return done


def spend_balance(state: State, fees: str, order: int, collection: Collection, now: Nanoseconds) -> Collection:
    """Pay a price out of the payer's balance with the splitter, and credit it.

    Refuses (in order): InsufficientFunds, PaymentRefused; nothing is kept then.
    """
    name, ledger = owner_of(collection.payer), collection.ledger
    payee = with_spent(read_payee(ledger, name), collection.price)
    accounts = accounts_of(state, fees, now)
    if not accounts.has_room(collection.stream, ledger, collection.price):
        raise payment_refused(NO_ROOM)
    book_spent(accounts.totals(ledger), collection.price)
    done = _credit(state, accounts, order, collection, 0, now)
    write_payee(ledger, name, payee)
    write_accounts(accounts, state)
    wake_pushes(state, now)
    write_state(state)
    return done


def _credit_plainly(state: State, fees: str, order: int, collection: Collection, block_index: int, now: Nanoseconds) -> Collection | None:
    """Credit a price at once where nothing is special; None where something is."""
    _, _, _, _, stream, price, ledger, clock, *_ = collection
    if clock != AT_ONCE or ledger >= len(state.totals):
        return None
    book = find_book_text(stream)
    sale = None if book is None else sell_plainly(book, state.totals[ledger], fees, ledger, price)
    if sale is None:
        return None
    text, state.totals[ledger], fee, to_provider, rest = sale
    write_book_text(stream, text)
    return _note_sale(state, order, collection, block_index, (fee, to_provider, rest), now)


def _credit(state: State, accounts: Accounts, order: int, collection: Collection, block_index: int, now: Nanoseconds) -> Collection:
    """Credit a price at once, or put it in escrow until it is earned; the collection then."""
    _, _, _, _, stream, price, ledger, clock, ticks, *_ = collection
    if clock == AT_ONCE:
        fee, to_provider, _, rest = accounts.sell(stream, ledger, price)
        return _note_sale(state, order, collection, block_index, (fee, to_provider, rest), now)
    start = accounts.hold(stream, ledger, price, clock, ticks)
    block = append_block(state, now, "ddsx:sale", [*_fields(order, collection, block_index), ""])
    done = held(collection, block_index, start, block)
    write_collection(order, done)
    return done


def _note_sale(
    state: State, order: int, collection: Collection, block_index: int, shares: tuple[int, int, int], now: Nanoseconds
) -> Collection:
    """Let the log tell of a price that was credited at once; the collection then."""
    fields = _fields(order, collection, block_index)
    block = append_block(state, now, "ddsx:sale", [*fields, shares_text(*shares)])
    note_block(state, order, block)
    done = sold(collection, block_index, shares, block)
    if collection.source == DEPOSIT or collection.state == UNRESOLVED:
        # It has a row of its own, which says what was true before.
        write_collection(order, done)
    return done


def _send_back(state: State, accounts: Accounts, order: int, collection: Collection, block_index: int, now: Nanoseconds) -> Collection:
    """Make a price that cannot be credited its payer's balance, and send it back."""
    block = append_block(state, now, "ddsx:astray", _fields(order, collection, block_index))
    done = astray(collection, block_index, NO_ROOM, block)
    book_given_back(accounts.totals(collection.ledger), collection.price)
    start_refund(state, accounts, collection.ledger, collection.payer, collection.price, now)
    write_collection(order, done)
    return done


def _fields(order: int, collection: Collection, block_index: int) -> list[Field]:
    """What a block tells of a price."""
    payer, _, _, _, stream, price, ledger, *_ = collection
    return [order, stream, ledger, payer, price, terms_text(collection), block_index]
