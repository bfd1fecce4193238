"""Stored values of streams: read back as stored, and never larger than the map that holds them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.certified_heads import MAX_HEAD_TILE_CHARS
from ddsx_core.contributors import MAX_PAGE_CHARS, Contributor, encode_contributor
from ddsx_core.log_tail import MAX_TAIL_BYTES, MAX_TAIL_NODES, Tail
from ddsx_core.read_rights import ReadRight, encode_read_right
from ddsx_core.stream_log import MAX_SEGMENT_BYTES
from ddsx_core.streams import (
    Profile,
    StreamState,
    decode_profile,
    decode_state,
    encode_profile,
    encode_state,
    first_state,
    head_of,
    stream_id,
    stream_number,
)
from ddsx_core.tiles import MAX_TILE_CHARS
from ddsx_core.units import Nanoseconds, Ppm, PrincipalText
from ddsx_core.work_outbox import MAX_OPEN_CONTRIBUTORS, MAX_WORK_CHARS, add_work
from kybra_replica.python_engine.source import read_program

NAT64 = st.integers(0, (1 << 64) - 1)
LONGEST_PRINCIPAL = PrincipalText("-".join(["abcde"] * 10) + "-abc")
LINES = st.text(st.characters(blacklist_categories=["Cs"], min_codepoint=32), min_size=1, max_size=20)


def candid_bytes(text: str) -> int:
    """What a text takes as a Candid message: header of 7, length, bytes."""
    size = len(text.encode())
    return 7 + (1 if size < 128 else 2 if size < 16_384 else 3) + size


@pytest.fixture(scope="module")
def most_bytes(project_root: Path) -> dict[int, int]:
    """The largest value that each map of the registry takes, by memory id."""
    entry = project_root / "canisters/stream_registry/stream_registry_canister.py"
    return {number: declared.max_value_size for number, declared in read_program(entry, search_path=[project_root / "src"]).maps.items()}


@given(
    st.builds(
        Profile,
        st.just(LONGEST_PRINCIPAL),
        st.integers(0, 1_000_000).map(Ppm),
        NAT64.map(Nanoseconds),
        st.just("application/vnd.ms-excel"),
        LINES,
        st.lists(LINES, max_size=5),
        st.lists(st.just(LONGEST_PRINCIPAL), max_size=4),
    )
)
def test_a_profile_is_read_back_as_stored(profile: Profile) -> None:
    assert decode_profile(encode_profile(profile)) == profile


TAILS = st.sampled_from([("", ""), ("00ff", "1 aaaaa-aa 0 1 x\na|b\n1 aaaaa-aa 0 1 x\n"), ("0a", "1 aaaaa-aa 0 1 x\n")])


@given(st.integers(0, (1 << 40) - 1), NAT64, st.binary(min_size=32, max_size=32), st.integers(0, 99), st.booleans(), TAILS)
def test_a_state_is_read_back_as_stored(size: int, time_ns: int, root: bytes, count: int, queued: bool, tail: tuple[str, str]) -> None:
    peaks = [root[::-1]] * size.bit_count()
    work = "aaaaa-aa=1" if queued else ""
    numbers = (count, count + 3, count + 1)
    terms = (LONGEST_PRINCIPAL, Ppm(count))
    state = StreamState(size, time_ns, root, peaks, Tail(size - count, *tail), *numbers, queued, work, *terms)
    assert decode_state(encode_state(state)) == state


def test_a_new_stream_has_an_empty_log_and_batch_0_to_deliver() -> None:
    state = first_state(LONGEST_PRINCIPAL, Ppm(7), Nanoseconds(9))
    assert state.root.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert (state.size, state.peaks, state.sealed, state.delivered, state.open_work) == (0, [], 1, 0, "")
    assert (state.provider, state.provider_share_ppm) == (LONGEST_PRINCIPAL, 7)
    assert head_of(state) == bytes(8) + state.root + (9).to_bytes(8, "big")


@pytest.mark.parametrize(("shard", "number"), [(0, 1), (7, 3), ((1 << 16) - 1, (1 << 24) - 1)])
def test_a_stream_id_names_shard_and_number(shard: int, number: int) -> None:
    stream = stream_id(shard, number)
    assert (stream >> 48, stream >> 24 & 0xFFFFFF, stream_number(stream)) == (shard, 0, number)


@pytest.mark.parametrize(("shard", "number"), [(-1, 1), (1 << 16, 1), (0, 0), (0, 1 << 24)])
def test_beyond_the_last_number_there_is_no_id(shard: int, number: int) -> None:
    with pytest.raises(ValueError, match="has no id"):
        stream_id(shard, number)


def test_the_largest_values_fit_into_their_maps(most_bytes: dict[int, int]) -> None:
    nat64 = (1 << 64) - 1
    tags = [chr(0x1F300 + number) * 40 for number in range(16)]
    profile = Profile(
        LONGEST_PRINCIPAL, Ppm(1_000_000), Nanoseconds(nat64), "a/" + "b" * 125, "\U0001f326" * 120, tags, [LONGEST_PRINCIPAL] * 4
    )
    assert candid_bytes(encode_profile(profile)) == most_bytes[1]
    assert candid_bytes(encode_profile(profile._replace(title="|" * 120, tags=["%" * 40] * 16))) <= most_bytes[1]
    work = ""
    for number in range(MAX_OPEN_CONTRIBUTORS - 1):
        work = add_work(work, f"{number:063}", nat64)
    size = (1 << 40) - 1
    tail = Tail(size, bytes(32 * MAX_TAIL_NODES).hex(), "x" * MAX_TAIL_BYTES)
    terms = (LONGEST_PRINCIPAL, Ppm(1_000_000))
    state = StreamState(size, nat64, bytes(32), [bytes(32)] * 40, tail, 999_999, nat64, nat64, True, work, *terms)
    assert candid_bytes(encode_state(state)) == most_bytes[3]
    spans = ",".join([f"{size:x}:3e8"] * 31)
    contributor = Contributor(admitted=True, number=999_999, principal=bytes(29), next_batch=nat64, spans=spans)
    assert candid_bytes(encode_contributor(contributor)) == most_bytes[4]
    assert candid_bytes(encode_read_right(ReadRight(nat64, LONGEST_PRINCIPAL, Nanoseconds(nat64), Nanoseconds(nat64)))) == most_bytes[12]
    texts = {6: MAX_PAGE_CHARS, 9: MAX_SEGMENT_BYTES, 10: MAX_TILE_CHARS, 11: MAX_HEAD_TILE_CHARS, 13: MAX_WORK_CHARS}
    assert {number: candid_bytes("x" * length) for number, length in texts.items()} == {number: most_bytes[number] for number in texts}
