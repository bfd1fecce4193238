"""Open work adds up, keeps its order and its size; acknowledgements only rise."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ddsx_core.refused import Refused
from ddsx_core.work_outbox import MAX_OPEN_CONTRIBUTORS, MAX_WORK_CHARS, acknowledged, add_work, is_full, unavailable, work_items

# Texts of principals of which some end, or begin, as others do.
CONTRIBUTORS = ["2vxsx-fae", "aaaaa-2vxsx-fae", "2vxsx-faeaa", "fae", "aaaaa-aa", "aa"]
WORK = st.lists(st.tuples(st.sampled_from(CONTRIBUTORS), st.integers(1, 1_000)), max_size=20)


@given(WORK)
@example([("2vxsx-fae", 1), ("aaaaa-2vxsx-fae", 2), ("2vxsx-fae", 3)])
@example([("aaaaa-2vxsx-fae", 2), ("2vxsx-fae", 1), ("aaaaa-2vxsx-fae", 5)])
def test_open_work_adds_up_for_each_contributor_in_the_order_of_appearance(done: list[tuple[str, int]]) -> None:
    """OUTBOX-1, for one batch."""
    text = ""
    expected: dict[str, int] = {}
    for contributor, weight in done:
        text = add_work(text, contributor, weight)
        expected[contributor] = expected.get(contributor, 0) + weight
    assert work_items(text) == list(expected.items())


def test_work_is_full_with_the_last_contributor_that_fits() -> None:
    text = ""
    for number in range(MAX_OPEN_CONTRIBUTORS):
        assert not is_full(text)
        text = add_work(text, f"contributor-{number}", 1)
    assert is_full(text)
    assert len(work_items(text)) == 32


def test_the_longest_work_text_is_as_long_as_said() -> None:
    text = ""
    for number in range(MAX_OPEN_CONTRIBUTORS):
        text = add_work(text, f"{number:063}", (1 << 64) - 1)
    assert len(text) == MAX_WORK_CHARS


@given(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20), st.integers(0, 30))
def test_an_acknowledgement_never_falls_and_never_passes_what_is_sealed(sealed: int, delivered: int, sent: int, expected: int) -> None:
    """OUTBOX-2."""
    delivered = min(delivered, sealed)
    if sent < expected <= sealed:
        assert acknowledged(sealed, delivered, sent, expected) == max(delivered, expected)
    else:
        with pytest.raises(Refused) as caught:
            acknowledged(sealed, delivered, sent, expected)
        assert caught.value.kind == "TemporarilyUnavailable"


def test_the_reason_stands_in_the_refusal() -> None:
    assert unavailable("asleep").as_case() == {"TemporarilyUnavailable": {"reason": "asleep"}}
