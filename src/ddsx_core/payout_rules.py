"""Paying payees: what each was credited and drew, and one record for each payout from its start to its outcome.

A payee has an account for each ledger. Its balance there is what it was credited less what it drew and what it spent on orders. A payout
draws amount and ledger fee together before the ledger is asked, so a second claim meanwhile finds only what is new; a payout that is
refused for good gives both back.

    credited = claimable + in flight + paid + ledger fees + spent

A payout names its fee, so the books know what the ledger took. When the first attempt is told another fee, nothing has happened, and the
same payout is started over with that fee and a new `created_at_time` (`requoted`), within what it drew. Raw cycles are paid by rules of
their own: see `cycles_rules`.

Invariants:
- PAYOUT-1: what a payee draws it was credited before; a unit is in one payout or in the balance, never in both or neither.
- PAYOUT-2: a claim repeated under its `created_at_time` answers the payout that it started, and starts no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ddsx_core.limits import MAX_AMOUNT, PERMITTED_DRIFT_NS
from ddsx_core.number_lists import has_number, list_text, numbers_in, remove_number
from ddsx_core.open_rows import has_row
from ddsx_core.payment_rules import OPEN, PAID, REFUSED, UNRESOLVED
from ddsx_core.refused import Refused
from ddsx_core.splitter_desk import payout_key
from ddsx_core.stored_rows import check_row, decode_row, encode_row
from ddsx_core.units import Nanoseconds, PrincipalText, Units

_PAYEE_VERSION = "2"
_PAYOUT_VERSION = "2"
_PUSH_VERSION = "2"
_PAYEE_FORM = _PAYEE_VERSION + "|%s" + "|%x" * 7
_PAYOUT_FORM = _PAYOUT_VERSION + "|%s" * 4 + "|%x" * 8
"""One `%` writes a row, which is what claims spend least on."""

MAX_CLAIM_STREAMS = 10
"""Streams that one claim, balance or push may name: two map reads and two writes each, 30 M instructions for all of them."""

MAX_OPEN_PAYOUTS = 8
"""Payouts of one payee that may be open at once. More than one happens only while the ledger does not answer."""

NO_BLOCK = -1
"""Stands for the block of a payout that no ledger's log holds: one not paid yet, or paid to a canister in cycles."""

FIRST_PUSH_PAUSE_NS = 60 * 1_000_000_000
"""Pause of a push after the ledger refused it, doubled by each refusal: an account that cannot be paid costs a few attempts a week."""

LONGEST_PUSH_PAUSE_NS = 24 * 60 * 60 * 1_000_000_000
"""Pause that is not doubled any more."""


class Payee(NamedTuple):
    """One payee's account with the splitter in one ledger; the stored value has texts before numbers, in this order.

    open_payouts: numbers of its payouts that were open when it last drew.
    credited_units: all that reached its balance; drawn_units: all that left it for payouts, ledger fees included; fee_units: those fees;
    spent_units: all that left it for orders.
    claimed_at: `created_at_time` of its latest claim that had one; claimed_as: the payout that claim started.
    push_place: its place among those who are paid without asking, from 1; 0 when it is not among them.
    """

    open_payouts: str = ""
    credited_units: Units = Units(0)
    drawn_units: Units = Units(0)
    spent_units: Units = Units(0)
    fee_units: Units = Units(0)
    claimed_at: Nanoseconds = Nanoseconds(0)
    claimed_as: int = 0
    push_place: int = 0


class Payout(NamedTuple):
    """One payout; the stored value has texts before numbers, in this order.

    to: a `cycles_rules` destination. amount: what is received there. block_index: the ledger's, `NO_BLOCK` where there is none.
    opened_in: while it is at its first attempt, the block of the log that tells of all this; `NO_BLOCK` for any other.
    """

    payee: PrincipalText
    to: str
    state: str
    refusal: str
    ledger: int
    amount: Units
    fee: Units
    created_at: Nanoseconds
    attempts: int
    tried_at: Nanoseconds
    block_index: int
    opened_in: int = NO_BLOCK


class Push(NamedTuple):
    """A payee's wish to be paid without asking: what is due in `streams`, to `to`, as soon as it is `threshold` units.

    failures: how many payouts in a row the ledger refused; tried_at: when the last of them was started.
    """

    payee: PrincipalText
    to: str
    streams: str
    ledger: int
    threshold: Units
    failures: int = 0
    tried_at: Nanoseconds = Nanoseconds(0)


# -- Checks -----------------------------------------------------------------------------------------------------------------


def check_streams(streams: Sequence[int]) -> list[int]:
    """The streams that a claim names, each once, in their order. Refuses: TooManyStreams with the most allowed."""
    if len(streams) > MAX_CLAIM_STREAMS:
        raise Refused("TooManyStreams", {"most": MAX_CLAIM_STREAMS})
    return list(dict.fromkeys(streams))


def unknown_stream(stream: int) -> Refused:
    """A stream whose book was not opened."""
    return Refused("UnknownStream", {"stream": stream})


def check_request_time(payee: Payee, created_at: Nanoseconds, now: Nanoseconds) -> int | None:
    """The payout that this claim started earlier, None for a claim that is new.

    A payee's claims with a `created_at_time` ascend in it; the latest is remembered for good.
    Refuses (in order): Superseded with the latest time for an earlier one, CreatedInFuture with this canister's time for one more than
        60 s ahead of it.
    """
    if created_at == payee.claimed_at and payee.claimed_as:
        return payee.claimed_as
    if created_at < payee.claimed_at:
        raise Refused("Superseded", {"latest": payee.claimed_at})
    if created_at > now + PERMITTED_DRIFT_NS:
        raise Refused("CreatedInFuture", {"ledger_time": now})
    return None


def check_threshold(threshold: int) -> Units:
    """`threshold`, if a push may wait for it. Refuses: InvalidThreshold with the most allowed."""
    if not 0 <= threshold <= MAX_AMOUNT:
        raise Refused("InvalidThreshold", {"most": MAX_AMOUNT})
    return Units(threshold)


def open_payouts_of(payee: Payee, rows: str, unresolved: str) -> list[int]:
    """Which of the payee's payouts have no outcome yet, oldest first: they have an open row, or stand in the list of unresolved ones."""
    if not payee.open_payouts or (not unresolved and "\np" not in f"\n{rows}"):
        return []
    numbers = numbers_in(payee.open_payouts)
    return [number for number in numbers if has_row(rows, payout_key(number)) or (unresolved and has_number(unresolved, number))]


def check_open_payouts(open_payouts: Sequence[int]) -> None:
    """Whether a payee with these payouts under way may start another. Refuses: Pending with the oldest when there are too many."""
    if len(open_payouts) >= MAX_OPEN_PAYOUTS:
        raise Refused("Pending", {"payout": open_payouts[0]})


# -- Balances ---------------------------------------------------------------------------------------------------------------


def balance_of(payee: Payee) -> Units:
    """What the payee can draw without settling any stream."""
    return Units(payee.credited_units - payee.drawn_units - payee.spent_units)


def with_credit(payee: Payee, units: Units) -> Payee:
    """The payee after units reached its balance: a refund, or money that it paid in."""
    return payee._replace(credited_units=Units(payee.credited_units + units))


def with_spent(payee: Payee, units: Units) -> Payee:
    """The payee after it paid an order out of its balance. Refuses: InsufficientFunds with balance and need."""
    balance = balance_of(payee)
    if units > balance:
        raise Refused("InsufficientFunds", {"balance": balance, "needed": units})
    return payee._replace(spent_units=Units(payee.spent_units + units))


def nothing_to_claim(claimable: Units, ledger_fee: Units) -> Refused:
    """The balance does not exceed the ledger's fee, or does not reach what the payee wants pushed at least."""
    return Refused("NothingToClaim", {"claimable": claimable, "ledger_fee": ledger_fee})


class Wish(NamedTuple):
    """Who is to be paid in which ledger and where.

    least: from how much on. request_time: its claim's `created_at_time`, if it has one. most: all of the balance unless given.
    """

    payee: PrincipalText
    ledger: int
    to: str
    least: Units = Units(0)
    request_time: Nanoseconds | None = None
    most: Units | None = None


def start_payout(
    payee: Payee, wish: Wish, gained: Units, open_payouts: Sequence[int], number: int, fee: Units, now: Nanoseconds
) -> tuple[Payee, Payout]:
    """Payee and payout after `gained` units reach the balance, and what is wished of it is drawn for payout `number`, written as tried.

    open_payouts: its earlier payouts that have no outcome yet.
    Refuses: NothingToClaim unless the balance is at least what is wished and more than the fee.
    """
    _, credited, drawn, spent, fees, claimed_at, claimed_as, place = payee
    name, ledger, to, least, request_time, most = wish
    credited = Units(credited + gained)
    gross = credited - drawn - spent
    if most is not None:
        gross = min(gross, most)
    if gross <= fee or gross < least:
        raise nothing_to_claim(Units(gross), fee)
    if request_time is not None:
        claimed_at, claimed_as = request_time, number
    fees, drawn = Units(fees + fee), Units(drawn + gross)
    numbers = list_text([*open_payouts, number]) if open_payouts else f"{number:x}"
    after = Payee(numbers, credited, drawn, spent, fees, claimed_at, claimed_as, place)
    return after, Payout(name, to, OPEN, "", ledger, Units(gross - fee), fee, now, 1, now, NO_BLOCK)


def given_back(payee: Payee, payout: Payout, number: int) -> Payee:
    """The payee after a payout was refused for good: amount and fee are its balance again."""
    return payee._replace(
        open_payouts=remove_number(payee.open_payouts, number),
        drawn_units=Units(payee.drawn_units - payout.amount - payout.fee),
        fee_units=Units(payee.fee_units - payout.fee),
    )


# -- The course of a payout -------------------------------------------------------------------------------------------------


def tried(payout: Payout, now: Nanoseconds) -> Payout:
    """The payout with one more attempt."""
    return payout._replace(attempts=payout.attempts + 1, tried_at=now, opened_in=NO_BLOCK)


def requoted(payout: Payout, fee: Units, now: Nanoseconds) -> Payout | None:
    """The payout started over with another fee, out of what it drew; None when that does not exceed the fee, or the fee is the same."""
    gross = payout.amount + payout.fee
    if gross <= fee or fee == payout.fee:
        return None
    return payout._replace(amount=Units(gross - fee), fee=fee, created_at=now, attempts=1, tried_at=now, opened_in=NO_BLOCK)


def with_fee(payee: Payee, before: Payout, after: Payout) -> Payee:
    """The payee after one of its payouts was requoted."""
    return payee._replace(fee_units=Units(payee.fee_units - before.fee + after.fee))


def paid(payout: Payout, block_index: int) -> Payout:
    """The payout after the ledger carried it out as that block."""
    payee, to, _, refusal, ledger, amount, fee, created_at, attempts, tried_at, _, opened_in = payout
    return Payout(payee, to, PAID, refusal, ledger, amount, fee, created_at, attempts, tried_at, block_index, opened_in)


def refused(payout: Payout, refusal: str) -> Payout:
    """The payout after the ledger refused it for good."""
    return payout._replace(state=REFUSED, refusal=refusal)


def unresolved(payout: Payout) -> Payout:
    """The payout whose outcome no further attempt can tell."""
    return payout._replace(state=UNRESOLVED)


def check_paid(payout: Payout, number: int) -> None:
    """Whether a payout happened. Refuses: PaymentRefused with the ledger's words, Pending while nobody knows."""
    if payout.state == PAID:
        return
    if payout.state == REFUSED:
        raise Refused("PaymentRefused", {"reason": payout.refusal})
    raise Refused("Pending", {"payout": number})


# -- Pushes -----------------------------------------------------------------------------------------------------------------


def is_push_due(push: Push, now: Nanoseconds) -> bool:
    """Whether a push may be tried: one that the ledger refused waits, longer each time, up to a day."""
    return not push.failures or now >= push.tried_at + min(FIRST_PUSH_PAUSE_NS << min(push.failures, 20), LONGEST_PUSH_PAUSE_NS)


def after_push(push: Push, *, refused: bool, now: Nanoseconds) -> Push:
    """The push after one of its payouts had an outcome."""
    return push._replace(failures=push.failures + 1, tried_at=now) if refused else push._replace(failures=0)


# -- Stored values ----------------------------------------------------------------------------------------------------------


def encode_payee(payee: Payee) -> str:
    """The stored value of a payee."""
    return _PAYEE_FORM % payee


def decode_payee(text: str) -> Payee:
    """What `encode_payee` wrote; anything else is Broken."""
    fields = text.split("|")
    check_row(fields, _PAYEE_VERSION, 8)
    return Payee(fields[1], *[int(field, 16) for field in fields[2:]])  # type: ignore[arg-type]


def encode_payout(payout: Payout) -> str:
    """The stored value of a payout; its texts are principals, accounts and `refusal_text`s, free of bars."""
    return _PAYOUT_FORM % payout


def decode_payout(text: str) -> Payout:
    """What `encode_payout` wrote; anything else is Broken."""
    fields = text.split("|")
    check_row(fields, _PAYOUT_VERSION, 12)
    return Payout(*fields[1:5], *[int(field, 16) for field in fields[5:]])  # type: ignore[arg-type]


def encode_push(push: Push) -> str:
    """The stored value of a push."""
    return encode_row(_PUSH_VERSION, push[:3], push[3:])


def decode_push(text: str) -> Push:
    """What `encode_push` wrote; anything else is Broken."""
    texts, numbers = decode_row(_PUSH_VERSION, 3, 4, text)
    return Push(*texts, *numbers)  # type: ignore[arg-type]


def stream_list(push: Push) -> list[int]:
    """The streams that a push draws from."""
    return numbers_in(push.streams)
