"""The management canister, as canisters and drivers call it."""

from __future__ import annotations

import management_calls
import pytest

from kybra_replica.candid import encode
from kybra_replica.driver import CallRejected, user
from kybra_replica.principal import MANAGEMENT
from kybra_replica.system_api import RejectCode

OWNER, STRANGER = user("owner"), user("stranger")

SOURCE = """
from kybra import Async, CallResult, Opt, Principal, Record, Service, blob, ic, nat, nat64, null, query, service_update, text, update, void


class NoSettings(Record):
    settings: Opt[text]


class Created(Record):
    canister_id: Principal


class Management(Service):
    @service_update
    def raw_rand(self) -> blob: ...

    @service_update
    def create_canister(self, settings: NoSettings) -> Created: ...

    @service_update
    def deposit_cycles(self, canister: Created) -> void: ...

    @service_update
    def absent(self) -> void: ...


management = Management(Principal.from_str("aaaaa-aa"))


@update
def draw() -> Async[blob]:
    result: CallResult[blob] = yield management.raw_rand()
    return result.Ok


@update
def create(cycles: nat64) -> Async[Principal]:
    result: CallResult[Created] = yield management.create_canister({"settings": None}).with_cycles(cycles)
    return result.Ok["canister_id"]


@update
def deposit(to: Principal, cycles: nat64) -> Async[nat64]:
    yield management.deposit_cycles({"canister_id": to}).with_cycles(cycles)
    return ic.msg_cycles_refunded()


@update
def absent() -> Async[text]:
    result: CallResult[void] = yield management.absent()
    return result.Err


@update
def slow() -> Async[void]:
    yield management.raw_rand()
"""


def manage(replica, method, argument=None, sender=OWNER):
    return management_calls.manage(replica, method, argument, sender=sender)


@pytest.fixture
def canister(replica, write_canister):
    return replica.install(write_canister(SOURCE), sender=OWNER)


def test_raw_rand_gives_canisters_fresh_bytes_and_nobody_else(canister):
    first, second = canister.call("draw"), canister.call("draw")
    assert (len(first), len(second)) == (32, 32)
    assert first != second
    with pytest.raises(CallRejected, match="Only canisters") as rejected:
        manage(canister.replica, "raw_rand")
    assert rejected.value.code is RejectCode.CANISTER_REJECT


def test_a_canister_creates_a_canister_with_the_cycles_it_sends(canister):
    created = canister.call("create", 5_000)
    assert canister.replica.get_cycles_balance(created) == 5_000
    assert canister.replica.subnet.canisters[created].controllers == {canister.id}


def test_deposited_cycles_arrive_and_none_come_back(canister):
    target = canister.replica.create_canister(cycles=10)
    assert canister.call("deposit", target, 700) == 0
    assert canister.replica.get_cycles_balance(target) == 710


def test_an_unknown_method_is_rejected_with_four(canister):
    assert canister.call("absent").startswith("Rejection code 4, ")


def test_controllers_alone_see_and_change_a_canister(canister):
    replica = canister.replica
    status = manage(replica, "canister_status", {"canister_id": canister.id})
    assert status["status"] == {"running": None}
    assert status["settings"]["controllers"] == [OWNER]
    for method in ("canister_status", "stop_canister", "start_canister", "uninstall_code", "delete_canister"):
        with pytest.raises(CallRejected, match="Only controllers") as rejected:
            manage(replica, method, {"canister_id": canister.id}, sender=STRANGER)
        assert rejected.value.error_code == "IC0512"


def test_a_stopping_canister_ends_its_calls_first(canister):
    replica = canister.replica
    replica.tick()
    replica.faults.delay_reply(method="raw_rand")
    call = canister.submit("slow")
    replica.tick()
    argument = management_calls.payload("stop_canister", {"canister_id": canister.id})
    stop = replica.submit_call(MANAGEMENT, "stop_canister", argument, sender=OWNER)
    replica.tick()
    with pytest.raises(CallRejected, match="stopping"):
        canister.call("draw")
    replica.faults.deliver_delayed()
    replica.await_call(stop)
    canister.wait("slow", call)
    with pytest.raises(CallRejected, match="Canister is stopped"):
        canister.call("draw")
    manage(replica, "start_canister", {"canister_id": canister.id})
    assert len(canister.call("draw")) == 32


def test_a_deleted_canister_is_gone(canister):
    replica = canister.replica
    with pytest.raises(CallRejected, match="must be stopped before it is deleted"):
        manage(replica, "delete_canister", {"canister_id": canister.id})
    manage(replica, "stop_canister", {"canister_id": canister.id})
    manage(replica, "delete_canister", {"canister_id": canister.id})
    with pytest.raises(CallRejected) as rejected:
        replica.update_call(canister.id, "draw", encode((), ()))
    assert rejected.value.code is RejectCode.DESTINATION_INVALID


def test_an_argument_that_does_not_fit_is_rejected_with_four(replica):
    with pytest.raises(CallRejected, match="Error decoding candid") as rejected:
        replica.update_call(MANAGEMENT, "start_canister", encode((), ()))
    assert (rejected.value.code, rejected.value.error_code) == (RejectCode.CANISTER_REJECT, "IC0408")
