"""What the splitter's queries tell, gathered from the maps."""

from __future__ import annotations

from collections.abc import Sequence

from kybra import ic
from payout_splitter_collections import known_collection
from payout_splitter_payouts import known_payout
from payout_splitter_store import (
    find_payout,
    read_book,
    read_member,
    read_payee,
    read_settings,
    read_standing,
    read_state,
)

from ddsx_core.accounts import account_text, owner_of
from ddsx_core.accrual import Member
from ddsx_core.accrual import audit as audit_pool
from ddsx_core.number_lists import numbers_in
from ddsx_core.open_rows import keys_of, take_row
from ddsx_core.payment_rules import OPEN, PAID, REFUSED
from ddsx_core.payout_rules import Payout, balance_of, check_streams, decode_payout, open_payouts_of, unknown_stream
from ddsx_core.payout_totals import audit_totals, decode_totals, totals_witness
from ddsx_core.splitter_desk import UNKNOWN_FEE, Desk, decode_desk, open_numbers, payout_key
from ddsx_core.stream_books import draw_contribution, due_to
from ddsx_core.units import PrincipalText
from ddsx_wire.payout_types import Audit, Balance, OpenPayments, Parameters, PayoutState, PayoutStatus, StreamAudit


def view_audit() -> Audit:
    """Where every unit received is."""
    totals_text, desk, rows = read_state()
    totals = decode_totals(totals_text)
    audit = audit_totals(totals)
    payouts = _undecided_payouts(decode_desk(desk), rows)
    in_flight_fees = sum([payout.fee for payout in payouts])
    in_flight = sum([payout.amount for payout in payouts]) + in_flight_fees
    fees_paid = totals.fee_units - in_flight_fees
    return {
        "received": totals.received_units,
        "protocol_fees": totals.protocol_fee_units,
        "provider_shares": totals.provider_units,
        "contributors_shares": totals.contributor_units,
        "settled": totals.settled_units,
        "credited": audit.credited_units,
        "claimable": audit.claimable_units,
        "in_flight": in_flight,
        "paid": totals.drawn_units - in_flight - fees_paid,
        "ledger_fees_paid": fees_paid,
        "pending": totals.pending_units,
        "remainder": audit.remainder_units,
        "claimable_fraction_scaled": audit.claimable_fraction_scaled,
        "carried_scaled": audit.carried_scaled,
        "lost_scaled": audit.lost_scaled,
        "balanced": audit.balanced,
        "collecting": _collecting(decode_desk(desk), rows),
        "certificate": ic.data_certificate(),
        "witness": totals_witness(totals_text),
    }


def view_stream(stream: int) -> StreamAudit | None:
    """Where every unit of a stream is, None for one without a book."""
    book = read_book(stream)
    if book is None:
        return None
    audit = audit_pool(book.pool)
    return {
        "provider": book.provider,
        "provider_share_ppm": book.provider_share_ppm,
        "next_batch": book.next_batch,
        "total_weight": book.pool.total_weight,
        "provider_credited": book.provider_units,
        "provider_due": book.provider_due_units,
        "received": audit.received_units,
        "credited": audit.credited_units,
        "pending": audit.pending_units,
        "remainder": audit.remainder_units,
        "claimable_fraction_scaled": audit.claimable_fraction_scaled,
        "carried_scaled": audit.index_remainder_scaled,
        "lost_scaled": audit.lost_scaled,
    }


def view_balance(name: PrincipalText, named_streams: Sequence[int]) -> Balance:
    """What a payee has, was paid and is being paid; of what it has not drawn from streams, that in the streams named.

    Refuses (in order): TooManyStreams, UnknownStream.
    """
    payee = read_payee(name)
    totals_text, desk_text, rows = read_state()
    desk = decode_desk(desk_text)
    undrawn = sum([_claimable(stream, name) for stream in check_streams(named_streams)])
    if owner_of(read_settings().treasury) == name:
        undrawn += decode_totals(totals_text).treasury_units
    open_payouts = [known_payout(rows, number) for number in open_payouts_of(payee, rows, desk.unresolved_payouts)]
    open_fees = sum([payout.fee for payout in open_payouts])
    in_flight = sum([payout.amount for payout in open_payouts]) + open_fees
    fees = payee.fee_units - open_fees
    return {
        "credited": payee.credited_units + undrawn,
        "claimable": balance_of(payee) + undrawn,
        "in_flight": in_flight,
        "paid": payee.drawn_units - in_flight - fees,
        "ledger_fees": fees,
        "ledger_fee": known_fee(desk),
    }


def view_payout(number: int) -> PayoutState | None:
    """What is known of a payout, None for a number that was not given out."""
    row, _ = take_row(read_state()[2], payout_key(number))
    payout = find_payout(number) if row is None else decode_payout(row)
    if payout is None:
        return None
    return {
        "payout": number,
        "payee": payout.payee,
        "to": account_text(payout.to),
        "amount": payout.amount,
        "fee": payout.fee,
        "created_at_time": payout.created_at,
        "attempts": payout.attempts,
        "status": _status(payout),
    }


def view_open_payments() -> OpenPayments:
    """Payments whose outcome is not known."""
    _, desk_text, rows = read_state()
    desk = decode_desk(desk_text)
    orders, payouts = open_numbers(keys_of(rows))
    return {
        "collections": orders,
        "payouts": payouts,
        "unresolved_collections": numbers_in(desk.unresolved_collections),
        "unresolved_payouts": numbers_in(desk.unresolved_payouts),
    }


def view_parameters() -> Parameters:
    """Who is who, and what governance set."""
    settings = read_settings()
    return {
        "governance": settings.governance,
        "dst_ledger": settings.dst_ledger,
        "registries": settings.registries.split(",") if settings.registries else [],
        "payment_ledger": settings.payment_ledger,
        "treasury": account_text(settings.treasury),
        "protocol_fee_ppm": settings.protocol_fee_ppm,
        "paused": bool(settings.paused),
        "ledger_fee": known_fee(decode_desk(read_state()[1])),
    }


def known_fee(desk: Desk) -> int | None:
    """The ledger's fee, None until it was asked."""
    return None if desk.ledger_fee == UNKNOWN_FEE else desk.ledger_fee


def _claimable(stream: int, name: PrincipalText) -> int:
    """What a payee could draw from a stream now. Refuses: UnknownStream."""
    standing = read_standing(stream)
    if standing is None:
        raise unknown_stream(stream)
    _, contribution = draw_contribution(standing, read_member(stream, name) or Member())
    return contribution + due_to(standing, name)


def _undecided_payouts(desk: Desk, rows: str) -> list[Payout]:
    """Payouts whose outcome is not known: at most `MAX_OPEN_PAYMENTS` and `MAX_UNRESOLVED`."""
    _, numbers = open_numbers(keys_of(rows))
    return [known_payout(rows, number) for number in [*numbers, *numbers_in(desk.unresolved_payouts)]]


def _collecting(desk: Desk, rows: str) -> int:
    """The prices of all collections whose outcome is not known."""
    orders, _ = open_numbers(keys_of(rows))
    undecided = [known_collection(rows, order) for order in [*orders, *numbers_in(desk.unresolved_collections)]]
    return sum([collection.price for collection in undecided])


def _status(payout: Payout) -> PayoutStatus:
    if payout.state == PAID:
        return {"Paid": payout.block_index}
    if payout.state == REFUSED:
        return {"Refused": payout.refusal}
    return {"Open": None} if payout.state == OPEN else {"Unresolved": None}
