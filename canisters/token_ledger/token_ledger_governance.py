"""What governance may change: the fee, by the pair of methods that an SNS calls, one to judge a proposal and one to carry it out."""

from __future__ import annotations

from kybra import nat, query, update, void
from token_ledger_store import read_state, read_token, write_state

from ddsx_core.refused import Refused
from ddsx_core.token_governance import check_fee, check_governance, describe_fee_change
from ddsx_core.units import PrincipalText
from ddsx_wire.principals import caller_text
from ddsx_wire.token_types import ValidationResult


@query
def validate_set_fee(transfer_fee: nat) -> ValidationResult:
    """What voters read before they decide on `set_fee` with the same argument; anybody may ask. Refuses: a fee above one whole token."""
    token = read_token()
    try:
        return {"Ok": describe_fee_change(token, read_state().fee, check_fee(token, transfer_fee))}
    except Refused as refused:
        return {"Err": str(refused)}


@update
def set_fee(transfer_fee: nat) -> void:
    """Set what a transfer or an approval costs from now on. Calls that name the fee before it are answered with BadFee and the new one.

    Traps, because governance takes any answer for success (in order): NotGovernance, FeeOutOfBounds above one whole token.
    """
    token = read_token()
    check_governance(token, PrincipalText(caller_text()))
    write_state(read_state()._replace(fee=check_fee(token, transfer_fee)))
