"""Collecting the price of an order, from the licence ledger to the splitter, and giving it back.

`collect` is idempotent by order: asked again, it answers what happened. `Pending` means that the payment ledger has not
given a conclusive answer yet: ask again later, the splitter is working on it. `InsufficientFunds` of a deposit or a balance
is not the end of the order either: ask again when there is more. The payer is the key of an account: its owner's text, and
behind a dot its subaccount as 64 hex digits, unless that is the default one.
"""

from kybra import Record, Variant, nat, nat32, nat64, null, text


class PaymentSource(Variant, total=False):
    Allowance: null
    Deposit: null
    Balance: null


class Earning(Variant, total=False):
    AtOnce: null
    BySecond: nat64
    ByRecord: nat64


class CollectArgs(Record):
    order: nat64
    stream: nat64
    payer: text
    price: nat
    ledger: nat32
    source: PaymentSource
    earning: Earning


class Collected(Record):
    block_index: nat
    price: nat
    protocol_fee: nat
    provider_share: nat
    others_share: nat
    contributors_share: nat
    escrowed: nat


class AllowanceCase(Record):
    allowance: nat
    needed: nat


class FundsCase(Record):
    balance: nat
    needed: nat


class PaymentRefusedCase(Record):
    reason: text


class LedgerCase(Record):
    ledger: nat32


class CollectError(Variant, total=False):
    NotTheLicenceLedger: null
    UnknownStream: null
    UnknownLedger: LedgerCase
    InsufficientAllowance: AllowanceCase
    InsufficientFunds: FundsCase
    PaymentRefused: PaymentRefusedCase
    PaymentRefunded: PaymentRefusedCase
    Pending: null
    Paused: null
    ConflictingOrder: null


class CollectResult(Variant, total=False):
    Ok: Collected
    Err: CollectError
