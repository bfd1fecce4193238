"""Which calls are the same call, and for how long."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ddsx_core.deduplication import check_repetition, fingerprint, remember_until
from ddsx_core.limits import PERMITTED_DRIFT_NS, TX_WINDOW_NS
from ddsx_core.units import Nanoseconds, PrincipalText
from model.expect import refuses

NOW = Nanoseconds(1_700_000_000 * 10**9)
OLDEST = Nanoseconds(NOW - TX_WINDOW_NS - PERMITTED_DRIFT_NS)
LATEST = Nanoseconds(NOW + PERMITTED_DRIFT_NS)
BUYER = PrincipalText("buyer")
Argument = int | str | bytes | None

ARGUMENTS = st.lists(st.one_of(st.none(), st.integers(-3, 300), st.binary(max_size=2), st.text("-|xt1%a", max_size=3)), max_size=4)


@given(ARGUMENTS, ARGUMENTS)
@example(["a|tb"], ["a", "b"])
@example([None], ["-"])
@example([b"\x10"], [16])
def test_fingerprints_are_equal_exactly_when_arguments_are(some: list[Argument], others: list[Argument]) -> None:
    same = some == others
    assert (fingerprint("m", BUYER, some) == fingerprint("m", BUYER, others)) == same


def test_the_form_is_fixed() -> None:
    """A fingerprint outlives an upgrade of the ledger that stored it."""
    text = "icrc1_transfer|buyer|-|tprovider|x0102|a|-|x|ff"
    arguments = [None, "provider", b"\x01\x02", 10, None, b"", 255]
    assert fingerprint("icrc1_transfer", BUYER, arguments) == sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "changed",
    [
        (bytes(32), "provider", None, 10, None, None, 255),
        (None, "contributor", None, 10, None, None, 255),
        (None, "provider", bytes(32), 10, None, None, 255),
        (None, "provider", None, 11, None, None, 255),
        (None, "provider", None, 10, 10_000, None, 255),
        (None, "provider", None, 10, None, b"", 255),
        (None, "provider", None, 10, None, None, 256),
    ],
)
def test_what_means_the_same_but_is_said_differently_is_another_call(changed: tuple[Argument, ...]) -> None:
    arguments = (None, "provider", None, 10, None, None, 255)
    plain = fingerprint("icrc1_transfer", BUYER, arguments)
    assert fingerprint("icrc1_transfer", BUYER, changed) != plain
    assert fingerprint("icrc2_approve", BUYER, arguments) != plain
    assert fingerprint("icrc1_transfer", PrincipalText("provider"), arguments) != plain


@pytest.mark.parametrize("created_at_time", [OLDEST, NOW, LATEST])
def test_inside_the_window_only_a_remembered_call_is_refused(created_at_time: Nanoseconds) -> None:
    check_repetition(created_at_time, None, NOW)
    with refuses("Duplicate", duplicate_of=0):
        check_repetition(created_at_time, 0, NOW)


def test_outside_the_window_nothing_is_carried_out() -> None:
    """Not even when it is remembered: what is forgotten and what is not must get the same answer."""
    for duplicate_of in (None, 7):
        with refuses("TooOld"):
            check_repetition(Nanoseconds(OLDEST - 1), duplicate_of, NOW)
        with refuses("CreatedInFuture", ledger_time=NOW):
            check_repetition(Nanoseconds(LATEST + 1), duplicate_of, NOW)


def test_without_a_time_nothing_is_a_repetition() -> None:
    check_repetition(None, 7, NOW)


def test_a_ledger_may_choose_its_window() -> None:
    check_repetition(Nanoseconds(85), None, Nanoseconds(100), window_ns=10, drift_ns=5)
    with refuses("TooOld"):
        check_repetition(Nanoseconds(84), None, Nanoseconds(100), window_ns=10, drift_ns=5)


def test_a_call_is_remembered_as_long_as_it_could_be_repeated() -> None:
    last = remember_until(NOW)
    with refuses("Duplicate", duplicate_of=3):
        check_repetition(NOW, 3, last)
    with refuses("TooOld"):
        check_repetition(NOW, 3, Nanoseconds(last + 1))
    assert remember_until(Nanoseconds(85), window_ns=10, drift_ns=5) == 100
