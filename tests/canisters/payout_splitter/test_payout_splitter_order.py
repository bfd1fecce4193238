"""What comes late, leaves early or stands in front: nothing is booked twice, lost from a list, or kept waiting behind others."""

from __future__ import annotations

import pytest
from splitter_bench import FIRST, SECOND, STREAM, THIRD, Bench

HOUR = 60 * 60
LOOKED_AT = 20
"""Open payments that the timer looks at in one round."""


@pytest.fixture
def sold(bench: Bench) -> Bench:
    """A bench with one sale of 1,000 units, of which three contributors have 294 each."""
    bench.open_stream({FIRST: 1, SECOND: 1, THIRD: 1})
    bench.sell(1, 1_000)
    return bench


def test_an_answer_that_comes_after_the_retry_is_logged_once(sold: Bench) -> None:
    sold.replica.faults.delay_reply(callee=sold.ledger.id, method="icrc1_transfer")
    call = sold.submit("claim", {"streams": [STREAM], "ledger": 0, "to": None, "created_at_time": None}, FIRST)
    sold.later()
    sold.replica.faults.deliver_delayed()
    assert "Ok" in sold.splitter.wait("claim", call)
    assert [block["btype"] for block in sold.blocks()][-2:] == ["ddsx:payout", "ddsx:paid"]


def test_who_took_the_place_of_one_that_left_can_leave_too(sold: Bench) -> None:
    wish = {"streams": [STREAM], "ledger": 0, "to": None, "threshold": 1_000}
    for payee in (FIRST, SECOND, THIRD):
        assert sold.splitter.call("set_push", wish | {"enabled": True}, sender=payee) == {"Ok": None}
    for payee in (FIRST, THIRD):
        assert sold.splitter.call("set_push", wish | {"enabled": False}, sender=payee) == {"Ok": None}
    sold.sell(2, 3_000)
    sold.later(rounds=2)
    assert [sold.money(payee) > 0 for payee in (FIRST, SECOND, THIRD)] == [False, True, False]


def test_what_is_due_does_not_wait_behind_what_is_not(sold: Bench) -> None:
    orders = range(2, 2 + LOOKED_AT)
    sold.fail_next("Trap", 10_000)
    for order in orders:
        sold.collect(order, 1_000)
    # Their pauses have grown to an hour.
    sold.later(HOUR, rounds=9)
    sold.fail_next("", 0)
    sold.replica.faults.drop_reply(callee=sold.ledger.id, method="icrc1_transfer")
    assert "Pending" in sold.claim(FIRST)["Err"]
    sold.later(rounds=3)
    assert sold.open_payments()["payouts"] == []
    assert sold.open_payments()["collections"] == list(orders)
