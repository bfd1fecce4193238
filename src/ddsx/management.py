"""The part of the management canister that deploying needs. Source: IC interface specification, "The IC management canister"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ddsx.agent import Agent
from ddsx.interface import Interface

MANAGEMENT = "aaaaa-aa"
_INTERFACE = Interface(
    """
type canister_settings = record { controllers : opt vec principal };
service : {
  provisional_create_canister_with_cycles : (
    record { amount : opt nat; settings : opt canister_settings; specified_id : opt principal }
  ) -> (record { canister_id : principal });
  install_code : (
    record { mode : variant { install; reinstall; upgrade }; canister_id : principal; wasm_module : blob; arg : blob }
  ) -> ();
}
"""
)


@dataclass(frozen=True, slots=True)
class Management:
    """Creates and fills canisters as the agent's identity. Every method raises as `Agent.update` does."""

    agent: Agent

    def create_canister(self) -> str:
        """A new empty canister that the caller controls; its id. Only networks for development give canisters away like that."""
        created: str = self._call("provisional_create_canister_with_cycles", {}, effective=MANAGEMENT)["canister_id"]
        return created

    def install_code(self, canister: str, mode: str, module: bytes, argument: bytes) -> None:
        """Put a module into a canister; `mode` is install, reinstall or upgrade."""
        request = {"mode": mode, "canister_id": canister, "wasm_module": module, "arg": argument}
        self._call("install_code", request, effective=canister)

    def _call(self, method: str, request: dict[str, Any], *, effective: str) -> Any:
        known = _INTERFACE.methods[method]
        return known.decode(self.agent.update(MANAGEMENT, method, known.encode((request,)), effective=effective))
