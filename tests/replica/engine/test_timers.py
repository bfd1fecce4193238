"""Timers and heartbeats: when they fire, who calls, what a trap costs."""

from __future__ import annotations

import pytest

SOURCE = """
from kybra import (
    Async, CallResult, Principal, Service, StableBTreeMap, Vec, ic, init, nat64, post_upgrade, query,
    service_update, text, update, void,
)

log = StableBTreeMap[nat64, text](memory_id=0, max_key_size=15, max_value_size=100)


class Itself(Service):
    @service_update
    def nothing(self) -> void: ...


def note(word: str) -> None:
    log.insert(log.len(), word)


@init
def setup() -> void:
    ic.set_timer(0, lambda: note("after init"))


@update
def nothing() -> void:
    pass


@update
def once(seconds: nat64, word: text) -> nat64:
    return ic.set_timer(seconds, lambda: note(word + " " + str(ic.caller().to_str() == ic.id().to_str())))


@update
def every(seconds: nat64, word: text) -> nat64:
    return ic.set_timer_interval(seconds, lambda: note(word))


def failing() -> None:
    note("lost")
    ic.trap("timer trapped")


@update
def failing_every(seconds: nat64) -> nat64:
    return ic.set_timer_interval(seconds, failing)


def calling():
    note("before the call")
    yield Itself(ic.id()).nothing()
    note("after the call")


@update
def calling_once(seconds: nat64) -> nat64:
    return ic.set_timer(seconds, calling)


@update
def chained() -> nat64:
    return ic.set_timer(1, lambda: ic.set_timer(1, lambda: note("chained")))


@update
def clear(timer: nat64) -> void:
    ic.clear_timer(timer)


@query
def lines() -> Vec[text]:
    return log.values()
"""


@pytest.fixture
def canister(install):
    handle = install(SOURCE)
    handle.replica.tick()
    assert handle.query("lines") == ["after init"]
    return handle


def later(canister, seconds):
    """Second by second, so that every deadline has a round of its own."""
    for _ in range(seconds):
        canister.replica.advance_time(1)
        canister.replica.tick()
    return canister.query("lines")[1:]


def test_a_timer_fires_once_at_its_time_with_the_canister_as_caller(canister):
    canister.call("once", 3, "rang")
    assert later(canister, 2) == []
    assert later(canister, 1) == ["rang True"]
    assert later(canister, 9) == ["rang True"]


def test_an_interval_fires_again_and_again_until_cleared(canister):
    timer = canister.call("every", 2, "tick")
    assert later(canister, 5) == ["tick", "tick"]
    canister.call("clear", timer)
    assert later(canister, 5) == ["tick", "tick"]


def test_a_cleared_timer_never_fires(canister):
    canister.call("clear", canister.call("once", 2, "rang"))
    assert later(canister, 4) == []


def test_a_trap_in_a_timer_loses_its_changes_but_not_the_interval(canister):
    canister.call("failing_every", 1)
    canister.call("once", 2, "other")
    assert later(canister, 3) == ["other True"]


def test_a_timer_may_call_canisters(canister):
    canister.call("calling_once", 1)
    assert later(canister, 1) == ["before the call", "after the call"]


def test_a_timer_may_set_a_timer(canister):
    canister.call("chained")
    assert later(canister, 2) == ["chained"]


def test_an_upgrade_forgets_timers(canister):
    canister.call("once", 1, "rang")
    canister.upgrade()
    assert later(canister, 3) == []


def test_many_timers_that_fall_due_together_all_fire(canister):
    for number in range(20):
        canister.call("once", 5, str(number))
    canister.replica.advance_time(60)
    canister.replica.tick()
    assert sorted(canister.query("lines")[1:]) == sorted(f"{number} True" for number in range(20))


HEARTBEAT = """
from kybra import StableBTreeMap, heartbeat, ic, nat64, query, text, void

log = StableBTreeMap[nat64, text](memory_id=0, max_key_size=15, max_value_size=100)


@heartbeat
def beat() -> void:
    log.insert(log.len(), ic.caller().to_str())
    if log.len() == 3:
        raise ValueError("third")


@query
def beats() -> nat64:
    return log.len()
"""


def test_a_heartbeat_runs_once_a_round_and_its_trap_is_noted(install):
    canister = install(HEARTBEAT)
    canister.replica.tick(4)
    assert canister.query("beats") == 2
    assert {text for _, text in canister.replica.subnet.system_traps} == {"ValueError: third"}
