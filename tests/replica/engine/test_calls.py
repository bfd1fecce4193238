"""Calls between canisters: answers, rejects, cycles, notifications, queues and their order."""

from __future__ import annotations

import pytest

from kybra_replica.driver import CallRejected
from kybra_replica.network.messages import RequestMessage
from kybra_replica.system_api import RejectCode

CALLEE = """
from kybra import Manual, StableBTreeMap, Vec, ic, nat64, query, text, update, void

log = StableBTreeMap[nat64, text](memory_id=0, max_key_size=15, max_value_size=60)


@update
def note(word: text) -> nat64:
    log.insert(log.len(), word)
    return log.len()


@update
def accept(most: nat64) -> nat64:
    return ic.msg_cycles_accept(most)


@update
def accept_and_trap(most: nat64) -> nat64:
    ic.msg_cycles_accept(most)
    ic.trap("no")


@update
def refuse() -> Manual[nat64]:
    ic.reject("not today")


@query
def words() -> Vec[text]:
    return log.values()


@query
def double(x: nat64) -> nat64:
    log.insert(99, "discarded")
    return x * 2
"""

CALLER = """
from kybra import (
    Async, CallResult, NotifyResult, Opt, Principal, Service, StableBTreeMap, Vec, ic, init, match, nat, nat64,
    query, service_query, service_update, text, update, void,
)


class Callee(Service):
    @service_update
    def note(self, word: text) -> nat64: ...

    @service_update
    def accept(self, most: nat64) -> nat64: ...

    @service_update
    def accept_and_trap(self, most: nat64) -> nat64: ...

    @service_update
    def refuse(self) -> nat64: ...

    @service_query
    def double(self, x: nat64) -> nat64: ...

    @service_update
    def absent(self) -> nat64: ...


peer = StableBTreeMap[nat64, text](memory_id=0, max_key_size=15, max_value_size=80)
state = StableBTreeMap[text, text](memory_id=1, max_key_size=40, max_value_size=200)


@init
def setup(callee: Principal) -> void:
    peer.insert(0, callee.to_str())


def callee() -> Callee:
    return Callee(Principal.from_str(peer.get(0)))


@update
def note(word: text) -> Async[text]:
    state.insert("asked", word)
    result: CallResult[nat64] = yield callee().note(word)
    state.insert("answered", word)
    return str(result.Ok) + " " + str(result.Err)


@update
def several(words: Vec[text]) -> void:
    for word in words:
        callee().note(word).notify()


@update
def pay(send: nat64, most: nat64) -> Async[Vec[nat64]]:
    before = ic.canister_balance()
    result: CallResult[nat64] = yield callee().accept(most).with_cycles(send)
    return [result.Ok, ic.msg_cycles_refunded(), before - ic.canister_balance()]


@update
def pay_in_vain(send: nat64) -> Async[text]:
    before = ic.canister_balance()
    result: CallResult[nat64] = yield callee().accept_and_trap(send).with_cycles(send)
    return str(result.Err is not None) + " " + str(ic.msg_cycles_refunded()) + " " + str(before - ic.canister_balance())


@update
def pay_too_much() -> Async[nat64]:
    result: CallResult[nat64] = yield callee().accept(1).with_cycles128(ic.canister_balance128() + 1)
    return result.Ok


@update
def refused() -> Async[text]:
    result: CallResult[nat64] = yield callee().refuse()
    return match(result, {"Ok": lambda ok: str(ok), "Err": lambda err: err})


@update
def reject_code() -> Async[text]:
    yield callee().refuse()
    return str(list(ic.reject_code())) + " " + ic.reject_message()


@update
def double(x: nat64) -> Async[nat64]:
    result: CallResult[nat64] = yield callee().double(x)
    return result.Ok


@query
def double_composite(x: nat64) -> Async[nat64]:
    state.insert("composite", "ran")
    result: CallResult[nat64] = yield callee().double(x)
    again: CallResult[nat64] = yield callee().double(result.Ok)
    return again.Ok


@query
def composite_state() -> Opt[text]:
    return state.get("composite")


@query
def get(key: text) -> Opt[text]:
    return state.get(key)


@update
def flood(count: nat64) -> text:
    answers = [list(callee().note("x").notify())[0] for _ in range(count)]
    return str(answers.count("Ok")) + " " + str(answers.count("Err"))
"""


@pytest.fixture
def pair(install):
    callee = install(CALLEE, name="callee")
    caller = install(CALLER, callee.id, name="caller")
    caller.replica.tick()
    return caller, callee


def test_a_call_is_answered_and_its_caller_goes_on(pair):
    caller, callee = pair
    assert caller.call("note", "one") == "1 None"
    assert caller.call("note", "two") == "2 None"
    assert callee.query("words") == ["one", "two"]


def test_notifications_arrive_in_the_order_of_sending(pair):
    caller, callee = pair
    caller.call("several", ["a", "b", "c"])
    assert callee.query("words") == ["a", "b", "c"]


def test_cycles_are_held_accepted_and_the_rest_comes_back(pair):
    caller, callee = pair
    before = caller.replica.get_cycles_balance(callee.id)
    assert caller.call("pay", 1_000, 300) == [300, 700, 300]
    assert caller.replica.get_cycles_balance(callee.id) == before + 300


def test_a_callee_that_traps_keeps_no_cycles(pair):
    caller, callee = pair
    before = caller.replica.get_cycles_balance(callee.id)
    assert caller.call("pay_in_vain", 1_000) == "True 1000 0"
    assert caller.replica.get_cycles_balance(callee.id) == before


def test_more_cycles_than_there_are_trap(pair):
    with pytest.raises(CallRejected, match="cycles cannot be sent"):
        pair[0].call("pay_too_much")


def test_a_reject_reaches_the_caller_with_code_and_text(pair):
    caller, _ = pair
    assert caller.call("refused") == "Rejection code 4, not today"
    assert caller.call("reject_code") == "['CanisterReject'] not today"


def test_a_query_called_from_an_update_runs_replicated_and_keeps_nothing(pair):
    caller, callee = pair
    assert caller.call("double", 21) == 42
    assert callee.query("words") == []


def test_a_composite_query_calls_queries_and_keeps_nothing(pair):
    caller, callee = pair
    assert caller.query("double_composite", 5) == 20
    assert caller.query("composite_state") is None
    assert callee.query("words") == []


def test_a_composite_query_is_refused_in_replicated_mode(pair):
    with pytest.raises(CallRejected) as rejected:
        pair[0].call("double_composite", 5)
    assert (rejected.value.code, rejected.value.error_code) == (RejectCode.CANISTER_ERROR, "IC0527")


def test_a_queue_takes_five_hundred_calls(pair):
    caller, callee = pair
    assert caller.call("flood", 501) == "500 1"
    assert len(callee.query("words")) == 500


def test_requests_stay_in_order_whatever_the_chooser_prefers(pair):
    caller, callee = pair
    replica = caller.replica
    replica.set_order(lambda candidates: len(candidates) - 1)
    caller.call("several", ["a", "b", "c"])
    assert callee.query("words") == ["a", "b", "c"]


def test_a_chooser_sees_what_may_come_next(pair):
    caller, _ = pair
    seen = []

    def oldest(candidates):
        seen.append([candidate.method for candidate in candidates if isinstance(candidate, RequestMessage)])
        return 0

    first, second = caller.submit("note", "a"), caller.submit("note", "b")
    caller.replica.set_order(oldest)
    assert caller.wait("note", first) == "1 None"
    assert caller.wait("note", second) == "2 None"
    assert seen[0] == ["note", "note"]


class TestFaults:
    def test_a_trap_at_the_await_undoes_the_second_half_only(self, pair):
        caller, callee = pair
        caller.replica.faults.trap_at_await(canister=caller.id, method="note")
        with pytest.raises(CallRejected, match="trap injected"):
            caller.call("note", "one")
        assert (caller.query("get", "asked"), caller.query("get", "answered")) == ("one", None)
        assert callee.query("words") == ["one"]
        assert caller.call("note", "two") == "2 None"

    def test_a_dropped_reply_is_told_as_unknown_though_the_callee_ran(self, pair):
        caller, callee = pair
        caller.replica.faults.drop_reply(callee=callee.id)
        assert caller.call("note", "one").startswith("None Rejection code 6, ")
        assert callee.query("words") == ["one"]

    def test_a_failed_request_never_reaches_the_callee(self, pair):
        caller, callee = pair
        caller.replica.faults.fail_request(nth=2, method="note")
        assert caller.call("note", "one") == "1 None"
        assert caller.call("note", "two").startswith("None Rejection code 2, ")
        assert callee.query("words") == ["one"]

    def test_a_delayed_reply_waits_until_it_is_delivered(self, pair):
        caller, callee = pair
        faults = caller.replica.faults
        faults.delay_reply(callee=callee.id)
        first = caller.submit("note", "slow")
        caller.replica.tick()
        assert (faults.held, caller.query("get", "answered")) == (1, None)
        assert caller.call("note", "fast") == "2 None"
        assert faults.deliver_delayed() == 1
        assert caller.wait("note", first) == "1 None"
        assert caller.query("get", "answered") == "slow"

    def test_waiting_for_what_never_comes_ends(self, pair):
        caller, callee = pair
        caller.replica.faults.delay_reply(callee=callee.id)
        with pytest.raises(TimeoutError, match="held back"):
            caller.call("note", "slow")
