"""The rules of an ICRC-1 and ICRC-2 ledger: from a request and what the store knows about it, a plan of what changes, or a refusal.

Nothing is stored here and nothing read: a caller looks up balances, allowance and a possible duplicate, asks for the plan, writes it.
So refusing never needs undoing, and the same rules serve the ledger, its tests and anyone who checks its log.

What the standards leave open is decided so:
- A repetition is recognised before anything that may have changed since is looked at: fee, balances, allowance. A client that repeats a
  call whose answer it lost always learns `Duplicate`, while the window is open.
- The anonymous principal neither holds tokens nor spends them nor is approved: anyone could act as it.
- Amount zero is a transfer like any other, and so is a transfer to the own account; both cost the fee.
- Fees are burned. The minting account's balance is always zero and no part of the supply.
- Only a plain transfer mints: the minting account cannot approve, and `transfer_from` out of it is refused.
- An account needs no allowance for itself, and uses none; approving itself is refused.
- An approval above `MAX_AMOUNT` counts as `MAX_AMOUNT`.
- A memo that is too long is refused, never cut.

Order of checks, for every request; the first that fails is the answer:
1. GenericError: a subaccount that is not 32 bytes (whoever makes the keys); memo too long; an anonymous account; self-approval. These
   follow from the request alone, so no repetition meets them.
2. TooOld, CreatedInFuture, Duplicate, where `created_at_time` is given.
3. GenericError: what the minting account may not do; BadFee; for approvals Expired, AllowanceChanged; BadBurn.
4. InsufficientAllowance, InsufficientFunds.
5. TemporarilyUnavailable, where `created_at_time` is given and the store has no room to remember the request (`remembered_calls`).

Units: every amount in the token's smallest unit, times in nanoseconds. Nothing is divided, so nothing is rounded.

Invariants (tests/core/money/test_token_rules_machine.py):
- LEDGER-1: the sum of all balances changes by a plan's `supply_change`, no more and no less.
- LEDGER-2: no balance and no allowance is ever negative.
- LEDGER-3: a refused request changes nothing, and can be repeated without being a duplicate.

Sources: ICRC-1 and ICRC-2 in github.com/dfinity/ICRC-1, block fields ICRC-3.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from ddsx_core.accounts import is_anonymous
from ddsx_core.deduplication import check_repetition
from ddsx_core.limits import MAX_AMOUNT, MAX_MEMO_BYTES, PERMITTED_DRIFT_NS, TX_WINDOW_NS
from ddsx_core.refused import (
    Broken,
    PlainValue,
    allowance_changed,
    bad_burn,
    bad_fee,
    expired,
    generic_error,
    insufficient_allowance,
    insufficient_funds,
)
from ddsx_core.units import AccountKey, Nanoseconds, Units

MEMO_TOO_LONG = 1
ANONYMOUS_ACCOUNT = 2
SELF_APPROVAL = 3
MINTING_ACCOUNT = 4
AMOUNT_TOO_LARGE = 5
INVALID_SUBACCOUNT = 6
"""The codes of GenericError; stable."""

TRANSFER = "1xfer"
MINT = "1mint"
BURN = "1burn"
TRANSFER_FROM = "2xfer"
APPROVE = "2approve"
"""The block types of ICRC-3 that these rules write."""


class TokenRules(NamedTuple):
    """What one token decided: its fee, the account that mints and burns, the least it burns at once, and its sense of time."""

    fee: Units
    minting_account: AccountKey
    min_burn: Units
    tx_window_ns: int = TX_WINDOW_NS
    permitted_drift_ns: int = PERMITTED_DRIFT_NS


class Transfer(NamedTuple):
    """`icrc1_transfer`, and `icrc2_transfer_from` where `spender` is set. None stands for what the caller left out."""

    source: AccountKey
    target: AccountKey
    amount: Units
    fee: Units | None = None
    memo: bytes | None = None
    created_at_time: Nanoseconds | None = None
    spender: AccountKey | None = None


class Approval(NamedTuple):
    """`icrc2_approve`: `source` lets `spender` move `amount` of its own. None stands for what the caller left out."""

    source: AccountKey
    spender: AccountKey
    amount: Units
    expected_allowance: Units | None = None
    expires_at: Nanoseconds | None = None
    fee: Units | None = None
    memo: bytes | None = None
    created_at_time: Nanoseconds | None = None


class Allowance(NamedTuple):
    """What a spender may still move of an account, fees included, and from when on no longer."""

    amount: Units
    expires_at: Nanoseconds | None = None


NO_ALLOWANCE = Allowance(Units(0))
"""Nothing was approved, or it is spent, removed or expired."""


class View(NamedTuple):
    """What the store knows at the moment of a request; fields that a request has no use for keep their defaults.

    duplicate_of: the block of the same request, if it was carried out before.
    allowance: as stored, for this source and this spender, expired or not.
    """

    now: Nanoseconds
    source_balance: Units
    target_balance: Units = Units(0)
    duplicate_of: int | None = None
    allowance: Allowance = NO_ALLOWANCE


class Block(NamedTuple):
    """The entry for the log, in the fields of ICRC-3: accounts stand as keys in `from`, `to` and `spender`.

    fee: what was charged, when the caller left it out; a fee that the caller named stands in `tx`.
    """

    btype: str
    tx: dict[str, PlainValue]
    fee: Units | None
    ts: Nanoseconds


class Plan(NamedTuple):
    """What carrying out a request changes.

    balances: new balance of each account that changes, once each; a zero balance is removed from the store.
    allowance: new allowance of the source's spender, removed when its amount is zero; None leaves it as it is.
    supply_change: what the request mints, less what it burns and charges.
    """

    balances: list[tuple[AccountKey, Units]]
    allowance: Allowance | None
    supply_change: int
    block: Block


Said = tuple[Units | None, bytes | None, Nanoseconds | None]
"""What a caller said of fee, memo and time of creation, None where it left them out."""


def live_allowance(allowance: Allowance, now: Nanoseconds) -> Allowance:
    """The allowance as it counts now: none from the moment it expires on."""
    _, expires_at = allowance
    return allowance if expires_at is None or expires_at > now else NO_ALLOWANCE


def plan_transfer(rules: TokenRules, request: Transfer, view: View) -> Plan:
    """The plan of a transfer, mint or burn, by the holder or by an approved spender.

    Effect: the source pays amount and fee, the target receives the amount. A spender's allowance is debited amount and fee; spending it
        to the last unit is allowed, moving anything without one is not, not even zero. Mint and burn cost no fee.
    Refuses: in the order of the module's list. GenericError codes: MEMO_TOO_LONG, ANONYMOUS_ACCOUNT, then MINTING_ACCOUNT (to itself; by
        a spender), AMOUNT_TOO_LARGE (mint). Breaks: on a negative amount.
    """
    source, target, amount, fee, memo, created_at_time, spender = request
    transfer_fee, minting_account, min_burn, tx_window_ns, permitted_drift_ns = rules
    now, source_balance, _, duplicate_of, allowed = view
    _check_form(amount, memo, (source, target, spender))
    check_repetition(created_at_time, duplicate_of, now, tx_window_ns, permitted_drift_ns)
    btype = _block_type(minting_account, request)
    fee_due = transfer_fee if btype in (TRANSFER, TRANSFER_FROM) else Units(0)
    if fee is not None and fee != fee_due:
        raise bad_fee(fee_due)
    if btype == BURN and amount < min_burn:
        raise bad_burn(min_burn)
    debit = amount + fee_due
    allowance = None
    if spender is not None and spender != source:
        allowance = _spend(live_allowance(allowed, now), debit)
    if btype != MINT and source_balance < debit:
        raise insufficient_funds(source_balance)
    balances, supply_change = _move(btype, request, view, fee_due)
    tx: dict[str, PlainValue] = {"amt": amount}
    if btype != MINT:
        tx["from"] = source
    if btype != BURN:
        tx["to"] = target
    if spender is not None:
        tx["spender"] = spender
    return Plan(balances, allowance, supply_change, _block(btype, tx, (fee, memo, created_at_time), fee_due, now))


def plan_approval(rules: TokenRules, request: Approval, view: View) -> Plan:
    """The plan of an approval: the allowance is set, not added to, with its expiry; the source pays the fee, also for an amount of zero.

    Effect: an amount above `MAX_AMOUNT` counts as `MAX_AMOUNT`; zero removes the allowance. The source need not hold the amount.
    Refuses: in the order of the module's list. GenericError codes: MEMO_TOO_LONG, ANONYMOUS_ACCOUNT, SELF_APPROVAL, then MINTING_ACCOUNT.
        Expired when it would end at `view.now` or before. Breaks: on a negative amount.
    """
    source, spender, amount, expected_allowance, expires_at, fee, memo, created_at_time = request
    fee_due, minting_account, _, tx_window_ns, permitted_drift_ns = rules
    now, source_balance, _, duplicate_of, allowed = view
    _check_form(amount, memo, (source, spender))
    if source == spender:
        raise generic_error(SELF_APPROVAL, "an account needs no approval for itself")
    check_repetition(created_at_time, duplicate_of, now, tx_window_ns, permitted_drift_ns)
    if source == minting_account:
        raise generic_error(MINTING_ACCOUNT, "the minting account cannot approve")
    if fee is not None and fee != fee_due:
        raise bad_fee(fee_due)
    if expires_at is not None and expires_at <= now:
        raise expired(now)
    current, _ = live_allowance(allowed, now)
    if expected_allowance is not None and expected_allowance != current:
        raise allowance_changed(current)
    if source_balance < fee_due:
        raise insufficient_funds(source_balance)
    granted = Units(min(amount, MAX_AMOUNT))
    tx: dict[str, PlainValue] = {"amt": granted, "from": source, "spender": spender}
    if expected_allowance is not None:
        tx["expected_allowance"] = expected_allowance
    if expires_at is not None:
        tx["expires_at"] = expires_at
    balances = [(source, Units(source_balance - fee_due))]
    allowance = Allowance(granted, expires_at) if granted else NO_ALLOWANCE
    return Plan(balances, allowance, -fee_due, _block(APPROVE, tx, (fee, memo, created_at_time), fee_due, now))


def _check_form(amount: Units, memo: bytes | None, accounts: Iterable[AccountKey | None]) -> None:
    """What can be judged without knowing anything but the request."""
    if amount < 0:
        raise Broken("a ledger's amounts are natural numbers")
    if memo is not None and len(memo) > MAX_MEMO_BYTES:
        raise generic_error(MEMO_TOO_LONG, f"a memo has at most {MAX_MEMO_BYTES} bytes")
    for account in accounts:
        if account is not None and is_anonymous(account):
            raise generic_error(ANONYMOUS_ACCOUNT, "the anonymous principal cannot hold or move tokens")


def _block_type(minting_account: AccountKey, request: Transfer) -> str:
    """What kind of transfer it is, unless the minting account may not take part in it so."""
    source, target, amount, _, _, _, spender = request
    if source == minting_account:
        if target == minting_account:
            raise generic_error(MINTING_ACCOUNT, "the minting account cannot transfer to itself")
        if spender is not None:
            raise generic_error(MINTING_ACCOUNT, "only a plain transfer can mint")
        if amount > MAX_AMOUNT:
            raise generic_error(AMOUNT_TOO_LARGE, f"at most {MAX_AMOUNT} units are minted at once")
        return MINT
    if target == minting_account:
        return BURN
    return TRANSFER if spender is None else TRANSFER_FROM


def _spend(live: Allowance, debit: int) -> Allowance:
    """What remains of an allowance. Without one not even zero may move: transfers that nobody allowed would stand in a holder's history."""
    amount, expires_at = live
    if amount < max(debit, 1):
        raise insufficient_allowance(amount)
    return NO_ALLOWANCE if amount == debit else Allowance(Units(amount - debit), expires_at)


def _move(btype: str, request: Transfer, view: View, fee_due: Units) -> tuple[list[tuple[AccountKey, Units]], int]:
    """The new balances, each account once, and the change of the supply."""
    source, target, amount, *_ = request
    _, source_balance, target_balance, *_ = view
    received = (target, Units(target_balance + amount))
    paid = (source, Units(source_balance - amount - fee_due))
    if btype == MINT:
        return [received], amount
    if btype == BURN:
        return [paid], -amount
    if source == target:
        return [(source, Units(source_balance - fee_due))], -fee_due
    return [paid, received], -fee_due


def _block(btype: str, tx: dict[str, PlainValue], said: Said, fee_due: Units, now: Nanoseconds) -> Block:
    """The log entry: what the caller left out is left out, and the fee stands outside `tx` when the caller did not name it."""
    fee, memo, created_at_time = said
    if fee is not None:
        tx["fee"] = fee
    if memo is not None:
        tx["memo"] = memo
    if created_at_time is not None:
        tx["ts"] = created_at_time
    return Block(btype, tx, fee_due if fee_due and fee is None else None, now)
