"""Installing, upgrading and removing the code of a canister: all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kybra_replica.network.canister import CallContext, Canister
from kybra_replica.network.execution import Outcome, execute
from kybra_replica.network.messages import CallOrigin, IngressOrigin, Reject, canister_error, trap_reject
from kybra_replica.principal import Principal
from kybra_replica.system_api import Context, Engine, Entry, Trap
from kybra_replica.system_api.api import Environment

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
    try:
        left = None if clear or old is None else _leave(subnet, canister, old, sender)
        if clear:
            subnet.store.clear(canister.space)
        entry, environment = Entry(export), subnet.environment(canister, sender, argument=argument)
        started = _run(subnet, canister, engine, entry, Context.INIT, environment)
    except InstallFailed:
        subnet.store.rollback()
        if old is not None:
            old.rollback()
        engine.close()
        raise
    subnet.store.commit()
    if old is not None:
        old.close()
    canister.engine, canister.module_hash = engine, module_hash
    canister.version += 1
    canister.global_timer_ns = 0
    if clear:
        canister.certified_data = b""
    if left is not None and left.effects.certified_data is not None:
        canister.certified_data = left.effects.certified_data
    subnet.apply_settings(canister, started.effects)
    subnet.time_ns += 1
    return started.instructions + (0 if left is None else left.instructions)


def _leave(subnet: Subnet, canister: Canister, old: Engine, sender: Principal) -> Outcome | None:
    """`pre_upgrade` of the old code, where it has one."""
    if not canister.exports("canister_pre_upgrade"):
        return None
    environment = subnet.environment(canister, sender)
    return _run(subnet, canister, old, Entry("canister_pre_upgrade"), Context.PRE_UPGRADE, environment)


def _run(subnet: Subnet, canister: Canister, engine: Engine, entry: Entry, context: Context, environment: Environment) -> Outcome:
    outcome = execute(canister, engine, entry, context, environment)
    subnet.note(outcome)
    if outcome.trap is not None:
        raise InstallFailed(trap_reject(canister.id, outcome.trap), outcome.trap)
    return outcome


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
