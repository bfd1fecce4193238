"""The methods of the management canister that our canisters call."""

from kybra import Principal, Record, Service, blob, service_update, void


class DepositCyclesArgs(Record):
    canister_id: Principal


class ManagementCanister(Service):
    @service_update
    def raw_rand(self) -> blob: ...

    @service_update
    def deposit_cycles(self, args: DepositCyclesArgs) -> void: ...
