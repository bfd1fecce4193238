"""What governance may do, in pairs: `validate_<x>` tells what `<x>` with the same argument would do, or why it cannot; `<x>` does it.

Made for an SNS's functions: the first is asked when a proposal is submitted, and its text shown to voters; the second is called with the
same bytes when it was adopted. The second answers nothing and traps when it fails, since an SNS takes any answer for success. Decisions
come into force after the delay.
"""

from __future__ import annotations

import stream_registry_store as store
from kybra import Principal, Vec, ic, nat64, query, update, void

from ddsx_core.governance_rules import (
    Office,
    OfficeChange,
    announced_changes,
    delay_change,
    governance_change,
    office_at,
    with_decision,
)
from ddsx_core.refused import Refused
from ddsx_core.units import Nanoseconds, PrincipalText
from ddsx_wire.governance_types import PendingChange, Validation
from ddsx_wire.principals import caller_text


def office_now() -> Office:
    """Who governs now, the delay of decisions, and those that wait."""
    settings = store.read_settings()
    return office_at(Office(PrincipalText(settings.governance), settings.change_delay_seconds, settings.pending), _now())


@query
def validate_set_governance(governance: Principal) -> Validation:
    """Who governs."""
    try:
        return {"Ok": governance_change(office_now(), PrincipalText(governance.to_str())).words}
    except Refused as refused:
        return {"Err": str(refused)}


@update
def set_governance(governance: Principal) -> void:
    """Hand governance over. Traps (in order): NotGovernance, AnonymousGovernance."""
    office = _governed()
    _write(office, governance_change(office, PrincipalText(governance.to_str())))


@query
def validate_set_change_delay(seconds: nat64) -> Validation:
    """How long before it holds a decision of governance is known: 30 days at most."""
    try:
        return {"Ok": delay_change(office_now(), seconds).words}
    except Refused as refused:
        return {"Err": str(refused)}


@update
def set_change_delay(seconds: nat64) -> void:
    """Let decisions wait for another time, those made from the change's moment on. Traps (in order): NotGovernance, OutOfBounds."""
    office = _governed()
    _write(office, delay_change(office, seconds))


@query
def pending_changes() -> Vec[PendingChange]:
    """What governance decided and does not hold yet, in the order in which it will."""
    changes = announced_changes(office_now(), _now())
    return [{"name": change.name, "value": change.value, "effective_at": change.effective_at} for change in changes]


def _governed() -> Office:
    """The office, if it is the caller's. Refuses: NotGovernance."""
    office = office_now()
    if caller_text() != office.governance:
        raise Refused("NotGovernance")
    return office


def _write(office: Office, decision: OfficeChange) -> None:
    governance, delay, pending = with_decision(office, decision, _now())
    settings = store.read_settings()
    store.write_settings(settings._replace(governance=governance, change_delay_seconds=delay, pending=pending))


def _now() -> Nanoseconds:
    return Nanoseconds(ic.time())
