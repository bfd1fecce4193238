"""Installing and removing code."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from kybra_replica.network import lifecycle
from kybra_replica.network.canister import Canister
from kybra_replica.network.lifecycle import InstallFailed
from kybra_replica.network.management import chunks
from kybra_replica.network.management.call import Call, Done, Refused, rejected, violated
from kybra_replica.network.management.running import finish_stopping
from kybra_replica.network.messages import canister_error
from kybra_replica.system_api import Engine, ModuleRefused


def install_code(call: Call, canister: Canister) -> Done:
    """Install the module that came with the call."""
    return _install(call, canister, call.argument["wasm_module"])


def install_chunked_code(call: Call, canister: Canister) -> Done:
    """Install a module from chunks that were uploaded before."""
    module = chunks.assemble(call, canister)
    if sha256(module).digest() != call.argument["wasm_module_hash"]:
        given, found = call.argument["wasm_module_hash"].hex(), sha256(module).hexdigest()
        raise violated(f"Error from Wasm chunk store: Wasm module hash {found} does not match given hash {given}.")
    return _install(call, canister, module)


def uninstall_code(call: Call, canister: Canister) -> Done:
    """Leave the canister empty; what it was working on is rejected."""
    lifecycle.uninstall(call.subnet, canister, call.origin)
    chunks.clear(call.subnet, canister)
    if canister.stop_requests:
        finish_stopping(call.subnet, canister)
    return Done()


def _install(call: Call, canister: Canister, module: bytes) -> Done:
    ((mode, options),) = call.argument["mode"].items()
    skip_pre_upgrade = _upgrade_options(options.value) if options is not None else False
    try:
        lifecycle.check_mode(canister, mode)
        lifecycle.change_code(
            call.subnet,
            canister,
            _open(call, canister, module),
            sha256(module).digest(),
            call.argument["arg"],
            call.sender,
            mode=mode,
            module=module,
            origin=call.origin,
            skip_pre_upgrade=skip_pre_upgrade,
        )
    except InstallFailed as failed:
        raise Refused.answering(failed.reject) from failed
    return Done()


def _upgrade_options(options: Mapping[str, Any]) -> bool:
    """Whether `pre_upgrade` is left out. Raises Refused for memory that is to be kept: there is no Wasm memory to keep."""
    skip, persistence = options["skip_pre_upgrade"], options["wasm_memory_persistence"]
    if persistence is not None and "keep" in persistence.value:
        what = "The `wasm_memory_persistence: opt Keep` upgrade option requires that the new canister module supports"
        raise violated(f"Invalid upgrade option: {what} enhanced orthogonal persistence.")
    return skip is not None and bool(skip.value)


def _open(call: Call, canister: Canister, module: bytes) -> Engine:
    open_module = call.subnet.open_module
    if open_module is None:
        raise rejected("This replica installs code from source files alone: nothing here opens modules that are sent as bytes.")
    try:
        return open_module(module)
    except ModuleRefused as refused:
        what = f"Canister's Wasm module is not valid: {refused}"
        raise Refused.answering(canister_error(canister.id, what, "IC0505")) from refused
