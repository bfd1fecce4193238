"""Install, upgrade, reinstall: what runs, what stays, and that a failure changes nothing."""

from __future__ import annotations

import pytest

from kybra_replica.candid import encode
from kybra_replica.candid.types import TEXT
from kybra_replica.driver import CallRejected

SOURCE = """
from kybra import Opt, Principal, StableBTreeMap, Vec, ic, init, nat64, post_upgrade, pre_upgrade, query, text, update, void

log = StableBTreeMap[nat64, text](memory_id=0, max_key_size=15, max_value_size=100)


def note(word: str) -> None:
    log.insert(log.len(), word)


note("module")


@init
def setup(word: text) -> void:
    note("init " + word)


@pre_upgrade
def leave() -> void:
    note("pre_upgrade")


@post_upgrade
def enter(word: text) -> void:
    note("post_upgrade " + word)
    if word == "fail":
        raise ValueError("post_upgrade failed")


@update
def certify(data: text) -> void:
    ic.set_certified_data(data.encode())


@query
def lines() -> Vec[text]:
    return log.values()
"""


def test_an_upgrade_runs_old_then_new_code_on_the_same_memory(install):
    canister = install(SOURCE, "first")
    canister.upgrade("second")
    assert canister.query("lines") == ["module", "init first", "pre_upgrade", "module", "post_upgrade second"]


def test_a_failing_upgrade_leaves_everything_as_it_was(install):
    canister = install(SOURCE, "first")
    canister.call("certify", "kept")
    module_hash = canister.replica.subnet.canisters[canister.id].module_hash
    with pytest.raises(CallRejected, match="ValueError: post_upgrade failed"):
        canister.upgrade("fail")
    assert canister.query("lines") == ["module", "init first"]
    installed = canister.replica.subnet.canisters[canister.id]
    assert (installed.certified_data, installed.module_hash) == (b"kept", module_hash)


def test_a_failing_init_installs_nothing(install, replica):
    with pytest.raises(CallRejected, match="KeyError: 'absent'"):
        install(
            """
            from kybra import StableBTreeMap, nat64, query, text

            cells = StableBTreeMap[nat64, text](memory_id=0, max_key_size=15, max_value_size=100)
            cells.insert(1, "x")
            {}["absent"]


            @query
            def f() -> text:
                return "f"
            """
        )
    (canister,) = replica.subnet.canisters.values()
    assert canister.engine is None
    assert replica.subnet.store.count(canister.space + b"map\x00") == 0


def test_a_map_may_shrink_but_not_outgrow_what_it_was_made_with(install, write_canister):
    source = """
        from kybra import StableBTreeMap, nat64, query, text, update, void

        cells = StableBTreeMap[nat64, text](memory_id=0, max_key_size=15, max_value_size={size})


        @update
        def put(value: text) -> void:
            cells.insert(1, value)
    """
    canister = install(source.format(size=50), name="cells")
    canister.call("put", "x" * 42)
    canister.upgrade(entry=write_canister(source.format(size=30), "cells"))
    canister.call("put", "x" * 22)
    with pytest.raises(CallRejected, match="Value is too large"):
        canister.call("put", "x" * 23)
    canister.upgrade(entry=write_canister(source.format(size=60), "cells"))
    with pytest.raises(CallRejected, match="max_value_size must be <= 50"):
        canister.call("put", "x")


def test_reinstall_empties_memory_and_certified_data(install):
    canister = install(SOURCE, "first")
    canister.call("certify", "gone")
    canister.replica.reinstall_code(canister.id, argument=encode((TEXT,), ("again",)))
    assert canister.query("lines") == ["module", "init again"]
    assert canister.replica.subnet.canisters[canister.id].certified_data == b""


def test_install_wants_an_empty_canister(install, write_canister):
    canister = install(SOURCE, "first")
    with pytest.raises(CallRejected, match="not empty"):
        canister.replica.install_code(canister.id, write_canister(SOURCE, "other"))


def test_an_open_call_does_not_survive_an_upgrade(install):
    source = """
        from kybra import Async, CallResult, Service, StableBTreeMap, ic, nat64, query, service_update, text, update, void

        cells = StableBTreeMap[nat64, text](memory_id=0, max_key_size=15, max_value_size=50)


        class Itself(Service):
            @service_update
            def nothing(self) -> void: ...


        @update
        def nothing() -> void:
            pass


        @update
        def waits() -> Async[text]:
            cells.insert(0, "before")
            yield Itself(ic.id()).nothing()
            cells.insert(1, "after")
            return "done"


        @query
        def count() -> nat64:
            return cells.len()
    """
    canister = install(source)
    canister.replica.faults.delay_reply(method="nothing")
    call = canister.submit("waits")
    canister.replica.tick()
    canister.upgrade()
    canister.replica.faults.deliver_delayed()
    with pytest.raises(CallRejected, match="upgraded in the meantime"):
        canister.wait("waits", call)
    assert canister.query("count") == 1
