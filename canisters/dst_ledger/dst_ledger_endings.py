"""Ending a licence before its time, with what is not earned of its price going back to the payer.

The end is written before anybody is asked, and holds from then on: the licence is over, the registry is told, and the order stands among
the open ones until the splitter has said how much went back; the timer asks as long as it has not.
"""

import dst_ledger_store as store
from dst_ledger_sales import drive, shard_of, time_now
from dst_ledger_upkeep import queue_order, wake_soon
from dst_ledger_views import case_of, end_outcome
from kybra import Async, ic, nat64, update

from ddsx_core.licences import Licence, LicenceEnded, check_end, ended_licence, entitlement_of
from ddsx_core.orders import Completed, Ending, Order, ending
from ddsx_core.refused import Refused
from ddsx_core.units import Nanoseconds, PrincipalText
from ddsx_wire.offer_types import EndLicenceResult
from ddsx_wire.principals import caller_text


@update
def end_licence(licence: nat64) -> Async[EndLicenceResult]:
    """End a licence whose price is earned by seconds or records; how much of it goes back to the account that paid, rounded down.

    The licence ends with this call, whatever it answers: Pending while the splitter has not told how much goes back, it is asked again by
    itself. Ending it again answers the same.
    Refuses (in order): UnknownLicence; NotPermitted to anyone but the holder and the stream's provider; NotCancellable for what was earned
        at once, and to the holder of a licence that has not run out, unless the offer allows it; Pending.
    """
    # caller
    caller, now = PrincipalText(caller_text()), time_now()
    # decide
    try:
        found = store.licence(licence)
        found = check_end(caller, found, None if found is None else store.offer(found.offer), now)
    except Refused as refused:
        return {"Err": case_of(refused)}
    # store
    order = store.known_order(found.order)
    if isinstance(order.state, Completed):
        found, order = _write_end(found, order, caller, now)
    try:
        if isinstance(order.state, Ending):
            order = yield from drive(order)
        # reply
        return end_outcome(order, found.valid_until)
    except Exception as error:  # noqa: BLE001 - the end is written: this message is undone, the timer takes the order up
        ic.trap(f"order {order.order}: {error}")


def _write_end(licence: Licence, order: Order, caller: PrincipalText, now: Nanoseconds) -> tuple[Licence, Order]:
    """Write that a licence is over, and that its order waits for the splitter."""
    after, order = ended_licence(licence, now), ending(order, now)
    if after != licence:
        store.put_licence(after)
        store.queue_entitlement(shard_of(after.stream), entitlement_of(after))
    store.append_block(LicenceEnded(store.block_count(), now, after.licence, caller))
    store.reopen_order(order)
    queue_order(order.order)
    wake_soon(now)
    return after, order
