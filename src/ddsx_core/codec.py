"""Text values for stable maps: a version, then fields, separated by bars.

    1|2f|0|-a0          version 1, the integers 47, 0 and -160
    2|2f||a%7Cb         version 2, an integer, an absent one, and the text "a|b"

Text and not bytes, because inside a canister a byte of text crosses into a map for some 15 instructions and a byte of a blob for 700 to
1,000. Integers are hexadecimal: the fields of an accrual pool have up to 256 bits, base 16 converts by shifting where base 10 divides by
its powers, and CPython refuses to convert more than 4,300 decimal digits. One `%` of the whole row writes it, a split and an
`int(text, 16)` for each field (16 k instructions, as for decimal) read it.

Invariants:
- CODEC-1: decoding an encoded value gives the value back.
- CODEC-2: a value of another version, or with another number of fields, is Broken, never misread.
"""

from __future__ import annotations

from collections.abc import Sequence

from ddsx_core.refused import Broken

_SEPARATOR = "|"


def encode_fields(version: str, fields: Sequence[str]) -> str:
    """One text of `fields`, which must be free of bars: see `quote` for free text.

    Breaks: on a bar in the version or in a field, since it would be read back as two.
    """
    text = _SEPARATOR.join([version, *fields])
    if text.count(_SEPARATOR) != len(fields):
        raise Broken("a field holds the separator of fields")
    return text


def decode_fields(version: str, count: int, text: str) -> list[str]:
    """The `count` fields of a text that `encode_fields` made with the same version.

    Breaks: on another version, then on another number of fields.
    """
    found = text.split(_SEPARATOR)
    if found[0] != version:
        raise Broken(f"a stored value has version {found[0][:20]!r}, expected {version!r}")
    if len(found) != count + 1:
        raise Broken(f"a stored value has {len(found) - 1} fields, expected {count}")
    return found[1:]


def encode_ints(version: str, values: Sequence[int]) -> str:
    """One text of integers of any size and sign."""
    return version + "|%x" * len(values) % tuple(values)


def decode_ints(version: str, count: int, text: str) -> list[int]:
    """The `count` integers of a text that `encode_ints` made with the same version.

    Breaks: on another version, then on another number of fields, then on a field that is no number.
    """
    fields = decode_fields(version, count, text)
    try:
        return [int(field, 16) for field in fields]
    except ValueError as error:
        raise Broken("a stored value has a field that is no number") from error


def version_of(text: str) -> str:
    """The version a stored value was written with, for a reader that knows more than one."""
    return text.split(_SEPARATOR, 1)[0]


def encode_optional_int(value: int | None) -> str:
    """A field for an integer that may be absent: empty when it is."""
    return "" if value is None else f"{value:x}"


def decode_optional_int(field: str) -> int | None:
    """What `encode_optional_int` wrote."""
    return int(field, 16) if field else None


def quote(text: str) -> str:
    """`text` without bars: a bar becomes %7C and a percent sign %25, the rest stays readable."""
    return text.replace("%", "%25").replace("|", "%7C")


def unquote(field: str) -> str:
    """What `quote` was given."""
    return field.replace("%7C", "|").replace("%25", "%")
