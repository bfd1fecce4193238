"""The store: order, transactions within transactions, and what a crash leaves."""

from __future__ import annotations

import shutil
import sqlite3

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kybra_replica.system_api import DirectoryInUse, StableStore

keys = st.binary(max_size=3)


class StoreMachine(RuleBasedStateMachine):
    """The store against a stack of plain dicts."""

    def __init__(self):
        super().__init__()
        self.store = StableStore()
        self.levels = [{}]

    @rule()
    @precondition(lambda self: len(self.levels) < 4)
    def begin(self):
        self.store.begin()
        self.levels.append(dict(self.levels[-1]))

    @rule()
    @precondition(lambda self: len(self.levels) > 1)
    def commit(self):
        self.store.commit()
        done = self.levels.pop()
        self.levels[-1] = done

    @rule()
    @precondition(lambda self: len(self.levels) > 1)
    def rollback(self):
        self.store.rollback()
        self.levels.pop()

    @rule(key=keys, value=st.binary(max_size=4))
    @precondition(lambda self: len(self.levels) > 1)
    def put(self, key, value):
        assert self.store.put(b"space", key, value) == self.levels[-1].get(key)
        self.levels[-1][key] = value

    @rule(key=keys)
    @precondition(lambda self: len(self.levels) > 1)
    def delete(self, key):
        assert self.store.delete(b"space", key) == self.levels[-1].pop(key, None)

    @rule()
    @precondition(lambda self: len(self.levels) > 1)
    def clear(self):
        self.store.clear(b"sp")
        self.levels[-1].clear()

    @rule()
    def flush(self):
        self.store.flush()

    @rule()
    @precondition(lambda self: len(self.levels) == 1)
    def go_through_a_snapshot(self):
        other = StableStore()
        other.restore(self.store.snapshot())
        self.store = other

    @invariant()
    def holds_what_the_model_holds(self):
        now = self.levels[-1]
        assert list(self.store.items(b"space")) == sorted(now.items())
        assert self.store.count(b"space") == len(now)
        assert list(self.store.items(b"elsewhere")) == []
        for key in list(now)[:3]:
            assert self.store.get(b"space", key) == now[key]


TestStore = StoreMachine.TestCase


def test_writes_need_a_message():
    store = StableStore()
    with pytest.raises(RuntimeError, match="no message is running"):
        store.put(b"space", b"key", b"value")


def test_cells_are_overwritten_with_the_message_and_counted_when_the_store_is_opened_again(tmp_path):
    store = StableStore(tmp_path)
    store.begin()
    store.overwrite(b"space", {b"a": b"1", b"b": b"2"})
    store.commit()
    store.begin()
    store.overwrite(b"space", {b"a": None, b"c": b"3"})
    assert list(store.items(b"space")) == [(b"b", b"2"), (b"c", b"3")]
    store.rollback()
    assert list(store.items(b"space")) == [(b"a", b"1"), (b"b", b"2")]
    store.close()
    reopened = StableStore(tmp_path)
    assert (reopened.get(b"space", b"a"), reopened.count(b"space")) == (b"1", 2)
    reopened.close()


def test_only_what_was_flushed_is_there_after_a_crash(tmp_path):
    store = StableStore(tmp_path / "live")
    for key in (b"flushed", b"lost"):
        store.begin()
        store.put(b"space", key, b"value")
        store.commit()
        if key == b"flushed":
            store.flush()
    shutil.copytree(tmp_path / "live", tmp_path / "crashed")
    reopened = StableStore(tmp_path / "crashed")
    assert list(reopened.items(b"space")) == [(b"flushed", b"value")]
    assert reopened.count(b"space") == 1


def test_a_directory_is_one_stores_at_a_time(tmp_path):
    store = StableStore(tmp_path)
    with pytest.raises(DirectoryInUse, match=f"the directory {tmp_path} is in use by another replica"):
        StableStore(tmp_path)
    store.close()
    StableStore(tmp_path).close()


def test_clearing_also_removes_what_only_the_disk_has(tmp_path):
    store = StableStore(tmp_path)
    store.begin()
    for space in (b"gone", b"gone too", b"kept"):
        store.put(space, b"key", b"value")
    store.commit()
    store.close()
    reopened = StableStore(tmp_path)
    reopened.begin()
    reopened.clear(b"gone")
    reopened.commit()
    reopened.close()
    last = StableStore(tmp_path)
    assert [list(last.items(space)) for space in (b"gone", b"gone too", b"kept")] == [[], [], [(b"key", b"value")]]


def test_a_flush_that_fails_leaves_the_disk_as_it_was_and_can_be_repeated(tmp_path):
    store = StableStore(tmp_path / "live")
    store.begin()
    for space in (b"a", b"b"):
        store.put(space, b"key", b"value")
    store.commit()
    trigger = "CREATE TEMP TRIGGER full BEFORE INSERT ON cell WHEN NEW.space = x'62' BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    store._database.execute(trigger)
    with pytest.raises(sqlite3.IntegrityError, match="disk full"):
        store.flush()
    shutil.copytree(tmp_path / "live", tmp_path / "crashed")
    assert StableStore(tmp_path / "crashed").count(b"a") == 0
    store._database.execute("DROP TRIGGER full")
    store.flush()
    shutil.copytree(tmp_path / "live", tmp_path / "later")
    assert [StableStore(tmp_path / "later").get(b"b", b"key")] == [b"value"]
