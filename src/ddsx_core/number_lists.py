"""Short lists of numbers kept as one text, oldest first: `2f,30,31`.

For what is open right now and must be found again after an upgrade. Adding, removing and asking are each a search in one text (native code,
some ten instructions a character in a canister), so a list of a few hundred numbers costs less than one access to a stable map.
Numbers are hexadecimal, without leading zeros; the empty list is the empty text.
"""

from __future__ import annotations

from collections.abc import Sequence


def list_text(numbers: Sequence[int]) -> str:
    """The text of a list."""
    return ",".join([f"{number:x}" for number in numbers])


def numbers_in(text: str, most: int | None = None) -> list[int]:
    """The numbers of a list, or its `most` first ones."""
    if not text:
        return []
    digits = text.split(",") if most is None else text.split(",", most)[:most]
    return [int(number, 16) for number in digits]


def count_numbers(text: str) -> int:
    """How many numbers a list has."""
    return text.count(",") + 1 if text else 0


def has_number(text: str, number: int) -> bool:
    """Whether a number is in a list."""
    return f",{number:x}," in f",{text},"


def add_number(text: str, number: int) -> str:
    """The list with a number at its end; unchanged when it is there already."""
    if has_number(text, number):
        return text
    return f"{text},{number:x}" if text else f"{number:x}"


def remove_number(text: str, number: int) -> str:
    """The list without a number; unchanged when it is not there."""
    return f",{text},".replace(f",{number:x},", ",", 1)[1:-1] if has_number(text, number) else text


def rotate_numbers(text: str, count: int) -> str:
    """The list with its `count` first numbers moved behind the others, in their order."""
    digits = text.split(",", count)
    if len(digits) <= count:
        return text
    return digits[count] + "," + ",".join(digits[:count]) if count else text
