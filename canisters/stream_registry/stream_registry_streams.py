"""Creating streams, listing them, and deciding who contributes."""

from __future__ import annotations

import stream_registry_store as store
from stream_registry_log import certify_head
from stream_registry_work import wait_for_flush

from ddsx_core.contributors import admit
from ddsx_core.deduplication import check_repetition
from ddsx_core.limits import MAX_PAGE_ITEMS
from ddsx_core.refused import Refused
from ddsx_core.streams import (
    Profile,
    StreamRequest,
    StreamState,
    check_request,
    first_profile,
    first_state,
    may_curate,
    request_key,
    stream_id,
)
from ddsx_core.units import Nanoseconds, Ppm, PrincipalText
from ddsx_wire.stream_types import ContributorsPage, ContributorView, CreateStream, StreamsPage, StreamSummary, StreamView


def new_stream(caller: PrincipalText, args: CreateStream, now: Nanoseconds) -> int:
    """Create a stream; the id of the first time for a request that is repeated with the same `created_at_time`.

    Refuses (in order): as `streams.check_request`, then TooOld and CreatedInFuture where `created_at_time` is given.
    """
    request = StreamRequest(
        title=args["title"],
        description=args["description"],
        schema=args["schema"],
        media_type=args["media_type"],
        tags=args["tags"],
        curators=[PrincipalText(curator.to_str()) for curator in args["curators"]],
        provider_share_ppm=Ppm(args["provider_share_ppm"]),
    )
    check_request(caller, request)
    if args["created_at_time"] is None:
        return _create(caller, request, now)
    created_at_time = Nanoseconds(args["created_at_time"])
    check_repetition(created_at_time, None, now)
    key = request_key(caller, request, created_at_time)
    stream = store.read_creation(key)
    if stream is None:
        stream = _create(caller, request, now)
        store.write_creation(key, stream)
    return stream


def _create(caller: PrincipalText, request: StreamRequest, now: Nanoseconds) -> int:
    """Store a stream under the next number; it waits in the flush queue, so that its account book is opened soon."""
    counters = store.read_counters()
    counters = counters._replace(streams=counters.streams + 1)
    stream = stream_id(store.read_settings().shard, counters.streams)
    state = first_state(caller, request.provider_share_ppm, now)._replace(queued=True)
    store.write_profile(stream, first_profile(caller, request, now))
    store.write_long_texts(stream, request.description, request.schema)
    store.write_state(stream, state)
    store.write_counters(counters)
    wait_for_flush(stream, counters)
    certify_head(stream, state, counters.streams)
    return stream


# -- Listing ----------------------------------------------------------------------------------------------------------------


def stream_view(stream: int) -> StreamView:
    """All that describes a stream. Refuses: UnknownStream."""
    profile, state = store.read_profile(stream), store.read_state(stream)
    description, schema = store.read_long_texts(stream)
    return {
        "summary": _summary(stream, profile, state),
        "description": description,
        "schema": schema,
        "curators": list(profile.curators),
        "contributors": state.contributors,
    }


def streams_page(start: int, take: int) -> StreamsPage:
    """At most `take` streams, and at most MAX_PAGE_ITEMS, in the order of their creation, leaving out the first `start`."""
    total = store.read_counters().streams
    shard = store.read_settings().shard
    ids = [stream_id(shard, number + 1) for number in _places(start, take, total)]
    return {"total": total, "streams": [_summary(stream, store.read_profile(stream), store.read_state(stream)) for stream in ids]}


def _summary(stream: int, profile: Profile, state: StreamState) -> StreamSummary:
    return {
        "stream": stream,
        "provider": profile.provider,
        "provider_share_ppm": profile.provider_share_ppm,
        "created_at": profile.created_at,
        "title": profile.title,
        "media_type": profile.media_type,
        "tags": profile.tags,
        "size": state.size,
        "time": state.time_ns,
    }


def _places(start: int, take: int, total: int) -> range:
    """The places of a page in a list of `total`."""
    return range(min(start, total), min(start + min(take, MAX_PAGE_ITEMS), total))


# -- Contributors -----------------------------------------------------------------------------------------------------------


def admit_to(caller: PrincipalText, stream: int, principal: PrincipalText) -> int:
    """Let a principal append to a stream; its number there. Admitting it again changes nothing.

    Refuses (in order): UnknownStream, NotPermitted to anyone but provider and curators, AnonymousContributor, TooManyContributors.
    """
    _check_curator(caller, stream)
    state = store.read_state(stream)
    known = store.read_contributor(stream, principal)
    contributor = admit(known, principal, state.contributors)
    if known is None:
        store.write_contributor_name(stream, contributor.number, principal)
        store.write_state(stream, state._replace(contributors=state.contributors + 1))
    store.write_contributor(stream, principal, contributor)
    return contributor.number


def remove_from(caller: PrincipalText, stream: int, principal: PrincipalText) -> None:
    """Let a principal append no more; what it appended stays, and what it earns by it.

    Refuses (in order): UnknownStream, NotPermitted to anyone but provider and curators, NotAContributor.
    """
    _check_curator(caller, stream)
    known = store.read_contributor(stream, principal)
    if known is None or not known.admitted:
        raise Refused("NotAContributor")
    store.write_contributor(stream, principal, known._replace(admitted=False))


def contributors_page(stream: int, start: int, take: int) -> ContributorsPage:
    """Those ever admitted to a stream, by their numbers; paged as `streams_page`. Refuses: UnknownStream."""
    total = store.read_state(stream).contributors
    names = [store.read_contributor_name(stream, number) for number in _places(start, take, total)]
    return {"total": total, "contributors": [contributor_view(stream, name) for name in names]}


def contributor_view(stream: int, principal: PrincipalText) -> ContributorView:
    """How a principal that was ever admitted stands with a stream. Refuses (in order): UnknownStream, NotAContributor."""
    contributor = store.read_contributor(stream, principal)
    if contributor is None:
        store.read_state(stream)
        raise Refused("NotAContributor")
    return {"contributor": principal, "admitted": contributor.admitted, "next_batch": contributor.next_batch}


def _check_curator(caller: PrincipalText, stream: int) -> None:
    if not may_curate(store.read_profile(stream), caller):
        raise Refused("NotPermitted")
