"""The payout splitter's public types: claims, balances, pushes, audits.

Amounts in the smallest unit of their ledger, shares in parts per million, times in nanoseconds since 1970, `_scaled` in
2^-128 of a unit. Principals and accounts as text where the splitter only tells them.
"""

from kybra import Opt, Principal, Record, Variant, Vec, nat, nat32, nat64, null, text

from ddsx_wire.collect_types import LedgerCase, PaymentRefusedCase
from ddsx_wire.icrc_types import Account, LedgerTimeCase


class MostStreamsCase(Record):
    most: nat64


class StreamCase(Record):
    stream: nat64


class InvalidAccountCase(Record):
    reason: text


class InvalidShareCase(Record):
    most_ppm: nat32


class UnavailableCase(Record):
    reason: text


class BalanceArgs(Record):
    payee: Principal
    ledger: nat32
    streams: Vec[nat64]


class Balance(Record):
    credited: nat
    claimable: nat
    in_flight: nat
    paid: nat
    ledger_fees: nat
    spent: nat
    ledger_fee: Opt[nat]


class BalanceError(Variant, total=False):
    UnknownLedger: LedgerCase
    TooManyStreams: MostStreamsCase
    UnknownStream: StreamCase


class BalanceResult(Variant, total=False):
    Ok: Balance
    Err: BalanceError


class PayTo(Variant, total=False):
    Account: Account
    CyclesLedger: Account


class ClaimArgs(Record):
    streams: Vec[nat64]
    ledger: nat32
    to: Opt[PayTo]
    created_at_time: Opt[nat64]


class PaidOut(Record):
    payout: nat64
    amount: nat
    fee: nat
    block_index: Opt[nat]


class NothingToClaimCase(Record):
    claimable: nat
    ledger_fee: nat


class SupersededCase(Record):
    latest: nat64


class PendingPayoutCase(Record):
    payout: nat64


class ClaimError(Variant, total=False):
    AnonymousCaller: null
    TooManyStreams: MostStreamsCase
    UnknownLedger: LedgerCase
    InvalidAccount: InvalidAccountCase
    Superseded: SupersededCase
    CreatedInFuture: LedgerTimeCase
    UnknownStream: StreamCase
    TemporarilyUnavailable: UnavailableCase
    NothingToClaim: NothingToClaimCase
    Pending: PendingPayoutCase
    PaymentRefused: PaymentRefusedCase


class ClaimResult(Variant, total=False):
    Ok: PaidOut
    Err: ClaimError


class PayoutStatus(Variant, total=False):
    Open: null
    Paid: Opt[nat]
    Refused: text
    Unresolved: null


class PayoutWay(Variant, total=False):
    Transfer: null
    Canister: null
    CyclesLedger: null


class PayoutState(Record):
    payout: nat64
    payee: text
    ledger: nat32
    to: text
    way: PayoutWay
    amount: nat
    fee: nat
    created_at_time: nat64
    attempts: nat64
    status: PayoutStatus


class PushSettings(Record):
    enabled: bool
    ledger: nat32
    threshold: nat
    to: Opt[PayTo]
    streams: Vec[nat64]


class InvalidThresholdCase(Record):
    most: nat


class SetPushError(Variant, total=False):
    AnonymousCaller: null
    TooManyStreams: MostStreamsCase
    UnknownLedger: LedgerCase
    InvalidAccount: InvalidAccountCase
    InvalidThreshold: InvalidThresholdCase
    UnknownStream: StreamCase
    NotAPayee: null


class SetPushResult(Variant, total=False):
    Ok: null
    Err: SetPushError


class TooFewCyclesCase(Record):
    least: nat


class TopUpError(Variant, total=False):
    NoCyclesLedger: null
    TooFewCycles: TooFewCyclesCase


class TopUpResult(Variant, total=False):
    Ok: nat
    Err: TopUpError


class OpenPayments(Record):
    collections: Vec[nat64]
    payouts: Vec[nat64]
    unresolved_collections: Vec[nat64]
    unresolved_payouts: Vec[nat64]
