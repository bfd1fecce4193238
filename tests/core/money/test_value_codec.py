"""Stored values: what goes in comes out, and nothing else is read."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ddsx_core import codec
from ddsx_core.refused import Broken

VERSION = st.from_regex(r"[1-9][0-9]?", fullmatch=True)
INTS = st.lists(st.integers(-(2**300), 2**300), max_size=9)


@given(VERSION, INTS)
@example("1", [])
@example("1", [-160, 0, 47])
def test_integers_come_back(version: str, values: list[int]) -> None:
    assert codec.decode_ints(version, len(values), codec.encode_ints(version, values)) == values


@given(VERSION, st.lists(st.text(), max_size=9))
@example("1", ["", ""])
@example("1", ["a|b", "%7C", "%", "%25", "|"])
def test_quoted_fields_come_back(version: str, texts: list[str]) -> None:
    stored = codec.encode_fields(version, [codec.quote(text) for text in texts])
    assert [codec.unquote(field) for field in codec.decode_fields(version, len(texts), stored)] == texts
    assert codec.version_of(stored) == version


@given(st.none() | st.integers())
def test_optional_integers_come_back(value: int | None) -> None:
    assert codec.decode_optional_int(codec.encode_optional_int(value)) == value


def test_the_form_is_fixed() -> None:
    assert codec.encode_ints("1", [47, 0, -160]) == "1|2f|0|-a0"
    assert codec.encode_fields("2", ["2f", codec.encode_optional_int(None), codec.quote("a|b")]) == "2|2f||a%7Cb"


def test_an_integer_too_long_for_decimal_text_comes_back() -> None:
    value = 1 << 100_000
    assert codec.decode_ints("1", 1, codec.encode_ints("1", [value])) == [value]


@pytest.mark.parametrize("version", ["2", "", "11", "01"])
def test_another_version_is_broken(version: str) -> None:
    with pytest.raises(Broken, match="version"):
        codec.decode_ints("1", 1, version + "|5")


@pytest.mark.parametrize("text", ["1", "1|5|5", "1|5|5|5|5"])
def test_another_number_of_fields_is_broken(text: str) -> None:
    with pytest.raises(Broken, match="fields"):
        codec.decode_fields("1", 3, text)


def test_a_field_that_is_no_number_is_broken() -> None:
    with pytest.raises(Broken, match="no number"):
        codec.decode_ints("1", 2, "1|5|")


@pytest.mark.parametrize(("version", "field"), [("1", "a|b"), ("1|", "a")])
def test_an_unquoted_separator_is_broken(version: str, field: str) -> None:
    with pytest.raises(Broken, match="separator"):
        codec.encode_fields(version, [field])
