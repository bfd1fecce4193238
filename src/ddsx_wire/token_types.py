"""What the token ledger says beside `icrc_types`: approvals, allowances, metadata, and what it is installed with.

Amounts in the ledger's smallest unit, times in nanoseconds since 1970. Source: ICRC-1 and ICRC-2 (dfinity/ICRC-1). Type names are ours;
Candid compares shapes.
"""

from kybra import Opt, Principal, Record, Tuple, Variant, blob, nat, nat8, nat64, null, text

from ddsx_wire.icrc_types import (
    Account,
    AllowanceChangedCase,
    BadFeeCase,
    DuplicateCase,
    GenericErrorCase,
    InsufficientFundsCase,
    LedgerTimeCase,
)


class TokenLedgerInit(Record):
    name: text
    symbol: text
    decimals: nat8
    transfer_fee: nat
    minting_account: Account
    governance: Opt[Principal]


class TokenLedgerStatus(Record):
    blocks: nat64
    minted: nat
    burned: nat
    accounts: nat64
    allowances: nat64
    expiring_allowances: nat64


class TokenMetadataValue(Variant, total=False):
    Nat: nat
    Int: int
    Text: text
    Blob: blob


TokenMetadataEntry = Tuple[text, TokenMetadataValue]


class TokenStandard(Record):
    name: text
    url: text


class ApproveArgs(Record):
    from_subaccount: Opt[blob]
    spender: Account
    amount: nat
    expected_allowance: Opt[nat]
    expires_at: Opt[nat64]
    fee: Opt[nat]
    memo: Opt[blob]
    created_at_time: Opt[nat64]


class ApproveError(Variant, total=False):
    BadFee: BadFeeCase
    InsufficientFunds: InsufficientFundsCase
    AllowanceChanged: AllowanceChangedCase
    Expired: LedgerTimeCase
    TooOld: null
    CreatedInFuture: LedgerTimeCase
    Duplicate: DuplicateCase
    TemporarilyUnavailable: null
    GenericError: GenericErrorCase


class ApproveResult(Variant, total=False):
    Ok: nat
    Err: ApproveError


class AllowanceArgs(Record):
    account: Account
    spender: Account


class ApprovedAllowance(Record):
    allowance: nat
    expires_at: Opt[nat64]


class ValidationResult(Variant, total=False):
    Ok: text
    Err: text
