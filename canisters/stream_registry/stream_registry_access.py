"""Who may read, and what is worth a message at all: entitlements from the licence ledger, the status, the size of calls."""

from __future__ import annotations

import stream_registry_store as store
from stream_registry_governance import office_now

from ddsx_core.accounts import ANONYMOUS
from ddsx_core.limits import MAX_BATCH_BYTES, MAX_BATCH_RECORDS
from ddsx_core.read_rights import ReadRight, fresh_entitlements
from ddsx_core.refused import Refused
from ddsx_core.units import Nanoseconds, PrincipalText
from ddsx_wire.entitlement_types import EntitlementBatch
from ddsx_wire.inspection import is_internal
from ddsx_wire.stream_types import RegistryStatus

_IDENTIFIED = frozenset(
    ("append", "create_stream", "admit_contributor", "remove_contributor", "settle_work", "apply_entitlements")
)

_GOVERNED = frozenset(("set_governance", "set_change_delay"))

# Each record has its length before it, in at most 3 bytes; the rest of the argument is below 200 bytes.
_MOST_APPEND_BYTES = MAX_BATCH_BYTES + 4 * MAX_BATCH_RECORDS + 200

# Schema, description, title, tags and media type have at most 24,000 characters of at most 4 bytes; 500 entitlements have 110 bytes each.
_MOST_LONG_BYTES = 100_000

_MOST_BYTES = 1_000


def apply_batch(caller: PrincipalText, batch: EntitlementBatch) -> int:
    """Take entitlements in their order; the number expected next. What is known already is passed over, so a batch may come again.

    Refuses (in order): NotTheLicenceLedger, OversizedBatch, Gap.
    """
    if caller != store.read_settings().dst_ledger:
        raise Refused("NotTheLicenceLedger")
    counters = store.read_counters()
    entitlements = batch["entitlements"]
    known = fresh_entitlements(counters.next_entitlement, batch["first"], len(entitlements))
    for item in entitlements[known:]:
        times = Nanoseconds(item["valid_from"]), Nanoseconds(item["valid_until"])
        store.write_read_right(item["licence"], ReadRight(item["stream"], PrincipalText(item["holder"]), *times))
    expected = counters.next_entitlement + len(entitlements) - known
    store.write_counters(counters._replace(next_entitlement=expected))
    return expected


def registry_status() -> RegistryStatus:
    """Who is who, and how far the registry has come; `waiting_streams` is the length of the flush queue."""
    settings, office, counters = store.read_settings(), office_now(), store.read_counters()
    return {
        "shard": settings.shard,
        "governance": office.governance,
        "change_delay_seconds": office.change_delay_seconds,
        "dst_ledger": settings.dst_ledger,
        "payout_splitter": settings.payout_splitter,
        "ready": bool(counters.seed),
        "streams": counters.streams,
        "waiting_streams": store.queue_length(),
        "next_entitlement": counters.next_entitlement,
    }


def is_worth_a_message(method: str, size_bytes: int, caller: PrincipalText) -> bool:
    """Whether a call from outside may become a message: not if the method would refuse it for its caller or its size alone."""
    if is_internal(method) or (caller == ANONYMOUS and method in _IDENTIFIED):
        return False
    if method == "append":
        return size_bytes <= _MOST_APPEND_BYTES
    if method == "apply_entitlements":
        return size_bytes <= _MOST_LONG_BYTES and caller == store.read_settings().dst_ledger
    if method in _GOVERNED:
        return size_bytes <= _MOST_BYTES and caller == office_now().governance
    return size_bytes <= (_MOST_LONG_BYTES if method == "create_stream" else _MOST_BYTES)
