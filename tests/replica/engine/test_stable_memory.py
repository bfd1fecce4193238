"""Raw stable memory, alone and beside maps; how maps compare and keep their keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kybra_replica.driver import CallRejected
from kybra_replica.principal import Principal

RAW = """
from kybra import Stable64GrowResult, StableBTreeMap, blob, ic, nat64, query, text, update, void
{maps}

@update
def grow(pages: nat64) -> text:
    return repr(ic.stable64_grow(pages))


@update
def write(offset: nat64, data: blob) -> void:
    ic.stable64_write(offset, data)


@update
def write_and_trap(offset: nat64, data: blob) -> void:
    ic.stable64_write(offset, data)
    ic.trap("undone")


@query
def read(offset: nat64, length: nat64) -> blob:
    return ic.stable64_read(offset, length)


@query
def size() -> nat64:
    return ic.stable64_size()
"""

MAP = """
cells = StableBTreeMap[nat64, text](memory_id=5, max_key_size=15, max_value_size=30)
cells.insert(1, "one")
"""


def test_memory_starts_empty_and_grows_zeroed(install):
    canister = install(RAW.format(maps=""))
    assert canister.query("size") == 0
    assert canister.call("grow", 2) == "{'Ok': 0}"
    assert canister.call("grow", 1) == "{'Ok': 2}"
    assert canister.query("read", 65_530, 12) == bytes(12)


def test_what_is_written_is_read_across_blocks_and_survives_an_upgrade(install):
    canister = install(RAW.format(maps=""))
    canister.call("grow", 2)
    data = bytes(range(256)) * 40
    canister.call("write", 60_001, data)
    canister.upgrade()
    assert canister.query("read", 60_000, len(data) + 2) == b"\0" + data + b"\0"


def test_a_trap_undoes_a_write(install):
    canister = install(RAW.format(maps=""))
    canister.call("grow", 1)
    with pytest.raises(CallRejected, match="undone"):
        canister.call("write_and_trap", 0, b"gone")
    assert canister.query("read", 0, 4) == bytes(4)


@pytest.mark.parametrize(("offset", "length"), [(65_536, 1), (65_535, 2), (1 << 40, 1)])
def test_reading_outside_traps(install, offset, length):
    canister = install(RAW.format(maps=""))
    canister.call("grow", 1)
    assert canister.query("read", 65_535, 1) == b"\0"
    with pytest.raises(CallRejected, match="out of bounds"):
        canister.query("read", offset, length)


def test_growing_beyond_the_limit_answers_an_error(install):
    canister = install(RAW.format(maps=""))
    assert canister.call("grow", 500 * 16_384 + 1) == "{'Err': {'OutOfMemory': None}}"


def test_beside_maps_the_managers_pages_count_and_are_refused(install):
    canister = install(RAW.format(maps=MAP))
    assert canister.query("size") == 129
    assert canister.call("grow", 1) == "{'Ok': 129}"
    canister.call("write", 129 * 65_536, b"own page")
    assert canister.query("read", 129 * 65_536, 8) == b"own page"
    canister.call("write", 65_000, b"tail of the header page")
    assert canister.query("read", 65_000, 4) == b"tail"
    for offset in (0, 34_847, 65_536, 129 * 65_536 - 1):
        with pytest.raises(CallRejected, match="never both in one canister"):
            canister.query("read", offset, 1)


KEYS = """
from kybra import Alias, Opt, Principal, Record, StableBTreeMap, Tuple, Variant, Vec, blob, int8, nat, null, query, text, update, void


class Inner(Record):
    low: int8
    word: text


class Choice(Variant, total=False):
    Zero: null
    Number: int
    Word: text


Key = Tuple[int, text, blob, Principal, Inner, Choice, Opt[bool], Vec[nat]]

cells = StableBTreeMap[Key, text](memory_id=0, max_key_size=4000, max_value_size=40)


@update
def put(key: Key) -> void:
    cells.insert(key, "x")


@query
def keys() -> Vec[Key]:
    return cells.keys()
"""

numbers = st.integers(-(2**70), 2**70)
words = st.text(alphabet=st.characters(codec="utf-8"), max_size=3)
choices = st.one_of(st.just({"Zero": None}), numbers.map(lambda n: {"Number": n}), words.map(lambda w: {"Word": w}))
keys = st.tuples(
    numbers,
    words,
    st.binary(max_size=3),
    st.binary(max_size=29).map(Principal),
    st.fixed_dictionaries({"low": st.integers(-128, 127), "word": words}),
    choices,
    st.none() | st.booleans(),
    st.lists(st.integers(0, 2**70), max_size=3),
)


def rust_order(key):
    """How Rust's derived `Ord` compares, written as Python's comparison of nested tuples."""
    number, word, data, principal, inner, choice, flag, items = key
    ((tag, payload),) = choice.items()
    variant = {"Zero": (0, 0), "Number": (1, payload), "Word": (2, (payload or "").encode() if tag == "Word" else 0)}[tag]
    return (
        number, word.encode(), data, (len(principal.raw), principal.raw), (inner["low"], inner["word"].encode()), variant,
        (0, False) if flag is None else (1, flag), tuple(items),
    )  # fmt: skip


@pytest.fixture(scope="module")
def keyed(module_replica, tmp_path_factory):
    entry = tmp_path_factory.mktemp("keyed") / "keyed_canister.py"
    entry.write_text(KEYS)
    return module_replica.install(entry)


@given(st.lists(keys, max_size=6))
def test_keys_come_in_the_order_of_rust(keyed, given_keys):
    for key in given_keys:
        keyed.call("put", key)
    unique = {rust_order(key): key for key in given_keys}
    assert keyed.query("keys") == [unique[order] for order in sorted(unique)]
