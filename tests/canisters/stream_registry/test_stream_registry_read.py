"""read and head: who may, how much, and that everything handed out is proven."""

from __future__ import annotations

from binascii import a2b_base64, b2a_base64
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from registry_world import (
    ANONYMOUS,
    CONTRIBUTOR,
    CURATOR,
    GOVERNANCE,
    LICENCE_LEDGER,
    OTHER_CONTRIBUTOR,
    PROVIDER,
    READER,
    STRANGER,
    UNKNOWN,
    UNKNOWN_STREAM,
    World,
    certified_head,
    checked_records,
    entitlement,
    numbered,
)

from ddsx_core.stream_log import MAX_PAGE_SEGMENTS
from kybra_replica.driver import _decode, _encode

LATEST = (1 << 64) - 1
LICENCE_REQUIRED = {"Err": {"LicenceRequired": None}}


# -- Who may ------------------------------------------------------------------------------------------------------------------


def test_the_provider_reads_without_a_licence(world: World) -> None:
    stream = world.stream_with(CONTRIBUTOR)
    world.append(stream, 0, ["a"])
    assert checked_records(world.read(stream, 0, 1)["Ok"], world.certified_data()) == ["a"]


@pytest.mark.parametrize("sender", [STRANGER, CONTRIBUTOR, CURATOR, GOVERNANCE, LICENCE_LEDGER, ANONYMOUS])
def test_nobody_else_does(world: World, sender: Any) -> None:
    stream = world.stream_with(CONTRIBUTOR)
    world.append(stream, 0, ["a"])
    assert world.read(stream, 0, 1, sender=sender) == LICENCE_REQUIRED


def test_the_holder_of_a_licence_reads_while_it_is_valid(world: World) -> None:
    """Valid at its first moment, no longer at its last; a query sees the time of the replica."""
    stream = world.stream_with(CONTRIBUTOR)
    world.append(stream, 0, ["a"])
    begin = world.replica.get_time() + 10_000_000_000
    world.entitle(0, entitlement(3, stream, READER, begin, begin + 5_000_000_000))

    def answer_at(time_ns: int) -> Any:
        world.replica.subnet.time_ns = time_ns
        return world.read(stream, 0, 1, sender=READER, licence=3)

    assert answer_at(begin - 1) == {"Err": {"LicenceNotYetValid": {"valid_from": begin}}}
    assert checked_records(answer_at(begin)["Ok"], world.certified_data()) == ["a"]
    assert checked_records(answer_at(begin + 4_999_999_999)["Ok"], world.certified_data()) == ["a"]
    assert answer_at(begin + 5_000_000_000) == {"Err": {"LicenceExpired": {"valid_until": begin + 5_000_000_000}}}


def test_a_licence_serves_its_holder_and_its_stream_alone(world: World) -> None:
    stream, other = world.stream_with(CONTRIBUTOR), world.stream_with(CONTRIBUTOR)
    world.append(stream, 0, ["a"])
    world.append(other, 0, ["b"])
    world.entitle(0, entitlement(3, stream, READER, 0, LATEST))
    foreign = {"Err": {"LicenceForeign": None}}
    assert "Ok" in world.read(stream, 0, 1, sender=READER, licence=3)
    assert world.read(other, 0, 1, sender=READER, licence=3) == foreign
    assert world.read(stream, 0, 1, sender=STRANGER, licence=3) == foreign
    assert world.read(stream, 0, 1, sender=PROVIDER, licence=3) == foreign
    assert world.read(stream, 0, 1, sender=READER, licence=4) == {"Err": {"UnknownLicence": None}}
    assert world.read(stream, 0, 1, sender=READER) == LICENCE_REQUIRED


def test_a_licence_that_changed_hands_serves_the_new_holder(world: World) -> None:
    stream = world.stream_with(CONTRIBUTOR)
    world.append(stream, 0, ["a"])
    world.entitle(0, entitlement(3, stream, READER, 0, LATEST))
    world.entitle(1, entitlement(3, stream, STRANGER, 0, LATEST))
    assert world.read(stream, 0, 1, sender=READER, licence=3) == {"Err": {"LicenceForeign": None}}
    assert "Ok" in world.read(stream, 0, 1, sender=STRANGER, licence=3)


def test_an_unknown_stream_is_said_to_be_before_anything_else(world: World) -> None:
    assert world.read(UNKNOWN_STREAM, 0, 0, sender=STRANGER, licence=3) == UNKNOWN


# -- How much -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "limit", "answer"),
    [
        (0, 0, {"Err": {"LimitOutOfRange": {"most": 1_000}}}),
        (0, 1_001, {"Err": {"LimitOutOfRange": {"most": 1_000}}}),
        (3, 0, {"Err": {"LimitOutOfRange": {"most": 1_000}}}),
        (3, 1, {"Err": {"OutOfRange": {"size": 3}}}),
        (LATEST, 1_000, {"Err": {"OutOfRange": {"size": 3}}}),
    ],
)
def test_a_range_that_cannot_be_read_is_refused(world: World, start: int, limit: int, answer: object) -> None:
    stream = world.stream_with(CONTRIBUTOR)
    world.append(stream, 0, numbered(3))
    assert world.read(stream, start, limit) == answer
    assert world.read(stream, start, limit, sender=STRANGER) == LICENCE_REQUIRED
    assert checked_records(world.read(stream, 2, 1_000)["Ok"], world.certified_data()) == numbered(3)[2:]


def test_an_empty_stream_has_nothing_to_read(world: World) -> None:
    assert world.read(world.stream_with(), 0, 1) == {"Err": {"OutOfRange": {"size": 0}}}


def test_records_come_by_segment_with_who_appended_them_and_when(world: World) -> None:
    stream = world.stream_with(CONTRIBUTOR, OTHER_CONTRIBUTOR)
    first = world.append(stream, 0, numbered(3))["Ok"]
    second = world.append(stream, 0, numbered(4), OTHER_CONTRIBUTOR)["Ok"]
    page = world.read(stream, 1, 4)["Ok"]
    assert [(part["contributor"], part["time"], part["first_sequence"], part["records"]) for part in page["segments"]] == [
        (str(CONTRIBUTOR), first["time"], 1, numbered(3)[1:]),
        (str(OTHER_CONTRIBUTOR), second["time"], 3, numbered(2)),
    ]
    assert (page["first_sequence"], page["size"], page["root"]) == (1, 7, second["root"])
    salts = [a2b_base64(part["salts"]) for part in page["segments"]]
    assert [len(part) for part in salts] == [32, 32]


def test_no_two_records_share_a_salt(world: World) -> None:
    stream, other = world.stream_with(CONTRIBUTOR), world.stream_with(CONTRIBUTOR)
    for target, batch, count in [(stream, 0, 500), (stream, 1, 3), (other, 0, 500)]:
        world.append(target, batch, ["same"] * count)
    pages = [world.read(stream, 0, 1_000)["Ok"], world.read(other, 0, 1_000)["Ok"]]
    joined = b"".join([a2b_base64(part["salts"]) for page in pages for part in page["segments"]])
    assert len({joined[at : at + 16] for at in range(0, len(joined), 16)}) == 1_003


def test_a_page_ends_with_the_last_segment_that_it_may_hold(world: World) -> None:
    stream = world.stream_with(CONTRIBUTOR)
    for batch in range(MAX_PAGE_SEGMENTS + 1):
        world.append(stream, batch, [f"{batch}"])
    page = world.read(stream, 0, 1_000)["Ok"]
    assert checked_records(page, world.certified_data()) == [f"{batch}" for batch in range(MAX_PAGE_SEGMENTS)]
    rest = world.read(stream, MAX_PAGE_SEGMENTS, 1_000)["Ok"]
    assert checked_records(rest, world.certified_data()) == [f"{MAX_PAGE_SEGMENTS}"]


def test_the_largest_page_fits_into_an_answer(world: World) -> None:
    """Two full batches of the largest records, seven to a segment: below the 2 MiB that an update may answer too."""
    stream = world.stream_with(CONTRIBUTOR)
    for batch in range(2):
        world.append(stream, batch, ["\u00fc" * 2_048] * 256)
    function = world.registry.function("read")
    payload = _encode(function.arguments, [{"stream": stream, "licence": None, "start": 0, "limit": 1_000}])
    reply = world.replica.query_call(world.registry.id, "read", payload, sender=PROVIDER)
    page = _decode(function.results, reply)["Ok"]
    assert len(page["segments"]) == MAX_PAGE_SEGMENTS
    assert 1_300_000 < len(reply) < 1_600_000
    assert len(checked_records(page, world.certified_data())) == 256 + 11 * 7


# -- Proven -------------------------------------------------------------------------------------------------------------------


@given(st.data())
def test_whatever_was_appended_any_page_of_it_proves_itself(fresh_world: World, data: st.DataObject) -> None:
    """Records, leaves, range proof, root, witness, certified data: by `ddsx_core` alone, beside another stream."""
    with fresh_world.replica.isolated():
        streams = [fresh_world.stream_with(CONTRIBUTOR) for _ in range(data.draw(st.integers(1, 3)))]
        logs: dict[int, list[str]] = {stream: [] for stream in streams}
        counts = data.draw(st.lists(st.tuples(st.sampled_from(streams), st.integers(1, 300)), min_size=1, max_size=4))
        for stream, count in counts:
            batch = fresh_world.registry.query("contributor", stream, CONTRIBUTOR)["Ok"]["next_batch"]
            records = numbered(count, first=len(logs[stream]), size=data.draw(st.sampled_from([5, 200])))
            assert "Ok" in fresh_world.append(stream, batch, records)
            logs[stream] += records
        stream = counts[-1][0]
        start = data.draw(st.integers(0, len(logs[stream]) - 1))
        limit = data.draw(st.integers(1, 1_000))
        page = fresh_world.read(stream, start, limit)["Ok"]
        assert checked_records(page, fresh_world.certified_data()) == logs[stream][start : start + limit]


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def flipped_base64(text: str, at: int) -> str:
    return b2a_base64(flipped(a2b_base64(text), at), newline=False).decode()


def change_record(page: dict[str, Any], draw: Callable[[int], int]) -> None:
    part = page["segments"][draw(len(page["segments"]))]
    place = draw(len(part["records"]))
    record = part["records"][place]
    at = draw(len(record))
    part["records"][place] = record[:at] + chr(ord(record[at]) ^ 1) + record[at + 1 :]


def change_salt(page: dict[str, Any], draw: Callable[[int], int]) -> None:
    part = page["segments"][draw(len(page["segments"]))]
    part["salts"] = flipped_base64(part["salts"], draw(16 * len(part["records"])))


def change_proof(page: dict[str, Any], draw: Callable[[int], int]) -> None:
    page["proof"] = flipped_base64(page["proof"], draw(len(a2b_base64(page["proof"]))))


def change_witness(page: dict[str, Any], draw: Callable[[int], int]) -> None:
    page["witness"] = flipped(page["witness"], 3 + draw(len(page["witness"]) - 3))


def change_time(page: dict[str, Any], draw: Callable[[int], int]) -> None:
    page["segments"][draw(len(page["segments"]))]["time"] += 1


def change_contributor(page: dict[str, Any], draw: Callable[[int], int]) -> None:
    page["segments"][draw(len(page["segments"]))]["contributor"] = str(OTHER_CONTRIBUTOR)


def swap_records(page: dict[str, Any], draw: Callable[[int], int]) -> None:
    records = page["segments"][draw(len(page["segments"]))]["records"]
    place = draw(len(records) - 1)
    records[place], records[place + 1] = records[place + 1], records[place]


def leave_one_out(page: dict[str, Any], draw: Callable[[int], int]) -> None:
    part = page["segments"][-1]
    part["records"].pop()
    part["salts"] = b2a_base64(a2b_base64(part["salts"])[:-16], newline=False).decode()


def change_size(page: dict[str, Any], draw: Callable[[int], int]) -> None:
    page["size"] += 1


CHANGES = [
    *(change_record, change_salt, change_proof, change_witness, change_time, change_contributor),
    *(swap_records, leave_one_out, change_size),
]


@pytest.fixture(scope="module")
def honest_page(fresh_world: World) -> tuple[dict[str, Any], bytes]:
    """A page out of the middle of one of two streams, and the certified data of that moment."""
    with fresh_world.replica.isolated():
        stream, other = fresh_world.stream_with(CONTRIBUTOR), fresh_world.stream_with(CONTRIBUTOR)
        fresh_world.append(other, 0, numbered(7))
        for batch in range(3):
            fresh_world.append(stream, batch, numbered(100, first=100 * batch))
        page = fresh_world.read(stream, 50, 200)["Ok"]
        return page, fresh_world.certified_data()


@given(st.sampled_from(CHANGES), st.data())
def test_whatever_is_changed_on_the_way_is_noticed(honest_page: tuple[dict[str, Any], bytes], change: Any, data: st.DataObject) -> None:
    page, certified_data = honest_page
    assert checked_records(page, certified_data) == numbered(200, first=50)
    changed = deepcopy(page)
    change(changed, lambda count: data.draw(st.integers(0, count - 1)))
    with pytest.raises(ValueError):
        checked_records(changed, certified_data)


def test_an_old_page_does_not_pass_for_the_new_state(world: World) -> None:
    stream = world.stream_with(CONTRIBUTOR)
    world.append(stream, 0, ["a"])
    page = world.read(stream, 0, 1)["Ok"]
    world.append(stream, 1, ["b"])
    with pytest.raises(ValueError, match="the witness has another root"):
        checked_records(page, world.certified_data())


def test_a_witness_shows_one_stream_and_no_other(world: World) -> None:
    stream, other = world.stream_with(CONTRIBUTOR), world.stream_with(CONTRIBUTOR)
    witness = world.registry.query("head", stream)["Ok"]["witness"]
    assert certified_head(stream, witness, world.certified_data()).size == 0
    with pytest.raises(ValueError, match="does not show the stream"):
        certified_head(other, witness, world.certified_data())


def test_a_certificate_comes_with_a_query_and_not_with_an_update(world: World) -> None:
    stream = world.stream_with(CONTRIBUTOR)
    world.append(stream, 0, ["a"])
    arguments = {"stream": stream, "licence": None, "start": 0, "limit": 1}
    for method, argument in [("head", stream), ("read", arguments)]:
        queried = world.registry.query(method, argument, sender=PROVIDER)["Ok"]
        called = world.registry.call(method, argument, sender=PROVIDER)["Ok"]
        assert world.certified_data() in queried.pop("certificate")
        assert called.pop("certificate") is None
        assert queried == called


@pytest.mark.parametrize("appended", [1, 31, 32, 33])
def test_small_batches_are_read_with_their_proof_across_an_upgrade_and_answered_again(world: World, appended: int) -> None:
    """One record fewer than the log's tail holds, as many as leave it, and one more."""
    stream = world.stream_with(CONTRIBUTOR)
    receipts = [world.append(stream, number, [f"record {number}"]) for number in range(appended)]
    world.registry.upgrade()
    expected = [f"record {number}" for number in range(appended)]
    assert checked_records(world.read(stream, 0, 100)["Ok"], world.certified_data()) == expected
    assert [world.append(stream, number, [expected[number]]) for number in (0, appended - 1)] == [receipts[0], receipts[-1]]
    assert world.append(stream, appended, ["last"])["Ok"]["size"] == appended + 1
    assert checked_records(world.read(stream, 0, 100)["Ok"], world.certified_data()) == [*expected, "last"]
