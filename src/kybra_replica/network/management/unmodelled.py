"""Methods that the IC has and this replica refuses, with where to find them instead."""

from __future__ import annotations

from collections.abc import Mapping

_SIGNATURES = "there is no threshold signing here"
_OUTCALLS = "canisters here do not reach the network"
_SNAPSHOTS = "the heap of a Python module cannot be taken out of it; upgrade, or copy the replica's directory"
_METRICS = "one node measures nothing that would stand for a subnet"
_BITCOIN = "there is no Bitcoin node here"

REASONS: Mapping[str, str] = {
    "http_request": _OUTCALLS,
    "flexible_http_request": _OUTCALLS,
    "ecdsa_public_key": _SIGNATURES,
    "sign_with_ecdsa": _SIGNATURES,
    "schnorr_public_key": _SIGNATURES,
    "sign_with_schnorr": _SIGNATURES,
    "take_canister_snapshot": _SNAPSHOTS,
    "load_canister_snapshot": _SNAPSHOTS,
    "list_canister_snapshots": _SNAPSHOTS,
    "delete_canister_snapshot": _SNAPSHOTS,
    "read_canister_snapshot_metadata": _SNAPSHOTS,
    "read_canister_snapshot_data": _SNAPSHOTS,
    "upload_canister_snapshot_metadata": _SNAPSHOTS,
    "upload_canister_snapshot_data": _SNAPSHOTS,
    "canister_metrics": _METRICS,
    "node_metrics_history": _METRICS,
    "subnet_metrics": _METRICS,
    "subnet_info": _METRICS,
    "bitcoin_get_balance": _BITCOIN,
    "bitcoin_get_utxos": _BITCOIN,
    "bitcoin_send_transaction": _BITCOIN,
    "bitcoin_get_current_fee_percentiles": _BITCOIN,
    "bitcoin_get_block_headers": _BITCOIN,
}
"""Method -> why it is not modelled."""


def explanation(method: str) -> str | None:
    """What the caller is told; None for a method that is not among these."""
    reason = REASONS.get(method)
    return None if reason is None else f"{method} is not modelled by this replica: {reason}. dfx and PocketIC have it."
