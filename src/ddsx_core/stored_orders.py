"""Orders as stored values: one text an order, whose version names its state.

    2s|7|9|14|...|buyer          an order that settles: numbers in hexadecimal, then texts

Numbers first, so that one `%` writes them all; what every order has stands before what its state has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from ddsx_core.codec import decode_fields, encode_fields, encode_ints, version_of
from ddsx_core.orders import DECLINED_DATA, REASON, Collecting, Completed, Declined, Ended, Ending, Order, OrderState, Request, Settling
from ddsx_core.refused import Broken, PlainValue
from ddsx_core.units import AccountKey, Nanoseconds, Units

_SETTLING = "2s"
_COLLECTING = "2c"
_COMPLETED = "2d"
_DECLINED = "2r"
_ENDING = "2e"
_ENDED = "2f"

_HEAD_NUMBERS = 13
_RECEIPT_NUMBERS = 10

_FIELDS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {_SETTLING: (13, 1), _COLLECTING: (17, 2), _COMPLETED: (23, 2), _DECLINED: (14, 3), _ENDING: (24, 2), _ENDED: (25, 2)}
)
"""How many numbers, and then texts, the encoding of an order in each state has."""


def encode_order(order: Order) -> str:
    """One text of an order; its version names the state."""
    number, request, stream, price, seconds, accepted_at, state, ledger, clock, ticks = order
    payer, offer, periods, max_price, created_at_time, source = request
    head = (number, stream, price, seconds, accepted_at, offer, periods, max_price, created_at_time, source, ledger, clock, ticks)
    version, numbers, texts = _encode_state(state)
    return encode_ints(version, head + numbers) + encode_fields("", [payer, *texts])


def decode_order(text: str) -> Order:
    """The order that `encode_order` was given.

    Breaks: on another version, and on another number of fields.
    """
    version = version_of(text)
    if version not in _FIELDS:
        raise Broken(f"an order has version {version[:20]!r}")
    count, texts = _FIELDS[version]
    fields = decode_fields(version, count + texts, text)
    numbers = [int(field, 16) for field in fields[:count]]
    order, stream, price, seconds, accepted_at, offer, periods, max_price, created_at_time, source, *payment = numbers[:_HEAD_NUMBERS]
    request = Request(AccountKey(fields[count]), offer, periods, Units(max_price), Nanoseconds(created_at_time), source)
    state = _decode_state(version, numbers[_HEAD_NUMBERS:], fields[count + 1 :])
    return Order(order, request, stream, Units(price), seconds, Nanoseconds(accepted_at), state, *payment)


def _encode_state(state: OrderState) -> tuple[str, tuple[int, ...], list[str]]:
    if isinstance(state, Settling):
        return _SETTLING, (), []
    if isinstance(state, Collecting):
        attempts, size, root, asked_at, awaited = state
        return _COLLECTING, (attempts, size, asked_at, awaited), [root]
    if isinstance(state, Completed):
        numbers, root = _encode_receipt(state)
        return _COMPLETED, numbers, [root]
    if isinstance(state, Ending):
        numbers, root = _encode_receipt(state.receipt)
        return _ENDING, (*numbers, state.ended_at), [root]
    if isinstance(state, Ended):
        numbers, root = _encode_receipt(state.receipt)
        return _ENDED, (*numbers, state.ended_at, state.refunded), [root]
    values = [f"{value:x}" if isinstance(value, int) else str(value) for value in state.data.values()]
    return _DECLINED, (state.declined_at,), [state.kind, "~".join(values)]


def _encode_receipt(receipt: Completed) -> tuple[tuple[int, ...], str]:
    licence, valid_from, valid_until, size, root, *paid = receipt
    return (licence, valid_from, valid_until, size, *paid), root


def _decode_state(version: str, numbers: Sequence[int], texts: Sequence[str]) -> OrderState:
    if version == _SETTLING:
        return Settling()
    if version == _COLLECTING:
        return Collecting(numbers[0], numbers[1], texts[0], Nanoseconds(numbers[2]), Units(numbers[3]))
    if version == _DECLINED:
        return Declined(texts[0], _decode_data(texts[0], texts[1]), Nanoseconds(numbers[0]))
    licence, begin, end, size, block, *shares = numbers[:_RECEIPT_NUMBERS]
    receipt = Completed(licence, Nanoseconds(begin), Nanoseconds(end), size, texts[0], block, *map(Units, shares))
    if version == _COMPLETED:
        return receipt
    if version == _ENDING:
        return Ending(receipt, Nanoseconds(numbers[-1]))
    return Ended(receipt, Nanoseconds(numbers[-2]), Units(numbers[-1]))


def _decode_data(kind: str, text: str) -> dict[str, PlainValue]:
    names = DECLINED_DATA[kind]
    values = text.split("~")
    return {"reason": text} if names == REASON else {names[at]: int(values[at], 16) for at in range(len(names))}
