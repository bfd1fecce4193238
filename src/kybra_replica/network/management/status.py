"""What a canister is and does: `canister_status`, `canister_info`, `canister_metadata`, `list_canisters`."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from kybra_replica.candid.values import Some
from kybra_replica.network import module_store
from kybra_replica.network.canister import Canister, Status
from kybra_replica.network.canister_history import Change, CodeDeployment, CodeUninstall, ControllersChange, Creation, FromUser
from kybra_replica.network.management import chunks, settings
from kybra_replica.network.management.call import Call, Done, rejected
from kybra_replica.principal import Principal
from kybra_replica.system_api import StableStore

_CHANGE_BYTES = 100
"""About what the IC counts for a change, beside the principals in it."""
_NO_QUERIES = {
    "num_calls_total": 0,
    "num_instructions_total": 0,
    "request_payload_bytes_total": 0,
    "response_payload_bytes_total": 0,
}
"""Queries leave no trace here, not even in statistics."""


def canister_status(call: Call, canister: Canister) -> Done:
    """Status, settings and sizes. No rent is charged and nothing is reserved, so those fields are 0."""
    metrics = _memory_metrics(call.subnet.store, canister)
    return Done(
        {
            "status": {canister.status.name.lower(): None},
            "ready_for_migration": canister.status is Status.STOPPED,
            "version": canister.version,
            "settings": settings.as_candid(canister),
            "module_hash": _optional(canister.module_hash),
            "memory_size": sum(metrics.values()),
            "memory_metrics": metrics,
            "cycles": canister.cycles,
            "reserved_cycles": 0,
            "idle_cycles_burned_per_day": 0,
            "query_stats": _NO_QUERIES,
        }
    )


def _memory_metrics(store: StableStore, canister: Canister) -> dict[str, int]:
    """Bytes. The heap of a Python module is not measured; stable memory counts keys and values of maps too."""
    module = None if canister.module_hash is None else module_store.module_of(store, canister.module_hash)
    return {
        "wasm_memory_size": 0,
        "stable_memory_size": _bytes_in(store, store.spaces(canister.space)),
        "global_memory_size": 0,
        "wasm_binary_size": len(module or b""),
        "custom_sections_size": 0,
        "canister_history_size": _CHANGE_BYTES * len(canister.history.recent),
        "wasm_chunk_store_size": _bytes_in(store, [chunks.space_of(canister)]),
        "snapshots_size": 0,
        "log_memory_store_size": canister.log.size,
    }


def _bytes_in(store: StableStore, spaces: list[bytes]) -> int:
    return sum(len(key) + len(value) for space in spaces for key, value in store.items(space))


def canister_info(call: Call, canister: Canister) -> Done:
    """The last changes, as many as asked for and kept; none when the number is left out."""
    wanted = call.argument["num_requested_changes"]
    recent = canister.history.recent[-wanted.value :] if wanted is not None and wanted.value else ()
    return Done(
        {
            "total_num_changes": canister.history.total,
            "recent_changes": [_change(change) for change in recent],
            "module_hash": _optional(canister.module_hash),
            "controllers": sorted(canister.controllers),
        }
    )


def _change(change: Change) -> dict[str, Any]:
    return {
        "timestamp_nanos": change.time_ns,
        "canister_version": change.version,
        "origin": _origin(change),
        "details": _details(change),
    }


def _origin(change: Change) -> dict[str, Any]:
    origin = change.origin
    if isinstance(origin, FromUser):
        return {"from_user": {"user_id": origin.user}}
    return {"from_canister": {"canister_id": origin.canister, "canister_version": _optional(origin.version)}}


def _details(change: Change) -> dict[str, Any]:
    details = change.details
    if isinstance(details, Creation):
        environment = _optional(details.environment_hash)
        return {"creation": {"controllers": list(details.controllers), "environment_variables_hash": environment}}
    if isinstance(details, CodeDeployment):
        return {"code_deployment": {"mode": {details.mode: None}, "module_hash": details.module_hash}}
    if isinstance(details, ControllersChange):
        return {"controllers_change": {"controllers": list(details.controllers)}}
    assert isinstance(details, CodeUninstall)
    return {"code_uninstall": None}


def canister_metadata(call: Call, canister: Canister) -> Done:
    """A public custom section of the module."""
    name = call.argument["name"]
    if canister.engine is None:
        raise rejected(f"The canister {canister.id} has no Wasm module and hence no metadata is available.")
    value = canister.engine.metadata(name)
    if value is None:
        raise rejected(f"The canister {canister.id} has no metadata section with the name {name}.")
    return Done({"value": value})


def list_canisters(call: Call) -> Done:
    """All canisters as ranges of consecutive ids; on a local subnet everybody is its admin."""
    identities = sorted(call.subnet.canisters)
    starts = [identity for before, identity in pairwise(identities) if not _follows(before, identity)]
    ends = [before for before, identity in pairwise(identities) if not _follows(before, identity)]
    ranges = zip(identities[:1] + starts, ends + identities[-1:], strict=True)
    return Done({"canisters": [{"start": start, "end": end} for start, end in ranges]})


def _follows(before: Principal, identity: Principal) -> bool:
    number = int.from_bytes(before.raw[:8], "big")
    return number + 1 < 2**64 and before == Principal.canister(number) and identity == Principal.canister(number + 1)


def _optional(value: Any) -> Some | None:
    return None if value is None else Some(value)
