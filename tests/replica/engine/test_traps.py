"""A trap undoes exactly one message, and nothing in the canister can stop it."""

from __future__ import annotations

import pytest

from kybra_replica.driver import CallRejected
from kybra_replica.system_api import RejectCode

SOURCE = """
from kybra import Async, CallResult, Service, StableBTreeMap, Vec, ic, nat64, query, service_update, text, update, void

cells = StableBTreeMap[text, nat64](memory_id=0, max_key_size=40, max_value_size=15)
seen: list[str] = []


class Itself(Service):
    @service_update
    def nothing(self) -> void: ...


class Closing:
    def __enter__(self):
        return self

    def __exit__(self, *problem):
        seen.append("exit")
        cells.insert("exit", 1)
        return True


@update
def nothing() -> void:
    pass


@update
def caught() -> text:
    cells.insert("before", 1)
    try:
        ic.trap("hard")
    except BaseException:
        seen.append("except")
        return "caught"
    finally:
        seen.append("finally")
        cells.insert("finally", 1)


@update
def in_context_manager() -> text:
    with Closing():
        ic.trap("hard")
    return "passed"


@update
def forever() -> text:
    while True:
        try:
            ic.trap("hard")
        except BaseException:
            continue


@update
def raised() -> text:
    cells.insert("before", 1)
    seen.append("raised")
    raise ValueError("soft")


@update
def after_await() -> Async[text]:
    cells.insert("first half", 1)
    seen.append("first half")
    yield Itself(ic.id()).nothing()
    cells.insert("second half", 1)
    seen.append("second half")
    try:
        ic.trap("hard")
    finally:
        seen.append("finally")


@update
def bad_conversion() -> nat64:
    cells.insert("before", 1)
    return -1


@query
def keys() -> Vec[text]:
    return cells.keys()


@query
def heap() -> Vec[text]:
    return seen


@query
def heap_from_query() -> Vec[text]:
    seen.append("query")
    cells.insert("query", 1)
    return seen + cells.keys()
"""

pytestmark = pytest.mark.kybra_replica(refuse_module_state=False)


@pytest.mark.parametrize(
    ("method", "text"),
    [
        ("caught", "hard"),
        ("in_context_manager", "hard"),
        ("forever", "hard"),
        ("raised", "ValueError: soft"),
        ("bad_conversion", "OverflowError: Python int too large to convert to Rust u64"),
    ],
)
def test_a_trap_ends_the_message_and_undoes_memory_and_heap(install, method, text):
    canister = install(SOURCE)
    with pytest.raises(CallRejected) as rejected:
        canister.call(method)
    assert rejected.value.code is RejectCode.CANISTER_ERROR
    assert f"'{text}'" in rejected.value.message
    assert canister.query("keys") == []
    assert canister.query("heap") == []


def test_a_trap_after_an_await_keeps_the_first_half(install):
    canister = install(SOURCE)
    with pytest.raises(CallRejected, match="hard"):
        canister.call("after_await")
    assert canister.query("keys") == ["first half"]
    assert canister.query("heap") == ["first half"]


def test_a_query_leaves_neither_memory_nor_heap(install):
    canister = install(SOURCE)
    assert canister.query("heap_from_query") == ["query", "query"]
    assert canister.query("heap_from_query") == ["query", "query"]
    assert canister.query("keys") == []


def test_a_query_method_called_as_update_leaves_nothing_either(install):
    canister = install(SOURCE)
    assert canister.call("heap_from_query") == ["query", "query"]
    assert canister.query("keys") == []
    assert canister.query("heap") == []


def test_a_canister_goes_on_after_a_trap(install):
    canister = install(SOURCE)
    with pytest.raises(CallRejected):
        canister.call("caught")
    assert canister.call("nothing") is None
