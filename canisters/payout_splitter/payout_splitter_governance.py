"""What governance may do, in pairs: `validate_<x>` tells what `<x>` with the same arguments would do, or why it cannot; `<x>` does it.

Made for an SNS's functions: governance asks the first when a proposal is submitted and shows its text to the voters, and calls the second
with the same bytes when it was adopted. The second answers nothing and traps when it fails, since an SNS takes any answer for success.
Changes come into force after the delay that governance has set for itself; a pause at once.
"""

from kybra import Principal, Vec, nat32, nat64, query, update, void
from payout_splitter_settings import execute, execute_resolution, key_of, kind_of, text_of, validated, validated_resolution

from ddsx_core.refused import Refused
from ddsx_core.splitter_changes import (
    change_delay_change,
    governance_change,
    ledger_addition,
    ledger_switch,
    pause_change,
    plan_notice_change,
    protocol_fee_change,
    registries_change,
    treasury_change,
    validators_change,
)
from ddsx_wire.governance_types import LedgerSwitch, NewLedger, Resolution, Validation
from ddsx_wire.icrc_types import Account


@query
def validate_set_protocol_fee(ppm: nat32) -> Validation:
    """The protocol's fee: 100_000 ppm at most."""
    return validated(protocol_fee_change, ppm)


@update
def set_protocol_fee(ppm: nat32) -> void:
    """Take another fee of what is earned from the change's moment on."""
    execute(protocol_fee_change, ppm)


@query
def validate_set_plan_notice(seconds: nat64) -> Validation:
    """How long before it holds a plan has to be announced: 30 days at most."""
    return validated(plan_notice_change, seconds)


@update
def set_plan_notice(seconds: nat64) -> void:
    """Ask for another notice of plans that are announced from the change's moment on."""
    execute(plan_notice_change, seconds)


@query
def validate_set_change_delay(seconds: nat64) -> Validation:
    """How long before it holds a decision of governance is known: 30 days at most."""
    return validated(change_delay_change, seconds)


@update
def set_change_delay(seconds: nat64) -> void:
    """Let decisions wait for another time, those that are made from the change's moment on."""
    execute(change_delay_change, seconds)


@query
def validate_set_treasury(treasury: Account) -> Validation:
    """Who has the protocol's fees."""
    try:
        return validated(treasury_change, key_of(treasury))
    except Refused as refused:
        return {"Err": str(refused)}


@update
def set_treasury(treasury: Account) -> void:
    """Let another account's owner claim the protocol's fees, those too that were not claimed."""
    execute(treasury_change, key_of(treasury))


@query
def validate_set_validators(validators: Principal) -> Validation:
    """Who has the shares that plans give to validators."""
    return validated(validators_change, text_of(validators))


@update
def set_validators(validators: Principal) -> void:
    """Let another principal claim the validators' shares, those too that were not claimed."""
    execute(validators_change, text_of(validators))


@query
def validate_set_registries(registries: Vec[Principal]) -> Validation:
    """Who may record work: 16 registries at most."""
    return validated(registries_change, [registry.to_str() for registry in registries])


@update
def set_registries(registries: Vec[Principal]) -> void:
    """Let these registries, and no others, record work."""
    execute(registries_change, [registry.to_str() for registry in registries])


@query
def validate_add_ledger(ledger: NewLedger) -> Validation:
    """One more ledger to sell in: 8 at most, raw cycles once."""
    return validated(ledger_addition, kind_of(ledger["kind"]), text_of(ledger["ledger"]))


@update
def add_ledger(ledger: NewLedger) -> void:
    """List a ledger under the next number, and put it on sale from the change's moment on."""
    execute(ledger_addition, kind_of(ledger["kind"]), text_of(ledger["ledger"]))


@query
def validate_switch_ledger(switch: LedgerSwitch) -> Validation:
    """Whether new sales may be paid in a ledger."""
    return validated(ledger_switch, switch["ledger"], sells=switch["sells"])


@update
def switch_ledger(switch: LedgerSwitch) -> void:
    """Take new sales in a ledger, or none any more; what it holds is paid out in any case."""
    execute(ledger_switch, switch["ledger"], sells=switch["sells"])


@query
def validate_set_governance(governance: Principal) -> Validation:
    """Who governs."""
    return validated(governance_change, text_of(governance))


@update
def set_governance(governance: Principal) -> void:
    """Hand governance over."""
    execute(governance_change, text_of(governance))


@query
def validate_set_paused(paused: bool) -> Validation:
    """Whether new sales, plans and providers' refunds are stopped."""
    return validated(pause_change, paused=paused)


@update
def set_paused(paused: bool) -> void:
    """Stop new sales, plans and providers' refunds, or let them go on, at once; what is owed is paid in any case."""
    execute(pause_change, paused=paused)


@query
def validate_resolve(resolution: Resolution) -> Validation:
    """The outcome of a payment that stayed open until nobody could be asked about it any more."""
    return validated_resolution(resolution)


@update
def resolve(resolution: Resolution) -> void:
    """Enter the outcome that the ledger's log shows: its memo is the number of the order or payout; cycles for a canister have no block."""
    execute_resolution(resolution)
