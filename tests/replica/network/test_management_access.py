"""Who may call what, and what is refused before it is even taken in."""

from __future__ import annotations

import management_calls as calls
import pytest
from hypothesis import given
from hypothesis import strategies as st
from management_calls import ask, manage, payload, refused, relay

from kybra_replica.candid import encode
from kybra_replica.driver import Replica, user
from kybra_replica.network.canister import Status
from kybra_replica.network.management import effective_canister_id, methods
from kybra_replica.network.management.unmodelled import REASONS
from kybra_replica.network.messages import Reject, Reply
from kybra_replica.principal import MANAGEMENT, Principal

OWNER, STRANGER = user("owner"), user("stranger")
TARGET = Principal.canister(7)
INSTALL = {"mode": {"install": None}, "wasm_module": b"", "arg": b""}
CHUNKED = {"mode": {"install": None}, "chunk_hashes_list": [], "wasm_module_hash": b"", "arg": b""}
KEY = {"curve": {"bls12_381_g2": None}, "name": "test_key_1"}

ON_A_CANISTER = {
    "update_settings": {"settings": {}},
    "install_code": INSTALL,
    "uninstall_code": {},
    "upload_chunk": {"chunk": b""},
    "stored_chunks": {},
    "clear_chunk_store": {},
    "start_canister": {},
    "stop_canister": {},
    "delete_canister": {},
    "canister_status": {},
}
"""Methods for controllers, with the rest of their arguments."""
FROM_CANISTERS = {
    "create_canister": {},
    "deposit_cycles": {"canister_id": TARGET},
    "canister_metadata": {"canister_id": TARGET, "name": "x"},
    "raw_rand": None,
    "vetkd_public_key": {"context": b"", "key_id": KEY},
    "vetkd_derive_key": {"context": b"", "input": b"", "transport_public_key": b"", "key_id": KEY},
}
BY_QUERY_ALONE = {"canister_info": {"canister_id": TARGET}, "fetch_canister_logs": {"canister_id": TARGET}, "list_canisters": None}


@pytest.fixture
def relaying(replica, write_canister):
    return replica.install(write_canister(calls.RELAY), sender=OWNER)


def arguments_on(canister, method):
    return {**ON_A_CANISTER[method], "canister_id": canister}


@pytest.mark.parametrize("method", ON_A_CANISTER)
def test_controllers_may_and_nobody_else(replica, relaying, method):
    canister = replica.create_canister(sender=OWNER)
    replica.subnet.canisters[canister].status = Status.STOPPED
    argument = arguments_on(canister, method)
    denied = {"match": f"Only controllers of canister {canister} can call ic00 method {method}", "code": 5, "error": "IC0512"}
    refused(manage, replica, method, argument, sender=STRANGER, **denied)
    assert relay(relaying, method, argument)[1].startswith(f"Rejection code 5, Only the controllers of the canister {canister} can control")
    if method == "install_code":
        refused(manage, replica, method, argument, sender=OWNER, match="neither Wasm", code=5, error="IC0505")
    else:
        manage(replica, method, argument, sender=OWNER)


@pytest.mark.parametrize("method", ["upload_chunk", "stored_chunks", "clear_chunk_store", "canister_status"])
def test_a_canister_reaches_its_own_chunks_and_status_without_control(relaying, method):
    assert relay(relaying, method, arguments_on(relaying.id, method))[1] is None


@pytest.mark.parametrize("method", [method for method in ON_A_CANISTER if method not in {"upload_chunk", "stored_chunks"}])
def test_a_canister_that_is_not_there_is_not_found(replica, method):
    absent = arguments_on(TARGET, method)
    refused(manage, replica, method, absent, sender=OWNER, match=f"Canister {TARGET} not found", code=3, error="IC0301")


@pytest.mark.parametrize(("method", "argument"), FROM_CANISTERS.items())
def test_some_methods_are_for_canisters(replica, method, argument):
    refused(manage, replica, method, argument, sender=OWNER, match=f"Only canisters can call .* {method}", code=4, error="IC0406")


@pytest.mark.parametrize(("method", "argument"), BY_QUERY_ALONE.items())
def test_some_methods_are_for_queries(replica, method, argument):
    refused(manage, replica, method, argument, sender=OWNER, match="only accessible in non-replicated mode", code=4, error="IC0406")


def test_only_what_is_a_query_answers_queries(replica, relaying):
    assert len(ask(replica, "list_canisters", sender=STRANGER)["canisters"]) == 1
    for method in ("start_canister", "absent"):
        with_id = payload("start_canister", {"canister_id": relaying.id})
        refused(replica.query_call, MANAGEMENT, method, with_id, match=f"Query method {method} not found", code=5, error="IC0536")
    absent = {"canister_id": TARGET}
    refused(ask, replica, "canister_info", absent, sender=OWNER, match="not found", code=3, error="IC0301")
    refused(replica.query_call, MANAGEMENT, "canister_info", b"DIDL", match="Error decoding candid", code=4, error="IC0408")
    assert relay(relaying, "list_canisters")[1].startswith("Rejection code 4, list_canisters API is only accessible")


@pytest.mark.parametrize("method", REASONS)
def test_what_is_not_modelled_says_so_to_everybody(replica, relaying, method):
    nothing = encode((), ())
    expected = f"{method} is not modelled by this replica: .* dfx and PocketIC have it"
    refused(replica.update_call, MANAGEMENT, method, nothing, match=expected, code=4, error="IC0406")
    answer = relaying.call("relay", method, nothing, 500)
    assert answer["error"].startswith(f"Rejection code 4, {method} is not modelled by this replica")
    assert answer["refunded"] == 500


def test_modelled_and_unmodelled_methods_are_different_ones():
    assert not methods().keys() & REASONS.keys()


def test_an_unknown_method_is_told_apart(replica, relaying):
    refused(replica.update_call, MANAGEMENT, "absent", b"", match="has no method 'absent'", code=4, error="IC0407")
    assert relaying.call("relay", "absent", b"", 0)["error"] == "Rejection code 4, Management canister has no method 'absent'"


@pytest.mark.parametrize("argument", [b"", b"DIDL", b"DIDL\x00\x00", encode((), ()) + b"\x00", b"DIDL\x01\x6c\x00\x01\x00"])
def test_an_argument_that_cannot_be_read_is_refused(replica, argument):
    refused(replica.update_call, MANAGEMENT, "start_canister", argument, match="Error decoding candid", code=4, error="IC0408")


def damaged(data):
    """A method, and an argument that was one before some of its bytes changed."""
    known = {**ON_A_CANISTER, **FROM_CANISTERS, **BY_QUERY_ALONE, "provisional_create_canister_with_cycles": {"amount": 5}}
    method = data.draw(st.sampled_from([*known, *REASONS, "absent"]))
    argument = known.get(method) or {}
    if method in ON_A_CANISTER:
        argument = {**argument, "canister_id": TARGET}
    whole = payload(method, argument) if method in known else encode((), ())
    start = data.draw(st.integers(0, len(whole)))
    return method, whole[:start] + data.draw(st.binary(max_size=4)) + whole[start + data.draw(st.integers(0, 4)) :]


def test_whatever_is_sent_gets_an_answer():
    replica = Replica()
    manage(replica, "provisional_create_canister_with_cycles", {"specified_id": TARGET}, sender=OWNER)

    @given(st.data())
    def check(data):
        method, argument = damaged(data)
        number = replica.subnet.submit(OWNER, MANAGEMENT, method, argument)
        replica.subnet.round()
        assert isinstance(replica.subnet.answers.pop(number), (Reply, Reject))
        assert isinstance(replica.subnet.query(OWNER, MANAGEMENT, method, argument), (Reply, Reject))

    check()
    manage(replica, "provisional_create_canister_with_cycles", {}, sender=OWNER)
    replica.close()


def test_people_send_two_mebibytes_and_no_more(replica):
    canister = replica.create_canister(sender=OWNER)
    frame = len(payload("install_code", {**INSTALL, "canister_id": canister, "wasm_module": bytes(2**20)})) - 2**20
    fits = 2 * 1024**2 - frame
    argument = {**INSTALL, "canister_id": canister, "wasm_module": bytes(fits)}
    assert len(payload("install_code", argument)) == 2 * 1024**2
    refused(manage, replica, "install_code", argument, sender=OWNER, match="neither Wasm", code=5, error="IC0505")
    argument["wasm_module"] += b"\x00"
    refused(manage, replica, "install_code", argument, sender=OWNER, match="is too large.* in chunks", code=4, error="IC0408")


def test_a_refusal_is_there_before_any_round(replica):
    canister = replica.create_canister(sender=OWNER)
    submit = replica.subnet.submit
    denied = submit(STRANGER, MANAGEMENT, "start_canister", payload("start_canister", {"canister_id": canister}))
    taken_in = submit(OWNER, MANAGEMENT, "start_canister", payload("start_canister", {"canister_id": canister}))
    assert replica.subnet.answers[denied].error_code == "IC0512"
    assert replica.subnet.answers[taken_in] is None


@pytest.mark.parametrize(("method", "rest"), ON_A_CANISTER.items())
def test_the_effective_canister_is_the_one_that_the_argument_names(method, rest):
    assert effective_canister_id(method, payload(method, {**rest, "canister_id": TARGET})) == TARGET


def test_the_effective_canister_of_chunked_code_is_its_target():
    argument = payload("install_chunked_code", {**CHUNKED, "target_canister": TARGET, "store_canister": OWNER})
    assert effective_canister_id("install_chunked_code", argument) == TARGET


@pytest.mark.parametrize("method", ["create_canister", "provisional_create_canister_with_cycles", "list_canisters", "raw_rand", "absent"])
def test_methods_that_name_no_canister_have_no_effective_one(method):
    assert effective_canister_id(method, b"whatever") is None


def test_an_effective_canister_cannot_be_read_from_garbage():
    with pytest.raises(ValueError) as unreadable:
        effective_canister_id("start_canister", b"garbage")
    assert "DIDL" in str(unreadable.value)


# running ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def stopping(relaying):
    """A canister that was told to stop while it waits for an answer: it, its open call and the stop request."""
    replica = relaying.replica
    replica.tick(2)
    replica.faults.delay_reply(method="raw_rand")
    call = relaying.submit("relay", "raw_rand", encode((), ()), 0)
    replica.tick()
    stop = replica.submit_call(MANAGEMENT, "stop_canister", payload("stop_canister", {"canister_id": relaying.id}), sender=OWNER)
    replica.tick()
    assert replica.subnet.canisters[relaying.id].status is Status.STOPPING
    return relaying, call, stop


def test_starting_cancels_a_stop(stopping):
    canister, call, stop = stopping
    manage(canister.replica, "start_canister", {"canister_id": canister.id}, sender=OWNER)
    refused(canister.replica.await_call, stop, match="stop request was cancelled", code=5, error="IC0509")
    canister.replica.faults.deliver_delayed()
    assert len(canister.wait("relay", call)["reply"]) > 32


def test_uninstalling_ends_a_stop_and_the_open_call(stopping):
    canister, call, stop = stopping
    replica = canister.replica
    manage(replica, "uninstall_code", {"canister_id": canister.id}, sender=OWNER)
    assert replica.await_call(stop) == encode((), ())
    refused(replica.await_call, call, match="has been uninstalled", code=5, error="IC0537")


def test_cycles_come_back_to_a_canister_that_was_uninstalled_meanwhile(relaying):
    replica = relaying.replica
    replica.tick(2)
    before = replica.get_cycles_balance(relaying.id)
    replica.faults.delay_reply(method="raw_rand")
    relaying.submit("relay", "raw_rand", encode((), ()), 900)
    replica.tick()
    assert replica.get_cycles_balance(relaying.id) == before - 900
    manage(replica, "uninstall_code", {"canister_id": relaying.id}, sender=OWNER)
    replica.faults.deliver_delayed()
    replica.tick()
    assert replica.get_cycles_balance(relaying.id) == before


def test_a_canister_cannot_delete_itself(relaying):
    manage(relaying.replica, "update_settings", {"canister_id": relaying.id, "settings": {"controllers": [relaying.id]}}, sender=OWNER)
    refusal = relay(relaying, "delete_canister", {"canister_id": relaying.id})[1]
    assert refusal == f"Rejection code 5, Canister {relaying.id} cannot delete itself."


def test_a_deleted_canister_leaves_nothing_in_the_store(relaying):
    replica, identity = relaying.replica, relaying.id
    manage(replica, "upload_chunk", {"canister_id": identity, "chunk": b"x"}, sender=OWNER)
    manage(replica, "stop_canister", {"canister_id": identity}, sender=OWNER)
    manage(replica, "delete_canister", {"canister_id": identity}, sender=OWNER)
    assert [space for space in replica.subnet.store.spaces(b"") if replica.subnet.store.count(space)] == []
