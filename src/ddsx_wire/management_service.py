"""The one method of the management canister that our canisters call."""

from kybra import Service, blob, service_update


class ManagementCanister(Service):
    @service_update
    def raw_rand(self) -> blob: ...
