"""Flows: money that is earned along a clock, by the second or by the delivered record, in O(1) however many payments are under way.

All payments of one flow share one rate. A payment of A units from tick s to tick e adds A * 2^128 // (e - s) to the rate and leaves word at
its end: how much the rate falls there, and what the division left, which is earned there. Between two ends, earning is one multiplication.

    advance to t      carry += rate * (t - position);  earned = carry >> 128;  carry keeps the fraction

Ends are rounded DOWN to a grid, so that any number of payments leaves a bounded list of ends: with D = e - s, to a multiple of
2^floor(log2(D / 64)), or of 1 when D is below 64. The rounded end lies less than D / 64 before the end that was agreed; what the last ticks
would have earned is earned when it is reached. The grid of a longer payment is a part of the grid of a shorter one, so a flow has at most
128 ends within its next 128 ticks, and at most 64 more for each doubling: `limits.MAX_FLOW_ENDS` for the longest payments.

A payment may be closed early. Its payer has back amount * (e - t) // (e - s), its share of the ticks that did not come, rounded down, so
`amount - ceil(amount * delivered / total)`; nothing once the rounded end is reached. What is left of the payment, below one unit, is
earned at that moment.

What a flow holds is always a whole number of units: payments come and go in units and earning leaves in units, so

    held_units * 2^128  =  sum over the ends of (rate_i * (at_i - position) + rest_i)  +  carry

(`check_flow`). No sum over the payments is ever needed. When the last end is passed, the fraction is 0 and the flow empty.

Laws (tests/core/money/test_flow_laws.py):
- FLOWS-1: opened = earned + refunded + held, to the unit, after every step.
- FLOWS-2: advancing in any number of steps earns the same units and leaves the same flow.
- FLOWS-3: payments opened at the same tick may be opened in any order; the flow is the same.
- FLOWS-4: with P what all payments earn exactly (each A * (t - s) / D until its rounded end, then A; closed, what was not refunded), what
  was earned is never above P, and below it by less than one unit and 2^-96 of one for each payment; all of it at the rounded end.
- FLOWS-5: a refund is what `pro_rata_refund` says, and never more than that payment still has in escrow; so no other payment pays for it.
- FLOWS-6: closing at once refunds the whole amount.
- FLOWS-7: splitting a payment in two with the same ticks earns the same but for less than one unit, and refunds at most one unit less.
- FLOWS-8: larger payments and later moments never earn less.
- FLOWS-9: the list of ends is sorted, has no end twice, no end that is passed, and none without a rate.
Not a law: closing a payment and opening its refund again until the same end changes nothing. What the rounding down kept is earned early.
"""

from __future__ import annotations

from bisect import insort
from typing import NamedTuple

from ddsx_core.codec import decode_fields, encode_ints
from ddsx_core.limits import ACCRUAL_SCALE, ACCRUAL_SHIFT_BITS, MAX_FLOW_TICKS
from ddsx_core.refused import Broken, Refused, negative_amount
from ddsx_core.units import Scaled, Units

_VERSION = "1"
_FIELDS = 5
_AT_DIGITS = 16
_FRACTION = ACCRUAL_SCALE - 1


class Flow(NamedTuple):
    """The payments under way on one clock; the stored value has the fields in this order.

    position: the tick up to which everything is earned.
    rate_scaled: what a tick earns, in 2^-128 of a unit.
    carry_scaled: what is earned and not yet a whole unit.
    held_units: what was opened and neither earned nor refunded yet; the carry is a part of it.
    ends: `at=rate:rest` for each end, the soonest first: tick (16 digits), what the rate falls by, what is earned there; all in hex.
    """

    position: int = 0
    rate_scaled: int = 0
    carry_scaled: int = 0
    held_units: Units = Units(0)
    ends: str = ""


def rounded_end(start: int, end: int) -> int:
    """The tick at which a payment from `start` to `end` is earned in full: less than a 64th of its length before `end`."""
    fine_bits = max((end - start).bit_length() - 7, 0)
    return end >> fine_bits << fine_bits


def open_flow(flow: Flow, amount: Units, start: int, end: int) -> Flow:
    """The flow with a payment of `amount` that is earned from `start` to `end`.

    Rounding: the end down to its grid, the rate down; both are made up for at the end.
    Refuses (in order): NegativeAmount, InvalidTerm when `end` is not after `start` by 1 to `MAX_FLOW_TICKS`.
    Breaks: when the flow holds money and is not advanced to `start`.
    Cost in a canister, estimated: 0.35 to 0.6 M instructions; 0.9 M when a new end comes between 80 others.
    """
    if amount < 0:
        raise negative_amount(amount)
    ticks = end - start
    if not 0 < ticks <= MAX_FLOW_TICKS:
        raise Refused("InvalidTerm", {"most_ticks": MAX_FLOW_TICKS})
    position, rate, carry, held, ends = flow
    if held and position != start:
        raise Broken("a flow stands at another tick than a payment that is opened")
    if not amount:
        return flow
    added_rate, at, rest = _terms(amount, start, end)
    return Flow(start, rate + added_rate, carry, Units(held + amount), _change_end(ends, at, added_rate, rest))


def advance(flow: Flow, to: int) -> tuple[Flow, Units]:
    """The flow at tick `to`, and the whole units earned on the way; the fraction is carried.

    A tick that is passed already earns nothing and changes nothing: a clock that stands or runs back moves no money.
    Cost: O(ends passed). In a canister, estimated, 0.13 M instructions, and 0.2 M for each end: once in the life of a payment at most.
    """
    position, rate, carry, held, ends = flow
    if to <= position:
        return flow, Units(0)
    last = f"{to:016x}"
    place = 0
    while place < len(ends) and ends[place : place + _AT_DIGITS] <= last:
        stop = ends.find(",", place)
        stop = len(ends) if stop < 0 else stop
        at, falls_by, rest = _read_end(ends[place:stop])
        carry += rate * (at - position) + rest
        rate -= falls_by
        position = at
        place = stop + 1
    carry += rate * (to - position)
    earned = carry >> ACCRUAL_SHIFT_BITS
    return Flow(to, rate, carry & _FRACTION, Units(held - earned), ends[place:]), Units(earned)


def close_flow(flow: Flow, amount: Units, start: int, end: int) -> tuple[Flow, Units, Units]:
    """The flow without a payment that was opened with these terms, what its payer has back, and what is earned by closing it (0 or 1).

    The flow must have been advanced to the moment of closing. A payment that reached its rounded end has nothing left to refund.
    Rounding: the refund down; what is left of the payment is earned now.
    Nothing was opened for an amount of 0, so nothing is closed.
    Breaks: when the flow stands before the payment's start, or less than the payment is under way until its end.
    """
    position, rate, carry, held, ends = flow
    if not amount:
        return flow, Units(0), Units(0)
    if position < start:
        raise Broken("a flow stands before the start of a payment that is closed")
    added_rate, at, rest = _terms(amount, start, end)
    if position >= at:
        return flow, Units(0), Units(0)
    refund = pro_rata_refund(amount, position - start, end - start)
    carry += (amount - refund << ACCRUAL_SHIFT_BITS) - added_rate * (position - start)
    earned = carry >> ACCRUAL_SHIFT_BITS
    left = Units(held - refund - earned)
    return (
        Flow(position, rate - added_rate, carry & _FRACTION, left, _change_end(ends, at, -added_rate, -rest)),
        refund,
        Units(earned),
    )


def pro_rata_refund(paid: Units, delivered: int, total: int) -> Units:
    """What a payer has back of `paid` for `total` when `delivered` of it came: paid - ceil(paid * delivered / total).

    Units: `delivered` and `total` in the same unit: seconds, records. More than all delivered is all.
    Rounding: down; the payee has the odd unit.
    Refuses (in order): NegativeAmount for a negative payment, then for negative delivery; InvalidTerm when `total` is not positive.
    """
    if paid < 0 or delivered < 0:
        raise negative_amount(min(paid, 0) or delivered)
    if total <= 0:
        raise Refused("InvalidTerm", {"most_ticks": MAX_FLOW_TICKS})
    return Units(paid * max(total - delivered, 0) // total)


def escrow_scaled(flow: Flow) -> Scaled:
    """What is not earned yet, in 2^-128 of a unit, in O(1)."""
    return Scaled((flow.held_units << ACCRUAL_SHIFT_BITS) - flow.carry_scaled)


def next_end(flow: Flow) -> int | None:
    """The tick of the soonest end, None when nothing is under way."""
    return int(flow.ends[:_AT_DIGITS], 16) if flow.ends else None


def check_flow(flow: Flow) -> None:
    """Check what a flow holds against its ends, in O(ends): for auditors and tests.

    Breaks: when the ends are not in order, are passed, or do not add up to the rate, or when a unit was lost or made.
    """
    position, rate, carry, held, ends = flow
    expected = carry
    last = position
    for text in ends.split(",") if ends else []:
        at, falls_by, rest = _read_end(text)
        if at <= last or falls_by <= 0 or rest < 0:
            raise Broken("the ends of a flow are out of order")
        expected += falls_by * (at - position) + rest
        rate -= falls_by
        last = at
    if rate:
        raise Broken("the ends of a flow do not add up to its rate")
    if not 0 <= carry <= _FRACTION or expected != held << ACCRUAL_SHIFT_BITS:
        raise Broken("a flow has lost or made a unit")


def encode_flow(flow: Flow) -> str:
    """The stored value of a flow."""
    position, rate, carry, held, ends = flow
    return encode_ints(_VERSION, (position, rate, carry, held)) + "|" + ends


def decode_flow(text: str) -> Flow:
    """What `encode_flow` wrote; anything else is Broken. The ends are read when they are reached."""
    position, rate, carry, held, ends = decode_fields(_VERSION, _FIELDS, text)
    try:
        return Flow(int(position, 16), int(rate, 16), int(carry, 16), Units(int(held, 16)), ends)
    except ValueError as error:
        raise Broken("a stored flow has a field that is no number") from error


def _terms(amount: int, start: int, end: int) -> tuple[int, int, int]:
    """What a payment adds to the rate, its rounded end, and what is earned there beside the rate."""
    scaled = amount << ACCRUAL_SHIFT_BITS
    rate = scaled // (end - start)
    at = rounded_end(start, end)
    return rate, at, scaled - rate * (at - start)


def _read_end(text: str) -> tuple[int, int, int]:
    """Tick, fall of the rate, and what is earned there."""
    at, _, amounts = text.partition("=")
    falls_by, _, rest = amounts.partition(":")
    return int(at, 16), int(falls_by, 16), int(rest, 16)


def _change_end(ends: str, at: int, rate: int, rest: int) -> str:
    """The ends with rate and rest at tick `at` changed by so much; an end whose rate comes to zero is gone."""
    key = f"{at:016x}="
    place = ends.find(key)
    if place < 0:
        if rate <= 0:
            raise Broken("a payment that is closed was never opened")
        return _insert_end(ends, f"{key}{rate:x}:{rest:x}")
    stop = ends.find(",", place)
    stop = len(ends) if stop < 0 else stop
    _, rate_before, rest_before = _read_end(ends[place:stop])
    rate += rate_before
    rest += rest_before
    if rate < 0 or rest < 0:
        raise Broken("a payment that is closed was never opened")
    if rate:
        return f"{ends[:place]}{key}{rate:x}:{rest:x}{ends[stop:]}"
    # The last payment of this end: it goes with the comma behind it, or before it when it is the last.
    return ends[: max(place - 1, 0)] + ends[stop:] if stop == len(ends) else ends[:place] + ends[stop + 1 :]


def _insert_end(ends: str, entry: str) -> str:
    """The ends with one that was not among them; mostly it is the last."""
    if not ends:
        return entry
    if entry > ends[ends.rfind(",") + 1 :]:
        return f"{ends},{entry}"
    entries = ends.split(",")
    insort(entries, entry)
    return ",".join(entries)
