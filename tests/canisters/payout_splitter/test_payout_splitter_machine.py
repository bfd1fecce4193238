"""Sales, work, claims and pushes in any order, with calls that go wrong and upgrades between them.

Beside the splitter stands a naive model: it learns from the splitter's answers which orders were collected, and shares each price in exact
fractions. At every step everything adds up; in the end, when all calls get through, every payee has on the ledger what the model says.
"""

from __future__ import annotations

from contextlib import ExitStack
from fractions import Fraction
from functools import cache

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from splitter_bench import (
    FIRST,
    LEDGER_FEE,
    LICENCE_LEDGER,
    OTHER_STREAM,
    PROTOCOL_FEE_PPM,
    PROVIDER,
    PROVIDER_SHARE_PPM,
    SECOND,
    STREAM,
    THIRD,
    TREASURY,
    Bench,
)

from kybra_replica.principal import Principal

PPM = 1_000_000
STREAMS = (STREAM, OTHER_STREAM)
WORKERS = (FIRST, SECOND, THIRD)
PAYEES = (*WORKERS, PROVIDER, TREASURY)
FAULTS = st.sampled_from([None, None, None, "trap", "lost reply", "lost request", "late reply", "ledger traps", "ledger refuses"])
TINY = Fraction(1, 1 << 60)


@cache
def _bench() -> Bench:
    return Bench()


class Model:
    """What everybody should have been credited, as exact fractions."""

    def __init__(self) -> None:
        self.weights: dict[int, dict[Principal, int]] = {stream: {} for stream in STREAMS}
        self.waiting = dict.fromkeys(STREAMS, 0)
        self.share_ppm = dict.fromkeys(STREAMS, PROVIDER_SHARE_PPM)
        self.credited: dict[Principal, Fraction] = {payee: Fraction(0) for payee in PAYEES}
        self.received = 0

    def record(self, stream: int, work: dict[Principal, int]) -> None:
        for worker, weight in work.items():
            self.weights[stream][worker] = self.weights[stream].get(worker, 0) + weight
        self._share(stream, self.waiting[stream])

    def sell(self, stream: int, price: int) -> None:
        fee = -(-price * PROTOCOL_FEE_PPM // PPM)
        share = -(-(price - fee) * self.share_ppm[stream] // PPM)
        self.received += price
        self.credited[TREASURY] += fee
        self.credited[PROVIDER] += share
        self.waiting[stream] += price - fee - share
        self._share(stream, self.waiting[stream])

    def _share(self, stream: int, amount: int) -> None:
        total = sum(self.weights[stream].values())
        if total:
            for worker, weight in self.weights[stream].items():
                self.credited[worker] += Fraction(amount * weight, total)
            self.waiting[stream] = 0


class SplitterMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.bench = _bench()
        self.undo = ExitStack()
        self.undo.enter_context(self.bench.replica.isolated())
        self.model = Model()
        self.batches = dict.fromkeys(STREAMS, 1)
        self.orders: dict[int, tuple[int, int]] = {}
        self.last_order = 0

    @initialize()
    def open_streams(self) -> None:
        for stream in STREAMS:
            self.bench.open_stream(stream=stream)

    def _arm(self, fault: str | None, method: str) -> None:
        faults, ledger = self.bench.replica.faults, self.bench.ledger.id
        if fault == "trap":
            faults.trap_at_await(canister=self.bench.splitter.id, method=method)
        elif fault == "lost reply":
            faults.drop_reply(callee=ledger, method=method)
        elif fault == "lost request":
            faults.fail_request(callee=ledger, method=method)
        elif fault == "late reply":
            faults.delay_reply(callee=ledger, method=method)
        elif fault == "ledger traps":
            self.bench.fail_next("Trap")
        elif fault == "ledger refuses":
            self.bench.fail_next("TemporarilyUnavailable")

    def _learn(self) -> None:
        """Ask for every order of which nothing is known yet; asking starts nothing."""
        for number, (stream, price) in list(self.orders.items()):
            answer = self.bench.collect(number, price, stream=stream)
            if "Ok" in answer:
                self.model.sell(stream, price)
            if answer != {"Err": {"Pending": None}}:
                del self.orders[number]

    @rule(stream=st.sampled_from(STREAMS), work=st.dictionaries(st.sampled_from(WORKERS), st.integers(1, 1_000), min_size=1))
    def record_work(self, stream: int, work: dict[Principal, int]) -> None:
        batch = self.bench.batch(self.batches[stream], work, stream=stream)
        self.batches[stream] += 1
        for _ in range(2):
            assert self.bench.record(batch) == {"Ok": self.batches[stream]}
        self.model.record(stream, work)

    @rule(stream=st.sampled_from(STREAMS), share=st.integers(0, PPM))
    def set_plan(self, stream: int, share: int) -> None:
        assert self.bench.splitter.call("set_plan", stream, share, sender=PROVIDER) == {"Ok": None}
        self.model.share_ppm[stream] = share

    @rule(stream=st.sampled_from(STREAMS), price=st.integers(1, 100_000), fault=FAULTS)
    def sell(self, stream: int, price: int, fault: str | None) -> None:
        self._arm(fault, "icrc2_transfer_from")
        self.last_order += 1
        self.orders[self.last_order] = (stream, price)
        self.bench.submit("collect", self.bench.order(self.last_order, price, stream=stream), LICENCE_LEDGER)

    @rule(payee=st.sampled_from(PAYEES), fault=FAULTS, fee=st.sampled_from([LEDGER_FEE, LEDGER_FEE, 25]))
    def claim(self, payee: Principal, fault: str | None, fee: int) -> None:
        self._arm(fault, "icrc1_transfer")
        self.bench.ledger.call("set_fee", fee)
        wish = {"streams": list(STREAMS), "to": None, "created_at_time": None}
        self.bench.submit("claim", wish, payee)
        self.bench.ledger.call("set_fee", LEDGER_FEE)

    @rule(payee=st.sampled_from(PAYEES), threshold=st.integers(0, 50_000), enabled=st.booleans())
    def set_push(self, payee: Principal, threshold: int, enabled: bool) -> None:
        wish = {"enabled": enabled, "threshold": threshold, "to": None, "streams": list(STREAMS)}
        answer = self.bench.splitter.call("set_push", wish, sender=payee)
        assert answer in ({"Ok": None}, {"Err": {"NotAPayee": None}})

    @rule(seconds=st.sampled_from([31, 31, 120, 3_600]))
    def wait(self, seconds: int) -> None:
        self.bench.later(seconds)

    @rule()
    def upgrade(self) -> None:
        self.bench.splitter.upgrade()

    @rule()
    def deliver_late_replies(self) -> None:
        self.bench.replica.faults.deliver_delayed()
        self.bench.replica.tick()

    @rule()
    def mend_the_ledger(self) -> None:
        self.bench.fail_next("Trap", 0)

    @invariant()
    def everything_adds_up(self) -> None:
        audit = self.bench.check_solvency(STREAMS)
        settled = audit["received"] - audit["paid"] - audit["ledger_fees_paid"]
        assert settled - audit["in_flight"] <= self.bench.money(self.bench.splitter.id) <= settled + audit["collecting"]
        self._learn()
        assert self.bench.audit()["received"] == self.model.received

    def teardown(self) -> None:
        try:
            self._check_the_end()
        finally:
            self.undo.close()

    def _check_the_end(self) -> None:
        self.bench.replica.faults.clear()
        self.bench.fail_next("Trap", 0)
        self.bench.later(3_600, rounds=4)
        self._learn()
        assert self.orders == {}
        open_payments = self.bench.open_payments()
        assert not any(open_payments.values())
        audit = self.bench.check_solvency(STREAMS)
        assert (audit["in_flight"], audit["collecting"]) == (0, 0)
        assert audit["received"] == self.model.received
        for payee in PAYEES:
            balance = self.bench.balance(payee, *STREAMS)
            assert balance["credited"] == balance["claimable"] + balance["paid"] + balance["ledger_fees"]
            assert balance["paid"] == self.bench.money(payee)
            # A contributor's fraction of a unit stays in each stream.
            assert -TINY <= self.model.credited[payee] - balance["credited"] < len(STREAMS) + TINY


def test_whatever_goes_wrong_everybody_is_paid_once() -> None:
    profile = settings.get_profile(settings.get_current_profile_name())
    quick = settings(profile, max_examples=profile.max_examples // 10, stateful_step_count=min(profile.stateful_step_count, 25))
    run_state_machine_as_test(SplitterMachine, settings=quick)
