"""What the licence ledger does by itself: takes up orders that were interrupted, delivers entitlements, forgets old requests.

Each timer does a bounded part of its work a firing and remembers how far it came. Kybra drops an exception that leaves a timer's generator
and keeps what was written before it, so each generator turns one into a trap, which undoes the message.
"""

from collections.abc import Generator
from typing import Any

import dst_ledger_store as store
from dst_ledger_sales import deliver_entitlements, drive, time_now
from kybra import ic

from ddsx_core.licences import Transferred, transfer_fingerprint
from ddsx_core.licences import forgettable_from as block_forgettable_from
from ddsx_core.orders import Order, forgettable_from, request_fingerprint
from ddsx_core.units import Nanoseconds
from ddsx_wire.ledger_service import PaymentLedger
from ddsx_wire.principals import principal_of

INTERVAL_SECONDS = 30
"""Seconds between two firings of each timer."""

GRACE_NS = 60 * 1_000_000_000
"""How long a purchase drives its order alone, before the timer looks after it."""

FEE_AGE_NS = 60 * 60 * 1_000_000_000
"""How old the payment ledger's fee may be before it is asked again; ledgers change it by a vote, about never."""

MAX_SWEPT = 200
"""Orders looked at in one firing: 0.1 B instructions."""

MAX_RETRIED = 10
"""Orders driven in one firing, and positions of the queue looked at: each is up to 9 calls one after the other."""

MAX_FORGOTTEN = 100
"""Orders, and blocks, whose requests are forgotten in one firing: 2 M instructions each."""

Firing = Generator[Any, Any, None]
"""A timer's work."""


def start_timers() -> None:
    """Arm all timers; they end with every upgrade."""
    ic.set_timer(0, ask_ledger_fee)
    ic.set_timer_interval(INTERVAL_SECONDS, tidy)
    ic.set_timer_interval(INTERVAL_SECONDS, resume_orders)
    ic.set_timer_interval(INTERVAL_SECONDS, serve_registries)
    ic.set_timer_interval(INTERVAL_SECONDS, ask_ledger_fee)


def tidy() -> None:
    """What needs no call: queue orders that were interrupted, forget requests that nobody can repeat any more."""
    now = time_now()
    _sweep(now)
    _forget_orders(now)
    _forget_blocks(now)


def resume_orders() -> Firing:
    """Drive queued orders, first the one that waited longest. Each leaves the head of the queue first, so one that hangs stops no other."""
    try:
        for _ in range(min(MAX_RETRIED, _queue_length())):
            order = _rotate()
            if order is not None:
                yield from drive(order)
    except Exception as error:  # noqa: BLE001 - whatever it is, it has to become a trap
        ic.trap(f"resuming orders: {error}")


def serve_registries() -> Firing:
    """Deliver entitlements that no purchase delivered."""
    try:
        for shard_number in store.settings().shards:
            yield from deliver_entitlements(shard_number)
    except Exception as error:  # noqa: BLE001 - whatever it is, it has to become a trap
        ic.trap(f"delivering entitlements: {error}")


def ask_ledger_fee() -> Firing:
    """Learn the payment ledger's fee, unless it was asked not long ago; without an answer the next firing asks again."""
    try:
        if _fee_is_due(time_now()):
            answer = yield PaymentLedger(principal_of(store.settings().payment_ledger)).icrc1_fee()
            if answer.Err is None:
                store.put_upkeep(store.upkeep()._replace(ledger_fee=answer.Ok, asked_at=time_now()))
    except Exception as error:  # noqa: BLE001 - whatever it is, it has to become a trap
        ic.trap(f"asking the ledger's fee: {error}")


def _fee_is_due(now: Nanoseconds) -> bool:
    upkeep = store.upkeep()
    return upkeep.ledger_fee is None or now >= upkeep.asked_at + FEE_AGE_NS


def _queue_length() -> int:
    upkeep = store.upkeep()
    return upkeep.retry_tail - upkeep.retry_head


def _sweep(now: Nanoseconds) -> None:
    """Put orders into the queue that their purchases have left unfinished. Each order is looked at until it is finished or queued."""
    upkeep = store.upkeep()
    swept, tail = upkeep.swept, upkeep.retry_tail
    for number in range(swept + 1, min(store.order_count(), swept + MAX_SWEPT) + 1):
        order = store.open_order(number)
        if order is not None:
            if now < order.accepted_at + GRACE_NS:
                break
            store.put_retry(tail, number)
            tail += 1
        swept = number
    if swept != upkeep.swept:
        store.put_upkeep(upkeep._replace(swept=swept, retry_tail=tail))


def _rotate() -> Order | None:
    """Move the queue's first order to its end, before anything is awaited for it; None when it is finished, and leaves the queue."""
    upkeep = store.upkeep()
    head, tail = upkeep.retry_head, upkeep.retry_tail
    number = store.retry_at(head)
    if number is None:
        return None
    order = store.open_order(number)
    store.remove_retry(head)
    if order is not None:
        store.put_retry(tail, order.order)
        tail += 1
    store.put_upkeep(upkeep._replace(retry_head=head + 1, retry_tail=tail))
    return order


def _forget_orders(now: Nanoseconds) -> None:
    """Forget the requests of orders whose repetition is refused as too old."""
    upkeep = store.upkeep()
    done = upkeep.forgotten_orders
    for number in range(done + 1, done + MAX_FORGOTTEN + 1):
        order = store.order(number)
        if order is None or now < forgettable_from(order):
            break
        store.forget(request_fingerprint(order.request))
        done = number
    if done != upkeep.forgotten_orders:
        store.put_upkeep(upkeep._replace(forgotten_orders=done))


def _forget_blocks(now: Nanoseconds) -> None:
    """Forget the requests of transfers whose repetition is refused as too old."""
    upkeep = store.upkeep()
    done = upkeep.forgotten_blocks
    for number in range(done, done + MAX_FORGOTTEN):
        block = store.block(number)
        if block is None:
            break
        if isinstance(block, Transferred):
            if now < block_forgettable_from(block):
                break
            mark = transfer_fingerprint(block.transfer)
            if mark is not None:
                store.forget(mark)
        done = number + 1
    if done != upkeep.forgotten_blocks:
        store.put_upkeep(upkeep._replace(forgotten_blocks=done))
