"""Each canister has its own copy of every module, fresh on upgrade; module state is watched."""

from __future__ import annotations

import sys

import kybra
import pytest

from kybra_replica.driver import CallRejected, ModuleStateChanged

COUNTER = """
from counting.shared import bump, total
from kybra import Principal, StableBTreeMap, ic, nat64, query, text, update, void

cells = StableBTreeMap[text, nat64](memory_id=0, max_key_size=20, max_value_size=15)
held = 0


@update
def add() -> nat64:
    cells.insert("n", (cells.get("n") or 0) + 1)
    return bump()


@update
def rebind() -> void:
    global held
    held = 5


@query
def state() -> text:
    return str(total()) + " " + str(cells.get("n")) + " " + str(held)


@update
def patch() -> void:
    Principal.marker = "patched"


@query
def patched() -> text:
    return getattr(Principal, "marker", "as it came")
"""

SHARED = """
numbers = [0]

def bump():
    numbers[0] += 1
    return numbers[0]

def total():
    return numbers[0]
"""

FILES = {"counting/__init__.py": "", "counting/shared.py": SHARED}


@pytest.mark.kybra_replica(refuse_module_state=False)
def test_two_canisters_share_no_module(install):
    first, second = install(COUNTER, name="first", files=FILES), install(COUNTER, name="second", files=FILES)
    assert [first.call("add"), first.call("add"), second.call("add")] == [1, 2, 1]
    assert first.query("state") == "2 2 0"
    assert second.query("state") == "1 1 0"


@pytest.mark.kybra_replica(refuse_module_state=False)
def test_an_upgrade_starts_with_fresh_modules_on_the_same_memory(install):
    canister = install(COUNTER, files=FILES)
    canister.call("add")
    canister.call("rebind")
    assert canister.query("state") == "1 1 5"
    canister.upgrade()
    assert canister.query("state") == "0 1 0"


@pytest.mark.kybra_replica(refuse_module_state=False)
def test_a_patch_reaches_neither_other_canisters_nor_this_process(install):
    patching = install(COUNTER, name="patching", files=FILES)
    other = install(COUNTER, name="other", files=FILES)
    patching.call("patch")
    assert patching.query("patched") == "patched"
    assert other.query("patched") == "as it came"
    assert not hasattr(kybra.Principal, "marker")


def test_loading_leaves_no_module_behind(install):
    install(COUNTER, files=FILES)
    assert not [name for name in sys.modules if name.split(".")[0] in ("counting", "small_canister")]


@pytest.mark.parametrize(("method", "what"), [("add", "counting.shared.numbers"), ("rebind", "small_canister")])
def test_changed_module_state_fails_the_test_that_caused_it(install, method, what):
    canister = install(COUNTER, files=FILES)
    with pytest.raises(ModuleStateChanged, match=what):
        canister.call(method)


def test_state_in_a_map_is_no_module_state(install):
    canister = install(
        """
        from kybra import StableBTreeMap, nat64, text, update

        cells = StableBTreeMap[text, nat64](memory_id=0, max_key_size=20, max_value_size=15)


        @update
        def add() -> nat64:
            cells.insert("n", (cells.get("n") or 0) + 1)
            return cells.get("n")
        """
    )
    assert [canister.call("add"), canister.call("add")] == [1, 2]


def test_what_cannot_be_undone_is_refused_after_a_trap(install):
    canister = install(
        """
        import itertools

        from kybra import ic, nat64, text, update

        numbers = itertools.count()


        @update
        def draw(fail: text) -> nat64:
            number = next(numbers)
            if fail == "fail":
                ic.trap("drawn and dropped")
            return number
        """
    )
    assert canister.call("draw", "") == 0
    with pytest.raises(CallRejected, match="drawn and dropped"):
        canister.call("draw", "fail")
    with pytest.raises(CallRejected, match=r"cannot undo .*small_canister\.numbers \(a itertools\.count\)"):
        canister.call("draw", "")


def test_a_module_that_was_not_bundled_is_missing_at_install(install):
    with pytest.raises(CallRejected, match="ModuleNotFoundError: No module named 'numpy'"):
        install(
            """
            import importlib

            from kybra import query, text

            numpy = __import__("nump" + "y")


            @query
            def f() -> text:
                return "f"
            """
        )
