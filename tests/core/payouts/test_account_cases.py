"""Books worked out by hand: what several credits, later work and an order that ended leave to whom."""

from __future__ import annotations

from kept_books import SECOND, KeptBooks, step

from ddsx_core.stream_books import BY_SECOND, HELD

STREAM = 1
LEDGER = 0


def drawn(kept: KeptBooks, name: str) -> tuple[int, int]:
    accounts = kept.begin()
    units = accounts.draw(LEDGER, STREAM, name)
    kept.keep(accounts)
    return units


def with_work(kept: KeptBooks, worker: str) -> None:
    accounts = kept.begin()
    accounts.record(STREAM, {worker: 1}, kept.book(STREAM).size + 1)
    kept.keep(accounts)


def test_what_two_sales_gave_a_listed_payee_adds_up():
    kept = KeptBooks()
    kept.open(STREAM, step("p:author", 100_000), step("p:editor", 500_000))
    for price in (100, 50):
        accounts = kept.begin()
        accounts.sell(STREAM, LEDGER, price)
        kept.keep(accounts)
    assert drawn(kept, "author") == (0, 15)
    # Half of 135, rounded up.
    assert drawn(kept, "editor") == (0, 68)


def test_what_was_earned_before_a_batch_is_not_shared_with_it():
    kept = KeptBooks()
    kept.open(STREAM)
    with_work(kept, "early")
    accounts = kept.begin()
    accounts.hold(STREAM, LEDGER, 100, BY_SECOND, 100)
    kept.keep(accounts)
    kept.now += 50 * SECOND
    with_work(kept, "late")
    kept.now += 50 * SECOND
    assert drawn(kept, "early") == (75, 0)
    assert drawn(kept, "late") == (25, 0)


def test_an_order_that_ended_earns_no_more():
    kept = KeptBooks()
    kept.open(STREAM)
    with_work(kept, "worker")
    accounts = kept.begin()
    start = accounts.hold(STREAM, LEDGER, 100, BY_SECOND, 100)
    kept.keep(accounts)
    kept.now += 50 * SECOND
    accounts = kept.begin()
    tick, refund = accounts.release_rest(STREAM, LEDGER, 100, BY_SECOND, start, 100)
    kept.keep(accounts)
    assert (tick, refund) == (start + 50, 50)
    kept.now += 50 * SECOND
    assert drawn(kept, "worker") == (50, 0)
    assert kept.book(STREAM).purse(LEDGER).numbers[HELD] == 0
