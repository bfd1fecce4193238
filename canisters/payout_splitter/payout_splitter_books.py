"""The books that a message works on, from the stable maps and back; recording work in them."""

from __future__ import annotations

from payout_splitter_log import append_block
from payout_splitter_store import (
    State,
    find_book,
    find_flow,
    find_membership,
    read_payee,
    write_book,
    write_flow,
    write_membership,
    write_payee,
    write_plan,
    write_state,
)

from ddsx_core.cascade import Shelf
from ddsx_core.payout_rules import with_credit
from ddsx_core.payout_totals import encode_totals
from ddsx_core.plan_history import PlanVersion, encode_version
from ddsx_core.refused import Refused
from ddsx_core.splitter_settings import Settings, is_registry
from ddsx_core.stream_accounts import Accounts
from ddsx_core.stream_books import Book, check_batch, invalid_batch, provider_plan, weights_of, work_text
from ddsx_core.units import Ppm, PrincipalText, Units
from ddsx_wire.work_types import WorkBatch


def accounts_of(state: State, fees: str, now: int) -> Accounts:
    """The books, to be worked on at this moment. fees: the schedule in the settings."""
    return Accounts(Shelf(find_book, find_flow, find_membership), state.totals, fees, now)


def write_accounts(accounts: Accounts, state: State) -> None:
    """Write what changed in the books; the totals into the state, which the caller writes."""
    for stream, book in accounts.changed_books.items():
        write_book(stream, book)
    for (stream, ledger, slot), flow in accounts.flows.items():
        write_flow(stream, ledger, slot, flow)
    for (stream, principal), membership in accounts.changed_members.items():
        write_membership(stream, principal, membership)
    for ledger, principal, units in accounts.moved:
        write_payee(ledger, principal, with_credit(read_payee(ledger, principal), Units(units)))
    for ledger, totals in accounts.changed_totals.items():
        state.totals += [""] * (ledger + 1 - len(state.totals))
        state.totals[ledger] = encode_totals(totals)


def take_batch(state: State, settings: Settings, registry: PrincipalText, batch: WorkBatch, now: int) -> int:
    """Record a batch of work if it is the one expected; the number expected next.

    Refuses (in order): NotARegistry, then as `stream_books.check_batch`, then InvalidBatch when the stream would have more recorded work
        than 2^64 - 1. Nothing is written before the last of them.
    """
    if not is_registry(settings, registry):
        raise Refused("NotARegistry")
    stream, number, size = batch["stream"], batch["batch"], batch["size"]
    work = [(item["contributor"], item["weight"]) for item in batch["work"]]
    accounts = accounts_of(state, settings.fees, now)
    book = accounts.find_book(stream)
    is_next = check_batch(book, registry, (number, batch["provider"], batch["provider_share_ppm"], size, work))
    if book is None:
        _open_book(state, registry, batch, now)
        return 1
    if not is_next:
        return book.next_batch
    weights = weights_of(work)
    try:
        accounts.record(stream, weights, size)
    except Refused as refused:
        raise invalid_batch(str(refused)) from refused
    append_block(state, now, "ddsx:work", [stream, number, size, work_text(weights)])
    write_accounts(accounts, state)
    write_state(state)
    return number + 1


def _open_book(state: State, registry: PrincipalText, batch: WorkBatch, now: int) -> None:
    """Open the book of a new stream, with the provider's share as its first plan."""
    stream, provider = batch["stream"], PrincipalText(batch["provider"])
    plan = provider_plan(Ppm(batch["provider_share_ppm"]))
    block = append_block(state, now, "ddsx:open", [stream, registry, provider, plan])
    book = Book(registry, provider, plan)
    write_book(stream, book)
    write_plan(stream, 1, encode_version(PlanVersion(now, now, block, is_replaced=False, steps=plan)))
    write_state(state)


