"""Carrying out requests: what the rules must know is read, the rules decide, and what they planned is written with a block.

Nothing is written before everything that can be refused was. The rules are in `ddsx_core.token_rules`.
"""

from __future__ import annotations

from kybra import ic
from token_ledger_store import (
    allowance_key,
    read_allowance,
    read_call_page,
    read_holding,
    read_queue,
    read_queued,
    read_state,
    remove_allowance,
    remove_queued,
    write_allowance,
    write_call_page,
    write_holding,
    write_page,
    write_queue,
    write_queued,
    write_state,
)

from ddsx_core.deduplication import remember_until
from ddsx_core.icrc3_values import hash_account
from ddsx_core.limits import BLOCKS_A_PAGE, MAX_ALLOWANCES_SWEPT
from ddsx_core.remembered_calls import find_call, page_of, remember_call
from ddsx_core.token_log import seal_block, tip_root
from ddsx_core.token_rows import KEEP, REMOVE, LedgerState, Queue, StoredAllowance, after_block, judge_queued, rules_of
from ddsx_core.token_rules import NO_ALLOWANCE, Allowance, Approval, Plan, Transfer, View, plan_approval, plan_transfer
from ddsx_core.units import AccountKey, Nanoseconds, Units

# Plain tuples: a NamedTuple takes 48 k instructions to make and some 15 k for each field that is read by its name.
Memory = tuple[str, int, str]
"""Where a call that may be repeated is remembered: its fingerprint, its page's number, and the page as it stands."""

Permission = tuple[str, AccountKey, StoredAllowance | None]
"""The key of the allowance that a request spends or sets, the spender, and what is stored there."""

Hashes = dict[AccountKey, str]
"""The hashes of the accounts that take part, in hex digits, empty where none was kept."""


def transfer(request: Transfer, fingerprint: str | None, now: Nanoseconds) -> int:
    """Carry out a transfer, mint or burn; its block. Refuses: as `plan_transfer`, then TemporarilyUnavailable."""
    state, memory = read_state(), _memory(fingerprint)
    rules, hashes = rules_of(state), Hashes()
    _, minting_account, *_ = rules
    source, target, _, _, _, created_at_time, spender = request
    # An account needs no allowance for itself.
    permission = None if spender is None or spender == source else _permission(source, spender, hashes)
    view = View(
        now,
        _balance(minting_account, source, hashes),
        # Nobody asks for the target's balance where it is the source.
        Units(0) if target == source else _balance(minting_account, target, hashes),
        _block_of(memory),
        _allowance(permission),
    )
    plan = plan_transfer(rules, request, view)
    return _write(state, plan, hashes, memory, created_at_time, permission, now)


def approve(request: Approval, fingerprint: str | None, now: Nanoseconds) -> int:
    """Carry out an approval; its block. Refuses: as `plan_approval`, then TemporarilyUnavailable."""
    state, memory = read_state(), _memory(fingerprint)
    rules, hashes = rules_of(state), Hashes()
    _, minting_account, *_ = rules
    source, spender, *_, created_at_time = request
    permission = _permission(source, spender, hashes)
    view = View(now, _balance(minting_account, source, hashes), Units(0), _block_of(memory), _allowance(permission))
    plan = plan_approval(rules, request, view)
    return _write(state, plan, hashes, memory, created_at_time, permission, now)


def certify(state: LedgerState) -> None:
    """Certify the last block of the log; of an empty log nothing is said."""
    if state.blocks:
        ic.set_certified_data(tip_root(state.blocks - 1, bytes.fromhex(state.last_hash)))


def remove_expired(now: Nanoseconds) -> None:
    """Look at the allowances that have waited longest in the queue of those that expire, and remove what has expired."""
    first, tail = read_queue()
    head = first
    for place in range(head, min(tail, head + MAX_ALLOWANCES_SWEPT)):
        key = read_queued(place)
        stored = read_allowance(key)
        fate = judge_queued(stored, place, now)
        if fate == REMOVE:
            remove_allowance(key)
        elif fate == KEEP and stored is not None:
            write_queued(tail, key)
            write_allowance(key, stored._replace(place=tail))
            tail += 1
        remove_queued(place)
        head += 1
    if head > first:
        write_queue(Queue(head, tail))


# -- What the rules must know -------------------------------------------------------------------------------------------------


def _balance(minting_account: AccountKey, account: AccountKey, hashes: Hashes) -> Units:
    """The units in an account; its hash goes to `hashes`. The minting account has none, and stands in no block."""
    if account == minting_account:
        return Units(0)
    balance, hashes[account] = read_holding(account)
    return balance


def _permission(source: AccountKey, spender: AccountKey, hashes: Hashes) -> Permission:
    key = allowance_key(source, spender)
    stored = read_allowance(key)
    hashes[spender] = "" if stored is None else stored.spender_hash
    return key, spender, stored


def _allowance(permission: Permission | None) -> Allowance:
    if permission is None:
        return NO_ALLOWANCE
    _, _, stored = permission
    return NO_ALLOWANCE if stored is None else stored.allowance


def _memory(fingerprint: str | None) -> Memory | None:
    if fingerprint is None:
        return None
    number = page_of(fingerprint)
    return fingerprint, number, read_call_page(number)


def _block_of(memory: Memory | None) -> int | None:
    if memory is None:
        return None
    fingerprint, _, page = memory
    return find_call(page, fingerprint)


# -- What was planned ---------------------------------------------------------------------------------------------------------


def _write(
    state: LedgerState,
    plan: Plan,
    hashes: Hashes,
    memory: Memory | None,
    created_at_time: Nanoseconds | None,
    permission: Permission | None,
    now: Nanoseconds,
) -> int:
    """Write a plan and its block; the block's index. Refuses, before anything is written: TemporarilyUnavailable."""
    _, _, index, _, _, parent, _ = state
    balances, allowance, supply_change, block = plan
    if memory is not None and created_at_time is not None:
        fingerprint, number, page = memory
        write_call_page(number, remember_call(page, fingerprint, remember_until(created_at_time), index, now))
    digests = {}
    for account in hashes:
        # What was not kept is made now: of accounts that had nothing, and of spenders that were allowed nothing.
        digests[account] = bytes.fromhex(hashes[account]) if hashes[account] else hash_account(account)
    row, digest = seal_block(block, parent, digests)
    for account, balance in balances:
        write_holding(account, balance, hashes[account] or digests[account].hex())
    if allowance is not None and permission is not None:
        _write_allowance(permission, allowance, digests[permission[1]].hex())
    after, full = after_block(state, supply_change, row, digest.hex())
    if full is not None:
        write_page(index // BLOCKS_A_PAGE, full)
    write_state(after)
    ic.set_certified_data(tip_root(index, digest))
    return index


def _write_allowance(permission: Permission, allowance: Allowance, spender_hash: str) -> None:
    """Set an allowance or remove it. One that expires takes a place in the queue, unless it has one."""
    key, _, stored = permission
    amount, expires_at = allowance
    if not amount:
        if stored is not None:
            remove_allowance(key)
        return
    place = None
    if expires_at is not None:
        place = None if stored is None else stored.place
        if place is None:
            head, place = read_queue()
            write_queued(place, key)
            write_queue(Queue(head, place + 1))
    write_allowance(key, StoredAllowance(allowance, place, spender_hash))
