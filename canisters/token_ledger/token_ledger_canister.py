"""A token ledger by ICRC-1, ICRC-2 and ICRC-3, for local use and tests; on a network a deployed ledger takes its place.

It holds one token: balances, allowances, and a log with a block for every call that changed them, each block naming the hash of the one
before. All of it lies in stable maps: see `token_ledger_store` for the memory ids. `ddsx_core.token_rules` says what the standards leave
open and in which order requests are checked: duplicates before fee, allowance and balance, which may have changed since. Fees are burned.
A call with `created_at_time` is remembered for 24 hours.

Who may call what: everyone but the anonymous principal transfers and approves on his own behalf; the minting account, set for good when the
ledger is installed, mints by transferring and is where tokens are burned. Governance, if one was named at installation, changes the fee
(`token_ledger_governance`); nothing else can be changed. To pause the ledger, its controllers stop it; calls sent again afterwards are
carried out once.

A timer removes allowances that have expired, which is only tidiness: an expired allowance counts as none.

The log is read by `token_ledger_log`, and what wallets show before they sign comes from `token_ledger_consent`.
"""

from __future__ import annotations

from typing import Any

from kybra import Opt, Vec, ic, init, inspect_message, nat, nat8, post_upgrade, query, text, update, void
from token_ledger_blocks import approve, certify, remove_expired, transfer
from token_ledger_consent import icrc21_canister_call_consent_message  # noqa: F401 - Kybra looks every method up in the entry
from token_ledger_governance import set_fee, validate_set_fee  # noqa: F401 - the same
from token_ledger_log import (  # noqa: F401 - the same
    block,
    icrc3_get_archives,
    icrc3_get_blocks,
    icrc3_get_tip_certificate,
    icrc3_supported_block_types,
    log_length,
)
from token_ledger_requests import approval_of, key_of, transfer_from_of, transfer_of
from token_ledger_store import (
    allowance_key,
    count_accounts,
    count_allowances,
    read_allowance,
    read_holding,
    read_queue,
    read_state,
    read_token,
    write_first,
)

from ddsx_core.accounts import owner_of, subaccount_of
from ddsx_core.limits import MAX_CONSENT_ARGUMENT_BYTES, MAX_LEDGER_ARGUMENT_BYTES, MAX_MEMO_BYTES
from ddsx_core.refused import Refused
from ddsx_core.token_rows import LedgerState, Token, check_token, supply_of
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
_CONSENT_METHOD = "icrc21_canister_call_consent_message"
_GOVERNANCE_METHOD = "set_fee"


@init
def initialise(args: TokenLedgerInit) -> void:
    """Create the ledger of one token. Traps, so that nothing is installed, on InvalidAccount (the minting account's) and InvalidToken."""
    minting_account, fee, named = key_of(args["minting_account"]), Units(args["transfer_fee"]), args["governance"]
    governance = PrincipalText("" if named is None else named.to_str())
    token = check_token(Token(args["name"], args["symbol"], args["decimals"], governance), fee, minting_account)
    write_first(token, LedgerState(fee, minting_account))
    _setup()


@post_upgrade
def resume() -> void:
    """Go on with what stands in the stable maps."""
    certify(read_state())
    _setup()


def _setup() -> None:
    ic.set_timer_interval(SWEEP_SECONDS, _sweep)


def _sweep() -> None:
    remove_expired(_now())


@inspect_message
def inspect() -> void:
    """Let a call from outside in, unless it is larger than any that could succeed, anonymous where tokens move, or not governance's."""
    method, caller = ic.method_name(), caller_text()
    limit = MAX_CONSENT_ARGUMENT_BYTES if method == _CONSENT_METHOD else MAX_LEDGER_ARGUMENT_BYTES
    if is_internal(method) or ic.arg_data_raw_size() > limit:
        return
    if method in _SIGNED_METHODS and caller == ANONYMOUS_TEXT:
        return
    if method == _GOVERNANCE_METHOD and caller != read_token().governance:
        return
    ic.accept_message()


@query
def status() -> TokenLedgerStatus:
    """How much has come together.

    Blocks; units ever minted and ever burned, fees too; accounts that hold units; allowances, expired ones until they are removed; places
    in the queue of those that expire.
    """
    state, (head, tail) = read_state(), read_queue()
    return {
        "blocks": state.blocks,
        "minted": state.minted,
        "burned": state.burned,
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
    return read_state().fee


@query
def icrc1_metadata() -> Vec[TokenMetadataEntry]:
    """What the methods above say, and the longest memo in bytes."""
    token = read_token()
    return [
        ("icrc1:name", {"Text": token.name}),
        ("icrc1:symbol", {"Text": token.symbol}),
        ("icrc1:decimals", {"Nat": token.decimals}),
        ("icrc1:fee", {"Nat": read_state().fee}),
        ("icrc1:max_memo_length", {"Nat": MAX_MEMO_BYTES}),
    ]


@query
def icrc1_total_supply() -> nat:
    """Units in all accounts together: minted, less burned, fees included."""
    return supply_of(read_state())


@query
def icrc1_minting_account() -> Opt[Account]:
    """The account that mints and burns; its balance is always zero."""
    key = read_state().minting_account
    return {"owner": principal_of(owner_of(key)), "subaccount": subaccount_of(key)}


@query
def icrc1_balance_of(account: Account) -> nat:
    """Units in an account. Traps on a subaccount that is not 32 bytes."""
    return read_holding(key_of(account))[0]


@query
def icrc1_supported_standards() -> Vec[TokenStandard]:
    """The standards that the ledger keeps; as `icrc10_supported_standards`."""
    return _standards()


@query
def icrc10_supported_standards() -> Vec[TokenStandard]:
    """The standards that the ledger keeps."""
    return _standards()


def _standards() -> list[TokenStandard]:
    tokens, others = "https://github.com/dfinity/ICRC-1", "https://github.com/dfinity/ICRC/blob/main/ICRCs"
    return [
        {"name": "ICRC-1", "url": tokens},
        {"name": "ICRC-2", "url": f"{tokens}/tree/main/standards/ICRC-2"},
        {"name": "ICRC-3", "url": f"{tokens}/tree/main/standards/ICRC-3"},
        {"name": "ICRC-10", "url": f"{others}/ICRC-10/ICRC-10.md"},
        {"name": "ICRC-21", "url": f"{others}/ICRC-21/ICRC-21.md"},
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


def _caller() -> PrincipalText:
    return PrincipalText(caller_text())


def _now() -> Nanoseconds:
    return Nanoseconds(ic.time())


def _case(refused: Refused) -> Any:
    """The `Err` of a result; kinds and fields are those that the result's variant declares."""
    return refused.as_case()
