from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.refused import Broken
from ddsx_core.stored_rows import check_row, decode_row, encode_row

TEXTS = st.lists(st.text(st.characters(exclude_characters="|", exclude_categories=["Cs"]), max_size=20), max_size=4)
NUMBERS = st.lists(st.integers(-(1 << 400), 1 << 400), min_size=1, max_size=8)


@given(TEXTS, NUMBERS)
def test_a_row_gives_back_its_texts_and_numbers(texts: list[str], numbers: list[int]) -> None:
    assert decode_row("1", len(texts), len(numbers), encode_row("1", texts, numbers)) == (texts, numbers)


def test_a_row_reads_as_documented() -> None:
    assert encode_row("1", ["rrkah-fqaaa-aaaaa-aaaaq-cai", ""], [47, -160]) == "1|rrkah-fqaaa-aaaaa-aaaaq-cai||2f|-a0"


def test_a_text_with_a_bar_is_broken() -> None:
    with pytest.raises(Broken, match="separator"):
        encode_row("1", ["a|b"], [1])


@pytest.mark.parametrize(
    ("row", "why"), [("2|a|1", "version"), ("1|a", "fields"), ("1|a|1|2", "fields"), ("1|a|x", "no number"), ("1|a|", "no number")]
)
def test_a_row_of_another_shape_is_broken(row: str, why: str) -> None:
    with pytest.raises(Broken, match=why):
        decode_row("1", 1, 1, row)


def test_a_row_that_is_read_by_hand_is_checked() -> None:
    check_row(["2", "a", "b"], "2", 2)
    for fields in (["1", "a", "b"], ["2", "a"], ["2", "a", "b", "c"]):
        with pytest.raises(Broken):
            check_row(fields, "2", 2)
