"""What the licence ledger calls on a stream registry."""

from kybra import Service, nat64, service_query, service_update

from ddsx_wire.entitlement_types import ApplyEntitlementsResult, EntitlementBatch, SettleWorkResult, StreamPartyResult


class StreamRegistry(Service):
    @service_query
    def stream_party(self, stream: nat64) -> StreamPartyResult: ...

    @service_update
    def settle_work(self, stream: nat64) -> SettleWorkResult: ...

    @service_update
    def apply_entitlements(self, batch: EntitlementBatch) -> ApplyEntitlementsResult: ...
