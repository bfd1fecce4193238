"""LEB128, the numbers of the binary format: seven bits a byte, the lowest first, the top bit set on all but the last byte.

Small numbers take a short path; large ones are converted eight bytes at a time, in time proportional to their length.
Over-long encodings are read as what they say, as Candid allows. Source: the Candid specification, "Notation".
"""

from __future__ import annotations

import re

from kybra_replica.candid.errors import CandidError, ends_early

_ONE_BYTE = tuple(bytes((number,)) for number in range(0x80))
_MAX_SIMPLE_BYTES = 9
_NUMBER = re.compile(rb"[\x80-\xff]*[\x00-\x7f]")


def encode_unsigned(value: int) -> bytes:
    """The shortest encoding of `value`. Raises CandidError for a negative one."""
    if value < 0x80:
        if value < 0:
            raise CandidError(f"nat takes integers from 0 on, not {value:#x}")
        return _ONE_BYTE[value]
    if value < 0x4000:
        return bytes((value & 0x7F | 0x80, value >> 7))
    return _spread(value, -(-value.bit_length() // 7), signed=False)


def encode_signed(value: int) -> bytes:
    """The shortest encoding of `value` in two's complement."""
    if -0x40 <= value < 0x40:
        return _ONE_BYTE[value & 0x7F]
    bits = (value if value >= 0 else ~value).bit_length() + 1
    return _spread(value, -(-bits // 7), signed=True)


def read_unsigned(data: bytes, start: int) -> tuple[int, int]:
    """The number at `start` of `data`, and the offset behind it. Raises CandidError when the data ends within it."""
    try:
        byte = data[start]
    except IndexError:
        raise ends_early(start) from None
    if byte < 0x80:
        return byte, start + 1
    value = byte & 0x7F
    shift = 7
    for pos, byte in enumerate(data[start + 1 : start + _MAX_SIMPLE_BYTES], start + 2):
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, pos
        shift += 7
    end = _end(data, start)
    return _gather(data[start:end]), end


def read_signed(data: bytes, start: int) -> tuple[int, int]:
    """As `read_unsigned`, for numbers in two's complement."""
    try:
        byte = data[start]
    except IndexError:
        raise ends_early(start) from None
    if byte < 0x80:
        return byte - ((byte & 0x40) << 1), start + 1
    value, end = read_unsigned(data, start)
    if data[end - 1] & 0x40:
        value -= 1 << 7 * (end - start)
    return value, end


def _end(data: bytes, start: int) -> int:
    number = _NUMBER.match(data, start)
    if number is None:
        raise ends_early(start)
    return number.end()


def _spread(value: int, groups: int, *, signed: bool) -> bytes:
    """The lowest `groups` groups of seven bits. Each turn makes eight bytes of seven: halves, quarters, eighths apart."""
    if groups <= _MAX_SIMPLE_BYTES:
        head = [value >> shift & 0x7F | 0x80 for shift in range(0, 7 * groups - 7, 7)]
        return bytes((*head, value >> 7 * (groups - 1) & 0x7F))
    packed = value.to_bytes(-(-groups // 8) * 7, "little", signed=signed)
    spread = bytearray()
    for start in range(0, len(packed), 7):
        lane = int.from_bytes(packed[start : start + 7], "little")
        lane = lane & 0x0000_0000_0FFF_FFFF | (lane & 0x00FF_FFFF_F000_0000) << 4
        lane = lane & 0x0000_3FFF_0000_3FFF | (lane & 0x0FFF_C000_0FFF_C000) << 2
        lane = lane & 0x007F_007F_007F_007F | (lane & 0x3F80_3F80_3F80_3F80) << 1
        spread += (lane | 0x8080_8080_8080_8080).to_bytes(8, "little")
    del spread[groups:]
    spread[-1] &= 0x7F
    return bytes(spread)


def _gather(spread: bytes) -> int:
    """The inverse of `_spread`: eight bytes a turn become seven."""
    packed = bytearray()
    for start in range(0, len(spread), 8):
        lane = int.from_bytes(spread[start : start + 8], "little")
        lane = lane & 0x007F_007F_007F_007F | (lane & 0x7F00_7F00_7F00_7F00) >> 1
        lane = lane & 0x0000_3FFF_0000_3FFF | (lane & 0x3FFF_0000_3FFF_0000) >> 2
        lane = lane & 0x0000_0000_0FFF_FFFF | (lane & 0x0FFF_FFFF_0000_0000) >> 4
        packed += lane.to_bytes(7, "little")
    return int.from_bytes(packed, "little")
