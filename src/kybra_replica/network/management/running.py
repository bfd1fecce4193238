"""Starting, stopping and deleting canisters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kybra_replica.candid import encode
from kybra_replica.network import lifecycle
from kybra_replica.network.canister import Canister, Status
from kybra_replica.network.management import chunks
from kybra_replica.network.management.call import Call, Done, Refused
from kybra_replica.network.messages import Reply, canister_error
from kybra_replica.system_api import RejectCode

if TYPE_CHECKING:
    from kybra_replica.network.subnet import Subnet


def start_canister(call: Call, canister: Canister) -> Done:
    """Let the canister take calls; those who wait for it to stop are told that it will not."""
    waiting, canister.stop_requests = canister.stop_requests, ()
    if canister.status is not Status.RUNNING:
        canister.status = Status.RUNNING
        canister.version += 1
    for request in waiting:
        failed = canister_error(canister.id, f"Canister {canister.id}'s stop request was cancelled: it was started", "IC0509")
        call.subnet.respond(request, failed)
    return Done()


def stop_canister(call: Call, canister: Canister) -> Done | None:
    """Let the canister end what it is working on and take nothing more; answered when that is so."""
    if canister.status is Status.STOPPED:
        return Done()
    canister.status = Status.STOPPING
    canister.version += 1
    canister.stop_requests = (*canister.stop_requests, call.request)
    if not canister.contexts:
        finish_stopping(call.subnet, canister)
    return None


def finish_stopping(subnet: Subnet, canister: Canister) -> None:
    """The last open call of a stopping canister has ended."""
    waiting, canister.stop_requests = canister.stop_requests, ()
    canister.status = Status.STOPPED
    for request in waiting:
        subnet.respond(request, Reply(encode((), ())))


def delete_canister(call: Call, canister: Canister) -> Done:
    """Remove a stopped canister with all that it has; its cycles are lost."""
    if canister.id == call.sender:
        raise Refused(RejectCode.CANISTER_ERROR, f"Canister {canister.id} cannot delete itself.", "IC0512")
    if canister.status is not Status.STOPPED:
        message = f"Canister {canister.id} must be stopped before it is deleted."
        raise Refused(RejectCode.CANISTER_ERROR, message, "IC0510")
    lifecycle.uninstall(call.subnet, canister)
    chunks.clear(call.subnet, canister)
    del call.subnet.canisters[canister.id]
    return Done()
