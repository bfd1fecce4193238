"""The two ways a decision of the core ends badly.

- `Refused`: expected. The request cannot be granted as it stands; `kind` and `data` say why and carry what a retry needs. `kind` is the
  name of the wire's `Err` case and `data` its fields, so a canister answers `{"Err": refused.as_case()}` without knowing the kinds.
- `Broken`: a bug. An invariant does not hold; nothing may be stored, so a canister lets it trap and the message is undone.

The functions below are the only makers of the refusals that belong to money, each with its fields spelt once.
"""

from __future__ import annotations

from collections.abc import Mapping

PlainValue = int | str | bytes | bool | None


class Refused(Exception):
    """A request that cannot be granted as it stands; changing what `data` tells may help, repeating it as it is will not.

    kind: a stable name in PascalCase, the same as the `Err` case on the wire.
    data: the fields of that case, plain values only.
    """

    def __init__(self, kind: str, data: Mapping[str, PlainValue] | None = None) -> None:
        super().__init__(kind, data)
        self.kind = kind
        self.data: dict[str, PlainValue] = dict(data or {})

    def __str__(self) -> str:
        if not self.data:
            return self.kind
        return f"{self.kind}: " + ", ".join([f"{name} = {value!r}" for name, value in self.data.items()])

    def as_case(self) -> dict[str, dict[str, PlainValue] | None]:
        """The variant case of this refusal: its kind with its fields, or with None where the case has none."""
        return {self.kind: self.data or None}


class Broken(Exception):
    """An invariant does not hold. No caller can cause it and none may catch it to go on."""


# -- Ledgers: the cases of ICRC-1 and ICRC-2, named and shaped as there -----------------------------------------------------


def bad_fee(expected_fee: int) -> Refused:
    """The fee named by the caller is not the one this call costs."""
    return Refused("BadFee", {"expected_fee": expected_fee})


def bad_burn(min_burn_amount: int) -> Refused:
    """Less than the ledger burns in one call."""
    return Refused("BadBurn", {"min_burn_amount": min_burn_amount})


def insufficient_funds(balance: int) -> Refused:
    """The account holds less than amount and fee."""
    return Refused("InsufficientFunds", {"balance": balance})


def insufficient_allowance(allowance: int) -> Refused:
    """The spender may move less than amount and fee."""
    return Refused("InsufficientAllowance", {"allowance": allowance})


def allowance_changed(current_allowance: int) -> Refused:
    """The allowance is no longer what the caller took it for."""
    return Refused("AllowanceChanged", {"current_allowance": current_allowance})


def expired(ledger_time: int) -> Refused:
    """The approval would end at or before the ledger's time."""
    return Refused("Expired", {"ledger_time": ledger_time})


def too_old() -> Refused:
    """`created_at_time` lies before the window in which repetitions are recognised."""
    return Refused("TooOld")


def created_in_future(ledger_time: int) -> Refused:
    """`created_at_time` lies further ahead of the ledger's time than a clock may run."""
    return Refused("CreatedInFuture", {"ledger_time": ledger_time})


def duplicate(duplicate_of: int) -> Refused:
    """The same call was carried out before, as that block."""
    return Refused("Duplicate", {"duplicate_of": duplicate_of})


def temporarily_unavailable() -> Refused:
    """The ledger has no room just now for what it would have to remember; nothing was carried out."""
    return Refused("TemporarilyUnavailable")


def generic_error(error_code: int, message: str) -> Refused:
    """What the standards have no case for. The code is stable; the message is for people."""
    return Refused("GenericError", {"error_code": error_code, "message": message})


# -- Accounts, shares and pools ---------------------------------------------------------------------------------------------


def invalid_principal(reason: str) -> Refused:
    """Text that is not the canonical form of a principal."""
    return Refused("InvalidPrincipal", {"reason": reason})


def invalid_account(reason: str) -> Refused:
    """Text that is not the canonical form of an ICRC-1 account, or a subaccount that is not 32 bytes."""
    return Refused("InvalidAccount", {"reason": reason})


def negative_amount(amount: int) -> Refused:
    """Money cannot be negative."""
    return Refused("NegativeAmount", {"amount": amount})


def negative_weight(position: int, weight: int) -> Refused:
    """A share cannot be negative; `position` counts from 0."""
    return Refused("NegativeWeight", {"position": position, "weight": weight})


def no_weights() -> Refused:
    """An amount cannot be split among nobody."""
    return Refused("NoWeights")


def no_total_weight(amount: int) -> Refused:
    """All weights are zero, so nobody may receive the amount."""
    return Refused("NoTotalWeight", {"amount": amount})


def too_much_weight(total_weight: int, limit: int) -> Refused:
    """The pool's recorded work would pass its limit; `total_weight` is what it would have become."""
    return Refused("TooMuchWeight", {"total_weight": total_weight, "limit": limit})


def invalid_plan(step: int, reason: str) -> Refused:
    """A plan that cannot stand; `step` counts from 0, and is the limit where there are too many."""
    return Refused("InvalidPlan", {"step": step, "reason": reason})
