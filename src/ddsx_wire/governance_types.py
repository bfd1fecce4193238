"""What governance sets in the payout splitter: parameters, changes that are not in force yet, and the outcome of doubtful payments.

Shares in parts per million, times in nanoseconds since 1970, delays in seconds. Principals and accounts as text where the splitter only
tells them.
"""

from kybra import Opt, Principal, Record, Variant, Vec, nat, nat32, nat64, null, text

from ddsx_wire.icrc_types import Account


class LedgerKind(Variant, total=False):
    Icrc: null
    Cycles: null


class NewLedger(Record):
    kind: LedgerKind
    ledger: Principal


class LedgerSwitch(Record):
    ledger: nat32
    sells: bool


class SplitterInit(Record):
    governance: Principal
    dst_ledger: Principal
    registries: Vec[Principal]
    ledgers: Vec[NewLedger]
    treasury: Account
    validators: Opt[Principal]
    protocol_fee_ppm: nat32
    plan_notice_seconds: nat64
    change_delay_seconds: nat64


class ListedLedger(Record):
    ledger: nat32
    kind: LedgerKind
    canister: text
    sells: bool
    fee: Opt[nat]


class Parameters(Record):
    governance: text
    dst_ledger: text
    registries: Vec[text]
    ledgers: Vec[ListedLedger]
    treasury: text
    validators: text
    protocol_fee_ppm: nat32
    plan_notice_seconds: nat64
    change_delay_seconds: nat64
    paused: bool


class PendingChange(Record):
    name: text
    value: text
    effective_at: nat64


class Validation(Variant, total=False):
    Ok: text
    Err: text


class Payment(Variant, total=False):
    Collection: nat64
    Payout: nat64


class Outcome(Variant, total=False):
    CarriedOut: Opt[nat]
    NotCarriedOut: null


class Resolution(Record):
    payment: Payment
    outcome: Outcome
