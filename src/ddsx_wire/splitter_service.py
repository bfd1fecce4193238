"""What registries and the licence ledger call on the payout splitter."""

from kybra import Service, service_update

from ddsx_wire.collect_types import CollectArgs, CollectResult
from ddsx_wire.refund_types import EndOrderArgs, EndOrderResult
from ddsx_wire.work_types import RecordWorkResult, WorkBatch


class PayoutSplitter(Service):
    @service_update
    def record_work(self, batch: WorkBatch) -> RecordWorkResult: ...

    @service_update
    def collect(self, args: CollectArgs) -> CollectResult: ...

    @service_update
    def end_order(self, args: EndOrderArgs) -> EndOrderResult: ...
