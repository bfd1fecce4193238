"""What an operation leaves as it was: the call that a payout repeats, the claim that a payee named, the ledgers beside the one switched."""

from __future__ import annotations

import pytest

from ddsx_core.payment_rules import OPEN
from ddsx_core.payout_rules import NO_BLOCK, Payee, Payout, Wish, check_request_time, start_payout, tried
from ddsx_core.splitter_changes import enacted, ledger_addition, ledger_switch
from ddsx_core.splitter_settings import ICRC, first_settings, ledger_count, ledger_principal, sells_in
from ddsx_core.units import AccountKey, Nanoseconds, PrincipalText, Units

NOW = Nanoseconds(10**18)
LATER = Nanoseconds(NOW + 30_000_000_000)
WISH = Wish(PrincipalText("payee"), 2, AccountKey(PrincipalText("payee.01")))
LEDGERS = [PrincipalText(f"ledger-{number}") for number in range(3)]


def test_a_further_attempt_repeats_the_very_same_call() -> None:
    _, payout = start_payout(Payee(), WISH, Units(1_000), [], 7, Units(10), NOW)
    again = tried(payout, LATER)
    assert again == Payout(WISH.payee, WISH.to, OPEN, "", 2, Units(990), Units(10), NOW, 2, LATER, NO_BLOCK)


def test_a_claim_without_a_time_leaves_the_named_one_named() -> None:
    payee, _ = start_payout(Payee(), WISH._replace(request_time=NOW), Units(1_000), [], 7, Units(10), NOW)
    payee, _ = start_payout(payee, WISH, Units(1_000), [7], 8, Units(10), LATER)
    assert check_request_time(payee, NOW, LATER) == 7


@pytest.mark.parametrize("number", range(3))
def test_switching_a_ledger_leaves_the_others_and_all_numbers(number: int) -> None:
    governance, dst_ledger, own, treasury = (PrincipalText(name) for name in ("governance", "dst", "own", "treasury"))
    settings = first_settings(governance, dst_ledger, own, AccountKey(treasury), 0)
    for principal in LEDGERS:
        settings, _ = enacted(settings, ledger_addition(settings, NOW, ICRC, principal), NOW)
    settings, _ = enacted(settings, ledger_switch(settings, NOW, number, sells=False), NOW)
    assert [sells_in(settings, other) for other in range(3)] == [other != number for other in range(3)]
    assert [ledger_principal(settings, other) for other in range(ledger_count(settings))] == LEDGERS
