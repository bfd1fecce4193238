from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.limits import TX_WINDOW_NS
from ddsx_core.payment_rules import (
    CLOSING_MARGIN_NS,
    LONGEST_PAUSE_NS,
    NO_ANSWER,
    OPEN,
    PAID,
    REFUSED,
    UNRESOLVED,
    due_at,
    is_due,
    judge_answer,
    window_has_closed,
)

REFUSALS = (
    "BadFee",
    "BadBurn",
    "InsufficientFunds",
    "InsufficientAllowance",
    "TooOld",
    "CreatedInFuture",
    "TemporarilyUnavailable",
    "GenericError",
)
SECOND_NS = 1_000_000_000


@pytest.mark.parametrize("kind", ["Ok", "Duplicate"])
@pytest.mark.parametrize("attempts", [1, 2, 30])
@pytest.mark.parametrize("is_latest", [True, False])
def test_what_was_carried_out_is_paid_whenever_it_is_learned(kind: str, attempts: int, is_latest: bool) -> None:
    assert judge_answer(kind, attempts, is_latest=is_latest) == PAID


@pytest.mark.parametrize("kind", REFUSALS)
def test_any_refusal_of_the_first_attempt_is_final(kind: str) -> None:
    assert judge_answer(kind, 1, is_latest=True) == REFUSED


@pytest.mark.parametrize("kind", REFUSALS)
@pytest.mark.parametrize("attempts", [1, 2])
def test_a_refusal_proves_nothing_while_a_later_attempt_is_on_its_way(kind: str, attempts: int) -> None:
    assert judge_answer(kind, attempts, is_latest=False) == OPEN


@pytest.mark.parametrize("attempts", [1, 2])
@pytest.mark.parametrize("is_latest", [True, False])
def test_no_answer_proves_nothing(attempts: int, is_latest: bool) -> None:
    assert judge_answer(NO_ANSWER, attempts, is_latest=is_latest) == OPEN


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("InsufficientFunds", REFUSED),
        ("InsufficientAllowance", REFUSED),
        ("TooOld", UNRESOLVED),
        ("BadFee", OPEN),
        ("BadBurn", OPEN),
        ("CreatedInFuture", OPEN),
        ("TemporarilyUnavailable", OPEN),
        ("GenericError", OPEN),
    ],
)
def test_a_refusal_of_a_later_attempt_is_final_only_behind_the_look_for_duplicates(kind: str, state: str) -> None:
    assert judge_answer(kind, 2, is_latest=True) == state


@pytest.mark.parametrize(("attempts", "pause_s"), [(1, 30), (2, 60), (3, 120), (7, 1_920), (8, 3_600), (1_000, 3_600)])
def test_pauses_double_up_to_an_hour(attempts: int, pause_s: int) -> None:
    now = 10**18
    assert is_due(attempts, now, now + pause_s * SECOND_NS)
    assert not is_due(attempts, now, now + pause_s * SECOND_NS - 1)


@given(st.integers(1, 1 << 70), st.integers(0, 1 << 64))
def test_no_pause_is_longer_than_the_longest(attempts: int, tried_at: int) -> None:
    assert is_due(attempts, tried_at, tried_at + LONGEST_PAUSE_NS)


def test_the_window_closes_a_margin_after_the_ledgers() -> None:
    created = 10**18
    assert not window_has_closed(created, created + TX_WINDOW_NS + CLOSING_MARGIN_NS)
    assert window_has_closed(created, created + TX_WINDOW_NS + CLOSING_MARGIN_NS + 1)


@given(st.integers(1, 60), st.integers(0, 1 << 62))
def test_an_attempt_is_due_from_its_moment_on(attempts: int, tried_at: int) -> None:
    moment = due_at(attempts, tried_at)
    assert is_due(attempts, tried_at, moment)
    assert not is_due(attempts, tried_at, moment - 1)
