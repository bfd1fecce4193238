"""What governance may change about a token: its fee.

An SNS asks a validating method when a proposal is made and calls the executing one when it is adopted, days later, with the same payload.
Both come here, so what was shown to voters is judged again before it is done. The executing method must trap on a refusal: governance takes
any answer for success.

Source: SNS generic functions, "Generic proposals" in the Internet Computer's developer documentation.
"""

from __future__ import annotations

from ddsx_core.limits import MAX_AMOUNT
from ddsx_core.refused import Refused
from ddsx_core.token_rows import Token
from ddsx_core.units import PrincipalText, Units


def largest_fee(token: Token) -> Units:
    """The largest fee that governance may set: one whole token, so that a slip of the decimal point cannot make transfers impossible."""
    # Above 38 decimals a whole token is more than any amount; 10 to the power of 255 would only be made to be cut.
    return Units(min(10 ** min(token.decimals, 39), MAX_AMOUNT))


def check_fee(token: Token, fee: int) -> Units:
    """The fee, if governance may set it. Refuses: FeeOutOfBounds above `largest_fee`."""
    bound = largest_fee(token)
    if fee > bound:
        raise Refused("FeeOutOfBounds", {"fee": fee, "max_fee": bound})
    return Units(fee)


def check_governance(token: Token, caller: PrincipalText) -> None:
    """Whether the caller governs the token. Refuses: NotGovernance, everybody where no governance was named."""
    if not token.governance or caller != token.governance:
        raise Refused("NotGovernance")


def describe_fee_change(token: Token, current: Units, fee: Units) -> str:
    """What voters read."""
    return (
        f"Change what a transfer or approval of {token.symbol} costs from {amount_text(current, token)} to {amount_text(fee, token)}. "
        f"The smallest amount that can be burned changes with it, to {max(fee, 1)} units."
    )


def amount_text(units: int, token: Token) -> str:
    """An amount as people read it: in whole tokens with their decimals, zeros at the end left out, and the symbol."""
    decimals = token.decimals
    digits = str(units).zfill(decimals + 1)
    whole, places = digits[: len(digits) - decimals], digits[len(digits) - decimals :].rstrip("0")
    return f"{whole}.{places} {token.symbol}" if places else f"{whole} {token.symbol}"
