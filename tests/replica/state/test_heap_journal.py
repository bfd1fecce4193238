"""What is kept of a canister's executions, what is dropped, and what happens when repeating them does not work."""

from __future__ import annotations

import pytest
from state_sources import ECHO, HEAP, HIDDEN, OPAQUE

from kybra_replica.python_engine.heap_rows import is_permanent
from kybra_replica.state.formats import HEAPS_SPACE


@pytest.fixture
def echo(world):
    return world.install(ECHO)


@pytest.fixture
def heap(world, echo):
    canister = world.install(HEAP, f'(principal "{echo}")')
    world.subnet.round()
    world.subnet.round()
    return canister


@pytest.fixture
def hidden(world, echo):
    canister = world.install(HIDDEN, f'(principal "{echo}")')
    world.subnet.round()
    return canister


def kept(world, canister):
    """(executions kept for good, executions kept for a while)."""
    world.save()
    place = list(world.subnet.canisters).index(canister) + 1
    keys = [key[8:] for key, _ in world.subnet.store.items(HEAPS_SPACE) if key[:8] == place.to_bytes(8, "big")]
    executions = [key for key in keys if len(key) == 9]
    permanent = sum(map(is_permanent, executions))
    return permanent, len(executions) - permanent


def hold_next_answer(world, echo):
    world.replica.faults.delay_reply(callee=echo, method="echo")


def release(world):
    world.replica.faults.deliver_delayed()
    world.subnet.round()


def test_calls_that_have_ended_and_changed_no_module_leave_only_the_first_execution(world, echo, heap):
    world.replica.advance_time(3)
    world.subnet.round()  # the timer that `init` set
    for _ in range(20):
        world.call(heap, "plain", "a")
        world.call(heap, "ask_at_random", "a")
    assert kept(world, heap) == (1, 0)


def test_a_call_that_waits_is_kept_until_it_ends(world, echo, heap):
    hold_next_answer(world, echo)
    call = world.submit(heap, "ask_at_random", "a")
    world.subnet.round()
    assert kept(world, heap) == (1, 1)
    release(world)
    assert world.outcome(heap, "ask_at_random", call).startswith("a. ")
    assert kept(world, heap) == (1, 0)


def test_a_change_of_module_state_is_kept_for_good_with_all_that_led_to_it(world, echo, heap):
    world.call(heap, "ask", "a", 2)
    permanent, transient = kept(world, heap)
    # Four awaits: five executions, and only the very last ones after the change are not needed.
    assert (permanent, transient) == (1 + 5, 0)


def test_a_timer_keeps_what_set_it_until_it_is_gone(world, heap):
    world.call(heap, "timer_by_lambda", 2, "a")
    assert kept(world, heap) == (1, 1)
    world.restart()
    world.replica.advance_time(2)
    world.subnet.round()
    assert any(line.startswith("a at ") for line in world.query(heap, "report"))
    assert kept(world, heap) == (1, 0)


def test_an_undone_message_leaves_nothing(world, heap):
    assert "failed with a" in world.call(heap, "fail", "a")
    assert kept(world, heap) == (1, 0)


def test_an_upgrade_begins_a_new_journal(world, heap):
    for _ in range(3):
        world.call(heap, "bump", 1)
    assert kept(world, heap) == (4, 0)
    world.upgrade(heap, HEAP)
    assert kept(world, heap) == (1, 0)
    world.restart()
    assert world.call(heap, "bump", 1) == 1


def test_uninstalling_leaves_no_heap(world, heap):
    world.call(heap, "bump", 1)
    world.subnet.uninstall(world.subnet.canisters[heap])
    assert kept(world, heap) == (0, 0)
    world.restart()
    assert world.subnet.canisters[heap].engine is None


def test_state_that_no_image_sees_is_rebuilt_by_keeping_every_execution(world):
    canister = world.install(OPAQUE)
    assert [world.call(canister, "number") for _ in range(3)] == [1, 2, 3]
    world.restart()
    assert world.call(canister, "number") == 4


def test_a_call_that_cannot_be_resumed_is_rejected_and_all_else_goes_on(world, echo, hidden):
    assert world.call(hidden, "warm") == 5
    for _ in range(2):
        hold_next_answer(world, echo)
    lost = world.submit(hidden, "ask_with_fee", "a")
    resumed = world.submit(hidden, "ask", "b")
    world.subnet.round()
    world.restart()
    assert len(world.losses) == 1
    assert world.losses[0].startswith(f"canister {hidden} lost 1 calls that waited for an answer: they are rejected when it comes")
    assert "canister_update ask_with_fee could not be repeated: it asked get with other arguments" in world.losses[0]
    release(world)
    assert "could not be resumed when the replica was started again" in world.outcome(hidden, "ask_with_fee", lost)
    assert world.outcome(hidden, "ask", resumed) == "b."
    world.restart()
    assert world.losses == []
    assert world.call(hidden, "ask_with_fee", "c") == "c.5"


def test_a_canister_whose_module_state_cannot_be_rebuilt_runs_nothing_until_it_has_new_code(world, echo, hidden):
    world.call(hidden, "warm")
    assert world.call(hidden, "pay") == 5
    for _ in range(2):
        world.restart()
        assert world.losses[0].startswith(f"canister {hidden} lost its module state, which could not be rebuilt")
        assert "the module state of this canister could not be rebuilt when the replica was started again" in world.call(hidden, "pay")
    world.upgrade(hidden, HIDDEN)
    world.restart()
    assert world.losses == []
    assert world.call(hidden, "pay") == 5
