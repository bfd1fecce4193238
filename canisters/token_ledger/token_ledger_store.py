"""The stable maps of a token ledger: the only place that reads and writes them.

Values are rows of `ddsx_core.token_rows`, `token_log` and `remembered_calls`. A text of n bytes takes n + 8 bytes of Candid below 128,
n + 9 below 16,384; a nat64 takes 15. Widest fields: an account key 128 characters, an amount 32 hex digits, a sum of amounts (2^64 blocks
of 2^128 units) 48, a moment, a block or a place 16.

| id | map | key | value |
|---|---|---|---|
| 0 | ledger | 0: the token; 1: how far the ledger has come | row |
| 1 | balances | account key | units, never zero |
| 2 | allowances | "account key>spender's account key" | units, never zero; expiry, place in the queue |
| 3 | blocks | block, densely from 0 | the block |
| 4 | call pages | first 12 bits of a call's fingerprint | the calls of the last day |
| 5 | expiring | place, densely | key of an allowance that expires |
"""

from __future__ import annotations

from kybra import StableBTreeMap, nat64

from ddsx_core.refused import Broken
from ddsx_core.remembered_calls import EMPTY_PAGE
from ddsx_core.token_rows import (
    LedgerState,
    StoredAllowance,
    Token,
    decode_allowance,
    decode_balance,
    decode_state,
    decode_token,
    encode_allowance,
    encode_balance,
    encode_state,
    encode_token,
)
from ddsx_core.units import AccountKey, Units

# Token: version 1, name 64 x 4 bytes and symbol 16 x 4 (quoting makes 3 bytes of an ASCII letter, less than the 4 of others), decimals 2,
# fee 32, account 128, 5 bars: 488. State: version 1, three numbers of 16, two sums of 48, 5 bars: 150.
ledger = StableBTreeMap[nat64, str](memory_id=0, max_key_size=15, max_value_size=497)

# Key: 128. Value: version 1, a sum 48, a bar: 50.
balances = StableBTreeMap[str, str](memory_id=1, max_key_size=137, max_value_size=58)

# Key: two accounts and a sign between: 257. Value: version 1, amount 32, moment and place 32, 3 bars: 68.
allowances = StableBTreeMap[str, str](memory_id=2, max_key_size=266, max_value_size=76)

# Version 1, type 8, time 16, fee 32, amount 48, three accounts 384, named fee 32, memo 65, time 16, expected allowance 32, expiry 16,
# 12 bars: 662.
blocks = StableBTreeMap[nat64, str](memory_id=3, max_key_size=15, max_value_size=671)

# remembered_calls.MAX_PAGE_CHARS: 3,330.
call_pages = StableBTreeMap[nat64, str](memory_id=4, max_key_size=15, max_value_size=3_339)

# A key of `allowances`: 257.
expiring = StableBTreeMap[nat64, str](memory_id=5, max_key_size=15, max_value_size=266)

_TOKEN = 0
_STATE = 1


def read_token() -> Token:
    """What the ledger was installed with."""
    return decode_token(_present(ledger.get(_TOKEN)))


def read_state() -> LedgerState:
    """How far the ledger has come."""
    return decode_state(_present(ledger.get(_STATE)))


def write_state(state: LedgerState) -> None:
    """Set how far the ledger has come."""
    ledger.insert(_STATE, encode_state(state))


def write_first(token: Token) -> None:
    """Set what the ledger is installed with: the token, and a state in which nothing happened yet."""
    ledger.insert(_TOKEN, encode_token(token))
    write_state(LedgerState())


def read_balance(account: AccountKey) -> Units:
    """Units in an account."""
    row = balances.get(account)
    return Units(0) if row is None else decode_balance(row)


def write_balance(account: AccountKey, balance: Units) -> None:
    """Set the units in an account; an account without any has no entry."""
    if balance:
        balances.insert(account, encode_balance(balance))
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


def read_block(index: int) -> str | None:
    """The row of a block, None for one that does not exist yet."""
    return blocks.get(index)


def write_block(index: int, row: str) -> None:
    """Append a block to the log."""
    blocks.insert(index, row)


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
