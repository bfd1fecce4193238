"""`fetch_canister_logs`: what a canister printed, and how it trapped."""

from __future__ import annotations

from kybra_replica.network.canister import Canister
from kybra_replica.network.management.call import Call, Done


def fetch_canister_logs(call: Call, canister: Canister) -> Done:
    """The records that are kept, or those of them in a range of numbers or times whose end is not part of it."""
    records = list(canister.log.records)
    if call.argument["filter"] is not None:
        ((kind, wanted),) = call.argument["filter"].value.items()
        chosen = range(wanted["start"], wanted["end"])
        records = [record for record in records if (record.index if kind == "by_idx" else record.time_ns) in chosen]
    found = [{"idx": record.index, "timestamp_nanos": record.time_ns, "content": record.content} for record in records]
    return Done({"canister_log_records": found})
