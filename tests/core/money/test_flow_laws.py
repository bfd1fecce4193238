"""Laws of flows over random lives, beside the model that integrates tick by tick."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ddsx_core.flows import Flow, advance, check_flow, close_flow, decode_flow, encode_flow, escrow_scaled, open_flow, pro_rata_refund
from ddsx_core.limits import ACCRUAL_SCALE
from ddsx_core.units import Units
from model.flow_model import Clock, Payment

AMOUNTS = st.one_of(st.integers(0, 3), st.integers(0, 10**6), st.integers(0, 10**38)).map(Units)
LENGTHS = st.one_of(st.integers(1, 5), st.integers(60, 70), st.integers(1, 600))
LONG = st.one_of(LENGTHS, st.integers(1, 2**32 - 1))
TERMS = st.lists(st.tuples(AMOUNTS, LONG), max_size=8)
LAG = Fraction(1, 2**96)


def opened(terms: list[tuple[Units, int]], at: int = 0) -> Flow:
    flow = Flow()
    for amount, length in terms:
        flow = open_flow(flow, amount, at, at + length)
    return flow


class FlowMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.flow = Flow()
        self.clock = Clock()
        self.earned = 0
        self.refunded = 0

    @rule(amount=AMOUNTS, length=LENGTHS)
    def open(self, amount: Units, length: int) -> None:
        self.flow = open_flow(self.flow, amount, self.clock.now, self.clock.now + length)
        self.clock.open(amount, length)

    @rule(ticks=st.one_of(st.integers(0, 3), st.integers(0, 150)))
    def run(self, ticks: int) -> None:
        self.clock.run(ticks)
        self.flow, earned = advance(self.flow, self.clock.now)
        self.earned += earned

    @precondition(lambda self: any(payment.amount for payment in self.clock.payments))
    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        open_payments = [payment for payment in self.clock.payments if not payment.refunded]
        payment = data.draw(st.sampled_from(open_payments or [Payment(0, 0, 1)]))
        if payment.is_over and payment.full_at() > self.clock.now:
            return  # closed before without a refund: that payment is not there any more
        held = self.flow.held_units
        self.flow, refund, earned = close_flow(self.flow, Units(payment.amount), payment.start, payment.end)
        assert refund == self.clock.close(payment)
        assert refund <= held
        assert earned in (0, 1)
        self.refunded += refund
        self.earned += earned

    @rule()
    def store_and_load(self) -> None:
        self.flow = decode_flow(encode_flow(self.flow))

    @invariant()
    def every_unit_is_accounted_for(self) -> None:
        check_flow(self.flow)
        assert self.clock.opened() == self.earned + self.refunded + self.flow.held_units
        assert self.refunded == self.clock.refunded()

    @invariant()
    def earning_follows_the_clock(self) -> None:
        earned = self.earned + Fraction(self.flow.carry_scaled, ACCRUAL_SCALE)
        exact = self.clock.earned()
        assert exact - len(self.clock.payments) * LAG <= earned <= exact

    @invariant()
    def an_end_is_kept_while_somebody_waits_for_it(self) -> None:
        waiting = {payment.full_at() for payment in self.clock.payments if payment.amount and not payment.is_over}
        assert [int(end[:16], 16) for end in self.flow.ends.split(",") if end] == sorted(waiting)
        assert bool(waiting) == (self.flow.held_units > 0)


TestFlow = FlowMachine.TestCase


@given(TERMS, st.lists(st.integers(0, 2**32), max_size=6))
def test_advancing_in_steps_is_advancing_at_once(terms: list[tuple[Units, int]], moments: list[int]) -> None:
    whole = flow = opened(terms)
    earned = 0
    for moment in sorted(moments):
        flow, units = advance(flow, moment)
        earned += units
    assert advance(whole, max(moments, default=0)) == (flow, earned)


@given(TERMS, st.randoms(use_true_random=False))
def test_order_of_opening_does_not_matter(terms: list[tuple[Units, int]], random: st.DataObject) -> None:
    other = list(terms)
    random.shuffle(other)  # type: ignore[attr-defined]
    assert opened(other) == opened(terms)


@given(AMOUNTS, LONG, st.integers(0, 2**32))
def test_a_payment_alone_lags_less_than_a_unit(amount: Units, length: int, moment: int) -> None:
    flow, earned = advance(opened([(amount, length)]), moment)
    exact = Fraction(amount * min(moment, length), length)
    if flow.held_units:
        assert exact - 1 - LAG < earned <= exact
    else:
        assert earned == amount
        assert not amount or moment + Fraction(length, 64) > length


@given(TERMS, AMOUNTS, LONG, st.integers(0, 2**32))
def test_closing_gives_back_the_ticks_that_did_not_come(terms: list[tuple[Units, int]], amount: Units, length: int, moment: int) -> None:
    others = opened(terms)
    flow, earned = advance(open_flow(others, amount, 0, length), moment)
    alone, _ = advance(opened([(amount, length)]), moment)
    closed, refund, more = close_flow(flow, amount, 0, length)
    check_flow(closed)
    assert refund == (pro_rata_refund(amount, moment, length) if alone.held_units else 0)
    assert refund << 128 <= escrow_scaled(alone)
    without, earned_without = advance(others, moment)
    assert (closed.position, closed.rate_scaled, closed.ends) == (without.position, without.rate_scaled, without.ends)
    kept = (earned_without + amount - refund << 128) + without.carry_scaled
    assert (earned + more << 128) + closed.carry_scaled == kept


@given(AMOUNTS, AMOUNTS, LONG, st.integers(0, 2**32))
def test_two_payments_earn_what_one_of_their_sum_earns(first: Units, second: Units, length: int, moment: int) -> None:
    both = Units(first + second)
    apart, earned_apart = advance(opened([(first, length), (second, length)]), moment)
    whole, earned_whole = advance(opened([(both, length)]), moment)
    assert 0 <= earned_whole - earned_apart <= 1
    apart, refund_first, _ = close_flow(apart, first, 0, length)
    apart, refund_second, _ = close_flow(apart, second, 0, length)
    whole, refund_whole, _ = close_flow(whole, both, 0, length)
    assert 0 <= refund_whole - refund_first - refund_second <= 1
    assert apart == whole == Flow(moment)


@given(TERMS, AMOUNTS, LONG, st.integers(0, 2**32), st.integers(0, 2**32))
def test_more_money_and_more_time_never_earn_less(
    terms: list[tuple[Units, int]], amount: Units, length: int, moment: int, later: int
) -> None:
    flow = opened(terms)
    earned = advance(flow, moment)[1]
    assert advance(flow, moment + later)[1] >= earned
    assert advance(open_flow(flow, amount, 0, length), moment)[1] >= earned


@given(AMOUNTS, LONG, st.integers(0, 2**40))
def test_closing_at_once_refunds_all(amount: Units, length: int, start: int) -> None:
    flow, refund, earned = close_flow(opened([(amount, length)], start), amount, start, start + length)
    assert (refund, earned, flow.held_units, flow.ends) == (amount, 0, 0, "")


def test_closing_and_opening_again_can_change_what_is_earned() -> None:
    """Not a law: the refund, opened until the same end, goes on as before. What was rounded off is earned early."""
    flow, early = advance(opened([(Units(10), 4)]), 1)
    going_on = advance(flow, 2)[1]
    closed, refund, fraction = close_flow(flow, Units(10), 0, 4)
    again = advance(open_flow(closed, refund, 1, 4), 2)[1]
    assert (early, going_on) == (2, 3)
    assert (refund, fraction, again) == (7, 1, 2)
