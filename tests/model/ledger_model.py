"""A token ledger that keeps nothing but the list of calls it carried out, and finds every answer by going through all of them.

Accounts are (owner, subaccount) pairs with the subaccount always spelt out; the answer to a call is the block's index or a refusal.
"""

from __future__ import annotations

from typing import NamedTuple

DAY = 86_400 * 10**9
DRIFT = 60 * 10**9
FEE = 10
MIN_BURN = 7
MINTER = ("minter", bytes(32))
ANONYMOUS = "2vxsx-fae"

Account = tuple[str, bytes]
Answer = int | tuple[str, dict[str, int]]
Refusal = tuple[str, dict[str, int]] | None


class Call(NamedTuple):
    """A call as the caller sent it: what he left out is None. `method` is transfer, transfer_from or approve."""

    method: str
    caller: str
    own_subaccount: bytes | None
    other: tuple[str, bytes | None]
    source: tuple[str, bytes | None] | None
    amount: int
    fee: int | None
    memo: bytes | None
    created_at_time: int | None
    expected_allowance: int | None = None
    expires_at: int | None = None

    def own(self) -> Account:
        return (self.caller, self.own_subaccount or bytes(32))

    def paying(self) -> Account:
        return self.own() if self.source is None else (self.source[0], self.source[1] or bytes(32))

    def facing(self) -> Account:
        return (self.other[0], self.other[1] or bytes(32))


class LedgerModel:
    def __init__(self, minter: Account = MINTER, fee: int = FEE, min_burn: int = MIN_BURN) -> None:
        self.minter, self.fee, self.min_burn = minter, fee, min_burn
        self.log: list[tuple[int, Call]] = []
        self.fees: list[int] = []
        """What a transfer cost at each entry of the log."""

    # -- Folds over the log --------------------------------------------------------------------------------------------------

    def balance(self, account: Account) -> int:
        balance = 0
        for (_, call), fee in zip(self.log, self.fees, strict=True):
            if call.method == "approve":
                balance -= fee if call.own() == account else 0
                continue
            free = self.minter in (call.paying(), call.facing())
            balance -= call.amount + (0 if free else fee) if call.paying() == account else 0
            balance += call.amount if call.facing() == account else 0
        return 0 if account == self.minter else balance

    def accounts(self) -> set[Account]:
        return {account for _, call in self.log for account in (call.paying(), call.facing())} - {self.minter}

    def supply(self) -> int:
        return sum(self.balance(account) for account in self.accounts())

    def allowance(self, source: Account, spender: Account, now: int) -> tuple[int, int | None]:
        amount, expires_at = 0, None
        for (time, call), fee in zip(self.log, self.fees, strict=True):
            if expires_at is not None and expires_at <= time:
                amount, expires_at = 0, None
            if call.method == "approve" and (call.own(), call.facing()) == (source, spender):
                amount, expires_at = call.amount, call.expires_at
            if call.method == "transfer_from" and (call.paying(), call.own()) == (source, spender) and source != spender:
                amount -= call.amount + (0 if call.facing() == self.minter else fee)
        if amount == 0 or (expires_at is not None and expires_at <= now):
            return 0, None
        return amount, expires_at

    # -- Rules ---------------------------------------------------------------------------------------------------------------

    def submit(self, call: Call, now: int) -> Answer:
        judge = self.approval if call.method == "approve" else self.moving
        refusal: Refusal = self.form(call) or self.repetition(call, now) or judge(call, now)
        if refusal is not None:
            return refusal
        self.log.append((now, call))
        self.fees.append(self.fee)
        return len(self.log) - 1

    def form(self, call: Call) -> Refusal:
        if call.memo is not None and len(call.memo) > 32:
            return "GenericError", {"error_code": 1}
        if ANONYMOUS in (call.caller, call.other[0], call.paying()[0]):
            return "GenericError", {"error_code": 2}
        if call.method == "approve" and call.own() == call.facing():
            return "GenericError", {"error_code": 3}
        return None

    def repetition(self, call: Call, now: int) -> Refusal:
        if call.created_at_time is None:
            return None
        if now - call.created_at_time > DAY + DRIFT:
            return "TooOld", {}
        if call.created_at_time - now > DRIFT:
            return "CreatedInFuture", {"ledger_time": now}
        same = [index for index, (_, done) in enumerate(self.log) if done == call]
        return ("Duplicate", {"duplicate_of": same[0]}) if same else None

    def approval(self, call: Call, now: int) -> Refusal:
        current = self.allowance(call.own(), call.facing(), now)[0]
        checks = [
            (call.own() == self.minter, ("GenericError", {"error_code": 4})),
            (call.fee not in (None, self.fee), ("BadFee", {"expected_fee": self.fee})),
            (call.expires_at is not None and call.expires_at <= now, ("Expired", {"ledger_time": now})),
            (call.expected_allowance not in (None, current), ("AllowanceChanged", {"current_allowance": current})),
            (self.balance(call.own()) < self.fee, ("InsufficientFunds", {"balance": self.balance(call.own())})),
        ]
        return next((refusal for applies, refusal in checks if applies), None)

    def moving(self, call: Call, now: int) -> Refusal:
        source, target = call.paying(), call.facing()
        delegated = call.method == "transfer_from"
        fee = 0 if self.minter in (source, target) else self.fee
        allowance = self.allowance(source, call.own(), now)[0]
        checks = [
            (source == self.minter and (delegated or target == self.minter), ("GenericError", {"error_code": 4})),
            (call.fee not in (None, fee), ("BadFee", {"expected_fee": fee})),
            (target == self.minter and call.amount < self.min_burn, ("BadBurn", {"min_burn_amount": self.min_burn})),
            (
                delegated and source != call.own() and (allowance == 0 or allowance < call.amount + fee),
                ("InsufficientAllowance", {"allowance": allowance}),
            ),
            (source != self.minter and self.balance(source) < call.amount + fee, ("InsufficientFunds", {"balance": self.balance(source)})),
        ]
        return next((refusal for applies, refusal in checks if applies), None)
