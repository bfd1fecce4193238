from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.accounts import ANONYMOUS
from ddsx_core.number_lists import list_text
from ddsx_core.open_rows import add_row
from ddsx_core.refused import Refused
from ddsx_core.splitter_desk import (
    MAX_OPEN_PAYMENTS,
    MAX_PROTOCOL_FEE_PPM,
    MAX_REGISTRIES,
    MAX_UNRESOLVED,
    UNKNOWN_FEE,
    Desk,
    Settings,
    after_pushes,
    check_settings,
    collection_key,
    decode_desk,
    decode_settings,
    encode_desk,
    encode_settings,
    has_room_for_collection,
    has_room_for_payout,
    is_registry,
    open_numbers,
    payout_key,
    push_places,
    registry_list,
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


def test_keys_tell_orders_from_payouts() -> None:
    keys = [collection_key(31), payout_key(3), collection_key(12)]
    assert keys == ["c1f", "p3", "cc"]
    assert open_numbers(keys) == ([31, 12], [3])


def test_there_is_room_for_a_bounded_number_of_payments() -> None:
    rows = ""
    for number in range(MAX_OPEN_PAYMENTS - 1):
        rows = add_row(add_row(rows, collection_key(number), ""), payout_key(number), "")
    assert has_room_for_collection(rows)
    assert has_room_for_payout(rows)
    assert not has_room_for_collection(add_row(rows, collection_key(999), ""))
    assert has_room_for_payout(add_row(rows, collection_key(999), ""))
    assert not has_room_for_payout(add_row(rows, payout_key(999), ""))


def test_payouts_are_counted() -> None:
    assert with_payout(with_payout(Desk(ledger_fee=10))) == Desk(ledger_fee=10, payouts=2)


def test_what_is_unresolved_waits_for_governance() -> None:
    desk = with_unresolved_collection(Desk(), 5)
    assert desk == Desk(unresolved_collections="5")
    assert without_collection(desk, 5) == Desk()
    desk = with_unresolved_payout(Desk(), 7)
    assert desk == Desk(unresolved_payouts="7")
    assert without_payout(desk, 7) == Desk()


def test_a_bounded_number_waits_for_governance() -> None:
    one_less = list_text(range(1, MAX_UNRESOLVED))
    full = Desk(unresolved_collections=list_text(range(MAX_UNRESOLVED)), unresolved_payouts=list_text(range(MAX_UNRESOLVED)))
    assert with_unresolved_collection(Desk(unresolved_collections=one_less), 999) is not None
    assert with_unresolved_payout(Desk(unresolved_payouts=one_less), 999) is not None
    assert with_unresolved_collection(full, 999) is None
    assert with_unresolved_payout(full, 999) is None


@given(st.integers(0, 40), st.integers(1, 7), st.integers(1, 40))
def test_every_place_has_its_turn_and_none_has_two(pushes: int, most: int, rounds: int) -> None:
    desk, visited = Desk(pushes=pushes), []
    for _ in range(rounds):
        places = push_places(desk, most)
        assert len(places) == len(set(places)) == min(most, pushes)
        visited += places
        desk = after_pushes(desk, len(places))
    assert visited == [number % pushes + 1 for number in range(len(visited))]


def test_places_still_have_their_turn_when_the_list_gets_shorter() -> None:
    assert push_places(Desk(pushes=2, push_cursor=4), 5) == [1, 2]
    assert after_pushes(Desk(pushes=0, push_cursor=4), 0).push_cursor == 0


@given(st.builds(Desk, LISTS, LISTS, st.integers(UNKNOWN_FEE, 1 << 64), *[NUMBER] * 3))
def test_a_stored_desk_comes_back(desk: Desk) -> None:
    assert decode_desk(encode_desk(desk)) == desk


@given(st.integers(0, MAX_PROTOCOL_FEE_PPM), st.booleans())
def test_stored_settings_come_back(fee: int, paused: bool) -> None:
    settings = SETTINGS._replace(protocol_fee_ppm=fee, paused=int(paused))
    assert decode_settings(encode_settings(settings)) == settings
