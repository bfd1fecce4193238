"""Who may call what. Source: IC interface specification, and the texts of the IC's replica."""

from __future__ import annotations

from kybra_replica.network.canister import Canister
from kybra_replica.network.management.call import Call, Callers, Refused, rejected
from kybra_replica.system_api import RejectCode


def check(call: Call, canister: Canister, callers: Callers) -> None:
    """Raise Refused unless the sender may make the call on `canister`."""
    sender, settings = call.sender, canister.settings
    if callers is Callers.ANYONE or (sender == canister.id and callers in _ALSO_ITSELF):
        return
    if callers is Callers.LOG_VIEWERS:
        if not settings.log_visibility.admits(sender, canister.controllers):
            raise rejected(f"Caller {sender} is not allowed to access canister logs")
    elif callers is Callers.STATUS_VIEWERS:
        if not settings.status_visibility.admits(sender, canister.controllers):
            raise not_a_controller(call, canister)
    elif sender not in canister.controllers:
        raise not_a_controller(call, canister)


_ALSO_ITSELF = frozenset({Callers.CONTROLLERS_AND_ITSELF, Callers.STATUS_VIEWERS})


def not_a_controller(call: Call, canister: Canister) -> Refused:
    """The refusal of a sender who does not control `canister`; people outside and canisters are told in other words."""
    if not call.is_from_canister:
        message = f"Only controllers of canister {canister.id} can call ic00 method {call.request.method}"
    else:
        known = " ".join(str(controller) for controller in sorted(canister.controllers))
        message = f"Only the controllers of the canister {canister.id} can control it.\nCanister's controllers: {known}"
        message += f"\nSender's ID: {call.sender}"
    return Refused(RejectCode.CANISTER_ERROR, message, "IC0512")
