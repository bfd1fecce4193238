"""What a token ledger stores, each as a row of text: the token, how far the ledger has come, balances, allowances, the queue of expiry.

Supply is kept as two sums that only grow, minted and burned; the ledger never adds up balances. Tests do, and compare (LEDGER-1).

Rows of accounts keep the account's hash beside what it holds: blocks are hashed over accounts' hashes, and making one from the account
costs 0.25 M instructions, reading it 15 k. For the same reason everything that each call needs stands in one row, the ledger's state, with
the blocks of the page that is not full yet:

    1|<minting account>|<hash of the last block>|<fee>|<blocks>|<minted>|<burned>
    <block>
    ...
"""

from __future__ import annotations

from typing import NamedTuple

from ddsx_core.accounts import is_anonymous
from ddsx_core.codec import (
    decode_fields,
    decode_ints,
    encode_fields,
    encode_ints,
    quote,
    unquote,
)
from ddsx_core.limits import BLOCKS_A_PAGE, MAX_AMOUNT, MAX_TOKEN_NAME_LENGTH, MAX_TOKEN_SYMBOL_LENGTH
from ddsx_core.refused import Broken, Refused
from ddsx_core.token_rules import Allowance, TokenRules
from ddsx_core.units import AccountKey, Nanoseconds, PrincipalText, Units

FORGET = "forget"
REMOVE = "remove"
KEEP = "keep"
"""What becomes of an allowance and its place in the queue of those that expire: see `judge_queued`."""

_VERSION = "1"

# Rows that every call writes are made by one `%`: an f-string takes 10 to 13 k instructions a field.
_STATE_FORM = _VERSION + "|%s|%s|%x|%x|%x|%x\n%s"
_HOLDING_FORM = _VERSION + "|%x|%s"


class Token(NamedTuple):
    """What a token is called, and who may change its fee: governance's principal, empty when nobody may."""

    name: str
    symbol: str
    decimals: int
    governance: PrincipalText = PrincipalText("")


class LedgerState(NamedTuple):
    """What every call needs to know.

    Units that a transfer costs; who mints; blocks in the log; units ever minted and ever burned, fees too; the hash of the last block in
    hex digits, empty before the first; the blocks of the page that is not full yet, a line each.
    """

    fee: Units
    minting_account: AccountKey
    blocks: int = 0
    minted: int = 0
    burned: int = 0
    last_hash: str = ""
    open_page: str = ""


Holding = tuple[Units, str]
"""What an account has, and the hash of the account's value in ICRC-3 in hex digits, empty when it is not known."""


class StoredAllowance(NamedTuple):
    """An allowance with its place in the queue, None when it never expires, and the hash of the spender's account."""

    allowance: Allowance
    place: int | None
    spender_hash: str


class Queue(NamedTuple):
    """The allowances that expire: the first place, and the one behind the last."""

    head: int = 0
    tail: int = 0


def check_token(token: Token, fee: Units, minting_account: AccountKey) -> Token:
    """The token, if a ledger can be made of it.

    Refuses (in order): InvalidToken for a name or symbol that is empty or too long, for a fee above `MAX_AMOUNT`, for a minting account
        of the anonymous principal, for the anonymous principal as governance.
    """
    for what, text, limit in (("name", token.name, MAX_TOKEN_NAME_LENGTH), ("symbol", token.symbol, MAX_TOKEN_SYMBOL_LENGTH)):
        if not 0 < len(text) <= limit:
            raise Refused("InvalidToken", {"reason": f"a {what} has 1 to {limit} characters"})
    if fee > MAX_AMOUNT:
        raise Refused("InvalidToken", {"reason": f"a fee is at most {MAX_AMOUNT} units"})
    if is_anonymous(minting_account):
        raise Refused("InvalidToken", {"reason": "the anonymous principal cannot mint: anyone can act as it"})
    if is_anonymous(AccountKey(token.governance)):
        raise Refused("InvalidToken", {"reason": "the anonymous principal cannot govern: anyone can act as it"})
    return token


def rules_of(state: LedgerState) -> TokenRules:
    """The token's rules. The least it burns is what a transfer costs: burning is free, and should not be a free way to fill the log."""
    fee, minting_account, *_ = state
    return TokenRules(fee, minting_account, Units(max(fee, 1)))


def supply_of(state: LedgerState) -> int:
    """Units in all balances together."""
    return state.minted - state.burned


def after_block(state: LedgerState, supply_change: int, block: str, digest: str) -> tuple[LedgerState, str | None]:
    """The state with one more block that changed the supply, and the page of the log that the block made full."""
    fee, minting_account, blocks, minted, burned, _, page = state
    blocks += 1
    page = f"{page}\n{block}" if page else block
    full = None
    if not blocks % BLOCKS_A_PAGE:
        full, page = page, ""
    if supply_change > 0:
        minted += supply_change
    else:
        burned -= supply_change
    return LedgerState(fee, minting_account, blocks, minted, burned, digest, page), full


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
    name, symbol, decimals, governance = token
    return encode_fields(_VERSION, [quote(name), quote(symbol), f"{decimals:x}", governance])


def decode_token(row: str) -> Token:
    """The token of a row."""
    name, symbol, decimals, governance = decode_fields(_VERSION, 4, row)
    return Token(unquote(name), unquote(symbol), int(decimals, 16), PrincipalText(governance))


def encode_state(state: LedgerState) -> str:
    """The row of a state."""
    fee, minting_account, blocks, minted, burned, last_hash, page = state
    return _STATE_FORM % (minting_account, last_hash, fee, blocks, minted, burned, page)


def decode_state(row: str) -> LedgerState:
    """The state of a row."""
    line, _, page = row.partition("\n")
    minting_account, last_hash, fee, blocks, minted, burned = decode_fields(_VERSION, 6, line)
    return LedgerState(
        Units(int(fee, 16)), AccountKey(minting_account), int(blocks, 16), int(minted, 16), int(burned, 16), last_hash, page
    )


def encode_holding(holding: Holding) -> str:
    """The row of what an account has."""
    return _HOLDING_FORM % holding


def decode_holding(row: str) -> Holding:
    """What an account has, by its row."""
    balance, digest = decode_fields(_VERSION, 2, row)
    return Units(int(balance, 16)), digest


def encode_allowance(stored: StoredAllowance) -> str:
    """The row of an allowance."""
    (amount, expires_at), place, spender_hash = stored
    expiry = "" if expires_at is None else f"{expires_at:x}"
    return f"{_VERSION}|{amount:x}|{expiry}|{'' if place is None else f'{place:x}'}|{spender_hash}"


def decode_allowance(row: str) -> StoredAllowance:
    """The allowance of a row."""
    amount, expiry, place, spender_hash = decode_fields(_VERSION, 4, row)
    allowance = Allowance(Units(int(amount, 16)), Nanoseconds(int(expiry, 16)) if expiry else None)
    return StoredAllowance(allowance, int(place, 16) if place else None, spender_hash)


def encode_queue(queue: Queue) -> str:
    """The row of the queue."""
    return encode_ints(_VERSION, queue)


def decode_queue(row: str) -> Queue:
    """The queue of a row."""
    return Queue(*decode_ints(_VERSION, 2, row))
