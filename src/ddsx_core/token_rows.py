"""What a token ledger stores beside its blocks, each as a row of text: the token, how far the ledger has come, balances, allowances.

Supply is kept as two sums that only grow, minted and burned; the ledger never adds up balances. Tests do, and compare (LEDGER-1).
"""

from __future__ import annotations

from typing import NamedTuple

from ddsx_core.accounts import is_anonymous
from ddsx_core.codec import (
    decode_fields,
    decode_ints,
    decode_optional_int,
    encode_fields,
    encode_ints,
    encode_optional_int,
    quote,
    unquote,
)
from ddsx_core.limits import MAX_AMOUNT, MAX_TOKEN_NAME_LENGTH, MAX_TOKEN_SYMBOL_LENGTH
from ddsx_core.refused import Broken, Refused
from ddsx_core.token_rules import Allowance, TokenRules
from ddsx_core.units import AccountKey, Nanoseconds, Units

FORGET = "forget"
REMOVE = "remove"
KEEP = "keep"
"""What becomes of an allowance and its place in the queue of those that expire: see `judge_queued`."""

_VERSION = "1"


class Token(NamedTuple):
    """What a token is called, what a transfer costs in its smallest unit, and who mints it."""

    name: str
    symbol: str
    decimals: int
    fee: Units
    minting_account: AccountKey


class LedgerState(NamedTuple):
    """How far a ledger has come.

    Blocks in its log; units ever minted and ever burned, fees too; the queue of the allowances that expire: its first place and the one
    behind its last.
    """

    blocks: int = 0
    minted: int = 0
    burned: int = 0
    queue_head: int = 0
    queue_tail: int = 0


class StoredAllowance(NamedTuple):
    """An allowance with its place in the queue, None when it never expires."""

    allowance: Allowance
    place: int | None


def check_token(token: Token) -> Token:
    """The token, if a ledger can be made of it.

    Refuses (in order): InvalidToken for a name or symbol that is empty or too long, for a fee above `MAX_AMOUNT`, for a minting account
        of the anonymous principal.
    """
    for what, text, limit in (("name", token.name, MAX_TOKEN_NAME_LENGTH), ("symbol", token.symbol, MAX_TOKEN_SYMBOL_LENGTH)):
        if not 0 < len(text) <= limit:
            raise Refused("InvalidToken", {"reason": f"a {what} has 1 to {limit} characters"})
    if token.fee > MAX_AMOUNT:
        raise Refused("InvalidToken", {"reason": f"a fee is at most {MAX_AMOUNT} units"})
    if is_anonymous(token.minting_account):
        raise Refused("InvalidToken", {"reason": "the anonymous principal cannot mint: anyone can act as it"})
    return token


def rules_of(token: Token) -> TokenRules:
    """The token's rules. The least it burns is what a transfer costs: burning is free, and should not be a free way to fill the log."""
    return TokenRules(token.fee, token.minting_account, Units(max(token.fee, 1)))


def supply_of(state: LedgerState) -> int:
    """Units in all balances together."""
    return state.minted - state.burned


def after_block(state: LedgerState, supply_change: int) -> LedgerState:
    """The state with one more block that changed the supply."""
    blocks, minted, burned, head, tail = state
    return LedgerState(blocks + 1, minted + max(supply_change, 0), burned - min(supply_change, 0), head, tail)


def judge_queued(stored: StoredAllowance | None, place: int, now: Nanoseconds) -> str:
    """What becomes of the allowance that was queued at a place.

    FORGET the place when the allowance left it, REMOVE both when the allowance has expired, else KEEP both, at the end of the queue.
    """
    if stored is None or stored.place != place:
        return FORGET
    expires_at = stored.allowance.expires_at
    if expires_at is None:
        raise Broken("an allowance that never expires has a place in the queue")
    return REMOVE if expires_at <= now else KEEP


# -- Rows -------------------------------------------------------------------------------------------------------------------


def encode_token(token: Token) -> str:
    """The row of a token."""
    name, symbol, decimals, fee, minting_account = token
    return encode_fields(_VERSION, [quote(name), quote(symbol), f"{decimals:x}", f"{fee:x}", minting_account])


def decode_token(row: str) -> Token:
    """The token of a row."""
    name, symbol, decimals, fee, minting_account = decode_fields(_VERSION, 5, row)
    return Token(unquote(name), unquote(symbol), int(decimals, 16), Units(int(fee, 16)), AccountKey(minting_account))


def encode_state(state: LedgerState) -> str:
    """The row of a state."""
    return encode_ints(_VERSION, state)


def decode_state(row: str) -> LedgerState:
    """The state of a row."""
    return LedgerState(*decode_ints(_VERSION, 5, row))


def encode_balance(balance: Units) -> str:
    """The row of a balance."""
    return encode_ints(_VERSION, [balance])


def decode_balance(row: str) -> Units:
    """The balance of a row."""
    return Units(decode_ints(_VERSION, 1, row)[0])


def encode_allowance(stored: StoredAllowance) -> str:
    """The row of an allowance."""
    (amount, expires_at), place = stored
    return encode_fields(_VERSION, [f"{amount:x}", encode_optional_int(expires_at), encode_optional_int(place)])


def decode_allowance(row: str) -> StoredAllowance:
    """The allowance of a row."""
    amount, expires_field, place_field = decode_fields(_VERSION, 3, row)
    expires_at = decode_optional_int(expires_field)
    allowance = Allowance(Units(int(amount, 16)), None if expires_at is None else Nanoseconds(expires_at))
    return StoredAllowance(allowance, decode_optional_int(place_field))
