"""What the splitter does by itself: every 30 seconds a bounded look at what is open, and at whom to pay without asking.

Each payment is driven in a message of its own, so that one that fails, traps or never gets an answer holds up no other; and whatever was
looked at goes behind the rest, so that what keeps failing is not looked at more often than anything else.
"""

from __future__ import annotations

from kybra import ic
from payout_splitter_answers import Steps, start_soon, undone_by_errors
from payout_splitter_collections import retry_collection
from payout_splitter_payouts import learn_ledger_fee, push_payout, retry_payout
from payout_splitter_store import read_settings, read_state, write_state

from ddsx_core.open_rows import keys_of, rotate_rows
from ddsx_core.splitter_desk import UNKNOWN_FEE, after_pushes, decode_desk, encode_desk, open_numbers, push_places
from ddsx_wire.ledger_service import PaymentLedger
from ddsx_wire.principals import principal_of

ROUND_SECONDS = 30

LOOKED_AT = 20
"""Open payments looked at in a round: some 10 M instructions each to ask again."""

PUSHED = 5
"""Places of the push list visited in a round: 3 M instructions for one with a stream where nothing is due."""


def start_timers() -> None:
    """Ask for the ledger's fee now, and begin the rounds. Timers do not survive an upgrade: called by init and post_upgrade."""
    _ask_for_fee_soon()
    ic.set_timer_interval(ROUND_SECONDS, start_round)


def start_round() -> None:
    """Start what is to be driven now, each in its own message."""
    totals, desk_text, rows = read_state()
    desk = decode_desk(desk_text)
    if desk.ledger_fee == UNKNOWN_FEE:
        _ask_for_fee_soon()
    orders, payouts = open_numbers(keys_of(rows, LOOKED_AT))
    places = [] if read_settings().paused else push_places(desk, PUSHED)
    for order in orders:
        start_soon(retry_collection, order)
    for number in payouts:
        start_soon(retry_payout, number)
    for place in places:
        start_soon(push_payout, place)
    if rows or places:
        write_state(totals, encode_desk(after_pushes(desk, len(places))), rotate_rows(rows, LOOKED_AT))


def ask_ledger_fee() -> Steps:
    """Learn the ledger's fee. It changes seldom, and a payout that names an old one is told the new."""
    result = yield PaymentLedger(principal_of(read_settings().payment_ledger)).icrc1_fee()
    if result.Err is None:
        learn_ledger_fee(result.Ok)


def _ask_for_fee_soon() -> None:
    ic.set_timer(0, lambda: undone_by_errors(ask_ledger_fee()))
