from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.number_lists import list_text
from ddsx_core.open_rows import add_row
from ddsx_core.splitter_desk import (
    MAX_OPEN_PAYMENTS,
    MAX_UNRESOLVED,
    Desk,
    after_pushes,
    awakened,
    collection_key,
    decode_desk,
    desk_fields,
    encode_desk,
    has_room_for_collection,
    has_room_for_payout,
    known_fee,
    open_number,
    open_numbers,
    payout_key,
    push_places,
    recent_in,
    with_alarm,
    with_known_fee,
    with_payouts,
    with_recent,
    with_unresolved_collection,
    with_unresolved_payout,
    without_collection,
    without_payout,
)

LISTS = st.lists(st.integers(0, (1 << 64) - 1), unique=True, max_size=5).map(list_text)
NUMBER = st.integers(0, 1 << 64)


def test_keys_tell_orders_from_payouts() -> None:
    keys = [collection_key(31), payout_key(3), collection_key(12)]
    assert keys == ["c1f", "p3", "cc"]
    assert open_numbers(keys) == ([31, 12], [3])
    assert [open_number(key) for key in keys] == [31, 3, 12]


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
    desk = Desk(unresolved_payouts="7", fees="a,,b", payouts=254, pushes=3, payouts_seen=9)
    assert desk_fields(encode_desk(desk)) == ("7", "a,,b", 254)
    assert with_payouts(encode_desk(desk), 255) == encode_desk(desk._replace(payouts=255))
    assert with_recent(encode_desk(desk), "1:2:3") == encode_desk(desk._replace(recent="1:2:3"))
    assert recent_in(encode_desk(desk._replace(recent="1:2:3"))) == "1:2:3"


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


@given(st.integers(0, 40), st.integers(1, 7), st.integers(0, 60))
def test_a_round_visits_every_place_once(pushes: int, most: int, cursor: int) -> None:
    text = awakened(encode_desk(Desk(pushes=pushes, push_cursor=cursor % pushes if pushes else 0)))
    assert (text is None) == (pushes == 0)
    desk, visited = Desk() if text is None else decode_desk(text), []
    for _ in range(50):
        places = push_places(desk, most)
        assert len(places) <= most
        visited += places
        desk = after_pushes(desk, len(places))
    assert sorted(visited) == list(range(1, pushes + 1))
    assert desk.push_left == 0


def test_money_that_comes_in_begins_the_round_anew() -> None:
    desk = after_pushes(Desk(pushes=9, push_left=9), 4)
    assert (desk.push_left, desk.push_cursor) == (5, 4)
    assert awakened(encode_desk(desk)) == encode_desk(desk._replace(push_left=9))


def test_a_round_ends_when_the_list_gets_shorter() -> None:
    assert push_places(Desk(pushes=2, push_cursor=4, push_left=5), 5) == [1, 2]
    assert after_pushes(Desk(pushes=2, push_left=9), 2).push_left == 2
    assert after_pushes(Desk(pushes=0, push_cursor=4), 0).push_cursor == 0


@pytest.mark.parametrize(("alarm_at", "is_set"), [(0, True), (100, True), (101, False), (200, False), (201, True)])
def test_the_timer_is_set_unless_it_fires_before_that_anyway(alarm_at: int, is_set: bool) -> None:
    before = Desk(pushes=3, alarm_at=alarm_at, payouts_seen=7)
    after = with_alarm(encode_desk(before), 200, 100)
    assert after == (encode_desk(before._replace(alarm_at=200)) if is_set else None)


@given(st.dictionaries(st.integers(0, 7), st.integers(0, 1 << 64)))
def test_each_ledger_has_its_fee(fees: dict[int, int]) -> None:
    desk = Desk()
    for ledger, fee in fees.items():
        desk = with_known_fee(with_known_fee(desk, ledger, 1), ledger, fee)
    assert [known_fee(desk, ledger) for ledger in range(8)] == [fees.get(ledger) for ledger in range(8)]


@given(st.builds(Desk, LISTS, LISTS, st.sampled_from(["", "a", "a,,ff"]), st.sampled_from(["", "1:2:3"]), *[NUMBER] * 6))
def test_a_stored_desk_comes_back(desk: Desk) -> None:
    assert decode_desk(encode_desk(desk)) == desk
