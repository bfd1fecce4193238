"""What governance may do, in pairs: `validate_<x>` tells what `<x>` with the same argument would do, or why it cannot; `<x>` does it.

Made for an SNS's functions: the first is asked when a proposal is submitted, and its text shown to voters; the second is called with the
same bytes when it was adopted. The second answers nothing and traps when it fails, since an SNS takes any answer for success. Who governs
and how long decisions wait changes after the delay; a registry is added at once, since that takes nothing from anybody.
"""

import dst_ledger_store as store
from dst_ledger_sales import time_now
from dst_ledger_settings import MAX_SHARDS, Shard, office_of, with_office
from dst_ledger_views import shard_view
from kybra import Principal, Vec, nat64, query, update, void

from ddsx_core.governance_rules import OfficeChange, announced_changes, delay_change, governance_change, with_decision
from ddsx_core.refused import Refused
from ddsx_core.units import PrincipalText
from ddsx_wire.governance_types import PendingChange, Validation
from ddsx_wire.offer_types import DstLedgerStatus, RegistryShard
from ddsx_wire.principals import caller_text, principal_of


@query
def validate_add_registry(entry: RegistryShard) -> Validation:
    """One more registry whose streams are sold: 256 at most, each with a shard of its own."""
    try:
        return {"Ok": _registry_words(entry)}
    except Refused as refused:
        return {"Err": str(refused)}


@update
def add_registry(entry: RegistryShard) -> void:
    """Sell the streams of one more registry. Naming the registry of a shard again changes nothing.

    Traps (in order): NotGovernance, ShardTaken by another registry, TooManyShards.
    """
    _check_governance()
    _registry_words(entry)
    number, settings = entry["shard"], store.settings()
    if store.shard(number) is None:
        store.put_shard(number, Shard(entry["registry"].to_str()))
        store.put_settings(settings._replace(shards=(*settings.shards, number)))


@query
def validate_set_governance(governance: Principal) -> Validation:
    """Who governs."""
    try:
        return {"Ok": governance_change(office_of(store.settings(), time_now()), PrincipalText(governance.to_str())).words}
    except Refused as refused:
        return {"Err": str(refused)}


@update
def set_governance(governance: Principal) -> void:
    """Hand governance over. Traps (in order): NotGovernance, AnonymousGovernance."""
    _check_governance()
    _decide(governance_change(office_of(store.settings(), time_now()), PrincipalText(governance.to_str())))


@query
def validate_set_change_delay(seconds: nat64) -> Validation:
    """How long before it holds a decision of governance is known: 30 days at most."""
    try:
        return {"Ok": delay_change(office_of(store.settings(), time_now()), seconds).words}
    except Refused as refused:
        return {"Err": str(refused)}


@update
def set_change_delay(seconds: nat64) -> void:
    """Let decisions wait for another time, those made from the change's moment on. Traps (in order): NotGovernance, OutOfBounds."""
    _check_governance()
    _decide(delay_change(office_of(store.settings(), time_now()), seconds))


@query
def pending_changes() -> Vec[PendingChange]:
    """What governance decided and does not hold yet, in the order in which it will."""
    changes = announced_changes(office_of(store.settings(), time_now()), time_now())
    return [{"name": change.name, "value": change.value, "effective_at": change.effective_at} for change in changes]


@query
def ledger_status() -> DstLedgerStatus:
    """What the ledger was set up with, how much it holds, and what waits."""
    settings = store.settings()
    office = office_of(settings, time_now())
    shards = [(number, store.shard(number)) for number in settings.shards]
    return {
        "governance": principal_of(office.governance),
        "payout_splitter": principal_of(settings.payout_splitter),
        "payment_ledger": principal_of(settings.payment_ledger),
        "change_delay_seconds": office.change_delay_seconds,
        "ledger_fee": store.upkeep().ledger_fee,
        "offers": store.offer_count(),
        "orders": store.order_count(),
        "unfinished_orders": store.open_order_count(),
        "licences": store.licence_count(),
        "blocks": store.block_count(),
        "remembered_requests": store.remembered_count(),
        "registries": [shard_view(number, shard) for number, shard in shards if shard is not None],
    }


def governs(caller: str) -> bool:
    """Whether a principal governs now."""
    return caller == office_of(store.settings(), time_now()).governance


def _check_governance() -> None:
    if not governs(caller_text()):
        raise Refused("NotGovernance")


def _decide(decision: OfficeChange) -> None:
    settings, now = store.settings(), time_now()
    store.put_settings(with_office(settings, with_decision(office_of(settings, now), decision, now)))


def _registry_words(entry: RegistryShard) -> str:
    """What adding a registry means. Refuses (in order): ShardTaken, TooManyShards."""
    number, registry = entry["shard"], entry["registry"].to_str()
    taken = store.shard(number)
    if taken is None:
        if len(store.settings().shards) == MAX_SHARDS:
            raise Refused("TooManyShards", {"most": MAX_SHARDS})
        return f"registry of shard {number}: none -> {registry}; in force at execution"
    if taken.registry != registry:
        raise Refused("ShardTaken", {"registry": taken.registry})
    return f"registry of shard {number}: {registry} already; nothing changes"
