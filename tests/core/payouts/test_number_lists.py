from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.number_lists import add_number, count_numbers, has_number, list_text, numbers_in, remove_number, rotate_numbers

NUMBERS = st.lists(st.integers(0, (1 << 64) - 1) | st.integers(0, 40), unique=True, max_size=30)
NUMBER = st.integers(0, (1 << 64) - 1) | st.integers(0, 40)


def test_a_list_is_hexadecimal_text_oldest_first() -> None:
    assert list_text([47, 48, 49]) == "2f,30,31"
    assert list_text([]) == ""


@given(NUMBERS)
def test_what_is_in_a_list_comes_out_of_it(numbers: list[int]) -> None:
    text = list_text(numbers)
    assert numbers_in(text) == numbers
    assert count_numbers(text) == len(numbers)


@given(NUMBERS, st.integers(1, 40))
def test_the_first_numbers_are_the_oldest(numbers: list[int], most: int) -> None:
    assert numbers_in(list_text(numbers), most) == numbers[:most]


@given(NUMBERS, NUMBER)
def test_adding_puts_a_new_number_last_and_leaves_a_known_one(numbers: list[int], number: int) -> None:
    expected = numbers if number in numbers else [*numbers, number]
    assert numbers_in(add_number(list_text(numbers), number)) == expected


@given(NUMBERS, NUMBER)
def test_removing_takes_that_number_and_no_other(numbers: list[int], number: int) -> None:
    assert numbers_in(remove_number(list_text(numbers), number)) == [other for other in numbers if other != number]


@given(NUMBERS, st.data())
def test_removing_finds_every_place(numbers: list[int], data: st.DataObject) -> None:
    if numbers:
        number = data.draw(st.sampled_from(numbers))
        assert numbers_in(remove_number(list_text(numbers), number)) == [other for other in numbers if other != number]


@given(NUMBERS, NUMBER)
def test_a_number_is_found_whole(numbers: list[int], number: int) -> None:
    assert has_number(list_text(numbers), number) == (number in numbers)


def test_a_number_is_not_found_within_another() -> None:
    assert not has_number("1ff,2f", 0xF)
    assert not has_number("", 0)


@given(NUMBERS, st.integers(0, 40))
def test_rotating_moves_the_first_behind_the_others(numbers: list[int], count: int) -> None:
    expected = numbers[count:] + numbers[:count] if count < len(numbers) else numbers
    assert numbers_in(rotate_numbers(list_text(numbers), count)) == expected
