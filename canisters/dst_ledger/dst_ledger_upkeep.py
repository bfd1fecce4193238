"""What the licence ledger does by itself: takes up orders that were interrupted, delivers entitlements, forgets old requests.

One alarm is set while there is work. It looks for work, sets itself again (in `INTERVAL_SECONDS` while there is some, else when requests
can be forgotten, else not at all), and starts what has to be done in messages of their own, so that nothing in them stops it. When it is
due is stored, and whoever makes work calls `wake_soon`. An upgrade ends all timers, and begins with looking for work.

Each piece of work is bounded and remembers how far it came. Kybra drops an exception that leaves a timer's generator and keeps what was
written before it, so each generator turns one into a trap, which undoes the message.
"""

from collections.abc import Generator
from typing import Any

import dst_ledger_lists_store as lists
import dst_ledger_store as store
from dst_ledger_sales import deliver_entitlements, drive, time_now
from dst_ledger_settings import Upkeep
from kybra import ic

from ddsx_core.accounts import account_key
from ddsx_core.licences import Transferred, transfer_fingerprint
from ddsx_core.licences import forgettable_from as transfer_forgettable_from
from ddsx_core.orders import Order, forgettable_from, is_due, request_fingerprint
from ddsx_core.units import Nanoseconds
from ddsx_wire.ledger_service import PaymentLedger
from ddsx_wire.principals import principal_of

INTERVAL_SECONDS = 30
"""Seconds from one look for work to the next, while there is some."""

GRACE_NS = 60 * 1_000_000_000
"""How long a purchase drives its order alone, before the timer looks after it."""

FEE_SECONDS = 60 * 60
"""Seconds after which the payment ledger's fee is asked again; ledgers change it by a vote, about never."""

FORGET_SECONDS = 10 * 60
"""Requests are forgotten when the clock shows a multiple of this, so that those of many sales are forgotten at once."""

MAX_SWEPT = 200
"""Orders looked at in one firing: 0.1 B instructions."""

MAX_RETRIED = 10
"""Orders driven in one firing: each is up to 9 calls one after the other."""

MAX_LOOKED_AT = 40
"""Positions of the queue looked at in one firing, 5 M instructions each: most of a long queue waits for deposits, and is not due."""

MAX_FORGOTTEN = 100
"""Orders, and transfers, whose requests are forgotten in one firing: 2 M instructions each."""

Firing = Generator[Any, Any, None]
"""A timer's work."""

_NS = 1_000_000_000


# -- When -----------------------------------------------------------------------------------------------------------------------


def start_timers() -> None:
    """Look for work soon, and ask for the fee now and every hour."""
    store.put_alarm(None)
    wake_soon(time_now())
    ic.set_timer(0, ask_ledger_fee)
    ic.set_timer_interval(FEE_SECONDS, ask_ledger_fee)


def wake_soon(now: Nanoseconds) -> None:
    """See to it that somebody looks for work in `INTERVAL_SECONDS` or sooner."""
    alarm = store.alarm()
    # One that is long overdue will not come: it trapped, and the note of it is all that remains.
    if alarm is None or alarm > now + INTERVAL_SECONDS * _NS or alarm + INTERVAL_SECONDS * _NS < now:
        _set_alarm(now + INTERVAL_SECONDS * _NS, now)


def wake() -> None:
    """Timer: start what is to be done, and set the alarm again. An alarm that another one has replaced does nothing."""
    now = time_now()
    alarm = store.alarm()
    if alarm is None or now < alarm:
        return
    upkeep = store.upkeep()
    forget_at = _forget_at(upkeep)
    is_unfinished = store.open_order_count() > 0 or upkeep.swept < store.order_count()
    is_waiting = any(shard.delivered != shard.entitlements for shard in map(store.known_shard, store.settings().shards))
    is_old = forget_at is not None and forget_at <= now
    if is_unfinished or is_waiting or is_old:
        _set_alarm(now + INTERVAL_SECONDS * _NS, now)
    elif forget_at is not None:
        step = FORGET_SECONDS * _NS
        _set_alarm(-(-forget_at // step) * step, now)
    else:
        store.put_alarm(None)
    if is_unfinished:
        ic.set_timer(0, resume_orders)
    if is_waiting:
        ic.set_timer(0, serve_registries)
    if is_old:
        ic.set_timer(0, forget)


def _set_alarm(due: int, now: Nanoseconds) -> None:
    store.put_alarm(due)
    ic.set_timer(-(-(due - now) // _NS), wake)


def _forget_at(upkeep: Upkeep) -> int | None:
    """When the next request can be forgotten, of an order or of a transfer; None when none is remembered."""
    order = store.order(upkeep.forgotten_orders + 1)
    block = store.later_block(upkeep.forgotten_transfers)
    moments = [forgettable_from(order)] if order is not None else []
    if block is not None:
        moments.append(transfer_forgettable_from(block))
    return min(moments, default=None)


# -- What -----------------------------------------------------------------------------------------------------------------------


def resume_orders() -> Firing:
    """Queue orders that were interrupted and drive queued ones, first the one that waited longest.

    Each leaves the head of the queue first, so one that hangs stops no other.
    """
    try:
        _sweep(time_now())
        driven = 0
        for _ in range(min(MAX_LOOKED_AT, _queue_length())):
            order = _rotate()
            if order is not None and is_due(order, time_now()):
                driven += 1
                yield from drive(order)
            if driven == MAX_RETRIED:
                break
    except Exception as error:  # noqa: BLE001 - whatever it is, it has to become a trap
        ic.trap(f"resuming orders: {error}")


def serve_registries() -> Firing:
    """Deliver entitlements that no purchase delivered."""
    try:
        for shard_number in store.settings().shards:
            yield from deliver_entitlements(shard_number, store.known_shard(shard_number))
    except Exception as error:  # noqa: BLE001 - whatever it is, it has to become a trap
        ic.trap(f"delivering entitlements: {error}")


def forget() -> None:
    """Forget requests that nobody can repeat any more."""
    now = time_now()
    _forget_orders(now)
    _forget_transfers(now)


def ask_ledger_fee() -> Firing:
    """Learn the payment ledger's fee. Without an answer it is asked again soon, and again until there is one."""
    try:
        if _fee_is_due(time_now()):
            # Set before the call, whose callback may trap; when the fee is known then, it does nothing.
            ic.set_timer(INTERVAL_SECONDS, ask_ledger_fee)
            answer = yield PaymentLedger(principal_of(store.settings().payment_ledger)).icrc1_fee()
            if answer.Err is None:
                store.put_upkeep(store.upkeep()._replace(ledger_fee=answer.Ok, asked_at=time_now()))
    except Exception as error:  # noqa: BLE001 - whatever it is, it has to become a trap
        ic.trap(f"asking the ledger's fee: {error}")


def _fee_is_due(now: Nanoseconds) -> bool:
    upkeep = store.upkeep()
    # Half of the time between two firings, since an answer takes some.
    return upkeep.ledger_fee is None or now >= upkeep.asked_at + FEE_SECONDS * _NS // 2


def queue_order(number: int) -> None:
    """Put an order at the end of the queue of orders that the timer goes on with."""
    upkeep = store.upkeep()
    store.put_retry(upkeep.retry_tail, number)
    store.put_upkeep(upkeep._replace(retry_tail=upkeep.retry_tail + 1))


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
            lists.list_order(account_key(order.request.buyer), number)
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


def _forget_transfers(now: Nanoseconds) -> None:
    """Forget the requests of transfers whose repetition is refused as too old."""
    upkeep = store.upkeep()
    done = upkeep.forgotten_transfers
    for number in range(done, done + MAX_FORGOTTEN):
        block = store.later_block(number)
        if block is None or now < transfer_forgettable_from(block):
            break
        mark = transfer_fingerprint(block.transfer) if isinstance(block, Transferred) else None
        if mark is not None:
            store.forget(mark)
        done = number + 1
    if done != upkeep.forgotten_transfers:
        store.put_upkeep(upkeep._replace(forgotten_transfers=done))
