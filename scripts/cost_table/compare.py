"""Compares two versions of the table: the words exactly, the numbers within a tolerance.

Work is counted alike on every CPython, but for the Python of its standard library, which differs between releases.
"""

from __future__ import annotations

import re

TOLERANCE = 0.02
"""By which part a number may differ."""

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def differences(committed: str, made: str) -> list[str]:
    """Lines that differ by more than the tolerance; shares of causes are not compared, they follow from the rest."""
    before, after = committed.splitlines(), made.splitlines()
    if len(before) != len(after):
        return [f"{len(before)} lines instead of {len(after)}"]
    pairs = zip(before, after, strict=True)
    return [f"{old!r} should be {new!r}" for old, new in pairs if not _alike(_without_shares(old), _without_shares(new))]


def _without_shares(line: str) -> str:
    cells = line.split("|")
    return "|".join([*cells[:4], *cells[5:]]) if len(cells) == 9 else line


def _alike(old: str, new: str) -> bool:
    if _NUMBER.sub("", old) != _NUMBER.sub("", new):
        return False
    pairs = zip(_NUMBER.findall(old), _NUMBER.findall(new), strict=True)
    return all(abs(_value(one) - _value(other)) <= TOLERANCE * _value(other) + 0.011 for one, other in pairs)


def _value(number: str) -> float:
    return float(number.replace(",", ""))
