"""The stream registry: streams, their contributors, the records with their Merkle logs, and who may read them.

It holds, for the streams of one shard: what describes them, who contributes, all records in the order of their arrival, the Merkle log over
them, one certified hash over the heads of all logs, the licences that the licence ledger told of, and the recorded work on its way to the
payout splitter. All of it lies in stable maps: see `stream_registry_store` for the memory ids.

Who may call what: anyone creates streams and lists them; provider and curators admit and remove contributors; contributors append; the
provider and holders of a licence read; the licence ledger applies entitlements; licence ledger, provider and governance settle work; only
governance hands over governance, and sets its delay. To pause it, its controllers stop it: nothing is lost, and contributors send their
batches again.

A timer fires every 30 seconds: it delivers work that waits, and draws the secret of the salts as long as there is none.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import stream_registry_store as store
from kybra import Async, Principal, ic, init, inspect_message, nat64, post_upgrade, query, update, void
from stream_registry_access import apply_batch, is_worth_a_message, registry_status
from stream_registry_governance import (  # noqa: F401 - Kybra looks every method up in the entry
    pending_changes,
    set_change_delay,
    set_governance,
    validate_set_change_delay,
    validate_set_governance,
)
from stream_registry_log import append_batch, certify_all, read_records, stream_head
from stream_registry_streams import admit_to, contributor_view, contributors_page, new_stream, remove_from, stream_view, streams_page
from stream_registry_work import deliver, draw_secret, flush_waiting, settle_before_call

from ddsx_core.governed import check_delay
from ddsx_core.refused import Refused
from ddsx_core.units import Nanoseconds, PrincipalText
from ddsx_wire.entitlement_types import ApplyEntitlementsResult, EntitlementBatch, SettleWorkResult, StreamPartyResult
from ddsx_wire.principals import caller_text
from ddsx_wire.stream_types import (
    AdmitResult,
    AppendBatch,
    AppendResult,
    ContributorResult,
    ContributorsResult,
    CreateStream,
    CreateStreamResult,
    HeadResult,
    ReadArgs,
    ReadResult,
    RegistryInit,
    RegistryStatus,
    RemoveResult,
    StreamsPage,
    StreamViewResult,
)

_FLUSH_SECONDS = 30


# -- Life -------------------------------------------------------------------------------------------------------------------


@init
def open_registry(args: RegistryInit) -> void:
    """Keep who is who, and begin. Traps for a delay above 30 days."""
    governance, dst_ledger, splitter = [args[name].to_str() for name in ("governance", "dst_ledger", "payout_splitter")]
    delay = check_delay(args["change_delay_seconds"])
    store.write_settings(store.Settings(args["shard"], governance, dst_ledger, splitter, delay))
    _setup()


@post_upgrade
def reopen_registry() -> void:
    """Begin again on the state that is there."""
    _setup()


def _setup() -> None:
    """What neither install nor upgrade leaves standing: certified data and timers."""
    certify_all()
    ic.set_timer(0, draw_secret_once)
    ic.set_timer_interval(_FLUSH_SECONDS, flush)


def draw_secret_once() -> Generator[Any, Any, None]:
    """Timer: draw the secret of the salts; the next firing of `flush` tries again."""
    try:
        yield from draw_secret()
    except Exception as error:  # noqa: BLE001 - what a timer's generator raises is lost
        ic.print(f"no secret yet: {error}")


def flush() -> Generator[Any, Any, None]:
    """Timer: deliver work that waits."""
    try:
        yield from flush_waiting()
    except Exception as error:  # noqa: BLE001 - what a timer's generator raises is lost
        ic.print(f"flushing stopped: {error}")


@inspect_message
def inspect() -> void:
    """Let a call from outside in, unless it would be refused for its caller or its size alone."""
    if is_worth_a_message(ic.method_name(), ic.arg_data_raw_size(), _caller()):
        ic.accept_message()


@query
def status() -> RegistryStatus:
    """Who is who, and how far the registry has come."""
    return registry_status()


# -- Streams and contributors -----------------------------------------------------------------------------------------------


@update
def create_stream(args: CreateStream) -> CreateStreamResult:
    """Create a stream of which the caller is the provider; its id.

    With `created_at_time` the same request from the same caller within 24 hours gives the first one's id.
    Refuses (in order): AnonymousCaller, TooLong, TooMany, Malformed, MalformedSchema as the fields stand, ShareOutOfRange, TooOld,
        CreatedInFuture.
    """
    try:
        return {"Ok": new_stream(_caller(), args, _now())}
    except Refused as refused:
        return {"Err": _case(refused)}


@query
def stream(number: nat64) -> StreamViewResult:
    """All that describes a stream. Refuses: UnknownStream."""
    try:
        return {"Ok": stream_view(number)}
    except Refused as refused:
        return {"Err": _case(refused)}


@query
def streams(start: nat64, take: nat64) -> StreamsPage:
    """Streams in the order of their creation, leaving out the first `start`; at most `take`, and at most 200."""
    return streams_page(start, take)


@query
def stream_party(stream: nat64) -> StreamPartyResult:
    """Whom a stream belongs to and what it is called, for the licence ledger."""
    try:
        profile = store.read_profile(stream)
    except Refused:
        return {"Err": None}
    return {"Ok": {"provider": profile.provider, "title": profile.title}}


@update
def admit_contributor(stream: nat64, contributor: Principal) -> AdmitResult:
    """Let a principal append to a stream; its number there.

    Refuses (in order): UnknownStream, NotPermitted to anyone but provider and curators, AnonymousContributor, TooManyContributors.
    """
    try:
        return {"Ok": admit_to(_caller(), stream, PrincipalText(contributor.to_str()))}
    except Refused as refused:
        return {"Err": _case(refused)}


@update
def remove_contributor(stream: nat64, contributor: Principal) -> RemoveResult:
    """Let a principal append no more. Refuses (in order): UnknownStream, NotPermitted, NotAContributor."""
    try:
        remove_from(_caller(), stream, PrincipalText(contributor.to_str()))
    except Refused as refused:
        return {"Err": _case(refused)}
    return {"Ok": None}


@query
def contributor(stream: nat64, principal: Principal) -> ContributorResult:
    """Whether a principal may append to a stream, and the number of its next batch. Refuses (in order): UnknownStream, NotAContributor."""
    try:
        return {"Ok": contributor_view(stream, PrincipalText(principal.to_str()))}
    except Refused as refused:
        return {"Err": _case(refused)}


@query
def contributors(stream: nat64, start: nat64, take: nat64) -> ContributorsResult:
    """Those ever admitted to a stream, by their numbers, leaving out the first `start`; at most `take`, and at most 200."""
    try:
        return {"Ok": contributors_page(stream, start, take)}
    except Refused as refused:
        return {"Err": _case(refused)}


# -- The log ----------------------------------------------------------------------------------------------------------------


@update
def append(batch: AppendBatch) -> AppendResult:
    """Append a batch; one sent again is answered with its first receipt.

    Refuses (in order): AnonymousCaller, NotReady, UnknownStream, NotAContributor, EmptyBatch, OversizedBatch, MalformedRecord, BatchGap,
        BatchConflict.
    """
    try:
        return {"Ok": append_batch(_caller(), batch, _now())}
    except Refused as refused:
        return {"Err": _case(refused)}


@query
def head(stream: nat64) -> HeadResult:
    """How far a stream has come, with certificate and witness. Refuses: UnknownStream."""
    try:
        return {"Ok": stream_head(stream)}
    except Refused as refused:
        return {"Err": _case(refused)}


@query
def read(args: ReadArgs) -> ReadResult:
    """Records with their proof, to the provider and to holders of a licence that is valid now; at most 1,000, in at most 48 segments.

    Refuses (in order): UnknownStream, LicenceRequired, UnknownLicence, LicenceForeign, LicenceNotYetValid, LicenceExpired,
        LimitOutOfRange, OutOfRange.
    """
    try:
        return {"Ok": read_records(_caller(), args, _now())}
    except Refused as refused:
        return {"Err": _case(refused)}


# -- Licence ledger and splitter --------------------------------------------------------------------------------------------


@update
def apply_entitlements(batch: EntitlementBatch) -> ApplyEntitlementsResult:
    """Take entitlements from the licence ledger; the number expected next. Refuses (in order): NotTheLicenceLedger, OversizedBatch, Gap."""
    try:
        return {"Ok": apply_batch(_caller(), batch)}
    except Refused as refused:
        return {"Err": _case(refused)}


@update
def settle_work(stream: nat64) -> Async[SettleWorkResult]:
    """Seal the work recorded so far and deliver at most 4 batches to the splitter; the head that it belongs to, and how many remain.

    Refuses (in order): UnknownStream, NotPermitted to anyone but licence ledger, provider and governance, TemporarilyUnavailable.
    """
    try:
        settlement = settle_before_call(_caller(), stream)
    except Refused as refused:
        return {"Err": _case(refused)}
    size, root = settlement.state.size, settlement.state.root.hex()
    try:
        remaining = yield from deliver(settlement)
    except Refused as refused:
        return {"Err": _case(refused)}
    except Exception as error:  # noqa: BLE001 - after an await an exception would undo what is acknowledged
        return {"Err": {"TemporarilyUnavailable": {"reason": f"{error}"}}}
    return {"Ok": {"size": size, "root": root, "remaining_batches": remaining}}


def _caller() -> PrincipalText:
    return PrincipalText(caller_text())


def _now() -> Nanoseconds:
    return Nanoseconds(ic.time())


def _case(refused: Refused) -> Any:
    """The `Err` of a result; kinds and fields are those that the result's variant declares."""
    return refused.as_case()
