"""Offers, quotes, purchases and orders: the public types of the licence ledger's sales.

Amounts in the smallest unit of the offer's ledger, lengths of time in seconds, moments in nanoseconds since 1970.
"""

from kybra import Opt, Principal, Record, Variant, Vec, blob, nat, nat16, nat32, nat64, null, text

from ddsx_wire.collect_types import AllowanceCase, FundsCase, PaymentRefusedCase, PaymentSource
from ddsx_wire.entitlement_types import UnsettledCase
from ddsx_wire.icrc_types import Account, LedgerTimeCase


class RegistryShard(Record):
    shard: nat16
    registry: Principal


class DstLedgerInit(Record):
    governance: Principal
    payout_splitter: Principal
    registries: Vec[RegistryShard]
    payment_ledger: Principal
    change_delay_seconds: nat64


class RegistryStatus(Record):
    shard: nat16
    registry: Principal
    entitlements: nat64
    delivered: nat64


class DstLedgerStatus(Record):
    governance: Principal
    payout_splitter: Principal
    payment_ledger: Principal
    change_delay_seconds: nat64
    ledger_fee: Opt[nat]
    offers: nat64
    orders: nat64
    unfinished_orders: nat64
    licences: nat64
    blocks: nat64
    remembered_requests: nat64
    registries: Vec[RegistryStatus]


class OfferEarning(Variant, total=False):
    AtOnce: null
    BySecond: null
    ByRecord: nat64


class SubscriptionTerms(Record):
    period_seconds: nat64
    price: nat
    max_periods: nat32
    ledger: nat32
    earning: OfferEarning
    cancellable: bool


class Terms(Variant, total=False):
    Subscription: SubscriptionTerms


class CreateOffer(Record):
    stream: nat64
    title: Opt[text]
    terms: Terms


class Offer(Record):
    offer: nat64
    stream: nat64
    provider: Principal
    title: Opt[text]
    terms: Terms
    created_at: nat64
    open: bool


class ReasonCase(Record):
    reason: text


class MostCase(Record):
    most: nat32


class CreateOfferError(Variant, total=False):
    AnonymousCaller: null
    TitleTooLong: MostCase
    InvalidTerms: ReasonCase
    UnknownStream: null
    NotTheProvider: null
    TooManyOffers: MostCase
    StreamUnavailable: UnsettledCase


class CreateOfferResult(Variant, total=False):
    Ok: nat64
    Err: CreateOfferError


class CloseOfferError(Variant, total=False):
    UnknownOffer: null
    NotTheProvider: null


class CloseOfferResult(Variant, total=False):
    Ok: null
    Err: CloseOfferError


class QuoteArgs(Record):
    offer: nat64
    periods: nat32


class Quote(Record):
    price: nat
    ledger: nat32
    ledger_fee: Opt[nat]
    allowance: Opt[nat]
    spender: Principal
    payment_ledger: Opt[Principal]
    valid_seconds: nat64


class QuoteError(Variant, total=False):
    UnknownOffer: null
    OfferClosed: null
    PeriodsOutOfRange: MostCase
    LedgerFeeUnknown: null


class QuoteResult(Variant, total=False):
    Ok: Quote
    Err: QuoteError


class PurchaseArgs(Record):
    offer: nat64
    periods: nat32
    max_price: nat
    created_at_time: nat64
    payer_subaccount: Opt[blob]
    source: PaymentSource


class Purchase(Record):
    order: nat64
    licence: nat64
    stream: nat64
    price: nat
    valid_from: nat64
    valid_until: nat64
    stream_size: nat64
    stream_root: text
    block_index: nat


class PriceCase(Record):
    price: nat


class PendingCase(Record):
    order: nat64


class DepositCase(Record):
    account: Account
    amount: nat


class PurchaseError(Variant, total=False):
    AnonymousCaller: null
    InvalidAccount: ReasonCase
    TooOld: null
    CreatedInFuture: LedgerTimeCase
    UnknownOffer: null
    OfferClosed: null
    PeriodsOutOfRange: MostCase
    PriceAboveLimit: PriceCase
    InsufficientAllowance: AllowanceCase
    InsufficientFunds: FundsCase
    PaymentRefused: PaymentRefusedCase
    PaymentRefunded: PaymentRefusedCase
    StreamUnavailable: UnsettledCase
    Pending: PendingCase
    AwaitingDeposit: DepositCase


class PurchaseResult(Variant, total=False):
    Ok: Purchase
    Err: PurchaseError


class CollectingOrder(Record):
    attempts: nat32
    stream_size: nat64
    stream_root: text
    awaited: Opt[nat]


class CompletedOrder(Record):
    licence: nat64
    valid_from: nat64
    valid_until: nat64
    stream_size: nat64
    stream_root: text
    block_index: nat
    protocol_fee: nat
    provider_share: nat
    others_share: nat
    contributors_share: nat
    escrowed: nat
    ended_at: Opt[nat64]
    refunded: Opt[nat]


class RefusedOrder(Record):
    reason: PurchaseError
    refused_at: nat64


class OrderState(Variant, total=False):
    Settling: null
    Collecting: CollectingOrder
    Completed: CompletedOrder
    Ending: CompletedOrder
    Ended: CompletedOrder
    Refused: RefusedOrder


class Order(Record):
    order: nat64
    buyer: Principal
    payer_subaccount: Opt[blob]
    source: PaymentSource
    offer: nat64
    periods: nat32
    max_price: nat
    created_at_time: nat64
    stream: nat64
    price: nat
    ledger: nat32
    accepted_at: nat64
    state: OrderState


class EndedLicence(Record):
    order: nat64
    valid_until: nat64
    refunded: nat


class EndLicenceError(Variant, total=False):
    UnknownLicence: null
    NotPermitted: null
    NotCancellable: null
    Pending: PendingCase


class EndLicenceResult(Variant, total=False):
    Ok: EndedLicence
    Err: EndLicenceError
