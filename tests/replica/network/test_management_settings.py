"""Settings: what may be set, what not, and which of them have an effect."""

from __future__ import annotations

import management_calls as calls
import pytest
from management_calls import manage, refused

from kybra_replica.driver import user

OWNER, FRIEND = user("owner"), user("friend")
VARIABLES = [{"name": "b", "value": "2"}, {"name": "a", "value": "1"}]


@pytest.fixture
def canister(replica):
    return replica.create_canister(sender=OWNER)


def settings_of(replica, canister):
    return manage(replica, "canister_status", {"canister_id": canister}, sender=OWNER)["settings"]


def update(replica, canister, settings, sender=OWNER):
    manage(replica, "update_settings", {"canister_id": canister, "settings": settings}, sender=sender)


def test_a_new_canister_has_the_ics_defaults(replica, canister):
    assert settings_of(replica, canister) == {
        "controllers": [OWNER],
        "compute_allocation": 0,
        "memory_allocation": 0,
        "freezing_threshold": 2_592_000,
        "reserved_cycles_limit": 5_000_000_000_000,
        "minimum_incoming_canister_call_cycles": 0,
        "log_visibility": {"controllers": None},
        "log_memory_limit": 4_096,
        "snapshot_visibility": {"controllers": None},
        "status_visibility": {"controllers": None},
        "wasm_memory_limit": 3_221_225_472,
        "wasm_memory_threshold": 0,
        "environment_variables": [],
    }


CHOICES = {
    "compute_allocation": 100,
    "memory_allocation": 2**64 - 1,
    "freezing_threshold": 2**64 - 1,
    "reserved_cycles_limit": 2**128 - 1,
    "minimum_incoming_canister_call_cycles": 2**128 - 1,
    "log_memory_limit": 2 * 1024**2,
    "wasm_memory_limit": 2**48,
    "wasm_memory_threshold": 2**48,
    "log_visibility": {"public": None},
    "snapshot_visibility": {"allowed_viewers": [FRIEND]},
    "status_visibility": {"allowed_viewers": [OWNER, FRIEND]},
}


@pytest.mark.parametrize(("name", "value"), CHOICES.items())
def test_one_setting_changes_and_the_others_stay(replica, canister, name, value):
    before, version = settings_of(replica, canister), replica.subnet.canisters[canister].version
    update(replica, canister, {name: value})
    assert settings_of(replica, canister) == {**before, name: value}
    assert replica.subnet.canisters[canister].version == version + 1


@pytest.mark.parametrize("name", [name for name, value in CHOICES.items() if isinstance(value, int) and name != "log_memory_limit"])
def test_one_more_than_the_greatest_is_refused(replica, canister, name):
    before = settings_of(replica, canister)
    settings = {"controllers": [FRIEND], name: CHOICES[name] + 1}
    refused(update, replica, canister, settings, match=f"{name} expected to be in the range", code=5, error="IC0504")
    assert settings_of(replica, canister) == before


@pytest.mark.parametrize(("limit", "text"), [(1, "too low"), (4_095, "too low"), (2 * 1024**2 + 1, "too high")])
def test_a_log_is_off_or_within_its_bounds(replica, canister, limit, text):
    refused(update, replica, canister, {"log_memory_limit": limit}, match=text, code=4, error="IC0406")
    update(replica, canister, {"log_memory_limit": 0})
    assert settings_of(replica, canister)["log_memory_limit"] == 0


def test_ten_controllers_and_viewers_are_the_most(replica, canister):
    many = sorted(user(f"controller {number}") for number in range(11))
    for settings in ({"controllers": many}, {"log_visibility": {"allowed_viewers": many}}):
        refused(update, replica, canister, settings, match="exceeds maximum allowed 10", code=4, error="IC0408")
    update(replica, canister, {"controllers": [*many[:9], OWNER]})
    assert len(settings_of(replica, canister)["controllers"]) == 10


def test_who_loses_control_has_lost_it(replica, canister):
    update(replica, canister, {"controllers": [FRIEND]})
    refused(update, replica, canister, {"controllers": [OWNER]}, match="Only controllers", code=5, error="IC0512")
    update(replica, canister, {"controllers": []}, sender=FRIEND)
    refused(update, replica, canister, {}, sender=FRIEND, match="Only controllers", code=5, error="IC0512")


def test_environment_variables_come_by_name(replica, canister):
    update(replica, canister, {"environment_variables": VARIABLES})
    assert settings_of(replica, canister)["environment_variables"] == VARIABLES[::-1]
    update(replica, canister, {"environment_variables": []})
    assert settings_of(replica, canister)["environment_variables"] == []


def test_environment_variables_have_their_limits(replica, canister):
    twenty = [{"name": f"name {number:03}", "value": "é" * 64} for number in range(20)]
    update(replica, canister, {"environment_variables": twenty})
    refusals = [
        ([*twenty, {"name": "x", "value": ""}], "Too many environment variables: 21"),
        ([{"name": "é" * 64 + "x", "value": ""}], "variable name .* exceeds"),
        ([{"name": "x", "value": "é" * 64 + "x"}], "variable value .* exceeds"),
        ([{"name": "x", "value": "1"}, {"name": "x", "value": "2"}], "Duplicate"),
    ]
    for variables, text in refusals:
        refused(update, replica, canister, {"environment_variables": variables}, match=text, code=4, error="IC0408")
    assert settings_of(replica, canister)["environment_variables"] == twenty


def test_calls_that_bring_too_few_cycles_are_refused_but_not_from_people(replica, write_canister):
    caller = replica.install(write_canister(calls.RELAY), sender=OWNER)
    target = replica.install(write_canister(calls.RELAY, "target"), sender=OWNER)
    source = """
        from kybra import Async, CallResult, Principal, Service, nat, query, service_query, text, update


        class Other(Service):
            @service_query
            def ask(self, words: text) -> text: ...


        @update
        def pay(other: Principal, cycles: nat) -> Async[text]:
            result: CallResult[text] = yield Other(other).ask("hello").with_cycles128(cycles)
            return result.Err or result.Ok or ""
    """
    payer = replica.install(write_canister(source, "payer"))
    update(replica, target.id, {"minimum_incoming_canister_call_cycles": 10})
    assert "at least 10 are required" in payer.call("pay", target.id, 9)
    assert payer.call("pay", target.id, 10) == "hello"
    assert payer.call("pay", caller.id, 0) == "hello"
    target.call("say", "hello")
