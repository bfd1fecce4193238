"""Recorded work on its way to the splitter: sealing, delivering, and the timer that drives whatever is not delivered yet.

A stream stands in the flush queue whenever it has open work or sealed batches that were not acknowledged. The timer takes streams from the
head of the queue and puts them back at its tail before it awaits anything, so an interruption loses nothing; a stream that comes to the
head with nothing left to deliver leaves the queue.

A sealed batch with work lies in the outbox until it is acknowledged. The state's count of delivered batches is brought up to date where the
state is written anyway, so it may lag behind: what is not in the outbox any more was delivered. Only batch 0, which is in no outbox, is
noted there at once.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, NamedTuple

import stream_registry_store as store
from kybra import CallResult, ic
from stream_registry_governance import office_now

from ddsx_core.refused import Refused
from ddsx_core.streams import StreamState
from ddsx_core.work_outbox import acknowledged, unavailable, work_items
from ddsx_wire.management_service import ManagementCanister
from ddsx_wire.principals import MANAGEMENT_TEXT, principal_of
from ddsx_wire.splitter_service import PayoutSplitter
from ddsx_wire.work_types import RecordWorkResult, WorkBatch

BATCHES_A_CALL = 4
"""Batches that one settling delivers, an await each."""

STREAMS_A_FIRING = 10
"""Streams that one firing of the timer takes from the queue."""


class Settlement(NamedTuple):
    """A stream whose work is to be delivered: its state with nothing open, the first batch in the outbox, and the splitter."""

    stream: int
    state: StreamState
    first: int
    payout_splitter: str


# -- Settling ---------------------------------------------------------------------------------------------------------------


def settle_before_call(caller: str, stream: int) -> Settlement:
    """Seal what is open, if the caller may settle the stream.

    Refuses (in order): UnknownStream; NotPermitted to anyone but licence ledger, provider and governance.
    """
    state = store.read_state(stream)
    _, _, dst_ledger, payout_splitter, *_ = store.read_settings()
    if caller not in (dst_ledger, state.provider) and caller != office_now().governance:
        raise Refused("NotPermitted")
    return _settlement(stream, state, payout_splitter)


def deliver(settlement: Settlement) -> Generator[Any, Any, int]:
    """Hand sealed batches to the splitter in their order, at most BATCHES_A_CALL; how many remain.

    Refuses: TemporarilyUnavailable when a batch was not taken; it stays sealed.
    """
    stream, state, number, payout_splitter = settlement
    sealed = state.sealed
    splitter = PayoutSplitter(principal_of(payout_splitter))
    for _ in range(BATCHES_A_CALL):
        if number == sealed:
            break
        result = yield splitter.record_work(_batch(stream, number, state))
        _acknowledge(stream, sealed, number, _expected(result))
        number = _first_waiting(stream, number + 1, sealed)
    return sealed - number


def _settlement(stream: int, state: StreamState, payout_splitter: str) -> Settlement:
    """What is to be delivered of a stream, open work included, which is sealed for it."""
    if state.open_work:
        state = seal(stream, state)
        store.write_state(stream, state)
        return Settlement(stream, state, state.delivered, payout_splitter)
    return Settlement(stream, state, _first_waiting(stream, state.delivered, state.sealed), payout_splitter)


def seal(stream: int, state: StreamState) -> StreamState:
    """The state with its open work sealed as the next batch, which is stored; the state itself is not yet."""
    size, time_ns, root, peaks, tail, contributors, sealed, delivered, queued, open_work, provider, share = state
    store.write_sealed_work(stream, sealed, f"{size}|{open_work}")
    delivered = _first_waiting(stream, delivered, sealed)
    return StreamState(size, time_ns, root, peaks, tail, contributors, sealed + 1, delivered, queued, "", provider, share)


def _first_waiting(stream: int, first: int, sealed: int) -> int:
    """The first batch from `first` on that waits for its acknowledgement; `sealed` when none does."""
    while 0 < first < sealed and store.read_sealed_work(stream, first) is None:
        first += 1
    return first


def _batch(stream: int, number: int, state: StreamState) -> WorkBatch:
    """A batch that waits, as the splitter takes it, with the records that the stream had when it was sealed; number 0 carries no work."""
    *_, provider, share = state
    size, _, work = (store.read_sealed_work(stream, number) or "0|").partition("|") if number else ("0", "", "")
    return {
        "stream": stream,
        "batch": number,
        "provider": provider,
        "provider_share_ppm": share,
        "size": int(size),
        "work": [{"contributor": contributor, "weight": weight} for contributor, weight in work_items(work)],
    }


def _expected(result: CallResult[RecordWorkResult]) -> int:
    """The batch that the splitter says it expects next. Refuses: TemporarilyUnavailable when it says anything else."""
    if result.Err is not None:
        raise unavailable(f"the splitter did not answer: {result.Err}")
    if "Ok" not in result.Ok:
        raise unavailable(f"the splitter refused: {', '.join(result.Ok['Err'])}")
    return result.Ok["Ok"]


def _acknowledge(stream: int, sealed: int, sent: int, expected: int) -> None:
    """Note every batch that the splitter has. `sealed` is how many were sealed when batch `sent` went out."""
    if expected > sealed:
        sealed = store.read_state(stream).sealed
    expected = acknowledged(sealed, sent, sent, expected)
    if not sent:
        state = store.read_state(stream)
        store.write_state(stream, state._replace(delivered=max(state.delivered, 1)))
    for number in range(max(sent, 1), expected):
        store.remove_sealed_work(stream, number)


# -- The flush queue --------------------------------------------------------------------------------------------------------


def wait_for_flush(stream: int, counters: store.Counters) -> None:
    """Put a stream at the tail of the flush queue. The caller keeps in its state that it waits."""
    *_, head = counters
    store.write_queue(head + store.queue_length(), stream)


def flush_waiting() -> Generator[Any, Any, None]:
    """Draw the secret if there is none, then deliver work of at most STREAMS_A_FIRING waiting streams."""
    counters = store.read_counters()
    if not counters.seed:
        yield from draw_secret()
    for _ in range(min(STREAMS_A_FIRING, store.queue_length())):
        settlement = _take_waiting()
        if settlement is not None:
            yield from _try_to_deliver(settlement)


def _take_waiting() -> Settlement | None:
    """The stream at the head of the queue, put back at its tail and ready to be delivered; None for one that is done, and for none."""
    counters = store.read_counters()
    place, length = counters.queue_head, store.queue_length()
    if not length:
        return None
    stream = store.read_queue(place)
    state = store.read_state(stream)
    store.remove_queue(place)
    store.write_counters(counters._replace(queue_head=place + 1))
    if not state.open_work and _first_waiting(stream, state.delivered, state.sealed) == state.sealed:
        store.write_state(stream, state._replace(delivered=state.sealed, queued=False))
        return None
    store.write_queue(place + length, stream)
    return _settlement(stream, state, store.read_settings().payout_splitter)


def _try_to_deliver(settlement: Settlement) -> Generator[Any, Any, None]:
    """Deliver what the splitter takes; the stream waits in the queue for what it does not take."""
    try:
        yield from deliver(settlement)
    except Refused as refused:
        ic.print(f"stream {settlement.stream} waits: {refused}")


# -- The secret of the salts ------------------------------------------------------------------------------------------------


def draw_secret() -> Generator[Any, Any, None]:
    """Ask for the random bytes from which salts are drawn, if there are none."""
    if store.read_counters().seed:
        return
    result = yield ManagementCanister(principal_of(MANAGEMENT_TEXT)).raw_rand()
    counters = store.read_counters()
    if result.Err is None and not counters.seed:
        store.write_counters(counters._replace(seed=result.Ok))
