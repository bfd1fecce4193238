"""Plans: who has what of a stream's revenue before its contributors do, and since when.

Shares in parts per million of what earlier steps left, caps in the smallest unit of each ledger (0: none), times in
nanoseconds since 1970. A payee is `provider`, `validators`, `p:` and a principal, or `s:` and a stream's number in hex.
"""

from kybra import Opt, Record, Variant, Vec, nat, nat32, nat64, null, text


class PlanStep(Record):
    payee: text
    name: text
    share_ppm: nat32
    cap_units: nat
    vest_seconds: nat64


class SetPlanArgs(Record):
    stream: nat64
    steps: Vec[PlanStep]


class AnnouncedPlan(Record):
    version: nat64
    effective_at: nat64


class PlanStreamCase(Record):
    stream: nat64


class InvalidPlanCase(Record):
    step: nat32
    reason: text


class SetPlanError(Variant, total=False):
    Paused: null
    UnknownStream: PlanStreamCase
    NotTheProvider: null
    InvalidPlan: InvalidPlanCase


class SetPlanResult(Variant, total=False):
    Ok: AnnouncedPlan
    Err: SetPlanError


class PlanEntry(Record):
    version: nat64
    effective_at: nat64
    announced_at: nat64
    block: nat64
    replaced: bool
    steps: Vec[PlanStep]


class CurrentPlan(Record):
    in_force: PlanEntry
    announced: Opt[PlanEntry]
