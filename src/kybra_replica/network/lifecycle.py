"""Installing, upgrading and removing the code of a canister: all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kybra_replica.network import module_store
from kybra_replica.network.canister import CallContext, Canister
from kybra_replica.network.canister_history import ChangeOrigin, CodeDeployment, CodeUninstall, FromCanister, FromUser
from kybra_replica.network.execution import Outcome, execute
from kybra_replica.network.messages import CallOrigin, IngressOrigin, Reject, canister_error, trap_reject
from kybra_replica.principal import Principal
from kybra_replica.system_api import Context, Engine, Entry, RejectCode, Trap
from kybra_replica.system_api.api import Environment

if TYPE_CHECKING:
    from kybra_replica.network.subnet import Subnet


class InstallFailed(Exception):
    """The code was not installed and everything is as it was; `reject` is what the caller of `install_code` is told."""

    def __init__(self, reject: Reject, trap: Trap | None = None) -> None:
        super().__init__(reject.message)
        self.reject = reject
        self.trap = trap


def check_mode(canister: Canister, mode: str) -> None:
    """Raise InstallFailed where `mode` does not suit: `install` wants an empty canister, `upgrade` one with code."""
    if mode == "install" and canister.engine is not None:
        what = "cannot be installed because the canister is not empty. Try installing with mode='reinstall' instead."
        raise InstallFailed(Reject(RejectCode.CANISTER_ERROR, f"Canister {canister.id} {what}", "IC0514"))
    if mode == "upgrade" and canister.engine is None:
        what = "Attempted to execute a message, but the canister contains no Wasm module"
        raise InstallFailed(canister_error(canister.id, what, "IC0537"))


def install(
    subnet: Subnet, canister: Canister, engine: Engine, module_hash: bytes, argument: bytes, sender: Principal, module: bytes | None = None
) -> int:
    """First code of an empty canister; answers the instructions of `init`. Raises InstallFailed.

    `module` is what `open_module` makes the engine from again; it is kept in the store under its hash.
    """
    return change_code(subnet, canister, engine, module_hash, argument, sender, mode="install", module=module)


def reinstall(
    subnet: Subnet, canister: Canister, engine: Engine, module_hash: bytes, argument: bytes, sender: Principal, module: bytes | None = None
) -> int:
    """New code on empty memory. Raises InstallFailed."""
    return change_code(subnet, canister, engine, module_hash, argument, sender, mode="reinstall", module=module)


def upgrade(
    subnet: Subnet, canister: Canister, engine: Engine, module_hash: bytes, argument: bytes, sender: Principal, module: bytes | None = None
) -> int:
    """New code on the same stable memory: `pre_upgrade` of the old, `post_upgrade` of the new. Raises InstallFailed."""
    return change_code(subnet, canister, engine, module_hash, argument, sender, mode="upgrade", module=module)


def change_code(
    subnet: Subnet,
    canister: Canister,
    engine: Engine,
    module_hash: bytes,
    argument: bytes,
    sender: Principal,
    *,
    mode: str,
    module: bytes | None = None,
    origin: ChangeOrigin | None = None,
    skip_pre_upgrade: bool = False,
) -> int:
    """Install code in the way of `mode` (`install`, `reinstall`, `upgrade`); answers the instructions that took.

    The history names `origin`, or the sender without a version. Raises InstallFailed.
    """
    check_mode(canister, mode)
    old, first_line = canister.engine, canister.log.next_index
    subnet.store.begin()
    if old is not None:
        old.begin()
    try:
        left = _leave(subnet, canister, old, sender) if mode == "upgrade" and not skip_pre_upgrade else None
        started = _enter(subnet, canister, engine, argument, sender, mode)
    except InstallFailed:
        subnet.store.rollback()
        if old is not None:
            old.rollback()
        engine.close()
        raise
    module_store.replace(subnet, canister, module_hash, module)
    subnet.store.commit()
    if old is not None:
        old.close()
    canister.engine, canister.module_hash = engine, module_hash
    canister.version += 1
    canister.installed_ns = subnet.time_ns
    if mode == "reinstall":
        canister.log = canister.log.since(first_line)
    canister.note_change(subnet.time_ns, origin or origin_of(subnet, sender), CodeDeployment(mode, module_hash))
    _take_effects(subnet, canister, left, started, clear=mode != "upgrade")
    subnet.time_ns += 1
    return started.instructions + (0 if left is None else left.instructions)


def origin_of(subnet: Subnet, sender: Principal, version: int | None = None) -> ChangeOrigin:
    """How the history names a sender: as a canister where it is one, with the version that it gives itself."""
    return FromCanister(sender, version) if sender in subnet.canisters else FromUser(sender)


def _leave(subnet: Subnet, canister: Canister, old: Engine | None, sender: Principal) -> Outcome | None:
    """`pre_upgrade` of the old code, where it has one."""
    if old is None or not canister.exports("canister_pre_upgrade"):
        return None
    environment = subnet.environment(canister, sender)
    return _run(subnet, canister, old, Entry("canister_pre_upgrade"), Context.PRE_UPGRADE, environment)


def _enter(subnet: Subnet, canister: Canister, engine: Engine, argument: bytes, sender: Principal, mode: str) -> Outcome:
    """`init` on empty memory, or `post_upgrade` on what is there."""
    if subnet.on_disk is not None:
        engine.record()
    if mode != "upgrade":
        subnet.store.clear(canister.space)
    environment = subnet.environment(canister, sender, argument=argument)
    export = "canister_post_upgrade" if mode == "upgrade" else "canister_init"
    return _run(subnet, canister, engine, Entry(export), Context.INIT, environment)


def _take_effects(subnet: Subnet, canister: Canister, left: Outcome | None, started: Outcome, *, clear: bool) -> None:
    canister.global_timer_ns = 0
    if clear:
        canister.certified_data = b""
    if left is not None and left.effects.certified_data is not None:
        canister.certified_data = left.effects.certified_data
    subnet.apply_settings(canister, started.effects)


def _run(subnet: Subnet, canister: Canister, engine: Engine, entry: Entry, context: Context, environment: Environment) -> Outcome:
    outcome = execute(canister, engine, entry, context, environment)
    subnet.note(outcome)
    if outcome.trap is not None:
        raise InstallFailed(trap_reject(canister.id, outcome.trap), outcome.trap)
    return outcome


def uninstall(subnet: Subnet, canister: Canister, origin: ChangeOrigin | None = None) -> None:
    """Remove code and memory; calls that the canister was working on are rejected, answers to its own calls dropped.

    The history names `origin`; None is for a canister that goes altogether.
    """
    subnet.store.begin()
    subnet.store.clear(canister.space)
    module_store.release(subnet, canister)
    subnet.store.commit()
    if canister.engine is not None:
        canister.engine.close()
    canister.engine = canister.module_hash = None
    canister.installed_ns = 0
    canister.certified_data = b""
    canister.global_timer_ns = 0
    canister.log = canister.log.since(canister.log.next_index)
    canister.version += 1
    if origin is not None:
        canister.note_change(subnet.time_ns, origin, CodeUninstall())
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
