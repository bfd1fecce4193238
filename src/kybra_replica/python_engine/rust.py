"""How RustPython turns Python objects into Rust numbers and texts: the checks and the words of `TryFromObject`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


def type_name(value: object) -> str:
    """What RustPython calls the type of `value`."""
    return type(value).__name__


def to_int(value: object) -> int:
    """Any int, bool included."""
    if isinstance(value, int):
        return int(value)
    raise TypeError(f"Expected type 'int' but '{type_name(value)}' found")


def to_str(value: object) -> str:
    """A str and nothing else."""
    if isinstance(value, str):
        return str.__str__(value)
    raise TypeError(f"Expected type 'str' but '{type_name(value)}' found")


def to_float(value: object) -> float:
    """A float and nothing else."""
    if isinstance(value, float):
        return float(value)
    raise TypeError(f"Expected type 'float' but '{type_name(value)}' found")


def to_bool(value: object) -> bool:
    """A bool, or an int by whether it is zero."""
    if isinstance(value, int):
        return value != 0
    raise TypeError(f"Expected type bool, not {type_name(value)}")


def sized(rust_type: str) -> Callable[[object], int]:
    """A converter to the Rust integer `rust_type` (`u8` .. `u128`, `i8` .. `i128`)."""
    bits = int(rust_type[1:])
    low, high = (0, 1 << bits) if rust_type[0] == "u" else (-(1 << (bits - 1)), 1 << (bits - 1))

    def convert(value: object) -> int:
        number = to_int(value)
        if not low <= number < high:
            raise OverflowError(f"Python int too large to convert to Rust {rust_type}")
        return number

    return convert


to_u8 = sized("u8")
to_u32 = sized("u32")
to_u64 = sized("u64")
to_u128 = sized("u128")


def elements(value: object) -> Iterable[Any]:
    """What Rust's `Vec<T>` takes: anything that can be iterated over."""
    try:
        return iter(value)  # type: ignore[call-overload, no-any-return]
    except TypeError:
        raise TypeError(f"'{type_name(value)}' object is not iterable") from None


def to_bytes(value: object) -> bytes:
    """A `Vec<u8>`: bytes, or anything that yields ints of 0 to 255."""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    return bytes([to_u8(item) for item in elements(value)])


def as_list(value: object) -> list[Any]:
    """A list and nothing else."""
    if isinstance(value, list):
        return value
    raise TypeError(f"Expected type 'list' but '{type_name(value)}' found")


def as_tuple(value: object) -> tuple[Any, ...]:
    """A tuple and nothing else."""
    if isinstance(value, tuple):
        return value
    raise TypeError(f"Expected type 'tuple' but '{type_name(value)}' found")
