"""Random histories with restarts at random points, against a twin that is never restarted."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from state_sources import ECHO, HEAP
from state_world import Modules, World

words = st.sampled_from(["a", "b", "c"])
seconds = st.integers(0, 4)
updates = st.one_of(
    st.tuples(st.just("bump"), st.integers(1, 3)),
    st.tuples(st.sampled_from(["push", "plain", "fail", "fail_after", "ask_and_share", "touch_shared", "ask_at_random"]), words),
    st.tuples(st.just("move"), words, words),
    st.tuples(st.just("draw")),
    st.tuples(st.just("ask"), words, st.integers(1, 3)),
    st.tuples(st.just("timer_by_name"), seconds),
    st.tuples(st.sampled_from(["timer_by_lambda", "timer_by_closure", "timer_that_asks", "timer_while_asking"]), seconds, words),
)


class RestartMachine(RuleBasedStateMachine):
    """Every rule acts on both replicas; only one of them is restarted."""

    modules: Modules
    worlds: tuple[World, ...] = ()

    @initialize()
    def install(self):
        self.worlds = (World(self.modules, restarts=True), World(self.modules, restarts=False))
        for world in self.worlds:
            self.echo = world.install(ECHO)
            self.heap = world.install(HEAP, f'(principal "{self.echo}")')
        self.open = []
        self.timers = []

    @rule(update=updates, held=st.booleans(), deliver=st.booleans())
    def update(self, update, held, deliver):
        method, *arguments = update
        calls = []
        for world in self.worlds:
            if held:
                world.replica.faults.delay_reply(callee=self.echo, method="echo")
            calls.append(world.submit(self.heap, method, *arguments))
            if deliver:
                world.subnet.round()
        self.open.append((method, calls))

    @rule(steps=st.integers(1, 3))
    def step(self, steps):
        for world in self.worlds:
            for _ in range(min(steps, len(world.subnet.pool))):
                world.subnet.step()

    @rule(passed=st.integers(0, 5))
    def tick(self, passed):
        for world in self.worlds:
            world.replica.advance_time(passed)
            world.subnet.round()

    @rule()
    def deliver_delayed(self):
        for world in self.worlds:
            world.replica.faults.deliver_delayed()

    @rule()
    def trap_at_await(self):
        for world in self.worlds:
            world.replica.faults.trap_at_await(canister=self.heap, method="echo")

    @precondition(lambda self: self.timers)
    @rule(data=st.data())
    def clear_timer(self, data):
        timer = data.draw(st.sampled_from(self.timers))
        for world in self.worlds:
            world.submit(self.heap, "forget", timer)

    @rule()
    def upgrade(self):
        for world in self.worlds:
            world.upgrade(self.heap, HEAP)

    @rule(method=st.sampled_from(["stop_canister", "start_canister"]), name=st.sampled_from(["heap", "echo"]))
    def stop_or_start(self, method, name):
        self.open.append((None, [world.manage(method, getattr(self, name)) for world in self.worlds]))

    @rule()
    def restart(self):
        for world in self.worlds:
            world.restart()
        assert self.worlds[0].losses == []

    @rule()
    def save(self):
        for world in self.worlds:
            world.save()

    @rule()
    def look_at_answers(self):
        still_open = []
        for method, calls in self.open:
            if method is None:
                continue
            answers = [world.outcome(self.heap, method, call) for world, call in zip(self.worlds, calls, strict=True)]
            assert answers[0] == answers[1]
            if answers[0] == "waiting":
                still_open.append((method, calls))
            elif method.startswith("timer_by") and isinstance(answers[0], int):
                self.timers.append(answers[0])
        self.open = still_open

    @invariant()
    def both_are_the_same(self):
        restarted, twin = (world.picture() for world in self.worlds)
        assert restarted == twin

    @invariant()
    def both_have_the_same_heap(self):
        if self.worlds[1].subnet.canisters[self.heap].status == 1:
            assert self.worlds[0].query(self.heap, "report") == self.worlds[1].query(self.heap, "report")

    def teardown(self):
        if self.worlds:
            for world in self.worlds:
                world.replica.faults.clear()
                world.restart()
                assert world.losses == []
                world.replica.advance_time(10)
                world.subnet.round()
            self.both_are_the_same()
            self.look_at_answers()


@pytest.fixture(scope="module", autouse=True)
def modules(tmp_path_factory):
    RestartMachine.modules = Modules(tmp_path_factory.mktemp("modules"))


TestRestarts = RestartMachine.TestCase
TestRestarts.settings = settings(max_examples=25, stateful_step_count=30)
