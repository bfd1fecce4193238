"""Numbers as text: without a bound that is not ours, and printed as Rust prints them."""

from __future__ import annotations

import math
import struct
from decimal import Decimal

from kybra_replica.candid.errors import CandidError

MAX_FIELD_ID = 0xFFFF_FFFF
MAX_DIGITS = 100_000
"""Longer numbers are refused in text: they take too long to convert."""

_MAX_PLAIN_DIGITS = 4_000
"""CPython refuses to convert much longer numbers with `int` and `str`; `Decimal` does not."""


def to_integer(numeral: str) -> int:
    """The value of a decimal or hexadecimal numeral with underscores. Raises CandidError above `MAX_DIGITS`."""
    digits = numeral.replace("_", "")
    if len(digits) > MAX_DIGITS:
        raise CandidError(f"a number of {len(digits)} digits is too long")
    if digits[:2] in ("0x", "0X"):
        return int(digits, 16)
    return int(digits) if len(digits) <= _MAX_PLAIN_DIGITS else int(Decimal(digits))


def format_integer(value: int) -> str:
    """Decimal digits with an underscore after every three from the right. Raises CandidError above `MAX_DIGITS`."""
    bits = value.bit_length()
    if bits <= 3 * _MAX_PLAIN_DIGITS:
        return f"{value:_}"
    if bits > 3 * MAX_DIGITS:
        raise CandidError(f"a number of {bits} bits is too long to print")
    return f"{Decimal(value):,f}".replace(",", "_")


def format_float(value: float, *, single: bool) -> str:
    """The shortest digits that denote `value` in its precision, never with an exponent, and `.0` behind whole numbers."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "inf" if value > 0 else "-inf"
    digits = f"{_shortest_single(value) if single else Decimal(repr(value)):f}"
    whole, _, fraction = digits.partition(".")
    return f"{whole}.{fraction.rstrip('0') or '0'}"


def to_single(value: float) -> float:
    """The nearest value of single precision. Raises OverflowError for a number beyond its range."""
    (single,) = struct.unpack("<f", struct.pack("<f", value))
    return float(single)


def _shortest_single(value: float) -> Decimal:
    """The fewest digits that are read as `value`; next to a power of two they need not be its nearest."""
    for precision in range(9):
        nearest = Decimal(f"{value:.{precision}e}")
        step = Decimal(1).scaleb(nearest.adjusted() - precision)
        for candidate in (nearest, nearest + step, nearest - step):
            if _is_read_as(value, candidate):
                return candidate
    return Decimal(value)


def _is_read_as(value: float, candidate: Decimal) -> bool:
    try:
        return to_single(float(candidate)) == value
    except OverflowError:
        return False
