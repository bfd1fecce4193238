"""Stored values that hold both texts and integers: the texts first, then the integers, on top of `codec`.

    1|rrkah-fqaaa-aaaaa-aaaaq-cai||2f|-a0       version 1, two texts (the second empty), the integers 47 and -160

All integers of a row are written by one `%`, as `codec.encode_ints` does, which inside a canister costs a fifth of writing them one by one.
Texts must be free of bars: principals, account keys and number lists are; free text goes through `codec.quote` first.
"""

from __future__ import annotations

from collections.abc import Sequence

from ddsx_core.codec import decode_fields, encode_fields, encode_ints
from ddsx_core.refused import Broken


def encode_row(version: str, texts: Sequence[str], numbers: Sequence[int]) -> str:
    """One text of texts and integers. Breaks: on a bar in a text."""
    return encode_ints(encode_fields(version, texts), numbers)


def decode_row(version: str, texts: int, numbers: int, row: str) -> tuple[list[str], list[int]]:
    """The texts and integers of what `encode_row` made with the same version and counts.

    Breaks: on another version, then on another number of fields, then on a field that should be a number and is none.
    """
    fields = decode_fields(version, texts + numbers, row)
    try:
        return fields[:texts], [int(field, 16) for field in fields[texts:]]
    except ValueError as error:
        raise Broken("a stored row has a field that is no number") from error


def check_row(fields: Sequence[str], version: str, count: int) -> None:
    """Whether split-up `fields` are a version and so many fields: for rows that are read too often to be read field by field.

    Breaks: as `codec.decode_fields`. A field that should be a number and is none breaks, as ValueError, where it is read.
    """
    if fields[0] != version:
        raise Broken(f"a stored value has version {fields[0][:20]!r}, expected {version!r}")
    if len(fields) != count + 1:
        raise Broken(f"a stored value has {len(fields) - 1} fields, expected {count}")
