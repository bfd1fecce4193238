"""Single flows, to the unit; what is refused; and how flows are stored."""

from __future__ import annotations

import pytest

from ddsx_core.flows import (
    Flow,
    advance,
    check_flow,
    close_flow,
    decode_flow,
    encode_flow,
    escrow_scaled,
    next_end,
    open_flow,
    pro_rata_refund,
    rounded_end,
)
from ddsx_core.limits import ACCRUAL_SCALE, MAX_AMOUNT, MAX_FLOW_ENDS, MAX_FLOW_LENGTH, MAX_FLOW_TICKS
from ddsx_core.refused import Broken
from ddsx_core.units import Units
from model.expect import refuses


def opened(*payments: tuple[int, int], at: int = 0) -> Flow:
    flow = Flow()
    for amount, length in payments:
        flow = open_flow(flow, Units(amount), at, at + length)
    return flow


def earned_each_tick(flow: Flow, ticks: int) -> list[int]:
    earned = []
    for _ in range(ticks):
        flow, units = advance(flow, flow.position + 1)
        earned.append(units)
    assert flow == Flow(flow.position)
    return earned


# -- Earning ----------------------------------------------------------------------------------------------------------------


def test_a_payment_is_earned_evenly_and_in_full() -> None:
    assert earned_each_tick(opened((100, 4)), 4) == [25, 25, 25, 25]
    assert earned_each_tick(opened((10, 4)), 4) == [2, 3, 2, 3]
    assert earned_each_tick(opened((1, 3)), 3) == [0, 0, 1]
    assert earned_each_tick(opened((7, 1)), 1) == [7]


def test_payments_share_a_rate() -> None:
    assert earned_each_tick(opened((3, 6), (3, 6), (5, 2)), 6) == [3, 4, 1, 1, 1, 1]


def test_what_the_rate_leaves_is_earned_at_the_end() -> None:
    flow, units = advance(opened((1, 3)), 2)
    assert (units, flow.carry_scaled) == (0, 2 * (ACCRUAL_SCALE // 3))
    assert escrow_scaled(flow) == ACCRUAL_SCALE - 2 * (ACCRUAL_SCALE // 3)
    assert advance(flow, 3) == (Flow(3), 1)


@pytest.mark.parametrize(
    ("start", "end", "rounded"),
    [
        (0, 63, 63),
        (0, 64, 64),
        (0, 127, 127),
        (0, 128, 128),
        (1, 130, 130),
        (0, 129, 128),
        (1, 129, 128),
        (0, 255, 254),
        (0, 256, 256),
        (3, 259, 256),
        (0, 259, 256),
        (1_700_000_000, 1_700_000_000 + 2_592_000, 1_702_592_000 // 32_768 * 32_768),
    ],
)
def test_an_end_is_rounded_down_by_less_than_a_64th(start: int, end: int, rounded: int) -> None:
    assert rounded_end(start, end) == rounded
    assert 64 * (end - rounded) < end - start


def test_the_last_ticks_are_earned_when_the_rounded_end_is_reached() -> None:
    flow = opened((129, 129))
    flow, units = advance(flow, 127)
    assert (units, next_end(flow)) == (127, 128)
    assert advance(flow, 128) == (Flow(128), 2)


def test_an_end_beyond_is_not_an_end_reached() -> None:
    flow = opened((10, 10), (20, 20))
    assert next_end(flow) == 10
    before, units = advance(flow, 9)
    assert (units, next_end(before)) == (18, 10)
    after, units = advance(flow, 10)
    assert (units, next_end(after)) == (20, 20)
    assert next_end(advance(flow, 20)[0]) is None


def test_a_clock_that_stands_or_runs_back_moves_nothing() -> None:
    flow, _ = advance(opened((10, 10)), 5)
    assert advance(flow, 5) == (flow, 0)
    assert advance(flow, 4) == (flow, 0)
    assert advance(flow, 6)[1] == 1


def test_many_payments_leave_few_ends() -> None:
    flow = Flow()
    for now in range(4_000):
        flow, _ = advance(flow, now)
        flow = open_flow(flow, Units(1_000), now, now + 700)
        assert flow.ends.count(",") < 128
    check_flow(flow)


def test_ends_of_all_lengths_stay_within_their_bounds() -> None:
    flow = Flow()
    for fine_bits in range(26):
        for place in range(64 if fine_bits else 1, 128):
            length = place << fine_bits
            flow = open_flow(flow, Units(MAX_AMOUNT // MAX_FLOW_ENDS), 0, length)
    for length in range(1, 64):
        flow = open_flow(flow, Units(1), 0, length)
    check_flow(flow)
    assert MAX_FLOW_ENDS - 30 < flow.ends.count(",") + 1 <= MAX_FLOW_ENDS
    assert len(encode_flow(flow)) <= MAX_FLOW_LENGTH


# -- Closing ----------------------------------------------------------------------------------------------------------------


def test_a_payment_closed_half_way_is_half_refunded() -> None:
    flow, units = advance(opened((100, 10)), 5)
    assert units == 50
    assert close_flow(flow, Units(100), 0, 10) == (Flow(5), 50, 0)


def test_the_fraction_of_a_closed_payment_is_earned() -> None:
    flow, units = advance(opened((10, 4), at=7), 8)
    assert units == 2
    assert close_flow(flow, Units(10), 7, 11) == (Flow(8), 7, 1)


def test_closing_at_once_refunds_everything() -> None:
    assert close_flow(opened((7, 3)), Units(7), 0, 3) == (Flow(0), 7, 0)


def test_a_payment_that_is_earned_has_no_refund() -> None:
    flow, _ = advance(opened((129, 129), (1, 200)), 128)
    assert close_flow(flow, Units(129), 0, 129) == (flow, 0, 0)
    before, _ = advance(opened((129, 129), (1, 200)), 127)
    closed, refund, earned = close_flow(before, Units(129), 0, 129)
    assert (refund, earned) == (2, 0)
    check_flow(closed)


def test_nothing_paid_is_nothing_refunded() -> None:
    flow = opened((10, 10))
    assert open_flow(flow, Units(0), 0, 5) == flow
    assert close_flow(flow, Units(0), 0, 5) == (flow, 0, 0)


def test_one_of_two_payments_with_one_end_is_closed() -> None:
    flow = opened((10, 10), (20, 10))
    flow, _ = advance(flow, 5)
    flow, refund, earned = close_flow(flow, Units(20), 0, 10)
    assert (refund, earned, flow.held_units) == (10, 0, 5)
    check_flow(flow)
    assert advance(flow, 10) == (Flow(10), 5)


@pytest.mark.parametrize("length", [10, 20, 30])
def test_an_end_is_gone_with_its_last_payment_wherever_it_stands(length: int) -> None:
    flow = opened((10, 10), (10, 20), (10, 30))
    closed, _, _ = close_flow(flow, Units(10), 0, length)
    check_flow(closed)
    assert closed == opened(*[(10, other) for other in (10, 20, 30) if other != length])


def test_a_payment_that_is_not_there_cannot_be_closed() -> None:
    flow = opened((10, 10))
    for amount, length in [(11, 10), (10, 11), (10, 9)]:
        with pytest.raises(Broken, match="never opened"):
            close_flow(flow, Units(amount), 0, length)
    with pytest.raises(Broken, match="before the start"):
        close_flow(flow, Units(10), 1, 11)
    assert close_flow(flow, Units(10), 0, 10)[1] == 10


def test_a_payment_cannot_be_closed_twice() -> None:
    flow, _, _ = close_flow(opened((10, 10)), Units(10), 0, 10)
    with pytest.raises(Broken, match="never opened"):
        close_flow(flow, Units(10), 0, 10)


# -- What is refused --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, -1, MAX_FLOW_TICKS + 1])
def test_a_payment_takes_a_tick_at_least(length: int) -> None:
    with refuses("NegativeAmount", amount=-1):
        opened((-1, length))
    with refuses("InvalidTerm", most_ticks=MAX_FLOW_TICKS):
        opened((0, length))
    assert opened((1, 1)).held_units == 1
    assert opened((1, MAX_FLOW_TICKS)).held_units == 1


def test_a_flow_that_holds_money_is_advanced_before_more_is_opened() -> None:
    flow = opened((10, 10))
    with pytest.raises(Broken, match="another tick"):
        open_flow(flow, Units(1), 1, 2)
    assert open_flow(advance(flow, 10)[0], Units(1), 99, 100).position == 99
    assert open_flow(advance(flow, 1)[0], Units(1), 1, 2).held_units == 10


def test_a_refund_is_the_part_that_was_not_delivered_rounded_down() -> None:
    assert [pro_rata_refund(Units(10), delivered, 3) for delivered in range(6)] == [10, 6, 3, 0, 0, 0]
    assert pro_rata_refund(Units(0), 0, 1) == 0
    with refuses("NegativeAmount", amount=-3):
        pro_rata_refund(Units(-3), -1, 0)
    with refuses("NegativeAmount", amount=-1):
        pro_rata_refund(Units(3), -1, 0)
    with refuses("InvalidTerm", most_ticks=MAX_FLOW_TICKS):
        pro_rata_refund(Units(3), 0, 0)


# -- Audits and stored values -----------------------------------------------------------------------------------------------


def test_stored_flows_keep_their_form() -> None:
    flow = opened((16, 16), (3, 3), at=16)
    assert encode_flow(flow) == f"1|10|2{'0' * 32}|0|13|0000000000000013=1{'0' * 32}:0,0000000000000020=1{'0' * 32}:0"
    assert decode_flow(encode_flow(flow)) == flow
    assert encode_flow(Flow()) == "1|0|0|0|0|"
    assert decode_flow("1|0|0|0|0|") == Flow()
    with pytest.raises(Broken, match="4 fields, expected 5"):
        decode_flow("1|0|0|0|0")
    with pytest.raises(Broken, match="no number"):
        decode_flow("1|0|0|x|0|")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"carry_scaled": 1}, "lost or made a unit"),
        ({"carry_scaled": -1}, "lost or made a unit"),
        ({"carry_scaled": ACCRUAL_SCALE, "held_units": 12}, "lost or made a unit"),
        ({"held_units": 10}, "lost or made a unit"),
        ({"held_units": 12}, "lost or made a unit"),
        ({"rate_scaled": 1}, "do not add up to its rate"),
        ({"position": 5}, "out of order"),
        ({"ends": "0000000000000005=1:0,0000000000000005=1:0"}, "out of order"),
        ({"ends": "0000000000000005=0:0"}, "out of order"),
        ({"ends": "0000000000000005=1:-1"}, "out of order"),
    ],
)
def test_a_flow_that_does_not_add_up_is_found(changes: dict[str, object], message: str) -> None:
    flow = opened((5, 5), (6, 6))
    check_flow(flow)
    with pytest.raises(Broken, match=message):
        check_flow(flow._replace(**changes))  # type: ignore[arg-type]
