"""Where every unit is, gathered from the totals of ledgers and the books of streams."""

from __future__ import annotations

from kybra import ic
from payout_splitter_balances import undecided_payouts
from payout_splitter_orders import known_order
from payout_splitter_store import State, find_book, read_state

from ddsx_core.accrual import audit as audit_pool
from ddsx_core.collection_rules import Collection
from ddsx_core.money_log import certified_tree, log_length
from ddsx_core.number_lists import numbers_in
from ddsx_core.open_rows import keys_of
from ddsx_core.payout_rules import Payout
from ddsx_core.payout_totals import (
    CARRIED,
    CONTRIBUTORS,
    DRAWN,
    ESCROWED,
    FEES,
    PENDING,
    PROTOCOL,
    RECEIVED,
    REFUNDED,
    SETTLED,
    SHARES,
    SPENT,
    TOPPED_UP,
    audit_totals,
    decode_totals,
)
from ddsx_core.splitter_desk import decode_desk, open_numbers
from ddsx_core.splitter_settings import ledger_count, settings_of
from ddsx_core.stream_books import FEES_TAKEN, GIVEN, GROSS, HELD, PAID_BACK, PASSED_ON, PROVIDER_DUE, Book, decode_dues
from ddsx_core.units import Nanoseconds
from ddsx_wire.audit_types import Audit, LedgerAudit, PurseAudit, StreamAudit


def view_audit() -> Audit:
    """Where every unit received is, ledger by ledger."""
    state = read_state()
    payouts, collections = undecided_payouts(state), _undecided_collections(state)
    ledgers = ledger_count(settings_of(state.settings, Nanoseconds(ic.time())))
    return {
        "ledgers": [_ledger_audit(state, ledger, payouts, collections) for ledger in range(ledgers)],
        "blocks": log_length(state.log),
        "certificate": ic.data_certificate(),
        "witness": certified_tree(";".join(state.totals), state.log),
    }


def _ledger_audit(state: State, ledger: int, payouts: list[Payout], collections: list[Collection]) -> LedgerAudit:
    """Where every unit of a ledger is. payouts, collections: those of all ledgers whose outcome is not known."""
    totals = decode_totals(state.totals[ledger] if ledger < len(state.totals) else "")
    audit = audit_totals(totals)
    in_flight_fees = sum([payout.fee for payout in payouts if payout.ledger == ledger])
    in_flight = sum([payout.amount for payout in payouts if payout.ledger == ledger]) + in_flight_fees
    fees_paid = totals[FEES] - in_flight_fees
    return {
        "ledger": ledger,
        "received": totals[RECEIVED],
        "protocol_fees": totals[PROTOCOL],
        "plan_shares": totals[SHARES],
        "contributors_shares": totals[CONTRIBUTORS],
        "escrowed": totals[ESCROWED],
        "refunded": totals[REFUNDED],
        "topped_up": totals[TOPPED_UP],
        "spent": totals[SPENT],
        "settled": totals[SETTLED],
        "credited": audit.credited_units,
        "claimable": audit.claimable_units,
        "in_flight": in_flight,
        "paid": totals[DRAWN] - in_flight - fees_paid,
        "ledger_fees_paid": fees_paid,
        "pending": totals[PENDING],
        "remainder": audit.remainder_units,
        "claimable_fraction_scaled": audit.claimable_fraction_scaled,
        "carried_scaled": totals[CARRIED],
        "lost_scaled": audit.lost_scaled,
        "holdings": audit.holdings_units,
        "collecting": sum([collection.price for collection in collections if collection.ledger == ledger]),
        "balanced": audit.balanced,
    }


def view_stream(stream: int) -> StreamAudit | None:
    """Where every unit of a stream is, as of its last touch; None for one without a book."""
    book = find_book(stream)
    if book is None:
        return None
    return {
        "provider": book.provider,
        "plan_version": book.version,
        "next_batch": book.next_batch,
        "total_weight": book.weight,
        "size": book.size,
        "purses": [_purse_audit(book, ledger) for ledger in book.ledgers()],
    }


def _purse_audit(book: Book, ledger: int) -> PurseAudit:
    """Where every unit is that a stream had on a ledger."""
    purse = book.purse(ledger)
    numbers, pool = purse.numbers, purse.pool(book.weight)
    audit = audit_pool(pool)
    return {
        "ledger": ledger,
        "received": numbers[GROSS],
        "fees": numbers[FEES_TAKEN],
        "passed_on": numbers[PASSED_ON],
        "plan_shares": numbers[GIVEN],
        "contributors_shares": pool.received_units,
        "escrowed": numbers[HELD],
        "refunded": numbers[PAID_BACK],
        "provider_due": numbers[PROVIDER_DUE],
        "dues": [{"payee": payee, "units": units} for payee, units in decode_dues(purse.dues).items()],
        "credited": audit.credited_units,
        "pending": audit.pending_units,
        "remainder": audit.remainder_units,
        "claimable_fraction_scaled": audit.claimable_fraction_scaled,
        "carried_scaled": audit.index_remainder_scaled,
        "lost_scaled": audit.lost_scaled,
    }


def _undecided_collections(state: State) -> list[Collection]:
    """Collections whose outcome is not known: at most `MAX_OPEN_PAYMENTS` and `MAX_UNRESOLVED`."""
    orders, _ = open_numbers(keys_of(state.rows))
    return [known_order(state, order) for order in [*orders, *numbers_in(decode_desk(state.desk).unresolved_collections)]]
