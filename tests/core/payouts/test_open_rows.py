from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.open_rows import add_row, count_rows, first_rows, has_row, keys_of, replace_row, rotate_rows, take_row
from ddsx_core.refused import Broken

KEYS = st.from_regex(r"[cp][0-9a-f]{1,3}", fullmatch=True)
ROWS = st.dictionaries(KEYS, st.text("01|.-abc", max_size=8), max_size=8)


def _text(rows: dict[str, str]) -> str:
    text = ""
    for key, row in rows.items():
        text = add_row(text, key, row)
    return text


def test_rows_stand_a_line_each_oldest_first() -> None:
    assert _text({"c1f": "1|x", "p3": "1|y|"}) == "c1f|1|x\np3|1|y|"


@given(ROWS, KEYS)
def test_a_row_is_found_by_its_key_and_taken_out(rows: dict[str, str], key: str) -> None:
    row, others = take_row(_text(rows), key)
    assert row == rows.get(key)
    assert others == _text({name: rows[name] for name in rows if name != key})
    assert has_row(_text(rows), key) == (key in rows)


@given(ROWS, st.data())
def test_every_row_can_be_taken_out(rows: dict[str, str], data: st.DataObject) -> None:
    if rows:
        key = data.draw(st.sampled_from(sorted(rows)))
        assert take_row(_text(rows), key) == (rows[key], _text({name: rows[name] for name in rows if name != key}))


def test_a_key_is_not_found_within_another_or_within_a_row() -> None:
    assert take_row("cc1|p1|x\nc11|c1|", "c1") == (None, "cc1|p1|x\nc11|c1|")
    assert not has_row("cc1|p1|x\nc11|c1|", "p1")


@given(ROWS)
def test_rows_are_counted_and_listed_by_their_keys(rows: dict[str, str]) -> None:
    assert keys_of(_text(rows)) == list(rows)
    assert keys_of(_text(rows), 3) == list(rows)[:3]
    assert count_rows(_text(rows)) == len(rows)
    assert count_rows(_text(rows), "p") == sum(key.startswith("p") for key in rows)


@given(ROWS, st.integers(0, 10))
def test_rotating_moves_the_first_behind_the_others(rows: dict[str, str], count: int) -> None:
    keys = list(rows)
    expected = keys[count:] + keys[:count] if count < len(keys) else keys
    rotated = rotate_rows(_text(rows), count)
    assert keys_of(rotated) == expected
    assert all(take_row(rotated, key)[0] == rows[key] for key in rows)


@given(ROWS, KEYS, st.text("01|", max_size=8))
def test_a_replaced_row_is_the_last(rows: dict[str, str], key: str, row: str) -> None:
    others = {name: rows[name] for name in rows if name != key}
    assert replace_row(_text(rows), key, row) == _text(others | {key: row})


@pytest.mark.parametrize(("key", "row"), [("c1", "again"), ("c2", "two\nlines")])
def test_a_key_has_one_row_of_one_line(key: str, row: str) -> None:
    with pytest.raises(Broken, match="under way"):
        add_row("c1|row", key, row)


@given(ROWS, st.integers(0, 9))
def test_the_first_rows_come_with_their_keys(rows: dict[str, str], most: int) -> None:
    assert first_rows(_text(rows), most) == list(rows.items())[:most]
