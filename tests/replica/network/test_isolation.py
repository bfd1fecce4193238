"""Checkpoints: every test and every Hypothesis example starts from the same state."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

SOURCE = """
from kybra import Async, Service, StableBTreeMap, ic, nat64, query, service_update, text, update, void

cells = StableBTreeMap[nat64, text](memory_id=0, max_key_size=15, max_value_size=50)


class Itself(Service):
    @service_update
    def nothing(self) -> void: ...


@update
def nothing() -> void:
    pass


@update
def add(word: text) -> nat64:
    cells.insert(cells.len(), word)
    return cells.len()


@update
def add_later(seconds: nat64) -> void:
    ic.set_timer(seconds, lambda: cells.insert(cells.len(), "later"))


@update
def waits() -> Async[void]:
    yield Itself(ic.id()).nothing()


@query
def count() -> nat64:
    return cells.len()
"""


@pytest.fixture(scope="module")
def canister(module_replica, tmp_path_factory):
    entry = tmp_path_factory.mktemp("isolated") / "isolated_canister.py"
    entry.write_text(SOURCE)
    handle = module_replica.install(entry)
    handle.call("add", "from the fixture")
    return handle


@pytest.mark.parametrize("attempt", [1, 2])
def test_what_a_test_does_is_undone_at_its_end(canister, shared_replica, attempt):
    assert canister.query("count") == 1
    assert canister.call("add", f"attempt {attempt}") == 2
    canister.call("add_later", 1)


@given(st.lists(st.text(max_size=5), max_size=4))
def test_what_an_example_does_is_undone_before_the_next(canister, words):
    assert canister.query("count") == 1
    for number, word in enumerate(words):
        assert canister.call("add", word) == number + 2


def test_no_timer_of_an_earlier_test_fires(canister, shared_replica):
    shared_replica.advance_time(10)
    shared_replica.tick()
    assert canister.query("count") == 1


def test_a_checkpoint_brings_back_time_canisters_and_timers(canister, shared_replica):
    canister.call("add_later", 5)
    remembered, time_ns = shared_replica.checkpoint(), shared_replica.get_time()
    shared_replica.advance_time(10)
    shared_replica.tick()
    shared_replica.create_canister()
    assert canister.query("count") == 2
    shared_replica.restore(remembered)
    assert (shared_replica.get_time(), canister.query("count"), len(shared_replica.subnet.canisters)) == (time_ns, 1, 1)
    shared_replica.advance_time(10)
    shared_replica.tick()
    assert canister.query("count") == 2


def test_a_checkpoint_in_the_midst_of_a_call_is_refused(canister, shared_replica):
    shared_replica.faults.delay_reply(method="nothing")
    canister.submit("waits")
    shared_replica.tick()
    with pytest.raises(RuntimeError, match="at rest"):
        shared_replica.checkpoint()
    shared_replica.faults.deliver_delayed()
    shared_replica.tick()
