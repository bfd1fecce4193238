"""Money on its way back to payers: orders that end early, refunds by providers, deposits that no order took."""

from kybra import Record, Variant, nat, nat32, nat64, null, text

from ddsx_wire.collect_types import LedgerCase, PaymentRefusedCase


class EndOrderArgs(Record):
    order: nat64


class Refunded(Record):
    refunded: nat


class EndOrderError(Variant, total=False):
    NotTheLicenceLedger: null
    UnknownOrder: null
    Pending: null
    NotCollected: null


class EndOrderResult(Variant, total=False):
    Ok: Refunded
    Err: EndOrderError


class RefundArgs(Record):
    order: nat64
    amount: nat
    refunded_before: nat


class RefundedBeforeCase(Record):
    refunded: nat


class MostRefundCase(Record):
    most: nat


class RefundError(Variant, total=False):
    UnknownOrder: null
    NotTheProvider: null
    Paused: null
    Pending: null
    NotCollected: null
    AlreadyRefunded: RefundedBeforeCase
    TooMuch: MostRefundCase


class RefundResult(Variant, total=False):
    Ok: Refunded
    Err: RefundError


class DepositReturnArgs(Record):
    order: nat64
    ledger: nat32


class ReturnedDeposit(Record):
    amount: nat
    block_index: nat


class EmptyDepositCase(Record):
    balance: nat
    fee: nat


class NoAnswerCase(Record):
    reason: text


class DepositReturnError(Variant, total=False):
    UnknownOrder: null
    UnknownLedger: LedgerCase
    NotPermitted: null
    Pending: null
    NothingToReturn: EmptyDepositCase
    TemporarilyUnavailable: NoAnswerCase
    PaymentRefused: PaymentRefusedCase


class DepositReturnResult(Variant, total=False):
    Ok: ReturnedDeposit
    Err: DepositReturnError
