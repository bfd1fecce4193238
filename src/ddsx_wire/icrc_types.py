"""ICRC-1 and ICRC-2 on the wire. Amounts in the ledger's smallest unit, times in nanoseconds since 1970.

Source: the ICRC-1 and ICRC-2 standards (dfinity/ICRC-1). Type names are ours; Candid compares shapes.
"""

from kybra import Opt, Principal, Record, Variant, blob, nat, nat64, null, text


class Account(Record):
    owner: Principal
    subaccount: Opt[blob]


class TransferArgs(Record):
    from_subaccount: Opt[blob]
    to: Account
    amount: nat
    fee: Opt[nat]
    memo: Opt[blob]
    created_at_time: Opt[nat64]


class BadFeeCase(Record):
    expected_fee: nat


class BadBurnCase(Record):
    min_burn_amount: nat


class InsufficientFundsCase(Record):
    balance: nat


class InsufficientAllowanceCase(Record):
    allowance: nat


class AllowanceChangedCase(Record):
    current_allowance: nat


class LedgerTimeCase(Record):
    ledger_time: nat64


class DuplicateCase(Record):
    duplicate_of: nat


class GenericErrorCase(Record):
    error_code: nat
    message: text


class TransferError(Variant, total=False):
    BadFee: BadFeeCase
    BadBurn: BadBurnCase
    InsufficientFunds: InsufficientFundsCase
    TooOld: null
    CreatedInFuture: LedgerTimeCase
    Duplicate: DuplicateCase
    TemporarilyUnavailable: null
    GenericError: GenericErrorCase


class TransferResult(Variant, total=False):
    Ok: nat
    Err: TransferError


class TransferFromArgs(Record):
    spender_subaccount: Opt[blob]
    from_: Account
    to: Account
    amount: nat
    fee: Opt[nat]
    memo: Opt[blob]
    created_at_time: Opt[nat64]


class TransferFromError(Variant, total=False):
    BadFee: BadFeeCase
    BadBurn: BadBurnCase
    InsufficientFunds: InsufficientFundsCase
    InsufficientAllowance: InsufficientAllowanceCase
    TooOld: null
    CreatedInFuture: LedgerTimeCase
    Duplicate: DuplicateCase
    TemporarilyUnavailable: null
    GenericError: GenericErrorCase


class TransferFromResult(Variant, total=False):
    Ok: nat
    Err: TransferFromError
