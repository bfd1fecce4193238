"""The stable maps of a token ledger: the only place that reads and writes them.

Values are rows of `ddsx_core.token_rows`, `token_log` and `remembered_calls`. A text of n bytes takes n + 8 bytes of Candid below 128,
n + 9 below 16,384; a nat64 takes 15. Widest fields: an account key 128 characters, a principal 63, a hash 64 hex digits, an amount 32, a
sum of amounts (2^64 blocks of 2^128 units) 48, a moment, a block or a place 16.

| id | map | key | value |
|---|---|---|---|
| 0 | ledger | 0: the token; 1: the state, with the blocks of the open page; 2: the queue's ends | row |
| 1 | balances | account key | units, never zero; the account's hash |
| 2 | allowances | "account key>spender's account key" | units, never zero; expiry, place in the queue, the spender's hash |
| 3 | blocks | page of 8 blocks, densely from 0 | the blocks, a line each |
| 4 | call pages | first 12 bits of a call's fingerprint | the calls of the last day |
| 5 | expiring | place, densely | key of an allowance that expires |
"""

from __future__ import annotations

from kybra import StableBTreeMap, nat64

from ddsx_core.limits import BLOCKS_A_PAGE
from ddsx_core.refused import Broken
from ddsx_core.remembered_calls import EMPTY_PAGE
from ddsx_core.token_rows import (
    Holding,
    LedgerState,
    Queue,
    StoredAllowance,
    Token,
    decode_allowance,
    decode_holding,
    decode_queue,
    decode_state,
    decode_token,
    encode_allowance,
    encode_holding,
    encode_queue,
    encode_state,
    encode_token,
)
from ddsx_core.units import AccountKey, Units

# A block: version 1, type 8, time 16, fee 32, amount 48, three accounts 384, named fee 32, memo 65, time 16, expected allowance 32,
# expiry 16, hash 64, 13 bars: 727. A page: 8 blocks, 7 line breaks: 5,823.
# State: version 1, account 128, hash 64, fee 32, blocks 16, two sums of 48, 6 bars, a line break; 7 blocks, 6 line breaks (5,095): 5,439.
# Token: version 1, name 64 x 4 bytes and symbol 16 x 4 (quoting makes 3 bytes of an ASCII letter, less than the 4 of others), decimals 2,
# governance 63, 4 bars: 390. Queue: 35.
ledger = StableBTreeMap[nat64, str](memory_id=0, max_key_size=15, max_value_size=5_448)

# Key: 128. Value: version 1, a sum 48, a hash 64, 2 bars: 115.
balances = StableBTreeMap[str, str](memory_id=1, max_key_size=137, max_value_size=123)

# Key: two accounts and a sign between: 257. Value: version 1, amount 32, moment and place 32, a hash 64, 4 bars: 133.
allowances = StableBTreeMap[str, str](memory_id=2, max_key_size=266, max_value_size=142)

# A page: 5,823.
blocks = StableBTreeMap[nat64, str](memory_id=3, max_key_size=15, max_value_size=5_832)

# remembered_calls.MAX_PAGE_CHARS: 3,330.
call_pages = StableBTreeMap[nat64, str](memory_id=4, max_key_size=15, max_value_size=3_339)

# A key of `allowances`: 257.
expiring = StableBTreeMap[nat64, str](memory_id=5, max_key_size=15, max_value_size=266)

_TOKEN = 0
_STATE = 1
_QUEUE = 2


def read_token() -> Token:
    """What the ledger was installed with."""
    return decode_token(_present(ledger.get(_TOKEN)))


def read_state() -> LedgerState:
    """What every call needs to know."""
    return decode_state(_present(ledger.get(_STATE)))


def write_state(state: LedgerState) -> None:
    """Set what every call needs to know."""
    ledger.insert(_STATE, encode_state(state))


def read_queue() -> Queue:
    """Where the queue of the allowances that expire begins and ends."""
    row = ledger.get(_QUEUE)
    return Queue() if row is None else decode_queue(row)


def write_queue(queue: Queue) -> None:
    """Set where that queue begins and ends."""
    ledger.insert(_QUEUE, encode_queue(queue))


def write_first(token: Token, state: LedgerState) -> None:
    """Set what the ledger is installed with: the token, and a state in which nothing happened yet."""
    ledger.insert(_TOKEN, encode_token(token))
    write_state(state)


def read_holding(account: AccountKey) -> Holding:
    """What an account has; without an entry nothing, and no hash."""
    row = balances.get(account)
    return (Units(0), "") if row is None else decode_holding(row)


def write_holding(account: AccountKey, balance: Units, account_hash: str) -> None:
    """Set what an account has; an account without any units has no entry."""
    if balance:
        balances.insert(account, encode_holding((balance, account_hash)))
    else:
        balances.remove(account)


def allowance_key(source: AccountKey, spender: AccountKey) -> str:
    """The key of what an account allows a spender."""
    return f"{source}>{spender}"


def read_allowance(key: str) -> StoredAllowance | None:
    """What is allowed, expired or not; None when nothing is."""
    row = allowances.get(key)
    return None if row is None else decode_allowance(row)


def write_allowance(key: str, stored: StoredAllowance) -> None:
    """Set what is allowed."""
    allowances.insert(key, encode_allowance(stored))


def remove_allowance(key: str) -> None:
    """Allow nothing."""
    allowances.remove(key)


def read_page(state: LedgerState, page: int) -> list[str]:
    """The rows of the blocks on a page of the log, fewer than `BLOCKS_A_PAGE` on the open one, none behind it."""
    open_page = state.blocks // BLOCKS_A_PAGE
    if page > open_page:
        return []
    rows = state.open_page if page == open_page else _present(blocks.get(page))
    return rows.split("\n") if rows else []


def write_page(page: int, rows: str) -> None:
    """Set a page of the log, which is full and never changes again."""
    blocks.insert(page, rows)


def read_call_page(number: int) -> str:
    """A page of remembered calls."""
    return call_pages.get(number) or EMPTY_PAGE


def write_call_page(number: int, page: str) -> None:
    """Set a page of remembered calls."""
    call_pages.insert(number, page)


def read_queued(place: int) -> str:
    """The key of the allowance that was queued at a place, which must be taken."""
    return _present(expiring.get(place))


def write_queued(place: int, key: str) -> None:
    """Queue an allowance that expires."""
    expiring.insert(place, key)


def remove_queued(place: int) -> None:
    """Clear a place."""
    expiring.remove(place)


def count_accounts() -> int:
    """Accounts that have units."""
    return balances.len()


def count_allowances() -> int:
    """Allowances that are stored."""
    return allowances.len()


def _present(row: str | None) -> str:
    if row is None:
        raise Broken("a value that was written is not there")
    return row
