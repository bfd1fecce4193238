"""Counting changes nothing: canisters answer as they do without it, and are as they were when it ends."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from kybra_replica.conformance import Part, RecordedCase
from kybra_replica.costs.estimate import estimating
from kybra_replica.driver import CallRejected, Replica

RECORDED = Path(__file__).parents[2] / "kybra_cases" / "run"
MEASURED = Path(__file__).parent / "measured_canister.py"


@pytest.mark.parametrize("name", ["maps", "messages", "system", "values"])
def test_recorded_answers_stay_the_same_while_work_is_counted(name):
    case = RecordedCase(name, RECORDED, Part())
    with estimating(case.replica):
        differences = [case.difference(step) for step in json.loads((RECORDED / f"{name}.json").read_text())]
    case.replica.close()
    assert [difference for difference in differences if difference] == []


@pytest.mark.kybra_replica(lenient=True, refuse_module_state=False)
def test_the_standard_library_answers_the_same_while_work_is_counted(replica):
    library = replica.install(RECORDED / "library_canister.py")
    names = library.query("names")
    before = [library.query("run", name) for name in names]
    with estimating(replica):
        assert [library.query("run", name) for name in names] == before


@pytest.fixture
def measured(replica):
    installed = replica.install(MEASURED)
    replica.tick()
    return installed


def test_nothing_is_counted_outside_of_the_block(replica, measured):
    with estimating(replica) as meter:
        measured.query("nothing")
    measured.query("nothing")
    assert [execution.label for execution in meter.executions] == ["canister_query nothing"]


def test_what_the_interpreter_on_chain_refuses_is_refused_while_work_is_counted(replica, install):
    canister = install("from kybra import query, text\n\n\n@query\ndef f() -> text:\n    return f'{True:d}'\n")
    with estimating(replica), pytest.raises(CallRejected, match=r"unsupported format string passed to bool\.__format__"):
        canister.query("f")


def test_functions_are_what_they_were_when_counting_ends(replica, measured):
    scope = replica.subnet.canisters[measured.id].engine._scope
    before = scope["add"].__code__
    with estimating(replica):
        assert scope["add"].__code__ is not before
    assert scope["add"].__code__ is before
    assert replica.meter is None


def test_whoever_traced_before_traces_after(replica, measured):
    def tracer(frame, event, argument):
        return None

    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        with estimating(replica):
            measured.query("nothing")
        assert sys.gettrace() is tracer
    finally:
        sys.settrace(before)


def test_the_same_call_costs_the_same_every_time(replica, measured):
    with estimating(replica) as meter:
        for _ in range(3):
            measured.call("run", "json_loads", 2)
            measured.call("run", "b32", 2)
    spent = [execution.instructions for execution in meter.executions]
    assert len(spent) == 6
    assert (spent[2], spent[3]) == (spent[4], spent[5])
    assert spent[1] > spent[3] + 4_000_000, "the tables of base32 are made once"


def test_a_query_works_out_again_what_it_cannot_keep(replica, measured):
    with estimating(replica) as meter:
        for _ in range(2):
            measured.query("echo_principal", replica.sender)
    first, second = (execution.instructions for execution in meter.executions)
    assert first == second > 7_000_000


def test_a_call_that_traps_has_cost_what_it_did_until_then(replica, measured):
    with estimating(replica) as meter, pytest.raises(CallRejected):
        measured.call("insert_value", 1, 70_000)
    (execution,) = meter.executions
    assert execution.trapped
    assert execution.instructions > 70_000 * 900, "the value had crossed when the map refused it"


def test_a_callback_belongs_to_the_method_that_made_the_call(replica, measured):
    other = replica.install(MEASURED)
    with estimating(replica) as meter:
        measured.call("call_one", str(other.id))
    of_measured = [execution for execution in meter.executions if execution.canister == measured.id]
    assert [(execution.method, execution.is_callback) for execution in of_measured] == [("call_one", False), ("call_one", True)]


def test_more_entries_can_be_assumed_than_there_are(replica, measured):
    measured.call("fill", "numbers", 3, 10)
    with estimating(replica) as meter:
        measured.query("get_number", 1)
        meter.assumed_entries["measured_canister", 0] = 10_000
        measured.query("get_number", 1)
        measured.query("get_text", 1)
        meter.assumed_entries["measured_canister", 1] = 10_000
        measured.query("get_text", 1)
    small, large, empty, still_empty = (execution.instructions for execution in meter.executions)
    assert large > small + 200_000
    assert empty == still_empty, "an empty map stays empty"


@pytest.mark.kybra_replica(refuse_module_state=False)
def test_the_outcome_of_a_message_carries_the_estimate(replica, measured):
    seen = []
    replica.subnet.observers.append(lambda outcome: seen.append(outcome.instructions))
    with estimating(replica) as meter:
        measured.call("run", "fibonacci", 10)
    assert seen == [execution.instructions for execution in meter.executions]


def test_the_fixture_tells_instructions_cycles_and_causes(estimated_cost, measured):
    cost = estimated_cost(lambda: measured.call("run", "caller", 3))
    assert cost.instructions == cost.of(measured.id).instructions > 2 * 2_400_000
    assert cost.cycles > cost.instructions + 5_000_000 + 1_200_000
    assert cost.causes["principals"] > 0.8 * cost.instructions
    assert "principals" in str(cost)
    assert estimated_cost(lambda: measured.query("nothing")).cycles == 0


def test_canisters_installed_while_counting_are_counted():
    replica = Replica()
    with estimating(replica) as meter:
        replica.install(MEASURED)
        labels = [execution.label for execution in meter.executions]
    replica.close()
    assert labels[0] == "canister_init"
