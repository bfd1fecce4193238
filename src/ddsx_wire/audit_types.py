"""Where every unit is: over all streams of a ledger, and in one stream.

Amounts in the smallest unit of their ledger, `_scaled` in 2^-128 of a unit.
"""

from kybra import Opt, Record, Vec, blob, nat, nat32, nat64, text


class LedgerAudit(Record):
    ledger: nat32
    received: nat
    protocol_fees: nat
    plan_shares: nat
    contributors_shares: nat
    escrowed: nat
    refunded: nat
    topped_up: nat
    spent: nat
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
    holdings: nat
    collecting: nat
    balanced: bool


class Audit(Record):
    ledgers: Vec[LedgerAudit]
    blocks: nat64
    certificate: Opt[blob]
    witness: blob


class PurseDue(Record):
    payee: text
    units: nat


class PurseAudit(Record):
    ledger: nat32
    received: nat
    fees: nat
    passed_on: nat
    plan_shares: nat
    contributors_shares: nat
    escrowed: nat
    refunded: nat
    provider_due: nat
    dues: Vec[PurseDue]
    credited: nat
    pending: nat
    remainder: nat
    claimable_fraction_scaled: nat
    carried_scaled: nat
    lost_scaled: int


class StreamAudit(Record):
    provider: text
    plan_version: nat64
    next_batch: nat64
    total_weight: nat64
    size: nat64
    purses: Vec[PurseAudit]
