"""What the licence ledger tells a registry: who may read what, until when; and what a registry answers it.

Entitlements are numbered densely by the licence ledger, one sequence for each registry; the registry takes them in order,
answers a repeated one as it answered the first, and refuses a gap. Times in nanoseconds since 1970.
"""

from kybra import Record, Variant, Vec, nat64, null, text


class Entitlement(Record):
    licence: nat64
    stream: nat64
    holder: text
    valid_from: nat64
    valid_until: nat64


class EntitlementBatch(Record):
    first: nat64
    entitlements: Vec[Entitlement]


class NextEntitlementCase(Record):
    expected: nat64


class TooManyEntitlementsCase(Record):
    most: nat64


class ApplyEntitlementsError(Variant, total=False):
    NotTheLicenceLedger: null
    Gap: NextEntitlementCase
    OversizedBatch: TooManyEntitlementsCase


class ApplyEntitlementsResult(Variant, total=False):
    Ok: nat64
    Err: ApplyEntitlementsError


class SettledWork(Record):
    size: nat64
    root: text
    remaining_batches: nat64


class UnsettledCase(Record):
    reason: text


class SettleWorkError(Variant, total=False):
    UnknownStream: null
    NotPermitted: null
    TemporarilyUnavailable: UnsettledCase


class SettleWorkResult(Variant, total=False):
    Ok: SettledWork
    Err: SettleWorkError


class StreamParty(Record):
    provider: text
    title: text


class StreamPartyResult(Variant, total=False):
    Ok: StreamParty
    Err: null
