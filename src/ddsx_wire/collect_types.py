"""Collecting the price of an order, from the licence ledger to the splitter.

`collect` is idempotent by order: asked again, it answers what happened. `Pending` means that the payment ledger has not
given a conclusive answer yet: ask again later, the splitter is working on it.
"""

from kybra import Record, Variant, nat, nat64, null, text

from ddsx_wire.icrc_types import Account


class CollectArgs(Record):
    order: nat64
    stream: nat64
    payer: Account
    price: nat


class Collected(Record):
    block_index: nat
    price: nat
    protocol_fee: nat
    provider_share: nat
    contributors_share: nat


class AllowanceCase(Record):
    allowance: nat
    needed: nat


class FundsCase(Record):
    balance: nat
    needed: nat


class PaymentRefusedCase(Record):
    reason: text


class CollectError(Variant, total=False):
    NotTheLicenceLedger: null
    UnknownStream: null
    InsufficientAllowance: AllowanceCase
    InsufficientFunds: FundsCase
    PaymentRefused: PaymentRefusedCase
    Pending: null
    Paused: null
    ConflictingOrder: null


class CollectResult(Variant, total=False):
    Ok: Collected
    Err: CollectError
