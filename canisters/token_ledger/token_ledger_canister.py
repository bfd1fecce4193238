"""A token ledger by ICRC-1 and ICRC-2, for local use and tests; on a network a deployed ledger takes its place.

It holds one token: balances, allowances, and a log with a block for every call that changed them. All of it lies in stable maps: see
`token_ledger_store` for the memory ids. `ddsx_core.token_rules` says what the standards leave open and in which order requests are checked:
duplicates before fee, allowance and balance, which may have changed since. Fees are burned. A call with `created_at_time` is remembered for
24 hours.

Who may call what: everyone but the anonymous principal transfers and approves on his own behalf; the minting account, set for good when the
ledger is installed, mints by transferring and is where tokens are burned. There is no other privilege and no setting that could be changed.
To pause it, its controllers stop it; calls sent again afterwards are carried out once.

A timer removes allowances that have expired, which is only tidiness: an expired allowance counts as none.
"""

from __future__ import annotations

from typing import Any

from kybra import Opt, Vec, ic, init, inspect_message, nat, nat8, nat64, post_upgrade, query, text, update, void
from token_ledger_blocks import approve, remove_expired, transfer
from token_ledger_requests import approval_of, key_of, transfer_from_of, transfer_of
from token_ledger_store import (
    allowance_key,
    count_accounts,
    count_allowances,
    read_allowance,
    read_balance,
    read_block,
    read_state,
    read_token,
    write_first,
)

from ddsx_core.accounts import owner_of, subaccount_of
from ddsx_core.limits import MAX_LEDGER_ARGUMENT_BYTES, MAX_MEMO_BYTES
from ddsx_core.refused import Refused
from ddsx_core.token_rows import Token, check_token, supply_of
from ddsx_core.token_rules import NO_ALLOWANCE, live_allowance
from ddsx_core.units import Nanoseconds, PrincipalText, Units
from ddsx_wire.icrc_types import Account, TransferArgs, TransferFromArgs, TransferFromResult, TransferResult
from ddsx_wire.inspection import is_internal
from ddsx_wire.principals import ANONYMOUS_TEXT, caller_text, principal_of
from ddsx_wire.token_types import (
    AllowanceArgs,
    ApproveArgs,
    ApprovedAllowance,
    ApproveResult,
    TokenLedgerInit,
    TokenLedgerStatus,
    TokenMetadataEntry,
    TokenStandard,
)

SWEEP_SECONDS = 3_600
"""Between two looks at the allowances that expire."""

_SIGNED_METHODS = ("icrc1_transfer", "icrc2_approve", "icrc2_transfer_from")


@init
def initialise(args: TokenLedgerInit) -> void:
    """Create the ledger of one token. Traps, so that nothing is installed, on InvalidAccount (the minting account's) and InvalidToken."""
    minting_account = key_of(args["minting_account"])
    write_first(check_token(Token(args["name"], args["symbol"], args["decimals"], Units(args["transfer_fee"]), minting_account)))
    _setup()


@post_upgrade
def resume() -> void:
    """Go on with what stands in the stable maps."""
    _setup()


def _setup() -> None:
    ic.set_timer_interval(SWEEP_SECONDS, _sweep)


def _sweep() -> None:
    remove_expired(_now())


@inspect_message
def inspect() -> void:
    """Let a call from outside in, unless it is larger than any that could succeed, or anonymous where tokens would move."""
    method = ic.method_name()
    if is_internal(method) or ic.arg_data_raw_size() > MAX_LEDGER_ARGUMENT_BYTES:
        return
    if method in _SIGNED_METHODS and caller_text() == ANONYMOUS_TEXT:
        return
    ic.accept_message()


@query
def status() -> TokenLedgerStatus:
    """How much has come together.

    Blocks; units ever minted and ever burned, fees too; accounts that hold units; allowances, expired ones until they are removed; places
    in the queue of those that expire.
    """
    blocks, minted, burned, head, tail = read_state()
    return {
        "blocks": blocks,
        "minted": minted,
        "burned": burned,
        "accounts": count_accounts(),
        "allowances": count_allowances(),
        "expiring_allowances": tail - head,
    }


# -- ICRC-1 -----------------------------------------------------------------------------------------------------------------


@query
def icrc1_name() -> text:
    """What the token is called."""
    return read_token().name


@query
def icrc1_symbol() -> text:
    """What the token is called beside amounts."""
    return read_token().symbol


@query
def icrc1_decimals() -> nat8:
    """Decimal places of the amounts that people see; the ledger counts in smallest units."""
    return read_token().decimals


@query
def icrc1_fee() -> nat:
    """Units that a transfer or an approval costs."""
    return read_token().fee


@query
def icrc1_metadata() -> Vec[TokenMetadataEntry]:
    """What the methods above say, and the longest memo in bytes."""
    token = read_token()
    return [
        ("icrc1:name", {"Text": token.name}),
        ("icrc1:symbol", {"Text": token.symbol}),
        ("icrc1:decimals", {"Nat": token.decimals}),
        ("icrc1:fee", {"Nat": token.fee}),
        ("icrc1:max_memo_length", {"Nat": MAX_MEMO_BYTES}),
    ]


@query
def icrc1_total_supply() -> nat:
    """Units in all accounts together: minted, less burned, fees included."""
    return supply_of(read_state())


@query
def icrc1_minting_account() -> Opt[Account]:
    """The account that mints and burns; its balance is always zero."""
    key = read_token().minting_account
    return {"owner": principal_of(owner_of(key)), "subaccount": subaccount_of(key)}


@query
def icrc1_balance_of(account: Account) -> nat:
    """Units in an account. Traps on a subaccount that is not 32 bytes."""
    return read_balance(key_of(account))


@query
def icrc1_supported_standards() -> Vec[TokenStandard]:
    """The standards that the ledger keeps."""
    return [
        {"name": "ICRC-1", "url": "https://github.com/dfinity/ICRC-1"},
        {"name": "ICRC-2", "url": "https://github.com/dfinity/ICRC-1/tree/main/standards/ICRC-2"},
    ]


@update
def icrc1_transfer(args: TransferArgs) -> TransferResult:
    """Move units of the caller's: from the minting account a mint, to it a burn; the block's index.

    Refuses (in order): GenericError for a subaccount, memo or account that cannot be; TooOld, CreatedInFuture, Duplicate; GenericError for
        what the minting account may not do; BadFee, BadBurn, InsufficientFunds, TemporarilyUnavailable.
    """
    try:
        request, fingerprint = transfer_of(_caller(), args)
        return {"Ok": transfer(request, fingerprint, _now())}
    except Refused as refused:
        return {"Err": _case(refused)}


# -- ICRC-2 -----------------------------------------------------------------------------------------------------------------


@update
def icrc2_approve(args: ApproveArgs) -> ApproveResult:
    """Set what a spender may move of the caller's, fees included, up to 2^128 - 1 units; the block's index.

    Refuses (in order): GenericError for a subaccount, memo or account that cannot be, and for approving oneself; TooOld, CreatedInFuture,
        Duplicate; GenericError for the minting account; BadFee, Expired, AllowanceChanged, InsufficientFunds, TemporarilyUnavailable.
    """
    try:
        request, fingerprint = approval_of(_caller(), args)
        return {"Ok": approve(request, fingerprint, _now())}
    except Refused as refused:
        return {"Err": _case(refused)}


@update
def icrc2_transfer_from(args: TransferFromArgs) -> TransferFromResult:
    """Move units of an account that approved the caller, or of the caller's own; the block's index.

    Refuses (in order): GenericError for a subaccount, memo or account that cannot be; TooOld, CreatedInFuture, Duplicate; GenericError for
        minting; BadFee, BadBurn, InsufficientAllowance, InsufficientFunds, TemporarilyUnavailable.
    """
    try:
        request, fingerprint = transfer_from_of(_caller(), args)
        return {"Ok": transfer(request, fingerprint, _now())}
    except Refused as refused:
        return {"Err": _case(refused)}


@query
def icrc2_allowance(args: AllowanceArgs) -> ApprovedAllowance:
    """What a spender may still move, and until when. Traps on a subaccount that is not 32 bytes."""
    stored = read_allowance(allowance_key(key_of(args["account"]), key_of(args["spender"])))
    amount, expires_at = live_allowance(NO_ALLOWANCE if stored is None else stored.allowance, _now())
    return {"allowance": amount, "expires_at": expires_at}


# -- The log ----------------------------------------------------------------------------------------------------------------


@query
def log_length() -> nat64:
    """Blocks in the log; they are numbered from 0."""
    return read_state().blocks


@query
def block(index: nat64) -> Opt[text]:
    """A block as `ddsx_core.token_log` writes it, null for one that does not exist yet."""
    return read_block(index)


def _caller() -> PrincipalText:
    return PrincipalText(caller_text())


def _now() -> Nanoseconds:
    return Nanoseconds(ic.time())


def _case(refused: Refused) -> Any:
    """The `Err` of a result; kinds and fields are those that the result's variant declares."""
    return refused.as_case()
