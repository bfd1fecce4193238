from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.accounts import ANONYMOUS
from ddsx_core.number_lists import list_text, numbers_in
from ddsx_core.refused import Refused
from ddsx_core.splitter_desk import (
    MAX_OPEN_PAYMENTS,
    MAX_PROTOCOL_FEE_PPM,
    MAX_REGISTRIES,
    UNKNOWN_FEE,
    Desk,
    Settings,
    after_round,
    check_settings,
    decode_desk,
    decode_settings,
    encode_desk,
    encode_settings,
    has_room_for_collection,
    has_room_for_payout,
    is_registry,
    payouts_under_way,
    push_places,
    registry_list,
    with_collection,
    with_payout,
    with_unresolved_collection,
    with_unresolved_payout,
    without_collection,
    without_payout,
)

SETTINGS = Settings("governance", "dst", "ledger", "own", "treasury.01", "first,second", 20_000, 0)
LISTS = st.lists(st.integers(0, (1 << 64) - 1), unique=True, max_size=5).map(list_text)
NUMBER = st.integers(0, 1 << 64)


def test_settings_stand_at_their_limits() -> None:
    most = registry_list([f"registry {number}" for number in range(MAX_REGISTRIES)])
    at_limit = SETTINGS._replace(protocol_fee_ppm=MAX_PROTOCOL_FEE_PPM, registries=most)
    assert check_settings(at_limit) == at_limit


@pytest.mark.parametrize(
    ("changes", "kind", "data"),
    [
        ({"protocol_fee_ppm": MAX_PROTOCOL_FEE_PPM + 1}, "InvalidShare", {"most_ppm": MAX_PROTOCOL_FEE_PPM}),
        ({"treasury": f"{ANONYMOUS}.01"}, "InvalidAccount", {"reason": "an account of the anonymous principal"}),
        ({"registries": registry_list("abcdefghijklmnopq")}, "TooManyRegistries", {"most": MAX_REGISTRIES}),
    ],
)
def test_settings_beyond_their_limits_are_refused(changes: dict, kind: str, data: dict) -> None:
    with pytest.raises(Refused) as refusal:
        check_settings(SETTINGS._replace(**changes))
    assert (refusal.value.kind, refusal.value.data) == (kind, data)


def test_a_registry_is_named_whole() -> None:
    assert is_registry(SETTINGS, "first")
    assert is_registry(SETTINGS, "second")
    assert not is_registry(SETTINGS, "fir")
    assert not is_registry(SETTINGS._replace(registries=""), "first")


def test_a_collection_is_open_until_its_outcome_is_known() -> None:
    desk = with_collection(with_collection(Desk(), 5, 100), 9, 30)
    assert (numbers_in(desk.open_collections), desk.collecting_units) == ([5, 9], 130)
    given_up = with_unresolved_collection(desk, 5)
    assert (given_up.open_collections, given_up.unresolved_collections, given_up.collecting_units) == ("9", "5", 130)
    assert without_collection(given_up, 5, 100) == without_collection(desk, 5, 100)
    assert without_collection(without_collection(desk, 5, 100), 9, 30) == Desk()


def test_payouts_are_numbered_densely_and_open_until_their_outcome_is_known() -> None:
    desk, first = with_payout(Desk())
    desk, second = with_payout(desk)
    assert (first, second, numbers_in(desk.open_payouts)) == (1, 2, [1, 2])
    given_up = with_unresolved_payout(desk, 1)
    assert (given_up.open_payouts, given_up.unresolved_payouts) == ("2", "1")
    assert sorted(numbers_in(payouts_under_way(given_up).strip(","))) == [1, 2]
    assert without_payout(given_up, 1) == without_payout(desk, 1)
    assert without_payout(without_payout(desk, 1), 2) == Desk(payouts=2)


def test_there_is_room_for_a_bounded_number_of_payments() -> None:
    all_but_one = list_text(range(1, MAX_OPEN_PAYMENTS))
    full = list_text(range(MAX_OPEN_PAYMENTS))
    assert has_room_for_collection(Desk(open_collections=all_but_one))
    assert not has_room_for_collection(Desk(open_collections=full))
    assert not has_room_for_collection(Desk(open_collections=all_but_one, unresolved_collections="0"))
    assert has_room_for_payout(Desk(open_payouts=all_but_one, open_collections=full))
    assert not has_room_for_payout(Desk(open_payouts=full))
    assert not has_room_for_payout(Desk(open_payouts=all_but_one, unresolved_payouts="0"))


@given(st.integers(0, 40), st.integers(1, 7), st.integers(1, 40))
def test_every_place_has_its_turn_and_none_has_two(pushes: int, most: int, rounds: int) -> None:
    desk, visited = Desk(pushes=pushes), []
    for _ in range(rounds):
        places = push_places(desk, most)
        assert len(places) == len(set(places)) == min(most, pushes)
        visited += places
        desk = after_round(desk, 10, len(places))
    assert visited == [number % pushes + 1 for number in range(len(visited))]


def test_places_still_have_their_turn_when_the_list_gets_shorter() -> None:
    desk = Desk(pushes=2, push_cursor=4)
    assert push_places(desk, 5) == [1, 2]
    assert after_round(Desk(pushes=0, push_cursor=4), 10, 0).push_cursor == 0


def test_what_was_looked_at_goes_behind_the_rest() -> None:
    desk = Desk(open_collections=list_text([1, 2, 3]), open_payouts=list_text([7]))
    after = after_round(desk, 2, 0)
    assert (numbers_in(after.open_collections), numbers_in(after.open_payouts)) == ([3, 1, 2], [7])


@given(st.builds(Desk, LISTS, LISTS, LISTS, LISTS, st.integers(UNKNOWN_FEE, 1 << 64), *[NUMBER] * 4))
def test_a_stored_desk_comes_back(desk: Desk) -> None:
    assert decode_desk(encode_desk(desk)) == desk


@given(st.integers(0, MAX_PROTOCOL_FEE_PPM), st.booleans())
def test_stored_settings_come_back(fee: int, paused: bool) -> None:
    settings = SETTINGS._replace(protocol_fee_ppm=fee, paused=int(paused))
    assert decode_settings(encode_settings(settings)) == settings
