"""The management canister `aaaaa-aa`: what people and canisters ask of the subnet itself.

Methods stand in modules by topic; `table` says who may call each, `canister` reads calls and answers them. Source: IC
interface specification, section "The IC management canister".
"""

from kybra_replica.network.management.canister import ManagementCanister, effective_canister_id
from kybra_replica.network.management.interface import INTERFACE, methods

__all__ = ["INTERFACE", "ManagementCanister", "effective_canister_id", "methods"]
