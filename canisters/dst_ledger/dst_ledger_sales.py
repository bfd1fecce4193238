"""The calls that bring an order to its end, and entitlements to their registries.

Every function here begins with state that was read in the same message and writes its intent before it awaits; after an await it reads
again and takes the answer only if the order still waits for it. An exception between two awaits is left to trap: the message is undone,
the written intent stays, and the timer takes it up.
"""

from collections.abc import Generator, Mapping
from typing import Any

import dst_ledger_lists_store as lists
import dst_ledger_store as store
from dst_ledger_settings import Shard
from dst_ledger_views import earning_view, entitlement_view, source_view
from kybra import ic

from ddsx_core.accounts import account_key
from ddsx_core.licences import entitlement_of, licence_of_order
from ddsx_core.orders import (
    DEPOSIT,
    MAX_SETTLE_CALLS,
    Collecting,
    Declined,
    Ending,
    Order,
    Payment,
    Settling,
    after_collecting_refused,
    after_deposit_missed,
    after_settling,
    after_settling_refused,
    asking,
    complete,
    ended,
    must_settle_to_end,
    out_of_patience,
    with_state,
)
from ddsx_core.units import Nanoseconds
from ddsx_wire.principals import principal_of
from ddsx_wire.registry_service import StreamRegistry
from ddsx_wire.splitter_service import PayoutSplitter

Calls = Generator[Any, Any, None]
"""A flow of calls between canisters."""

OrderCalls = Generator[Any, Any, Order]
"""A flow of calls that ends with an order as it then stands."""

SHARD_SHIFT = 48
"""The bits of a stream's number above these name its registry."""

MAX_ENTITLEMENTS = 20
"""Entitlements in one call: 3 M instructions here and two map writes each there."""

MAX_DELIVERIES = 4
"""Calls in a row to one registry with entitlements; what is left waits for the timer."""


def shard_of(stream: int) -> int:
    """The shard of a stream's registry."""
    return stream >> SHARD_SHIFT


def registry_of(shard: Shard) -> StreamRegistry:
    """A registry to call."""
    return StreamRegistry(principal_of(shard.registry))


def time_now() -> Nanoseconds:
    """The time of this message."""
    return Nanoseconds(ic.time())


def variant_case(variant: Mapping[str, Any]) -> tuple[str, Any]:
    """The one tag of a variant and what it carries."""
    for tag in variant:
        return tag, variant[tag]
    raise KeyError("a variant without a tag")


# -- Orders -------------------------------------------------------------------------------------------------------------------


def drive(order: Order) -> OrderCalls:
    """Take an order that is not finished as far as it goes now; the order as it then stands.

    One that completes has its entitlement delivered, with what else waits for the registry.
    """
    if isinstance(order.state, Settling):
        order = yield from _settle(order)
    if isinstance(order.state, Collecting):
        order = yield from _collect(order, order.state)
    if isinstance(order.state, Ending):
        order = yield from _end(order)
    return order


def _settle(order: Order) -> OrderCalls:
    """Have the stream's recorded work delivered. An order that comes back as collecting is not written yet: `_collect` does."""
    declined = out_of_patience(order, time_now())
    if declined is not None:
        return _finish(order, declined)
    shard = store.known_shard(shard_of(order.stream))
    for _ in range(MAX_SETTLE_CALLS):
        answer = yield registry_of(shard).settle_work(order.stream)
        order = store.current_order(order)
        if answer.Err is not None or not isinstance(order.state, Settling):
            return order
        result = answer.Ok
        if "Ok" not in result:
            declined = after_settling_refused(variant_case(result["Err"])[0], time_now())
            return order if declined is None else _finish(order, declined)
        settled = result["Ok"]
        state = after_settling(settled["size"], settled["root"], settled["remaining_batches"], time_now())
        if isinstance(state, Declined):
            return _finish(order, state)
        if state is not None:
            return with_state(order, state)
    return order


def _collect(order: Order, state: Collecting) -> OrderCalls:
    """Have the splitter take the price; on its word the order ends."""
    state = asking(state, time_now())
    asked = with_state(order, state)
    store.put_open_order(asked)
    splitter = PayoutSplitter(principal_of(store.settings().payout_splitter))
    answer = yield splitter.collect(
        {
            "order": asked.order,
            "stream": asked.stream,
            "payer": asked.request.payer,
            "price": asked.price,
            "ledger": asked.ledger,
            "source": source_view(asked.request.source),
            "earning": earning_view(asked.clock, asked.ticks),
        }
    )
    order = store.current_order(asked)
    if answer.Err is not None or not isinstance(order.state, Collecting):
        return order
    result = answer.Ok
    if "Ok" in result:
        finished, shard = _complete(order, order.state, result["Ok"])
        yield from deliver_entitlements(shard_of(order.stream), shard)
        return finished
    return _refused(order, order.state, state.attempts, result["Err"])


def _refused(order: Order, state: Collecting, attempt: int, refusal: Mapping[str, Any]) -> Order:
    """The order after the splitter's refusal of an attempt. state: as it is now."""
    kind, data = variant_case(refusal)
    after: Collecting | Declined | None
    if kind == "InsufficientFunds" and order.request.source == DEPOSIT:
        after = after_deposit_missed(order, state, attempt, data, time_now())
    else:
        after = after_collecting_refused(state, attempt, kind, data or {}, time_now())
    if isinstance(after, Collecting):
        order = with_state(order, after)
        store.put_open_order(order)
        return order
    return order if after is None else _finish(order, after)


def _end(order: Order) -> OrderCalls:
    """Have the splitter give back what of an order's price is not earned.

    The registry is told first: who has his money back reads no more.
    """
    shard_number = shard_of(order.stream)
    yield from deliver_entitlements(shard_number, store.known_shard(shard_number))
    if must_settle_to_end(order, time_now()):
        answer = yield registry_of(store.known_shard(shard_number)).settle_work(order.stream)
        if answer.Err is not None or "Ok" not in answer.Ok or answer.Ok["Ok"]["remaining_batches"]:
            return store.known_order(order.order)
    answer = yield PayoutSplitter(principal_of(store.settings().payout_splitter)).end_order({"order": order.order})
    order = store.known_order(order.order)
    if answer.Err is not None or "Ok" not in answer.Ok or not isinstance(order.state, Ending):
        return order
    finished = ended(order, answer.Ok["Ok"]["refunded"])
    store.finish_order(finished)
    return finished


def _complete(order: Order, state: Collecting, collected: Mapping[str, Any]) -> tuple[Order, Shard]:
    """Mint the licence of a paid order: all in the message that learnt of the payment, and nothing in it can be refused.

    The order then, and the registry that is to be told.
    """
    now = time_now()
    shares = [collected[name] for name in ("protocol_fee", "provider_share", "contributors_share", "others_share", "escrowed")]
    payment = Payment(collected["block_index"], *shares)
    finished = complete(order, state, payment, store.licence_count() + 1, now)
    licence = licence_of_order(finished)
    store.finish_order(finished)
    store.add_licence(licence)
    return finished, store.queue_entitlement(shard_of(licence.stream), entitlement_of(licence))


def _finish(order: Order, state: Declined) -> Order:
    finished = with_state(order, state)
    store.finish_order(finished)
    lists.list_order(account_key(finished.request.buyer), finished.order)
    return finished


# -- Entitlements -------------------------------------------------------------------------------------------------------------


def deliver_entitlements(shard_number: int, shard: Shard) -> Calls:
    """Bring a registry what was numbered for it and not confirmed yet, in order.

    A registry that expects an earlier number than was confirmed, having been set back, gets everything from there on again. One that
    expects a number that was never given belongs to another ledger: nothing is skipped for it, and the status shows what waits.
    shard: its entry as it is now.
    """
    for _ in range(MAX_DELIVERIES):
        _, numbered, first, _ = shard
        if first == numbered:
            return
        waiting = store.entitlements(shard_number, shard, first, min(first + MAX_ENTITLEMENTS, numbered))
        views = [entitlement_view(entitlement) for entitlement in waiting]
        answer = yield registry_of(shard).apply_entitlements({"first": first, "entitlements": views})
        confirmed = None if answer.Err is not None else _confirm(shard_number, first, answer.Ok)
        if confirmed is None:
            return
        shard = confirmed


def _confirm(shard_number: int, first: int, result: Mapping[str, Any]) -> Shard | None:
    """Note what a registry expects next; its entry then, None when that is nothing new."""
    registry, numbered, delivered, latest = store.known_shard(shard_number)
    if "Ok" in result:
        expected = max(result["Ok"], delivered)
    else:
        kind, data = variant_case(result["Err"])
        expected = data["expected"] if kind == "Gap" and data["expected"] < first else delivered
    if expected == delivered or expected > numbered:
        return None
    confirmed = Shard(registry, numbered, expected, latest)
    store.put_shard(shard_number, confirmed)
    return confirmed
