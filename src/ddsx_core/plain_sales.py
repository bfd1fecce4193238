"""The sale that nearly all sales are, credited in a quarter of the time.

What `stream_accounts.sell` does with books, purses and plans, done on the stored texts of one book and one ledger's totals where nothing is
special: the purse exists, the plan is the provider's share and the rest, nothing waits to come into force, nothing is earned along a clock,
and the protocol's fee never changed. Anything else is None, and left to that function.

Law (tests/core/payouts/test_plain_sales.py):
- PLAIN-1: where this gives an answer, `sell` gives the same shares, and leaves the same texts.
"""

from __future__ import annotations

from ddsx_core.limits import ACCRUAL_SHIFT_BITS, MAX_AMOUNT, PPM

PlainSale = tuple[str, str, int, int, int]
"""The stored book and totals after the sale; the protocol's fee, the provider's share, the contributors' share."""

_PLAN = "1;provider,provider,"
_UNCAPPED = ",0,0"
_FIRST_FEE = "0:"
_PURSE = (1, 2, 4, 5, 7, 8, 9, 10, 12, 15)
"""Of a purse's line: index, remainder, pending, pooled, fee base, net, gross, fees taken, given, provider's due."""

_TOTALS = (1, 2, 3, 4, 9, 10, 11, 13, 16)
"""Of the totals: received, protocol, shares, contributors, pending, owed, carried, balance, treasury."""


def sell_plainly(book: str, totals: str, fees: str, ledger: int, price: int) -> PlainSale | None:
    """The sale, if it is a plain one. fees: the schedule of the protocol's fee. Rounding: as `stream_accounts.sell`."""
    head, plan, announced, *purses = book.split("\n")
    is_plain_plan = plan.startswith(_PLAN) and plan.endswith(_UNCAPPED) and plan.count(",") == 4
    if announced or not is_plain_plan or "," in fees or not fees.startswith(_FIRST_FEE) or not totals:
        return None
    place, fields = _plain_purse(purses, f"{ledger:x}|")
    if not fields:
        return None
    numbers = [int(fields[at], 16) for at in _PURSE]
    index, remainder, pending, pooled, fee_base, net, gross, fees_taken, given, due = numbers
    if gross + price > MAX_AMOUNT:
        return None
    kept_ppm = PPM - int(fees[len(_FIRST_FEE) :], 16)
    fee = price - (fee_base + price) * kept_ppm // PPM + fee_base * kept_ppm // PPM
    left = price - fee
    kept_ppm = PPM - int(plan[len(_PLAN) : -len(_UNCAPPED)], 16)
    rest = (net + left) * kept_ppm // PPM - net * kept_ppm // PPM
    to_provider = left - rest
    weight = int(head.split("|")[4], 16)
    sums = totals.split("|")
    received, protocol, shares, contributors, waiting, owed, carried, balance, treasury = [int(sums[at], 16) for at in _TOTALS]
    if weight:
        undivided = (rest << ACCRUAL_SHIFT_BITS) + remainder
        step = undivided // weight
        index += step
        owed += step * weight
        undivided -= step * weight
        carried += undivided - remainder
        remainder = undivided
    else:
        pending += rest
        waiting += rest
    changed = (index, remainder, pending, pooled + rest, fee_base + price, net + left, gross + price, fees_taken + fee)
    _put(fields, _PURSE, (*changed, given + to_provider, due + to_provider))
    purses[place] = "|".join(fields)
    credited = (received + price, protocol + fee, shares + to_provider, contributors + rest, waiting, owed, carried)
    _put(sums, _TOTALS, (*credited, balance + fee + to_provider, treasury + fee))
    return "\n".join([head, plan, "", *purses]), "|".join(sums), fee, to_provider, rest


def _plain_purse(purses: list[str], mark: str) -> tuple[int, list[str]]:
    """Place and fields of the purse of a ledger; no fields when it has none, or something in it is earned along a clock."""
    for place, line in enumerate(purses):
        if line.startswith(mark):
            fields = line.split("|")
            return place, [] if fields[16] != "0" or fields[18] else fields
    return 0, []


def _put(fields: list[str], places: tuple[int, ...], numbers: tuple[int, ...]) -> None:
    """Set the fields at some places. One `%` writes all numbers, a fifth of the cost of one by one."""
    texts = ("%x|" * len(numbers) % numbers).split("|")
    for at, place in enumerate(places):
        fields[place] = texts[at]
