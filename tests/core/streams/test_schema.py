"""Schemas: read as the `json` module reads them, and refused at the first character that is wrong."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.refused import Refused
from ddsx_core.schema import FIELD_KINDS, MAX_FIELDS, MAX_NAME_LENGTH, MAX_NOTE_LENGTH, MAX_UNIT_LENGTH, Field, parse_schema

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True)
# JSON texts cannot hold half a surrogate pair.
WORDS = st.text(st.characters(blacklist_categories=["Cs"]), max_size=12)


@st.composite
def descriptions(draw: st.DrawFn) -> list[dict[str, str]]:
    """The members of each field of a schema, in any order."""
    described = []
    for name in draw(st.lists(NAMES, min_size=1, max_size=5, unique=True)):
        members = {"name": name, "type": draw(st.sampled_from(FIELD_KINDS))}
        members |= {key: draw(WORDS) for key in draw(st.sets(st.sampled_from(["unit", "description"])))}
        described.append(dict(draw(st.permutations(list(members.items())))))
    return described


def fields_of(described: list[dict[str, str]]) -> list[Field]:
    return [Field(item["name"], item["type"], item.get("unit", ""), item.get("description", "")) for item in described]


def accepted(text: str) -> list[Field] | None:
    """The fields, or None for a text that is refused as it should be."""
    try:
        return parse_schema(text)
    except Refused as refused:
        at = refused.data["position"]
        return None if refused.kind == "MalformedSchema" and isinstance(at, int) and 0 <= at <= len(text) else []


def refusal(text: str) -> tuple[str, int]:
    with pytest.raises(Refused) as caught:
        parse_schema(text)
    assert caught.value.kind == "MalformedSchema"
    assert set(caught.value.data) == {"reason", "position"}
    return str(caught.value.data["reason"]), int(caught.value.data["position"] or 0)


@given(descriptions(), st.sampled_from([None, 0, 2]), st.booleans())
def test_a_schema_is_read_as_json_reads_it(described: list[dict[str, str]], indent: int | None, ascii_only: bool) -> None:
    """SCHEMA-1."""
    text = json.dumps({"fields": described}, indent=indent, ensure_ascii=ascii_only)
    assert parse_schema(text) == fields_of(described)


@given(descriptions(), st.data())
def test_a_damaged_schema_is_refused_or_still_json(described: list[dict[str, str]], data: st.DataObject) -> None:
    """SCHEMA-1, from the other side: whatever is accepted, `json` accepts and reads alike."""
    text = json.dumps({"fields": described})
    at = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(at, min(at + 3, len(text))))
    damaged = text[:at] + data.draw(st.text('{}[]":,\\ut0 a\n', max_size=3)) + text[end:]
    fields = accepted(damaged)
    assert fields is None or fields == fields_of(json.loads(damaged)["fields"])


@pytest.mark.parametrize("text", ["{" * 5_000, "[" * 5_000, '{"fields":' * 2_000, '{"fields":[' * 2_000])
def test_a_deep_text_is_refused_like_any_other(text: str) -> None:
    assert accepted(text) is None


ONE = '{"fields":[{"name":"a","type":"nat"}]}'


@pytest.mark.parametrize(
    ("text", "reason", "position"),
    [
        ("", "expected {", 0),
        ("null", "expected {", 0),
        ('{"columns":[]}', 'expected "fields"', 1),
        ('{"fields":{}}', "expected [", 10),
        ('{"fields":[]}', "expected {", 11),
        ('{"fields":[{}]}', "expected a text in quotes", 12),
        ('{"fields":[{"name":"a"}]}', "a field has a name and a type", 22),
        ('{"fields":[{"type":"nat"}]}', "a field has a name and a type", 24),
        ('{"fields":[{"name":1}]}', "expected a text in quotes", 19),
        ('{"fields":[{"nome":"a"}]}', "expected name, type, unit or description", 12),
        ('{"fields":[{"name":"a","name":"b"}]}', "a member is repeated", 23),
        ('{"fields":[{"name":"a" "type":"nat"}]}', "expected , or }", 23),
        ('{"fields":[{"name":"a","type":"nat"},]}', "expected {", 37),
        ('{"fields":[{"name":"a","type":"nat"},{"name":"a","type":"int"}]}', "two fields share a name", 37),
        ('{"fields":[{"name":"a","type":"nat"}', "expected , or ]", 36),
        ('{"fields":[{"name":"a","type":"nat"}]', "expected }", 37),
        (ONE + "x", "expected the end", 38),
        ('{"fields":[{"name":"a', "a text does not end", 19),
        ('{"fields":[{"name":"a\n', "a text does not end", 19),
        ('{"fields":[{"name":"a\n"}]}', "a control character is not escaped", 21),
        ('{"fields":[{"name":"\\x"}]}', "an escape sequence that JSON does not have", 20),
        ('{"fields":[{"name":"\\u12"}]}', "an escape sequence that JSON does not have", 20),
        ('{"fields":[{"name":"\\ud800"}]}', "half of a surrogate pair", 20),
        ('{"fields":[{"name":"\\ude00"}]}', "half of a surrogate pair", 20),
        ('{"fields":[{"name":"\\ud83d\\u0041"}]}', "half of a surrogate pair", 20),
    ],
)
def test_a_refusal_names_what_is_wrong_and_where(text: str, reason: str, position: int) -> None:
    assert refusal(text) == (reason, position)


@pytest.mark.parametrize("name", ["", "1a", "a b", "a-b", "é", "a" * (MAX_NAME_LENGTH + 1)])
def test_a_name_is_an_ascii_word(name: str) -> None:
    reason, position = refusal(json.dumps({"fields": [{"name": name, "type": "nat"}]}))
    assert (reason, position) == ("a name is a word of at most 64 ASCII letters, digits and underscores", 21)


@pytest.mark.parametrize("kind", ["", "string", "Nat", "nat "])
def test_a_type_is_one_of_six(kind: str) -> None:
    assert refusal(json.dumps({"fields": [{"name": "a", "type": kind}]})) == ("a type is one of text, nat, int, float, bool, time", 34)


def test_the_longest_words_are_accepted_and_longer_ones_refused() -> None:
    longest = {"name": "a" * MAX_NAME_LENGTH, "type": "time", "unit": "u" * MAX_UNIT_LENGTH, "description": "d" * MAX_NOTE_LENGTH}
    assert parse_schema(json.dumps({"fields": [longest]})) == [Field(*longest.values())]
    for key in ("unit", "description"):
        assert refusal(json.dumps({"fields": [longest | {key: longest[key] + "x"}]}))[0] == f"a {key} is too long"


def test_as_many_fields_as_allowed_and_one_more() -> None:
    fields = [{"name": f"f{number}", "type": "bool"} for number in range(MAX_FIELDS)]
    assert len(parse_schema(json.dumps({"fields": fields}))) == MAX_FIELDS
    fields.append({"name": "one_more", "type": "bool"})
    text = json.dumps({"fields": fields})
    assert refusal(text) == ("more than 200 fields", text.index('{"name": "one_more"'))
