"""Recording work in the books of streams."""

from __future__ import annotations

from payout_splitter_store import read_book, read_member, read_state, write_book, write_member, write_state_with

from ddsx_core.accrual import Member, record_batch
from ddsx_core.payout_totals import after_release, decode_totals
from ddsx_core.refused import Refused
from ddsx_core.splitter_desk import Settings, is_registry
from ddsx_core.stream_books import check_batch, invalid_batch, open_book, weights_of, with_batch
from ddsx_core.units import Ppm, PrincipalText
from ddsx_wire.work_types import WorkBatch


def take_batch(settings: Settings, registry: PrincipalText, batch: WorkBatch) -> int:
    """Record a batch of work if it is the one expected; the number expected next.

    Refuses (in order): NotARegistry, Paused, then as `stream_books.check_batch`, then InvalidBatch when the stream would have more recorded
        work than 2^64 - 1. Nothing is written before the last of them.
    """
    if not is_registry(settings, registry):
        raise Refused("NotARegistry")
    if settings.paused:
        raise Refused("Paused")
    stream, number = batch["stream"], batch["batch"]
    work = [(item["contributor"], item["weight"]) for item in batch["work"]]
    book = read_book(stream)
    is_next = check_batch(book, registry, number, batch["provider"], batch["provider_share_ppm"], work)
    if book is None:
        write_book(stream, open_book(registry, PrincipalText(batch["provider"]), Ppm(batch["provider_share_ppm"])))
        return 1
    if not is_next:
        return book.next_batch
    weights = weights_of(work)
    recorded = [(read_member(stream, contributor) or Member(), weight) for contributor, weight in weights.items()]
    try:
        pool, members = record_batch(book.pool, recorded)
    except Refused as refused:
        raise invalid_batch(str(refused)) from refused
    for place, contributor in enumerate(weights):
        write_member(stream, contributor, members[place])
    write_book(stream, with_batch(book, pool))
    if pool.pending_units != book.pool.pending_units:
        totals, desk, rows = read_state()
        write_state_with(after_release(decode_totals(totals), book.pool, pool), desk, rows)
    return number + 1
