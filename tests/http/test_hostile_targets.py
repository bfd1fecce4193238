"""Calls, queries and reads of the state that aim at what is not there, or not for the caller."""

from __future__ import annotations

from typing import Any

import pytest
from counting_target import Target
from raw_client import (
    Answer,
    Identity,
    Refused,
    Rejected,
    content,
    ed25519,
    leaf,
    lookup,
    pack,
    read_state_content,
    request_id,
    request_status,
    tree_of,
    unpack,
)
from remote_canister import NEW_CANISTER, create, management

from kybra_replica.principal import MANAGEMENT, Principal

NOTHING = b"DIDL\0\0"
NOWHERE = Principal.canister(4_000)


def rejected(target: Target, method: str, *, canister: Principal | None = None, argument: bytes = NOTHING) -> tuple[int, str]:
    """Code and error code of the reject of an update call, which polling gives too."""
    receiver = canister or target.id
    request = content("call", receiver, method, argument, target.owner.principal)
    with pytest.raises(Rejected) as reject:
        target.client.call_sealed(receiver, request, pack(target.owner.seal(request)))
    polled = target.client.read_state(receiver, [[b"request_status", request_id(request)]], target.owner)
    assert request_status(polled, request_id(request)) == "rejected"
    assert leaf(tree_of(polled), b"request_status", request_id(request), b"reject_code") == bytes((reject.value.code,))
    return reject.value.code, reject.value.error_code


def rejected_query(target: Target, method: str, *, canister: Principal | None = None) -> tuple[int, str]:
    with pytest.raises(Rejected) as reject:
        target.client.query(canister or target.id, method, NOTHING, target.owner)
    return reject.value.code, reject.value.error_code


# methods and canisters ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["missing", "", "canister_update add", "add\0", "__get_candid_interface", "é" * 1_000, "x" * 20_000])
def test_unknown_method_is_rejected(method: str, unharmed: Target) -> None:
    assert rejected(unharmed, method) == (5, "IC0536")
    assert rejected_query(unharmed, method) == (5, "IC0536")


def test_update_method_is_no_query(unharmed: Target) -> None:
    assert rejected_query(unharmed, "uninvited") == (5, "IC0536")


def test_unknown_canister_is_rejected(unharmed: Target) -> None:
    assert rejected(unharmed, "add", canister=NOWHERE) == (3, "IC0301")
    assert rejected_query(unharmed, "total", canister=NOWHERE) == (3, "IC0301")


def test_canister_without_code_is_rejected(unharmed: Target) -> None:
    empty = create(unharmed.client, unharmed.owner)
    assert rejected(unharmed, "add", canister=empty) == (5, "IC0537")
    assert rejected_query(unharmed, "total", canister=empty) == (5, "IC0537")


def test_composite_query_is_no_update(unharmed: Target) -> None:
    assert rejected(unharmed, "composite") == (5, "IC0527")


def test_inspect_message_turns_away_before_anything_runs(unharmed: Target) -> None:
    assert rejected(unharmed, "uninvited") == (4, "IC0406")


def test_refusal_before_execution_is_worded_by_the_version_of_the_endpoint(unharmed: Target) -> None:
    for version, status in (("v2", None), ("v3", "non_replicated_rejection"), ("v4", "non_replicated_rejection")):
        request = content("call", unharmed.id, "uninvited", NOTHING, unharmed.owner.principal)
        answer = unharmed.client.post(f"/api/{version}/canister/{unharmed.id}/call", pack(unharmed.owner.seal(request)))
        said = unpack(answer.body)
        assert (answer.status, said.get("status"), said["reject_code"], said["error_code"]) == (200, status, 4, "IC0406")


def test_url_must_name_the_canister_that_is_called(unharmed: Target) -> None:
    other = create(unharmed.client, unharmed.owner)
    text = f"Specified CanisterId {unharmed.id} does not match effective canister id in URL {other}"
    for kind, endpoint in (("call", "v2"), ("call", "v3"), ("call", "v4"), ("query", "v2"), ("query", "v3")):
        request = content(kind, unharmed.id, "add", NOTHING, unharmed.owner.principal)
        answer = unharmed.client.post(f"/api/{endpoint}/canister/{other}/{kind}", pack(unharmed.owner.seal(request)))
        assert (answer.status, answer.text) == (400, text)


def test_calls_of_canisters_do_not_go_to_the_subnet(unharmed: Target) -> None:
    subnet = Principal.self_authenticating(unharmed.host.root_key)
    request = content("call", unharmed.id, "add", unharmed.canister.encode("add", 1), unharmed.owner.principal)
    assert unharmed.client.post(f"/api/v4/subnet/{subnet}/call", pack(unharmed.owner.seal(request))).status == 400


def test_other_subnets_are_not_served(unharmed: Target) -> None:
    body = pack(unharmed.owner.seal(read_state_content([[b"time"]], unharmed.owner.principal)))
    assert unharmed.client.post(f"/api/v3/subnet/{unharmed.id}/read_state", body).status == 400


# what is undone, and what is not ------------------------------------------------------------------------------------------


def test_changes_of_a_query_vanish(unharmed: Target) -> None:
    before = unharmed.total()
    assert unharmed.canister.query("add_in_query", 5) == before + 5


def test_trap_undoes_the_message(unharmed: Target) -> None:
    with pytest.raises(Rejected) as trap:
        unharmed.canister.call("fail", "on purpose")
    assert (trap.value.code, trap.value.error_code) == (5, "IC0503")
    assert "on purpose" in trap.value.message


def test_trap_after_an_await_keeps_what_was_before(target: Target) -> None:
    before = target.total()
    with pytest.raises(Rejected) as trap:
        target.canister.call("add_around_call", 7)
    assert (trap.value.code, trap.value.error_code) == (5, "IC0503")
    assert f"after the call, at {before + 7}" in trap.value.message
    assert target.total() == before + 7


@pytest.mark.slow
def test_endless_loop_is_ended(unharmed: Target) -> None:
    unharmed.client.timeout_s = 60
    assert rejected(unharmed, "spin") == (5, "IC0522")


# the management canister -------------------------------------------------------------------------------------------------


def manage(target: Target, method: str, argument: Any, identity: Identity) -> tuple[int, str]:
    with pytest.raises(Rejected) as reject:
        management(target.client, identity, target.id).call(method, *argument)
    return reject.value.code, reject.value.error_code


def test_strangers_control_nothing(unharmed: Target) -> None:
    stranger = ed25519()
    canister = {"canister_id": unharmed.id}
    for method in ("stop_canister", "start_canister", "uninstall_code", "delete_canister", "canister_status"):
        argument = canister | ({"sender_canister_version": None} if method == "uninstall_code" else {})
        assert manage(unharmed, method, [argument], stranger) == (5, "IC0512")
    assert manage(unharmed, "stop_canister", [canister], Identity()) == (5, "IC0512")
    code = {"mode": {"reinstall": None}, "wasm_module": unharmed.module, "arg": NOTHING, "sender_canister_version": None}
    assert manage(unharmed, "install_code", [canister | code], stranger) == (5, "IC0512")


def test_only_canisters_may_draw_randomness(unharmed: Target) -> None:
    with pytest.raises((Rejected, Refused)):
        management(unharmed.client, unharmed.owner).call("raw_rand")


def test_unknown_management_method_is_rejected(unharmed: Target) -> None:
    with pytest.raises(Rejected) as reject:
        unharmed.client.call(MANAGEMENT, "make_coffee", NOTHING, unharmed.owner)
    assert (reject.value.code, reject.value.error_code) == (4, "IC0407")


@pytest.mark.parametrize("argument", [b"", b"DIDL", NOTHING, b"DIDL\1\x6c\0\1\0", b"\xff" * 100])
def test_management_argument_that_cannot_be_read_is_rejected(argument: bytes, unharmed: Target) -> None:
    with pytest.raises(Rejected) as reject:
        unharmed.client.call(MANAGEMENT, "stop_canister", argument, unharmed.owner)
    assert (reject.value.code, reject.value.error_code) == (4, "IC0408")


WASM = b"\0asm\1\0\0\0"


@pytest.mark.parametrize("module", [b"", WASM[:4], WASM, WASM + b"\1\4\1\x60\0\0", b"\x1f\x8b\x08junk", b"import os", bytes(1_000)])
def test_module_that_is_none_is_rejected(module: bytes, unharmed: Target) -> None:
    empty = create(unharmed.client, unharmed.owner)
    request = {"mode": {"install": None}, "canister_id": empty, "wasm_module": module, "arg": NOTHING, "sender_canister_version": None}
    with pytest.raises(Rejected) as reject:
        management(unharmed.client, unharmed.owner, empty).call("install_code", request)
    assert (reject.value.code, reject.value.error_code) == (5, "IC0505")


def test_canister_id_outside_the_range_is_not_given_out(unharmed: Target) -> None:
    wanted = NEW_CANISTER | {"specified_id": Principal(b"\x01")}
    with pytest.raises(Rejected):
        management(unharmed.client, unharmed.owner).call("provisional_create_canister_with_cycles", wanted)


# the state ---------------------------------------------------------------------------------------------------------------


def read(target: Target, paths: list[list[bytes]], identity: Identity | None = None, effective: Principal | None = None) -> Answer:
    reader = identity or target.owner
    body = pack(reader.seal(read_state_content(paths, reader.principal)))
    return target.client.post(f"/api/v3/canister/{effective or target.id}/read_state", body)


def test_request_of_somebody_else_is_not_shown(unharmed: Target) -> None:
    request = content("call", unharmed.id, "who", NOTHING, unharmed.owner.principal)
    unharmed.client.call_sealed(unharmed.id, request, pack(unharmed.owner.seal(request)))
    for path in ([b"request_status", request_id(request)], [b"request_status", request_id(request), b"reply"]):
        for stranger in (ed25519(), Identity()):
            answer = read(unharmed, [path], stranger)
            assert (answer.status, answer.text) == (403, "The user tries to access Request ID not signed by the caller.")
        assert read(unharmed, [path]).status == 200


def test_request_is_not_shown_through_another_canister(unharmed: Target) -> None:
    request = content("call", unharmed.id, "who", NOTHING, unharmed.owner.principal)
    unharmed.client.call_sealed(unharmed.id, request, pack(unharmed.owner.seal(request)))
    assert read(unharmed, [[b"request_status", request_id(request)]], effective=NOWHERE).status == 400


UNKNOWN_PATHS: dict[str, list[bytes]] = {
    "nothing": [],
    "empty label": [b""],
    "unknown root": [b"everything"],
    "canister": [b"canister"],
    "all of a canister": [b"canister", b""],
    "data certified by a canister": [b"canister", b"", b"certified_data"],
    "metadata": [b"canister", b"", b"metadata"],
    "below a module hash": [b"canister", b"", b"module_hash", b"x"],
    "all requests": [b"request_status"],
    "below a status": [b"request_status", bytes(32), b"status", b"x"],
    "streams": [b"streams"],
}


@pytest.mark.parametrize("case", UNKNOWN_PATHS)
def test_unknown_path_is_not_found(case: str, unharmed: Target) -> None:
    path = [unharmed.id.raw if place == 1 and label == b"" else label for place, label in enumerate(UNKNOWN_PATHS[case])]
    answer = read(unharmed, [path])
    assert (answer.status, answer.text) == (404, "Invalid path requested.")


def test_other_canisters_are_read_at_their_own_address(unharmed: Target) -> None:
    for path in ([b"canister", NOWHERE.raw, b"module_hash"], [b"canister", NOWHERE.raw, b"metadata", b"candid:service"]):
        assert read(unharmed, [path]).status == 400
        assert read(unharmed, [path], effective=NOWHERE).status == 200


def test_two_requests_are_not_read_at_once(unharmed: Target) -> None:
    assert read(unharmed, [[b"request_status", bytes(32)], [b"request_status", b"\1" * 32]]).status == 400
    assert read(unharmed, [[b"request_status", bytes(31)]]).status == 400
    assert read(unharmed, [[b"request_status", bytes(32)], [b"request_status", bytes(32), b"status"]]).status == 200


def test_paths_are_counted(unharmed: Target) -> None:
    assert read(unharmed, [[b"time"]] * 1_001).status == 400
    assert read(unharmed, [[b"time"]] * 1_000).status == 200
    assert read(unharmed, [[b"x"] * 128]).status == 400
    assert read(unharmed, [[b"x"] * 127]).status == 404
    assert read(unharmed, []).status == 200


def test_requests_that_were_never_made_are_proved_absent(target: Target) -> None:
    for _ in range(5):
        target.canister.call("add", 0)
    for asked in (bytes(32), b"\xff" * 32, *(ed25519().principal.raw + bytes(3) for _ in range(20))):
        for reader in (target.owner, Identity()):
            certificate = target.client.read_state(target.id, [[b"request_status", asked]], reader)
            assert lookup(tree_of(certificate), b"request_status", asked, b"status") == "absent"
            assert lookup(tree_of(certificate), b"time") == "found"


def test_what_a_canister_lacks_is_proved_absent(target: Target) -> None:
    canister = b"canister"
    absent = [
        [canister, target.id.raw, b"metadata", b"candid"],
        [canister, target.id.raw, b"metadata", b"candid:service2"],
        [canister, target.id.raw, b"metadata", b""],
        [canister, target.id.raw, b"metadata", b"\x7f"],
    ]
    certificate = target.client.read_state(target.id, absent, target.owner)
    assert {lookup(tree_of(certificate), *path) for path in absent} == {"absent"}
    nowhere = [[canister, NOWHERE.raw, b"module_hash"], [canister, NOWHERE.raw, b"controllers"]]
    certificate = target.client.read_state(NOWHERE, nowhere, target.owner)
    assert {lookup(tree_of(certificate), *path) for path in nowhere} == {"absent"}
    empty = create(target.client, target.owner)
    certificate = target.client.read_state(empty, [[canister, empty.raw, b"module_hash"]], target.owner)
    assert lookup(tree_of(certificate), canister, empty.raw, b"module_hash") == "absent"


def test_long_labels_are_absent(unharmed: Target) -> None:
    assert read(unharmed, [[b"canister", unharmed.id.raw, b"metadata", b"n" * 1_000_000]]).status == 200
    assert read(unharmed, [[b"canister", unharmed.id.raw, b"metadata", b"\xff\xfe"]]).status == 400
    assert read(unharmed, [[b"canister", b"i" * 1_000, b"module_hash"]]).status == 400
