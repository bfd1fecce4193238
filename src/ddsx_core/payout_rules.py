"""Paying payees: what each was credited and drew, and one record for each payout from its start to its outcome.

A payee's balance is what it was credited less what it drew. A payout draws amount and ledger fee together before the ledger is asked, so a
second claim meanwhile finds only what is new; a payout that is refused for good gives both back.

    credited = claimable + in flight + paid + ledger fees

A payout names its fee, so the books know what the ledger took. When the first attempt is told another fee, nothing has happened, and the
same payout is started over with that fee and a new `created_at_time` (`requoted`), within what it drew.

Invariants:
- PAYOUT-1: what a payee draws it was credited before; a unit is in one payout or in the balance, never in both or neither.
- PAYOUT-2: a claim repeated under its `created_at_time` answers the payout that it started, and starts no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ddsx_core.accounts import is_anonymous, owner_of
from ddsx_core.limits import MAX_AMOUNT, PERMITTED_DRIFT_NS
from ddsx_core.number_lists import has_number, list_text, numbers_in, remove_number
from ddsx_core.open_rows import has_row
from ddsx_core.payment_rules import OPEN, PAID, REFUSED, UNRESOLVED
from ddsx_core.refused import Refused, invalid_account
from ddsx_core.splitter_desk import payout_key
from ddsx_core.stored_rows import decode_row, encode_row
from ddsx_core.units import AccountKey, Nanoseconds, PrincipalText, Units

_PAYEE_VERSION = "1"
_PAYOUT_VERSION = "1"
_PUSH_VERSION = "1"

MAX_CLAIM_STREAMS = 10
"""Streams that one claim, balance or push may name: two map reads and two writes each, 30 M instructions for all of them."""

MAX_OPEN_PAYOUTS = 8
"""Payouts of one payee that may be open at once. More than one happens only while the ledger does not answer."""


class Payee(NamedTuple):
    """One payee's account with the splitter; the stored value has texts before numbers, in this order.

    open_payouts: numbers of its payouts that were open when it last drew.
    credited_units: all that reached its balance; drawn_units: all that left it, ledger fees included; fee_units: those fees.
    claimed_at: `created_at_time` of its latest claim that had one; claimed_as: the payout that claim started.
    push_place: its place among those who are paid without asking, from 1; 0 when it is not among them.
    """

    open_payouts: str = ""
    credited_units: Units = Units(0)
    drawn_units: Units = Units(0)
    fee_units: Units = Units(0)
    claimed_at: Nanoseconds = Nanoseconds(0)
    claimed_as: int = 0
    push_place: int = 0


class Payout(NamedTuple):
    """One payout; the stored value has texts before numbers, in this order. amount is what the account receives."""

    payee: PrincipalText
    to: AccountKey
    state: str
    refusal: str
    amount: Units
    fee: Units
    created_at: Nanoseconds
    attempts: int
    tried_at: Nanoseconds
    block_index: int


class Push(NamedTuple):
    """A payee's wish to be paid without asking: what is due in `streams`, to `to`, as soon as it is `threshold` units."""

    payee: PrincipalText
    to: AccountKey
    streams: str
    threshold: Units


# -- Checks -----------------------------------------------------------------------------------------------------------------


def check_streams(streams: Sequence[int]) -> list[int]:
    """The streams that a claim names, each once, in their order. Refuses: TooManyStreams with the most allowed."""
    if len(streams) > MAX_CLAIM_STREAMS:
        raise Refused("TooManyStreams", {"most": MAX_CLAIM_STREAMS})
    return list(dict.fromkeys(streams))


def unknown_stream(stream: int) -> Refused:
    """A stream whose book was not opened."""
    return Refused("UnknownStream", {"stream": stream})


def check_destination(to: AccountKey, own: PrincipalText) -> AccountKey:
    """`to`, if payouts may go there.

    Refuses: InvalidAccount for an account of the anonymous principal, which anyone could empty, and of the splitter itself.
    """
    if is_anonymous(to):
        raise invalid_account("an account of the anonymous principal")
    if owner_of(to) == own:
        raise invalid_account("an account of the splitter")
    return to


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
    numbers = numbers_in(payee.open_payouts)
    return [number for number in numbers if has_row(rows, payout_key(number)) or (unresolved and has_number(unresolved, number))]


def check_open_payouts(open_payouts: Sequence[int]) -> None:
    """Whether a payee with these payouts under way may start another. Refuses: Pending with the oldest when there are too many."""
    if len(open_payouts) >= MAX_OPEN_PAYOUTS:
        raise Refused("Pending", {"payout": open_payouts[0]})


# -- Balances ---------------------------------------------------------------------------------------------------------------


def balance_of(payee: Payee) -> Units:
    """What the payee can draw without settling any stream."""
    return Units(payee.credited_units - payee.drawn_units)


def nothing_to_claim(claimable: Units, ledger_fee: Units) -> Refused:
    """The balance does not exceed the ledger's fee, or does not reach what the payee wants pushed at least."""
    return Refused("NothingToClaim", {"claimable": claimable, "ledger_fee": ledger_fee})


class Wish(NamedTuple):
    """Who is to be paid where, and from how much on; request_time: the `created_at_time` of its claim, if it has one."""

    payee: PrincipalText
    to: AccountKey
    least: Units = Units(0)
    request_time: Nanoseconds | None = None


def start_payout(
    payee: Payee, wish: Wish, gained: Units, open_payouts: Sequence[int], number: int, fee: Units, now: Nanoseconds
) -> tuple[Payee, Payout]:
    """Payee and payout after `gained` units reach the balance and all of it is drawn for payout `number`, written as tried once.

    open_payouts: its earlier payouts that have no outcome yet.
    Refuses: NothingToClaim unless the balance is at least what is wished and more than the fee.
    """
    _, credited, drawn, fees, claimed_at, claimed_as, place = payee
    name, to, least, request_time = wish
    credited = Units(credited + gained)
    gross = credited - drawn
    if gross <= fee or gross < least:
        raise nothing_to_claim(Units(gross), fee)
    if request_time is not None:
        claimed_at, claimed_as = request_time, number
    after = Payee(list_text([*open_payouts, number]), credited, credited, Units(fees + fee), claimed_at, claimed_as, place)
    return after, Payout(name, to, OPEN, "", Units(gross - fee), fee, now, 1, now, 0)


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
    return payout._replace(attempts=payout.attempts + 1, tried_at=now)


def requoted(payout: Payout, fee: Units, now: Nanoseconds) -> Payout | None:
    """The payout started over with another fee, out of what it drew; None when that does not exceed the fee, or the fee is the same."""
    gross = payout.amount + payout.fee
    if gross <= fee or fee == payout.fee:
        return None
    return payout._replace(amount=Units(gross - fee), fee=fee, created_at=now, attempts=1, tried_at=now)


def with_fee(payee: Payee, before: Payout, after: Payout) -> Payee:
    """The payee after one of its payouts was requoted."""
    return payee._replace(fee_units=Units(payee.fee_units - before.fee + after.fee))


def paid(payout: Payout, block_index: int) -> Payout:
    """The payout after the ledger carried it out as that block."""
    payee, to, _, refusal, amount, fee, created_at, attempts, tried_at, _ = payout
    return Payout(payee, to, PAID, refusal, amount, fee, created_at, attempts, tried_at, block_index)


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


# -- Stored values ----------------------------------------------------------------------------------------------------------


def encode_payee(payee: Payee) -> str:
    """The stored value of a payee."""
    return encode_row(_PAYEE_VERSION, payee[:1], payee[1:])


def decode_payee(text: str) -> Payee:
    """What `encode_payee` wrote; anything else is Broken."""
    texts, numbers = decode_row(_PAYEE_VERSION, 1, 6, text)
    return Payee(*texts, *numbers)  # type: ignore[arg-type]


def encode_payout(payout: Payout) -> str:
    """The stored value of a payout."""
    return encode_row(_PAYOUT_VERSION, payout[:4], payout[4:])


def decode_payout(text: str) -> Payout:
    """What `encode_payout` wrote; anything else is Broken."""
    texts, numbers = decode_row(_PAYOUT_VERSION, 4, 6, text)
    return Payout(*texts, *numbers)  # type: ignore[arg-type]


def encode_push(push: Push) -> str:
    """The stored value of a push."""
    return encode_row(_PUSH_VERSION, push[:3], push[3:])


def decode_push(text: str) -> Push:
    """What `encode_push` wrote; anything else is Broken."""
    texts, numbers = decode_row(_PUSH_VERSION, 3, 1, text)
    return Push(*texts, *numbers)  # type: ignore[arg-type]


def stream_list(push: Push) -> list[int]:
    """The streams that a push draws from."""
    return numbers_in(push.streams)
