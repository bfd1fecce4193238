"""What one learns of a canister: status, history, metadata, log."""

from __future__ import annotations

import management_calls as calls
import pytest
from management_calls import ask, manage, refused, relay

from kybra_replica.candid import parse_did
from kybra_replica.driver import CallRejected, user
from kybra_replica.network.canister_log import RECORD_BYTES, Log
from kybra_replica.network.canister_settings import LOG_BYTES, Settings

OWNER, VIEWER, STRANGER = user("owner"), user("viewer"), user("stranger")


@pytest.fixture
def canister(replica, write_canister):
    installed = replica.install(write_canister(calls.RELAY), sender=OWNER)
    replica.tick(2)
    return installed


def of(canister):
    return {"canister_id": canister.id}


def settings(canister, **changed):
    manage(canister.replica, "update_settings", {**of(canister), "settings": changed}, sender=OWNER)


# status ----------------------------------------------------------------------------------------------------------------


def test_status_has_every_field_by_call_and_by_query(canister):
    replica, kept = canister.replica, canister.replica.subnet.canisters[canister.id]
    status = ask(replica, "canister_status", of(canister), sender=OWNER)
    assert manage(replica, "canister_status", of(canister), sender=OWNER) == status
    assert (status["status"], status["ready_for_migration"]) == ({"running": None}, False)
    assert (status["version"], status["module_hash"], status["cycles"]) == (kept.version, kept.module_hash, kept.cycles)
    assert (status["reserved_cycles"], status["idle_cycles_burned_per_day"]) == (0, 0)
    assert set(status["query_stats"].values()) == {0}
    assert status["memory_size"] == sum(status["memory_metrics"].values())
    assert len(status["memory_metrics"]) == 9


def test_status_measures_what_is_stored(canister):
    def sizes():
        return ask(canister.replica, "canister_status", of(canister), sender=OWNER)["memory_metrics"]

    assert (sizes()["wasm_chunk_store_size"], sizes()["log_memory_store_size"]) == (0, 0)
    manage(canister.replica, "upload_chunk", {**of(canister), "chunk": bytes(100)}, sender=OWNER)
    canister.call("say", "hello")
    assert (sizes()["wasm_chunk_store_size"], sizes()["log_memory_store_size"]) == (132, RECORD_BYTES + 5)


def test_status_is_for_those_whom_the_canister_admits(canister):
    denied = {"match": "Only controllers of canister .* canister_status", "code": 5, "error": "IC0512"}
    refused(ask, canister.replica, "canister_status", of(canister), sender=VIEWER, **denied)
    refused(manage, canister.replica, "canister_status", of(canister), sender=VIEWER, **denied)
    settings(canister, status_visibility={"allowed_viewers": [VIEWER]})
    assert ask(canister.replica, "canister_status", of(canister), sender=VIEWER)["status"] == {"running": None}
    refused(ask, canister.replica, "canister_status", of(canister), sender=STRANGER, **denied)
    settings(canister, status_visibility={"public": None})
    assert manage(canister.replica, "canister_status", of(canister), sender=STRANGER)["status"] == {"running": None}


def test_a_canister_may_ask_for_its_own_status_and_not_for_others(canister):
    own, error, _ = relay(canister, "canister_status", of(canister))
    assert (own["settings"]["controllers"], error) == ([OWNER], None)
    other = canister.replica.create_canister(sender=OWNER)
    _, error, _ = relay(canister, "canister_status", {"canister_id": other})
    expected = f"Only the controllers of the canister {other} can control it.\nCanister's controllers: {OWNER}\nSender's ID: {canister.id}"
    assert error == f"Rejection code 5, {expected}"


def test_a_composite_query_may_ask_for_the_canisters_own_status(replica, write_canister):
    source = """
        from kybra import Async, CallResult, Principal, blob, ic, query


        @query
        def own_status(argument: blob) -> Async[blob]:
            result: CallResult[blob] = yield ic.call_raw(Principal.from_str("aaaaa-aa"), "canister_status", argument, 0)
            return result.Ok
    """
    asking = replica.install(write_canister(source, "asking"), sender=OWNER)
    reply = asking.query("own_status", calls.payload("canister_status", of(asking)))
    assert calls.result("canister_status", reply)["settings"]["controllers"] == [OWNER]


# history ---------------------------------------------------------------------------------------------------------------


def history(canister, wanted=None):
    return ask(canister.replica, "canister_info", {**of(canister), "num_requested_changes": wanted}, sender=STRANGER)


def test_history_tells_what_was_done_by_whom(canister):
    replica, kept = canister.replica, canister.replica.subnet.canisters[canister.id]
    module_hash = kept.module_hash
    settings(canister, controllers=[OWNER, VIEWER])
    settings(canister, freezing_threshold=1)
    manage(replica, "uninstall_code", of(canister), sender=VIEWER)
    told = history(canister, wanted=9)
    assert (told["total_num_changes"], told["module_hash"], told["controllers"]) == (4, None, sorted([OWNER, VIEWER]))
    assert [change["details"] for change in told["recent_changes"]] == [
        {"creation": {"controllers": [OWNER], "environment_variables_hash": None}},
        {"code_deployment": {"mode": {"install": None}, "module_hash": module_hash}},
        {"controllers_change": {"controllers": sorted([OWNER, VIEWER])}},
        {"code_uninstall": None},
    ]
    assert [change["origin"]["from_user"]["user_id"] for change in told["recent_changes"]] == [OWNER, OWNER, OWNER, VIEWER]
    versions = [change["canister_version"] for change in told["recent_changes"]]
    assert versions == sorted(versions)
    assert versions[-1] == kept.version


def test_history_names_canisters_with_the_version_that_they_give(canister):
    replica = canister.replica
    created = relay(canister, "create_canister", {"settings": {"environment_variables": []}, "sender_canister_version": 3})[0]
    (change,) = ask(replica, "canister_info", {**created, "num_requested_changes": 1}, sender=STRANGER)["recent_changes"]
    assert change["origin"] == {"from_canister": {"canister_id": canister.id, "canister_version": 3}}
    relay(canister, "uninstall_code", created)
    (change,) = ask(replica, "canister_info", {**created, "num_requested_changes": 1}, sender=STRANGER)["recent_changes"]
    assert change["origin"] == {"from_canister": {"canister_id": canister.id, "canister_version": None}}


def test_history_keeps_the_last_twenty_and_counts_all(canister):
    for number in range(25):
        settings(canister, controllers=[OWNER, user(f"controller {number}")])
    assert history(canister) | {"module_hash": None, "controllers": []} == {
        "total_num_changes": 27,
        "recent_changes": [],
        "module_hash": None,
        "controllers": [],
    }
    assert [len(history(canister, wanted)["recent_changes"]) for wanted in (0, 1, 20, 21)] == [0, 1, 20, 20]
    oldest = history(canister, wanted=20)["recent_changes"][0]["details"]["controllers_change"]["controllers"]
    assert oldest == sorted([OWNER, user("controller 5")])


def test_the_hash_of_environment_variables_is_the_representation_independent_one():
    # The map {"a": "1", "b": "2"} by the IC interface specification, section "Hash of map", as @dfinity/agent 3 computes it.
    assert Settings(environment_variables=(("a", "1"), ("b", "2"))).environment_hash() == ENVIRONMENT_HASH
    assert Settings().environment_hash() is None


ENVIRONMENT_HASH = bytes.fromhex("41c9437385703f212225999a2f7864dcd5d1d633ee9f0addd330c3516b63e0f6")


# metadata --------------------------------------------------------------------------------------------------------------


def test_canisters_read_public_metadata(canister):
    value, error, _ = relay(canister, "canister_metadata", {**of(canister), "name": "candid:service"})
    assert error is None
    assert [name for name, _ in parse_did(value["value"].decode()).methods] == ["ask", "fall", "relay", "say"]
    _, error, _ = relay(canister, "canister_metadata", {**of(canister), "name": "absent"})
    assert error == f"Rejection code 4, The canister {canister.id} has no metadata section with the name absent."
    empty = canister.replica.create_canister()
    _, error, _ = relay(canister, "canister_metadata", {"canister_id": empty, "name": "candid:service"})
    assert error == f"Rejection code 4, The canister {empty} has no Wasm module and hence no metadata is available."


# log -------------------------------------------------------------------------------------------------------------------


def log(canister, sender=OWNER, **chosen):
    found = ask(canister.replica, "fetch_canister_logs", {**of(canister), "filter": chosen or None}, sender=sender)
    return [(record["idx"], record["content"]) for record in found["canister_log_records"]]


def fall(canister, words):
    with pytest.raises(CallRejected, match=words):
        canister.call("fall", words)


def test_prints_and_traps_are_logged_queries_are_not(canister):
    canister.call("say", "first")
    canister.query("ask", "unheard")
    fall(canister, "second")
    assert log(canister) == [(0, b"first"), (1, b"before second"), (2, b"[TRAP]: second")]


def test_a_query_that_is_called_as_an_update_is_logged(canister):
    canister.call("ask", "heard")
    assert log(canister) == [(0, b"heard")]


def test_a_range_has_its_start_and_not_its_end(canister):
    for number in range(4):
        canister.call("say", f"{number}")
        canister.replica.advance_time(1)
    records = ask(canister.replica, "fetch_canister_logs", of(canister), sender=OWNER)["canister_log_records"]
    times = [record["timestamp_nanos"] for record in records]
    assert log(canister, by_idx={"start": 1, "end": 3}) == [(1, b"1"), (2, b"2")]
    assert log(canister, by_timestamp_nanos={"start": times[1], "end": times[3]}) == [(1, b"1"), (2, b"2")]
    assert log(canister, by_idx={"start": 3, "end": 1}) == []


def test_the_log_is_for_those_whom_the_canister_admits(canister):
    canister.call("say", "hello")
    denied = {"match": f"Caller {VIEWER} is not allowed to access canister logs", "code": 4, "error": "IC0406"}
    refused(log, canister, sender=VIEWER, **denied)
    settings(canister, log_visibility={"allowed_viewers": [VIEWER]})
    assert log(canister, sender=VIEWER) == [(0, b"hello")]
    settings(canister, log_visibility={"public": None})
    assert log(canister, sender=STRANGER) == [(0, b"hello")]
    settings(canister, log_visibility={"controllers": None})
    refused(log, canister, sender=VIEWER, **denied)


def test_a_controlling_canister_reads_the_log_by_a_call_and_people_do_not(canister):
    settings(canister, controllers=[OWNER, canister.id])
    canister.call("say", "hello")
    found, error, _ = relay(canister, "fetch_canister_logs", of(canister))
    assert (found["canister_log_records"][0]["content"], error) == (b"hello", None)
    refused(
        manage, canister.replica, "fetch_canister_logs", of(canister), sender=OWNER, match="only accessible in non-replicated mode",
        code=4, error="IC0406",
    )  # fmt: skip


def test_the_log_outlives_upgrades_and_not_reinstalls(canister):
    canister.call("say", "hello")
    canister.upgrade()
    assert log(canister) == [(0, b"hello")]
    canister.replica.reinstall_code(canister.id, sender=OWNER)
    assert log(canister) == []
    canister.call("say", "anew")
    assert log(canister) == [(1, b"anew")]


def test_a_smaller_limit_drops_the_oldest_at_once(canister):
    settings(canister, log_memory_limit=8_192)
    for letter in "abc":
        canister.call("say", letter * 2_000)
    assert [number for number, _ in log(canister)] == [0, 1, 2]
    settings(canister, log_memory_limit=4_096)
    assert [number for number, _ in log(canister)] == [1, 2]
    settings(canister, log_memory_limit=0)
    canister.call("say", "unheard")
    assert log(canister) == []


def test_a_record_that_fills_the_ring_is_alone_in_it():
    full = LOG_BYTES - RECORD_BYTES
    ring = Log().add(1, "a", LOG_BYTES).add(2, "x" * full, LOG_BYTES)
    assert [(record.index, len(record.content)) for record in ring.records] == [(1, full)]
    assert Log().add(1, "x" * (full + 1), LOG_BYTES).records == Log().add(1, "x" * full, LOG_BYTES).records
    half = Log().add(1, "x" * (LOG_BYTES // 2 - RECORD_BYTES), LOG_BYTES).add(2, "x" * (LOG_BYTES // 2 - RECORD_BYTES), LOG_BYTES)
    assert (len(half.records), half.size) == (2, LOG_BYTES)
