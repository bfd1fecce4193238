"""Installing, upgrading and removing the code of a canister: all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kybra_replica.network.canister import CallContext, Canister
from kybra_replica.network.execution import execute
from kybra_replica.network.messages import CallOrigin, IngressOrigin, Reject, canister_error, trap_reject
from kybra_replica.principal import Principal
from kybra_replica.system_api import Context, Engine, Entry, Trap

if TYPE_CHECKING:
    from kybra_replica.network.subnet import Subnet


class InstallFailed(Exception):
    """The code was not installed and everything is as it was; `reject` is what the caller of `install_code` is told."""

    def __init__(self, reject: Reject, trap: Trap | None = None) -> None:
        super().__init__(reject.message)
        self.reject = reject
        self.trap = trap


def install(subnet: Subnet, canister: Canister, engine: Engine, module_hash: bytes, argument: bytes, sender: Principal) -> int:
    """First code of an empty canister; answers the instructions of `init`. Raises InstallFailed."""
    if canister.engine is not None:
        raise InstallFailed(canister_error(canister.id, "Canister is not empty: reinstall or upgrade it", "IC0538"))
    return _start(subnet, canister, engine, module_hash, "canister_init", argument, sender, clear=True)


def reinstall(subnet: Subnet, canister: Canister, engine: Engine, module_hash: bytes, argument: bytes, sender: Principal) -> int:
    """New code on empty memory. Raises InstallFailed."""
    return _start(subnet, canister, engine, module_hash, "canister_init", argument, sender, clear=True)


def upgrade(subnet: Subnet, canister: Canister, engine: Engine, module_hash: bytes, argument: bytes, sender: Principal) -> int:
    """New code on the same stable memory: `pre_upgrade` of the old, `post_upgrade` of the new. Raises InstallFailed."""
    if canister.engine is None:
        raise InstallFailed(canister_error(canister.id, "Canister is empty: install code first", "IC0537"))
    return _start(subnet, canister, engine, module_hash, "canister_post_upgrade", argument, sender, clear=False)


def _start(
    subnet: Subnet, canister: Canister, engine: Engine, module_hash: bytes, export: str, argument: bytes, sender: Principal, *, clear: bool
) -> int:
    old = canister.engine
    subnet.store.begin()
    if old is not None:
        old.begin()
    instructions = 0
    certified = canister.certified_data
    try:
        if not clear and old is not None and canister.exports("canister_pre_upgrade"):
            before = execute(canister, old, Entry("canister_pre_upgrade"), Context.PRE_UPGRADE, subnet.environment(canister, sender))
            subnet.note(before)
            if before.trap is not None:
                raise InstallFailed(trap_reject(canister.id, before.trap), before.trap)
            instructions += before.instructions
            certified = certified if before.effects.certified_data is None else before.effects.certified_data
        if clear:
            subnet.store.clear(canister.space)
            certified = b""
        outcome = execute(canister, engine, Entry(export), Context.INIT, subnet.environment(canister, sender, argument=argument))
        subnet.note(outcome)
        if outcome.trap is not None:
            raise InstallFailed(trap_reject(canister.id, outcome.trap), outcome.trap)
    except InstallFailed:
        subnet.store.rollback()
        if old is not None:
            old.rollback()
        engine.close()
        raise
    subnet.store.commit()
    if old is not None:
        old.close()
    canister.engine = engine
    canister.module_hash = module_hash
    canister.version += 1
    canister.global_timer_ns = 0
    canister.certified_data = certified
    subnet.apply_settings(canister, outcome.effects)
    subnet.time_ns += 1
    return instructions + outcome.instructions


def uninstall(subnet: Subnet, canister: Canister) -> None:
    """Remove code and memory; calls that the canister was working on are rejected, answers to its own calls dropped."""
    subnet.store.begin()
    subnet.store.clear(canister.space)
    subnet.store.commit()
    if canister.engine is not None:
        canister.engine.close()
    canister.engine = canister.module_hash = None
    canister.certified_data = b""
    canister.global_timer_ns = 0
    contexts, canister.contexts = canister.contexts, {}
    canister.pending.clear()
    canister.open_calls.clear()
    for context in contexts.values():
        _reject_open(subnet, canister, context)


def _reject_open(subnet: Subnet, canister: Canister, context: CallContext) -> None:
    if not context.responded and isinstance(context.origin, (CallOrigin, IngressOrigin)):
        context.responded = True
        gone = canister_error(canister.id, "Canister has been uninstalled", "IC0537")
        subnet.answer(context.origin, canister.id, "", gone, context.cycles_available)
