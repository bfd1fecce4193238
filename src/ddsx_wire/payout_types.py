"""The payout splitter's public types: claims, balances, pushes, audits, and what governance may do.

Amounts in the payment ledger's smallest unit, shares in parts per million, times in nanoseconds since 1970, `_scaled` in
2^-128 of a unit. Principals and accounts as text where the splitter only tells them.
"""

from kybra import Opt, Principal, Record, Variant, Vec, blob, nat, nat32, nat64, null, text

from ddsx_wire.collect_types import PaymentRefusedCase
from ddsx_wire.icrc_types import Account, LedgerTimeCase


class SplitterInit(Record):
    governance: Principal
    dst_ledger: Principal
    registries: Vec[Principal]
    payment_ledger: Principal
    treasury: Account
    protocol_fee_ppm: nat32


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


class SetPlanError(Variant, total=False):
    UnknownStream: StreamCase
    NotTheProvider: null
    InvalidShare: InvalidShareCase


class SetPlanResult(Variant, total=False):
    Ok: null
    Err: SetPlanError


class BalanceArgs(Record):
    payee: Principal
    streams: Vec[nat64]


class Balance(Record):
    credited: nat
    claimable: nat
    in_flight: nat
    paid: nat
    ledger_fees: nat
    ledger_fee: Opt[nat]


class BalanceError(Variant, total=False):
    TooManyStreams: MostStreamsCase
    UnknownStream: StreamCase


class BalanceResult(Variant, total=False):
    Ok: Balance
    Err: BalanceError


class ClaimArgs(Record):
    streams: Vec[nat64]
    to: Opt[Account]
    created_at_time: Opt[nat64]


class PaidOut(Record):
    payout: nat64
    amount: nat
    fee: nat
    block_index: nat


class NothingToClaimCase(Record):
    claimable: nat
    ledger_fee: nat


class SupersededCase(Record):
    latest: nat64


class PendingPayoutCase(Record):
    payout: nat64


class ClaimError(Variant, total=False):
    AnonymousCaller: null
    Paused: null
    TooManyStreams: MostStreamsCase
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
    Paid: nat
    Refused: text
    Unresolved: null


class PayoutState(Record):
    payout: nat64
    payee: text
    to: text
    amount: nat
    fee: nat
    created_at_time: nat64
    attempts: nat64
    status: PayoutStatus


class PushSettings(Record):
    enabled: bool
    threshold: nat
    to: Opt[Account]
    streams: Vec[nat64]


class InvalidThresholdCase(Record):
    most: nat


class SetPushError(Variant, total=False):
    AnonymousCaller: null
    TooManyStreams: MostStreamsCase
    InvalidAccount: InvalidAccountCase
    InvalidThreshold: InvalidThresholdCase
    UnknownStream: StreamCase
    NotAPayee: null


class SetPushResult(Variant, total=False):
    Ok: null
    Err: SetPushError


class Audit(Record):
    received: nat
    protocol_fees: nat
    provider_shares: nat
    contributors_shares: nat
    settled: nat
    credited: nat
    claimable: nat
    in_flight: nat
    paid: nat
    ledger_fees_paid: nat
    pending: nat
    remainder: nat
    claimable_fraction_scaled: nat
    carried_scaled: nat
    lost_scaled: int
    balanced: bool
    collecting: nat
    certificate: Opt[blob]
    witness: blob


class StreamAudit(Record):
    provider: text
    provider_share_ppm: nat32
    next_batch: nat64
    total_weight: nat64
    provider_credited: nat
    provider_due: nat
    received: nat
    credited: nat
    pending: nat
    remainder: nat
    claimable_fraction_scaled: nat
    carried_scaled: nat
    lost_scaled: int


class OpenPayments(Record):
    collections: Vec[nat64]
    payouts: Vec[nat64]
    unresolved_collections: Vec[nat64]
    unresolved_payouts: Vec[nat64]


class Parameters(Record):
    governance: text
    dst_ledger: text
    registries: Vec[text]
    payment_ledger: text
    treasury: text
    protocol_fee_ppm: nat32
    paused: bool
    ledger_fee: Opt[nat]


class ConfigureArgs(Record):
    governance: Opt[Principal]
    registries: Opt[Vec[Principal]]
    treasury: Opt[Account]
    protocol_fee_ppm: Opt[nat32]
    paused: Opt[bool]


class TooManyRegistriesCase(Record):
    most: nat64


class ConfigureError(Variant, total=False):
    NotGovernance: null
    InvalidShare: InvalidShareCase
    InvalidAccount: InvalidAccountCase
    TooManyRegistries: TooManyRegistriesCase


class ConfigureResult(Variant, total=False):
    Ok: null
    Err: ConfigureError


class Payment(Variant, total=False):
    Collection: nat64
    Payout: nat64


class ResolveArgs(Record):
    payment: Payment
    block_index: Opt[nat]


class ResolveError(Variant, total=False):
    NotGovernance: null
    NotUnresolved: null


class ResolveResult(Variant, total=False):
    Ok: null
    Err: ResolveError
