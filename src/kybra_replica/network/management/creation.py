"""Creating canisters, and giving them cycles."""

from __future__ import annotations

from typing import Any

from kybra_replica.network.canister import Canister
from kybra_replica.network.canister_settings import Settings
from kybra_replica.network.management.call import Call, Done, Refused
from kybra_replica.network.management.settings import changed, controllers_of
from kybra_replica.principal import Principal
from kybra_replica.system_api import RejectCode

_FIRST, _LAST = Principal.canister(0), Principal.canister(2**64 - 1)
"""The range that the subnet certifies as its own."""


def create_canister(call: Call) -> Done:
    """A canister with the cycles attached; creation itself is not charged."""
    created = _create(call, call.request.cycles, None)
    return Done({"canister_id": created.id}, accepted=call.request.cycles)


def provisional_create_canister_with_cycles(call: Call) -> Done:
    """A canister with cycles out of nowhere, under an id of the caller's choice if one is given."""
    amount, specified = call.argument["amount"], call.argument["specified_id"]
    balance = None if amount is None else amount.value
    return Done({"canister_id": _create(call, balance, None if specified is None else specified.value).id})


def _create(call: Call, cycles: int | None, specified: Principal | None) -> Canister:
    given = call.argument["settings"]
    settings = Settings() if given is None else changed(Settings(), given.value)
    controllers = None if given is None else controllers_of(given.value)
    options: dict[str, Any] = {} if cycles is None else {"cycles": cycles}
    if specified is not None and (specified < _FIRST or specified > _LAST):
        raise Refused(RejectCode.CANISTER_REJECT, f"Canister {specified} is not hosted by this subnet.", "IC0405")
    if specified is not None and specified in call.subnet.canisters:
        message = f"Unsuccessful canister creation: canister id {specified} already exists."
        raise Refused(RejectCode.SYS_TRANSIENT, message, "IC0205")
    return call.subnet.create_canister(
        frozenset({call.sender}) if controllers is None else controllers,
        specified=specified,
        settings=settings,
        origin=call.origin,
        **options,
    )


def provisional_top_up_canister(call: Call, canister: Canister) -> Done:
    """Cycles out of nowhere."""
    canister.cycles += call.argument["amount"]
    return Done()


def deposit_cycles(call: Call, canister: Canister) -> Done:
    """The cycles attached to the call."""
    canister.cycles += call.request.cycles
    return Done(accepted=call.request.cycles)
