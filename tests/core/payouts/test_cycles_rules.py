"""Where payouts go, and what cycles that came back say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.accounts import ANONYMOUS
from ddsx_core.cycles_rules import (
    NOT_ACCEPTED,
    PAYOUT_FEE,
    RESERVE,
    account_in,
    check_funds,
    check_top_up,
    cycles_answer,
    destination,
    is_canister,
    is_cycles,
    own_destination,
    refund_destination,
    was_not_sent,
)
from ddsx_core.refused import Refused
from ddsx_core.splitter_settings import CYCLES, ICRC

PAYEE = "payee"
SUBACCOUNT = "payee.01"


@pytest.mark.parametrize(
    ("kind", "to", "in_cycles_ledger", "text", "cycles", "canister"),
    [
        (ICRC, PAYEE, False, "payee", False, False),
        (ICRC, SUBACCOUNT, False, "payee.01", False, False),
        (CYCLES, PAYEE, False, "c:payee", True, True),
        (CYCLES, PAYEE, True, "l:payee", True, False),
        (CYCLES, SUBACCOUNT, True, "l:payee.01", True, False),
    ],
)
def test_a_destination_says_how_it_is_paid(kind: str, to: str, in_cycles_ledger: bool, text: str, cycles: bool, canister: bool) -> None:
    made = destination(kind, to, "splitter", in_cycles_ledger=in_cycles_ledger)
    assert (made, is_cycles(made), is_canister(made), account_in(made)) == (text, cycles, canister, to)


@pytest.mark.parametrize(
    ("kind", "to", "in_cycles_ledger", "reason"),
    [
        (ICRC, ANONYMOUS, False, "an account of the anonymous principal"),
        (ICRC, f"{ANONYMOUS}.01", False, "an account of the anonymous principal"),
        (CYCLES, ANONYMOUS, True, "an account of the anonymous principal"),
        (ICRC, "splitter", False, "an account of the splitter"),
        (ICRC, "splitter.01", False, "an account of the splitter"),
        (CYCLES, "splitter", False, "an account of the splitter"),
        (ICRC, PAYEE, True, "only cycles can be deposited in the cycles ledger"),
        (CYCLES, SUBACCOUNT, False, "a canister has no subaccounts for cycles"),
    ],
)
def test_money_does_not_go_where_it_is_lost(kind: str, to: str, in_cycles_ledger: bool, reason: str) -> None:
    with pytest.raises(Refused) as refusal:
        destination(kind, to, "splitter", in_cycles_ledger=in_cycles_ledger)
    assert refusal.value.as_case() == {"InvalidAccount": {"reason": reason}}


def test_a_payee_that_says_nothing_is_paid_itself() -> None:
    assert (own_destination(ICRC, PAYEE), own_destination(CYCLES, PAYEE)) == ("payee", "c:payee")


def test_a_refund_goes_to_the_account_that_paid() -> None:
    assert refund_destination(ICRC, SUBACCOUNT, "splitter") == SUBACCOUNT
    with pytest.raises(Refused, match="StaysInBalance"):
        refund_destination(CYCLES, PAYEE, "splitter")


@given(st.integers(1, 1 << 80), st.integers(0, 1 << 80))
def test_what_was_kept_was_paid(sent: int, returned: int) -> None:
    kind, data = cycles_answer(sent, returned, "", 5)
    if returned < sent:
        assert (kind, data) == ("Ok", {"block_index": 5, "returned": returned})
    else:
        assert (kind, data) == (NOT_ACCEPTED, {"message": "the receiver did not take the cycles"})


def test_why_nothing_was_kept_is_told() -> None:
    assert cycles_answer(7, 7, "Rejection code 3, no canister", -1) == (NOT_ACCEPTED, {"message": "Rejection code 3, no canister"})


def test_a_call_that_was_not_made_is_told_from_one_that_was_rejected() -> None:
    assert was_not_sent("Rejection code 2, Couldn't send message")
    assert not was_not_sent("Rejection code 3, Canister ryjl3-tyaaa-aaaaa-aaaba-cai not found")


def test_limits_hold_at_equality() -> None:
    assert check_top_up(PAYOUT_FEE) == PAYOUT_FEE
    with pytest.raises(Refused, match="TooFewCycles"):
        check_top_up(PAYOUT_FEE - 1)
    check_funds(RESERVE + 9, 9)
    with pytest.raises(Refused, match="short of cycles"):
        check_funds(RESERVE + 8, 9)
