"""Appending to a stream's log, its certified head, and reading from it."""

from __future__ import annotations

import stream_registry_store as store
from kybra import ic
from stream_registry_work import seal, wait_for_flush

from ddsx_core.accounts import ANONYMOUS
from ddsx_core.certified_heads import head_hash, no_heads_root, set_head, witness
from ddsx_core.contributors import BATCHES_A_PAGE, Contributor, Span, add_span, page_of, span_in
from ddsx_core.read_rights import check_reader
from ddsx_core.refused import Refused
from ddsx_core.stream_log import check_range, check_records, grow, read_page, root_at, stored_batch
from ddsx_core.streams import StreamState, head_of, stream_id, stream_number
from ddsx_core.units import Nanoseconds, PrincipalText
from ddsx_core.work_outbox import add_work, is_full
from ddsx_wire.stream_types import AppendBatch, AppendReceipt, ReadArgs, RecordsPage, SegmentSlice, StreamHead


def append_batch(caller: PrincipalText, batch: AppendBatch, now: Nanoseconds) -> AppendReceipt:
    """Append a contributor's next batch; the receipt of the first time for one sent again.

    Refuses (in order): AnonymousCaller, NotReady, UnknownStream, NotAContributor, EmptyBatch, OversizedBatch, MalformedRecord, BatchGap
        for a number too high, BatchConflict for a used one with other records.
    """
    stream, number, records = batch["stream"], batch["batch"], batch["records"]
    if caller == ANONYMOUS:
        raise Refused("AnonymousCaller")
    counters = store.read_counters()
    # Taken apart, here and below: a field of a NamedTuple read by its name costs 15 k instructions, an unpacked one 1 k.
    seed, streams, *_ = counters
    if not seed:
        raise Refused("NotReady")
    state = store.read_state(stream)
    first, _, _, _, _, contributors, sealed, delivered, queued, open_work, provider, share = state
    contributor = store.read_contributor(stream, caller)
    if contributor is None:
        raise Refused("NotAContributor")
    admitted, _, principal, next_batch, _ = contributor
    if not admitted:
        raise Refused("NotAContributor")
    check_records(records)
    if number > next_batch:
        raise Refused("BatchGap", {"expected": next_batch})
    if number < next_batch:
        return _repeated(stream, number, state, contributor, records)
    span = Span(first, len(records))
    size, root, peaks, tail, runs, tiles = grow(state, stream, seed, caller, principal, records, now)
    work = add_work(open_work, caller, len(records))
    is_queued = True
    grown_state = StreamState(size, now, root, peaks, tail, contributors, sealed, delivered, is_queued, work, provider, share)
    if runs:
        store.write_runs(stream, runs)
        store.extend_tiles(stream, tiles)
    certify_head(stream, grown_state, streams)
    _count_batch(stream, caller, contributor, span)
    if not queued:
        wait_for_flush(stream, counters)
    store.write_state(stream, seal(stream, grown_state) if is_full(work) else grown_state)
    return _receipt(stream, number, span, root, now)


def _count_batch(stream: int, caller: PrincipalText, contributor: Contributor, span: Span) -> None:
    """Store where a contributor's next batch lies."""
    after, full_page = add_span(contributor, span)
    store.write_contributor(stream, caller, after)
    if full_page:
        store.write_batch_page(stream, contributor.number, contributor.next_batch // BATCHES_A_PAGE, full_page)


def _repeated(stream: int, number: int, state: StreamState, contributor: Contributor, records: list[str]) -> AppendReceipt:
    """The receipt of a batch that was appended before. Refuses: BatchConflict when it had other records."""
    page = page_of(contributor, number)
    span = span_in(contributor.spans if page is None else store.read_batch_page(stream, contributor.number, page), number)
    log = store.LogReader(stream, state.size, state.tail)
    time_ns, stored = stored_batch(log.tile, log.run, span)
    if stored != records:
        raise Refused("BatchConflict", {"expected": contributor.next_batch})
    return _receipt(stream, number, span, root_at(log.tile, span.first + span.records), time_ns)


def _receipt(stream: int, number: int, span: Span, root: bytes, time_ns: Nanoseconds) -> AppendReceipt:
    first, records = span
    return {
        "stream": stream,
        "batch": number,
        "first_sequence": first,
        "count": records,
        "size": first + records,
        "root": root.hex(),
        "time": time_ns,
    }


def certify_head(stream: int, state: StreamState, streams: int) -> None:
    """Let the canister's certified data vouch for a stream's head; `streams` is how many there are with this one."""
    changed, root = set_head(store.read_head_tile, stream_number(stream) - 1, head_hash(stream, head_of(state)), streams)
    store.write_heads(changed)
    ic.set_certified_data(root)


def certify_all() -> None:
    """Set the certified data anew, which an upgrade has cleared: putting one head in its place again gives the root over all."""
    streams = store.read_counters().streams
    if not streams:
        ic.set_certified_data(no_heads_root())
        return
    first = stream_id(store.read_settings().shard, 1)
    certify_head(first, store.read_state(first), streams)


def stream_head(stream: int) -> StreamHead:
    """How far a stream has come, with what proves it; the certificate only in a query. Refuses: UnknownStream."""
    state = store.read_state(stream)
    return {
        "stream": stream,
        "size": state.size,
        "root": state.root.hex(),
        "time": state.time_ns,
        "certificate": ic.data_certificate(),
        "witness": _witness(stream, state),
    }


def read_records(caller: PrincipalText, args: ReadArgs, now: Nanoseconds) -> RecordsPage:
    """Records of a stream with their proof.

    Refuses (in order): UnknownStream; without a licence LicenceRequired to anyone but the provider; with one UnknownLicence,
        LicenceForeign, LicenceNotYetValid, LicenceExpired; LimitOutOfRange, OutOfRange.
    """
    stream, licence, start = args["stream"], args["licence"], args["start"]
    state = store.read_state(stream)
    if licence is not None:
        check_reader(stream, caller, store.read_read_right(licence), now)
    elif caller != store.read_profile(stream).provider:
        raise Refused("LicenceRequired")
    size, _, root, peaks, tail, *_ = state
    check_range(size, start, args["limit"])
    log = store.LogReader(stream, size, tail)
    slices, proof = read_page(log.tile, log.run, size, peaks, start, args["limit"])
    return {
        "stream": stream,
        "first_sequence": start,
        "segments": [_slice(*part) for part in slices],
        "size": size,
        "root": root.hex(),
        "proof": proof,
        "certificate": ic.data_certificate(),
        "witness": _witness(stream, state),
    }


def _slice(contributor: str, time_ns: int, first_sequence: int, salts: str, records: list[str]) -> SegmentSlice:
    return {"contributor": contributor, "time": time_ns, "first_sequence": first_sequence, "salts": salts, "records": records}


def _witness(stream: int, state: StreamState) -> bytes:
    return witness(store.read_head_tile, stream_number(stream) - 1, store.read_counters().streams, stream, head_of(state))
