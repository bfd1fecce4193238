"""The schema of a stream: what the fields of its records are called, and of which kind they are.

A schema is JSON text, at most MAX_SCHEMA_LENGTH characters of it, read once when the stream is created:

    {"fields": [{"name": "temperature", "type": "float", "unit": "degC", "description": "2 m above ground"}]}

- `name`: a word of ASCII letters, digits and underscores that does not begin with a digit; no two fields share one.
- `type`: `text`, `nat` (integer from 0), `int`, `float`, `bool`, or `time` (nanoseconds since 1970 as an integer).
- `unit` and `description`: free text, may be left out.

Only this shape is JSON enough for us, so it is read here and not by the library: a refusal names the character that is wrong, nesting is
bounded by the shape, a repeated member is seen, and inside a canister a text is found by one native search and not letter by letter.
Records are never compared with the schema on chain; a reader does that.

Invariant SCHEMA-1: what parse_schema accepts the `json` module accepts too, and reads alike.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import NamedTuple

from ddsx_core.refused import Refused

FIELD_KINDS = ("text", "nat", "int", "float", "bool", "time")
"""What a field may hold."""

MAX_FIELDS = 200
"""Fields of one schema: parsing costs about 1 M instructions a field, an update has 40,000 M."""

MAX_NAME_LENGTH = 64
"""Characters in a field's name: a column heading, and an identifier in every language."""

MAX_UNIT_LENGTH = 40
"""Characters in a unit; the longest symbols of UCUM in use have about 20."""

MAX_NOTE_LENGTH = 400
"""Characters in a field's description: a few lines."""

_MEMBERS = ("name", "type", "unit", "description")
_SPACES = " \t\n\r"
_HEX_DIGITS = frozenset("0123456789abcdefABCDEF")
_ESCAPED = MappingProxyType({'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"})


class Field(NamedTuple):
    """One field of the records of a stream; `unit` and `description` are empty when left out."""

    name: str
    kind: str
    unit: str
    description: str


def malformed_schema(reason: str, position: int) -> Refused:
    """A schema that is not of the shape above; `position` is the first wrong character, counted from 0."""
    return Refused("MalformedSchema", {"reason": reason, "position": position})


def parse_schema(text: str) -> list[Field]:
    """The fields that a schema names, in its order.

    Refuses: MalformedSchema, for the first thing from the left that is wrong; a missing name or type shows where the field ends.
    Cost: about 1 M instructions a field.
    """
    at = _expect(text, 0, "{")
    key_at = _after_spaces(text, at)
    key, at = _string(text, key_at)
    if key != "fields":
        raise malformed_schema('expected "fields"', key_at)
    at = _expect(text, _expect(text, at, ":"), "[")
    fields: list[Field] = []
    names: set[str] = set()
    more = True
    while more:
        field_at = _after_spaces(text, at)
        if len(fields) == MAX_FIELDS:
            raise malformed_schema(f"more than {MAX_FIELDS} fields", field_at)
        field, at = _field(text, at)
        if field.name in names:
            raise malformed_schema("two fields share a name", field_at)
        names.add(field.name)
        fields.append(field)
        more, at = _separator(text, at, "]")
    at = _after_spaces(text, _expect(text, at, "}"))
    if at != len(text):
        raise malformed_schema("expected the end", at)
    return fields


def _field(text: str, at: int) -> tuple[Field, int]:
    """The field that begins after an offset, and the offset behind it."""
    at = _expect(text, at, "{")
    members: dict[str, str] = {}
    more = True
    while more:
        key_at = _after_spaces(text, at)
        key, at = _string(text, key_at)
        if key not in _MEMBERS:
            raise malformed_schema("expected name, type, unit or description", key_at)
        if key in members:
            raise malformed_schema("a member is repeated", key_at)
        value_at = _after_spaces(text, _expect(text, at, ":"))
        value, at = _string(text, value_at)
        _check_member(key, value, value_at)
        members[key] = value
        more, at = _separator(text, at, "}")
    if "name" not in members or "type" not in members:
        raise malformed_schema("a field has a name and a type", at - 1)
    return Field(members["name"], members["type"], members.get("unit", ""), members.get("description", "")), at


def _check_member(key: str, value: str, at: int) -> None:
    if key == "name":
        if not (0 < len(value) <= MAX_NAME_LENGTH and value.isascii() and value.isidentifier()):
            raise malformed_schema(f"a name is a word of at most {MAX_NAME_LENGTH} ASCII letters, digits and underscores", at)
    elif key == "type":
        if value not in FIELD_KINDS:
            raise malformed_schema("a type is one of " + ", ".join(FIELD_KINDS), at)
    elif len(value) > (MAX_UNIT_LENGTH if key == "unit" else MAX_NOTE_LENGTH):
        raise malformed_schema(f"a {key} is too long", at)


def _after_spaces(text: str, at: int) -> int:
    while text[at : at + 1] and text[at] in _SPACES:
        at += 1
    return at


def _expect(text: str, at: int, token: str) -> int:
    """The offset behind a character that must come next."""
    at = _after_spaces(text, at)
    if text[at : at + 1] != token:
        raise malformed_schema(f"expected {token}", at)
    return at + 1


def _separator(text: str, at: int, end: str) -> tuple[bool, int]:
    """Whether a comma comes next, or what ends the list; and the offset behind it."""
    at = _after_spaces(text, at)
    found = text[at : at + 1]
    if found not in (",", end):
        raise malformed_schema(f"expected , or {end}", at)
    return found == ",", at + 1


def _string(text: str, at: int) -> tuple[str, int]:
    """The string that begins at an offset, and the offset behind it."""
    if text[at : at + 1] != '"':
        raise malformed_schema("expected a text in quotes", at)
    start = at + 1
    parts: list[str] = []
    while True:
        quote = text.find('"', start)
        if quote < 0:
            raise malformed_schema("a text does not end", at)
        backslash = text.find("\\", start, quote)
        end = quote if backslash < 0 else backslash
        part = text[start:end]
        _check_characters(part, start)
        parts.append(part)
        if backslash < 0:
            return "".join(parts), quote + 1
        character, start = _escape(text, backslash)
        parts.append(character)


def _check_characters(part: str, at: int) -> None:
    """JSON wants control characters escaped. One native call for most texts; only a bad one is walked letter by letter."""
    if min(part, default=" ") < " ":
        bad = [character < " " for character in part].index(True)
        raise malformed_schema("a control character is not escaped", at + bad)


def _escape(text: str, at: int) -> tuple[str, int]:
    """The character that an escape sequence stands for, and the offset behind it; two halves of a surrogate pair are one character."""
    kind = text[at + 1 : at + 2]
    if kind in _ESCAPED:
        return _ESCAPED[kind], at + 2
    code = _code_unit(text, at)
    if code < 0:
        raise malformed_schema("an escape sequence that JSON does not have", at)
    if 0xD800 <= code < 0xDC00:
        low = _code_unit(text, at + 6)
        if 0xDC00 <= low < 0xE000:
            return chr(0x10000 + (code - 0xD800 << 10) + low - 0xDC00), at + 12
    if 0xD800 <= code < 0xE000:
        raise malformed_schema("half of a surrogate pair", at)
    return chr(code), at + 6


def _code_unit(text: str, at: int) -> int:
    """The number that a backslash, u and four hex digits name, -1 where there is no such sequence."""
    digits = text[at + 2 : at + 6]
    if text[at : at + 2] != "\\u" or len(digits) != 4 or not _HEX_DIGITS.issuperset(digits):
        return -1
    return int(digits, 16)
