"""A refusal is the variant case of the wire."""

from __future__ import annotations

from copy import copy

import pytest

from ddsx_core import refused
from ddsx_core.refused import Broken, Refused


@pytest.mark.parametrize(
    ("refusal", "case"),
    [
        (refused.bad_fee(10), {"BadFee": {"expected_fee": 10}}),
        (refused.bad_burn(10), {"BadBurn": {"min_burn_amount": 10}}),
        (refused.insufficient_funds(9), {"InsufficientFunds": {"balance": 9}}),
        (refused.insufficient_allowance(9), {"InsufficientAllowance": {"allowance": 9}}),
        (refused.allowance_changed(9), {"AllowanceChanged": {"current_allowance": 9}}),
        (refused.expired(5), {"Expired": {"ledger_time": 5}}),
        (refused.too_old(), {"TooOld": None}),
        (refused.created_in_future(5), {"CreatedInFuture": {"ledger_time": 5}}),
        (refused.duplicate(0), {"Duplicate": {"duplicate_of": 0}}),
        (refused.temporarily_unavailable(), {"TemporarilyUnavailable": None}),
        (refused.generic_error(1, "why"), {"GenericError": {"error_code": 1, "message": "why"}}),
    ],
)
def test_ledger_refusals_are_the_cases_of_the_standards(refusal: Refused, case: dict[str, object]) -> None:
    assert refusal.as_case() == case


def test_a_refusal_tells_what_a_retry_needs() -> None:
    assert str(refused.bad_fee(10)) == "BadFee: expected_fee = 10"
    assert str(refused.generic_error(1, "why")) == "GenericError: error_code = 1, message = 'why'"
    assert str(refused.too_old()) == "TooOld"


def test_a_refusal_keeps_its_own_data() -> None:
    data: dict[str, refused.PlainValue] = {"limit": 1}
    refusal = Refused("TooMany", data)
    data["limit"] = 2
    assert refusal.data == {"limit": 1}
    assert copy(refusal).as_case() == refusal.as_case()


def test_a_bug_is_no_refusal() -> None:
    assert not issubclass(Broken, Refused)
    assert not issubclass(Refused, Broken)
