"""When a payment that a ledger was asked to make is known to have happened, or not to have.

A payment (a collection from a buyer, a payout to a payee) is written down before the ledger is asked, with a `created_at_time` and a memo
that never change, and is OPEN until an answer proves its end. Every attempt sends the same call, so the ledger carries out at most one.

What an answer proves (`judge_answer`), the ledger being any that keeps ICRC-1's transaction deduplication:

    answer                                      to the first attempt    to a later attempt
    Ok, Duplicate                               PAID                    PAID
    InsufficientFunds, InsufficientAllowance    REFUSED                 REFUSED: ledgers look for duplicates before they look at money
    TooOld                                      REFUSED                 UNRESOLVED: none can be carried out any more, one may have been
    any other refusal, BadFee among them        REFUSED                 OPEN: deployed ledgers check the fee before duplicates
    no answer: a reject, a lost reply           OPEN                    OPEN

A refusal counts only when it answers the latest attempt. Requests reach a ledger in the order of sending but answers may overtake each
other: while a later attempt is on its way, the refusal of an earlier one proves nothing about it.

Attempts stop when the ledger's window has surely closed (`window_has_closed`). What is still open then is UNRESOLVED: its outcome cannot
change any more, stands in the ledger's log for everyone to read, and is entered by governance.

Source: ICRC-1, "Transaction deduplication".
"""

from __future__ import annotations

from ddsx_core.limits import TX_WINDOW_NS

OPEN = "o"
PAID = "p"
REFUSED = "r"
UNRESOLVED = "u"

NO_ANSWER = "NoAnswer"
"""Stands for the answer of a ledger that gave none: the call was rejected, or its reply was lost."""

CLOSING_MARGIN_NS = 5 * 60 * 1_000_000_000
"""How much longer than its window a ledger may carry out a call: its permitted drift is 1 or 2 minutes; clocks of two subnets differ."""

FIRST_PAUSE_NS = 30 * 1_000_000_000
"""Pause before the second attempt; doubled before each further one. An answer takes a few seconds, so in 30 it is probably lost."""

LONGEST_PAUSE_NS = 60 * 60 * 1_000_000_000
"""Pause that is not doubled any more: a ledger that is down all day sees some 30 attempts, not 3,000."""

PAYING_ANSWERS = ("Ok", "Duplicate")
_PAST_DEDUPLICATION = ("InsufficientFunds", "InsufficientAllowance")


def judge_answer(kind: str, attempts: int, *, is_latest: bool) -> str:
    """The state of a payment after an answer: OPEN, PAID, REFUSED or UNRESOLVED.

    kind: the tag of the ledger's answer (`Ok`, or of its `Err`), or NO_ANSWER.
    attempts: how many attempts had been made with the one that is answered.
    is_latest: whether no further attempt was made since.
    """
    if kind in PAYING_ANSWERS:
        return PAID
    if kind == NO_ANSWER or not is_latest:
        return OPEN
    if attempts == 1 or kind in _PAST_DEDUPLICATION:
        return REFUSED
    return UNRESOLVED if kind == "TooOld" else OPEN


def due_at(attempts: int, tried_at_ns: int) -> int:
    """When it is time for another attempt after so many, the last of them at `tried_at_ns`."""
    return tried_at_ns + min(FIRST_PAUSE_NS << min(attempts - 1, 20), LONGEST_PAUSE_NS)


def is_due(attempts: int, tried_at_ns: int, now_ns: int) -> bool:
    """Whether it is time for another attempt after so many, the last of them at `tried_at_ns`."""
    return now_ns >= due_at(attempts, tried_at_ns)


def window_has_closed(created_at_ns: int, now_ns: int) -> bool:
    """Whether no ledger would carry out a call with this `created_at_time` any more."""
    return now_ns > created_at_ns + TX_WINDOW_NS + CLOSING_MARGIN_NS
