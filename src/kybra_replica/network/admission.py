"""Why a canister takes no call, before any of its code is asked."""

from __future__ import annotations

from kybra_replica.network.canister import Canister, Status
from kybra_replica.network.messages import CallOrigin, Reject, RequestMessage, canister_error


def unavailable(canister: Canister) -> Reject | None:
    """The refusal of a canister that does not run or has no code."""
    if canister.status is Status.STOPPED:
        return canister_error(canister.id, "Canister is stopped", "IC0508")
    if canister.status is Status.STOPPING:
        return canister_error(canister.id, "Canister is not running: it is stopping", "IC0509")
    if canister.engine is None:
        return canister_error(canister.id, "Attempted to execute a message, but the canister contains no module", "IC0537")
    return None


def underpaid(canister: Canister, request: RequestMessage) -> Reject | None:
    """The refusal of another canister's call that brings fewer cycles than the settings demand."""
    least = canister.settings.minimum_incoming_canister_call_cycles
    if not isinstance(request.origin, CallOrigin) or request.sender == canister.id or request.cycles >= least:
        return None
    return canister_error(canister.id, f"{request.cycles} cycles came with the call, and at least {least} are required", "IC0520")
