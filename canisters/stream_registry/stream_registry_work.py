"""Recorded work on its way to the splitter: sealing, delivering, and the timer that drives whatever is not delivered yet.

A stream stands in the flush queue whenever it has open work or sealed batches that were not acknowledged. The timer takes streams from the
head of the queue and puts them back at its tail before it awaits anything, so an interruption loses nothing; a stream that comes to the
head with nothing left to deliver leaves the queue.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, NamedTuple

import stream_registry_store as store
from kybra import CallResult, ic

from ddsx_core.refused import Refused
from ddsx_core.streams import Profile, StreamState
from ddsx_core.work_outbox import acknowledged, is_full, unavailable, work_items
from ddsx_wire.management_service import ManagementCanister
from ddsx_wire.principals import MANAGEMENT_TEXT, principal_of
from ddsx_wire.splitter_service import PayoutSplitter
from ddsx_wire.work_types import RecordWorkResult, WorkBatch

BATCHES_A_CALL = 4
"""Batches that one settling delivers, an await each."""

STREAMS_A_FIRING = 10
"""Streams that one firing of the timer takes from the queue."""


class Settlement(NamedTuple):
    """A stream whose work is to be delivered: its state with nothing open, what every batch repeats of it, and the splitter."""

    stream: int
    state: StreamState
    profile: Profile
    payout_splitter: str


# -- Settling ---------------------------------------------------------------------------------------------------------------


def settle_before_call(caller: str, stream: int) -> Settlement:
    """Seal what is open, if the caller may settle the stream.

    Refuses (in order): UnknownStream; NotPermitted to anyone but licence ledger, provider and governance.
    """
    profile = store.read_profile(stream)
    settings = store.read_settings()
    if caller not in (settings.dst_ledger, settings.governance, profile.provider):
        raise Refused("NotPermitted")
    state = store.read_state(stream)
    if state.open_work:
        state = _seal(stream, state)
        store.write_state(stream, state)
    return Settlement(stream, state, profile, settings.payout_splitter)


def deliver(settlement: Settlement) -> Generator[Any, Any, int]:
    """Hand sealed batches to the splitter in their order, at most BATCHES_A_CALL; how many remain.

    Refuses: TemporarilyUnavailable when a batch was not taken; it stays sealed.
    """
    stream, state, profile, payout_splitter = settlement
    splitter = PayoutSplitter(principal_of(payout_splitter))
    for _ in range(BATCHES_A_CALL):
        sent = state.delivered
        if sent == state.sealed:
            break
        result = yield splitter.record_work(_batch(stream, sent, profile))
        state = _acknowledge(stream, sent, _expected(result))
    return state.sealed - state.delivered


def seal_if_full(stream: int, state: StreamState) -> StreamState:
    """The state after a batch was appended: its open work sealed when no further contributor fits in."""
    return _seal(stream, state) if is_full(state.open_work) else state


def _seal(stream: int, state: StreamState) -> StreamState:
    """The state with its open work sealed as the next batch, which is stored; the state itself is not yet."""
    store.write_sealed_work(stream, state.sealed, state.open_work)
    return state._replace(sealed=state.sealed + 1, open_work="")


def _batch(stream: int, number: int, profile: Profile) -> WorkBatch:
    """A sealed batch as the splitter takes it; number 0 carries no work."""
    work = work_items(store.read_sealed_work(stream, number)) if number else []
    return {
        "stream": stream,
        "batch": number,
        "provider": profile.provider,
        "provider_share_ppm": profile.provider_share_ppm,
        "work": [{"contributor": contributor, "weight": weight} for contributor, weight in work],
    }


def _expected(result: CallResult[RecordWorkResult]) -> int:
    """The batch that the splitter says it expects next. Refuses: TemporarilyUnavailable when it says anything else."""
    if result.Err is not None:
        raise unavailable(f"the splitter did not answer: {result.Err}")
    if "Ok" not in result.Ok:
        raise unavailable(f"the splitter refused: {', '.join(result.Ok['Err'])}")
    return result.Ok["Ok"]


def _acknowledge(stream: int, sent: int, expected: int) -> StreamState:
    """The stream's state, read anew, with every batch acknowledged that the splitter has."""
    state = store.read_state(stream)
    delivered = acknowledged(state.sealed, state.delivered, sent, expected)
    if delivered == state.delivered:
        return state
    for number in range(max(state.delivered, 1), delivered):
        store.remove_sealed_work(stream, number)
    state = state._replace(delivered=delivered)
    store.write_state(stream, state)
    return state


# -- The flush queue --------------------------------------------------------------------------------------------------------


def wait_for_flush(stream: int, counters: store.Counters) -> None:
    """Put a stream at the tail of the flush queue. The caller keeps in its state that it waits."""
    store.write_queue(counters.queue_tail, stream)
    store.write_counters(counters._replace(queue_tail=counters.queue_tail + 1))


def flush_waiting() -> Generator[Any, Any, None]:
    """Draw the secret if there is none, then deliver work of at most STREAMS_A_FIRING waiting streams."""
    counters = store.read_counters()
    if not counters.seed:
        yield from draw_secret()
    for _ in range(min(STREAMS_A_FIRING, counters.queue_tail - counters.queue_head)):
        settlement = _take_waiting()
        if settlement is not None:
            yield from _try_to_deliver(settlement)


def _take_waiting() -> Settlement | None:
    """The stream at the head of the queue, put back at its tail and ready to be delivered; None for one that is done, and for none."""
    counters = store.read_counters()
    place, tail = counters.queue_head, counters.queue_tail
    if place == tail:
        return None
    stream = store.read_queue(place)
    state = store.read_state(stream)
    store.remove_queue(place)
    if state.delivered == state.sealed and not state.open_work:
        store.write_counters(counters._replace(queue_head=place + 1))
        store.write_state(stream, state._replace(queued=False))
        return None
    store.write_queue(tail, stream)
    store.write_counters(counters._replace(queue_head=place + 1, queue_tail=tail + 1))
    if state.open_work:
        state = _seal(stream, state)
        store.write_state(stream, state)
    return Settlement(stream, state, store.read_profile(stream), store.read_settings().payout_splitter)


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
