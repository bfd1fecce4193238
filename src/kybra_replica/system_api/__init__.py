"""The IC's System API: what `ic0` offers a canister, in which context, and the stable memory below it.

Nothing here knows in which language a canister is written: the Python engine is one user of it, an engine for Wasm
modules can be another.
"""

from kybra_replica.system_api.api import SystemApi
from kybra_replica.system_api.contexts import Context
from kybra_replica.system_api.engine import Engine, Entry, ModuleRefused
from kybra_replica.system_api.stable_store import DirectoryInUse, StableStore
from kybra_replica.system_api.trap import RejectCode, Trap

__all__ = ["Context", "DirectoryInUse", "Engine", "Entry", "ModuleRefused", "RejectCode", "StableStore", "SystemApi", "Trap"]
