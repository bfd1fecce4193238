from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ddsx_core.limits import MAX_AMOUNT
from ddsx_core.number_lists import list_text
from ddsx_core.payment_rules import OPEN, PAID, REFUSED, UNRESOLVED
from ddsx_core.payout_rules import (
    LONGEST_PUSH_PAUSE_NS,
    MAX_CLAIM_STREAMS,
    MAX_OPEN_PAYOUTS,
    NO_BLOCK,
    Payee,
    Payout,
    Push,
    Wish,
    after_push,
    balance_of,
    check_open_payouts,
    check_paid,
    check_request_time,
    check_streams,
    check_threshold,
    decode_payee,
    decode_payout,
    decode_push,
    encode_payee,
    encode_payout,
    encode_push,
    given_back,
    is_push_due,
    open_payouts_of,
    paid,
    refused,
    requoted,
    start_payout,
    stream_list,
    tried,
    unknown_stream,
    unresolved,
    with_credit,
    with_fee,
    with_spent,
)
from ddsx_core.refused import Refused

NOW = 10**18
MINUTE = 60 * 10**9
RICH = Payee(credited_units=1_000)
WISH = Wish("payee", 2, "payee.01")
NUMBER = st.integers(0, 1 << 128)


def _started(gross: int = 1_000, fee: int = 10) -> tuple[Payee, Payout]:
    return start_payout(Payee(), WISH, gross, [], 7, fee, NOW)


def _refusal(call: object, *arguments: object) -> tuple[str, dict]:
    with pytest.raises(Refused) as refusal:
        call(*arguments)
    return refusal.value.kind, refusal.value.data


def test_streams_are_named_once_and_ten_at_most() -> None:
    assert check_streams([3, 1, 3, 2]) == [3, 1, 2]
    assert check_streams(range(MAX_CLAIM_STREAMS)) == list(range(MAX_CLAIM_STREAMS))
    assert _refusal(check_streams, range(MAX_CLAIM_STREAMS + 1)) == ("TooManyStreams", {"most": MAX_CLAIM_STREAMS})


def test_payout_2_a_claims_time_names_it() -> None:
    payee, _ = start_payout(RICH, WISH._replace(request_time=NOW), 0, [], 7, 10, NOW)
    assert check_request_time(payee, NOW, NOW + 5 * MINUTE) == 7
    assert check_request_time(payee, NOW + 1, NOW) is None
    assert _refusal(check_request_time, payee, NOW - 1, NOW) == ("Superseded", {"latest": NOW})
    assert check_request_time(Payee(), 0, NOW) is None


def test_a_claims_time_may_be_a_minute_ahead() -> None:
    assert check_request_time(RICH, NOW + MINUTE, NOW) is None
    assert _refusal(check_request_time, RICH, NOW + MINUTE + 1, NOW) == ("CreatedInFuture", {"ledger_time": NOW})


def test_a_threshold_is_an_amount() -> None:
    assert check_threshold(0) == 0
    assert check_threshold(MAX_AMOUNT) == MAX_AMOUNT
    assert _refusal(check_threshold, MAX_AMOUNT + 1) == ("InvalidThreshold", {"most": MAX_AMOUNT})


def test_a_payee_knows_its_open_payouts() -> None:
    payee = Payee(open_payouts=list_text([1, 2, 3]))
    assert open_payouts_of(payee, "c1|x\np3|x\np1|x", "") == [1, 3]
    assert open_payouts_of(payee, "p3|x", "2,9") == [2, 3]
    assert open_payouts_of(Payee(), "p3|x", "2") == []
    assert open_payouts_of(payee, "c1|p1", "") == []


def test_a_payee_has_a_bounded_number_of_open_payouts() -> None:
    check_open_payouts(range(1, MAX_OPEN_PAYOUTS))
    assert _refusal(check_open_payouts, range(1, MAX_OPEN_PAYOUTS + 1)) == ("Pending", {"payout": 1})


@pytest.mark.parametrize(("gross", "fee", "least"), [(11, 10, 0), (11, 10, 11), (1, 0, 0), (MAX_AMOUNT, 10, MAX_AMOUNT)])
def test_a_payout_draws_the_whole_balance(gross: int, fee: int, least: int) -> None:
    before = Payee(credited_units=5, drawn_units=5)
    payee, payout = start_payout(before, WISH._replace(least=least), gross, [3], 7, fee, NOW)
    assert payout == Payout("payee", "payee.01", OPEN, "", 2, gross - fee, fee, NOW, 1, NOW, NO_BLOCK)
    assert balance_of(payee) == 0
    assert (payee.credited_units, payee.drawn_units, payee.fee_units, payee.open_payouts) == (gross + 5, gross + 5, fee, "3,7")


@pytest.mark.parametrize(("gross", "fee", "least"), [(10, 10, 0), (0, 0, 0), (10, 5, 11)])
def test_a_balance_that_pays_nothing_stays(gross: int, fee: int, least: int) -> None:
    refusal = _refusal(start_payout, Payee(), WISH._replace(least=least), gross, [], 7, fee, NOW)
    assert refusal == ("NothingToClaim", {"claimable": gross, "ledger_fee": fee})


ENDS = st.sampled_from(["pay", "refuse", "leave", "top up", "spend"])


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 20), ENDS), max_size=20))
def test_payout_1_a_unit_is_in_one_place(course: list[tuple[int, int, str]]) -> None:
    payee, sums = Payee(), {"credited": 0, "paid": 0, "fees": 0, "in flight": 0, "spent": 0}
    for number, (amount, fee, end) in enumerate(course, 1):
        if end == "top up":
            payee = with_credit(payee, amount)
            sums["credited"] += amount
            continue
        if end == "spend":
            if amount <= balance_of(payee):
                payee = with_spent(payee, amount)
                sums["spent"] += amount
            continue
        if balance_of(payee) + amount <= fee:
            continue
        sums["credited"] += amount
        payee, payout = start_payout(payee, WISH, amount, [], number, fee, NOW)
        if end == "pay":
            sums["paid"] += payout.amount
            sums["fees"] += payout.fee
        elif end == "refuse":
            payee = given_back(payee, payout, number)
        else:
            sums["in flight"] += payout.amount + payout.fee
    assert payee.credited_units == sums["credited"]
    assert balance_of(payee) == sums["credited"] - sums["paid"] - sums["fees"] - sums["in flight"] - sums["spent"]
    assert payee.spent_units == sums["spent"]


def test_an_order_is_paid_from_a_balance_to_the_last_unit() -> None:
    assert balance_of(with_spent(RICH, 1_000)) == 0
    assert _refusal(with_spent, RICH, 1_001) == ("InsufficientFunds", {"balance": 1_000, "needed": 1_001})


def test_a_refund_draws_no_more_than_it_is() -> None:
    payee, payout = start_payout(RICH, WISH._replace(most=300), 0, [], 7, 10, NOW)
    assert (payout.amount, payout.fee, balance_of(payee)) == (290, 10, 700)
    assert _refusal(start_payout, RICH, WISH._replace(most=10), 0, [], 7, 10, NOW)[0] == "NothingToClaim"


def test_a_refused_push_waits_longer_each_time_up_to_a_day() -> None:
    push = Push("payee", "payee.01", "", 0, 1)
    assert is_push_due(push, 0)
    pauses = []
    for _ in range(14):
        push = after_push(push, refused=True, now=NOW)
        pause = next(seconds for seconds in range(60, 90_000, 60) if is_push_due(push, NOW + seconds * 10**9))
        assert not is_push_due(push, NOW + pause * 10**9 - 1)
        pauses.append(pause * 10**9)
    assert pauses[:3] == [120 * 10**9, 240 * 10**9, 480 * 10**9]
    assert pauses[-1] == pauses[-2] == LONGEST_PUSH_PAUSE_NS == 86_400 * 10**9
    assert is_push_due(after_push(push, refused=False, now=NOW), NOW)


def test_a_refused_payout_leaves_the_payee_as_it_was() -> None:
    after, payout = start_payout(RICH, WISH, 0, [], 7, 10, NOW)
    assert given_back(after, payout, 7) == RICH


def test_another_fee_is_paid_out_of_what_was_drawn() -> None:
    payee, payout = _started(1_000, 10)
    again = requoted(payout, 25, NOW + 5)
    assert again is not None
    assert (again.amount, again.fee, again.created_at, again.attempts) == (975, 25, NOW + 5, 1)
    assert with_fee(payee, payout, again).fee_units == 25
    assert given_back(with_fee(payee, payout, again), again, 7) == RICH


def test_a_fee_that_leaves_nothing_or_is_the_same_starts_nothing_over() -> None:
    _, payout = _started(1_000, 10)
    assert requoted(payout, 999, NOW) is not None
    assert requoted(payout, 1_000, NOW) is None
    assert requoted(payout, 10, NOW) is None


def test_a_payout_tells_its_outcome() -> None:
    _, payout = _started()
    done = paid(payout, 3)
    check_paid(done, 7)
    assert (done.amount, done.fee, done.block_index) == (990, 10, 3)
    assert _refusal(check_paid, refused(payout, "BadBurn"), 7) == ("PaymentRefused", {"reason": "BadBurn"})
    assert _refusal(check_paid, payout, 7) == ("Pending", {"payout": 7})
    assert _refusal(check_paid, unresolved(payout), 7) == ("Pending", {"payout": 7})
    assert tried(payout, NOW + 9)[-4:] == (2, NOW + 9, NO_BLOCK, NO_BLOCK)


@given(st.builds(Payee, st.sampled_from(["", "1", "1,ff"]), *[NUMBER] * 7))
def test_a_stored_payee_comes_back(payee: Payee) -> None:
    assert decode_payee(encode_payee(payee)) == payee


STATES = st.sampled_from([OPEN, PAID, REFUSED, UNRESOLVED])


@given(
    st.builds(
        Payout,
        st.just("payee"),
        st.just("payee.01"),
        STATES,
        st.sampled_from(["", "BadFee"]),
        *[NUMBER] * 6,
        st.integers(NO_BLOCK, 1 << 64),
    )
)
def test_a_stored_payout_comes_back(payout: Payout) -> None:
    assert decode_payout(encode_payout(payout)) == payout


@given(st.lists(st.integers(0, (1 << 64) - 1), unique=True, max_size=MAX_CLAIM_STREAMS), NUMBER)
def test_a_stored_push_comes_back(streams: list[int], threshold: int) -> None:
    push = Push("payee", "payee.01", list_text(streams), 7, threshold, 3, NOW)
    assert decode_push(encode_push(push)) == push
    assert stream_list(push) == streams


def test_an_unknown_stream_is_named() -> None:
    refusal = unknown_stream(9)
    assert (refusal.kind, refusal.data) == ("UnknownStream", {"stream": 9})
