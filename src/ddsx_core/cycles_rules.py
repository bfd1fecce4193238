"""Where payouts go, and how raw cycles are paid out.

A destination is one text:

    <account key>         an account of the payout's ledger
    c:<principal>         a canister, into whose balance cycles go (the management canister's `deposit_cycles`)
    l:<account key>       an account of the cycles ledger (its `deposit`, with cycles attached)

Cycles need no deduplication, and have none: the system moves them with the call and says in the callback how many came back, so the answer
to the one attempt is exact. A call that was not accepted, or trapped, returns all of them. An attempt whose callback never ran to its end
is UNRESOLVED after `ANSWER_NS` and never repeated: whether it was carried out stands in the receiver's books, and is entered by governance.

The fee of a payout in cycles stays with the canister, for the messages that made it: cycles are what it also lives on, so payouts without a
fee would be paid from what belongs to other payees. The cycles ledger takes its own fee from what is deposited there.
"""

from __future__ import annotations

from ddsx_core.accounts import is_anonymous, owner_of, subaccount_of
from ddsx_core.refused import Refused, invalid_account
from ddsx_core.splitter_settings import CYCLES
from ddsx_core.units import AccountKey, PrincipalText

PAYOUT_FEE = 50_000_000
"""Cycles that a payout in cycles costs its payee: two messages with some 15 M instructions, 5 M an execution each, and a call."""

RESERVE = 100_000_000_000
"""Cycles that payouts leave to the canister, so that it can still answer calls: some 3,000 messages."""

ANSWER_NS = 60 * 60 * 1_000_000_000
"""After how long an attempt without an answer is UNRESOLVED. Answers take seconds; one that comes later still is believed."""

_CANISTER = "c:"
_CYCLES_LEDGER = "l:"

_NOT_SENT = "Couldn't send message"
"""How a call is rejected that was never made: nothing left the canister, and nothing came back."""


# -- Destinations -----------------------------------------------------------------------------------------------------------


def destination(kind: str, to: AccountKey, own: PrincipalText, *, in_cycles_ledger: bool) -> str:
    """The destination of a payout in a ledger of that kind.

    Refuses: InvalidAccount for an account of the anonymous principal, which anyone could empty, and of the splitter itself; for an account
        of the cycles ledger unless cycles are paid; for cycles to a canister with a subaccount.
    """
    if is_anonymous(to):
        raise invalid_account("an account of the anonymous principal")
    if owner_of(to) == own:
        raise invalid_account("an account of the splitter")
    if kind != CYCLES:
        if in_cycles_ledger:
            raise invalid_account("only cycles can be deposited in the cycles ledger")
        return to
    if in_cycles_ledger:
        return f"{_CYCLES_LEDGER}{to}"
    if subaccount_of(to) is not None:
        raise invalid_account("a canister has no subaccounts for cycles")
    return f"{_CANISTER}{to}"


def own_destination(kind: str, name: PrincipalText) -> str:
    """The destination of a payout to a payee that says nothing else: its default account, or its own canister. Who may be paid is known."""
    return f"{_CANISTER}{name}" if kind == CYCLES else name


def refund_destination(kind: str, payer: AccountKey, own: PrincipalText) -> str:
    """Where a refund is sent. Refuses: StaysInBalance for raw cycles, which were paid from there; InvalidAccount, as `destination`."""
    if kind == CYCLES:
        raise Refused("StaysInBalance")
    return destination(kind, payer, own, in_cycles_ledger=False)


def is_canister(to: str) -> bool:
    """Whether a destination is a canister that is paid cycles."""
    return to.startswith(_CANISTER)


def is_cycles(to: str) -> bool:
    """Whether a destination is paid raw cycles: a canister, or an account of the cycles ledger."""
    return to.startswith((_CANISTER, _CYCLES_LEDGER))


def account_in(to: str) -> AccountKey:
    """The account of a destination: the canister's default one where cycles go to a canister."""
    return AccountKey(to[len(_CANISTER) :] if is_cycles(to) else to)


# -- Amounts and outcomes ---------------------------------------------------------------------------------------------------


def check_top_up(available: int) -> int:
    """The cycles to accept: all that are there. Refuses: TooFewCycles with the least, which a payout of them would cost."""
    if available < PAYOUT_FEE:
        raise Refused("TooFewCycles", {"least": PAYOUT_FEE})
    return available


def check_funds(balance: int, gross: int) -> None:
    """Whether a canister with that balance can pay so many cycles. Refuses: TemporarilyUnavailable when less than `RESERVE` would stay."""
    if balance < gross + RESERVE:
        raise Refused("TemporarilyUnavailable", {"reason": "the splitter is short of cycles"})


NOT_ACCEPTED = "NotAccepted"
"""Stands for the answer to cycles that all came back."""


def cycles_answer(sent: int, returned: int, reason: str, block_index: int) -> tuple[str, dict[str, int | str]]:
    """What happened to cycles of which so many came back, as `payment_rules` takes it: `Ok` when any were kept, else NOT_ACCEPTED.

    reason: how the call was rejected, if it was; block_index: what a receiver with a log answered.
    """
    if returned >= sent:
        return NOT_ACCEPTED, {"message": reason or "the receiver did not take the cycles"}
    return "Ok", {"block_index": block_index, "returned": returned}


def was_not_sent(rejection: str) -> bool:
    """Whether a rejected call was never made; nothing can be asked then about cycles that came back."""
    return rejection.endswith(_NOT_SENT)
