"""Asking for one payout to be carried out: by a transfer on its ledger, or by cycles attached to a call.

What an answer means is in `ddsx_core.payment_rules` and, for cycles, in `ddsx_core.cycles_rules`.
"""

from __future__ import annotations

from kybra import ic
from payout_splitter_answers import Steps, answer_in

from ddsx_core.accounts import owner_of, subaccount_of
from ddsx_core.collection_rules import memo_of
from ddsx_core.cycles_rules import account_in, cycles_answer, is_canister, is_cycles, was_not_sent
from ddsx_core.payout_rules import NO_BLOCK, Payout
from ddsx_core.splitter_settings import Settings, ledger_principal
from ddsx_core.units import AccountKey
from ddsx_wire.cycles_ledger_service import CyclesLedger
from ddsx_wire.icrc_types import Account
from ddsx_wire.ledger_service import PaymentLedger
from ddsx_wire.management_service import ManagementCanister
from ddsx_wire.principals import MANAGEMENT_TEXT, principal_of


def send_payout(settings: Settings, number: int, payout: Payout) -> Steps:
    """The answer to a payout's call: its tag and its fields."""
    _, to, _, _, ledger, amount, fee, created_at, *_ = payout
    if is_cycles(to):
        return (yield from _send_cycles(settings, number, payout))
    result = yield PaymentLedger(principal_of(ledger_principal(settings, ledger))).icrc1_transfer(
        {
            "from_subaccount": None,
            "to": {"owner": principal_of(owner_of(AccountKey(to))), "subaccount": subaccount_of(AccountKey(to))},
            "amount": amount,
            "fee": fee,
            "memo": memo_of(number),
            "created_at_time": created_at,
        }
    )
    return answer_in(result)


def _send_cycles(settings: Settings, number: int, payout: Payout) -> Steps:
    """The cycles go with the call; how many came back says what happened, whatever the callee answers."""
    to, block_index = account_in(payout.to), NO_BLOCK
    if is_canister(payout.to):
        call = ManagementCanister(principal_of(MANAGEMENT_TEXT)).deposit_cycles({"canister_id": principal_of(to)})
    else:
        account: Account = {"owner": principal_of(owner_of(to)), "subaccount": subaccount_of(to)}
        call = CyclesLedger(principal_of(ledger_principal(settings, payout.ledger))).deposit({"to": account, "memo": memo_of(number)})
    result = yield call.with_cycles128(payout.amount)
    if result.Err is None and result.Ok is not None:
        block_index = result.Ok["block_index"]
    returned = payout.amount if result.Err is not None and was_not_sent(result.Err) else ic.msg_cycles_refunded128()
    return cycles_answer(payout.amount, returned, result.Err or "", block_index)
