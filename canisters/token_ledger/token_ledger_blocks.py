"""Carrying out requests: what the rules must know is read, the rules decide, and what they planned is written with a block.

Nothing is written before everything that can be refused was. The rules are in `ddsx_core.token_rules`.
"""

from __future__ import annotations

from token_ledger_store import (
    allowance_key,
    read_allowance,
    read_balance,
    read_call_page,
    read_queued,
    read_state,
    read_token,
    remove_allowance,
    remove_queued,
    write_allowance,
    write_balance,
    write_block,
    write_call_page,
    write_queued,
    write_state,
)

from ddsx_core.deduplication import remember_until
from ddsx_core.limits import MAX_ALLOWANCES_SWEPT
from ddsx_core.remembered_calls import find_call, page_of, remember_call
from ddsx_core.token_log import encode_block
from ddsx_core.token_rows import KEEP, REMOVE, LedgerState, StoredAllowance, after_block, judge_queued, rules_of
from ddsx_core.token_rules import NO_ALLOWANCE, Allowance, Approval, Plan, Transfer, View, plan_approval, plan_transfer
from ddsx_core.units import AccountKey, Nanoseconds, Units

# Plain tuples: a NamedTuple takes 48 k instructions to make and some 15 k for each field that is read by its name.
Memory = tuple[str, str]
"""Where a call that may be repeated is remembered: its fingerprint, and its page as it stands."""

Permission = tuple[str, StoredAllowance | None]
"""The key of the allowance that a request spends or sets, and what is stored there."""


def transfer(request: Transfer, fingerprint: str | None, now: Nanoseconds) -> int:
    """Carry out a transfer, mint or burn; its block. Refuses: as `plan_transfer`, then TemporarilyUnavailable."""
    rules, memory = rules_of(read_token()), _memory(fingerprint)
    _, minting_account, *_ = rules
    source, target, _, _, _, created_at_time, spender = request
    # An account needs no allowance for itself.
    permission = None if spender is None or spender == source else _permission(source, spender)
    view = View(
        now,
        _balance(minting_account, source),
        # Nobody asks for the target's balance where it is the source.
        Units(0) if target == source else _balance(minting_account, target),
        _block_of(memory),
        _allowance(permission),
    )
    return _write(plan_transfer(rules, request, view), memory, created_at_time, permission, now)


def approve(request: Approval, fingerprint: str | None, now: Nanoseconds) -> int:
    """Carry out an approval; its block. Refuses: as `plan_approval`, then TemporarilyUnavailable."""
    rules, memory = rules_of(read_token()), _memory(fingerprint)
    permission = _permission(request.source, request.spender)
    view = View(
        now,
        _balance(rules.minting_account, request.source),
        duplicate_of=_block_of(memory),
        allowance=_allowance(permission),
    )
    return _write(plan_approval(rules, request, view), memory, request.created_at_time, permission, now)


def remove_expired(now: Nanoseconds) -> None:
    """Look at the allowances that have waited longest in the queue of those that expire, and remove what has expired."""
    state = read_state()
    head, tail = state.queue_head, state.queue_tail
    for place in range(head, min(tail, head + MAX_ALLOWANCES_SWEPT)):
        key = read_queued(place)
        stored = read_allowance(key)
        fate = judge_queued(stored, place, now)
        if fate == REMOVE:
            remove_allowance(key)
        elif fate == KEEP and stored is not None:
            write_queued(tail, key)
            write_allowance(key, StoredAllowance(stored.allowance, tail))
            tail += 1
        remove_queued(place)
        head += 1
    if head > state.queue_head:
        write_state(state._replace(queue_head=head, queue_tail=tail))


# -- What the rules must know -------------------------------------------------------------------------------------------------


def _balance(minting_account: AccountKey, account: AccountKey) -> Units:
    return Units(0) if account == minting_account else read_balance(account)


def _permission(source: AccountKey, spender: AccountKey) -> Permission:
    key = allowance_key(source, spender)
    return key, read_allowance(key)


def _allowance(permission: Permission | None) -> Allowance:
    if permission is None:
        return NO_ALLOWANCE
    _, stored = permission
    return NO_ALLOWANCE if stored is None else stored.allowance


def _memory(fingerprint: str | None) -> Memory | None:
    return None if fingerprint is None else (fingerprint, read_call_page(page_of(fingerprint)))


def _block_of(memory: Memory | None) -> int | None:
    if memory is None:
        return None
    fingerprint, page = memory
    return find_call(page, fingerprint)


# -- What was planned ---------------------------------------------------------------------------------------------------------


def _write(
    plan: Plan,
    memory: Memory | None,
    created_at_time: Nanoseconds | None,
    permission: Permission | None,
    now: Nanoseconds,
) -> int:
    """Write a plan and its block; the block's index. Refuses, before anything is written: TemporarilyUnavailable."""
    state = read_state()
    index = state.blocks
    balances, allowance, supply_change, block = plan
    if memory is not None and created_at_time is not None:
        fingerprint, page = memory
        write_call_page(page_of(fingerprint), remember_call(page, fingerprint, remember_until(created_at_time), index, now))
    for account, balance in balances:
        write_balance(account, balance)
    if allowance is not None and permission is not None:
        state = _write_allowance(state, permission, allowance)
    write_block(index, encode_block(block))
    write_state(after_block(state, supply_change))
    return index


def _write_allowance(state: LedgerState, permission: Permission, allowance: Allowance) -> LedgerState:
    """Set an allowance or remove it; the state, with a longer queue where the allowance expires and was not queued."""
    key, stored = permission
    if not allowance.amount:
        if stored is not None:
            remove_allowance(key)
        return state
    if allowance.expires_at is None:
        write_allowance(key, StoredAllowance(allowance, None))
        return state
    if stored is not None and stored.place is not None:
        write_allowance(key, StoredAllowance(allowance, stored.place))
        return state
    place = state.queue_tail
    write_queued(place, key)
    write_allowance(key, StoredAllowance(allowance, place))
    return state._replace(queue_tail=place + 1)
