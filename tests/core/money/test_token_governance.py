"""What governance may do with a token's fee, and what it reads before it does."""

from __future__ import annotations

from ddsx_core.limits import MAX_AMOUNT
from ddsx_core.token_governance import amount_text, check_fee, check_governance, describe_fee_change, largest_fee
from ddsx_core.token_rows import Token
from ddsx_core.units import PrincipalText, Units
from model.expect import refuses

GOVERNANCE = PrincipalText("rrkah-fqaaa-aaaaa-aaaaq-cai")
TOKEN = Token("Test token", "TT", 8, GOVERNANCE)


def test_a_fee_is_at_most_one_whole_token() -> None:
    assert check_fee(TOKEN, 10**8) == 10**8
    assert check_fee(TOKEN, 0) == 0
    with refuses("FeeOutOfBounds", fee=10**8 + 1, max_fee=10**8):
        check_fee(TOKEN, 10**8 + 1)


def test_a_whole_token_may_be_more_than_any_amount() -> None:
    assert [largest_fee(TOKEN._replace(decimals=decimals)) for decimals in (0, 38, 39, 255)] == [1, 10**38, MAX_AMOUNT, MAX_AMOUNT]


def test_only_governance_governs_and_without_one_nobody() -> None:
    check_governance(TOKEN, GOVERNANCE)
    with refuses("NotGovernance"):
        check_governance(TOKEN, PrincipalText("ryjl3-tyaaa-aaaaa-aaaba-cai"))
    with refuses("NotGovernance"):
        check_governance(TOKEN._replace(governance=PrincipalText("")), PrincipalText(""))


def test_voters_read_whole_tokens() -> None:
    text = describe_fee_change(TOKEN, Units(10_000), Units(0))
    assert text == (
        "Change what a transfer or approval of TT costs from 0.0001 TT to 0 TT. "
        "The smallest amount that can be burned changes with it, to 1 units."
    )


def test_amounts_are_shown_with_all_decimals_that_count() -> None:
    amounts = [0, 1, 10**8 - 1, 10**8, 10**8 + 10, 123_456_789_012]
    shown = ["0 TT", "0.00000001 TT", "0.99999999 TT", "1 TT", "1.0000001 TT", "1234.56789012 TT"]
    assert [amount_text(amount, TOKEN) for amount in amounts] == shown
    assert amount_text(1_050, TOKEN._replace(decimals=0)) == "1050 TT"
